"""Who is typing: a sign that comes again renews the one that is shown, and nothing is kept for each frame."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest_asyncio

from app.client import changes, peers, typing
from app.client.me import Me
from app.client.settings import Settings
from app.common import ids
from app.content.annotations import Typing as Sign
from app.crypto.ephemeral import Frame
from app.crypto.parties import Party
from app.protocol import frames
from app.storage import conversations, messages, people
from app.storage.transaction import Tx
from tests.client import room
from tests.client.room import BOB, Room

WIRE = peers.wire_of(room.ALICE, BOB)
PERSON = b"p" * 16
DEVICE, OTHER = room.DEVICE, b"other device...."


class Tables:
    """Stands for the lists and ratchets: every frame opens, with its body as the payload."""

    counter = 1_000  # the next sign's: when it was given, by its device's clock

    async def current(self, account: bytes) -> object:
        return account

    async def overhear(self, head: object, sender: Party, body: bytes, last: Mapping[bytes, int]) -> Frame:
        self.counter += 1
        return Frame(b"epoch", self.counter, body)


@dataclass
class Watch:
    room: Room
    typing: typing.Typing
    tables: Tables
    told: list[changes.Change] = field(default_factory=list[changes.Change])

    async def hear(self, *, on: bool = True) -> None:
        """A frame of Bob's, taken to its end."""
        tasks = self.typing._owner._tasks
        before = set(tasks)
        self.typing.heard(frames.DeliverEphemeral(BOB, room.DEVICE, Sign(WIRE, on).to_wire()))
        await asyncio.gather(*(tasks - before))
        await asyncio.sleep(0)

    async def come(self, sent_at: int, *, device: bytes = DEVICE, bearer: str = "rich") -> None:
        """A message of Bob's, stored and told of."""
        identity = sent_at.to_bytes(16, "big")

        def store(tx: Tx) -> None:
            new = messages.NewMessage(
                PERSON, identity, BOB, device, "text", b"", sent_at, sent_at, countable=True, bearer=bearer
            )
            tx.note(changes.MessagesChanged(PERSON, added=frozenset({messages.insert(tx, new).row})))

        tasks = self.typing._owner._tasks
        before = set(tasks)
        await self.room.database.write(store)
        await asyncio.sleep(0)
        await asyncio.gather(*(tasks - before))

    async def later(self, seconds: float) -> None:
        self.room.clock.advance(seconds)
        for _ in range(5):
            await asyncio.sleep(0)


@pytest_asyncio.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    async with room.opened(tmp_path) as made:

        def meet(tx: Tx) -> None:
            people.create(tx, PERSON, account=BOB, name="Bob", relation="accepted")
            conversations.ensure_direct(tx, PERSON, WIRE)

        await made.database.write(meet)
        stand_in = Tables()
        tables = cast(Any, stand_in)
        me = Me(ids.RelayId(bytes(32)), room.ALICE, ids.DeviceId(room.DEVICE), bytes(32), "Alice", "alice@example.com")
        settings = Settings(tmp_path / "settings", made.hub.publish)
        signs = typing.Typing(made.database, tables, tables, tables, settings, made.hub, me, made.clock)
        watching = Watch(made, signs, stand_in)
        with made.hub.listening(watching.told.append), made.hub.listening(signs.changed):
            yield watching
        await signs.close()


async def test_a_sign_that_comes_again_renews_the_one_that_is_shown(watch: Watch) -> None:
    for _ in range(50):
        await watch.hear()
    assert len(watch.typing._owner) == 1
    await watch.later(typing.LASTS / 2)
    await watch.hear()
    await watch.later(typing.LASTS * 0.75)
    assert watch.typing.typing(PERSON)
    watch.told.clear()
    await watch.later(typing.LASTS)
    assert not watch.typing.typing(PERSON)
    assert watch.told == [changes.TypingChanged(PERSON)]
    assert len(watch.typing._owner) == 0


async def test_a_sign_that_ends_is_told_once(watch: Watch) -> None:
    await watch.hear()
    await watch.hear(on=False)
    assert not watch.typing.typing(PERSON)
    watch.told.clear()
    await watch.later(typing.LASTS * 2)
    assert watch.told == []
    assert not watch.typing._signs
    await watch.hear()
    assert watch.typing.typing(PERSON)


async def test_a_message_says_itself_that_it_is_no_longer_written(watch: Watch) -> None:
    await watch.hear()
    given = watch.tables.counter
    await watch.come(given - 1)
    assert watch.typing.typing(PERSON), "that one was written before"
    await watch.come(given, device=OTHER)
    assert watch.typing.typing(PERSON), "that was another device"
    await watch.come(given + 10, bearer="text")
    assert watch.typing.typing(PERSON), "a text has the clock of the phone network"
    watch.told.clear()
    await watch.come(given + 20)
    assert not watch.typing.typing(PERSON)
    assert watch.told.count(changes.TypingChanged(PERSON)) == 1

    await watch.hear()
    assert not watch.typing.typing(PERSON), "it was given before the message, and opened after it"
    watch.tables.counter = given + 30
    await watch.hear()
    assert watch.typing.typing(PERSON)
