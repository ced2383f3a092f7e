"""HTTP bodies: every field at and beyond its limit, hostile bytes, the bearer header; and the codes' families."""

import inspect

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.protocol import codes, limits, requests
from tests.parts import shapes
from tests.parts.examples import examples

KINDS = [
    kind
    for _, kind in inspect.getmembers(requests, inspect.isclass)
    if issubclass(kind, msgspec.Struct) and kind.__module__ == requests.__name__
]


def test_none_is_forgotten() -> None:
    assert len(KINDS) >= 9


@settings(max_examples=examples(10))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_what_is_encoded_is_decoded(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    value = data.draw(shapes.values_of(kind))
    assert requests.decode(requests.encode(value), kind) == value


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_limit_of_every_field(kind: type[msgspec.Struct]) -> None:
    for edge in shapes.edges_of(kind):
        data = requests.encode(edge.value)
        if edge.good:
            assert requests.decode(data, kind) == edge.value, edge.where
        else:
            with pytest.raises(errors.Malformed, match="malformed"):
                requests.decode(data, kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_hostile_bytes(kind: type[msgspec.Struct]) -> None:
    good = requests.encode(shapes.smallest(msgspec.inspect.type_info(kind)))
    for bad in (b"", good + b"\x00", good[:-1], b"\xc1", b"\x91" * 50_000, b"\x80", b"\xdd\xff\xff\xff\xff"):
        with pytest.raises(errors.Malformed, match="malformed"):
            requests.decode(bad, kind)
    with pytest.raises(errors.Malformed, match="too_large"):
        requests.decode(bytes(limits.REQUEST + 1), kind)


@given(st.binary(max_size=64))
def test_the_bearer_header(token: bytes) -> None:
    assert requests.read_bearer(requests.bearer(token)) == token


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Basic 00", "bearer 00", "Bearer 0", "Bearer zz", "Bearer \u0660\u0660"]
)
def test_no_token_in_other_headers(header: str) -> None:
    assert requests.read_bearer(header) == b""


def test_every_code_has_a_family_and_its_error() -> None:
    assert set(codes.FAMILIES) == {code.value for code in codes.Code}
    kinds = {
        codes.Family.AGAIN_LATER: errors.AgainLater,
        codes.Family.GIVE_UP: errors.GiveUp,
        codes.Family.BROKEN: errors.Broken,
    }
    assert {codes.family(code) for code in codes.Code} == set(kinds)
    for code in codes.Code:
        error = codes.error(code, "mailbox_entries", 1)
        assert type(error) is kinds[codes.family(code)]
        assert (error.code, error.detail, error.retry_after) == (code, "mailbox_entries", 0.001)


def test_a_code_of_a_later_version_gives_nothing_up_and_brings_no_words_along() -> None:
    error = codes.error("buy this", "and that", 0)
    assert isinstance(error, errors.AgainLater)
    assert (error.code, error.detail, error.retry_after) == ("unknown_refusal", "", None)


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("rate_limited", "again_later"),
        ("mailbox_full", "again_later"),
        ("clock", "again_later"),
        ("taken", "give_up"),
        ("copied", "give_up"),
        ("not_a_device", "give_up"),
        ("withdrawn", "give_up"),
        ("list_forked", "give_up"),
        ("malformed", "broken"),
    ],
)
def test_families_that_the_protocol_depends_on(code: str, family: str) -> None:
    assert codes.FAMILIES[code].value == family
