"""A message that comes in above what was read already is unread like any other, until it is seen by itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from app.client import records, stretch
from app.storage import chats, messages
from app.storage.messages import Message, Position
from app.storage.transaction import View
from tests.client import room as rooms
from tests.client.room import ALICE, NOON, Room


@dataclass
class Late:
    """Bob's conversation, read to its end, and what came late into it."""

    room: Room
    bob: bytes
    rows: list[int]
    late: int

    def unread(self, view: View) -> list[int]:
        return [each.row for each in messages.unread(view, self.bob, None)]

    async def counted(self) -> int:
        """Of the conversation; every way of counting says the same."""
        [chat] = await self.room.database.read(lambda view: chats.of(view, [self.bob]))
        total = await self.room.database.read(chats.unread_total)
        listed = await self.room.database.read(lambda view: chats.listed(view, 10, unread=True))
        assert chat.unread == total == len(await self.room.database.read(self.unread))
        assert bool(listed) == bool(await self.room.database.read(chats.unread_conversations)) == (chat.unread > 0)
        return chat.unread

    async def stored(self, row: int) -> Message:
        found = await self.room.database.read(lambda view: messages.get(view, row))
        assert found is not None
        return found

    async def see(self, row: int) -> frozenset[int]:
        return await self.room.database.write(lambda tx: messages.saw_late(tx, [row]))


@pytest_asyncio.fixture
async def late(tmp_path: Path) -> AsyncIterator[Late]:
    async with rooms.opened(tmp_path) as room:
        bob = await room.meet()
        rows = [await room.say(bob, NOON + n) for n in (0, 10, 20)]
        await room.mark_read(bob, rows[-1])
        late = Late(room, bob, rows, await room.say(bob, NOON + 5, "after all"))
        await room.say(bob, NOON + 6, "mine", author=ALICE)
        yield late


async def test_it_counts_and_the_conversation_opens_at_it(late: Late) -> None:
    assert await late.counted() == 1
    assert await late.room.database.read(late.unread) == [late.late]
    found = await late.room.database.read(lambda view: stretch.first_unread(view, late.bob))
    assert found == (await late.stored(late.late)).position
    stored = await late.room.stored(late.bob)
    shown = await late.room.database.read(lambda view: records.read(view, stored))
    assert [record.row for record in shown if record.late] == [late.late]


async def test_what_is_new_comes_after_it(late: Late) -> None:
    new = await late.room.say(late.bob, NOON + 30)
    assert await late.room.database.read(late.unread) == [late.late, new]
    assert await late.counted() == 2
    here = (await late.stored(new)).position
    only = await late.room.database.read(lambda view: messages.unread(view, late.bob, here, since=here))
    assert [each.row for each in only] == [new]
    first = await late.room.database.read(lambda view: messages.unread(view, late.bob, None, 1))
    assert [each.row for each in first] == [late.late]
    above = Position(NOON + 2, b"", 0)
    assert await late.room.database.read(lambda view: messages.unread(view, late.bob, above)) == []


async def test_reading_on_does_not_see_it(late: Late) -> None:
    await late.room.mark_read(late.bob, await late.room.say(late.bob, NOON + 40))
    assert await late.counted() == 1
    assert await late.see(late.late) == {late.late}
    assert await late.see(late.late) == frozenset()
    assert await late.counted() == 0


async def test_taken_back_or_gone_it_counts_no_more(late: Late) -> None:
    await late.room.retract(late.bob, late.late)
    assert await late.counted() == 0
    other = await late.room.say(late.bob, NOON + 7)
    assert await late.counted() == 1
    await late.room.remove(late.bob, other)
    assert await late.counted() == 0
    assert await late.room.database.read(lambda view: messages.late_of(view, [other])) == frozenset()
