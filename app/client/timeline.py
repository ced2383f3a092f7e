"""The one window on a conversation: a bounded stretch of it that follows every change, told as list diffs."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from enum import Enum
from typing import NamedTuple

import msgspec

from app.client import changes, diffs, stretch
from app.client.changes import Change, Hub
from app.client.diffs import Diff
from app.client.records import Record
from app.client.stretch import Stretch
from app.common import ids, tasks
from app.domain import grouping, message
from app.domain.ordering import Place
from app.storage import conversations, messages
from app.storage.database import Database
from app.storage.messages import Position
from app.storage.transaction import View


class Item(msgspec.Struct, frozen=True):
    """One row of the window: a message, its place in its sender's run, and what stands above it."""

    record: Record
    position: grouping.Position
    day: grouping.DayLine | None = None
    unread: bool = False

    @property
    def row(self) -> int:
        return self.record.row

    @property
    def shown(self) -> message.Shown:
        return self.record.shown


class Start(Enum):
    """Where a conversation is opened; FIRST_UNREAD is the newest when all is read."""

    NEWEST = "newest"
    FIRST_UNREAD = "first_unread"


class AtRow(msgspec.Struct, frozen=True):
    """At one message."""

    row: int


class AtOrder(msgspec.Struct, frozen=True):
    """At the first message from a time on, in milliseconds."""

    order: int


Target = Start | AtRow | AtOrder
Listener = Callable[[Sequence[Diff[Item]]], None]


class _Look(NamedTuple):
    """What one reading gave: the stretch, its rows, the row asked for (0: none), and the read position for the line."""

    stretch: Stretch
    items: tuple[Item, ...]
    anchor: int
    read_upto: Place | None


