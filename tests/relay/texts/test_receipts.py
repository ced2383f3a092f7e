"""Receipts in the dialects of many message centres, told or guessed, and never a reason to fall over."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.relay.texts import base, receipts
from app.relay.texts.base import MessageState
from app.relay.texts.pdu import Field, ShortMessage
from app.relay.texts.receipts import IdForm
from tests.parts.examples import examples

USUAL = "id:0123 sub:001 dlvrd:001 submit date:2611240101 done date:2611240102 stat:DELIVRD err:000 text:secret words"
AT = round(datetime.datetime(2026, 11, 24, 1, 2, tzinfo=datetime.UTC).timestamp() * 1000)


def read(text: str, form: IdForm = IdForm.SAME, fields: dict[int, bytes] | None = None) -> base.Receipt | None:
    message = ShortMessage("1", "2", text.encode("latin-1"), esm_class=4, fields=fields or {})
    return receipts.parse(message, "north", form)


def test_the_form_of_the_standard() -> None:
    assert read(USUAL) == base.Receipt("north", "0123", MessageState.DELIVERED, "000", AT)
    assert "secret" not in repr(read(USUAL))


@pytest.mark.parametrize(
    ("changed", "by", "expected"),
    [
        ("2611240102", "261124010230", base.Receipt("north", "0123", MessageState.DELIVERED, "000", AT + 30_000)),
        ("2611240102", "20261124010230", base.Receipt("north", "0123", MessageState.DELIVERED, "000", None)),
        ("2611240102", "2613240102", base.Receipt("north", "0123", MessageState.DELIVERED, "000", None)),
        ("2611240102", "never", base.Receipt("north", "0123", MessageState.DELIVERED, "000", None)),
        ("err:000", "err:0x1F", base.Receipt("north", "0123", MessageState.DELIVERED, "0x1F", AT)),
        ("err:000", "err:E-7", base.Receipt("north", "0123", MessageState.DELIVERED, "E", AT)),
        ("DELIVRD", "delivered", base.Receipt("north", "0123", MessageState.DELIVERED, "000", AT)),
        ("DELIVRD", "REJECTED", base.Receipt("north", "0123", MessageState.REJECTED, "000", AT)),
        ("DELIVRD", "QUITE NEW", base.Receipt("north", "0123", MessageState.UNKNOWN, "000", AT)),
        ("stat:DELIVRD", "", base.Receipt("north", "0123", MessageState.UNKNOWN, "000", AT)),
        ("id:0123", "id: 9c9c-77", base.Receipt("north", "9c9c-77", MessageState.DELIVERED, "000", AT)),
    ],
)
def test_dialects(changed: str, by: str, expected: base.Receipt) -> None:
    assert read(USUAL.replace(changed, by)) == expected


def test_optional_parameters_win_over_the_text() -> None:
    fields: dict[int, bytes] = {
        Field.RECEIPTED_MESSAGE_ID: b"0777\0",
        Field.MESSAGE_STATE: b"\x05",
        Field.NETWORK_ERROR_CODE: b"\x03\x00\x1b",
    }
    assert read(USUAL, fields=fields) == base.Receipt("north", "0777", MessageState.UNDELIVERABLE, "3:27", AT)
    assert read("", fields=fields) == base.Receipt("north", "0777", MessageState.UNDELIVERABLE, "3:27", None)


@pytest.mark.parametrize(
    ("state", "error", "expected"),
    [
        (b"\x05", b"\x03\x00\x01", MessageState.NO_SUCH_NUMBER),
        (b"\x05", b"\x01\x00\x01", MessageState.UNDELIVERABLE),  # of another kind of network
        (b"\x05", b"\x03\x00\x1b", MessageState.UNDELIVERABLE),  # switched off
        (b"\x02", b"\x03\x00\x01", MessageState.DELIVERED),
        (b"\x01", b"\x03\x00\x01", MessageState.ENROUTE),  # it is not over yet
    ],
)
def test_only_the_networks_own_word_for_it_says_that_there_is_no_such_number(
    state: bytes, error: bytes, expected: MessageState
) -> None:
    fields: dict[int, bytes] = {Field.MESSAGE_STATE: state, Field.NETWORK_ERROR_CODE: error}
    found = read(USUAL.replace("err:000", "err:001"), fields=fields)
    assert found is not None and found.state is expected


def test_the_texts_own_number_is_not_read() -> None:
    found = read(USUAL.replace("err:000", "err:001").replace("DELIVRD", "UNDELIV"))
    assert found is not None and found.state is MessageState.UNDELIVERABLE


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (1, MessageState.ENROUTE),
        (2, MessageState.DELIVERED),
        (3, MessageState.EXPIRED),
        (4, MessageState.DELETED),
        (5, MessageState.UNDELIVERABLE),
        (6, MessageState.ACCEPTED),
        (7, MessageState.UNKNOWN),
        (8, MessageState.REJECTED),
        (0, MessageState.UNKNOWN),
        (255, MessageState.UNKNOWN),
    ],
)
def test_states_by_number(number: int, state: MessageState) -> None:
    found = read("id:1", fields={Field.MESSAGE_STATE: bytes([number])})
    assert found is not None
    assert found.state is state


@pytest.mark.parametrize("text", ["", "stat:DELIVRD", "id:", "no sense"])
def test_a_receipt_that_names_nothing(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("form", "submitted", "in_text"),
    [
        (IdForm.SAME, "00Ab", "00Ab"),
        (IdForm.HEX_IN_RECEIPT, "0266", "0000010A"),
        (IdForm.HEX_IN_RECEIPT, "266", "10a"),
        (IdForm.DECIMAL_IN_RECEIPT, "10A", "266"),
        (IdForm.DECIMAL_IN_RECEIPT, "0000010a", "0266"),
        (IdForm.HEX_IN_RECEIPT, "9c-77", "9c-77"),  # no number in any form: as it is
    ],
)
def test_both_ends_of_an_id_meet(form: IdForm, submitted: str, in_text: str) -> None:
    expected = receipts.submitted_id(submitted, form)
    by_text = read(f"id:{in_text}", form)
    by_field = read("id:other", form, {Field.RECEIPTED_MESSAGE_ID: submitted.encode()})
    assert by_text is not None
    assert by_field is not None
    assert by_text.message_id == by_field.message_id == expected


@settings(max_examples=examples(300))
@given(
    st.binary(max_size=200) | st.text("id:stat err:done date:0123456789DELIVRD ", max_size=200).map(str.encode),
    st.sampled_from(IdForm),
    st.dictionaries(
        st.sampled_from([Field.RECEIPTED_MESSAGE_ID, Field.MESSAGE_STATE, Field.NETWORK_ERROR_CODE]),
        st.binary(max_size=80),
    ),
)
def test_nothing_upsets_the_reader(body: bytes, form: IdForm, fields: dict[int, bytes]) -> None:
    found = receipts.parse(ShortMessage("1", "2", body, esm_class=4, fields=fields), "north", form)
    if found is not None:
        assert 0 < len(found.message_id) <= 80
        assert len(found.network_error) <= 16
