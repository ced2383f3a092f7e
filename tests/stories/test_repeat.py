"""What cannot be opened is asked for again, and comes again."""

from pathlib import Path

from app.common import clock
from app.domain.delivery import Status
from app.storage.database import Database
from tests.parts import people
from tests.parts.relay import Relay


async def test_a_device_that_lost_its_sessions_gets_the_message_after_all(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as a, bob.online() as b:
        hello = await b.write("alice@example.com", "hello")
        await a.write("bob@example.com", "good morning")
        await b.status(hello, Status.DELIVERED)
        await a.status(await a.write("bob@example.com", "how are you?"), Status.DELIVERED)

    database = await Database.open(bob.home.store, bob.key, clock.SystemClock(), lambda _: None)
    await database.write(lambda tx: tx.run("DELETE FROM pairs"))
    await database.close()

    async with alice.online() as a, bob.online() as b:
        lost = await a.write("bob@example.com", "you cannot read this yet")
        await a.status(lost, Status.DELIVERED)
        assert "you cannot read this yet" in await b.texts("alice@example.com")
