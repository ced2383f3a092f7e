"""First contact: two strangers, a message, an acceptance, and the way back."""

from pathlib import Path

from app.domain.delivery import Status
from tests.parts import people
from tests.parts.relay import Relay


async def test_two_people_talk(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as a, bob.online() as b:
        first = await a.write("bob@example.com", "Hello Bob")
        await a.status(first, Status.SENT)
        await b.received(1)
        assert await b.texts("alice@example.com") == ["Hello Bob"]
        await b.accept("alice@example.com")
        await a.status(first, Status.DELIVERED)
        await b.read_all("alice@example.com")
        await a.status(first, Status.READ)
        answer = await b.write("alice@example.com", "Hello Alice")
        await b.status(answer, Status.DELIVERED)
        assert await a.texts("bob@example.com") == await b.texts("alice@example.com") == ["Hello Bob", "Hello Alice"]


async def test_a_stranger_is_told_nothing_until_accepted(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as a, bob.online() as b:
        first = await a.write("bob@example.com", "Do you read strangers?")
        await b.received(1)
        await b.read_all("alice@example.com")
        await b.messenger.last_receipts()
        await a.status(first, Status.SENT)
        assert await b.messenger.waiting() == 0
        await b.accept("alice@example.com")
        await a.status(first, Status.READ)
