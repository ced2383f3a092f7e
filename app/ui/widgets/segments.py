"""One of a few values side by side, all of them in sight; arrows move and choose."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting, rings, shadows
from app.ui.widgets.buttons import Pressable

_HIGH: Final = 30
_INSET: Final = 2  # of what is chosen, within the frame
_SIDE: Final = 11


class Segments(QWidget):
    """``chosen`` carries a new value; the names are those of the values, each described by ``name``."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, name: str, choices: Sequence[tuple[object, str]], value: object) -> None:
        super().__init__()
        self._theme = theme
        self.value: object = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(0)
        self._parts = {each: _Segment(theme, words, name) for each, words in choices}
        for each, part in self._parts.items():
            self._line.addWidget(part)
            part.clicked.connect(partial(self._picked, each))
        theme.changed.connect(self.update)
        self.show_value(value)

    def show_value(self, value: object) -> None:
        """Set it without saying so."""
        self.value = value
        self._parts[value].setChecked(True)

    def _picked(self, value: object, *_: object) -> None:
        if value != self.value:
            self.show_value(value)
            self.chosen.emit(value)

    def stand(self, upright: bool) -> None:
        """One below the other, where there is no room beside."""
        way = QBoxLayout.Direction
        self._line.setDirection(way.TopToBottom if upright else way.LeftToRight)
        for part in self._parts.values():
            part.wide = upright
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        edge = theme.palette.control_outline if theme.high_contrast else None
        painter = QPainter(self)
        painting.surface(painter, QRectF(self.rect()), theme.size("radius.control"), theme.palette.field_fill, edge)
        painter.end()


class _Segment(Pressable):
    def __init__(self, theme: Theme, words: str, about: str) -> None:
        self.wide = False
        super().__init__(theme, words)
        self.setText(words)
        self.setAccessibleDescription(about)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)

    def outline(self) -> rings.Outline:
        return self._body(), self._theme.px(6)

    def _body(self) -> QRectF:
        inset = self._theme.px(_INSET)
        return QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)

    def sizeHint(self) -> QSize:
        theme = self._theme
        words = QFontMetrics(theme.font("control")).horizontalAdvance(self.text())
        return QSize(words + 2 * theme.px(_SIDE + _INSET / 2), theme.px(_HIGH))

    def paintEvent(self, e: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        if self.isChecked():
            body = self._body()
            shadows.paint(painter, theme, body, theme.px(6), small=True)
            painting.surface(painter, body, theme.px(6), colors.segment_on)
            if theme.high_contrast:
                painting.surface(painter, body, theme.px(6), None, colors.text, 2)
        painter.setFont(theme.font("control"))
        lit = self.isChecked() or self.underMouse()
        painter.setPen(colors.text if lit else colors.text_secondary)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()
