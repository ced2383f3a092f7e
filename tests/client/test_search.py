"""Search by name, address and words, and the line cut around what was found."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client import search
from app.storage import people
from tests.client.room import CAROL, NOON, Room, opened


@pytest.fixture
async def room(profile: Path) -> AsyncIterator[Room]:
    async with opened(profile) as found:
        yield found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bob", {"Bob"}),
        ("BOB exa", {"Bob"}),
        ("exa", {"Bob", "Carol"}),
        ("ob", set()),
        ("zoe", {"Zoë"}),
        ("ZOË", {"Zoë"}),
        ("202 555 0101", {"Zoë"}),
        ("+1 (202) 555-01", {"Zoë"}),
        ("12025550101", {"Zoë"}),
        ("carol@example.com", {"Carol"}),
        ("bob carol", set()),
        ("", set()),
        ("   ", set()),
        ('"*', set()),
    ],
)
async def test_every_word_begins_a_word_of_a_name_or_address(room: Room, words: str, expected: set[str]) -> None:
    met = {
        await room.meet("Bob", address="bob@example.com"): "Bob",
        await room.meet("Zoë", b"Z" * 32, address="+12025550101"): "Zoë",
    }
    claimed = await room.meet("", CAROL, relation="stranger")
    met[claimed] = "Carol"
    await room.database.write(lambda tx: people.set_claims(tx, claimed, "Carol", "carol@example.com"))
    found = await room.database.read(lambda view: search.conversations(view, words))
    assert {met[conversation] for conversation in found} == expected


async def test_no_more_conversations_than_asked_for(room: Room) -> None:
    for n in range(4):
        await room.meet("Bob", bytes([n]) * 32)
    found = await room.database.read(lambda view: search.conversations(view, "b", limit=3))
    assert len(found) == 3


async def test_messages_come_newest_first_and_in_pages(room: Room) -> None:
    bob = await room.meet()
    rows = [await room.say(bob, NOON - n, f"Straße {n}") for n in range(5)]
    first = await room.database.read(lambda view: search.messages_with(view, "strasse", limit=3))
    assert first == []  # the index knows no sharp s but itself
    first = await room.database.read(lambda view: search.messages_with(view, "straß", limit=3))
    assert [found.record.row for found in first] == rows[:1:-1]
    assert {(found.snippet.words[:6], found.snippet.marks) for found in first} == {("Straße", ((0, 6),))}
    rest = await room.database.read(lambda view: search.messages_with(view, "straß", older_than=first[-1].record.row))
    assert [found.record.row for found in rest] == rows[1::-1]


async def test_a_message_is_found_by_its_newest_words_and_not_once_it_is_gone(room: Room) -> None:
    bob = await room.meet()
    row = await room.say(bob, NOON, "apples")
    await room.edit(bob, row, "pears")
    assert await room.database.read(lambda view: search.messages_with(view, "apples")) == []
    [found] = await room.database.read(lambda view: search.messages_with(view, "pears"))
    assert (found.snippet.words, found.conversation, found.title.name) == ("pears", bob, "Bob")
    await room.retract(bob, row)
    assert await room.database.read(lambda view: search.messages_with(view, "pears")) == []


@pytest.mark.parametrize(
    ("text", "words", "line", "marks"),
    [
        ("one two three", "two", "one two three", ("two",)),
        ("one two three", "t", "one two three", ()),  # one letter is not yet a beginning
        ("one two three", "tw th", "one two three", ("three",)),
        ("one two three", "two th", "one two three", ("two", "three")),
        ("one two three", "thr ", "one two three", ()),
        ("Zoë e\u0301tude", "etude zoe", "Zoë e\u0301tude", ("Zoë", "e\u0301tude")),
        ("a_b c", "b ", "a_b c", ("b",)),
        ("one\n\ntwo\u202e", "two", "one two", ("two",)),
        ("nothing here", "", "nothing here", ()),
        ("x " * 100 + "needle" + " y" * 200, "needle", "…" + "x " * 19 + "needle" + " y" * 58 + "…", ("needle",)),
        ("x" * 100 + " needle", "needle", "…needle", ("needle",)),
        ("x" * 500, "other", "x" * 160 + "…", ()),
        ("x" * 160, "other", "x" * 160, ()),
    ],
)
def test_the_line_around_what_was_found(text: str, words: str, line: str, marks: tuple[str, ...]) -> None:
    found = search.snippet(text, words)
    assert found.words == line
    assert tuple(found.words[start : start + length] for start, length in found.marks) == marks


@given(st.text(max_size=400), st.text(max_size=20))
def test_any_text_gives_a_short_line_with_marks_inside(text: str, words: str) -> None:
    found = search.snippet(text, words)
    assert len(found.words) <= search.SNIPPET + 2
    assert "\n" not in found.words
    end = 0
    for start, length in found.marks:
        assert end <= start < start + length <= len(found.words)
        end = start + length


@given(st.text(max_size=50), st.text(alphabet="abcdefgh", min_size=2, max_size=8), st.text(max_size=50))
def test_a_word_that_is_there_is_marked(before: str, word: str, after: str) -> None:
    found = search.snippet(f"{before} {word} {after}", word)
    assert word in {found.words[start : start + length] for start, length in found.marks}
