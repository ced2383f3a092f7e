"""Which message of how many: exact at the marks, near in between, for short and long conversations."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.client import ordinals
from app.client.ordinals import Ordinals
from tests.client.room import NOON, Room, opened


@pytest.fixture
async def room(profile: Path) -> AsyncIterator[Room]:
    async with opened(profile) as found:
        yield found


@pytest.mark.parametrize("count", [0, 1, 4, 5, 23, 40])
async def test_every_message_is_found_near_its_number(room: Room, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(ordinals, "STEP", 4)
    monkeypatch.setattr(ordinals, "BATCH", 3)
    bob, carol = await room.meet(), await room.meet("Carol", b"C" * 32)
    for number in range(count):
        await room.say(bob, NOON + number * 1000)
        await room.say(carol, NOON + number * 1000)
    counted = Ordinals(room.database, bob)
    assert not counted.ready
    await counted.build()
    assert counted.total == count
    assert counted.ready is (count > 0)
    for number, stored in enumerate(await room.stored(bob)):
        assert abs(counted.of(stored.position) - number) <= 1
        assert abs((counted.at(number) - NOON) / 1000 - number) <= 1


async def test_what_comes_later_counts_too(room: Room) -> None:
    bob = await room.meet()
    await room.say(bob, NOON)
    counted = Ordinals(room.database, bob)
    await counted.build()
    counted.add(2)
    assert counted.total == 3
    counted.add(-9)
    assert counted.total == 0
