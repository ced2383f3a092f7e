"""Joining, padding and encryption: what the rest of crypto takes for granted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common.errors import Malformed, Untrusted
from app.crypto import primitives
from tests.parts.examples import examples

PARTS = st.lists(st.binary(max_size=6), max_size=4)


@settings(deadline=None, max_examples=examples(100))
@given(PARTS, PARTS)
def test_different_parts_never_join_to_the_same_bytes(one, other):
    assert (primitives.join(*one) == primitives.join(*other)) is (one == other)


def test_a_border_that_moves_changes_the_joined_bytes():
    assert primitives.join(b"ab", b"c") != primitives.join(b"a", b"bc")
    assert primitives.join(b"", b"a") != primitives.join(b"a", b"")
    assert primitives.join(b"a") != primitives.join(b"a", b"")


@settings(deadline=None, max_examples=examples(60))
@given(st.binary(max_size=200), st.integers(1, 60))
def test_padding_comes_off_again(data, more):
    assert primitives.unpad(primitives.pad(data, len(data) + more)) == data


@pytest.mark.parametrize("data", [b"", b"\0" * 16, b"text", b"\x80x\0"])
def test_wrong_padding_is_refused(data):
    with pytest.raises(Malformed, match="padding"):
        primitives.unpad(data)


def test_too_short_to_hold_a_tag():
    for size in range(primitives.TAG_SIZE):
        with pytest.raises(Untrusted, match="tampered"):
            primitives.decrypt(bytes(32), bytes(size), b"", code="tampered")
