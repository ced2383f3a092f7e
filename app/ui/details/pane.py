"""The details of a person, 300 wide, beside or over the conversation."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.client import changes, contacts
from app.client.contacts import Card
from app.common import errors
from app.domain import conversation as rules
from app.domain.conversation import Policy
from app.ui.desk import Desk
from app.ui.details.parts import ActionRow, Glyph, Section, Tile
from app.ui.details.person import Person
from app.ui.details.verification import Verification
from app.ui.details.verify import VerifyDialog
from app.ui.details.ways import Ways
from app.ui.widgets import menu as menus
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.dialog import ask
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.margins import mirrored
from app.ui.widgets.switch import Switch

HOUR: Final = round(timedelta(hours=1).total_seconds() * 1000)


class DetailsPane(QWidget):
    """``open`` shows a conversation's person and follows every change; ``search`` asks to look in the conversation."""

    closed = Signal()
    search = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._card: Card | None = None
        self._conversation = b""
        self._changes = self._changing = 0  # made here in all, and of these not yet written
        self.setAccessibleName(self.tr("Details"))
        self._filled = False
        self._body = QWidget()
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._close = IconButton(desk.theme, "close", self.tr("Close details"), shortcut="Ctrl+I", glyph=18)
        self._close.setParent(self)
        self._close.clicked.connect(self.closed)
        column = QVBoxLayout(self)
        column.setContentsMargins(*mirrored(self, 1, 0, 0, 0))
        column.addWidget(self._scroll)
        desk.theme.changed.connect(self._restyle)
        kinds = (changes.ContactsChanged, changes.ConversationsChanged, changes.SettingsChanged)
        desk.bridge.bind(self, kinds, self._heard)
        self._restyle()

    def _fill(self) -> None:
        """Made when it is first looked at: most starts end before that, and wait for it no longer."""
        if self._filled:
            return
        self._filled = True
        desk, theme, body = self._desk, self._desk.theme, self._body
        self._person = Person(desk)
        self._person.renamed.connect(self._rename)
        self._search = Tile(theme, "search", self.tr("Search"))
        self._mute = Tile(theme, "bell-off", self.tr("Mute"))
        self._pin = Tile(theme, "pin", self.tr("Pin"))
        self._search.clicked.connect(self.search)
        self._mute.clicked.connect(self._toggle_mute)
        self._pin.clicked.connect(self._toggle_pin)
        head = Section(theme, body, line=False, above=16)
        self._tiles = QHBoxLayout()
        for tile in (self._search, self._mute, self._pin):
            self._tiles.addWidget(tile, 1)
        head.column.addWidget(self._person)
        head.column.addSpacing(theme.px(8))
        head.column.addLayout(self._tiles)
        self._verification = Verification(desk, body)
        self._verification.compare.connect(self._compare)
        self._verification.seen.connect(self._seen)
        choices = Section(theme, body, above=6, below=6)
        self._rename_row = ActionRow(theme, "edit", self.tr("Edit Name…"))
        self._rename_row.clicked.connect(self._edit_name)
        self._receipts = _Receipts(desk)
        self._receipts.switch.clicked.connect(self._tell_read)
        self._ways = Ways(theme)
        self._ways.choice.chosen.connect(self._allow)
        choices.column.addWidget(self._rename_row)
        choices.column.addWidget(self._receipts)
        choices.column.addWidget(self._ways)
        last = Section(theme, body, above=6, below=6)
        self._block = ActionRow(theme, "block", "", danger=True)
        self._block.clicked.connect(self._toggle_block)
        last.column.addWidget(self._block)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (head, self._verification, choices, last):
            column.addWidget(part)
        column.addStretch(1)
        body.hide()  # until it is known who it is: nothing is said of nobody
        self._restyle()

    async def open(self, conversation: bytes) -> None:
        """Show the person of this conversation; one without a person is shown as nobody."""
        self._fill()
        if conversation != self._conversation:
            self._card = None  # what is pressed before this one is known is for nobody
            self._person.leave_name()
        self._conversation = conversation
        await self._read()
        self._scroll.verticalScrollBar().setValue(0)

    def _heard(self, change: changes.Change) -> None:
        match change:
            case changes.ContactsChanged():
                ours = self._conversation in change.people
            case changes.ConversationsChanged():
                ours = self._conversation in change.conversations
            case _:
                ours = True
        if ours and self._conversation:
            self._desk.bridge.spawn(self, self._read(), name="details")

    async def _read(self) -> None:
        """Show how it is, unless it was changed here meanwhile: a press is not undone by what was read before it."""
        asked, begun = self._conversation, self._changes
        messenger = self._desk.messenger
        try:
            card = await contacts.card(messenger.database, messenger.me, asked)
        except errors.GiveUp:
            self._card = None
            self._body.hide()
            return
        if asked == self._conversation and begun == self._changes and not self._changing:
            self._card = card
            self._show(card)

    def _show(self, card: Card) -> None:
        self._body.show()
        self._person.show_card(card)
        self._verification.show_card(card)
        muted = card.muted(self._desk.now())
        self._mute.become("bell" if muted else "bell-off", self.tr("Unmute") if muted else self.tr("Mute"))
        self._pin.become("pin", self.tr("Unpin") if card.pinned else self.tr("Pin"))
        self._receipts.show_card(card)
        self._ways.show_policy(card.policy)
        first = next(iter(card.name.name.split()), card.name.name)
        block = self.tr("Unblock {name}") if card.blocked else self.tr("Block {name}")
        self._block.danger = not card.blocked
        self._block.become("block", block.format(name=first))

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        self._desk.bridge.spawn(self, work, name=name)

    def _change(self, what: Callable[..., Awaitable[object]], *values: object, name: str) -> None:
        self._changes += 1
        self._changing += 1
        self._spawn(self._changed(what, *values), name)

    async def _changed(self, what: Callable[..., Awaitable[object]], *values: object) -> None:
        try:
            await what(*values)
        finally:
            self._changing -= 1
        await self._read()

    def _edit_name(self) -> None:
        if self._card is not None:
            self._person.edit_name()

    def _rename(self, name: str) -> None:
        self._change(self._desk.messenger.conversations.rename, self._conversation, name, name="rename")

    def _tell_read(self, told: bool) -> None:
        if self._card is not None:  # not compared with what it shows: a second press may come before the first was read
            self._change(self._desk.messenger.conversations.tell_read, self._conversation, told, name="receipts")

    def _allow(self, policy: object) -> None:
        if isinstance(policy, Policy):
            self._change(self._desk.messenger.conversations.allow, self._conversation, policy, name="ways")

    def _toggle_pin(self) -> None:
        if self._card is not None:
            self._change(self._desk.messenger.conversations.pin, self._conversation, not self._card.pinned, name="pin")

    def _toggle_mute(self) -> None:
        card = self._card
        if card is None:
            return
        if card.muted(self._desk.now()):
            self._set_mute(card, 0)
            return
        menu = menus.make(self._desk.theme, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        now = self._desk.now()
        for words, until in (
            (self.tr("For 1 Hour"), now + HOUR),
            (self.tr("For 8 Hours"), now + 8 * HOUR),
            (self.tr("Until I Turn It Back On"), rules.FOREVER),
        ):
            menu.addAction(words).triggered.connect(lambda _=False, until=until: self._muted(card, until))
        menu.popup(self._mute.mapToGlobal(QPoint(0, self._mute.height())))

    def _muted(self, card: Card, until: int) -> None:
        """Of the conversation for which it was chosen, as its undo is: another one may be open by then."""
        self._set_mute(card, until)
        left = until - self._desk.now()
        if left <= HOUR:
            words = self.tr("Muted for 1 hour")
        elif left <= 8 * HOUR:
            words = self.tr("Muted for 8 hours")
        else:
            words = self.tr("Muted")
        self._desk.say(words, self.tr("Undo"), lambda: self._set_mute(card, card.muted_until))

    def _set_mute(self, card: Card, until: int) -> None:
        self._change(self._desk.messenger.conversations.mute, card.conversation, until, name="mute")

    def _seen(self, notice: int) -> None:
        self._spawn(self._settle(notice), "seen")

    async def _settle(self, notice: int) -> None:
        await self._desk.messenger.conversations.settle(notice)
        await self._read()

    def _compare(self) -> None:
        if self._card is not None:
            self._spawn(VerifyDialog(self._desk, self._card, self.window()).shown(), "compare")

    def _toggle_block(self) -> None:
        if self._card is None:
            return
        if self._card.blocked:
            self._change(self._desk.messenger.conversations.unblock, self._conversation, name="unblock")
        else:
            self._spawn(self._ask_block(self._card), "block")

    async def _ask_block(self, card: Card) -> None:
        """It can be taken back, but what they write meanwhile never arrives: so it is confirmed."""
        sure = await ask(
            self._desk.theme,
            self.window(),
            self.tr("Block {name}?").format(name=card.name.name),
            self.tr("Nothing they write will arrive, and they will not be told. You can unblock them at any time."),
            ((False, self.tr("Cancel"), "secondary"), (True, self.tr("Block"), "danger")),
        )
        if sure:
            await self._desk.messenger.conversations.block(card.conversation)

    def focus(self) -> None:
        """For F6: the first thing in it."""
        self._close.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def sizeHint(self) -> QSize:
        return QSize(self._desk.theme.size("layout.details"), self._desk.theme.px(480))

    def _restyle(self) -> None:
        theme = self._desk.theme
        self.setMinimumWidth(min(theme.size("layout.details"), 360))
        if self._filled:
            self._tiles.setSpacing(theme.px(8))
        self._place()
        self.updateGeometry()
        self.update()

    def _place(self) -> None:
        theme = self._desk.theme
        self._close.adjustSize()
        left = self.width() - self._close.width() - theme.px(10)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            left = theme.px(10)
        self._close.move(left, theme.px(10))
        self._close.raise_()

    def showEvent(self, event: QShowEvent) -> None:
        self._fill()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = self._desk.theme.palette
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.background)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        painter.fillRect(self.width() - 1 if rtl else 0, 0, 1, self.height(), colors.separator)


