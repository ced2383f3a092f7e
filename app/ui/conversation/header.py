"""The header of a conversation: who it is with, how it travels, and the ways to find something or see details."""

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client.facing import Facing
from app.domain import bearer
from app.domain import people as persons
from app.ui.composer.frame import Glyph
from app.ui.theme import Theme
from app.ui.widgets.avatars import Avatar
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import ElidedLabel


class Header(QWidget):
    """60 high; Back is there in one pane only."""

    back = Signal()
    find_asked = Signal()
    details = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._back = IconButton(theme, "chevron-left", _tr("Back"), shortcut="Esc")
        self._avatar = Avatar(theme, 36)
        self._name = ElidedLabel(theme, role="heading")
        self._glyph = Glyph(theme)
        self._status = ElidedLabel(theme, role="caption", color="text_secondary")
        self._find = IconButton(theme, "search", _tr("Find"), _tr("Find in Conversation"), "Ctrl+F")
        self._details = IconButton(theme, "details", _tr("Details"), shortcut="Ctrl+I")
        self._lay()
        self._back.clicked.connect(self.back)
        self._find.clicked.connect(self.find_asked)
        self._details.clicked.connect(self.details)
        self._back.hide()
        theme.changed.connect(self._dress)
        self._dress()

    def _lay(self) -> None:
        self._line = QHBoxLayout()
        self._line.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignVCenter)
        self._line.addWidget(self._status, 1)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addStretch(1)
        texts.addWidget(self._name)
        texts.addLayout(self._line)
        texts.addStretch(1)
        self._row = QHBoxLayout(self)
        for part in (self._back, self._avatar):
            self._row.addWidget(part)
        self._row.addLayout(texts, 1)
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

    def show_facing(self, facing: Facing, choice: bearer.Choice) -> None:
        """Another person, or something else about them."""
        name = title(facing.name)
        self._avatar.show_person(facing.conversation, facing.name.name)
        self._name.setText(name)
        words, icon, tone = standing(facing, choice)
        self._status.setText(words)
        self._glyph.setVisible(bool(icon))
        if icon:
            self._glyph.show_glyph(icon, tone)
        self.setAccessibleName(f"{name}, {words}" if words else name)

    def _dress(self) -> None:
        px = self._theme.px
        self.setFixedHeight(self._theme.size("layout.header"))
        left = px(10) if not self._back.isHidden() else px(20)
        right = px(14)
        edges = (right, left) if self.isRightToLeft() else (left, right)
        self._row.setContentsMargins(edges[0], 0, edges[1], 0)
        self._row.setSpacing(px(12))
        self._line.setSpacing(px(4))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), colors.background)
        painter.fillRect(0, self.height() - 1, self.width(), 1, colors.separator)


def title(name: persons.Shown) -> str:
    """A name for a heading; one that nobody checked says so."""
    if not name.name:
        return _tr("Somebody")
    return _tr("Says it is {name}").format(name=name.name) if name.claimed else name.name


def standing(facing: Facing, choice: bearer.Choice) -> tuple[str, str, str]:
    """The transport line, its icon, and the colour of that."""
    if facing.blocked:
        return _tr("Blocked"), "block", "red_text"
    if facing.known and facing.new_devices:
        return _tr("Encrypted · New device"), "shield-alert", "amber_text"
    if facing.known and facing.verified:
        return _tr("Encrypted · Verified"), "shield-check", "blue_text"
    if choice.bearer is bearer.Bearer.NONE:
        return _tr("Not on Kingfisher"), "info", "amber_text"
    if choice.bearer is bearer.Bearer.TEXT:
        return _tr("Text message"), "sms", "green_text"
    if facing.known or choice.bearer is bearer.Bearer.RICH:
        return _tr("Encrypted"), "lock", "blue_text"
    return facing.address, "", ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
