"""The three panes, side by side or one at a time, as the width of the window divided by the text size asks."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEasingCurve, QEvent, QRect, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui import tokens
from app.ui.theme import Theme

_GRIP: Final = 7  # pixels of the design in which the sidebar's edge can be caught
_STEP: Final = 10  # of one key press


class Grip(QWidget):
    """The edge of the sidebar; dragged, or moved with the arrow keys."""

    moved = Signal(float)  # by so many pixels, outwards

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._from: float | None = None
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Sidebar width"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.globalPosition().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        at = event.globalPosition().x()
        outwards = at - self._from if self.layoutDirection() is Qt.LayoutDirection.LeftToRight else self._from - at
        self._from = at
        self.moved.emit(outwards)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        right = 1 if self.layoutDirection() is Qt.LayoutDirection.LeftToRight else -1
        step = {Qt.Key.Key_Right: right, Qt.Key.Key_Left: -right}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.moved.emit(float(step * self._theme.px(_STEP)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = self.width() // 2
        painter.fillRect(QRect(middle, 0, 1, self.height()), self._theme.palette.separator)
        if self.hasFocus() and self._theme.keyboard_focus:
            painter.fillRect(QRect(middle - 1, 0, 3, self.height()), self._theme.palette.focus)


class Panes(QWidget):
    """Sidebar, middle and details.

    ``narrow``: one pane at a time, the list or what was opened from it. ``overlays``: the details lie over the middle.
    """

    changed = Signal()  # which panes are in view, or how
    sidebar_moved = Signal(int)  # pixels of the design

    def __init__(self, theme: Theme, sidebar: QWidget, middle: QWidget, details: QWidget, width: int) -> None:
        super().__init__()
        self._theme = theme
        self._sidebar, self._middle, self._details = sidebar, middle, details
        self._width = float(width)
        self._front = False
        self._open = False
        for pane in (sidebar, middle, details):
            pane.setParent(self)
        self._grip = Grip(theme, self)  # after them, so that the keyboard comes to it last
        self._grip.moved.connect(self._dragged)
        details.raise_()
        details.hide()
        self._sliding: dict[str, QVariantAnimation] = {}
        self._at = {"front": 0.0, "details": 0.0}
        theme.changed.connect(self._lay)

    @property
    def narrow(self) -> bool:
        return self._effective() < tokens.number("layout.breakpoints.twoPane")

    @property
    def overlays(self) -> bool:
        return self._effective() < tokens.number("layout.breakpoints.threePane")

    @property
    def front(self) -> bool:
        """In a narrow window: what was opened is in view, not the list."""
        return self._front

    @property
    def details_open(self) -> bool:
        return self._open

    @property
    def sidebar_width(self) -> int:
        """Pixels of the design."""
        return round(self._width)

    @property
    def grip(self) -> Grip:
        return self._grip

    def set_front(self, front: bool) -> None:
        """Bring what was opened forward, or go back to the list."""
        if front != self._front:
            self._front = front
            self._slide("front", front, "narrowPush" if self.narrow else None)

    def set_details(self, open_: bool) -> None:
        """Show or hide the details."""
        if open_ != self._open:
            self._open = open_
            self._slide("details", open_, "pane")

    def in_view(self) -> list[QWidget]:
        """The panes that can be used now, in their order."""
        if not self.narrow:
            return [self._sidebar, self._middle, *([self._details] if self._open else [])]
        if self._open and self._front:
            return [self._details]
        return [self._middle if self._front else self._sidebar]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        before = event.oldSize().width() / self._theme.scale
        self._lay()
        if any(
            (before < point) != (self._effective() < point)
            for point in (tokens.number("layout.breakpoints.twoPane"), tokens.number("layout.breakpoints.threePane"))
        ):
            self.changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._lay()

    def _effective(self) -> float:
        return self.width() / self._theme.scale

    def _dragged(self, by: float) -> None:
        least, most = tokens.number("layout.sidebar.min"), tokens.number("layout.sidebar.max")
        self._width = max(least, min(most, self._width + by / self._theme.scale))
        self._lay()
        self.sidebar_moved.emit(self.sidebar_width)

    def _slide(self, name: str, to: bool, motion: str | None) -> None:
        """Move there; at once when nothing is to move or nobody sees it."""
        running = self._sliding.pop(name, None)
        if running is not None:
            running.stop()
            running.deleteLater()
        duration = self._theme.duration(motion) if motion is not None and self.isVisible() else 0
        if not duration:
            self._at[name] = float(to)
            self._lay()
        else:
            self._sliding[name] = _animation(self, duration, self._at[name], float(to), self._mover(name))
        self.changed.emit()

    def _mover(self, name: str) -> Callable[[float], None]:
        def move(value: float) -> None:
            self._at[name] = value
            self._lay()

        return move

    def _lay(self) -> None:
        """Place everything for this size and this moment of a movement."""
        width = self.width()
        front, shown = self._at["front"], self._at["details"]
        details = min(width, self._theme.size("layout.details"))
        if self.narrow:
            self._put(self._sidebar, -front * width, width, front < 1)
            self._put(self._middle, (1 - front) * width, width, front > 0 and not (shown >= 1 and front >= 1))
            self._put(self._details, (2 - shown - front) * width, width, shown > 0 and front > 0)
            self._grip.hide()
        else:
            side = min(self._theme.px(self._width), max(0, width - self._theme.size("layout.conversationMin")))
            taken = 0 if self.overlays else round(shown * details)
            self._put(self._sidebar, 0, side, True)
            self._put(self._middle, side, width - side - taken, True)
            self._put(self._details, width - shown * details, details, shown > 0)
            grip = self._theme.px(_GRIP)
            self._put(self._grip, side - (grip + 1) // 2, grip, True)

    def _put(self, pane: QWidget, left: float, width: int, visible: bool) -> None:
        at = round(left)
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            at = self.width() - at - width
        pane.setGeometry(at, 0, width, self.height())
        pane.setVisible(visible)


def _animation(
    owner: QWidget, duration: int, start: float, end: float, step: Callable[[float], None]
) -> QVariantAnimation:
    moving = QVariantAnimation(owner)
    moving.setDuration(duration)
    moving.setEasingCurve(QEasingCurve.Type.OutCubic)
    moving.setStartValue(start)
    moving.setEndValue(end)
    moving.valueChanged.connect(step)
    moving.start(QVariantAnimation.DeletionPolicy.KeepWhenStopped)
    return moving
