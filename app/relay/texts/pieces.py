"""The pieces of an MMS from a phone: kept until they are sealed, and a line for each that is missing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.common import errors
from app.protocol import limits, texts
from app.relay.texts.base import MmsPart, Refused

MEDIA: Final = 1_800 * limits.KIB  # octets of one MMS that reach a device, all pieces together
URL: Final = limits.TEXT_RECEIVED // limits.TEXT_MEDIA - 1  # characters of an address

Fetch = Callable[[MmsPart, int], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Kept:
    """One piece. With ``url`` it is still to be fetched; with neither that nor octets it is not to be had."""

    content_type: str
    name: str = field(repr=False)
    octets: bytes = field(repr=False)
    url: str = field(default="", repr=False)


def encode(kept: Sequence[Kept]) -> bytes:
    """For the store: as a body whose words are the addresses, one in a line."""
    found = tuple(texts.Media(piece.content_type, piece.name, piece.octets) for piece in kept)
    urls = "\n".join(piece.url for piece in kept)
    return texts.encode(texts.TextBody("", "", urls, 0, media=found)) if kept else b""


def decode(data: bytes) -> list[Kept]:
    """The reverse; nothing for no bytes."""
    if not data:
        return []
    body = texts.decode(data)
    pairs = zip(body.media, body.text.split("\n"), strict=True)
    return [Kept(piece.content_type, piece.name, piece.octets, url) for piece, url in pairs]


def of(media: Sequence[MmsPart]) -> list[Kept]:
    """As a gateway brings them; octets that are too many are not kept."""
    kept: list[Kept] = []
    left = MEDIA
    for piece in media[: limits.TEXT_MEDIA]:
        octets = piece.octets if len(piece.octets) <= left else b""
        left -= len(octets)
        url = piece.url if not piece.octets and "\n" not in piece.url and len(piece.url) <= URL else ""
        kept.append(Kept(piece.content_type[:64], piece.name[:255], octets, url))
    return kept


def pending(kept: Sequence[Kept]) -> bool:
    """Whether one is still to be fetched."""
    return any(piece.url for piece in kept)


async def fetched(kept: Sequence[Kept], fetch: Fetch, *, last: bool) -> list[Kept]:
    """Try each that is missing; what cannot be had now is not to be had at all if this is the ``last`` try."""
    done: list[Kept] = []
    left = MEDIA - sum(len(piece.octets) for piece in kept)
    for piece in kept:
        octets, url = piece.octets, piece.url
        if url:
            try:
                octets = await fetch(MmsPart(piece.content_type, piece.name, url=url), left)
                url = ""
            except Refused:
                url = ""
            except errors.AgainLater:
                url = "" if last else url
            left -= len(octets)
        done.append(Kept(piece.content_type, piece.name, octets, url))
    return done


def media(kept: Sequence[Kept]) -> tuple[texts.Media, ...]:
    """Those that are here."""
    return tuple(texts.Media(piece.content_type, piece.name, piece.octets) for piece in kept if piece.octets)


def lines(kept: Sequence[Kept]) -> list[str]:
    """For each of the others, that there was one and what it was."""
    return [f"[MMS: {piece.content_type or '?'}]" for piece in kept if not piece.octets]