class _Receipts(QWidget):
    """Whether they hear what was read here; without effect while nobody at all is told."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        theme = desk.theme
        icon = Glyph(theme, "eye", "text_secondary", 20, self)
        words = QVBoxLayout()
        words.setSpacing(0)
        label = ElidedLabel(theme, self.tr("Send read receipts"))
        label.setAccessibleName("")  # the switch says it
        words.addWidget(label)
        self._off = Label(
            theme, self.tr("Off for everybody in Settings"), "caption", "text_secondary", wrap=True, parent=self
        )
        words.addWidget(self._off)
        self.switch = Switch(theme, self.tr("Send read receipts"))
        self._row = QHBoxLayout(self)
        self._row.addWidget(icon)
        self._row.addLayout(words, 1)
        self._row.addWidget(self.switch)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_card(self, card: Card) -> None:
        allowed = self._desk.messenger.settings.values.send_read_receipts
        self._off.setVisible(not allowed)
        self.switch.setEnabled(allowed)
        self.switch.setChecked(card.told and allowed)

    def _restyle(self) -> None:
        theme = self._desk.theme
        self._row.setContentsMargins(*mirrored(self, theme.px(4), theme.px(3), 0, theme.px(3)))
        self._row.setSpacing(theme.px(12))
        self.setMinimumHeight(theme.px(36))
