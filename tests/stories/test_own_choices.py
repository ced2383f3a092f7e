"""What somebody decides about themselves and others, as the other side sees it: a new name, a block taken back."""

from pathlib import Path

import pytest

from app.common import errors
from app.domain.delivery import Status
from app.storage import people as people_table
from tests.parts import people
from tests.parts.people import Present
from tests.parts.relay import Relay


async def claimed(present: Present, address: str) -> str:
    """What that person says they are called, as stored here."""
    person = await present.messenger.conversations.find(address)
    stored = await present.messenger.database.read(lambda view: people_table.get(view, person.person))
    assert stored is not None
    return stored.claimed_name


async def test_a_new_name_travels_with_the_next_message_and_is_there_after_a_restart(
    relay: Relay, tmp_path: Path
) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with bob.online() as b:
        async with alice.online() as a:
            await a.write("bob@example.com", "one")
            await b.received(1)
            assert await claimed(b, "alice@example.com") == "Alice"
            with pytest.raises(errors.Malformed, match="bad_name"):
                await a.messenger.rename(" \u200b ")
            await a.messenger.rename("  Alice\nof Bath ")
            assert a.messenger.me.name == "Alice of Bath"
            assert await claimed(b, "alice@example.com") == "Alice"
            await a.write("bob@example.com", "two")
            await b.received(2)
            assert await claimed(b, "alice@example.com") == "Alice of Bath"
        async with alice.online() as a:
            assert a.messenger.me.name == "Alice of Bath"


async def test_a_block_that_is_taken_back(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as a, bob.online() as b:
        await a.write("bob@example.com", "a stranger's words")
        await b.received(1)
        person = (await b.messenger.conversations.find("alice@example.com")).person
        await b.messenger.conversations.block(person)
        assert [each[0] for each in await b.messenger.conversations.blocked()] == [person]
        await b.messenger.conversations.unblock(person)
        assert await b.messenger.conversations.blocked() == ()
        # Nothing was ever written to her: she is the stranger she was.
        assert (await b.messenger.conversations.find("alice@example.com")).relation == "stranger"
        answer = await b.write("alice@example.com", "an answer")
        await b.status(answer, Status.SENT)
        await b.messenger.conversations.block(person)
        await b.messenger.conversations.unblock(person)
        assert (await b.messenger.conversations.find("alice@example.com")).relation == "accepted"
        last = await a.write("bob@example.com", "friends again")
        await a.status(last, Status.DELIVERED)
