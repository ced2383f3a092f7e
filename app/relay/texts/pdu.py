"""SMPP 3.4 protocol data units: strict, bounded, bytes in and values out. Section numbers are those of the standard."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from app.common import errors

HEADER: Final = 16
MOST: Final = 70_000  # octets of one PDU: a message_payload is 64 KiB at most
RESPONSE: Final = 0x8000_0000
MOST_SEQUENCE: Final = 0x7FFF_FFFF
SHORT_MESSAGE: Final = 254  # octets of short_message; what is longer travels as message_payload
UDHI: Final = 0x40  # esm_class: the body begins with a user data header

_INTERFACE_3_4: Final = 0x34


class Command(IntEnum):
    """command_id (5.1.2.1) of what is sent or understood here; an answer is its request with ``RESPONSE``."""

    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    CANCEL_SM = 0x08
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15
    ALERT_NOTIFICATION = 0x102
    GENERIC_NACK = 0x8000_0000


class Status(IntEnum):
    """command_status (5.1.3), as far as it matters here."""

    OK = 0x00
    BAD_MESSAGE_LENGTH = 0x01
    BAD_COMMAND_LENGTH = 0x02
    BAD_COMMAND = 0x03
    BAD_BIND_STATE = 0x04
    ALREADY_BOUND = 0x05
    SYSTEM_ERROR = 0x08
    BAD_SOURCE = 0x0A
    BAD_DESTINATION = 0x0B
    BIND_FAILED = 0x0D
    BAD_PASSWORD = 0x0E
    BAD_SYSTEM_ID = 0x0F
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    UNDECODABLE = 0x61  # for deliver_sm: do not send it again
    TRY_LATER = 0x64  # ESME_RX_T_APPN: send it again later


class Field(IntEnum):
    """Optional parameters (5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_SEQUENCE = 0x020F
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


@dataclass(frozen=True, slots=True)
class Header:
    """The first 16 octets; ``length`` counts them too."""

    length: int
    command: int
    status: int
    sequence: int


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """The body of submit_sm and deliver_sm (4.4.1, 4.6.1). Addresses are as on the wire: digits, no plus sign."""

    source: str
    destination: str
    body: bytes = field(default=b"", repr=False)  # short_message, or message_payload where that is empty
    esm_class: int = 0
    data_coding: int = 0
    registered_delivery: int = 0
    source_ton: int = 1
    source_npi: int = 1
    destination_ton: int = 1
    destination_npi: int = 1
    validity_period: str = ""
    fields: Mapping[int, bytes] = field(default_factory=dict[int, bytes], repr=False)

    @property
    def is_receipt(self) -> bool:
        """A delivery receipt or an intermediate notification (5.2.12)."""
        return self.esm_class & 0x3C in (0x04, 0x20)


def encode(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """One PDU."""
    return struct.pack("!4I", HEADER + len(body), command, status, sequence) + body


def read_header(octets: bytes) -> Header:
    """The header in 16 octets; the length is not judged, see ``Header.length`` and ``MOST``."""
    return Header(*struct.unpack("!4I", octets))


def encode_bind(system_id: str, password: str, system_type: str = "") -> bytes:
    """Body of bind_transceiver (4.1.5); errors.Malformed when a name is too long."""
    return (
        c_string(system_id, 16)
        + c_string(password, 9)
        + c_string(system_type, 13)
        + bytes((_INTERFACE_3_4, 0, 0))
        + c_string("", 41)
    )


def encode_cancel(message_id: str, source: tuple[int, int, str], destination: tuple[int, int, str]) -> bytes:
    """Body of cancel_sm (4.9.1); an address is (type of number, numbering plan, digits)."""
    return c_string("", 6) + c_string(message_id, 65) + _address(*source) + _address(*destination)


def _address(ton: int, npi: int, digits: str) -> bytes:
    return bytes((ton, npi)) + c_string(digits, 21)


def encode_message(message: ShortMessage) -> bytes:
    """Body of submit_sm or deliver_sm; errors.Malformed when an address does not fit."""
    body, fields = message.body, dict(message.fields)
    if len(body) > SHORT_MESSAGE:
        body, fields = b"", {**fields, Field.MESSAGE_PAYLOAD: body}
    return b"".join(
        (
            c_string("", 6),  # service_type
            _address(message.source_ton, message.source_npi, message.source),
            _address(message.destination_ton, message.destination_npi, message.destination),
            bytes((message.esm_class, 0, 0)),  # protocol_id, priority_flag
            c_string("", 17),  # schedule_delivery_time
            c_string(message.validity_period, 17),
            bytes((message.registered_delivery, 0, message.data_coding, 0, len(body))),
            body,
            *(struct.pack("!HH", tag, len(value)) + value for tag, value in fields.items()),
        )
    )


def decode_message(octets: bytes) -> ShortMessage:
    """The body of a deliver_sm or submit_sm; errors.Malformed ``bad_pdu``."""
    reader = _Reader(octets)
    reader.c_string(6)
    source_ton, source_npi, source = reader.octet(), reader.octet(), reader.c_string(21)
    destination_ton, destination_npi, destination = reader.octet(), reader.octet(), reader.c_string(21)
    esm_class, _, _ = reader.octet(), reader.octet(), reader.octet()
    reader.c_string(17)
    validity_period = reader.c_string(17)
    registered_delivery, _, data_coding, _ = reader.octet(), reader.octet(), reader.octet(), reader.octet()
    body = reader.take(reader.octet())
    fields = reader.fields()
    return ShortMessage(
        source=source,
        destination=destination,
        body=body or fields.pop(Field.MESSAGE_PAYLOAD, b""),
        esm_class=esm_class,
        data_coding=data_coding,
        registered_delivery=registered_delivery,
        source_ton=source_ton,
        source_npi=source_npi,
        destination_ton=destination_ton,
        destination_npi=destination_npi,
        validity_period=validity_period,
        fields=fields,
    )


def decode_message_id(octets: bytes) -> str:
    """The id in a submit_sm_resp; empty when it has none, for the message is taken all the same."""
    return octets.partition(b"\0")[0][:64].decode("latin-1")


def c_string(text: str, size: int) -> bytes:
    """A C-Octet String of at most ``size`` octets with its end; errors.Malformed ``bad_pdu``."""
    if not text.isascii() or "\0" in text or len(text) >= size:
        raise errors.Malformed("bad_pdu", f"a text that does not fit {size} octets")
    return text.encode("ascii") + b"\0"


class _Reader:
    """Takes a body apart from its beginning; every way past its end is errors.Malformed ``bad_pdu``."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._octets):
            raise errors.Malformed("bad_pdu", "ends too early")
        self._at += count
        return self._octets[self._at - count : self._at]

    def octet(self) -> int:
        return self.take(1)[0]

    def c_string(self, size: int) -> str:
        end = self._octets.find(b"\0", self._at, self._at + size)
        if end < 0:
            raise errors.Malformed("bad_pdu", "a text without its end")
        found = self.take(end - self._at).decode("latin-1")
        self._at += 1
        return found

    def fields(self) -> dict[int, bytes]:
        """The optional parameters up to the end; of one that is repeated the first counts."""
        found: dict[int, bytes] = {}
        while self._at < len(self._octets):
            tag, length = struct.unpack("!HH", self.take(4))
            found.setdefault(tag, self.take(length))
        return found
