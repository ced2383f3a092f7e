"""Focus rings, shown to whoever walks with the keyboard: inside rows, around everything else."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMargins, QObject, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.ui import tokens
from app.ui.theme import Theme

Outline = tuple[QRectF, float]  # a place within the widget and the radius of its corners

_MOVING = frozenset({QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide})


def width(theme: Theme) -> int:
    """How thick a ring is, in pixels; contrast makes it thicker."""
    if theme.high_contrast:
        return round(tokens.number("color.highContrastLight.focusWidth"))
    return round(tokens.number("focusRing.width"))


def wanted(widget: QWidget, theme: Theme) -> bool:
    """Whether this widget is to show that it has the focus."""
    return widget.hasFocus() and theme.keyboard_focus


def paint(painter: QPainter, widget: QWidget, theme: Theme, *, radius: float) -> None:
    """Paint the ring within the widget's own bounds, if it is wanted; for rows, tiles and chips."""
    if wanted(widget, theme):
        stroke(painter, theme, QRectF(widget.rect()), radius)


def stroke(painter: QPainter, theme: Theme, area: QRectF, radius: float, ink: QColor | None = None) -> None:
    """A ring just within ``area``, whoever has the focus; ``ink`` where the ground is not one of the theme's."""
    thick = width(theme)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink or theme.palette.focus, thick))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inset = thick / 2
    painter.drawRoundedRect(area.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)
    painter.restore()


class Ring(QWidget):
    """A ring around a control, on top of its surroundings, moving with it; it takes no input."""

    def __init__(self, target: QWidget, theme: Theme, outline: Callable[[], Outline]) -> None:
        self._target, self._theme, self._outline = target, theme, outline
        self._reach = width(theme) + round(tokens.number("focusRing.offset"))
        self._host, self._watched = _host(target, outline()[0].toAlignedRect().marginsAdded(_margins(self._reach)))
        super().__init__(self._host)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for each in self._watched:
            each.installEventFilter(self)
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go where the control goes."""
        if event.type() in _MOVING:
            self._follow()
        return False

    def _follow(self) -> None:
        area = self._outline()[0].toAlignedRect()
        corner = self._target.mapTo(self._host, area.topLeft())
        self.setGeometry(area.translated(corner - area.topLeft()).marginsAdded(_margins(self._reach)))
        self.setVisible(self._target.isVisibleTo(self._host))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        stroke(painter, self._theme, QRectF(self.rect()), self._outline()[1] + self._reach)


def _margins(reach: int) -> QMargins:
    return QMargins(reach, reach, reach, reach)


def _host(target: QWidget, area: QRect) -> tuple[QWidget, list[QWidget]]:
    """The nearest parent in which the ring is not cut off, and what lies on the way there."""
    way = [target]
    parent = target.parentWidget()
    while parent is not None:
        corner = target.mapTo(parent, area.topLeft())
        if parent.isWindow() or parent.rect().contains(area.translated(corner - area.topLeft())):
            return parent, way
        above = parent.parentWidget()
        if above is None or above.inherits("QAbstractScrollArea"):
            return parent, way
        way.append(parent)
        parent = above
    return target, way


class Frame(QObject):
    """Puts a ring around a control while it is focused by keyboard; lives and ends with the control."""

    def __init__(self, target: QWidget, theme: Theme, outline: Callable[[], Outline]) -> None:
        super().__init__(target)
        self._target, self._theme, self._outline = target, theme, outline
        self._ring: Ring | None = None
        target.installEventFilter(self)
        theme.walking.connect(self._look)
        theme.changed.connect(self._renew)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again when the focus comes or goes."""
        looked = event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut, QEvent.Type.EnabledChange)
        if looked and isValid(self._target):  # a control that ends with the focus loses it while it ends
            self._look()
        return False

    def _renew(self) -> None:
        self._drop()
        self._look()

    def _look(self) -> None:
        if not wanted(self._target, self._theme):
            self._drop()
        elif self._ring is None:
            self._ring = Ring(self._target, self._theme, self._outline)

    def _drop(self) -> None:
        if self._ring is not None and isValid(self._ring):
            self._ring.hide()
            self._ring.deleteLater()
        self._ring = None