class Timeline:
    """A window of at most 600 messages, in pages of 100; ``items`` is what all diffs told so far add up to.

    ``first`` is how many are read where it is opened or jumps to, a third of them before the place, 0 for a page: a
    screenful is there sooner. It may be changed between. What is unread is opened by the page, so that a short rest of
    it can be counted. ``listener`` gets the diffs of one change together, in the order in which to take them, and must
    not raise; it gets none when only an end of the window opened or closed, as when a full window leaves out what is
    new. ``zone`` decides where days begin.
    """

    def __init__(
        self,
        database: Database,
        hub: Hub,
        conversation: bytes,
        listener: Listener,
        *,
        zone: tzinfo = UTC,
        first: int = 0,
    ) -> None:
        self.items: tuple[Item, ...] = ()
        self._database = database
        self._hub = hub
        self._listener = listener
        self._zone = zone
        self.first = first
        self._stretch = Stretch(conversation)
        self._read_upto: Place | None = None
        self._keep_top = False
        self._changed: set[int] = set()
        self._renamed = False
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._owner = tasks.TaskOwner("timeline")

    @property
    def at_beginning(self) -> bool:
        """Nothing older is left outside."""
        return self._stretch.lower is None

    @property
    def at_end(self) -> bool:
        """Nothing newer is left outside; new messages appear at the end."""
        return self._stretch.upper is None

    async def open(self, target: Target = Start.FIRST_UNREAD) -> int:
        """Begin to follow the conversation, and `jump`; to be closed even if that raises."""
        self._hub.subscribe(self._hear)
        self._owner.spawn(self._follow(), name="changes")
        return await self.jump(target)

    async def jump(self, target: Target) -> int:
        """Show another part: a Reset. The row to scroll to, 0 in an empty conversation.

        The unread line is drawn anew, where the read position is now. Raises GiveUp ``no_message``.
        """
        async with self._turn:
            look = await self._database.read(lambda view: self._at(view, target))
            self._read_upto = look.read_upto
            self._keep_top = look.stretch.upper is not None
            self._stretch, self.items = look.stretch, look.items
            self._listener((diffs.Reset(look.items),))
            return look.anchor

    async def older(self) -> None:
        """A page more at the beginning; nothing happens at the beginning of the conversation."""
        async with self._turn:
            self._keep_top = True
            await self._move(stretch.older)

    async def newer(self) -> None:
        """A page more at the end; nothing happens at the end of the conversation."""
        async with self._turn:
            self._keep_top = False
            await self._move(stretch.newer)

    async def settle(self) -> None:
        """Take in everything that was published so far."""
        async with self._turn:
            await self._catch_up()

    def leave(self) -> None:
        """Follow no more from now on; ``close`` waits until all of it has ended."""
        self._hub.unsubscribe(self._hear)
        self._owner.cancel()

    async def close(self) -> None:
        """Stop following."""
        self._hub.unsubscribe(self._hear)
        await self._owner.close()

    def _hear(self, change: Change) -> None:
        rows: set[int] = set()
        match change:
            case changes.MessagesChanged() if change.conversation == self._stretch.conversation:
                rows.update(change.rows, change.added, change.removed)
            case changes.DeliveryChanged():
                rows.update(item.row for item in self.items if item.shown.message.id in change.messages)
            case changes.ContactsChanged() if self._stretch.conversation in change.people:
                self._renamed = True
            case _:
                return
        self._changed |= rows
        self._woken.set()

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.settle()

    async def _catch_up(self) -> None:
        rows, self._changed = self._changed, set()
        renamed, self._renamed = self._renamed, False
        if renamed:  # every name may be another: of all that stands there now, not when it was heard of
            rows.update(item.row for item in self.items)
        if not rows:
            return
        keep_top = self._keep_top
        try:
            await self._move(lambda view, now: stretch.refreshed(view, now, rows, keep_top=keep_top))
        except BaseException:
            self._changed |= rows  # whoever asked was cancelled: the changes are still due
            self._renamed |= renamed
            self._woken.set()
            raise

    async def _move(self, step: Callable[[View, Stretch], Stretch]) -> None:
        """Read what the step leads to, and tell the difference. Only under the turn."""
        now, before, read_upto = self._stretch, self.items, self._read_upto

        def look(view: View) -> tuple[Stretch, tuple[Item, ...], tuple[Diff[Item], ...]]:
            after = step(view, now)
            items = _items(after, self._zone, read_upto)
            return after, items, diffs.between(before, items, key=lambda item: item.row)

        ends = self.at_beginning, self.at_end
        self._stretch, self.items, steps = await self._database.read(look)
        if steps or ends != (self.at_beginning, self.at_end):
            self._listener(steps)

    def _at(self, view: View, target: Target) -> _Look:
        conversation = self._stretch.conversation
        unread = stretch.first_unread(view, conversation)
        position = self._position(view, target, unread)
        if position is None:
            found = stretch.newest(view, conversation, self.first or stretch.PAGE)
        elif self.first and target is not Start.FIRST_UNREAD:
            found = stretch.around(view, conversation, position, self.first // 3, self.first - self.first // 3)
        else:
            found = stretch.around(view, conversation, position, stretch.PAGE // 2, stretch.PAGE)
        read_upto = _read_upto(view, conversation) if unread is not None else None
        last = found.records[-1].row if found.records else 0
        anchor = last if position is None else position.row
        return _Look(found, _items(found, self._zone, read_upto), anchor, read_upto)

    def _position(self, view: View, target: Target, unread: Position | None) -> Position | None:
        conversation = self._stretch.conversation
        match target:
            case AtRow(row):
                return stretch.row_position(view, conversation, row)
            case AtOrder(order):
                return stretch.first_from(view, conversation, order)
            case Start.FIRST_UNREAD:
                return unread
            case Start.NEWEST:
                return None


def _read_upto(view: View, conversation: bytes) -> Place | None:
    found = conversations.get(view, conversation)
    return None if found is None else (found.read_order, ids.MessageId(found.read_message))


def _items(found: Stretch, zone: tzinfo, read_upto: Place | None) -> tuple[Item, ...]:
    """The rows of a stretch; its neighbours make those at the edges what they are in a larger one."""
    lines = grouping.lines(
        [_entry(each, found.sealed_upto) for each in found.records],
        zone,
        read_upto=read_upto,
        before=_entry(found.above, found.sealed_upto) if found.above is not None else None,
        after=_entry(found.below, found.sealed_upto) if found.below is not None else None,
    )
    items: list[Item] = []
    day: grouping.DayLine | None = None
    unread = False
    for line in lines:
        match line:
            case grouping.DayLine():
                day = line
            case grouping.UnreadLine():
                unread = True
            case grouping.Row():
                items.append(Item(found.records[len(items)], line.position, day, unread))
                day, unread = None, False
    return tuple(items)


def _entry(record: Record, sealed_upto: int) -> grouping.Entry:
    """What grouping needs. What is not sealed yet counts as of when it was written, but not before all that is."""
    order = record.position.ord
    if record.pending:
        order = max(sealed_upto, order - messages.PENDING)
    value = record.shown.message
    gone = record.shown.retracted  # a line of its own, which no run goes through
    return grouping.Entry((order, value.id), value.author, value.outgoing, value.bearer, visible=not gone, alone=gone)
