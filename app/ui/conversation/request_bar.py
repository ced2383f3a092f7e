"""In place of the composer: a stranger who asks to write, or somebody who is blocked."""

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.client.facing import Facing
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label


class RequestBar(QWidget):
    """A sentence about what happens, and what can be decided."""

    accepted = Signal()
    blocked = Signal()
    deleted = Signal()
    unblocked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = Label(theme, "", "name")
        self._words = Label(theme, "", "body", "text_secondary")
        for label in (self._title, self._words):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._accept = Button(theme, _tr("Accept"), "primary")
        self._block = Button(theme, _tr("Block"), "danger")
        self._delete = Button(theme, _tr("Delete"), "danger")
        self._unblock = Button(theme, _tr("Unblock"))
        self._accept.clicked.connect(self.accepted)
        self._block.clicked.connect(self.blocked)
        self._delete.clicked.connect(self.deleted)
        self._unblock.clicked.connect(self.unblocked)
        self._buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._buttons.addStretch(1)
        self._refusals = QHBoxLayout()
        for button in (self._delete, self._block):
            self._refusals.addWidget(button)
        self._buttons.addLayout(self._refusals)
        self._buttons.setAlignment(self._refusals, Qt.AlignmentFlag.AlignCenter)
        for button in (self._accept, self._unblock):
            self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)
        self._buttons.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._title)
        self._column.addWidget(self._words)
        self._column.addLayout(self._buttons)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def show_facing(self, facing: Facing) -> bool:
        """Say what is to be decided about that person; False when there is nothing, and the composer belongs here."""
        asks = facing.stranger and facing.known and not facing.empty
        name = facing.name.name or _tr("This person")
        if facing.blocked:
            self._title.setText(_tr("{name} is blocked").format(name=name))
            self._words.setText(_tr("You don’t get their messages, and they aren’t told."))
        elif asks:
            self._title.setText(_tr("{name} isn’t in your conversations yet").format(name=name))
            self._words.setText(_words(facing))
        self._unblock.setVisible(facing.blocked)
        self._accept.setVisible(asks and not facing.blocked)
        self._block.setVisible(asks and not facing.blocked)
        self._delete.setVisible(asks and not facing.blocked)
        self._fold()
        self.setVisible(facing.blocked or asks)
        return facing.blocked or asks

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(20), px(12), px(20), px(12))
        self._column.setSpacing(px(4))
        self._buttons.setSpacing(px(4))
        self._refusals.setSpacing(px(4))
        self._buttons.setContentsMargins(0, px(6), 0, 0)
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Buttons that do not fit beside each other stand under each other."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        every = (self._delete, self._block, self._accept, self._unblock)
        for each in every:
            each.setMinimumHeight(each.sizeHint().height())
        wide = sum(each.sizeHint().width() + self._theme.px(8) for each in every if not each.isHidden())
        across = wide + self._theme.px(40) <= self.width()
        direction = QBoxLayout.Direction.LeftToRight if across else QBoxLayout.Direction.BottomToTop
        if self._buttons.direction() is not direction:
            self._buttons.setDirection(direction)
            self._column.invalidate()
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), colors.background)
        painter.fillRect(0, 0, self.width(), 1, colors.separator)


def _words(facing: Facing) -> str:
    told = _tr("They aren’t told that you’ve read this until you accept.")
    if facing.name.claimed:
        return f"{_tr('This address was not checked by the relay.')} {told}"
    return told


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
