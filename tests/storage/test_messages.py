"""Messages: once each, windows against a plain sorted list, unread counts, and what may happen to them later."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.common import errors
from app.common.clock import ManualClock
from app.storage import annotations, chats, conversations, jobs, messages, recipients, search
from app.storage.database import Database
from app.storage.messages import Position
from app.storage.transaction import Tx
from tests.parts.examples import examples
from tests.storage import rows
from tests.storage.conftest import KEY

T = TypeVar("T")


def on_disk(folder: Path, work: Callable[[Tx], T]) -> T:
    """Run one work on a fresh database, for properties that start anew with every example."""

    async def run() -> T:
        database = await Database.open(folder / "store", KEY, ManualClock(), lambda notes: None)
        try:
            return await database.write(work)
        finally:
            await database.close()

    return asyncio.run(run())


async def test_a_message_is_stored_as_received(database: Database, time: ManualClock) -> None:
    new = rows.message(b"", 5, words="Grüße")

    def work(tx: Tx) -> messages.Message | None:
        talk = rows.conversation(tx)
        stored = messages.insert(tx, rows.message(talk, 5, message=new.message, words="Grüße"))
        assert stored.fresh
        assert stored.same
        return messages.get(tx, stored.row)

    found = await database.write(work)
    assert found is not None
    assert (found.message, found.body, found.fallback) == (new.message, "Grüße".encode(), "Grüße")
    assert found.countable is True
    assert found.retracted is False
    assert found.stored_at == time.now()
    assert "Grüße" not in repr(found)


async def test_the_same_id_by_the_same_author_is_stored_once(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        new = rows.message(talk, 1)
        first = messages.insert(tx, new)
        again = messages.insert(tx, new)
        assert again == messages.Inserted(first.row, fresh=False, same=True)
        other = messages.insert(tx, messages.NewMessage(**{**_fields(new), "digest": b"x" * 32, "body": b"other"}))
        assert other == messages.Inserted(first.row, fresh=False, same=False)
        stranger = messages.insert(tx, rows.message(talk, 1, author=rows.CAROL, message=new.message))
        assert stranger.fresh  # an id is only unique within its author
        assert len(messages.with_id(tx, new.message)) == 2
        found = messages.find(tx, rows.BOB, new.message)
        assert found is not None
        assert found.body == b"hello"

    await database.write(work)


def _fields(new: messages.NewMessage) -> dict[str, object]:
    return {name: getattr(new, name) for name in messages.NewMessage.__struct_fields__}


async def test_a_message_needs_its_conversation(database: Database) -> None:
    with pytest.raises(errors.Broken, match="constraint"):
        await database.write(lambda tx: messages.insert(tx, rows.message(b"nowhere" + bytes(9), 1)))


_ids = st.binary(min_size=16, max_size=16)
_talks = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([rows.BOB, rows.CAROL]), st.integers(0, 5)), max_size=40)


@settings(max_examples=examples(25))
@given(talk=_talks, size=st.integers(1, 7))
def test_windows_walk_a_conversation_without_gap_or_double(
    tmp_path_factory: pytest.TempPathFactory, talk: list[tuple[int, bytes, int]], size: int
) -> None:
    def work(tx: Tx) -> None:
        here, other = rows.conversation(tx), rows.conversation(tx, "Carol", rows.CAROL)
        model: list[Position] = []
        for order, author, name in talk:  # few orders and ids, so that many collide
            new = rows.message(here, order, author=author, message=bytes([name]) * 16)
            stored = messages.insert(tx, new)
            if stored.fresh:
                model.append(Position(order, new.message, stored.row))
            messages.insert(tx, rows.message(other, order, author=author))
        model.sort()
        assert _walk(tx, here, messages.after, size, forward=True) == model
        assert _walk(tx, here, messages.before, size, forward=False) == model
        for at, place in enumerate(model):
            assert [m.position for m in messages.before(tx, here, place, size)] == model[max(0, at - size) : at]
            assert [m.position for m in messages.after(tx, here, place, size)] == model[at + 1 : at + 1 + size]
        newest = conversations.get(tx, here)
        assert newest is not None
        assert newest.last_message == (model[-1].row if model else 0)
        assert newest.last_order == max((place.ord for place in model), default=0)

    on_disk(tmp_path_factory.mktemp("windows"), work)


def _walk(
    tx: Tx, talk: bytes, page: Callable[..., list[messages.Message]], size: int, *, forward: bool
) -> list[Position]:
    found: list[Position] = []
    place: Position | None = None
    while True:
        part = [message.position for message in page(tx, talk, place, size)]
        if not part:
            return found
        found = found + part if forward else part + found
        place = part[-1] if forward else part[0]


@settings(max_examples=examples(25))
@given(
    talk=st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.booleans()), max_size=30),
    reads=st.lists(st.tuples(st.integers(0, 7), _ids), max_size=4),
)
def test_unread_is_what_counts_after_the_furthest_read_position(
    tmp_path_factory: pytest.TempPathFactory, talk: list[tuple[int, bool, bool]], reads: list[tuple[int, bytes]]
) -> None:
    def work(tx: Tx) -> None:
        here = rows.conversation(tx)
        model: list[tuple[int, bytes]] = []
        for order, counts, gone in talk:
            new = rows.message(here, order)
            stored = messages.insert(tx, messages.NewMessage(**{**_fields(new), "countable": counts}))
            if gone:
                assert messages.retract(tx, stored.row)
            elif counts:
                model.append((order, new.message))
        furthest = (0, b"")
        for order, message in reads:
            moved = conversations.mark_read(tx, here, order, message)
            assert moved == ((order, message) > furthest)
            furthest = max(furthest, (order, message))
        expected = sorted(place for place in model if place > furthest)
        assert [(m.ord, m.message) for m in messages.unread(tx, here, None)] == expected
        assert chats.of(tx, [here])[0].unread == len(expected) == chats.unread_total(tx)
        if expected:
            upto = messages.unread(tx, here, None)[len(expected) // 2]
            assert len(messages.unread(tx, here, upto.position)) == len(expected) // 2 + 1

    on_disk(tmp_path_factory.mktemp("unread"), work)


async def test_what_is_not_sealed_stands_last_and_takes_its_place_later(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        draft = messages.insert(tx, rows.message(talk, messages.PENDING + 1))
        later = messages.insert(tx, rows.message(talk, 10))
        assert conversations.highest_order(tx, talk) == 10
        assert [m.row for m in messages.before(tx, talk, None, 9)] == [later.row, draft.row]
        assert chats.of(tx, [talk])[0].active_at == tx.now
        messages.set_sealed(tx, draft.row, 4, 1, b"d" * 32)
        assert [m.row for m in messages.before(tx, talk, None, 9)] == [draft.row, later.row]
        found = conversations.get(tx, talk)
        assert found is not None
        assert found.last_message == later.row

    await database.write(work)


async def test_a_discarded_message_leaves_nothing_behind(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        first = messages.insert(tx, rows.message(talk, 1)).row
        last = messages.insert(tx, rows.message(talk, 2)).row
        recipients.add(tx, last, talk)
        jobs.enqueue(tx, jobs.NewJob(lane=talk, message=b"m" * 16, kind="rich", row=last))
        annotations.insert(tx, annotations.NewAnnotation(last, rows.BOB, b"a" * 16, "reaction", b"", 1, 1))
        assert messages.remove(tx, last)
        assert not messages.remove(tx, last)
        assert messages.get(tx, last) is None
        assert recipients.of_rows(tx, [last]) == {last: []}
        assert annotations.of_rows(tx, [last]) == {last: []}
        assert jobs.lanes(tx) == []
        assert [chat.last.row for chat in chats.listed(tx, 9) if chat.last] == [first]
        assert messages.remove(tx, first)
        assert chats.listed(tx, 9)[0].last is None
        assert messages.insert(tx, rows.message(talk, 3)).row > last  # a row is never used again

    await database.write(work)


async def test_retracted_words_are_gone_and_the_place_stays(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        row = messages.insert(tx, rows.message(talk, 1, words="secret plan")).row
        search.index(tx, row, "secret plan")
        assert messages.retract(tx, row)
        search.remove(tx, row)
        assert not messages.retract(tx, row)
        found = messages.get(tx, row)
        assert found is not None
        assert (found.body, found.fallback, found.retracted, found.countable) == (b"", "", True, False)
        assert search.find(tx, "secret") == []

    await database.write(work)


async def test_annotations_are_kept_once_in_order_and_counted(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        row = messages.insert(tx, rows.message(talk, 1)).row
        other = messages.insert(tx, rows.message(talk, 2)).row
        for order in (3, 1, 2):
            new = annotations.NewAnnotation(row, rows.BOB, bytes([order]) * 16, "edit", b"e", order, order)
            assert annotations.insert(tx, new)
            assert not annotations.insert(tx, new)
        assert [found.ord for found in annotations.of_rows(tx, [row, other])[row]] == [1, 2, 3]
        assert annotations.count(tx, row, rows.BOB, "edit") == 3
        assert annotations.remove(tx, row, rows.BOB, "edit", keep=1) == 2
        assert [found.ord for found in annotations.of_rows(tx, [row])[row]] == [3]
        assert annotations.find(tx, rows.BOB, bytes([3]) * 16) is not None
        assert annotations.remove_all(tx, row) == 1

    await database.write(work)


def _parked(number: int, author: bytes = rows.BOB, target: bytes = b"t" * 16) -> annotations.Parked:
    return annotations.Parked(
        target_author=rows.CAROL,
        target_message=target,
        wire=b"w" * 32,
        author=author,
        device=b"d" * 16,
        message=number.to_bytes(16, "big"),
        kind="reaction",
        body=b"",
        ord=number,
        sent_at=number,
        received_at=number,
    )


async def test_what_waits_for_its_target_is_bounded_and_ages(database: Database, time: ManualClock) -> None:
    def fill(tx: Tx) -> None:
        kept = [annotations.park(tx, _parked(number)) for number in range(70)]
        assert kept == [True] * 64 + [False] * 6
        assert annotations.park(tx, _parked(999, author=rows.CAROL))
        assert not annotations.park(tx, _parked(999, author=rows.CAROL))
        assert annotations.take_parked(tx, rows.BOB, b"t" * 16) == []  # another author's message of that id

    await database.write(fill)
    time.advance(annotations.PARKED_MS / 1000 - 1)
    late = _parked(1000, target=b"u" * 16, author=rows.CAROL)
    await database.write(lambda tx: annotations.park(tx, late))
    taken = await database.write(lambda tx: annotations.take_parked(tx, rows.CAROL, b"t" * 16))
    assert [found.ord for found in taken] == [*range(64), 999]
    assert await database.write(lambda tx: annotations.take_parked(tx, rows.CAROL, b"t" * 16)) == []
    time.advance(annotations.PARKED_MS / 1000 + 1)
    assert await database.write(lambda tx: annotations.take_parked(tx, rows.CAROL, b"u" * 16)) == []


async def test_the_shelf_is_cleared_after_a_day(database: Database, time: ManualClock) -> None:
    await database.write(lambda tx: annotations.park(tx, _parked(1)))
    time.advance(annotations.PARKED_MS / 1000 + 1)
    assert await database.write(annotations.drop_parked) == 1


async def test_counting_the_unread_reads_nothing_that_does_not_count(database: Database) -> None:
    """The work of a conversation in which only its user writes does not grow with what they write."""

    def wrote(tx: Tx, conversation: bytes, orders: range) -> None:
        for order in orders:
            messages.insert(tx, replace(rows.message(conversation, order), outgoing=True, countable=False))

    def steps(tx: Tx, conversation: bytes) -> int:
        taken = 0

        def step() -> bool:
            nonlocal taken
            taken += 1
            return False

        tx._connection.set_progress_handler(step, 1)
        assert chats.of(tx, [conversation])[0].unread == chats.unread_total(tx) == 0
        assert messages.unread(tx, conversation, None) == chats.listed(tx, 10, unread=True) == []
        tx._connection.set_progress_handler(None)
        return taken

    def work(tx: Tx) -> tuple[int, int]:
        conversation = rows.conversation(tx)
        wrote(tx, conversation, range(1, 4))
        few = steps(tx, conversation)
        wrote(tx, conversation, range(4, 1_000))
        return few, steps(tx, conversation)

    few, many = await database.write(work)
    assert many == few
