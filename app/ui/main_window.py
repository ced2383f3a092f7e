"""The signed-in window: list, conversation and details as three panes, with what holds over all of them."""

from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from app.client import changes, connectivity, standing
from app.client.hosting.bundled import Hosting
from app.client.timeline import AtRow, Start, Target
from app.common import errors
from app.ui import muting
from app.ui.announcing import Announcing
from app.ui.bannered import Bannered
from app.ui.chat_list.panel import ChatListPanel
from app.ui.claims import Claims
from app.ui.conversation.page import ConversationPage
from app.ui.desk import Desk
from app.ui.details.pane import DetailsPane
from app.ui.dialogs import Dialogs
from app.ui.empty import Empty
from app.ui.menus import Menus
from app.ui.new_message.page import NewMessagePage
from app.ui.panes import Panes
from app.ui.settings import appearance
from app.ui.shortcuts import TABLE
from app.ui.window_state import WindowState


class MainWindow(QWidget):
    """Everything a signed-in user sees; it lives in a shell and names its title.

    ``quitting`` and ``closing`` are what its user asks for with keys and menu.
    """

    quitting = Signal()
    signing_out = Signal()  # its user said yes to it
    closing = Signal()
    titled = Signal(str)

    def __init__(self, desk: Desk, hosting: Hosting | None, state: WindowState) -> None:
        super().__init__()
        self._desk = desk
        self._hosting = hosting
        self._conversation: bytes | None = None
        self._wanted: bytes | None = None
        self._wants_details = state.details
        self._dialogs = Dialogs(desk, self)
        self._list = ChatListPanel(desk)
        self._page = ConversationPage(desk)
        self._new = NewMessagePage(desk)
        self._details = DetailsPane(desk)
        self._empty = Empty(desk.theme, desk.messenger.me.address)
        self._middle = QStackedWidget()
        for each in (self._empty, self._page, self._new):
            self._middle.addWidget(each)
        self._beside = Bannered(desk, self._list, lambda: self._panes.narrow and not self._panes.front)
        self._main = Bannered(desk, self._middle, lambda: self._middle.currentWidget() is not self._page)
        self._panes = Panes(desk.theme, self._beside, self._main, self._details, state.sidebar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._panes)
        acts = self._acts()
        self.menus = Menus(desk.theme, acts, self)
        self._make_shortcuts(acts)
        self._listen()

    def _acts(self) -> dict[str, Callable[[], None]]:
        """What the shortcuts and the menu do, by name."""
        return {
            "compose": self.compose,
            "search": self._search,
            "find": self._find,
            "next": lambda: self._list.step(1),
            "previous": lambda: self._list.step(-1),
            "details": self.toggle_details,
            "picture": self._add_picture,
            "mute": self._toggle_mute,
            "outbox": self.show_outbox,
            "settings": self.show_settings,
            "larger": lambda: self._resize_text(1),
            "smaller": lambda: self._resize_text(-1),
            "usual_size": lambda: self._resize_text(0),
            "next_pane": lambda: self._cycle(1),
            "previous_pane": lambda: self._cycle(-1),
            "shortcuts": self._dialogs.shortcuts,
            "about": self._dialogs.about,
            "sign_out": self.sign_out,
            "close": self.closing.emit,
            "quit": self.quitting.emit,
        }

    def _make_shortcuts(self, acts: dict[str, Callable[[], None]]) -> None:
        for each in TABLE:
            for keys in each.keys:
                QShortcut(QKeySequence(keys), self).activated.connect(acts[each.name])
        for number in range(1, 10):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self).activated.connect(
                lambda number=number: self._list.nth(number)
            )

    def _listen(self) -> None:
        self._list.opened.connect(self.open_conversation)
        self._list.compose.connect(self.compose)
        self._list.settings.connect(self.show_settings)
        self._list.invite.connect(self._invite)
        self._list.left.connect(self._into_conversation)
        self._list.menu_made.connect(self.menus.extend)
        self._page.back.connect(self._back)
        self._page.details.connect(self.toggle_details)
        self._page.message_details.connect(self._dialogs.message)
        self._page.moved.connect(self._moved)
        self._page.other.connect(self.open_conversation)
        self._page.escaped.connect(self._escape)
        self._page.deleted.connect(self._deleted)
        for each in (self._page, self._beside, self._main):
            each.outbox.connect(self.show_outbox)
        self._page.plan.connect(lambda: self.show_settings("messages"))
        self._page.invite.connect(self._invite)
        self._new.started.connect(self.open_conversation)
        self._new.cancelled.connect(self._cancel_new)
        self._new.invite.connect(self._invite)
        self._details.closed.connect(self._close_details)
        self._details.search.connect(self._page.show_find)
        self._empty.compose.connect(self.compose)
        self._empty.invite.connect(self._invite)
        self._panes.changed.connect(self._arranged)
        self._middle.currentChanged.connect(self._main.look)
        self._desk.bridge.bind(self, changes.SettingsChanged, self._settings_changed)
        self._desk.bridge.bind(self, changes.ConnectionChanged, self._offer_invite)
        self._claims = Claims(self._desk, self)
        self._announcing = Announcing(self._desk, self)

    # its life

    async def open(self) -> None:
        """Begin where the last window of this profile ended."""
        self._arranged()
        place = await standing.last(self._desk.messenger)
        if place is not None:
            await self._open(place.conversation, AtRow(place.row) if place.row else None)
        self._offer_invite()
        self._claims.look()

    async def close_down(self) -> None:
        """Keep what was half done and where it stood; no more is shown afterwards."""
        self._dialogs.close()
        row = 0
        if self._conversation is not None:
            row = self._page.view.place()
        await standing.keep(self._desk.messenger, self._conversation, row)
        await self._page.close_down()

    def state(self, geometry: bytes) -> WindowState:
        """For the next start."""
        return WindowState(geometry, self._panes.sidebar_width, self._wants_details, *self._desk.theme.told)

    def attending(self) -> bytes | None:
        """The conversation before its user's eyes, None when there is none or they look elsewhere."""
        looked_at = self.window().isActiveWindow() and self._page.isVisible() and not self.window().isMinimized()
        return self._conversation if looked_at else None

    # what is shown

    def open_conversation(self, conversation: bytes, target: Target | None = None, mark: str = "") -> None:
        """Show it; ``target`` is a place as the timeline knows them, with words to mark where a search found it."""
        self._spawn(self._open(bytes(conversation), target, mark), "open")

    async def _open(self, conversation: bytes, target: Target | None, mark: str = "") -> None:
        self._wanted = conversation
        self._list.select(conversation)
        try:
            opened = await self._page.open(conversation, target or Start.FIRST_UNREAD, mark)
        except errors.GiveUp as error:
            if target is None or error.code != "no_message":
                raise
            # The message it stood at is gone.
            opened = self._wanted == conversation and await self._page.open(conversation)
        if not opened or self._wanted != conversation:
            return  # another one was wanted meanwhile
        self._conversation = conversation
        self._spawn(standing.keep(self._desk.messenger, conversation), "place")  # also for a start after a kill
        # Only now: what is typed before it is open would be lost, or land in the wrong conversation.
        self._middle.setCurrentWidget(self._page)
        self._panes.set_front(True)
        if self._wants_details and not self._panes.overlays:
            self._panes.set_details(True)
        if self._panes.details_open:
            await self._details.open(conversation)
        if self._panes.front and self.isVisible():
            self._page.focus_composer()

    def compose(self) -> None:
        """A message to somebody who is not in the list, or not open."""
        self._new.clear()
        self._bring(self._new)

    def show_outbox(self) -> None:
        """Everything that was written and has not left."""
        self._bring(self._outbox)

    @cached_property
    def _outbox(self) -> QWidget:
        from app.ui.outbox.page import OutboxPage

        made = OutboxPage(self._desk, self._page.composer.keep)
        made.left.connect(self._cancel_new)
        made.opened.connect(self.open_conversation)
        made.invite.connect(self._invite)
        made.plan.connect(lambda: self.show_settings("messages"))
        self._middle.addWidget(made)
        return made

    def _bring(self, page: QWidget) -> None:
        """In place of the conversation."""
        self._wanted = None
        self._panes.set_details(False)
        self._middle.setCurrentWidget(page)
        self._panes.set_front(True)

    def _cancel_new(self) -> None:
        self._middle.setCurrentWidget(self._page if self._conversation is not None else self._empty)
        if self._conversation is None:
            self._panes.set_front(False)
        else:
            self._page.focus_composer()

    def _back(self) -> None:
        """In a narrow window: from the conversation to the list."""
        self._panes.set_front(False)
        self._list.focus_rows()

    def toggle_details(self) -> None:
        """Who this is, beside the conversation or over it."""
        if self._conversation is None or self._middle.currentWidget() is not self._page:
            return
        if self._panes.details_open:
            self._close_details()
            return
        self._wants_details = True
        self._panes.set_details(True)
        self._spawn(self._details.open(self._conversation), "details")
        self._details.focus()

    def _close_details(self) -> None:
        self._wants_details = False
        self._panes.set_details(False)
        self._page.focus_composer()

    def show_settings(self, page: str = "general") -> None:
        """The settings, at one of their pages."""
        from app.ui.settings.dialog import SettingsDialog

        dialog = SettingsDialog(self._desk, self._hosting, self, sign_out=self.sign_out, leave=self.leave)
        self._dialogs.keep(dialog)
        dialog.open(page or "general")

    def sign_out(self) -> None:
        """Ask, and then leave it to the program: ``signing_out``."""
        self._spawn(self._sign_out(QApplication.activeModalWidget() or self), "sign out")

    async def _sign_out(self, over: QWidget) -> None:
        from app.ui.settings import leaving

        if await leaving.agreed(self._desk, over):
            self.signing_out.emit()

    def leave(self) -> None:
        """Give the addresses back, and then leave the rest to the program: ``signing_out``."""
        self._spawn(self._leave(QApplication.activeModalWidget() or self), "leave")

    async def _leave(self, over: QWidget) -> None:
        from app.ui.settings import giving_back, leaving

        if await leaving.given_up(self._desk, over) and await giving_back.leave(self._desk, over):
            self.signing_out.emit()

    def _invite(self, _: str = "") -> None:
        self.show_settings("invite")

    def _offer_invite(self, *_: object) -> None:
        """As soon as the relay has said whether people may invite; what is offered stays while it is away."""
        if connectivity.of(self._desk.messenger).connected:
            self._empty.offer_invite(not self._desk.messenger.inviting.refused())

    # what keys do

    def _search(self) -> None:
        self._panes.set_front(False)
        self._list.focus_search()

    def _on_screen(self) -> bytes | None:
        """The conversation that keys are for: under another page, or behind the list, nobody means it."""
        return self._conversation if self._page.isVisible() else None

    def _find(self) -> None:
        if self._on_screen() is not None:
            self._page.show_find()

    def _add_picture(self) -> None:
        if self._on_screen() is not None:
            self._page.composer.attaching.choose()

    def _toggle_mute(self) -> None:
        conversation = self._on_screen()
        if conversation is not None:
            self._spawn(muting.toggle(self._desk, self, conversation), "mute")

    def _resize_text(self, step: int) -> None:
        """One size up or down, or the usual one."""
        appearance.step_text_size(self._desk.messenger.settings, step)

    def _cycle(self, step: int) -> None:
        """The focus goes to the next pane that is in view."""
        panes = self._panes.in_view()
        focus = QApplication.focusWidget()
        at = next((n for n, pane in enumerate(panes) if focus is not None and pane.isAncestorOf(focus)), -step)
        pane = panes[(at + step) % len(panes)]
        self._desk.theme.keyboard_focus = True
        if pane is self._main and self._middle.currentWidget() is self._page:
            self._page.focus_composer()
        elif pane is self._details:
            self._details.focus()
        else:
            first_control(pane).setFocus(Qt.FocusReason.TabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape that nobody wanted: what lies over the conversation closes, then it goes back to the list."""
        if Qt.Key(event.key()) is Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _escape(self) -> None:
        if self._middle.currentWidget() not in (self._page, self._empty):
            self._cancel_new()
        elif self._panes.details_open:
            self._close_details()
        elif self._panes.narrow and self._panes.front:
            self._back()

    # within

    def _into_conversation(self) -> None:
        """Escape in the list: to where one writes."""
        if self._middle.isVisible() and self._middle.currentWidget() is self._page:
            self._page.focus_composer()

    def _moved(self, conversation: bytes) -> None:
        """Two people turned out to be one: the open conversation goes by another id."""
        self._conversation = bytes(conversation)
        self._list.select(self._conversation)

    def _deleted(self) -> None:
        """What was open is gone: back to the list."""
        self._wanted = self._conversation = None
        self._list.select(None)
        self._panes.set_details(False)
        self._middle.setCurrentWidget(self._empty)
        self._panes.set_front(False)
        self._list.focus_rows()
        self._spawn(standing.keep(self._desk.messenger, None), "place")

    def _arranged(self) -> None:
        self._beside.look()
        self._page.set_narrow(self._panes.narrow)
        self._page.show_details_open(self._panes.details_open)
        if self._panes.overlays and not self._panes.front and self._panes.narrow:
            self._panes.set_details(False)

    def _settings_changed(self, _: changes.SettingsChanged) -> None:
        appearance.apply_settings(self._desk.theme, self._desk.messenger.settings.values)

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        self._desk.bridge.spawn(self, work, name=name)


def first_control(pane: QWidget) -> QWidget:
    """The first widget of a pane that takes the focus, in the order in which they were made, which is that of Tab."""
    for each in pane.findChildren(QWidget):
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isVisibleTo(pane) and each.isEnabled():
            return each
    return pane
