"""Mutations that know what they change: MessagePack trees, JSON trees, text, and plain bytes."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

Mutator = Callable[[random.Random, bytes, Sequence[bytes]], bytes]

LARGEST = 200_000  # bytes of one input

_encode = msgspec.msgpack.Encoder().encode

_NUMBERS = [-1, 0, 1, 2, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 2**16, 2**31, 2**32 - 1, 2**32]
_NUMBERS += [2**48 - 1, 2**48, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**31), -(2**63)]
_LENGTHS = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 512, 513, 1216, 1217, 8192, 8193, 65536, 65537]

# What a MessagePack encoder would never write.
_RAW = [
    b"\xa1\xff",  # text that is no UTF-8
    b"\xa3\xed\xa0\x80",  # half of a surrogate pair
    b"\xc1",  # reserved
    b"\xdd\xff\xff\xff\xff",  # an array of four thousand million
    b"\xdf\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x01",
    b"\x82\xa1a\x01\xa1a\x02",  # the same key twice
    b"\x81\xc0\x01",  # a key that is no text
    b"\x91" * 17 + b"\xc0",
    b"\x91" * 20_000 + b"\xc0",
    b"\x81\x01" * 2_000 + b"\xc0",
    b"\xca\x7f\xc0\x00\x00",  # not a number
    b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00",  # infinity
    b"\xd6\xff\x00\x00\x00\x00",  # a timestamp
    b"\xd3\x00\x00\x00\x00\x00\x00\x00\x01",  # one, the long way
]

_TEXTS = ["", " ", "\0", "\n", "\r\n", "\t", "\x7f", "\x85", "\ufeff", "\u202e", "\u2066", "\u200d", "\u2028", "\u00ad"]
_TEXTS += ["\u0130", "ß", "\u03c2", "İ", "\u0661", "\uff11", "\U0001f468\u200d\U0001f469", "e\u0301", "\u0345" * 8]
_TEXTS += ["a" * 64, "a" * 255, "@", "@@", "a@b", "+", "+1", "+49", ";ext=1", "tel:", "x@[::1]", "xn--", "xn--a", "."]
_TEXTS += ["..", "。", "-", "%", "%00", "%2e", "#", "##", "?", "/", "//", ":", ":99999", ":-1", "[", "]", "[::1]"]
_TEXTS += ["https://", "http://", "kingfisher:", "user:pass@", "localhost", "127.0.0.1", "\ud800", "\udcff", "𝟏", "½"]

_JSON = [None, True, False, 0, -1, 1.5, 1e999, 10**400, "", "\ud800", "x" * 2000, [], {}, [[]], {"": None}, [None] * 65]


def msgpack(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change values inside the tree; now and then, or when there is no tree, change the bytes."""
    if dice.random() < 0.15:
        return plain(dice, data, others)
    try:
        tree = msgspec.msgpack.decode(data)
    except (ValueError, RecursionError):
        return plain(dice, data, others)
    for _ in range(_few(dice)):
        tree = _changed(dice, tree, others)
    try:
        out = _encode(tree)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return plain(dice, data, others)
    if len(out) > LARGEST or dice.random() < 0.05:
        return plain(dice, out[:LARGEST], others)
    return out


def _changed(dice: random.Random, tree: Any, others: Sequence[bytes]) -> Any:
    """The tree with one place changed, found by walking down at random."""
    if isinstance(tree, list) and tree and dice.random() < 0.85:
        items: list[Any] = list(tree)
        at = dice.randrange(len(items))
        match dice.randrange(12):
            case 0:
                del items[at]
            case 1:
                items.insert(at, items[at])
            case 2:
                items[at:] = []
            case 3:
                items.append(_value(dice, others))
            case 4:
                other = dice.randrange(len(items))
                items[at], items[other] = items[other], items[at]
            case 5 if len(items) < 300:
                items *= dice.choice([2, 3, 9, 70]) if len(repr(items)) < 5_000 else 2
            case _:
                items[at] = _changed(dice, items[at], others)
        return items
    return _leaf(dice, tree, others)


def _leaf(dice: random.Random, value: Any, others: Sequence[bytes]) -> Any:
    if dice.random() < 0.25:
        return _value(dice, others)
    match value:
        case bool():
            return not value
        case int():
            near = [value + 1, value - 1, -value, value * 2, value ^ (1 << dice.randrange(48))]
            return dice.choice(near if dice.random() < 0.4 else _NUMBERS)
        case bytes():
            return _inner(dice, value, others)
        case str():
            return text(dice, value.encode("utf-8", "surrogatepass"), others).decode("utf-8", "replace")
        case dict():
            return {**value, dice.choice(_TEXTS).encode("utf-8", "replace").decode(): dice.choice(_NUMBERS)}
        case _:
            return _value(dice, others)


