"""Device lists: what memory forgot is read from the store, and memory is bounded."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest_asyncio

from app.client import peers
from app.client.me import Me
from app.common import ids
from app.net.connection import Connection
from app.protocol import devices, frames, signed
from app.protocol.devices import DeviceList
from app.protocol.signed import Signed
from app.storage import notices, people
from app.storage.people import Person
from tests.client import room
from tests.client.room import Room

RELAY = ids.RelayId(b"R" * 32)
ROOT, DESK, PHONE = (bytes([number]) * 32 for number in (1, 2, 3))
BOB = ids.AccountId(signed.account_id(signed.public_of(ROOT)))
STALE = room.NOON + 100 * 24 * 3600 * 1000


def record(number: int, seed: bytes) -> devices.DeviceRecord:
    return devices.make_record(RELAY, BOB, bytes([number]) * 16, bytes([number]) * 32, seed, room.NOON)


class Directory:
    """Says what it was told to say, and counts how often it was asked."""

    def __init__(self) -> None:
        self.chain: tuple[Signed, ...] = (devices.first_list(RELAY, ROOT, [record(1, DESK)], room.NOON),)
        self.asked = 0

    @property
    def head(self) -> DeviceList:
        return devices.verify_chain(RELAY, BOB, self.chain)

    async def lookup_account(self, account: bytes) -> frames.Found:
        assert account == BOB
        self.asked += 1
        fresh = devices.make_freshness(self.head, DESK, room.NOON)
        return frames.Found(1, "found", BOB, self.chain, fresh, "claimed")


@dataclass
class Alice:
    room: Room
    directory: Directory
    me: Me

    def peers(self) -> peers.Peers:
        """With nothing in memory."""
        return peers.Peers(self.room.database, cast(Connection, self.directory), self.me)

    async def bob(self) -> Person:
        found = await self.room.database.read(lambda view: people.by_account(view, BOB))
        assert found is not None
        return found

    async def told(self) -> Sequence[str]:
        return [each.code for each in await self.room.database.read(notices.pending)]


@pytest_asyncio.fixture
async def alice(tmp_path: Path) -> AsyncIterator[Alice]:
    async with room.opened(tmp_path) as made:
        await made.meet("Bob", BOB)
        me = Me(RELAY, room.ALICE, ids.DeviceId(room.DEVICE), DESK, "Alice", "alice@example.com")
        alice = Alice(made, Directory(), me)
        await alice.peers().refresh(BOB)
        yield alice


async def test_a_list_that_left_memory_is_the_one_of_the_store(alice: Alice) -> None:
    known = alice.peers()
    assert await known.known(b"nobody" * 5) is None
    assert await known.current(BOB) == alice.directory.head
    assert alice.directory.asked == 1


async def test_a_stale_list_is_asked_for_whatever_memory_holds(alice: Alice) -> None:
    """Once a run, and told since the directory has no newer word of freshness."""
    known = alice.peers()
    await known.freshen(await alice.bob(), room.NOON)
    assert alice.directory.asked == 1
    for _ in range(2):
        await known.freshen(await alice.bob(), STALE)
    assert alice.directory.asked == 2
    assert await alice.told() == ["stale_list"]


async def test_a_new_device_is_told_whatever_memory_holds(alice: Alice) -> None:
    both = devices.next_list(alice.directory.head, DESK, room.NOON, records=(record(1, DESK), record(2, PHONE)))
    alice.directory.chain += (both,)
    await alice.peers()._keep(await alice.peers()._verified(BOB, await alice.directory.lookup_account(BOB)))
    assert await alice.told() == ["device_added"]
    await alice.peers().refresh(BOB)
    assert await alice.told() == ["device_added"]


async def test_memory_is_bounded(alice: Alice) -> None:
    known, head = alice.peers(), cast(Any, alice.directory.head)
    for number in range(peers.CACHED + 10):
        known._heads[number.to_bytes(32, "big")] = head
    assert len(known._heads) == peers.CACHED
    assert await known.current(BOB) == head
