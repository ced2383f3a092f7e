"""An epoch whose start is repeated in every envelope is confirmed within days, also by somebody who only reads."""

from pathlib import Path

from app.client import repeats
from app.common import ids
from app.common.clock import SystemClock
from app.content import annotations
from app.crypto import pairs
from app.domain.delivery import Status
from app.protocol import limits
from app.storage import keys, messages, notices
from app.storage.transaction import Tx, View
from tests.parts import people, siblings, waiting
from tests.parts.adversary import Adversary
from tests.parts.people import Present
from tests.parts.relay import Relay

ALICE, BOB, CAROL = "alice@example.com", "bob@example.com", "carol@example.com"
SMALL, LARGE = 768, 4608  # bytes of an envelope without and with the start of its epoch


async def repeating(one: Present, other: Present) -> bool:
    """Whether the first still sends the start of the epoch in which it writes to the second."""
    there = other.messenger.me
    stored = await one.messenger.database.read(lambda view: keys.pair(view, there.account, there.device))
    assert stored is not None
    sending = pairs.load(stored.state).sending
    assert sending is not None
    return sending.start is not None


async def confirmed(one: Present, other: Present) -> None:
    """Wait until it does not any more; an empty envelope changes nothing that anybody could be told of."""

    async def done() -> bool:
        return not await repeating(one, other)

    await waiting.until_so(done)


async def size(one: Present, other: Present) -> int:
    """Bytes of an envelope from the first to the second; it is sealed and never sent."""
    said = await Adversary(one).seal(other.messenger.me.account, annotations.Nothing())
    return len(said.submit.envelopes[0].envelope)


async def react(one: Present, message: bytes, author: Present, emoji: str, there: Present) -> None:
    """Until it has arrived."""
    await one.messenger.sending.react(await one.row(message, author), emoji)
    await there.shown(message, author, lambda shown: [each.emoji for each in shown.reactions] == [emoji])


def quiet(view: View) -> tuple[int, int, int, dict[str, int], int]:
    """What an empty envelope must leave as it is: messages, what is unread, receipts due, what was refused, notices."""
    return (
        view.value("SELECT count(*) FROM messages"),
        view.value("SELECT count(*) FROM receipts"),
        view.value("SELECT count(*) FROM annotations"),
        notices.counters(view),
        len(notices.pending(view)),
    )


def owing(view: View) -> int:
    return view.value("SELECT count(*) FROM repeats WHERE direction = 'owed'")


def taken(view: View) -> bool:
    return bool(view.value("SELECT count(*) FROM seen"))


def empty_ones(view: View) -> int:
    return view.value("SELECT count(*) FROM jobs WHERE kind = ?", (annotations.Nothing.kind,))


async def test_reactions_alone_are_confirmed_after_a_day(relay: Relay, tmp_path: Path) -> None:
    """Nobody sends receipts for reactions; Bob, who reads and never writes, lets Alice's envelopes be small again."""
    time = SystemClock(-2 * limits.DAY)
    alice = await people.join(tmp_path / "alice", relay.url, ALICE)
    bob = await people.join(tmp_path / "bob", relay.url, BOB, time=time)
    async with alice.online() as a:
        async with bob.online() as b:
            await a.write(BOB, "hello")
            await b.received(1)
            await b.accept(ALICE)
            message = await b.write(ALICE, "react to this")
            await b.status(message, Status.DELIVERED)
            await confirmed(a, b)
            assert await size(a, b) == SMALL
            emojis = iter("👍😀" * pairs.pq.EPOCH_MESSAGES)
            while not await repeating(a, b):
                await react(a, message, b, next(emojis), b)
            assert await size(a, b) == LARGE
            assert await b.messenger.database.read(owing) == 1
        # The next day: it is not a day yet.
        time.offset += limits.DAY - limits.HOUR
        async with bob.online() as b:
            await b.messenger.caught_up()
            await react(a, message, b, "🌳", b)
            await b.messenger.database.write(lambda tx: _confirm(tx, b))
            assert await b.messenger.database.read(empty_ones) == 0
            assert await repeating(a, b)
            assert await size(a, b) == LARGE
        before = await a.messenger.database.read(quiet)
        time.offset = 0
        async with bob.online() as b:
            await confirmed(a, b)
            assert await size(a, b) == SMALL
            assert await b.messenger.database.read(owing) == 0
            # And it was nothing but that.
            assert await a.messenger.database.read(quiet) == before


async def test_own_devices_that_only_listen_are_small_again_too(relay: Relay, tmp_path: Path) -> None:
    """A tablet gets copies and has nothing to say about them."""
    alice, bob = [await people.join(tmp_path / address, relay.url, address) for address in (ALICE, BOB)]
    async with alice.online() as a, bob.online() as b:
        tablet = await siblings.link(a, tmp_path / "tablet")
        async with tablet.online() as t:
            message = await a.write(BOB, "hello")
            await t.until(lambda view: messages.find(view, a.messenger.me.account, message) is not None)
            assert await repeating(a, t)
            await t.messenger.database.write(_a_day_passes)
        async with tablet.online() as t:
            await confirmed(a, t)
        await b.received(1)


async def test_a_stranger_gets_no_sign(relay: Relay, tmp_path: Path) -> None:
    """Nor does somebody who is blocked before it has left."""
    alice, bob, carol = [await people.join(tmp_path / address, relay.url, address) for address in (ALICE, BOB, CAROL)]
    async with alice.online() as a, bob.online() as b, carol.online() as c:
        # What is empty itself asks for no answer, or two who are silent would never come to an end.
        await Adversary(a).say(b.messenger.me.account, annotations.Nothing())
        await waiting.until_so(lambda: b.messenger.database.read(taken))
        assert await b.messenger.database.read(owing) == 0
        for stranger in (a, c):
            await stranger.write(BOB, "anybody there?")
        await b.received(2)
        assert await b.messenger.database.read(owing) == 2
        await b.accept(CAROL)
        await confirmed(c, b)
        await b.messenger.database.write(_a_day_passes)
        await b.messenger.database.write(lambda tx: _confirm(tx, b))
        assert await b.messenger.database.read(empty_ones) == 0
        assert await repeating(a, b)

        def owe_carol(tx: Tx) -> None:
            tx.run(
                "INSERT INTO repeats (direction, account, device, subject, at) VALUES ('owed', ?, ?, x'', 0)",
                (c.messenger.me.account, c.messenger.me.device),
            )

        await b.messenger.database.write(owe_carol)
    await relay.stop()
    async with bob.awake() as b:
        await b.messenger.database.write(lambda tx: _confirm(tx, b))
        assert await b.messenger.database.read(empty_ones) == 1
        await b.messenger.conversations.block((await b.messenger.conversations.find(CAROL)).person)
        assert await b.messenger.database.read(empty_ones) == 0


def _a_day_passes(tx: Tx) -> None:
    tx.run("UPDATE repeats SET at = at - ?", (limits.DAY + 1,))


def _confirm(tx: Tx, present: Present) -> None:
    repeats.confirm(tx, present.messenger.me, lambda: ids.new_id(present.messenger.clock))
