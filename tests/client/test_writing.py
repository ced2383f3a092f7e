"""What somebody writing needs to know of the store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.client import facing, search, writing
from app.client.me import Me
from app.client.sending import Sending
from app.common import errors, ids
from app.content.text import Text
from app.domain.bearer import Bearer
from app.domain.delivery import Event, Status
from app.storage import conversations, jobs, messages, people, recipients
from app.storage.transaction import Tx
from tests.client.room import ALICE, BOB, DEVICE, MINUTE, NOON, Room, opened


@pytest.fixture
async def room(profile: Path) -> AsyncIterator[Room]:
    async with opened(profile) as found:
        yield found


def sending(room: Room) -> Sending:
    me = Me(ids.RelayId(b"R" * 32), ALICE, ids.DeviceId(DEVICE), b"s" * 32, "Alice", "alice@example.com")
    return Sending(room.database, me, room.clock)


async def test_a_draft_keeps_what_it_answers(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "see  you\nthere")
    await room.settle_conversation(bob, lambda tx: conversations.set_draft(tx, bob, "yes", row))
    draft = await room.database.read(lambda view: writing.draft(view, bob))
    assert draft.text == "yes"
    assert draft.answered is not None
    assert (draft.answered.row, draft.answered.words, draft.answered.author.name) == (row, "see you there", "Bob")


@pytest.mark.parametrize(("drafted", "left"), [(False, "half writ"), (True, "")])
async def test_only_the_draft_itself_takes_the_draft_along(room: Room, drafted: bool, left: str) -> None:
    bob = await room.meet()
    await room.settle_conversation(bob, lambda tx: conversations.set_draft(tx, bob, "half writ"))
    await sending(room).send(bob, Text("On my way"), drafted=drafted)
    assert (await room.database.read(lambda view: writing.draft(view, bob))).text == left


async def test_nothing_answers_what_is_not_sent_or_was_taken_back(room: Room) -> None:
    bob = await room.meet()
    waiting = await room.say(bob, messages.PENDING + NOON, author=ALICE)
    gone = await room.say(bob, NOON, author=ALICE)
    await room.retract(bob, gone)
    for row in (waiting, gone, 999):
        assert await room.database.read(lambda view, row=row: writing.answered(view, row)) is None


async def test_the_last_own_message_may_be_edited_for_a_while(room: Room) -> None:
    bob = await room.meet()
    await room.say(bob, NOON - 20 * MINUTE, "too old", author=ALICE)
    assert await room.database.read(lambda view: writing.last_editable(view, bob)) is None
    row = await room.say(bob, NOON - MINUTE, "teh weir", author=ALICE)
    await room.say(bob, NOON - MINUTE // 2, "from bob")
    found = await room.database.read(lambda view: writing.last_editable(view, bob))
    assert found == writing.Editable(row, "teh weir")
    assert await room.database.read(lambda view: writing.editable(view, row)) == found


async def test_own_words_of_late(room: Room) -> None:
    bob = await room.meet()
    for n, (words, author) in enumerate((("one", ALICE), ("two", BOB), ("three", ALICE))):
        await room.say(bob, NOON + n, words, author=author)
    assert await room.database.read(writing.recent_words) == ("three", "one")


async def test_search_in_one_conversation_tells_the_last_first(room: Room) -> None:
    bob, carol = await room.meet(), await room.meet("Carol", b"C" * 32)
    late = await room.say(bob, NOON + 5, "the Weir again")
    early = await room.say(bob, NOON, "at the weir")
    await room.say(carol, NOON, "weir")
    await room.say(bob, NOON + 1, "elsewhere")
    found = await room.database.read(lambda view: search.in_conversation(view, bob, "weir"))
    assert found == (late, early)
    assert await room.database.read(lambda view: search.in_conversation(view, bob, '"*')) == ()


async def test_who_it_is_with_and_which_way_it_goes(room: Room) -> None:
    bob = await room.meet(address="bob@example.com", relation="stranger")
    found = await facing.of(room.database, bob)
    assert (found.name.name, found.address, found.known, found.stranger, found.empty) == (
        "Bob",
        "bob@example.com",
        True,
        True,
        True,
    )
    assert found.way.bearer is Bearer.UNDECIDED

    def off(tx: Tx) -> None:
        people.set_rich(tx, bob, "no")

    await room.database.write(off)
    assert (await facing.of(room.database, bob)).way.bearer is Bearer.NONE
    with pytest.raises(errors.GiveUp, match="no_conversation"):
        await facing.of(room.database, b"x" * 16)


async def test_what_was_discarded_comes_back_as_it_was(room: Room) -> None:
    bob = await room.meet()
    await room.say(bob, NOON, "before")
    written = await sending(room).send(bob, Text("never arrived"))
    row = written.row

    def fail(tx: Tx) -> None:
        for job in jobs.of_message(tx, row):
            jobs.fail(tx, job.job, "gave_up")
        recipients.apply(tx, row, bob, Event.REJECTED, "gave_up")

    await room.change(bob, row, fail)
    before = await room.database.read(lambda view: (messages.get(view, row), jobs.of_message(view, row)))
    assert before[0] is not None
    assert before[0].status == Status.FAILED
    kept = await sending(room).discard(row)
    assert [each.row for each in await room.stored(bob)] != [row]
    assert await room.database.read(lambda view: messages.get(view, row)) is None
    for _ in range(2):
        await sending(room).restore(kept)
    assert await room.database.read(lambda view: (messages.get(view, row), jobs.of_message(view, row))) == before
    assert await room.database.read(lambda view: search.in_conversation(view, bob, "never")) == (row,)
    where = await room.database.read(lambda view: conversations.get(view, bob))
    assert where is not None
    assert where.last_message == row
