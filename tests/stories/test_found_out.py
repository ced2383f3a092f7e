"""Somebody written to by an address turns out to be somebody already known: one conversation, each message once."""

from pathlib import Path

from app.domain.delivery import Status
from app.storage import messages
from tests.parts.people import Present, join
from tests.parts.relay import Relay


async def _place(present: Present, message: bytes, author: Present) -> tuple[int, int, bytes]:
    """Order, number and ciphertext of a message as stored by one of the two."""
    row = await present.row(message, author)
    stored = await present.messenger.database.read(lambda view: messages.get(view, row))
    assert stored is not None
    return stored.ord, stored.sequence, stored.digest


async def test_written_to_while_offline_under_an_address_that_is_a_known_person(relay: Relay, tmp_path: Path) -> None:
    """The lane of the address and the lane of the person must not both seal what moved from one to the other."""
    alice = await join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await join(tmp_path / "bob", relay.url, "bob@example.com")
    async with bob.online() as there, alice.online() as here:
        await there.write("alice@example.com", "hello")
        await here.received(1)
    await relay.stop()
    async with bob.awake() as there, alice.awake() as here:
        texts = [f"number {n}" for n in range(3)]
        written = [await here.write("bob@example.com", text) for text in texts]
        await relay.start()
        here.messenger.connection.retry_now()
        there.messenger.connection.retry_now()
        for message in written:
            await here.status(message, Status.DELIVERED)
        await here.messenger.outbox.idle()
        assert await here.texts("bob@example.com") == await there.texts("alice@example.com") == ["hello", *texts]
        for message in written:
            assert await _place(here, message, here) == await _place(there, message, here)
