"""Stored rows become what is shown: content with what was said about it, delivery, quote and names."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.client import records, undelivered
from app.client.records import Record
from app.common import ids
from app.content import annotations, base, catalog, text
from app.domain import delivery, people
from app.storage import conversations, jobs, messages, recipients
from app.storage import people as people_table
from app.storage.transaction import Tx
from tests.client.room import ALICE, BOB, CAROL, NOON, Room, opened

PLACE = b"w" * 32


@pytest.fixture
async def room(profile: Path) -> AsyncIterator[Room]:
    async with opened(profile) as found:
        yield found


async def read(room: Room, conversation: bytes) -> list[Record]:
    return await room.database.read(
        lambda view: records.read(view, messages.after(view, conversation, None, 10_000)),
    )


async def answer(room: Room, conversation: bytes, target: int, digest: bytes = b"") -> records.Quote | None:
    """The quote of a new message that answers that row."""
    stored = await room.database.read(lambda view: messages.get(view, target))
    assert stored is not None
    reply = base.Reference(PLACE, ids.AccountId(stored.author), ids.MessageId(stored.message), digest)
    row = await room.say(conversation, NOON + 100, author=ALICE, content=text.Text("so", reply=reply))
    [found] = [record for record in await read(room, conversation) if record.row == row]
    return found.quote


# one message


async def test_what_was_said_about_it_is_folded_in(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "first")
    await room.edit(bob, row, "second")
    await room.react(bob, row, "👍")
    await room.react(bob, row, "👎", BOB)
    [record] = await read(room, bob)
    assert record.words == "second"
    assert [version.content for version in record.shown.history] == [text.Text("first")]
    assert [(each.emoji, each.authors) for each in record.shown.reactions] == [("👍", (ALICE,)), ("👎", (BOB,))]
    assert (record.row, record.author, record.pending, record.visible) == (row, ("Bob", False), False, True)
    assert record.shown.message.status is None


async def test_taken_back_it_has_no_words_but_is_still_there(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "secret")
    await room.retract(bob, row)
    [record] = await read(room, bob)
    assert (record.shown.retracted, record.words, record.visible) == (True, "", True)


async def test_every_recipient_has_its_status_and_reason(room: Room) -> None:
    bob, carol = await room.meet(), await room.meet("Carol", CAROL)
    row = await room.say(bob, messages.PENDING + NOON, author=ALICE)
    await room.change(bob, row, lambda tx: recipients.add(tx, row, carol, account=CAROL))
    await room.event(bob, row, delivery.Event.READ)
    await room.database.write(
        lambda tx: recipients.apply(tx, row, carol, delivery.Event.REJECTED, delivery.Reason.BLOCKED)
    )
    [record] = await read(room, bob)
    assert record.pending
    assert record.author == records.NOBODY
    assert {each.recipient: (each.status, each.reason) for each in record.shown.message.deliveries} == {
        BOB: (delivery.Status.READ, None),
        CAROL: (delivery.Status.FAILED, delivery.Reason.BLOCKED),
    }
    assert record.shown.message.status is delivery.Status.FAILED


async def test_a_reason_this_version_does_not_know_is_none(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, author=ALICE)
    await room.event(bob, row, delivery.Event.REJECTED, "of_tomorrow")
    [record] = await read(room, bob)
    assert record.shown.message.deliveries[0].reason is None


async def test_what_does_not_decode_shows_the_senders_words(room: Room) -> None:
    bob = await room.meet()
    await room.say(bob, NOON, raw=("text", b"\xc1", "damaged"))
    await room.say(bob, NOON + 1, raw=("No kind!", b"", "odd"))
    await room.say(bob, NOON + 2, raw=("of-tomorrow", b"\x90", ""))
    found = await read(room, bob)
    assert [record.words for record in found] == ["damaged", "odd", ""]
    assert [record.visible for record in found] == [True, True, False]


async def test_many_are_read_in_their_order(room: Room) -> None:
    bob = await room.meet()
    count = records.BATCH + 7

    def write(tx: Tx) -> None:
        for n in range(count):
            new = messages.NewMessage(bob, ids.new_id(room.clock), BOB, b"d" * 16, "text", b"\x91\xa1x", NOON + n, NOON)
            row = messages.insert(tx, new).row
            if n % 2:
                recipients.add(tx, row, bob)

    await room.database.write(write)
    found = await read(room, bob)
    assert [record.position.ord for record in found] == [NOON + n for n in range(count)]
    assert {record.words for record in found} == {"x"}


async def test_what_was_said_about_a_message_and_was_given_up_is_told(room: Room) -> None:
    """The newest of several; what still waits, what is about another message and what was tried again is not."""
    bob = await room.meet()
    rows = [await room.say(bob, NOON + n, author=ALICE) for n in range(3)]
    stored = await room.stored(bob)

    def write(tx: Tx) -> list[int]:
        made: list[int] = []
        for about, content in ((0, annotations.Edit), (0, annotations.Reaction), (1, annotations.Edit)):
            target = base.Reference(b"w" * 32, ALICE, ids.MessageId(stored[about].message))
            kind, body = catalog.encode(content(target, "x"))
            new = jobs.NewJob(bob, ids.new_id(room.clock), kind, person=bob, account=BOB, payload=body, visible=True)
            made.append(jobs.enqueue(tx, new))
        for job in made[:2]:
            jobs.fail(tx, job, "gave_up")
        jobs.fail(tx, jobs.enqueue(tx, jobs.NewJob(bob, b"m" * 16, "edit", person=bob, payload=b"\xc1")), "gave_up")
        return made

    made = await room.database.write(write)
    assert [record.undelivered for record in await read(room, bob)] == ["reaction", "", ""]
    about = await room.database.read(lambda view: undelivered.about(view, stored[0]))
    assert [job.job for job in about] == made[:2]
    await room.database.write(lambda tx: jobs.retry(tx, made[1]))
    assert [record.undelivered for record in await read(room, bob)] == ["edit", "", ""]
    assert [record.row for record in await read(room, bob)] == rows


# quotes


async def test_a_quote_has_author_and_first_words(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "one\ntwo " + "x" * 500)
    quote = await answer(room, bob, row)
    assert quote is not None
    assert (quote.row, quote.author, quote.outgoing) == (row, ("Bob", False), False)
    assert quote.words == ("one two " + "x" * 500)[: records.QUOTED]


async def test_a_quote_of_ones_own_says_so(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "mine", author=ALICE)
    assert await answer(room, bob, row) == records.Quote(row, records.NOBODY, outgoing=True, words="mine")


async def test_a_message_without_answer_has_no_quote(room: Room) -> None:
    bob = await room.meet()
    await room.say(bob, NOON)
    [record] = await read(room, bob)
    assert record.quote is None


async def test_no_quote_reaches_into_another_conversation(room: Room) -> None:
    bob, carol = await room.meet(), await room.meet("Carol", CAROL)
    row = await room.say(carol, NOON, "for Alice alone", author=CAROL)
    assert await answer(room, bob, row) == records.Quote(0, records.NOBODY, outgoing=False, words="")


async def test_a_quote_of_another_ciphertext_is_none(room: Room) -> None:
    """Two people who were shown different messages under one id must not seem to speak of the same."""
    bob = await room.meet()
    row = await room.say(bob, NOON, "hello", author=ALICE)
    await room.seal(bob, row, NOON + 1)  # its digest is known from here on
    good, bad = await answer(room, bob, row, b"h" * 16), await answer(room, bob, row, b"x" * 16)
    assert good is not None
    assert bad is not None
    assert (good.row, bad.row) == (row, 0)


# names


@pytest.mark.parametrize(
    ("name", "address", "relation", "claims", "expected"),
    [
        ("Bob", "bob@example.com", "accepted", ("Robert", ""), ("Bob", False)),
        ("", "bob@example.com", "accepted", ("Robert", ""), ("Robert", False)),
        ("", "bob@example.com", "stranger", ("Robert", ""), ("bob@example.com", False)),
        ("", "bob@example.com", "blocked", ("Robert", ""), ("bob@example.com", False)),
        ("", "", "stranger", ("Robert", "r@example.com"), ("Robert", True)),
        ("", "", "stranger", ("", "r@example.com"), ("r@example.com", True)),
        ("", "", "accepted", ("", ""), ("", True)),
    ],
)
async def test_the_name_to_show(
    room: Room,
    name: str,
    address: str,
    relation: people_table.Relation,
    claims: tuple[str, str],
    expected: tuple[str, bool],
) -> None:
    person = await room.meet(name, address=address, relation=relation)
    await room.database.write(lambda tx: people_table.set_claims(tx, person, *claims))
    stored = await room.database.read(lambda view: people_table.get(view, person))
    assert stored is not None
    assert await room.database.read(lambda view: records.person(view, stored)) == expected
    assert await room.database.read(lambda view: records.Names(view).account(BOB)) == expected
    assert await room.database.read(lambda view: records.title(view, "", person)) == expected
    assert await room.database.read(lambda view: records.title(view, "Own\ntitle", person)) == ("Own title", False)


async def test_nobody_has_no_name(room: Room) -> None:
    assert await room.database.read(lambda view: records.Names(view).account(CAROL)) == records.NOBODY
    assert await room.database.read(lambda view: records.title(view, "", None)) == people.Shown("", claimed=False)


async def test_the_author_of_a_message_from_nobody_known_is_empty(room: Room) -> None:
    bob = await room.meet()
    await room.database.write(lambda tx: conversations.set_title(tx, bob, "Some"))
    await room.say(bob, NOON, author=CAROL)
    [record] = await read(room, bob)
    assert record.author == records.NOBODY
