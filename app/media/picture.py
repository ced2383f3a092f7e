"""What is asked of a picture and what it becomes, with the limits of both sides of the decoding process."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from app.common import errors

OCTETS: Final = 64 * 1024 * 1024  # of a picture that is looked at
PIXELS: Final = 64_000_000  # decoded at once
FRAMES: Final = 256  # of one that moves
SIDE: Final = 4_096  # pixels of the longer side of what comes out
THUMBNAIL: Final = 480  # pixels of the longer side: the widest bubble at twice the resolution
SHOWN: Final = 16_000_000  # pixels of all frames of one that is looked at large
SHOWN_SIDE: Final = 2_560  # pixels of the longer side of each
SHORTEST: Final = 20  # milliseconds of a frame
LONGEST: Final = 60_000
SMALL: Final = 100_000  # octets up to which a drawing (PNG, GIF) stays one

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
GIF: Final = "image/gif"
KINDS: Final = (JPEG, PNG, GIF)  # what comes out

EMPTY: Final = "picture_empty"
UNREADABLE: Final = "picture_unreadable"
TOO_LARGE: Final = "picture_too_large"
DOES_NOT_FIT: Final = "picture_does_not_fit"
CODES: Final = (EMPTY, UNREADABLE, TOO_LARGE, DOES_NOT_FIT)


class Wanted(msgspec.Struct, frozen=True):
    """At most so many octets (0: no more than it has to have), as one of these kinds."""

    octets: int = 0
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True, slots=True)
class Picture:
    """Encoded anew, without anything but its pixels; the thumbnail is a JPEG of at most THUMBNAIL pixels.

    ``frames`` above 1: it moves. ``stilled``: it moved, and would not have fitted moving.
    """

    kind: str
    octets: bytes = field(repr=False)
    width: int
    height: int
    frames: int
    thumbnail: bytes = field(repr=False)
    stilled: bool = False

    def check(self, wanted: Wanted) -> "Picture":
        """The same; raises errors.GiveUp (``picture_unreadable``) for what no honest decoder answers."""
        fits = 0 < len(self.octets) <= (wanted.octets or OCTETS)
        sides = 0 < self.width <= SIDE and 0 < self.height <= SIDE
        looks = self.octets.startswith(_BEGINS.get(self.kind, b"\0none")) and self.thumbnail.startswith(_BEGINS[JPEG])
        if not (fits and sides and looks and self.kind in wanted.kinds and 0 < self.frames <= FRAMES):
            raise errors.GiveUp(UNREADABLE, "the decoder's answer is none")
        return self


@dataclass(frozen=True, slots=True)
class Frames:
    """A picture to be painted: of each frame its milliseconds and its pixels, row by row, four octets each.

    Red, green, blue, how dense; the first three multiplied by the last.
    """

    width: int
    height: int
    pauses: tuple[int, ...]
    pixels: tuple[bytes, ...] = field(repr=False)

    def check(self) -> "Frames":
        """The same; raises errors.GiveUp (``picture_unreadable``) for what no honest decoder answers."""
        size = self.width * self.height
        sides = 0 < self.width <= SHOWN_SIDE and 0 < self.height <= SHOWN_SIDE
        count = 0 < len(self.pixels) == len(self.pauses) <= FRAMES and size * len(self.pixels) <= SHOWN
        times = all(SHORTEST <= each <= LONGEST for each in self.pauses)
        if not (sides and count and times and all(len(each) == 4 * size for each in self.pixels)):
            raise errors.GiveUp(UNREADABLE, "the decoder's answer is none")
        return self


_BEGINS: Final = {JPEG: b"\xff\xd8\xff", PNG: b"\x89PNG\r\n\x1a\n", GIF: b"GIF8"}
