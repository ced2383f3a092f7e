"""Strict, bounded bytes <-> msgspec structures: the one door through which foreign content bytes come in."""

from typing import Final, TypeVar

import msgspec

from app.common import errors
from app.protocol import limits

S = TypeVar("S", bound=msgspec.Struct)

_encoder = msgspec.msgpack.Encoder()

# lead byte -> (bytes of the length field, bytes after it, children per counted unit); see the MessagePack specification
_SIZED: Final = {
    0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0),  # bin
    0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1),  # ext, with one byte of type
    0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0),  # str
}  # fmt: skip
_FIXED: Final = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8,
    0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17,
}  # fmt: skip
# lead byte -> how long its value is, for those that alone tell it: small integers, short strings, fixed sizes
_PLAIN: Final = [
    1 if lead < 0x80 or lead >= 0xE0 else 1 + (lead & 0x1F) if 0xA0 <= lead < 0xC0 else 1 + _FIXED.get(lead, -1)
    for lead in range(256)
]
_COUNTED: Final = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}  # array, map


def encode(value: msgspec.Struct) -> bytes:
    """Bytes of a structure; raises errors.Malformed (``not_text``) when a string is no valid Unicode."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError as error:
        raise errors.Malformed("not_text") from error


def decode(raw: bytes, form: type[S], most: int = limits.CONTENT) -> S:
    """A structure of type ``form`` from at most ``most`` bytes; anything else raises errors.Malformed.

    Fields that a newer version added at the end are skipped; nesting, number of values and trailing bytes are checked
    over all of it, the skipped part included.
    """
    if len(raw) > most:
        raise errors.Malformed("too_large")
    survey(raw)
    try:
        return msgspec.msgpack.decode(raw, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise errors.Malformed("malformed", form.__name__) from error


def survey(raw: bytes) -> None:
    """Check that ``raw`` is exactly one MessagePack value within the limits, before anything is built of it."""
    at, end, items = 0, len(raw), 0
    most, deepest = limits.VALUES, limits.NESTING
    left, around = 1, list[int]()  # how many values are still to come here, and behind each open array or map
    while left:
        if at >= end or items >= most:
            raise errors.Malformed("malformed", "truncated" if at >= end else "too many values")
        items += 1
        left -= 1
        size = _PLAIN[raw[at]]
        if size:  # most of what there is
            at += size
        else:
            at, children = _step(raw, at)
            if children:
                around.append(left)
                left = children
                if len(around) > deepest:
                    raise errors.Malformed("malformed", "nested too deep")
        while not left and around:
            left = around.pop()
    if at != end:
        raise errors.Malformed("malformed", "truncated" if at > end else "trailing bytes")


def _step(raw: bytes, at: int) -> tuple[int, int]:
    """Where the value at ``at``, no plain one, ends (its head, if it is a container), and how many lie inside it."""
    lead = raw[at]
    at += 1
    if lead < 0x90:
        return at, 2 * (lead & 0x0F)
    if lead < 0xA0:
        return at, lead & 0x0F
    if lead in _SIZED:
        width, more = _SIZED[lead]
        return at + width + more + int.from_bytes(raw[at : at + width], "big"), 0
    if lead in _COUNTED:
        width, per = _COUNTED[lead]
        return at + width, per * int.from_bytes(raw[at : at + width], "big")
    raise errors.Malformed("malformed", "reserved byte")  # 0xC1
