"""What a row says: the order of importance of its preview, its marks, its sentence, and hostile words in it."""

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.client.chat_list import Entry
from app.client.records import Record
from app.client.search import Found, snippet
from app.domain import delivery
from app.domain.bearer import Bearer
from app.domain.people import Shown
from app.ui.chat_list import face
from app.ui.chat_list.face import DOT, Face, Moment
from tests.parts.examples import examples
from tests.ui.chat_list.entries import DAY, NOW, entry, said

MOMENT = Moment(NOW, UTC)
FAILED = said("On my way!", own=True, status=delivery.Status.FAILED)


def row(of: Entry, *, typing: bool = False, moment: Moment = MOMENT) -> Face:
    return face.of(of, moment, typing=typing)


@pytest.mark.parametrize(
    ("shown", "typing", "expected"),
    [
        (entry(last=FAILED, draft="half"), True, ("typing", "", "typing…")),
        (entry(last=FAILED, draft="half"), False, ("failed", "Not Delivered:", "On my way!")),
        (entry(draft="half\n a  line"), False, ("draft", "Draft:", "half  a  line")),
        (entry(draft="  \n"), False, ("plain", "", "See you at the weir")),
        (entry(last=said("Perfect", own=True)), False, ("plain", "You:", "Perfect")),
        (entry(last=said("x", own=True, gone=True)), False, ("plain", "", "You unsent a message")),
        (entry("Maya Okafor", said("x", gone=True)), False, ("plain", "", "Maya unsent a message")),
    ],
)
def test_the_most_important_thing_is_said(shown: Entry, typing: bool, expected: tuple[str, str, str]) -> None:
    found = row(shown, typing=typing)
    assert (found.mood, found.lead, found.words) == expected


def test_a_message_waits_only_while_there_is_no_connection() -> None:
    waiting = entry(last=said("Soon", own=True, status=delivery.Status.QUEUED))
    assert row(waiting).mood == "plain"
    offline = row(waiting, moment=Moment(NOW, UTC, connected=False))
    assert (offline.mood, offline.lead, offline.words) == ("waiting", "You:", "Soon")
    assert "Waiting for network" in offline.sentence


@pytest.mark.parametrize("last", [said("secret"), said("secret", own=True), FAILED])
@pytest.mark.parametrize("draft", ["", "secret"])
def test_hidden_words_are_neither_shown_nor_read_out(last: Record, draft: str) -> None:
    found = row(entry(last=last, draft=draft), moment=Moment(NOW, UTC, hidden=True))
    assert "secret" not in found.words + found.lead + found.sentence
    assert "On my way" not in found.words + found.sentence


def test_a_sentence_says_it_all() -> None:
    found = row(entry("Leo Brandt", said("Chapter 12 destroyed me", at=NOW - 2 * DAY), unread=12, muted=True))
    assert found.sentence == "Leo Brandt. Chapter 12 destroyed me. Sun. 12 unread messages. Muted."
    assert (found.badge, found.badge_text, found.unread) == (12, "12", False)
    found = row(entry("Sara", said("Hello?"), unread=1, request=True, verified=True))
    assert found.sentence == "Sara. Verified. Message request. Hello? 9:38. 1 unread message."
    assert found.unread


def test_badges() -> None:
    assert row(entry(unread=1000)).badge_text == "999+"
    marked = row(entry(marked=True))
    assert (marked.badge, marked.badge_text) == (DOT, "")
    assert "Marked as unread" in marked.sentence
    assert row(entry()).badge == 0


def test_nobody_is_without_a_name() -> None:
    assert row(entry("")).name == row(entry("\u202e\u200f")).name == "Unknown person"


def test_a_hit_keeps_its_marks_on_the_words_that_were_found() -> None:
    words = "The \u202eone\u202c by Old Mill Weir? I’ve walked past it"
    cut = snippet(words, "weir")
    found = face.hit(Found(b"c" * 16, Shown("Maya", claimed=False), said(words), cut), MOMENT)
    [(start, length)] = found.marks
    assert found.words[start : start + length] == "Weir"
    assert "\u202e" not in found.words


HOSTILE = st.lists(
    st.sampled_from(
        ["a", "אב", "\u202e", "\u2066", "\u200b" * 50, "e" + "\u0301" * 200, "\n", "\r\n", "\x00", "😀", " "]
    ),
    max_size=40,
).map("".join)


@settings(deadline=None, max_examples=examples(60))
@given(HOSTILE, HOSTILE)
def test_no_words_of_others_reach_the_painter_uncleaned(name: str, words: str) -> None:
    found = row(entry(name, said(words or "x"), draft=words))
    for shown in (found.name, found.words, found.lead):
        assert not set(shown) & set("\n\r\x00\u202e\u2066\u2028")
        assert "\u0301" * 9 not in shown
        assert len(shown) <= 200
    assert found.name


def test_a_megabyte_is_cut_before_anything_is_measured() -> None:
    found = row(entry("n" * 1_000_000, said(), draft="e" + "\u0301" * 1_000_000))
    assert len(found.name) == face.NAME
    assert len(found.words) <= face.PREVIEW


def test_a_conversation_whose_last_message_was_a_text_says_so() -> None:
    last = said("Call me when you have landed")
    text = replace(last, shown=replace(last.shown, message=replace(last.shown.message, bearer=Bearer.TEXT)))
    shown = face.of(entry("Dad", text), MOMENT, typing=False)
    assert shown.green
    assert shown.sentence.startswith("Dad. Text message. Call me when you have landed.")
    assert not face.of(entry("Dad", last), MOMENT, typing=False).green
