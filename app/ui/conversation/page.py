"""The page of one conversation: header, what is wrong with the connection, find bar, messages, and what to write in."""

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.client import changes, facing
from app.client.facing import Facing
from app.client.timeline import AtRow, Item, Start, Target
from app.common import errors
from app.domain import bearer
from app.storage.messages import Position
from app.ui import format, remedies
from app.ui.composer import transport
from app.ui.composer.composer import Composer
from app.ui.conversation import asking, header
from app.ui.conversation.banners import ConnectionBanner
from app.ui.conversation.device_line import DeviceLine
from app.ui.conversation.find_bar import FindBar
from app.ui.conversation.header import Header
from app.ui.conversation.request_bar import RequestBar
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
    moved = Signal(bytes)
    deleted = Signal()
    escaped = Signal()
    outbox = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._facing: Facing | None = None
        self._choice: bearer.Choice | None = None
        self._turn = 0
        self._asked = b""
        self._header = Header(desk.theme)
        self._banner = ConnectionBanner(desk, self)
        self._find = FindBar(desk)
        self._view = BubbleView(desk)
        self._hello = Label(desk.theme, "", "body", "text_secondary", parent=self._view)
        self._device = DeviceLine(desk.theme)
        self._request = RequestBar(desk.theme)
        self._composer = Composer(desk)
        self._remedies = remedies.Remedies(desk, self)
        self._looking = Looking(desk, self)
        self._lay()
        self._listen()

    def _lay(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self._header, self._banner, self._find):
            column.addWidget(part)
        column.addWidget(self._view, 1)
        self._view.setMinimumHeight(1)  # in a small window what is to be decided comes first
        column.addWidget(self._device)
        column.addWidget(self._request)
        column.addWidget(self._composer)
        self._hello.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hello.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._hello.hide()

    def _listen(self) -> None:
        view, head, asks = self._view, self._header, self._request
        head.back.connect(self.back)
        head.find_asked.connect(self._toggle_find)
        head.details.connect(self.details)
        self._banner.outbox.connect(self.outbox)
        view.reply.connect(self._reply)
        view.details.connect(self.message_details)
        view.act.connect(self._act)
        view.link.connect(self._follow)
        view.read_upto.connect(self._seen)
        self._find.go.connect(self._go)
        self._find.done.connect(self._found)
        self._composer.written.connect(view.to_end)
        self._composer.left.connect(self._escape)
        self._device.seen.connect(self._seen_devices)
        asks.accepted.connect(lambda: self._decide("accept"))
        asks.unblocked.connect(lambda: self._decide("unblock"))
        asks.blocked.connect(self._ask_block)
        asks.deleted.connect(self._ask_delete)
        bridge = self._desk.bridge
        bridge.bind(self, changes.TypingChanged, self._typing)
        bridge.bind(self, (changes.ContactsChanged, changes.ConversationsChanged), self._changed)
        bridge.bind(self, changes.ConnectionChanged, self._connection)

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

    async def open(self, conversation: bytes, target: Target = Start.FIRST_UNREAD, mark: str = "") -> None:
        """Show a conversation; raises errors.GiveUp (``no_conversation``). What is half written elsewhere is kept."""
        self._turn += 1
        turn = self._turn
        found = await facing.of(self._desk.messenger.database, conversation)
        if turn != self._turn:
            return
        self._find.close_bar()
        self._facing, self._choice, self._asked = found, found.way, b""
        self._show()
        await self._composer.open(found.conversation)
        await self._view.open(found.conversation, target, mark)
        if turn == self._turn:
            if mark and isinstance(target, AtRow):
                self._find.show_found(found.conversation, mark, target.row)
            self._tell_typing()
            self._ask_way()

    async def close_down(self) -> None:
        """Keep what is half written and follow nothing any more; to be awaited before the program ends."""
        self._turn += 1
        await self._composer.keep()
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

    def _show(self) -> None:
        found, choice = self._facing, self._choice
        if found is None or choice is None:
            return
        self._header.show_facing(found, choice)
        self._device.show_facing(found, header.title(found.name))
        asks = self._request.show_facing(found)
        self._composer.setVisible(not asks)
        self._composer.show_way(transport.way(found, choice))
        name = header.title(found.name)
        hello = _tr("Say hello to {name}. Messages here are end-to-end encrypted.").format(name=name)
        self._hello.setText(hello if choice.bearer is not bearer.Bearer.NONE else "")
        self._hello.setVisible(found.empty)
        self._place_hello()

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
            await self.open(found.conversation)
            self.moved.emit(found.conversation)
            return
        if found.way != before.way or found.known != before.known or self._choice is None:
            self._choice = found.way
        self._facing = found
        self._show()

    def _connection(self, _: object) -> None:
        self._ask_way()

    def _ask_way(self) -> None:
        """Somebody known by an address alone: the directory is asked whether they are on Kingfisher.

        Somebody who only says that an address is theirs: it is asked whether that is so.
        """
        found = self._facing
        if found is None:
            return
        if found.known and found.name.claimed:
            self._desk.bridge.spawn(self, self._desk.messenger.introductions.check(found.person), name="claim")
        if not found.known and self._asked != found.conversation:
            self._desk.bridge.spawn(self, self._asked_way(found, self._turn), name="way")

    async def _asked_way(self, found: Facing, turn: int) -> None:
        self._asked = found.conversation
        choice = await facing.ask(self._desk.messenger.routing, found)
        now = self._facing
        if turn != self._turn or now is None or now.conversation != found.conversation:
            return
        if choice.bearer is bearer.Bearer.UNDECIDED:
            self._asked = b""  # nobody answered: the next connection asks again
        self._choice = choice
        self._show()

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
        here = self.conversation
        if here is not None and isinstance(position, Position):
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
            case "unsend":
                self._desk.bridge.spawn(self, self._unsend(row), name="unsend")
            case _:
                pass

    async def _try(self, work: Coroutine[Any, Any, None]) -> None:
        """What goes wrong is said and nothing else."""
        try:
            await work
        except errors.KingfisherError as error:
            self._desk.say(format.sentence(error))

    async def _unsend(self, row: int) -> None:
        try:
            await self._desk.messenger.sending.retract(row)
        except errors.KingfisherError as error:
            late = _tr("Undo Send has expired. Messages can be unsent for 2 minutes.")
            self._desk.say(late if error.code == "too_late" else format.sentence(error))

    # Strangers

    def _decide(self, what: str) -> None:
        if self._facing is None:
            return
        talk, person = self._desk.messenger.conversations, self._facing.person
        work = talk.accept(person) if what == "accept" else talk.unblock(person)
        self._desk.bridge.spawn(self, self._try(work), name=what)

    def _ask_block(self) -> None:
        if self._facing is not None:
            self._desk.bridge.spawn(self, self._block(self._facing), name="block")

    async def _block(self, found: Facing) -> None:
        if await asking.block(self._desk.theme, self, found.name.name):
            await self._try(self._desk.messenger.conversations.block(found.person))

    def _ask_delete(self) -> None:
        if self._facing is not None:
            self._desk.bridge.spawn(self, self._delete_request(self._facing), name="delete request")

    async def _delete_request(self, found: Facing) -> None:
        """Away with what a stranger wrote; whoever was accepted meanwhile stays."""
        if not await asking.delete(self._desk.theme, self, found.name.name):
            return
        if await self._desk.messenger.conversations.delete_request(found.person) and self.conversation == found.person:
            self.deleted.emit()

    def _follow(self, url: str) -> None:
        """A link of somebody nobody has accepted yet is asked about first, unless the settings say otherwise."""
        found = self._facing
        if found is not None and found.stranger and self._desk.messenger.settings.values.warn_links:
            self._desk.bridge.spawn(self, self._ask_link(url), name="link")
        else:
            _open_link(url)

    async def _ask_link(self, url: str) -> None:
        if await asking.link(self._desk.theme, self, url):
            _open_link(url)

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
        self._place_hello()

    def _place_hello(self) -> None:
        area = self._view.rect()
        inset = self._desk.theme.px(24)
        self._hello.setGeometry(area.adjusted(inset, 0, -inset, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), self._desk.theme.palette.background)


def _open_link(url: str) -> None:
    """The view lets only http, https and mailto through."""
    QDesktopServices.openUrl(QUrl(url))


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
