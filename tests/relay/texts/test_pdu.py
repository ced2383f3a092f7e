"""The codec of SMPP: what it writes it reads, and what it cannot read it refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.relay.texts import pdu
from app.relay.texts.pdu import Field, ShortMessage
from tests.parts.examples import examples

# From the worked example of SMPP 3.4, 3.2.3: bind_transmitter, whose body bind_transceiver shares.
EXAMPLE = bytes.fromhex(
    "0000002f000000020000000000000001534d50503354455354007365637265743038005355424d4954310000010100"
)

OCTET = st.integers(0, 255)
DIGITS = st.text("0123456789ABCxyz+", max_size=20)
MESSAGES = st.builds(
    ShortMessage,
    source=DIGITS,
    destination=DIGITS,
    body=st.binary(max_size=400),
    esm_class=OCTET,
    data_coding=OCTET,
    registered_delivery=OCTET,
    source_ton=OCTET,
    source_npi=OCTET,
    destination_ton=OCTET,
    destination_npi=OCTET,
    validity_period=st.text("0123456789R+", max_size=16),
    fields=st.dictionaries(
        st.integers(0, 0xFFFF).filter(lambda tag: tag != Field.MESSAGE_PAYLOAD), st.binary(max_size=30), max_size=4
    ),
)


@settings(max_examples=examples(200))
@given(MESSAGES)
def test_a_message_comes_back(message: ShortMessage) -> None:
    assert pdu.decode_message(pdu.encode_message(message)) == message


@settings(max_examples=examples(200))
@given(MESSAGES, st.data())
def test_a_message_cut_short_is_refused_or_shorter(message: ShortMessage, data: st.DataObject) -> None:
    whole = pdu.encode_message(message)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        found = pdu.decode_message(cut)
    except errors.Malformed:
        return
    assert len(found.fields) < len(message.fields) or (message.body and not found.body)  # cut between two fields


@settings(max_examples=examples(200))
@given(st.binary(max_size=120))
def test_no_octets_upset_the_reader(octets: bytes) -> None:
    try:
        found = pdu.decode_message(octets)
    except errors.Malformed:
        return
    assert len(found.body) + sum(map(len, found.fields.values())) <= len(octets)


def test_the_header_of_the_standard() -> None:
    header = pdu.read_header(EXAMPLE[: pdu.HEADER])
    assert header == pdu.Header(0x2F, 2, 0, 1)
    assert pdu.encode(2, 0, 1, EXAMPLE[pdu.HEADER :]) == EXAMPLE


def test_the_bind_of_the_standard() -> None:
    body = pdu.encode_bind("SMPP3TEST", "secret08", "SUBMIT1")
    # the standard's example has version 0, and a type and plan of number where ours has none
    assert body[: len(EXAMPLE) - pdu.HEADER - 4] == EXAMPLE[pdu.HEADER : -4]
    assert body[-4:] == bytes((0x34, 0, 0, 0))


def test_a_submit_octet_for_octet() -> None:
    message = ShortMessage(
        "12025550100", "12025550123", b"hi", registered_delivery=1, fields={Field.SAR_TOTAL: b"\x02"}
    )
    expected = "00010131323032353535303130300001013132303235353530313233000000000000"
    expected += "01000000026869020e000102"
    assert pdu.encode_message(message).hex() == expected


def test_a_long_body_travels_as_payload() -> None:
    message = ShortMessage("1", "2", b"x" * 255)
    octets = pdu.encode_message(message)
    assert octets.endswith(b"\x00\x04\x24\x00\xff" + b"x" * 255)
    assert pdu.decode_message(octets) == message


def test_of_a_repeated_field_the_first_counts() -> None:
    octets = pdu.encode_message(ShortMessage("1", "2")) + bytes.fromhex("020e000102020e000103")
    assert pdu.decode_message(octets).fields == {Field.SAR_TOTAL: b"\x02"}


@pytest.mark.parametrize("tail", ["02", "020e00", "020e000201", "0424ffff00"])
def test_a_field_that_is_cut_short(tail: str) -> None:
    with pytest.raises(errors.Malformed, match="bad_pdu"):
        pdu.decode_message(pdu.encode_message(ShortMessage("1", "2")) + bytes.fromhex(tail))


def test_an_address_without_its_end() -> None:
    with pytest.raises(errors.Malformed, match="bad_pdu"):
        pdu.decode_message(b"\0\x01\x01" + b"1" * 21 + b"\0" * 40)


@pytest.mark.parametrize("text", ["x" * 21, "é", "a\0b"])
def test_an_address_that_does_not_fit(text: str) -> None:
    with pytest.raises(errors.Malformed, match="bad_pdu"):
        pdu.encode_message(ShortMessage(text, "2"))


@pytest.mark.parametrize(
    ("octets", "message_id"), [(b"abc\0", "abc"), (b"", ""), (b"\0", ""), (b"abc", "abc"), (b"x" * 99, "x" * 64)]
)
def test_a_message_that_was_taken_has_an_id_or_none(octets: bytes, message_id: str) -> None:
    assert pdu.decode_message_id(octets) == message_id


@pytest.mark.parametrize(
    ("esm_class", "receipt"), [(0x04, True), (0x20, True), (0x44, True), (0x00, False), (0x08, False), (0x40, False)]
)
def test_what_is_a_receipt(esm_class: int, receipt: bool) -> None:
    assert ShortMessage("1", "2", esm_class=esm_class).is_receipt == receipt
