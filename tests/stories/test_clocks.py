"""Clocks that are wrong, or put right while the program runs: nothing fails for it, and nothing waits for years."""

from pathlib import Path

import pytest

from app.client import changes
from app.common import clock
from app.domain.delivery import Status
from app.storage import conversations, jobs, own, receipts
from app.storage.transaction import Tx, View
from tests.parts.people import join
from tests.parts.relay import Relay

HOUR = 3_600_000


@pytest.mark.expect_log("the clock of this computer is")
async def test_a_clock_far_ahead_follows_the_relays(relay: Relay, tmp_path: Path) -> None:
    wrong = clock.SystemClock()
    alice = await join(tmp_path / "alice", relay.url, "alice@example.com", time=wrong)
    bob = await join(tmp_path / "bob", relay.url, "bob@example.com")
    texts = ["on time", "an hour ahead", "and once more"]
    async with bob.online() as there, alice.online() as here:
        await here.status(await here.write("bob@example.com", texts[0]), Status.SENT)
        wrong.offset = HOUR
        for text in texts[1:]:
            await here.status(await here.write("bob@example.com", text), Status.SENT)
        await there.received(3)
        assert await there.texts("alice@example.com") == await here.texts("bob@example.com") == texts
        person = (await here.messenger.conversations.find("bob@example.com")).person
        highest = await here.messenger.database.read(lambda view: conversations.highest_order(view, person))
        assert highest < wrong.now() - HOUR // 2
    wrong.offset = 0  # put right: what was taken off it is given back, and kept
    async with alice.online() as here:
        await here.until(lambda view: owned(view).clock_offset > -HOUR // 2)
        assert here.messenger.sealing.offset > -HOUR // 2


def owned(view: View) -> own.Own:
    stored = own.load(view)
    assert stored is not None
    return stored


async def test_a_clock_put_back_leaves_nothing_waiting(relay: Relay, tmp_path: Path) -> None:
    wrong = clock.SystemClock()
    alice = await join(tmp_path / "alice", relay.url, "alice@example.com", time=wrong)
    await join(tmp_path / "bob", relay.url, "bob@example.com")
    await relay.stop()
    async with alice.awake() as here:
        message = await here.write("bob@example.com", "hello")

        def defer(tx: Tx) -> None:
            (job,) = jobs.due(tx)
            jobs.defer(tx, job.job, tx.now + HOUR, connected=True)

        await here.messenger.database.write(defer)
        wrong.offset = -HOUR
        await relay.start()
        here.messenger.connection.retry_now()
        await here.status(message, Status.SENT)


async def test_receipts_do_not_wait_for_the_time_of_a_clock_that_was_put_back(relay: Relay, tmp_path: Path) -> None:
    alice = await join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as here, bob.online() as there:
        message = await here.write("bob@example.com", "hello")
        await there.received(1)
        await there.accept("alice@example.com")
        await here.status(message, Status.DELIVERED)
        account = here.messenger.me.account

        def read(tx: Tx) -> None:
            receipts.add(tx, account, message, "read", tx.now + HOUR)
            tx.note(changes.ReceiptsDue(frozenset({account})))

        await there.messenger.database.write(read)
        await here.status(message, Status.READ)
