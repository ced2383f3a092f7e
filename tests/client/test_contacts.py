"""People and messages in full, over a real relay: suggestions, cards, and every step of a message."""

from pathlib import Path

import pytest

from app.client import contacts, trace
from app.common import errors
from app.domain import conversation as rules
from app.domain.delivery import Event, Status
from app.storage import notices
from app.storage.transaction import View
from tests.parts import people, siblings
from tests.parts.relay import Relay, relay

__all__ = ["relay"]

ALICE, BOB = "alice@example.com", "bob@example.com"


async def test_a_person_and_a_message_in_full(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, ALICE)
    bob = await people.join(tmp_path / "bob", relay.url, BOB)
    async with alice.online() as a, bob.online() as b:
        store = a.messenger.database
        message = await a.write(BOB, "See you at the weir")
        await b.received(1)
        assert (await _card(b, ALICE)).stranger
        await b.accept(ALICE)
        await b.read_all(ALICE)
        await a.status(message, Status.READ)

        way = await trace.of(store, await a.row(message))
        assert (way.words, way.outgoing, way.message) == ("See you at the weir", True, message)
        (leg,) = way.legs
        assert (leg.address, leg.status, leg.reason) == (BOB, Status.READ, "")
        events = [step.event for step in leg.steps]
        assert {Event.ATTEMPT, Event.ACCEPTED, Event.READ} <= set(events)
        times = [step.last_at for step in leg.steps]
        assert times == sorted(times)
        assert way.stored_at <= times[0]
        got = await trace.of(b.messenger.database, await b.row(message, a))
        assert (got.outgoing, got.legs, got.author.name) == (False, (), "Alice")
        assert got.sent_at == way.sent_at
        with pytest.raises(errors.GiveUp):
            await trace.of(store, 999)

        (known,) = await contacts.suggest(store, "bo")
        assert (known.address, known.rich, known.verified) == (BOB, True, False)
        assert await contacts.known(store, known.conversation) == known
        assert await contacts.suggest(store, "nobody") == ()
        with pytest.raises(errors.GiveUp):
            await contacts.known(store, b"nobody")

        await _choices(a, known.conversation)
        assert (await _card(b, ALICE)).number == (await _card(a, BOB)).number != ""


async def _card(present: people.Present, address: str) -> contacts.Card:
    person = await present.messenger.conversations.find(address)
    return await contacts.card(present.messenger.database, present.messenger.me, person.person)


async def _choices(a: people.Present, conversation: bytes) -> None:
    choose = a.messenger.conversations
    await choose.mute(conversation, rules.FOREVER)
    await choose.pin(conversation, True)
    await choose.rename(conversation, "  Bobby\u202e ")
    await choose.tell_read(conversation, False)
    await choose.set_verified(conversation, True)
    card = await _card(a, BOB)
    assert card.muted(a.messenger.clock.now())
    assert (card.pinned, card.own_name, card.name.name, card.told, card.verified) == (
        True,
        "Bobby",
        "Bobby",
        False,
        True,
    )
    await choose.mute(conversation, 0)
    await choose.rename(conversation, "")
    await choose.block(conversation)
    card = await _card(a, BOB)
    assert (card.muted(a.messenger.clock.now()), card.own_name, card.blocked) == (False, "", True)
    assert await contacts.suggest(a.messenger.database, "bo") == ()
    with pytest.raises(errors.GiveUp):
        await contacts.card(a.messenger.database, a.messenger.me, b"nobody")


async def test_nobody_is_told_what_was_read_where_that_is_switched_off(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, ALICE)
    bob = await people.join(tmp_path / "bob", relay.url, BOB)
    async with alice.online() as a, bob.online() as b:
        quiet = await a.write(BOB, "one")
        await b.received(1)
        await b.accept(ALICE)
        person = (await b.messenger.conversations.find(ALICE)).person
        await b.messenger.conversations.tell_read(person, False)
        await b.read_all(ALICE)
        await a.status(quiet, Status.DELIVERED)
        await b.messenger.conversations.tell_read(person, True)
        loud = await a.write(BOB, "two")
        await b.received(2)
        await b.read_all(ALICE)
        await a.status(loud, Status.READ)
        row = await a.row(quiet)
        (leg,) = (await trace.of(a.messenger.database, row)).legs
        assert leg.status is Status.DELIVERED


async def test_a_device_somebody_added_is_told(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, ALICE)
    bob = await people.join(tmp_path / "bob", relay.url, BOB)
    async with alice.online() as a, bob.online() as b:
        message = await a.write(BOB, "hello")
        await a.status(message, Status.SENT)
        assert (await _card(a, BOB)).notices == ()
        second = await siblings.link(b, tmp_path / "second")
        assert second.address == BOB
        answer = await b.write(ALICE, "from two devices")
        await a.received(1)
        account = b.messenger.me.account

        def told(view: View) -> bool:
            return [each.code for each in notices.pending(view) if each.account == account] == ["device_added"]

        await a.until(told)
        (notice,) = (await _card(a, BOB)).notices
        assert (notice.kind, notice.alarm) == ("devices", False)
        await a.messenger.conversations.settle(notice.notice)
        assert (await _card(a, BOB)).notices == ()
        assert answer
