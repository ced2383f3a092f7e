"""One ratchet under many hands: two conversations, own devices and receipts, both ways at once, and no key twice."""

import asyncio
import hashlib
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from app.common import errors
from app.content.text import Text
from app.crypto import envelope, primitives
from app.net.connection import Connection
from app.protocol import frames
from app.storage import jobs, messages, notices
from app.storage import people as people_table
from app.storage.transaction import View
from tests.parts import people, siblings
from tests.parts.people import Present
from tests.parts.relay import Relay

Key = tuple[object, ...]


class Ledger:
    """Which key each envelope was sealed with, and which envelopes left.

    An envelope has an Olm message key (ratchet key and index), a post-quantum key (direction, epoch and index) and a
    wrap key; the bytes of a rolled back transaction may be sealed again under the same keys, but must not have left.
    """

    def __init__(self) -> None:
        self.sealed: dict[bytes, list[Key]] = {}
        self.left: set[bytes] = set()
        self.symmetric: list[bytes] = []
        self.failures = 0

    def note(self, me: object, made: envelope.Sealed) -> None:
        sending = made.pair.sending
        assert sending is not None
        olm = _olm_key(made.envelope)
        keys: list[Key] = [("pq", me, made.pair.peer, sending.id, sending.index), ("olm", *olm)]
        self.sealed[_digest(made.envelope)] = keys

    def twice(self) -> list[Key]:
        """Keys under which two different envelopes left."""
        under: defaultdict[Key, set[bytes]] = defaultdict(set)
        for digest in self.left:
            for key in self.sealed[digest]:
                under[key].add(digest)
        return [key for key, digests in under.items() if len(digests) > 1]


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _olm_key(sealed: bytes) -> tuple[bytes, int]:
    """Ratchet key and chain index of the Olm message inside an envelope (Olm specification, message format)."""
    kind, size = sealed[1], int.from_bytes(sealed[2:4], "big")
    body = sealed[6 : 6 + size]
    if kind == 0:  # a first message holds an ordinary one
        body = dict(_fields(body[1:]))[4]
        assert isinstance(body, bytes)
    # The last eight bytes are the authentication code.
    found = dict(_fields(body[1:-8]))
    ratchet, index = found[1], found[2]
    assert isinstance(ratchet, bytes)
    assert isinstance(index, int)
    return ratchet, index


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Fields of a message in the manner of protocol buffers, as Olm writes them."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 0:
            yield tag >> 3, value
        else:
            yield tag >> 3, data[at : at + value]
            at += value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Everything that is sealed and everything that leaves, written down at the edge of crypto and of the network."""
    kept = Ledger()
    seal, encrypt, submit, save = envelope.seal, primitives.encrypt, Connection.submit, jobs.save_sealed
    dice = random.Random(7)

    def sealing(pair: Any, keys: Any, *rest: Any, **how: Any) -> envelope.Sealed:
        made = seal(pair, keys, *rest, **how)
        kept.note(keys.me, made)
        return made

    def encrypting(key: bytes, *rest: Any) -> bytes:
        kept.symmetric.append(_digest(key))
        return encrypt(key, *rest)

    async def submitting(self: Connection, name: bytes, part: bytes) -> Any:
        for item in frames.decode_submit(part).envelopes:
            kept.left.add(_digest(item.envelope))
        return await submit(self, name, part)

    def saving(*where: Any, **what: Any) -> None:
        save(*where, **what)
        if dice.random() < 0.01:  # the ratchet has moved, the bytes are there, and the commit fails
            kept.failures += 1
            raise errors.AgainLater("busy")

    monkeypatch.setattr(envelope, "seal", sealing)
    monkeypatch.setattr(primitives, "encrypt", encrypting)
    monkeypatch.setattr(Connection, "submit", submitting)
    monkeypatch.setattr(jobs, "save_sealed", saving)
    return kept


@pytest.fixture
async def cast(relay: Relay, tmp_path: Path) -> AsyncGenerator[dict[str, Present]]:
    """Alice with two devices, whose pair carries the copies of both conversations; Bob and Carol."""
    async with AsyncExitStack() as stack:
        found: dict[str, Present] = {}
        for name in ("alice", "bob", "carol"):
            someone = await people.join(tmp_path / name, relay.url, f"{name}@example.com")
            found[name] = await stack.enter_async_context(someone.online())
        phone = await siblings.link(found["alice"], tmp_path / "phone")
        found["phone"] = await stack.enter_async_context(phone.online())
        for name in ("bob", "carol"):
            await found["alice"].write(f"{name}@example.com", "hello")
            await found[name].received(1)
            await found[name].accept("alice@example.com")
            await _has(found["phone"], 1 + (name == "carol"))
        yield found


async def _has(present: Present, count: int, within: float = 10) -> None:
    """Wait for that many messages, in all conversations."""
    await present.until(lambda view: _count(view) >= count, within)


def _count(view: View) -> int:
    return view.value("SELECT count(*) FROM messages")


async def _write(present: Present, to: Present, letter: str, count: int) -> None:
    account = to.messenger.me.account
    known = await present.messenger.database.read(lambda view: people_table.by_account(view, account))
    assert known is not None
    for number in range(count):
        await present.messenger.sending.send(known.person, Text(f"{letter}{number}"))
        await asyncio.sleep(0)  # let the others have their turn


async def _shown(present: Present, other: Present) -> list[bytes]:
    account = other.messenger.me.account

    def look(view: View) -> list[bytes]:
        known = people_table.by_account(view, account)
        assert known is not None
        return [each.message for each in messages.before(view, known.person, None, 10_000)]

    return await present.messenger.database.read(look)


@pytest.mark.parametrize("each", [pytest.param(10, id="160"), pytest.param(500, id="8000", marks=pytest.mark.long)])
async def test_in_and_out_of_two_conversations(ledger: Ledger, cast: dict[str, Present], each: int) -> None:
    """504 are sent, each is received by one other device or two; and the receipts besides."""
    alice, phone, bob, carol = cast["alice"], cast["phone"], cast["bob"], cast["carol"]
    pairs = [(alice, bob), (alice, carol), (phone, bob), (phone, carol), (bob, alice), (bob, alice), (carol, alice)]
    pairs.append((carol, alice))
    await asyncio.gather(*(_write(one, other, f"w{n}-", each) for n, (one, other) in enumerate(pairs)))
    for present, count in ((bob, 4), (carol, 4), (alice, 8), (phone, 8)):
        await _has(present, count * each + (1 if count == 4 else 2), within=600)
    for other in (bob, carol):
        assert await _shown(alice, other) == await _shown(phone, other) == await _shown(other, alice)
    for present in cast.values():
        counted = await present.messenger.database.read(notices.counters)
        if present in (alice, phone):  # a receipt may come before the copy of what the sibling sent
            counted.pop("refused/unknown_target", None)
        assert counted == {}
    assert len(ledger.left) > 2 * 8 * each  # to the other end and to the own other device, and receipts
    assert ledger.failures
    assert len(ledger.sealed) > len(ledger.left)
    assert ledger.twice() == []
    assert len(ledger.symmetric) == len(set(ledger.symmetric))
