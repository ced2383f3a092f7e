"""A store that refuses for a while: no worker dies of it, none runs hot, and everything goes on when it is well."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.domain.delivery import Status
from app.storage import notices
from tests.parts.people import Present, join
from tests.parts.relay import Relay


@contextlib.asynccontextmanager
async def refusing(present: Present, what: str) -> AsyncGenerator[None]:
    """Every such change of this store fails."""
    refusal = "BEGIN SELECT RAISE (ABORT, 'meant'); END"
    await present.messenger.database.write(lambda tx: tx.run(f"CREATE TRIGGER sick BEFORE {what} {refusal}"))
    try:
        yield
    finally:
        await present.messenger.database.write(lambda tx: tx.run("DROP TRIGGER sick"))


async def heard(present: Present, log: list[str], words: str, times: int) -> None:
    """Wait until that was logged so often."""
    while sum(words in line for line in log) < times:
        await present.messenger.clock.sleep(0.02)


@pytest.mark.expect_log("a job could not be sent", "task outbox/lane ended")
async def test_the_outbox_rests_and_goes_on(relay: Relay, tmp_path: Path, quiet_log: list[str]) -> None:
    alice = await join(tmp_path / "alice", relay.url, "alice@example.com")
    await join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as here:
        async with refusing(here, "UPDATE ON jobs"):
            message = await here.write("bob@example.com", "hello")
            await heard(here, quiet_log, "lane ended", 1)
            for _ in range(200):
                await here.messenger.database.write(lambda tx: notices.bump(tx, "meanwhile"))
            assert sum("lane ended" in line for line in quiet_log) < 8
        await here.status(message, Status.SENT)


@pytest.mark.expect_log("a batch could not be taken")
async def test_the_inbox_outlives_what_it_cannot_even_give_up(
    relay: Relay, tmp_path: Path, quiet_log: list[str]
) -> None:
    alice = await join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await join(tmp_path / "bob", relay.url, "bob@example.com")
    async with bob.online() as there, alice.online() as here:
        await here.write("bob@example.com", "hello")
        await there.received(1)
        async with refusing(there, "INSERT ON seen"):
            await here.write("bob@example.com", "not taken")
            await heard(there, quiet_log, "a batch could not be taken", 4)
        await here.write("bob@example.com", "but this")
        await there.received(2, within=30)
        assert await there.texts("alice@example.com") == ["hello", "but this"]
