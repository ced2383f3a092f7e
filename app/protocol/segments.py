"""Short messages: how a text falls into segments, and how received octets become text (3GPP TS 23.038 and 23.040).

One function, ``plan``, serves the forecast, the plan's meter, the relay and the bill, so that they cannot differ.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from app.common import errors

MOST_SENT: Final = 10  # segments of one text that goes out
MOST_RECEIVED: Final = 255  # parts of one text that comes in: their number is one octet
OCTETS: Final = 140  # user data of one short message
CONCATENATION_OCTETS: Final = 6  # the header with an 8-bit reference, its own length included

_ESCAPE: Final = 0x1B
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = dict(zip(b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", "\f^{}\\[~]|€", strict=True))
_SEPTETS: Final = {
    **{char: bytes([code]) for code, char in enumerate(_BASIC) if code != _ESCAPE},
    **{char: bytes([_ESCAPE, code]) for code, char in _EXTENSION.items()},
}
_GSM: Final = frozenset(_SEPTETS)
_GSM_AND_LATIN: Final = frozenset(char for char in _SEPTETS if ord(char) < 256)

_PLAINER: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        "…": "...",
    }
)


class Encoding(StrEnum):
    """How the characters of one text are carried; one character that is not GSM-7 turns the whole text to UCS-2."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"  # in truth UTF-16BE


class Alphabet(StrEnum):
    """What the octets of a short message stand for; the value of all but the first two is a Python codec."""

    GSM = "gsm"  # one septet per octet
    BINARY = "binary"
    LATIN_1 = "latin-1"
    UCS_2 = "utf-16-be"
    CYRILLIC = "iso8859-5"
    HEBREW = "iso8859-8"
    SHIFT_JIS = "shift-jis"
    ISO_2022_JP = "iso2022-jp"
    EUC_KR = "euc-kr"


class Plan(msgspec.Struct, frozen=True):
    """A text in segments; ``units`` are septets or UTF-16 units in all, ``used`` of ``room`` those of the last one."""

    encoding: Encoding
    segments: tuple[str, ...]
    units: int
    used: int
    room: int

    @property
    def left(self) -> int:
        """Units that still fit before another segment is begun."""
        return self.room - self.used

    @property
    def fits(self) -> bool:
        """Whether it may go out as one SMS; what does not is offered as MMS."""
        return len(self.segments) <= MOST_SENT


class Concatenation(msgspec.Struct, frozen=True):
    """Which part of which long message: ``width`` is 8 or 16 (user data header) or 0 (sar_* fields of SMPP)."""

    width: int
    reference: int
    total: int
    sequence: int


class UserData(msgspec.Struct, frozen=True):
    """Received user data: the elements of its header as (identifier, value), and the octets after the header."""

    elements: tuple[tuple[int, bytes], ...]
    octets: bytes


def plan(text: str, alphabet: Alphabet = Alphabet.GSM) -> Plan:
    """Split as few times as the rules allow; no two-unit character straddles a boundary. Empty text is one segment.

    ``alphabet`` is GSM, or LATIN_1 for a gateway that takes no other seven-bit characters than those of Latin-1.
    """
    text = cleaned(text)
    if (_GSM if alphabet is Alphabet.GSM else _GSM_AND_LATIN).issuperset(text):
        return _plan(text, Encoding.GSM_7, lambda char: len(_SEPTETS[char]), 7)
    return _plan(text, Encoding.UCS_2, lambda char: 1 if char < "\U00010000" else 2, 16)


def _plan(text: str, encoding: Encoding, cost: Callable[[str], int], bits: int) -> Plan:
    single, each = OCTETS * 8 // bits, (OCTETS - CONCATENATION_OCTETS) * 8 // bits
    units = sum(map(cost, text))
    if units <= single:
        return Plan(encoding, (text,), units, units, single)
    found: list[str] = []
    start = used = 0
    for at, char in enumerate(text):
        wanted = cost(char)
        if used + wanted > each:
            found.append(text[start:at])
            start, used = at, 0
        used += wanted
    return Plan(encoding, (*found, text[start:]), units, used, each)


def cleaned(text: str) -> str:
    """Surrogates, which a widget may hand over, joined where they are a pair and U+FFFD where they stand alone."""
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def substitutes(text: str) -> str:
    """Plain quotes, dashes, spaces and dots in place of typographic ones; the user is asked first, always."""
    return text.translate(_PLAINER)


