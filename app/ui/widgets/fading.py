"""A cross-fade: what a widget looked like fades out over what it looks like now."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme
from app.ui.widgets.motion import Level


class CrossFade(QWidget):
    """Lies over its widget for the time of the tokens, and lets everything through."""

    def __init__(self, theme: Theme, over: QWidget, path: str) -> None:
        super().__init__(over)
        self._theme = theme
        self._before = QPixmap()
        self._level = Level(theme, self, path, fade=True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def begin(self) -> None:
        """To be called before the change, which is to follow in the same turn."""
        over = self.parentWidget()
        if over is None or not over.isVisible():
            return
        self.hide()
        self._before = over.grab()
        self.setGeometry(over.rect())
        self.show()
        self.raise_()
        self._level.aim(1, at_once=True)
        self._level.aim(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._level.value <= 0:
            self._before = QPixmap()
            self.hide()
            return
        painter = QPainter(self)
        painter.setOpacity(self._level.value)
        painter.drawPixmap(0, 0, self._before)
