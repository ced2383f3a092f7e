"""Delivery receipts in SMPP: optional parameters where there are some, else the text of appendix B in its dialects."""

import datetime
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.relay.texts.base import MessageState, Receipt
from app.relay.texts.pdu import Field, ShortMessage

_LONGEST_ID: Final = 64
_TEXT: Final = {
    "id": re.compile(r"\bid:\s{0,3}(\S{1,64})", re.IGNORECASE),
    "stat": re.compile(r"\bstat:\s{0,3}([A-Za-z]{1,16})", re.IGNORECASE),
    "err": re.compile(r"\berr:\s{0,3}(\w{1,16})", re.IGNORECASE),
    "done": re.compile(r"\bdone date:\s{0,3}(\d{10,14})(?!\d)", re.IGNORECASE),
}
_WORDS: Final = {
    "ENROUTE": MessageState.ENROUTE,
    "BUFFERD": MessageState.ENROUTE,
    "DELIVRD": MessageState.DELIVERED,
    "DELIVER": MessageState.DELIVERED,
    "EXPIRED": MessageState.EXPIRED,
    "DELETED": MessageState.DELETED,
    "UNDELIV": MessageState.UNDELIVERABLE,
    "FAILED": MessageState.UNDELIVERABLE,
    "ACCEPTD": MessageState.ACCEPTED,
    "ACCEPTE": MessageState.ACCEPTED,
    "REJECTD": MessageState.REJECTED,
    "REJECTE": MessageState.REJECTED,
}
_NUMBERS: Final = {
    1: MessageState.ENROUTE,
    2: MessageState.DELIVERED,
    3: MessageState.EXPIRED,
    4: MessageState.DELETED,
    5: MessageState.UNDELIVERABLE,
    6: MessageState.ACCEPTED,
    7: MessageState.UNKNOWN,
    8: MessageState.REJECTED,
}

_NO_SUBSCRIBER: Final = b"\x03\x00\x01"  # a GSM network (3) knows no such subscriber (1 of 3GPP 29.002)


class IdForm(StrEnum):
    """How the message id in a receipt's text compares with the one that submit_sm_resp gave."""

    SAME = "same"
    HEX_IN_RECEIPT = "hex"  # submitted in decimal, receipted in hexadecimal digits
    DECIMAL_IN_RECEIPT = "decimal"  # the other way round


def submitted_id(message_id: str, form: IdForm) -> str:
    """The id of submit_sm_resp in the one form that ``parse`` gives too; as it came where it is no number."""
    return {
        IdForm.SAME: message_id,
        IdForm.HEX_IN_RECEIPT: _number(message_id, 10, "d"),
        IdForm.DECIMAL_IN_RECEIPT: _number(message_id, 16, "X"),
    }[form]


def _receipted_id(message_id: str, form: IdForm) -> str:
    return {
        IdForm.SAME: message_id,
        IdForm.HEX_IN_RECEIPT: _number(message_id, 16, "d"),
        IdForm.DECIMAL_IN_RECEIPT: _number(message_id, 10, "X"),
    }[form]


def _number(text: str, base: int, shown: str) -> str:
    digits = "0123456789abcdefABCDEF" if base == 16 else "0123456789"
    return format(int(text, base), shown) if text and not text.strip(digits) else text


def parse(message: ShortMessage, gateway: str, form: IdForm) -> Receipt | None:
    """What a receipt says, None when it names no message; never raises. Optional parameters win over the text."""
    text = message.body[:1024].decode("latin-1")
    said = {name: found[1] for name, pattern in _TEXT.items() if (found := pattern.search(text))}
    named = message.fields.get(Field.RECEIPTED_MESSAGE_ID, b"").partition(b"\0")[0][:_LONGEST_ID].decode("latin-1")
    message_id = submitted_id(named, form) if named else _receipted_id(said.get("id", ""), form)
    if not message_id:
        return None
    return Receipt(
        gateway=gateway,
        message_id=message_id,
        state=_state(message.fields, said.get("stat", "")),
        network_error=_network_error(message.fields, said.get("err", "")),
        done_at=_moment(said.get("done", "")),
    )


def _state(fields: Mapping[int, bytes], word: str) -> MessageState:
    value = fields.get(Field.MESSAGE_STATE, b"")
    if len(value) == 1:
        found = _NUMBERS.get(value[0], MessageState.UNKNOWN)
    else:
        found = _WORDS.get(word.upper()[:7], MessageState.UNKNOWN)
    # The text's own err: means something else in every network, and is not read.
    nobody = fields.get(Field.NETWORK_ERROR_CODE) == _NO_SUBSCRIBER
    return MessageState.NO_SUCH_NUMBER if nobody and found is MessageState.UNDELIVERABLE else found


def _network_error(fields: Mapping[int, bytes], word: str) -> str:
    value = fields.get(Field.NETWORK_ERROR_CODE, b"")
    if len(value) == 3:
        return f"{value[0]}:{int.from_bytes(value[1:], 'big')}"
    return word


def _moment(digits: str) -> int | None:
    """YYMMDDhhmm or YYMMDDhhmmss as milliseconds since 1970, None for what is no date; the zone is not told: UTC."""
    if len(digits) not in (10, 12):
        return None
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    try:
        moment = datetime.datetime(2000 + pairs[0], *pairs[1:], tzinfo=datetime.UTC)
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)
