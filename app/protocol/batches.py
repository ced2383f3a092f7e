"""What a frame is, and the careful way to read a message of them, one by one."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec

from app.common import errors
from app.protocol import bounds, limits

F = TypeVar("F")


class Frame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all frames."""


class Batch(NamedTuple, Generic[F]):
    """What one WebSocket message held: the good frames in order, and how many were unknown or malformed."""

    frames: Sequence[F]
    unknown: int = 0
    malformed: int = 0


_raw = msgspec.msgpack.Decoder(list[msgspec.Raw])
_int_decoder = msgspec.msgpack.Decoder(int)


def few(frames: list[F]) -> list[F]:
    """The same frames; errors.Malformed (``too_many_frames``) when one message holds more than it may."""
    if len(frames) > limits.FRAMES:
        raise errors.Malformed("too_many_frames")
    return frames


def one_by_one(data: bytes, decoder: "msgspec.msgpack.Decoder[F]", tags: frozenset[int]) -> Batch[F]:
    """The slow way, taken only when a message holds something that is not a frame of this version.

    ``tags`` are those of this version: what has one and does not fit is malformed, everything else is unknown.
    """
    try:
        parts = few(_raw.decode(data))
    except bounds.MISFITS as error:
        raise errors.Malformed("malformed") from error
    frames: list[F] = []
    unknown = malformed = 0
    for part in parts:
        try:
            frames.append(decoder.decode(part))
        except bounds.MISFITS:
            if _tag_of(part) in tags:
                malformed += 1
            else:
                unknown += 1
    return Batch(frames, unknown, malformed)


def _tag_of(part: msgspec.Raw) -> int:
    """The tag of a frame that could not be decoded, or -1."""
    try:
        fields = _raw.decode(part)
        return _int_decoder.decode(fields[0]) if fields else -1
    except bounds.MISFITS:
        return -1
