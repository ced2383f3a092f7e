"""Texts from phones, sealed: what the device opens is what was sealed, for it alone; every limit of a body."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.crypto import pq
from app.protocol import limits, texts
from tests.parts import shapes
from tests.parts.examples import examples

SEED = bytes(range(32))
PUBLIC = pq.public_of(SEED)
INFO = texts.info(b"r" * 32, b"a" * 32, b"d" * 16)
BODY = texts.TextBody("+12025550100", "+12025550123", "Hello, €", 1_800_000_000_000)


@settings(max_examples=examples(40), deadline=None)
@given(shapes.values_of(texts.TextBody))
def test_the_device_opens_what_was_sealed(body: texts.TextBody) -> None:
    assert texts.decode(pq.hpke_open(SEED, INFO, texts.seal(PUBLIC, INFO, body))) == body


def test_every_limit_of_a_body() -> None:
    for edge in shapes.edges_of(texts.TextBody):
        if len(data := texts.encode(edge.value)) > limits.TEXT_SEALED:
            continue  # a medium as large as all of it: refused as a whole, below
        if edge.good:
            assert texts.decode(data) == edge.value, edge.where
        else:
            with pytest.raises(errors.Malformed):
                texts.decode(data)


@pytest.mark.parametrize(
    "other",
    [
        texts.info(b"R" * 32, b"a" * 32, b"d" * 16),
        texts.info(b"r" * 32, b"A" * 32, b"d" * 16),
        texts.info(b"r" * 32, b"a" * 32, b"D" * 16),
    ],
    ids=["relay", "account", "device"],
)
def test_it_is_bound_to_relay_account_and_device(other: bytes) -> None:
    sealed = texts.seal(PUBLIC, INFO, BODY)
    with pytest.raises(errors.Untrusted):
        pq.hpke_open(SEED, other, sealed)


def test_nothing_of_it_can_be_changed_or_read_with_another_key() -> None:
    sealed = texts.seal(PUBLIC, INFO, BODY)
    for at in (0, 1, pq.CIPHERTEXT_SIZE, len(sealed) - 1):
        with pytest.raises(errors.Untrusted):
            pq.hpke_open(SEED, INFO, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
    with pytest.raises(errors.Untrusted):
        pq.hpke_open(bytes(32), INFO, sealed)
    assert BODY.text.encode() not in sealed
    assert texts.seal(PUBLIC, INFO, BODY) != sealed


@pytest.mark.parametrize("public", [b"", bytes(1215), b"\xff" * 1216], ids=["none", "short", "no point"])
def test_a_bad_key_is_refused(public: bytes) -> None:
    with pytest.raises(errors.Untrusted, match="bad_key"):
        texts.seal(public, INFO, BODY)


@settings(max_examples=examples(100))
@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        body = texts.decode(data)
    except errors.Malformed:
        return
    assert texts.decode(texts.encode(body)) == body


def test_a_body_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(errors.Malformed, match="too_large"):
        texts.decode(bytes(limits.TEXT_SEALED + 1))
