"""What is told to somebody who is not looking: once, of people they know, and never of what they muted or read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.client import alerts
from app.client.alerts import Alert, Alerts, Situation
from app.common import clock
from app.storage import conversations
from tests.client import room as rooms
from tests.client.room import ALICE, CAROL, NOON, Room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with rooms.opened(tmp_path) as opened:
        yield opened


class Ear:
    """Collects what is told; ``attending`` is the conversation in view."""

    def __init__(self, room: Room) -> None:
        self.attending: bytes | None = None
        self.heard: list[Situation] = []
        self._news = asyncio.Event()
        self.alerts = Alerts(room.database, room.hub, clock.SystemClock(), self._hear, lambda: self.attending)

    def _hear(self, situation: Situation) -> None:
        self.heard.append(situation)
        self._news.set()

    async def until_unread(self, count: int) -> list[Alert]:
        """Wait for that count of unread messages; every alert told until then."""
        async with asyncio.timeout(10):
            while not self.heard or self.heard[-1].unread != count:
                self._news.clear()
                await self._news.wait()
        return [alert for situation in self.heard for alert in situation.alerts]


@pytest.fixture
async def ear(room: Room) -> AsyncIterator[Ear]:
    ear = Ear(room)
    ear.alerts.start()
    await ear.until_unread(0)
    yield ear
    await ear.alerts.close()


async def test_a_message_of_somebody_known(room: Room, ear: Ear) -> None:
    bob = await room.meet("Bob")
    row = await room.say(bob, NOON, "shall we\nmeet?")
    assert await ear.until_unread(1) == [Alert(bob, row, "Bob", "shall we meet?", 1)]


async def test_a_message_that_comes_late_is_told_of(room: Room, ear: Ear) -> None:
    bob = await room.meet("Bob")
    await room.mark_read(bob, await room.say(bob, NOON))
    await room.say(bob, NOON + 1, "read too", author=ALICE)
    late = await room.say(bob, NOON - 5, "after all")
    assert Alert(bob, late, "Bob", "after all", 1) in await ear.until_unread(1)


async def test_a_stranger_is_told_of_without_name_and_words(room: Room, ear: Ear) -> None:
    bob = await room.meet("Bob", relation="stranger")
    row = await room.say(bob, NOON, "buy this")
    assert await ear.until_unread(1) == [Alert(bob, row, "", "", 1, request=True)]


async def test_nothing_is_told_of_what_is_in_view_muted_own_or_read(room: Room, ear: Ear) -> None:
    bob, carol = await room.meet("Bob"), await room.meet("Carol", account=CAROL)
    await room.settle_conversation(carol, lambda tx: conversations.set_muted(tx, carol, NOON + 10**9))
    ear.attending = bob
    await room.say(bob, NOON, "here")
    await room.say(carol, NOON, "muted", author=CAROL)
    await room.say(bob, NOON + 1, "mine", author=ALICE)
    assert await ear.until_unread(1) == []


async def test_many_at_once_are_one(room: Room, ear: Ear) -> None:
    bob = await room.meet("Bob")
    for n in range(alerts.LOOKED_AT + 10):
        await room.say(bob, NOON + n, f"number {n}")
    told = await ear.until_unread(alerts.LOOKED_AT + 10)
    assert told[-1].words == f"number {alerts.LOOKED_AT + 9}"
    assert len(told) < 20


async def test_reading_lowers_the_count_and_tells_nothing(room: Room, ear: Ear) -> None:
    bob = await room.meet("Bob")
    row = await room.say(bob, NOON, "hello")
    told = await ear.until_unread(1)
    await room.mark_read(bob, row)
    assert await ear.until_unread(0) == told
