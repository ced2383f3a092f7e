"""A bar that fills: how much of a whole is used."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy

from app.ui.theme import Theme

_HIGH: Final = 6


class Meter(QProgressBar):
    """Green up to its end, amber once nothing is left; the words about it stand beside it and are its description."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(name)
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._again)

    def show_part(self, used: int, whole: int, words: str) -> None:
        """So much of so much; more than all of it is a full bar."""
        self.setRange(0, max(1, whole))
        self.setValue(min(used, whole) if whole else 1)
        self.setAccessibleDescription(words)
        self.update()

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(_HIGH))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(40), self._theme.px(_HIGH))

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        colors = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole, radius = QRectF(self.rect()), self.height() / 2
        painter.setBrush(colors.track)
        painter.drawRoundedRect(whole, radius, radius)
        part = self.value() / self.maximum()
        if part > 0:
            filled = QRectF(whole)
            filled.setWidth(max(whole.height(), whole.width() * part))
            if self.isRightToLeft():
                filled.moveRight(whole.right())
            painter.setBrush(colors.amber_text if part >= 1 else colors.green_text)
            painter.drawRoundedRect(filled, radius, radius)
        painter.end()
