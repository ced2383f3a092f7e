"""Strict bytes: whatever comes in, it is a value within the limits or errors.Malformed."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.common import errors
from app.content import wire
from app.protocol import limits
from tests.parts.examples import examples


class Pair(msgspec.Struct, frozen=True, array_like=True):
    name: str
    more: int = 0


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.integers(0, 300), inner, max_size=20),
    max_leaves=40,
)


def readable(raw: bytes) -> bool:
    try:
        msgspec.msgpack.decode(raw, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def surveyed(raw: bytes) -> bool:
    try:
        wire.survey(raw)
    except errors.Malformed:
        return False
    return True


@given(values)
@settings(deadline=None, max_examples=examples(200))
def test_every_small_value_passes_the_survey(value: Any) -> None:
    wire.survey(msgspec.msgpack.encode(value))


@given(st.binary(max_size=40))
@example(b"\xc7\x02\x05ab")
@example(b"\xd8\x05" + b"x" * 16)
@example(b"\xc1")
@example(b"")
@settings(deadline=None, max_examples=examples(500))
def test_the_survey_agrees_with_the_decoder_about_any_bytes(raw: bytes) -> None:
    assert surveyed(raw) == readable(raw)


@given(values, st.integers(0, 10_000))
@settings(deadline=None, max_examples=examples(200))
def test_a_cut_or_prolonged_value_is_refused(value: Any, cut: int) -> None:
    raw = msgspec.msgpack.encode(value)
    assert not surveyed(raw[: cut % len(raw)])
    assert not surveyed(raw + b"\x00")


def test_sixteen_levels_are_allowed_and_seventeen_are_not() -> None:
    wire.survey(b"\x91" * limits.NESTING + b"\x00")
    with pytest.raises(errors.Malformed, match="deep"):
        wire.survey(b"\x91" * (limits.NESTING + 1) + b"\x00")


def test_deep_nesting_in_a_skipped_field_is_refused_without_recursion() -> None:
    with pytest.raises(errors.Malformed):
        wire.decode(b"\x93\xa1x\x00" + b"\x91" * 60_000, Pair)


def test_the_number_of_values_is_bounded() -> None:
    wire.survey(b"\xdc" + (limits.VALUES - 1).to_bytes(2, "big") + b"\x00" * (limits.VALUES - 1))
    with pytest.raises(errors.Malformed, match="many"):
        wire.survey(b"\xdc" + limits.VALUES.to_bytes(2, "big") + b"\x00" * limits.VALUES)


@pytest.mark.parametrize("head", [b"\xdd", b"\xdf", b"\xc6", b"\xdb", b"\xc9"])
def test_a_huge_announced_size_is_only_a_truncated_value(head: bytes) -> None:
    with pytest.raises(errors.Malformed, match="truncated"):
        wire.survey(head + b"\xff\xff\xff\xff")


@pytest.mark.parametrize(
    "raw",
    [
        b"\x91\xa1\xff",  # not UTF-8
        b"\x91\xa3\xed\xa0\x80",  # a surrogate
        b"\x91\xc4\x01x",  # bytes for text
        b"\x81\xa4name\xa1x",  # a map for an array
        b"\x92\xa1x\xcb" + b"\x00" * 8,  # a float for an integer
        b"\x92\xa1x\xc3",  # a boolean for an integer
        b"\x90",
        b"\xc0",
    ],
)
def test_the_wrong_shape_is_refused(raw: bytes) -> None:
    with pytest.raises(errors.Malformed):
        wire.decode(raw, Pair)


def test_fields_of_a_newer_version_are_skipped() -> None:
    raw = msgspec.msgpack.encode(["x", 1, {"new": [1, 2, {"deep": b"bytes"}]}])
    assert wire.decode(raw, Pair) == Pair("x", 1)


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    raw = msgspec.msgpack.encode(Pair("x" * 100))
    assert wire.decode(raw, Pair, len(raw)) == Pair("x" * 100)
    with pytest.raises(errors.Malformed, match="too_large"):
        wire.decode(raw, Pair, len(raw) - 1)


def test_what_is_no_unicode_is_not_encoded() -> None:
    with pytest.raises(errors.Malformed, match="not_text"):
        wire.encode(Pair("\ud800"))