def encode(text: str, encoding: Encoding) -> bytes:
    """User data of one segment: a septet per octet with escapes, or UTF-16BE; errors.Malformed."""
    if encoding is Encoding.UCS_2:
        return cleaned(text).encode("utf-16-be")
    if not _GSM.issuperset(text):
        raise errors.Malformed("malformed", "not_gsm")
    return b"".join(_SEPTETS[char] for char in text)


def concatenation_header(reference: int, total: int, sequence: int) -> bytes:
    """The user data header of one part, its length first; the reference counts modulo 256."""
    if not 1 <= sequence <= total <= MOST_RECEIVED:
        raise errors.Broken("bad_part", f"{sequence} of {total}")
    return bytes((5, 0, 3, reference % 256, total, sequence))


def split_header(octets: bytes) -> UserData:
    """Part the user data header from what follows; errors.Malformed when its lengths lie."""
    end = octets[0] + 1 if octets else 1
    if end > len(octets):
        raise errors.Malformed("malformed", "bad_header")
    elements: list[tuple[int, bytes]] = []
    at = 1
    while at < end:
        if at + 2 > end or at + 2 + octets[at + 1] > end:
            raise errors.Malformed("malformed", "bad_header")
        elements.append((octets[at], octets[at + 2 : at + 2 + octets[at + 1]]))
        at += 2 + octets[at + 1]
    return UserData(tuple(elements), octets[end:])


def concatenation(elements: tuple[tuple[int, bytes], ...]) -> Concatenation | None:
    """The part a header names; the last element counts (23.040, 9.2.3.24), and one that contradicts itself does not."""
    for identifier, value in reversed(elements):
        if identifier == 0x00 and len(value) == 3:
            return part(8, value[0], value[1], value[2])
        if identifier == 0x08 and len(value) == 4:
            return part(16, int.from_bytes(value[:2], "big"), value[2], value[3])
    return None


def part(width: int, reference: int, total: int, sequence: int) -> Concatenation | None:
    """A part, or None for total 0, for a number past the total, and for a message that is whole in one part."""
    if not 1 <= sequence <= total <= MOST_RECEIVED or total == 1:
        return None
    return Concatenation(width, reference, total, sequence)


def alphabet_of(data_coding: int, default: Alphabet = Alphabet.GSM) -> Alphabet:
    """What a data_coding octet of SMPP 3.4 (5.2.19) or of 23.038 says; ``default`` is what the gateway means by 0."""
    named = {
        0x00: default,
        0x01: Alphabet.LATIN_1,  # IA5, which Latin-1 contains
        0x02: Alphabet.BINARY,
        0x03: Alphabet.LATIN_1,
        0x04: Alphabet.BINARY,
        0x05: Alphabet.SHIFT_JIS,
        0x06: Alphabet.CYRILLIC,
        0x07: Alphabet.HEBREW,
        0x08: Alphabet.UCS_2,
        0x0A: Alphabet.ISO_2022_JP,
        0x0E: Alphabet.EUC_KR,
    }
    if data_coding in named:
        return named[data_coding]
    if data_coding >> 4 == 0xF:  # message class
        return Alphabet.BINARY if data_coding & 0x04 else Alphabet.GSM
    if data_coding >> 4 == 0xE:  # message waiting
        return Alphabet.UCS_2
    if 0x10 <= data_coding < 0x40:  # general group with a message class
        return (Alphabet.GSM, Alphabet.BINARY, Alphabet.UCS_2, default)[data_coding >> 2 & 3]
    return default


def decode(octets: bytes, alphabet: Alphabet) -> str:
    """The text in all joined parts of one message; never raises, U+FFFD stands for what has no meaning.

    National shift tables (header elements 0x24 and 0x25) are not looked at: their letters come as those of the
    default table, which is how 23.038 (6.2.1.2.5) shows them on a phone without the table.
    """
    if alphabet is Alphabet.GSM:
        return _decode_septets(octets)
    if alphabet is Alphabet.BINARY:
        return "".join(chr(octet) if 0x20 <= octet < 0x7F or octet in b"\r\n" else "\ufffd" for octet in octets)
    return octets.decode(alphabet.value, "replace")


def _decode_septets(octets: bytes) -> str:
    found: list[str] = []
    escaped = False
    for octet in octets:
        if octet == _ESCAPE:
            if escaped:
                found.append(" ")  # an escape to a table nobody has defined
            escaped = not escaped
            continue
        plain = _BASIC[octet] if octet < len(_BASIC) else "\ufffd"
        found.append(_EXTENSION.get(octet, plain) if escaped else plain)
        escaped = False
    return "".join(found)