def _inner(dice: random.Random, value: bytes, others: Sequence[bytes]) -> bytes:
    """Bytes may be a tree of their own (signed bodies are), or just bytes of another length."""
    if value and 0x90 <= value[0] <= 0x9F and dice.random() < 0.7:
        return msgpack(dice, value, others)
    if dice.random() < 0.5:
        return bytes(dice.choice(_LENGTHS))
    return plain(dice, value, others)


def _value(dice: random.Random, others: Sequence[bytes]) -> Any:
    match dice.randrange(9):
        case 0 | 1:
            return dice.choice(_NUMBERS)
        case 2 | 3:
            return bytes(dice.choice(_LENGTHS))
        case 4:
            return "a" * dice.choice(_LENGTHS)
        case 5:
            return dice.choice([None, True, False, 1.5, [], {}, [[]], b"", ""])
        case 6 | 7:
            return msgspec.Raw(dice.choice(_RAW))
        case _:
            return msgspec.Raw(_part_of(dice, dice.choice(others))) if others else None


def _part_of(dice: random.Random, data: bytes) -> bytes:
    """A subtree of another input, as bytes."""
    try:
        tree = msgspec.msgpack.decode(data)
    except (ValueError, RecursionError):
        return b"\xc0"
    while isinstance(tree, list) and tree and dice.random() < 0.7:
        tree = dice.choice(tree)
    return _encode(tree)


def text(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change characters; inputs of text parsers are UTF-8 in which lone surrogates may stand."""
    words = data.decode("utf-8", "surrogateescape")
    for _ in range(_few(dice)):
        at = dice.randrange(len(words) + 1)
        to = min(len(words), at + dice.randrange(1, 9))
        match dice.randrange(8):
            case 0:
                words = words[:at] + words[to:]
            case 1 | 2:
                words = words[:at] + dice.choice(_TEXTS) + words[at:]
            case 3:
                words = words[:at] + dice.choice(_TEXTS) + words[to:]
            case 4:
                words = words[:at] + words[at:to] * dice.choice([2, 3, 40]) + words[to:]
            case 5:
                words = words[:at] + chr(dice.choice([dice.randrange(0x20, 0x7F), dice.randrange(0x3000)])) + words[at:]
            case 6:
                words = words[:at] + words[at:to].swapcase() + words[to:]
            case _ if others:
                other = dice.choice(others).decode("utf-8", "surrogateescape")
                words = words[:at] + other[dice.randrange(len(other) + 1) :]
            case _:
                words = words[:at]
    return words[:20_000].encode("utf-8", "surrogatepass")


def json_tree(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change values and names of a JSON object; else its bytes."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return plain(dice, data, others)
    if not isinstance(tree, dict) or not tree or dice.random() < 0.3:
        return plain(dice, data, others)
    for _ in range(_few(dice)):
        name = dice.choice(list(tree))
        value = tree[name]
        match dice.randrange(6):
            case 0:
                tree[dice.choice(_TEXTS)] = value
            case 1 if isinstance(value, list) and len(value) < 300:
                tree[name] = [*value, dice.choice(_JSON)] * dice.choice([1, 1, 70])
            case 2 if isinstance(value, str):
                changed = text(dice, value.encode("utf-8", "surrogatepass"), ())
                tree[name] = changed.decode("utf-8", "surrogatepass")
            case 3:
                tree[name] = [value]
            case _:
                tree[name] = dice.choice(_JSON)
    try:
        out = json.dumps(tree).encode()
    except (ValueError, RecursionError):
        return data
    return out if len(out) <= LARGEST else plain(dice, data, others)


def plain(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Flip, cut, repeat, overwrite and splice bytes."""
    out = bytearray(data)
    for _ in range(_few(dice)):
        at = dice.randrange(len(out) + 1)
        to = min(len(out), at + dice.randrange(1, 17))
        match dice.randrange(8):
            case 0 if at < len(out):
                out[at] ^= 1 << dice.randrange(8)
            case 1 if at < len(out):
                out[at] = dice.choice([0, 1, 0x7F, 0x80, 0x90, 0xC0, 0xC1, 0xC4, 0xC6, 0xDC, 0xDD, 0xDF, 0xFF])
            case 2:
                del out[at:]
            case 3:
                del out[at:to]
            case 4:
                out[at:at] = out[at:to] * dice.choice([1, 2, 50])
            case 5:
                out[at:at] = dice.choice(_RAW)
            case 6 if others:
                other = dice.choice(others)
                out[at:] = other[dice.randrange(len(other) + 1) :]
            case _:
                out[at:at] = dice.randbytes(dice.randrange(1, 9))
    return bytes(out[:LARGEST])


def _few(dice: random.Random) -> int:
    return dice.choice([1, 1, 1, 2, 2, 3, 5])
