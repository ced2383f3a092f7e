"""What cannot be read is told, asked for again and repeated, within limits; and the conversation goes on both ways."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from app.common import ids
from app.content import annotations, payload
from app.content.annotations import Hole, Repeat, Unopened
from app.content.text import Text
from app.domain.delivery import Status
from app.protocol import limits
from app.storage import messages, notices, repeats
from app.storage import people as people_table
from app.storage.database import Database
from app.storage.transaction import Tx, View
from tests.parts import people, siblings
from tests.parts.adversary import Adversary
from tests.parts.people import Present, Someone
from tests.parts.relay import Relay

BOB, ALICE = "bob@example.com", "alice@example.com"
UNREADABLE = "notice/unreadable"


async def two(relay: Relay, folder: Path) -> tuple[Someone, Someone]:
    """Alice and Bob, who have accepted each other and written once each."""
    alice, bob = [await people.join(folder / address, relay.url, address) for address in (ALICE, BOB)]
    async with alice.online() as a, bob.online() as b:
        await a.write(BOB, "a0")
        await b.received(1)
        await b.status(await b.write(ALICE, "b0"), Status.DELIVERED)
    return alice, bob


@contextlib.asynccontextmanager
async def both(one: Someone, other: Someone) -> AsyncGenerator[tuple[Present, Present]]:
    async with one.online() as first, other.online() as second:
        yield first, second


async def lose(someone: Someone) -> None:
    """Everything this device shares with others is gone from its store."""
    database = await Database.open(someone.home.store, someone.key, someone.clock, lambda _: None)
    try:
        await database.write(lambda tx: tx.run("DELETE FROM pairs"))
    finally:
        await database.close()


async def an_hour_passes(*all_present: Present) -> None:
    """For what is counted by the hour, and for jobs that wait for its end."""

    def write(tx: Tx) -> None:
        tx.run("UPDATE repeats SET at = at - ?", (limits.HOUR + 1,))
        tx.run("UPDATE jobs SET due_at = max(0, due_at - ?)", (limits.HOUR + 1,))

    for present in all_present:
        await present.messenger.database.write(write)
        present.messenger.outbox.wake()


def unreadable(view: View) -> int:
    return view.value("SELECT count(*) FROM messages WHERE kind = ?", (UNREADABLE,))


def answered(view: View) -> int:
    return view.value("SELECT count(*) FROM repeats WHERE direction = 'answered'")


async def goes_on(a: Present, b: Present) -> None:
    """Both ways, several times."""
    for turn in range(3):
        for one, other, address in ((a, b, BOB), (b, a, ALICE)):
            await arrives(one, other, await one.write(address, f"on and on {turn}"))
    assert await a.texts(BOB) == await b.texts(ALICE)


async def arrives(one: Present, other: Present, message: bytes) -> None:
    author = one.messenger.me.account
    await other.until(lambda view: messages.find(view, author, message) is not None)


async def test_a_receiver_who_lost_everything(relay: Relay, tmp_path: Path) -> None:
    alice, bob = await two(relay, tmp_path)
    await lose(bob)
    async with alice.online() as a:
        lost = [await a.write(BOB, f"lost {n}") for n in range(3)]
        await a.status(lost[-1], Status.SENT)
        async with bob.online() as b:
            await b.until(lambda view: unreadable(view) == 3)
            told = await b.messenger.database.read(notices.pending)
            assert ("refused", "undecryptable", 3) in [(each.kind, each.code, each.times) for each in told]
            for message in lost:
                await arrives(a, b, message)
            assert await b.texts(ALICE) == await a.texts(BOB)
            # The words have taken the place of the notices.
            assert await b.messenger.database.read(unreadable) == 0
            await goes_on(a, b)
            assert await a.messenger.database.read(answered) == 3


@pytest.mark.long
async def test_a_sender_who_lost_everything(relay: Relay, tmp_path: Path) -> None:
    alice, bob = await two(relay, tmp_path)
    await lose(alice)
    async with both(alice, bob) as (a, b):
        # What Alice writes now needs a new session; what Bob writes comes through one she has lost.
        first = await a.write(BOB, "from a new session")
        await arrives(a, b, first)
        await arrives(b, a, await b.write(ALICE, "into the old one"))
        await goes_on(a, b)
        # The receipt for the first was one of those that Alice could not read.
        await a.status(first, Status.DELIVERED)


@pytest.mark.long
async def test_lost_on_both_sides_at_once(relay: Relay, tmp_path: Path) -> None:
    alice, bob = await two(relay, tmp_path)
    await lose(alice)
    await lose(bob)
    async with both(alice, bob) as (a, b):
        first, second = await a.write(BOB, "at once"), await b.write(ALICE, "at once too")
        await arrives(a, b, first)
        await arrives(b, a, second)
        await goes_on(a, b)


@pytest.mark.long
async def test_once_an_hour(relay: Relay, tmp_path: Path) -> None:
    alice, bob = await two(relay, tmp_path)
    await lose(bob)
    async with both(alice, bob) as (a, b):
        await arrives(a, b, await a.write(BOB, "lost"))
    await lose(bob)
    async with alice.online() as a:
        again = await a.write(BOB, "lost once more")
        await a.status(again, Status.SENT)
        async with bob.online() as b:
            await b.until(lambda view: unreadable(view) == 1)
            await b.messenger.outbox.idle()
            waiting = await b.messenger.database.read(
                lambda view: view.value("SELECT due_at FROM jobs WHERE kind = ?", (Repeat.kind,))
            )
            assert waiting > b.messenger.clock.now() + limits.HOUR - limits.MINUTE
            assert await a.messenger.database.read(answered) == 1
            await an_hour_passes(a, b)
            await arrives(a, b, again)
            await goes_on(a, b)


@pytest.mark.long
async def test_twenty_a_day(relay: Relay, tmp_path: Path) -> None:
    alice, bob = await two(relay, tmp_path)
    async with both(alice, bob) as (a, b):
        written = [await a.write(BOB, f"number {n}") for n in range(25)]
        await arrives(a, b, written[-1])
        asking = Adversary(b)
        submits = await a.messenger.database.read(
            lambda view: [row[0] for row in view.rows("SELECT submit FROM recipients ORDER BY row")]
        )
        lost = tuple(Unopened(a.messenger.me.device, ids.SubmitId(submit)) for submit in submits)
        await a.messenger.receipting.flush()
        await b.messenger.receipting.flush()
        await _processed(b, a)
        await _processed(a, b)
        before = await b.messenger.database.read(_seen)
        await asking.say(a.messenger.me.account, Repeat(lost))
        await a.until(lambda view: answered(view) == 20)
        await _processed(b, a)
        assert await b.messenger.database.read(_seen) >= before + 20
        await an_hour_passes(a, b)
        await asking.say(a.messenger.me.account, Repeat(lost[20:]))
        await _processed(a, b)
        assert await a.messenger.database.read(answered) == 20
        assert await b.texts(ALICE) == await a.texts(BOB)

        # And we ask no more than that ourselves.
        account, device = a.messenger.me.account, a.messenger.me.device

        def use_up(tx: Tx) -> None:
            for n in range(20):
                repeats.record(tx, "asked", account, device, bytes([n]) * 16)

        await b.messenger.database.write(use_up)
    await lose(bob)
    async with alice.online() as a:
        await a.status(await a.write(BOB, "never to be read"), Status.SENT)
    async with bob.online() as b:
        await b.messenger.caught_up()
        assert await b.messenger.database.read(lambda view: notices.counter(view, "refused/undecryptable")) >= 1
        kinds = await b.messenger.database.read(lambda view: view.rows("SELECT kind FROM jobs"))
        assert (Repeat.kind,) not in kinds


def _seen(view: View) -> int:
    return view.value("SELECT count(*) FROM seen")


async def _processed(a: Present, b: Present) -> None:
    """Whatever the second sent before has been taken by the first."""
    await arrives(b, a, await b.write(a.someone.address, "processed?"))


async def _asks_in_vain(a: Present, b: Present) -> None:
    """A device that asks for everything Alice ever sent gets nothing."""
    submits = await a.messenger.database.read(
        lambda view: [row[0] for row in view.rows("SELECT submit FROM recipients ORDER BY row")]
    )
    wire = payload.direct_conversation(a.messenger.me.account, b.messenger.me.account)
    lost = tuple(Unopened(a.messenger.me.device, ids.SubmitId(submit)) for submit in submits)
    holes = tuple(Hole(a.messenger.me.device, wire, n) for n in range(1, 9))
    await Adversary(b).say(a.messenger.me.account, Repeat(lost, holes))
    await _processed(a, b)
    assert await a.messenger.database.read(answered) == 0


@pytest.mark.long
async def test_nothing_for_the_blocked(relay: Relay, tmp_path: Path) -> None:
    alice, bob = await two(relay, tmp_path)
    async with both(alice, bob) as (a, b):
        person = (await a.messenger.conversations.find(BOB)).person
        # Only here: the relay, which holds back what the blocked send, is not asked to help.
        await a.messenger.database.write(lambda tx: people_table.set_relation(tx, person, "blocked"))
        said = Adversary(b)
        await said.say(a.messenger.me.account, Repeat((Unopened(a.messenger.me.device, ids.SubmitId(bytes(16))),)))
        await said.say(a.messenger.me.account, annotations.Nothing(), reset=True)
        await said.say(a.messenger.me.account, raw=b"not to be read")
        await _two_moments(a, b)
        counters = await a.messenger.database.read(notices.counters)
        assert counters["refused/blocked"] >= 3
        state = await a.messenger.database.read(
            lambda view: (
                view.value("SELECT count(*) FROM jobs"),
                unreadable(view),
                answered(view),
                [each for each in notices.pending(view) if each.code == "blocked"],
            )
        )
        assert state == (0, 0, 0, [])


@pytest.mark.long
async def test_a_stranger_is_asked_for_nothing_until_accepted(relay: Relay, tmp_path: Path) -> None:
    """Neither a request nor a new start tells them that somebody is there; what could not be read waits."""
    alice, bob = [await people.join(tmp_path / address, relay.url, address) for address in (ALICE, BOB)]
    async with both(alice, bob) as (a, b):
        await a.write(BOB, "a0")
        await b.received(1)
        said = Adversary(a)
        damaged = (await said.seal(b.messenger.me.account, Text("you cannot read this"))).submit
        envelopes = tuple(
            msgspec.structs.replace(each, envelope=each.envelope[:-1] + bytes([each.envelope[-1] ^ 1]))
            for each in damaged.envelopes
        )
        await said.post(msgspec.structs.replace(damaged, envelopes=envelopes))
        await b.until(lambda view: unreadable(view) == 1)
        await said.say(b.messenger.me.account, annotations.Nothing(), reset=True)
        await arrives(a, b, await a.write(BOB, "a1"))
        asked = "SELECT (SELECT count(*) FROM jobs) + (SELECT count(*) FROM repeats WHERE direction <> 'owed')"
        assert await b.messenger.database.read(lambda view: view.value(asked)) == 0
        await b.accept(ALICE)
        assert await b.messenger.database.read(
            lambda view: repeats.known(view, "asked", a.messenger.me.account, damaged.submit)
        )


async def test_a_lost_receipt_for_what_was_read_says_read(relay: Relay, tmp_path: Path) -> None:
    alice, bob = await two(relay, tmp_path)
    async with both(alice, bob) as (a, b):
        message = await a.write(BOB, "read this")
        await a.status(message, Status.DELIVERED)
    async with bob.online() as b:
        await b.read_all(ALICE)
        await b.messenger.last_receipts()
    await lose(alice)
    async with both(alice, bob) as (a, b):
        await a.status(message, Status.READ)


async def _two_moments(a: Present, b: Present) -> None:
    """Until Alice has taken, and refused, one thing more."""
    before = await a.messenger.database.read(lambda view: notices.counter(view, "refused/blocked"))
    await Adversary(b).say(a.messenger.me.account, Text("anybody there?"))
    author = b.messenger.me.account
    while await a.messenger.database.read(lambda view: notices.counter(view, "refused/blocked")) < before + 1:
        await a.messenger.connection.lookup_account(author)


@pytest.mark.long
async def test_nothing_for_devices_that_were_not_sent_it_and_nothing_old_or_taken_back(
    relay: Relay, tmp_path: Path
) -> None:
    alice, bob = await two(relay, tmp_path)
    async with both(alice, bob) as (a, b):
        later = await siblings.link(b, tmp_path / "later")
        async with later.online() as tablet:
            await _asks_in_vain(a, tablet)
        month = limits.RETENTION + limits.MINUTE
        await a.messenger.database.write(lambda tx: tx.run("UPDATE messages SET sent_at = sent_at - ?", (month,)))
        await _asks_in_vain(a, b)
        await a.messenger.database.write(lambda tx: tx.run("UPDATE messages SET sent_at = sent_at + ?", (month,)))
        written = await a.messenger.database.read(
            lambda view: view.value("SELECT row FROM messages WHERE outgoing = 1 ORDER BY row LIMIT 1")
        )
        await a.messenger.sending.retract(written)
        await _asks_in_vain(a, b)


async def test_what_never_came_is_asked_for(relay: Relay, tmp_path: Path) -> None:
    alice, bob = await two(relay, tmp_path)
    async with both(alice, bob) as (a, b):
        skipped = await a.write(BOB, "the relay forgot this one")
        await a.status(skipped, Status.DELIVERED)
        await a.status(await a.write(BOB, "but not this one"), Status.DELIVERED)
        account, device = a.messenger.me.account, a.messenger.me.device

        def forget(tx: Tx) -> None:
            stored = messages.find(tx, account, skipped)
            assert stored is not None
            messages.remove(tx, stored.row)
            hole = stored.sequence.to_bytes(8, "big")
            tx.run("UPDATE sequences SET holes = ? WHERE device = ?", (hole, device))

        await b.messenger.database.write(forget)
        await b.read_all(ALICE)
    async with both(alice, bob) as (a, b):
        await b.until(lambda view: messages.find(view, account, skipped) is not None)
        assert await b.texts(ALICE) == await a.texts(BOB)
        # It stands above what Bob has read, and is unread until he has seen it too: its author hears of that.
        row, person = await b.row(skipped, a), (await b.messenger.conversations.find(ALICE)).person
        unread = await b.messenger.database.read(lambda view: messages.unread(view, person, None))
        assert [each.row for each in unread] == [row]
        place = unread[0].position
        assert await b.messenger.conversations.mark_read(person, place, since=place) == 1
        assert await b.messenger.conversations.mark_read(person) == 0
        await a.status(skipped, Status.READ)
