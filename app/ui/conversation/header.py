"""The header of a conversation: who it is with, how it travels, and the ways to find something or see details."""

from typing import Final

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client import facing as facings
from app.client.facing import Facing
from app.domain import bearer
from app.domain import people as persons
from app.domain.delivery import Reason
from app.ui.composer import transport
from app.ui.conversation.transport_line import TransportLine
from app.ui.theme import Theme
from app.ui.widgets.avatars import Avatar
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import ElidedLabel

_PICTURED: Final = 280  # effective width from which on there is a picture

# Why nothing can be sent, where that is not about what is written. A picture that cannot go encrypted is no such cause.
_CLOSED: Final[dict[str, str]] = {
    Reason.OTHER_ACCOUNT: "Another account’s address",
    Reason.NOT_ON_KINGFISHER: "Not on Kingfisher",
    Reason.NO_LONGER_RICH: "No longer on Kingfisher",
    Reason.RICH_OFF: "Rich messaging is off",
    Reason.TEXTS_OFF: "Text messages are off",
    Reason.PLAN_USED_UP: "Text plan used up",
}
_UNFIT: Final = frozenset((Reason.TOO_LARGE, Reason.NO_PICTURE_MESSAGE))  # other words would leave as a text


class Header(QWidget):
    """60 high; Back is there in one pane only."""

    back = Signal()
    find_asked = Signal()
    details = Signal()
    why = Signal()  # it travels as the line says

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._back = IconButton(theme, "chevron-left", _tr("Back"), shortcut="Esc")
        self._avatar = Avatar(theme, 36)
        self._name = ElidedLabel(theme, role="heading")
        self._status = TransportLine(theme)
        self._find = IconButton(theme, "search", _tr("Find"), _tr("Find in Conversation"), "Ctrl+F")
        self._details = IconButton(theme, "details", _tr("Details"), shortcut="Ctrl+I")
        self._lay()
        self._back.clicked.connect(self.back)
        self._find.clicked.connect(self.find_asked)
        self._details.clicked.connect(self.details)
        self._status.clicked.connect(self.why)
        self._back.hide()
        theme.changed.connect(self._dress)
        self._dress()

    def _lay(self) -> None:
        self._texts = QVBoxLayout()
        self._texts.setSpacing(0)
        self._texts.addWidget(self._name)
        self._texts.addWidget(self._status, 1)
        self._row = QHBoxLayout(self)
        for part in (self._back, self._avatar):
            self._row.addWidget(part)
        self._row.addLayout(self._texts, 1)
        self._row.addWidget(self._find)
        self._row.addWidget(self._details)

    def set_narrow(self, narrow: bool) -> None:
        """One pane: Back is the way to the list."""
        self._back.setVisible(narrow)
        self._dress()

    def show_details_open(self, there: bool) -> None:
        """The details pane is open, or no longer."""
        self._details.setCheckable(True)
        self._details.setChecked(there)

    def show_details(self) -> None:
        """Have the details opened, where they are not open already."""
        if not self._details.isChecked():
            self.details.emit()

    def show_facing(self, facing: Facing, choice: bearer.Choice) -> None:
        """Another person, or something else about them."""
        name = title(facing.name)
        self._avatar.show_person(facing.conversation, facing.name.name)
        self._name.setText(name)
        words, icon, tone = standing(facing, choice)
        self._status.show_way(words, icon, tone, asked(choice))
        self._status.setEnabled(not facing.blocked)
        self.setAccessibleName(f"{name}, {words}" if words else name)

    def _dress(self) -> None:
        px = self._theme.px
        self._avatar.setVisible(self.width() >= px(_PICTURED))
        self.setFixedHeight(self._theme.size("layout.header"))
        left = px(10) if not self._back.isHidden() else px(20)
        right = px(14)
        edges = (right, left) if self.isRightToLeft() else (left, right)
        self._row.setContentsMargins(edges[0], 0, edges[1], 0)
        self._row.setSpacing(px(12))
        # Name and line stand in the middle; what is pressed reaches further down than its words.
        lines = self._theme.line("heading") + self._theme.line("caption")
        self._texts.setContentsMargins(0, (self.height() - lines) // 2, 0, 1)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is hardly room, the name is worth more than the picture."""
        super().resizeEvent(event)
        self._avatar.setVisible(event.size().width() >= self._theme.px(_PICTURED))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), colors.background)
        painter.fillRect(0, self.height() - 1, self.width(), 1, colors.separator)


def title(name: persons.Shown) -> str:
    """A name for a heading; one that nobody checked says so, and a number stands as people write it."""
    if not name.name:
        return _tr("Somebody")
    called = facings.spaced(name.name)
    return _tr("Says it is {name}").format(name=called) if name.claimed else called


def standing(facing: Facing, choice: bearer.Choice) -> tuple[str, str, str]:
    """The transport line, its icon, and the colour of that: as the next message goes, whoever it is with."""
    if facing.blocked:
        return _tr("Blocked"), "block", "red_text"
    if transport.green(choice) or choice.why in _UNFIT:
        number = facings.spaced(facing.number)
        words = _tr("Text message · {number}").format(number=number) if number else _tr("Text message")
        return words, "sms", "green_text"
    if choice.bearer is bearer.Bearer.NONE and choice.why is not Reason.PICTURE_ENCRYPTED:
        return _tr(_CLOSED.get(choice.why, "Not on Kingfisher")), "info", "amber_text"
    waits = choice.bearer is bearer.Bearer.UNDECIDED and not facing.known
    if waits or not facing.rich_on:  # nobody has said yet which way it goes
        return facings.spaced(facing.address), "", ""
    if facing.new_devices:
        return _tr("Encrypted · New device"), "shield-alert", "amber_text"
    if facing.verified:
        return _tr("Encrypted · Verified"), "shield-check", "blue_text"
    return _tr("Encrypted"), "lock", "blue_text"


def asked(choice: bearer.Choice) -> str:
    """What the line answers when it is pressed."""
    if transport.green(choice):
        return _tr("Why Green?")
    return _tr("Why Blue?") if choice.bearer is bearer.Bearer.RICH else _tr("How This Goes")


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
