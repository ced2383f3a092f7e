"""What fills the sidebar: the client's list under the chosen filter, typing, the connection, the passing of time."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final

import shiboken6
from PySide6.QtCore import QObject, Signal

from app.client import changes, connectivity
from app.client.chat_list import ChatList, Entry
from app.client.diffs import Diff
from app.ui.chat_list.face import Moment
from app.ui.chat_list.model import ChatModel
from app.ui.desk import Desk

_MINUTE: Final = 60.0  # seconds; how late a day or the end of a mute may be noticed


class Filter(IntEnum):
    """Which conversations are listed; the number of the pill."""

    ALL = 0
    UNREAD = 1
    TEXTS = 2
    ARCHIVED = 3


class Feed(QObject):
    """Keeps ``model`` true; ``before`` and ``after`` stand around the diffs of one change; ``counted`` has Counts."""

    before = Signal()
    after = Signal()
    counted = Signal(object)

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self.filter = Filter.ALL
        self.list: ChatList | None = None
        self.filled = False  # the first page under this filter is there
        self.model = ChatModel(self.moment, desk.messenger.typing.typing, self)
        self._kept: bytes | None = None
        self._switched = asyncio.Event()
        self._due = self._counting = self._loading = False
        self._hear()
        desk.bridge.spawn(self, self._run(), name="chat list")
        desk.bridge.spawn(self, self._pass_time(), name="days")

    def moment(self) -> Moment:
        """What rows depend on besides their conversations."""
        desk = self._desk
        connected = connectivity.of(desk.messenger).connected
        return Moment(desk.now(), desk.zone, connected, desk.messenger.settings.values.hide_previews)

    def show_only(self, chosen: Filter) -> None:
        """List others."""
        if chosen is not self.filter:
            self.filter = chosen
            self._switched.set()

    def keep(self, conversation: bytes | None) -> None:
        """The conversation that is open stays among the unread ones while it is being read."""
        self._kept = conversation
        if self.list is not None:
            self.list.keep(conversation)

    def more(self) -> None:
        """Load the next page, if there is one."""
        if self.list is not None and self.filled and not self.list.complete and not self._loading:
            self._loading = True
            self._desk.bridge.spawn(self, self._more(self.list), name="more")

    async def _more(self, listed: ChatList) -> None:
        try:
            await listed.more()
        finally:
            self._loading = False

    async def _run(self) -> None:
        messenger = self._desk.messenger
        while True:
            self._switched.clear()
            chosen = self.filter
            self.filled = False
            listed = ChatList(
                messenger.database,
                messenger.hub,
                self._take,
                archived=chosen is Filter.ARCHIVED,
                unread=chosen is Filter.UNREAD,
                texts=chosen is Filter.TEXTS,
            )
            listed.keep(self._kept)
            self.list = listed
            try:
                await listed.open()
                self._count()  # over all conversations: the first page goes first
                await self._switched.wait()
            finally:
                await listed.close()

    def _take(self, steps: Sequence[Diff[Entry]]) -> None:
        if shiboken6.isValid(self) and not self._switched.is_set():
            self.before.emit()
            self.model.take(steps)
            self.filled = True
            self.after.emit()

    def _hear(self) -> None:
        bind = self._desk.bridge.bind
        bind(self, changes.TypingChanged, self._typing)
        bind(self, changes.ConnectionChanged, self._connected)
        bind(self, changes.SettingsChanged, self._settings)
        bind(self, (changes.MessagesChanged, changes.ConversationsChanged), self._count)

    def _typing(self, change: changes.TypingChanged) -> None:
        self.model.forget(change.conversation)

    def _connected(self, _: changes.ConnectionChanged) -> None:
        self.model.forget()

    def _settings(self, change: changes.SettingsChanged) -> None:
        if "hide_previews" in change.fields:
            self.model.forget()

    def _count(self, _: object = None) -> None:
        """Count again; while that runs, all further reasons are one."""
        self._due = True
        if not self._counting:
            self._counting = True
            self._desk.bridge.spawn(self, self._count_all(), name="counts")

    async def _count_all(self) -> None:
        try:
            while self._due:
                self._due = False
                messenger = self._desk.messenger
                found = await ChatList(messenger.database, messenger.hub, lambda _: None).counts()
                self.counted.emit(found)
        finally:
            self._counting = False

    async def _pass_time(self) -> None:
        desk = self._desk
        seen = desk.now()
        while True:
            await desk.clock.sleep(_MINUTE - desk.now() / 1000 % _MINUTE)
            now = desk.now()
            days = {datetime.fromtimestamp(at / 1000, desk.zone).date() for at in (seen, now)}
            ended = any(seen < entry.muted_until <= now for entry in self.model.entries)
            if len(days) > 1 or ended:
                self.model.forget()
                self._count()
            seen = now
