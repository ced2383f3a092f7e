"""Rules of single kinds: words, spans, references, emoji, receipts, repeats."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.common.ids import MessageId
from app.content import annotations, base, text
from tests.content import samples
from tests.parts.examples import examples

LIMITS = base.Limits()


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200), st.data())
@settings(deadline=None, max_examples=examples(200))
def test_any_words_survive_with_spans_inside_them(words: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    span = base.Span(start, data.draw(st.integers(1, len(words) - start)), "italic")
    content = text.Text(words, (span,))
    assert text.Text.from_wire(content.to_wire()) == content
    assert content.as_text() == words


def test_words_that_cannot_be_sent() -> None:
    assert text.Text("").problems(LIMITS) == ("empty",)
    assert text.Text(" \n\u3000").problems(LIMITS) == ("empty",)
    assert text.Text("\ud800").problems(LIMITS) == ("not_text",)
    assert text.Text("é" * (base.BODY // 2)).problems(LIMITS) == ("too_large",)
    assert text.Text("abc", (base.Span(3, 1, "bold"),)).problems(LIMITS) == ("bad_span",)
    assert text.Text("abc", (base.Span(0, 1, "bold"),) * (base.SPANS + 1)).problems(LIMITS) == ("malformed",)
    assert annotations.Edit(samples.reference(), " ").problems(LIMITS) == ("empty",)


def test_editing_words_keeps_the_answer() -> None:
    reply = samples.reference(9)
    assert text.Text("one", (base.Span(0, 1, "bold"),), reply).edited("two", ()) == text.Text("two", (), reply)
    assert annotations.Nothing().edited("two", ()) is None


@pytest.mark.parametrize("digest", [b"x", b"x" * 15])
@pytest.mark.parametrize("make", [annotations.Retraction, lambda target: text.Text("x", (), target)])
def test_a_digest_is_whole_or_absent(make: type[annotations.Retraction], digest: bytes) -> None:
    assert make(samples.reference(digest=digest)).problems(LIMITS) == ("bad_digest",)


def test_digests_disagree_only_when_both_are_known() -> None:
    target = samples.reference(digest=b"d" * 16)
    assert target.agrees(b"d" * 16 + b"e" * 16)
    assert target.agrees(b"")
    assert samples.reference().agrees(b"e" * 32)
    assert not target.agrees(b"e" * 32)


@pytest.mark.parametrize("emoji", ["x" * 65, "\u00e9" * 33, "a b", "\n", "\x00", "\u2028"])
def test_what_is_no_reaction(emoji: str) -> None:
    assert annotations.Reaction(samples.reference(), emoji).problems(LIMITS) != ()


def test_a_receipt_names_between_one_and_sixty_four_messages() -> None:
    state = annotations.ReceiptState.READ
    assert annotations.Receipt(state, ()).problems(LIMITS) == ("malformed",)
    assert annotations.Receipt(state, (samples.message_id(1),) * 65).problems(LIMITS) == ("malformed",)
    assert annotations.Receipt(state, (MessageId(b"short"),)).problems(LIMITS) == ("malformed",)
    with pytest.raises(errors.Malformed):
        annotations.Receipt.from_wire(b"\x92\xa4sent\x91\xc4\x10" + bytes(16))


def test_a_repeat_asks_for_something() -> None:
    assert annotations.Repeat().problems(LIMITS) == ("empty",)
    hole = annotations.Hole(samples.PHONE, samples.PLACE, 1)
    assert annotations.Repeat(holes=(hole,) * (annotations.GAPS + 1)).problems(LIMITS) == ("malformed",)


def test_times_beyond_every_calendar_are_refused() -> None:
    mark = annotations.ReadMark(samples.PLACE, base.LATEST + 1, samples.message_id(1))
    assert mark.problems(LIMITS) == ("malformed",)


def test_typing_is_small_and_no_payload() -> None:
    typing = annotations.Typing(samples.PLACE, on=True)
    assert annotations.Typing.from_wire(typing.to_wire()) == typing
    assert len(typing.to_wire()) < 64


def test_targets_of_each_annotation() -> None:
    def targets(content: base.Content) -> tuple[base.Reference, ...]:
        return annotations.targets(content, samples.PLACE, samples.BOB)

    target = samples.reference(4)
    for content in (
        annotations.Reaction(target, "x"),
        annotations.Edit(target, "x"),
        annotations.Retraction(target),
        annotations.Response(target, b""),
    ):
        assert targets(content) == (target,)
    receipt = annotations.Receipt(annotations.ReceiptState.READ, (samples.message_id(1), samples.message_id(2)))
    assert targets(receipt) == (samples.reference(1, samples.BOB), samples.reference(2, samples.BOB))
    assert targets(text.Text("x", (), target)) == ()
    assert targets(base.Unsupported("hologram", b"", "x")) == ()


def test_foreign_names_on_one_line() -> None:
    assert base.one_line("  Al\u202eice \r\n\tB\x00 ", 128) == "Alice B"
    assert base.one_line("x" * 500, 128) == "x" * 128
    assert base.one_line("\u2066\ufeff\x07", 128) == ""
    assert base.one_line("\U0001f469\u200d\U0001f467 Łukasz", 128) == "\U0001f469\u200d\U0001f467 Łukasz"
    assert base.one_line("\ud800a", 5) == "a"
