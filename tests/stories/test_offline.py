"""Away and back: what is written meanwhile waits, arrives once, in order, with a true status."""

from pathlib import Path

from app.domain.delivery import Status
from tests.parts import people
from tests.parts.relay import Relay


async def test_recipient_away(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as a:
        # A stranger's mailbox takes twenty; the rest waits at the sender until there is room or an acceptance.
        written = [await a.write("bob@example.com", f"number {n}") for n in range(30)]
        await a.status(written[19], Status.SENT)
        await a.status(written[20], Status.QUEUED)
    async with bob.online() as b:
        await b.received(20)
        assert await b.texts("alice@example.com") == [f"number {n}" for n in range(20)]
        await b.accept("alice@example.com")
        async with alice.online() as a:
            await b.received(30)
        assert await b.texts("alice@example.com") == [f"number {n}" for n in range(30)]
    async with alice.online() as a:
        for message in written:
            await a.status(message, Status.DELIVERED)


async def test_sender_offline_and_relay_away(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    await relay.stop()
    async with alice.awake() as a, bob.awake() as b:
        first = await a.write("bob@example.com", "while nobody listens")
        second = await a.write("bob@example.com", "and once more")
        await a.status(first, Status.QUEUED)
        await relay.start()
        a.messenger.connection.retry_now()
        b.messenger.connection.retry_now()
        await b.received(2)
        await b.accept("alice@example.com")
        await a.status(first, Status.DELIVERED)
        await a.status(second, Status.DELIVERED)
        await relay.kill()
        third = await b.write("alice@example.com", "the relay was killed")
        await relay.start()
        a.messenger.connection.retry_now()
        b.messenger.connection.retry_now()
        await b.status(third, Status.DELIVERED)
        expected = ["while nobody listens", "and once more", "the relay was killed"]
        assert await a.texts("bob@example.com") == await b.texts("alice@example.com") == expected


async def test_a_reaction_is_an_answer(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as a, bob.online() as b:
        message = await a.write("bob@example.com", "hello, we have not met")
        await b.received(1)
        await b.messenger.sending.react(await b.row(message, a), "👍")
        await a.status(message, Status.DELIVERED)


async def test_nobody_there(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    async with alice.online() as a:
        message = await a.write("nobody@example.com", "anybody?")
        await a.status(message, Status.FAILED)


async def test_edit_reaction_and_retraction(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as a, bob.online() as b:
        first = await a.write("bob@example.com", "a tpyo")
        second = await a.write("bob@example.com", "never mind")
        await b.received(2)
        await b.accept("alice@example.com")
        await a.status(second, Status.DELIVERED)
        await a.messenger.sending.edit(await a.row(first), "a typo")
        await a.messenger.sending.retract(await a.row(second))
        await b.messenger.sending.react(await b.row(first, a), "👍")
        await b.shown(first, a, lambda shown: shown.content is not None and shown.content.as_text() == "a typo")
        await b.shown(second, a, lambda shown: shown.retracted)
        await a.shown(first, a, lambda shown: [each.emoji for each in shown.reactions] == ["👍"])
