"""An invite: who sent it and who came by it take each other's messages from the start."""

from pathlib import Path

from app.client import changes, records
from app.common import ids
from app.content import annotations, catalog
from app.domain.delivery import Status
from app.domain.people import Shown
from app.storage import jobs, notices
from app.storage import people as table
from app.storage.people import Person
from app.storage.transaction import Tx, View
from tests.parts import people
from tests.parts.people import Present
from tests.parts.relay import Relay


def shown(view: View) -> list[Shown]:
    return [records.person(view, each) for each in table.every(view)]


async def known_as(present: Present, *names: Shown) -> None:
    """Wait until exactly these are the names of everybody known."""
    await present.until(lambda view: shown(view) == list(names))


async def only(present: Present) -> Person:
    (person,) = await present.messenger.database.read(table.every)
    return person


async def test_both_are_known_by_name_before_a_word_was_written(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    link = await relay.invite("--from", "alice@example.com")
    async with alice.online() as a:
        bob = await people.join(tmp_path / "bob", "", "bob@example.com", invite=link)
        async with bob.online() as b:
            await known_as(a, Shown("Bob", claimed=False))
            await known_as(b, Shown("Alice", claimed=False))
            for present, address in ((a, "bob@example.com"), (b, "alice@example.com")):
                person = await only(present)
                known = await present.messenger.database.read(
                    lambda view, whom=person: table.addresses(view, [whom.person])
                )
                assert [each.address for each in known] == [address]
                assert await present.texts(address) == []


async def test_while_the_inviter_is_away_their_address_is_known(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    link = await relay.invite("--from", "alice@example.com")
    bob = await people.join(tmp_path / "bob", "", "bob@example.com", invite=link)
    async with bob.online() as b:
        await known_as(b, Shown("alice@example.com", claimed=False))
        async with alice.online() as a:
            await known_as(a, Shown("Bob", claimed=False))
            await known_as(b, Shown("Alice", claimed=False))


async def test_an_address_that_is_somebody_else_s_stays_a_claim(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    await people.join(tmp_path / "carol", relay.url, "carol@example.com")
    link = await relay.invite("--from", "alice@example.com")
    async with alice.online() as a:
        await people.join(tmp_path / "mallory", "", "mallory@example.com", invite=link)
        await known_as(a, Shown("Mallory", claimed=False))
        person = await only(a)

        def forget(tx: Tx) -> None:  # as if only what she says of herself were known
            tx.run("DELETE FROM addresses")
            table.set_claims(tx, person.person, "Carol", "carol@example.com")

        await a.messenger.database.write(forget)
        await a.messenger.introductions.check(person.person)
        assert await a.messenger.database.read(shown) == [Shown("Carol", claimed=True)]


async def test_a_stranger_is_not_heard_of_before_the_first_message(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    async with alice.online() as a, bob.online() as b:
        account = a.messenger.me.account
        kind, body = catalog.encode(annotations.Profile())
        hello = jobs.NewJob(account, ids.random_id(), kind, account=account, payload=body)

        def say(tx: Tx) -> None:
            jobs.enqueue(tx, hello)
            tx.note(changes.OutboxChanged(frozenset({account})))

        await b.messenger.database.write(say)
        await b.messenger.outbox.idle()
        assert await a.messenger.database.read(table.every) == []
        await b.write("alice@example.com", "hello")
        await a.received(1)
        assert await a.messenger.database.read(lambda view: notices.counter(view, "refused/not_for_strangers")) == 1


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
