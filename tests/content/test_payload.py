"""The sealed payload: strict both ways, bounded, with room for its content at every size."""

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.common.ids import AccountId
from app.content import base, payload, text
from app.protocol import limits
from tests.content import samples
from tests.parts.examples import examples

accounts = st.binary(min_size=32, max_size=32).map(AccountId)


def sealed(content: base.Content, **other: Any) -> payload.Payload:
    made = payload.of(
        content,
        to=samples.BOB,
        conversation=payload.direct_conversation(samples.ALICE, samples.BOB),
        sequence=1,
        sent_at=1_800_000_000_000,
        order=1_800_000_000_001,
        sender_name="Alice",
        sender_address="alice@example.com",
    )
    return msgspec.structs.replace(made, **other)


@pytest.mark.parametrize("content", samples.SAMPLES.values(), ids=samples.SAMPLES.keys())
def test_round_trip(content: base.Form) -> None:
    made = sealed(content)
    assert payload.decode(payload.encode(made)) == made
    assert payload.decode(payload.encode(made)).content == content


def test_an_unknown_kind_travels_with_its_words() -> None:
    made = sealed(text.Text("x"), kind="hologram", body=b"\x91\x01", fallback="a hologram")
    assert payload.decode(payload.encode(made)).content == base.Unsupported("hologram", b"\x91\x01", "a hologram")


def test_the_largest_payload_fits_into_a_content_ciphertext() -> None:
    made = sealed(
        base.Unsupported("h" * 32, bytes(base.BODY), "\U0001f426" * base.FALLBACK),
        sequence=2**53,
        sent_at=base.LATEST,
        order=base.LATEST,
        sender_name="\U0001f426" * 128,
        sender_address="\U0001f426" * 320,
    )
    assert len(payload.encode(made)) <= payload.PAYLOAD < limits.CONTENT


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "Text"},
        {"kind": "a" * 33},
        {"kind": "text\n"},
        {"to": b"B" * 31},
        {"conversation": b"c" * 33},
        {"sequence": -1},
        {"sequence": 2**53 + 1},
        {"sent_at": base.LATEST + 1},
        {"order": -1},
        {"sender_name": "x" * 129},
        {"sender_address": "x" * 321},
        {"sender_name": "\ud800"},
        {"fallback": "x" * (base.FALLBACK + 1)},
        {"body": bytes(base.BODY + 1)},
        {"version": 0},
    ],
    ids=lambda other: next(iter(other)),
)
def test_one_beyond_each_bound_is_refused_both_ways(other: dict[str, object]) -> None:
    made = sealed(text.Text("x"), **other)
    with pytest.raises(errors.Malformed):
        payload.encode(made)
    if other.get("sender_name") != "\ud800":
        with pytest.raises(errors.Malformed):
            payload.decode(msgspec.msgpack.encode(made))


def test_a_later_protocol_is_named_as_such() -> None:
    for raw in (
        msgspec.msgpack.encode(sealed(text.Text("x"), version=2)),
        msgspec.msgpack.encode([7, "in quite", {"another": "shape"}]),
    ):
        with pytest.raises(errors.Malformed, match="newer_version"):
            payload.decode(raw)


def test_fields_of_a_newer_version_are_skipped() -> None:
    made = sealed(text.Text("x"))
    fields = msgspec.msgpack.decode(payload.encode(made))
    assert payload.decode(msgspec.msgpack.encode([*fields, {"later": []}])) == made


def test_no_cut_is_accepted() -> None:
    raw = payload.encode(sealed(text.Text("Hello")))
    for length in range(len(raw)):
        with pytest.raises(errors.Malformed):
            payload.decode(raw[:length])
    with pytest.raises(errors.Malformed):
        payload.decode(raw + b"\x00")


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=examples(300))
def test_foreign_bytes_are_malformed(raw: bytes) -> None:
    with pytest.raises(errors.Malformed):
        payload.decode(raw)


@given(st.data())
@settings(deadline=None, max_examples=examples(300))
def test_damaged_bytes_are_a_payload_or_malformed(data: st.DataObject) -> None:
    raw = bytearray(payload.encode(sealed(samples.SAMPLES["text/spans"])))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        damaged = payload.decode(bytes(raw))
    except errors.Malformed:
        return
    assert payload.decode(payload.encode(damaged)) == damaged


@given(accounts, accounts, accounts)
@settings(deadline=None, max_examples=examples(100))
def test_a_direct_conversation_is_the_same_from_both_ends_only(
    one: AccountId, two: AccountId, three: AccountId
) -> None:
    name = payload.direct_conversation(one, two)
    assert name == payload.direct_conversation(two, one)
    assert (name == payload.direct_conversation(one, three)) == (two == three)


def test_the_name_of_a_direct_conversation_is_fixed() -> None:
    expected = hashlib.sha256(b"kf/direct/1" + b"A" * 32 + b"B" * 32).digest()
    assert payload.direct_conversation(samples.BOB, samples.ALICE) == expected
