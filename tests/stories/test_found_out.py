"""Somebody written to by an address turns out to be somebody already known: one conversation, each message once."""

from pathlib import Path

import pytest

from app.client.routing import Wanted
from app.domain.bearer import Bearer
from app.domain.delivery import Status
from app.storage import messages, people
from tests.parts.people import Present, join
from tests.parts.relay import Relay
from tests.stories.test_texts import ALICE, BOB, alice, settled, to


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


@pytest.mark.parametrize("looked_at", ["the encrypted one", "the texts"])
async def test_who_got_texts_and_joins_later_has_one_conversation(tmp_path: Path, looked_at: str) -> None:
    async with alice(tmp_path) as (here, network, inside):
        await to(here, BOB, "a text")
        await settled(here, 1)
        assert await network.text("and one back", source=BOB, destination=network.taken[0][1].source)
        await here.received(1)
        bob = await join(tmp_path / "bob", inside.url, BOB)
        async with bob.online() as there:
            await there.write(ALICE, "encrypted")
            await here.received(2)
            account = there.messenger.me.account
            person = await here.messenger.database.read(lambda view: people.by_address(view, BOB))
            known = await here.messenger.database.read(lambda view: people.by_account(view, account))
            assert person is not None
            assert known is not None
            assert person.person != known.person  # for all that is known here, they are two

            if looked_at == "the texts":
                found = await here.messenger.routing.forecast(person.person, Wanted("What the window asks"), meet=True)
                assert found.choice.bearer is Bearer.RICH
            else:
                await here.messenger.introductions.check(known.person)
            assert await here.texts(BOB) == ["a text", "and one back", "encrypted"]
            assert (
                await here.messenger.database.read(lambda view: view.value("SELECT count(*) FROM conversations")) == 1
            )
            joined = await here.messenger.database.read(lambda view: people.by_address(view, BOB))
            assert joined is not None
            assert joined.account == account
