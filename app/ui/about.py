"""What this program is: its version, its licence, and what it keeps to itself."""

from importlib import metadata

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets import bird
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import Label


class AboutDialog(Dialog):
    """The bird, the name, the version."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, "About Kingfisher", parent)
        self.setWindowTitle(self.tr("About Kingfisher"))
        self.setAccessibleName(self.tr("About Kingfisher"))
        px = theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(px(40), px(28), px(40), px(20))
        column.setSpacing(px(8))
        column.addWidget(_Bird(theme), 0, Qt.AlignmentFlag.AlignHCenter)
        version = self.tr("Version {0}").format(metadata.version("kingfisher"))
        for text, role, color in (
            ("Kingfisher", "title", "text"),
            (version, "body", "text_secondary"),
            (self.tr("Messages between people, end-to-end encrypted."), "body", "text"),
            (self.tr("Free software under the Apache License 2.0."), "caption", "text_secondary"),
        ):
            label = Label(theme, text, role, color, wrap=False)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        row = QHBoxLayout()
        close = Button(theme, self.tr("Close"))
        close.clicked.connect(self.end)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(px(8))
        column.addLayout(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), self.theme.palette.background)


class _Bird(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self) -> QSize:
        side = self._theme.px(72)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        bird.paint(QPainter(self), QRectF(self.rect()))
