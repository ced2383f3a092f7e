"""The page of one conversation: header, what is wrong with the connection, find bar, messages, and what to write in."""

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.client import by_text, changes, facing
from app.client.facing import Facing
from app.client.timeline import AtRow, Item, Start, Target
from app.common import errors
from app.domain.bearer import Bearer
from app.storage.messages import Position
from app.ui import remedies
from app.ui.composer import transport
from app.ui.composer.composer import Composer
from app.ui.composer.transport import Terms
from app.ui.conversation import asking, consent, header
from app.ui.conversation.banners import ConnectionBanner
from app.ui.conversation.deciding import Deciding
from app.ui.conversation.device_line import DeviceLine
from app.ui.conversation.elsewhere import Elsewhere
from app.ui.conversation.find_bar import FindBar
from app.ui.conversation.green_parts import GreenParts
from app.ui.conversation.header import Header
from app.ui.conversation.outlook import Outlook
from app.ui.conversation.view import BubbleView
from app.ui.conversation.viewer import Looking
from app.ui.desk import Desk
from app.ui.widgets.labels import Label


class ConversationPage(QWidget):
    """One conversation at a time; ``moved`` tells the id it goes by after two people turned out to be one.

    ``deleted``: what was open is gone. ``escaped``: Escape was pressed where nothing was left to close.
    """

    back = Signal()
    details = Signal()
    message_details = Signal(int)
    plan = Signal()
    invite = Signal()
    moved = Signal(bytes)
    other = Signal(bytes)
    deleted = Signal()
    escaped = Signal()
    outbox = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._facing: Facing | None = None
        self._turn = 0
        self._outlook = Outlook(desk, self)
        self._green = GreenParts(desk, self)
        self._elsewhere = Elsewhere(desk, self)
        self._header = Header(desk.theme)
        self._banner = ConnectionBanner(desk, self)
        self._find = FindBar(desk)
        self._view = BubbleView(desk)
        self._hello = Label(desk.theme, "", "body", "text_secondary", parent=self._view)
        self._device = DeviceLine(desk.theme)
        self._deciding = Deciding(desk, self)
        self._composer = Composer(desk, consult=self._consult)
        self._remedies = remedies.Remedies(desk, self)
        self._looking = Looking(desk, self)
        self._lay()
        self._listen()

    def _lay(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        green = self._green
        for part in (self._header, self._banner, green.silent, self._elsewhere.strip, green.strip, self._find):
            column.addWidget(part)
        column.addWidget(self._view, 1)
        self._view.setMinimumHeight(1)  # in a small window what is to be decided comes first
        for part in (green.note, self._device, self._deciding.bar, green.plain, self._composer):
            column.addWidget(part)
        self._hello.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hello.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._hello.hide()

    def _listen(self) -> None:
        view, head = self._view, self._header
        head.back.connect(self.back)
        head.find_asked.connect(self._toggle_find)
        head.details.connect(self.details)
        self._banner.outbox.connect(self.outbox)
        head.why.connect(lambda: self._ask_why(0))
        self._outlook.changed.connect(self._show)
        self._elsewhere.begun.connect(self.other)
        self._elsewhere.details.connect(head.show_details)
        self._green.plainer.connect(lambda: self._composer.field.rewrite(by_text.plain))
        self._green.plan.connect(self.plan)
        self._green.invite.connect(self.invite)
        view.reply.connect(self._reply)
        view.details.connect(self.message_details)
        view.act.connect(self._act)
        view.link.connect(self._follow)
        view.read_upto.connect(self._seen)
        self._find.go.connect(self._go)
        self._find.done.connect(self._found)
        self._composer.written.connect(view.to_end)
        self._composer.left.connect(self._escape)
        self._composer.carries.connect(self._outlook.carry)
        self._composer.words.connect(self._outlook.write)
        self._device.seen.connect(self._seen_devices)
        self._deciding.deleted.connect(self._deleted)
        bridge = self._desk.bridge
        bridge.bind(self, changes.TypingChanged, self._typing)
        bridge.bind(self, (changes.ContactsChanged, changes.ConversationsChanged), self._changed)
        bridge.bind(self, changes.ConnectionChanged, self._connection)
        bridge.bind(self, changes.TextsChanged, lambda _: self._show())

    # What the window asks for

    @property
    def conversation(self) -> bytes | None:
        """What is open."""
        return self._facing.conversation if self._facing is not None else None

    @property
    def composer(self) -> Composer:
        return self._composer

    @property
    def view(self) -> BubbleView:
        return self._view

    async def open(self, conversation: bytes, target: Target = Start.FIRST_UNREAD, mark: str = "") -> bool:
        """Show a conversation; False when another one was opened meanwhile, which is then the one that is shown.

        Raises errors.GiveUp (``no_conversation``). What is half written elsewhere is kept.
        """
        self._turn += 1
        turn = self._turn
        found = await facing.of(self._desk.messenger.database, conversation)
        if not await self._composer.open(found.conversation, lambda: self._enter(found, turn)):
            return False
        await self._view.open(found.conversation, target, mark)
        if turn != self._turn:
            return False
        if mark and isinstance(target, AtRow):
            self._find.show_found(found.conversation, mark, target.row)
        self._tell_typing()
        self._check_claim()
        return True

    def _enter(self, found: Facing, turn: int) -> bool:
        """Whoever it is with changes together with the field: nothing may be sent to the one before, or the next."""
        if turn != self._turn:
            return False
        self._find.close_bar()
        self._facing = found
        self._outlook.follow(found)
        self._show()
        return True

    async def close_down(self) -> None:
        """Keep what is half written and follow nothing any more; to be awaited before the program ends."""
        self._turn += 1
        await self._try(self._composer.keep())  # a store that refuses does not keep the window from ending
        await self._view.close_timeline()

    def place(self) -> int:
        """The row it stands at, for the next start; 0 at the end."""
        return self._view.place()

    def set_narrow(self, narrow: bool) -> None:
        """One pane: with a way back to the list."""
        self._header.set_narrow(narrow)
        self._view.set_narrow(narrow)

    def show_details_open(self, there: bool) -> None:
        """The details pane is open, or no longer."""
        self._header.show_details_open(there)

    def focus_composer(self) -> None:
        """Where one writes; the messages where there is nothing to write in."""
        target = self._composer.field if not self._composer.isHidden() else self._view
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_messages(self) -> None:
        """The list of messages."""
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_find(self, words: str = "") -> None:
        """Open the find bar."""
        if self._facing is not None:
            self._find.open(self._facing.conversation, words)

    # Who it is with

    @property
    def outlook(self) -> Outlook:
        """Which way the next message would go."""
        return self._outlook

    def _show(self) -> None:
        found, choice = self._facing, self._outlook.choice
        if found is None or choice is None:
            return
        name = header.title(found.name)
        self._header.show_facing(found, choice)
        self._device.show_facing(found, name)
        self._composer.setVisible(not self._deciding.show_facing(found))
        self._composer.show_way(
            transport.way(found, choice, self._outlook.found, self._desk.messenger.routing.terms.why)
        )
        self._green.show(found, self._outlook, self.height())
        self._elsewhere.show(found, self._outlook.found)
        hello = _tr("Say hello to {name}. Messages here are end-to-end encrypted.").format(name=name)
        blue = choice.bearer is Bearer.RICH or (choice.bearer is Bearer.UNDECIDED and found.known)
        self._hello.setText(hello if blue else "")
        self._hello.setVisible(found.empty)
        self._place_hello()

    async def _consult(self, words: str) -> Terms | None:
        """Asked by the composer before it hands something over."""
        found = self._facing
        return await consent.agreed(self._desk, self, found, self._outlook, words) if found is not None else None

    def _changed(self, change: object) -> None:
        here = self._facing
        if here is None:
            return
        named = change.people if isinstance(change, changes.ContactsChanged) else frozenset[bytes]()
        if isinstance(change, changes.ConversationsChanged):
            named = change.conversations
        if here.conversation in named or (not here.known and named):
            self._desk.bridge.spawn(self, self._look_again(self._turn), name="facing")

    async def _look_again(self, turn: int) -> None:
        before = self._facing
        if before is None:
            return
        try:
            found = await facing.of(self._desk.messenger.database, before.conversation)
        except errors.GiveUp:
            return
        now = self._facing
        if turn != self._turn or now is None or now.conversation != before.conversation or found == now:
            return  # another conversation was opened while this one was read
        if found.conversation != before.conversation:
            if await self.open(found.conversation):
                self.moved.emit(found.conversation)
            return
        self._facing = found
        self._outlook.follow(found)
        self._show()

    def _connection(self, _: object) -> None:
        self._check_claim()
        self._show()

    def _check_claim(self) -> None:
        """Of somebody who only says that an address is theirs it is asked whether that is so."""
        found = self._facing
        if found is not None and found.known and found.name.claimed:
            self._desk.bridge.spawn(self, self._desk.messenger.introductions.check(found.person), name="claim")

    # Typing and reading

    def _typing(self, change: object) -> None:
        if isinstance(change, changes.TypingChanged) and change.conversation == self.conversation:
            self._tell_typing()

    def _tell_typing(self) -> None:
        found = self._facing
        if found is not None:
            on = self._desk.messenger.typing.typing(found.conversation)
            self._view.set_typing((header.title(found.name),) if on else ())

    def _seen(self, position: object) -> None:
        here = self._view.conversation  # not that of the header, as long as the messages of the one before stand there
        if here and isinstance(position, Position):
            read = self._desk.messenger.conversations.mark_read(here, position, since=position)
            self._desk.bridge.spawn(self, read, name="read")

    def _seen_devices(self) -> None:
        if self._facing is not None:
            settled = self._desk.messenger.conversations.settle(*self._facing.new_devices)
            self._desk.bridge.spawn(self, settled, name="devices seen")
            self.focus_composer()

    # What is done to messages

    def _reply(self, item: object) -> None:
        if isinstance(item, Item) and not self._composer.isHidden():
            self._composer.answer(item.row)

    def _act(self, row: int, act: str) -> None:
        match act:
            case _ if act in remedies.ACTS:
                self._remedies.do(row, act)
            case "edit":
                self._composer.edit(row)
            case "open" | "save":
                self._looking.do(row, act)
            case "why":
                self._ask_why(row)
            case "invite":
                self.invite.emit()
            case "new_conversation":
                self._elsewhere.begin()
            case "verify":
                self._header.show_details()
            case "plan" | "settings":
                self.plan.emit()  # both stand on the page about messages
            case "unsend":
                self._desk.bridge.spawn(self, self._unsend(row), name="unsend")
            case _:
                pass

    def _ask_why(self, row: int) -> None:
        """Why a message travelled as it did; of row 0 how the next one would."""
        if self._facing is not None:
            from app.ui.conversation import why

            self._desk.bridge.spawn(self, why.answer(self._desk, self, self._facing, self._outlook, row), name="why")

    async def _try(self, work: Coroutine[Any, Any, None]) -> None:
        """What goes wrong is said and nothing else."""
        try:
            await work
        except errors.KingfisherError as error:
            self._desk.fail(error)

    async def _unsend(self, row: int) -> None:
        try:
            await self._desk.messenger.sending.retract(row)
        except errors.KingfisherError as error:
            late = _tr("Undo Send has expired. Messages can be unsent for 2 minutes.")
            self._desk.fail(error, late if error.code == "too_late" else "")

    def _deleted(self, person: bytes) -> None:
        if self.conversation == bytes(person):
            self.deleted.emit()

    def _follow(self, url: str) -> None:
        """A link of somebody nobody has accepted yet is asked about first, unless the settings say otherwise."""
        found = self._facing
        if found is not None and found.stranger and self._desk.messenger.settings.values.warn_links:
            self._desk.bridge.spawn(self, asking.follow(self._desk.theme, self, url), name="link")
        else:
            asking.open_link(url)

    # Finding

    def _toggle_find(self) -> None:
        if self._find.isHidden():
            self.show_find()
        else:
            self._find.close_bar()

    def _go(self, target: Target, mark: str) -> None:
        self._desk.bridge.spawn(self, self._try(self._view.jump(target, mark)), name="find")

    def _found(self) -> None:
        self._view.unmark()
        self.focus_composer()

    # Looks and keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _escape(self) -> None:
        """What is open here closes; else the window decides."""
        if not self._find.isHidden():
            self._find.close_bar()
        else:
            self.escaped.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._green.fit(self.height())
        self._place_hello()

    def _place_hello(self) -> None:
        area = self._view.rect()
        inset = self._desk.theme.px(24)
        self._hello.setGeometry(area.adjusted(inset, 0, -inset, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), self._desk.theme.palette.background)


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
