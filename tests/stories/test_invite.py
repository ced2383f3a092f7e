"""An invite: who sent it and who came by it take each other's messages from the start."""

from pathlib import Path

from app.domain.delivery import Status
from tests.parts import people
from tests.parts.relay import Relay


async def test_inviter_and_invitee(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    link = await relay.invite("--from", "alice@example.com")
    async with alice.online() as a:
        bob = await people.join(tmp_path / "bob", "", "bob@example.com", invite=link)
        async with bob.online() as b:
            first = await b.write("alice@example.com", "thank you for the invite")
            await b.status(first, Status.DELIVERED)
            assert await a.texts("bob@example.com") == ["thank you for the invite"]


async def test_inviter_was_away(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(
        tmp_path / "bob", "", "bob@example.com", invite=await relay.invite("--from", "alice@example.com")
    )
    async with bob.online() as b:
        first = await b.write("alice@example.com", "thank you for the invite")
        await b.status(first, Status.SENT)
        async with alice.online():
            await b.status(first, Status.DELIVERED)
