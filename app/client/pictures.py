"""Pictures on their way in and out: made to fit an MMS, taken from one, shown, and saved to a file."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Final

import msgspec

from app.client.routing import Routing
from app.client.sending import Beside
from app.common import errors
from app.content import base, catalog
from app.content.picture import KIND, NAME, Picture
from app.domain.delivery import Reason
from app.media import picture
from app.media.decoder import Decoder
from app.media.picture import Wanted
from app.protocol import limits, texts
from app.storage import messages, pictures
from app.storage.database import Database

WORDS: Final = 4 * limits.TEXT  # octets that are left for words, whatever is written
SUFFIXES: Final = {picture.JPEG: ".jpg", picture.PNG: ".png", picture.GIF: ".gif"}
PICTURE: Final = "picture"  # what one is called that has no name
UNKNOWN: Final = "application/octet-stream"
_BASES: Final = {"AUX", "CON", "NUL", "PRN", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


class Chosen(msgspec.Struct, frozen=True):
    """A picture that fits an MMS; ``stilled``: it moved, and does not any more."""

    beside: Beside
    width: int
    height: int
    moves: bool
    stilled: bool

    def content(self, words: str) -> Picture:
        """As it is sent, with these words."""
        beside = self.beside
        return Picture(beside.content_type, len(beside.octets), self.width, self.height, words, beside.name, self.moves)


class Pictures:
    """What the screen and the command line do with pictures."""

    def __init__(self, database: Database, routing: Routing, decoder: Decoder) -> None:
        self._database = database
        self._routing = routing
        self._decoder = decoder

    @property
    def refusal(self) -> Reason:
        """Why none can be sent: a gateway that takes none, or no gateway, and then only encrypted ones are left."""
        return Reason.NO_PICTURE_MESSAGE if self._routing.terms.available else Reason.PICTURE_ENCRYPTED

    async def choose(self, octets: bytes, name: str = "") -> Chosen:
        """Make one fit what the gateway takes. Raises errors.GiveUp with the reason."""
        terms = self._routing.terms
        kinds = tuple(kind for kind in picture.KINDS if kind in terms.mms_types)
        room = terms.mms_octets - min(WORDS, terms.mms_octets // 4)
        if not kinds or room <= 0:
            raise errors.GiveUp(self.refusal)
        found = await self._decoder.fit(octets, Wanted(room, kinds))
        stem = Path(base.one_line(name, NAME - 8)).stem or PICTURE
        beside = Beside(found.kind, stem + SUFFIXES[found.kind], found.thumbnail, found.octets)
        return Chosen(beside, found.width, found.height, found.frames > 1, found.stilled)

    async def open(self, path: Path) -> Chosen:
        """The same from a file."""
        return await self.choose(await asyncio.to_thread(_read, path), path.name)

    async def thumbnail(self, row: int) -> bytes:
        """A JPEG of ours, empty where there is none."""
        return await self._database.read(lambda view: pictures.thumbnail(view, row))

    async def stored(self, row: int) -> pictures.Stored:
        """Raises errors.GiveUp ``no_picture``."""
        found = await self._database.read(lambda view: pictures.get(view, row))
        if found is None:
            raise errors.GiveUp("no_picture")
        return found

    async def size(self, row: int) -> tuple[int, int]:
        """Pixels of the picture in a message, as it says; nothing of both for what is none."""
        message = await self._database.read(lambda view: messages.get(view, row))
        content = None if message is None else catalog.decode(message.kind, message.body, message.fallback)
        return (content.width, content.height) if isinstance(content, Picture) else (0, 0)

    async def frames(self, stored: pictures.Stored) -> picture.Frames:
        """What is painted of one; raises errors.GiveUp with the reason."""
        return await self._decoder.frames(stored.octets)

    async def save(self, row: int, path: Path, *, over: bool = False) -> None:
        """Into a file, in clear and as its owner wants it; raises GiveUp (``file_exists``, ``output_failed``)."""
        stored = await self.stored(row)
        await asyncio.to_thread(_write, path, stored.octets, over)


def file_name(stored: pictures.Stored) -> str:
    """What it could be called as a file: never a path, nothing hidden, and with the ending of what it is."""
    words = base.one_line(stored.name, 100).replace("/", " ").replace("\\", " ").replace(":", " ")
    words = "".join(each for each in words if each not in '<>"|?*').strip(" .")
    if stored.kind in SUFFIXES:
        words = (Path(words).stem or PICTURE) + SUFFIXES[stored.kind]
    if not words or words.partition(".")[0].upper() in _BASES:
        words = f"{PICTURE} {words}".strip()
    return words


async def incoming(decoder: Decoder, piece: texts.Media) -> tuple[Picture, Beside]:
    """A piece of an MMS as it is kept and shown, encoded anew; no words yet.

    What is no picture that can be read is kept as it came, and shown as a file.
    """
    name = base.one_line(piece.name, NAME)
    if piece.content_type.lower().startswith("image/"):
        with contextlib.suppress(errors.GiveUp):
            found = await decoder.fit(piece.octets, Wanted())
            moves = found.frames > 1
            shown = Picture(found.kind, len(found.octets), found.width, found.height, name=name, moves=moves)
            return shown, Beside(found.kind, name, found.thumbnail, found.octets)
    kind = base.one_line(piece.content_type, KIND) or UNKNOWN
    return Picture(kind, len(piece.octets), name=name), Beside(kind, name, b"", piece.octets)


def _read(path: Path) -> bytes:
    """Whole, or as much as shows that it is too large; never waiting for what is no file."""
    try:
        if not path.is_file():
            raise errors.GiveUp(Reason.FILE_GONE)
        with path.open("rb") as opened:
            return opened.read(picture.OCTETS + 1)
    except OSError as error:
        raise errors.GiveUp(Reason.FILE_GONE) from error


def _write(path: Path, octets: bytes, over: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | (os.O_TRUNC if over else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as opened:
            opened.write(octets)
    except FileExistsError as error:
        raise errors.GiveUp("file_exists") from error
    except OSError as error:
        raise errors.GiveUp("output_failed") from error
