"""Every kind of the catalog, by its samples: round trip, foreign and newer input, size limits, a fallback."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.content import base, catalog, text
from tests.content import samples
from tests.parts.examples import examples

each_sample = pytest.mark.parametrize("content", samples.SAMPLES.values(), ids=samples.SAMPLES.keys())
each_kind = pytest.mark.parametrize("form", catalog.TYPES, ids=lambda form: form.kind)
kinds = st.sampled_from([form.kind for form in catalog.TYPES])


@each_kind
def test_every_kind_has_samples_and_a_name_of_its_own(form: type[base.Form]) -> None:
    of_this_kind = sum(sample.kind == form.kind for sample in samples.SAMPLES.values())
    assert of_this_kind >= (2 if form.__struct_fields__ else 1)
    assert sum(other.kind == form.kind for other in catalog.TYPES) == 1


@each_sample
def test_round_trip(content: base.Form) -> None:
    kind, raw = catalog.encode(content)
    assert catalog.decode(kind, raw) == content
    assert catalog.decode(kind, raw).to_wire() == raw


@each_sample
def test_a_sample_may_be_sent(content: base.Form) -> None:
    assert content.problems(base.Limits()) == ()


@each_sample
def test_only_the_visible_have_words(content: base.Form) -> None:
    assert bool(content.as_text()) == content.visible
    assert len(catalog.fallback(content)) <= base.FALLBACK


@each_sample
def test_a_smaller_limit_is_a_problem(content: base.Form) -> None:
    assert content.problems(base.Limits(body=len(content.to_wire()))) == ()
    assert content.problems(base.Limits(body=len(content.to_wire()) - 1)) == ("too_large",)


@pytest.mark.parametrize("name", sorted(samples.SAMPLES.keys() - {"text/full"}))  # which has no room for another field
def test_fields_of_a_newer_version_are_skipped(name: str) -> None:
    content = samples.SAMPLES[name]
    fields = msgspec.msgpack.decode(content.to_wire())
    known = len(content.__struct_fields__)
    newer = msgspec.msgpack.encode([*fields[:known], {"later": [1, b"two"]}, None])
    assert catalog.decode(content.kind, newer) == content


@each_sample
def test_no_cut_is_accepted(content: base.Form) -> None:
    raw = content.to_wire()
    for length in {*range(min(len(raw), 200)), len(raw) - 1}:
        with pytest.raises(errors.Malformed):
            catalog.decode(content.kind, raw[:length])
    with pytest.raises(errors.Malformed):
        catalog.decode(content.kind, raw + b"\xc0")


@given(kinds, st.binary(max_size=200))
@settings(deadline=None, max_examples=examples(500))
def test_foreign_bytes_are_a_content_or_malformed(kind: str, raw: bytes) -> None:
    try:
        content = catalog.decode(kind, raw)
    except errors.Malformed:
        return
    assert catalog.decode(kind, content.to_wire()) == content


@given(st.sampled_from(list(samples.SAMPLES.values())), st.data())
@settings(deadline=None, max_examples=examples(500))
def test_damaged_samples_are_a_content_or_malformed(content: base.Form, data: st.DataObject) -> None:
    raw = bytearray(content.to_wire()[:2_000])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        damaged = catalog.decode(content.kind, bytes(raw))
    except errors.Malformed:
        return
    assert catalog.decode(content.kind, damaged.to_wire()) == damaged


@given(st.binary(max_size=300), st.text(max_size=base.FALLBACK))
@settings(deadline=None, max_examples=examples(100))
def test_an_unknown_kind_keeps_bytes_and_words(raw: bytes, words: str) -> None:
    content = catalog.decode("hologram", raw, words)
    assert content == base.Unsupported("hologram", raw, words)
    assert catalog.encode(content) == ("hologram", raw)
    assert content.as_text() == words
    assert content.visible == bool(words.strip())
    assert content.problems(base.Limits()) == ("unsupported",)


def test_an_unknown_kind_is_drawn_by_its_words() -> None:
    assert base.Unsupported("hologram", b"", "a hologram").as_card() == base.Card("a hologram")
    assert base.Unsupported("hologram", b"").as_card() is None


@pytest.mark.parametrize("kind", ["", "Hologram", "a" * 33, "a b", "a\n", "é", "1st", "\u202ea"])
def test_what_is_no_kind_is_refused(kind: str) -> None:
    with pytest.raises(errors.Malformed, match="bad_kind"):
        catalog.decode(kind, b"", "words")


def test_an_unknown_kind_is_bounded() -> None:
    catalog.decode("hologram", bytes(base.BODY), "w" * base.FALLBACK)
    with pytest.raises(errors.Malformed, match="too_large"):
        catalog.decode("hologram", bytes(base.BODY + 1))
    with pytest.raises(errors.Malformed, match="too_large"):
        catalog.decode("hologram", b"", "w" * (base.FALLBACK + 1))


def test_encoding_refuses_what_decoding_would() -> None:
    with pytest.raises(errors.Malformed, match="bad_span"):
        catalog.encode(text.Text("abc", (base.Span(2, 2, "bold"),)))
    with pytest.raises(errors.Malformed, match="too_large"):
        catalog.encode(text.Text("x" * base.BODY))
