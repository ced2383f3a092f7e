"""The list of conversations, pinned ones first, then the most recently active; read in pages, told as list diffs."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from app.client import changes, diffs, records, search
from app.client.changes import Change, Hub
from app.client.diffs import Diff
from app.client.records import Record
from app.client.search import Found
from app.common import tasks
from app.content import base
from app.domain import people as persons
from app.domain.bearer import Bearer
from app.protocol import address as addresses
from app.storage import chats
from app.storage.chats import Chat, Place
from app.storage.database import Database
from app.storage.transaction import View

PAGE: Final = 100
PREVIEW: Final = 200  # characters


class Entry(msgspec.Struct, frozen=True):
    """One conversation of the list; ``last`` is None while nothing was said, ``preview`` its words in one line.

    ``unread`` stops counting at 1000. ``request`` asks for acceptance: a stranger wrote. Times are milliseconds, 0 for
    never.
    """

    place: Place
    title: persons.Shown
    verified: bool
    request: bool
    blocked: bool
    muted_until: int
    archived: bool
    draft: str
    draft_at: int
    marked_unread: bool
    unread: int
    last: Record | None
    preview: str

    @property
    def conversation(self) -> bytes:
        return self.place.conversation

    @property
    def pinned(self) -> bool:
        return self.place.pinned


class Results(msgspec.Struct, frozen=True):
    """What a search found; conversations in the order of the list, messages newest first."""

    conversations: tuple[Entry, ...]
    messages: tuple[Found, ...]


class Counts(NamedTuple):
    """What the filters say: unread conversations, without muted and archived ones; whether there is an archive, and
    whether one of the others goes by text."""

    unread: int
    archive: bool
    texts: bool


class _Kind(msgspec.Struct, frozen=True):
    """Which conversations a list shows; ``kept`` stays while it is open, although it was read or turned blue."""

    archived: bool
    unread: bool
    texts: bool
    kept: bytes = b""

    def holds(self, chat: Chat) -> bool:
        if chat.archived is not self.archived or chat.gone:
            return False
        unread = chat.unread > 0 or chat.marked_unread
        by_text = chat.last is not None and chat.last.bearer == Bearer.TEXT
        return chat.conversation == self.kept or ((unread or not self.unread) and (by_text or not self.texts))


class _Loaded(msgspec.Struct, frozen=True):
    """The list down to ``bound``, included; None when that is all."""

    entries: tuple[Entry, ...]
    bound: Place | None


Listener = Callable[[Sequence[Diff[Entry]]], None]


class ChatList:
    """The conversations loaded so far; ``entries`` is what all diffs told so far add up to.

    ``listener`` gets the diffs of one change together and must not raise. A list shows either what is archived or what
    is not; with ``unread`` only what was not read, with ``texts`` only what goes by text.
    """

    def __init__(
        self,
        database: Database,
        hub: Hub,
        listener: Listener,
        *,
        archived: bool = False,
        unread: bool = False,
        texts: bool = False,
    ) -> None:
        self._loaded = _Loaded((), None)
        self._database = database
        self._hub = hub
        self._listener = listener
        self._kind = _Kind(archived, unread, texts)
        self._changed: set[bytes] = set()
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._owner = tasks.TaskOwner("chat list")

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._loaded.entries

    @property
    def complete(self) -> bool:
        """All conversations are loaded."""
        return self._loaded.bound is None

    async def open(self) -> None:
        """Begin to follow; the first page is told as a Reset."""
        self._hub.subscribe(self._hear)
        self._owner.spawn(self._follow(), name="changes")
        async with self._turn:
            self._loaded = await self._database.read(lambda view: _page(view, _Loaded((), None), self._kind))
            self._listener((diffs.Reset(self.entries),))

    async def more(self) -> None:
        """Load the next page, if there is one."""
        async with self._turn:
            if not self.complete:
                await self._move(lambda view, now: _page(view, now, self._kind))

    def keep(self, conversation: bytes | None) -> None:
        """This one stays in a list of unread ones, or of texts, while it is open; the one before it goes if it may."""
        fresh = replace(self._kind, kept=conversation or b"")
        if (self._kind.unread or self._kind.texts) and fresh != self._kind:
            self._changed |= {self._kind.kept, fresh.kept} - {b""}
            self._kind = fresh
            self._woken.set()

    async def settle(self) -> None:
        """Take in everything that was published so far."""
        async with self._turn:
            changed, self._changed = self._changed, set()
            if not changed:
                return
            try:
                await self._move(lambda view, now: _refreshed(view, now, changed, self._kind))
            except BaseException:
                self._changed |= changed  # whoever asked was cancelled: the changes are still due
                self._woken.set()
                raise

    async def search(self, words: str) -> Results:
        """Conversations by name and address, and the newest messages with all the words; archived ones too."""

        def look(view: View) -> Results:
            named = chats.of(view, search.conversations(view, words))
            return Results(tuple(_entries(view, named)), tuple(map(_found, search.messages_with(view, words))))

        return await self._database.read(look)

    async def counts(self) -> Counts:
        """Of the whole store, whatever this list shows."""
        return await self._database.read(
            lambda view: Counts(chats.unread_conversations(view), chats.any_archived(view), chats.any_texts(view))
        )

    async def search_more(self, words: str, last: Found) -> tuple[Found, ...]:
        """The messages that follow the last one found so far."""
        row = last.record.row
        return await self._database.read(
            lambda view: tuple(map(_found, search.messages_with(view, words, older_than=row)))
        )

    async def close(self) -> None:
        """Stop following."""
        self._hub.unsubscribe(self._hear)
        await self._owner.close()

    def _hear(self, change: Change) -> None:
        match change:
            case changes.ConversationsChanged():
                self._changed |= change.conversations
            case changes.MessagesChanged():
                self._changed.add(change.conversation)
            case changes.ContactsChanged():
                self._changed |= change.people  # a direct conversation has its person's id
            case changes.DeliveryChanged():
                for entry in self.entries:
                    if entry.last is not None and entry.last.shown.message.id in change.messages:
                        self._changed.add(entry.conversation)
            case _:
                return
        self._woken.set()

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.settle()

    async def _move(self, step: Callable[[View, _Loaded], _Loaded]) -> None:
        """Read what the step leads to, and tell the difference. Only under the turn."""
        before = self._loaded

        def look(view: View) -> tuple[_Loaded, tuple[Diff[Entry], ...]]:
            after = step(view, before)
            return after, diffs.between(before.entries, after.entries, key=lambda entry: entry.conversation)

        self._loaded, steps = await self._database.read(look)
        if steps or (before.bound is None) != self.complete:
            self._listener(steps)


def _rank(place: Place) -> tuple[bool, int, bytes]:
    return (not place.pinned, -place.active_at, place.conversation)


def _page(view: View, loaded: _Loaded, kind: _Kind) -> _Loaded:
    """One page more; the whole list is read from the top when nothing is loaded."""
    found = chats.listed(
        view, PAGE + 1, loaded.bound, archived=kind.archived, unread=kind.unread, texts=kind.texts, kept=kind.kept
    )
    bound = found[PAGE - 1].place if len(found) > PAGE else None
    fresh = _entries(view, found[:PAGE])
    known = {entry.conversation for entry in fresh}
    return _Loaded((*(entry for entry in loaded.entries if entry.conversation not in known), *fresh), bound)


def _refreshed(view: View, loaded: _Loaded, changed: Collection[bytes], kind: _Kind) -> _Loaded:
    """The same part of the list after something happened to those conversations; never empty if there are more."""
    found = [chat for chat in chats.of(view, list(changed)) if kind.holds(chat)]
    if loaded.bound is not None:
        bound = _rank(loaded.bound)
        found = [chat for chat in found if _rank(chat.place) <= bound]
    staying = [entry for entry in loaded.entries if entry.conversation not in changed]
    entries = sorted((*staying, *_entries(view, found)), key=lambda entry: _rank(entry.place))
    after = _Loaded(tuple(entries), loaded.bound)
    while after.bound is not None and len(after.entries) < PAGE // 2:
        after = _page(view, after, kind)
    return after


def _entries(view: View, found: Sequence[Chat]) -> list[Entry]:
    said = [chat.last for chat in found if chat.last is not None]
    names = records.Names(view, [chat.person for chat in found if chat.person is not None])
    last = {record.row: record for record in records.read(view, said, names)}
    return [_entry(names, chat, last.get(chat.last.row) if chat.last is not None else None) for chat in found]


def _as_read(title: persons.Shown) -> persons.Shown:
    """A number that stands for a name, with the spaces people write in it; not for the event loop's thread."""
    return title._replace(name=addresses.spaced(title.name))


def _found(each: Found) -> Found:
    return replace(each, title=_as_read(each.title))


def _entry(names: records.Names, chat: Chat, last: Record | None) -> Entry:
    return Entry(
        chat.place,
        _as_read(names.title(chat.title, chat.person)),
        chat.verified,
        chat.relation == "stranger",
        chat.relation == "blocked",
        chat.muted_until,
        chat.archived,
        chat.draft,
        chat.draft_at,
        chat.marked_unread,
        chat.unread,
        last,
        base.one_line(last.words, PREVIEW) if last is not None else "",
    )
