"""The left side of the first window: bubbles over water, the bird, and dots for the pages."""

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import bird

STEPS: Final = 5  # of the first run
_WIDE, _HIGH = 256.0, 560.0  # of the drawing
_ANGLE: Final = math.radians(160)  # of the gradient, clockwise from upwards
_FILL: Final = ((0.0, "#1F7DEB"), (0.48, "#0F5FCB"), (1.0, "#0B7D78"))
_RINGS: Final = ((60, 16), (110, 30), (170, 48), (236, 68))  # radii
_BUBBLES: Final = ((36, 78, 120, 34, 0.16), (36, 118, 84, 34, 0.12), (126, 40, 94, 30, 0.10))
_DOT, _LONG_DOT, _GAP = 6, 18, 7


class Art(QWidget):
    """Nothing to operate; ``step`` of ``steps`` is the long dot."""

    def __init__(self, theme: Theme, steps: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._steps, self._step = theme, steps, 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.updateGeometry)

    def show_step(self, step: int) -> None:
        self._step = step
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.size("layout.firstRunArt"), self._theme.px(_HIGH))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.size("layout.firstRunArt"), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self._gradient())
        painter.scale(self._theme.scale, self._theme.scale)
        high = self.height() / self._theme.scale
        if not self._theme.high_contrast:
            self._paint_water(painter, high)
        bird.paint(painter, QRectF(42, 196 + (high - _HIGH) / 2, 190, 190), sticker=True)
        self._paint_dots(painter, high)

    def _gradient(self) -> QLinearGradient:
        """As CSS has it: the corners have the first and the last colour."""
        width, height = self.width(), self.height()
        across, down = math.sin(_ANGLE), -math.cos(_ANGLE)
        half = (abs(width * across) + abs(height * down)) / 2
        middle, way = QPointF(width / 2, height / 2), QPointF(across * half, down * half)
        made = QLinearGradient(middle - way, middle + way)
        for place, color in _FILL:
            made.setColorAt(place, QColor(color))
        return made

    def _paint_water(self, painter: QPainter, high: float) -> None:
        white = QColor("#FFFFFF")
        white.setAlphaF(0.13)
        painter.setPen(QPen(white, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for wide, tall in _RINGS:
            painter.drawEllipse(QPointF(_WIDE / 2, high - 90), wide, tall)
        painter.setPen(Qt.PenStyle.NoPen)
        for left, top, width, height, opacity in _BUBBLES:
            white.setAlphaF(opacity)
            painter.setBrush(white)
            painter.drawRoundedRect(QRectF(left, top, width, height), height / 2, height / 2)

    def _paint_dots(self, painter: QPainter, high: float) -> None:
        white = QColor("#FFFFFF")
        painter.setPen(Qt.PenStyle.NoPen)
        left = (_WIDE - (self._steps - 1) * (_DOT + _GAP) - _LONG_DOT) / 2
        order = range(self._steps)
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        for step in reversed(order) if mirrored else order:
            width = _LONG_DOT if step == self._step else _DOT
            white.setAlphaF(1 if step == self._step else 0.5)
            painter.setBrush(white)
            painter.drawRoundedRect(QRectF(left, high - 26 - _DOT, width, _DOT), _DOT / 2, _DOT / 2)
            left += width + _GAP
