"""What deserves a notification, and how many messages are unread: told after the commit, once for many changes."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from app.client import changes, records
from app.client.changes import Change, Hub
from app.common import clock, tasks
from app.content import base
from app.storage import chats, conversations, messages
from app.storage.chats import Chat
from app.storage.database import Database
from app.storage.transaction import View

log = logging.getLogger(__name__)

WORDS: Final = 200  # characters of a message
LOOKED_AT: Final = 50  # of one conversation's new rows: the newest one is told, the rest is only counted
PAUSE: Final = 0.2  # seconds between two looks, so that a mailbox that is read to its end costs a few


class Alert(msgspec.Struct, frozen=True):
    """Something new in one conversation; a later one about the same conversation takes its place.

    ``request``: a stranger wrote, of whom neither name nor words are shown unasked: both are empty then.
    ``unread`` stops counting at 1000.
    """

    conversation: bytes
    row: int
    title: str
    words: str
    unread: int
    request: bool = False


class Situation(msgspec.Struct, frozen=True):
    """What is new, and the unread messages of all conversations that are neither muted nor archived."""

    alerts: tuple[Alert, ...]
    unread: int


Listener = Callable[[Situation], None]


class Alerts:
    """Follows the changes of one messenger.

    ``attending`` names the conversation that is open before the user's eyes, or None: nothing is told of it.
    ``listener`` hears of each new situation and must not raise.
    """

    def __init__(
        self,
        database: Database,
        hub: Hub,
        time: clock.Clock,
        listener: Listener,
        attending: Callable[[], bytes | None],
    ) -> None:
        self._database = database
        self._hub = hub
        self._clock = time
        self._listener = listener
        self._attending = attending
        self._added: dict[bytes, set[int]] = {}
        self._woken = asyncio.Event()
        self._owner = tasks.TaskOwner("alerts")

    def start(self) -> None:
        """Follow from now on; the first situation is told soon and holds no alerts."""
        self._hub.subscribe(self._hear)
        self._woken.set()
        self._owner.spawn(self._follow(), name="changes")

    async def close(self) -> None:
        """Stop following."""
        self._hub.unsubscribe(self._hear)
        await self._owner.close()

    def _hear(self, change: Change) -> None:
        match change:
            case changes.MessagesChanged():
                if change.added:
                    self._added.setdefault(change.conversation, set()).update(change.added)
            case changes.ConversationsChanged() | changes.ContactsChanged():
                pass
            case _:
                return
        self._woken.set()

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            added, self._added = self._added, {}
            newest = {where: sorted(rows)[-LOOKED_AT:] for where, rows in added.items()}
            situation = await self._database.read(lambda view, newest=newest: _look(view, newest))
            attending = self._attending()
            told = tuple(alert for alert in situation.alerts if alert.conversation != attending)
            self._listener(Situation(told, situation.unread))
            await self._clock.sleep(PAUSE)


def _look(view: View, added: dict[bytes, list[int]]) -> Situation:
    found = {chat.conversation: chat for chat in chats.of(view, list(added))}
    alerts = [_alert(view, chat, added[where]) for where, chat in found.items() if not _quiet(view, chat)]
    return Situation(tuple(alert for alert in alerts if alert is not None), chats.unread_total(view))


def _quiet(view: View, chat: Chat) -> bool:
    return chat.muted_until > view.now or chat.archived or chat.relation == "blocked"


def _alert(view: View, chat: Chat, rows: Sequence[int]) -> Alert | None:
    """About the newest of these rows that somebody else wrote and that is not read yet."""
    stored = conversations.get(view, chat.conversation)
    if stored is None or not chat.unread:
        return None
    read = (stored.read_order, stored.read_message)
    late = messages.late_of(view, rows)
    arrived = [
        each
        for each in messages.of_rows(view, rows)
        if not each.outgoing and each.countable and ((each.ord, each.message) > read or each.row in late)
    ]
    if not arrived:
        return None
    newest = max(arrived, key=lambda each: (each.ord, each.message))
    if chat.relation == "stranger":
        return Alert(chat.conversation, newest.row, "", "", chat.unread, request=True)
    words = base.one_line(records.read(view, [newest])[0].words, WORDS)
    name = records.title(view, chat.title, chat.person).name
    return Alert(chat.conversation, newest.row, name, words, chat.unread)
