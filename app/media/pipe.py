"""What goes through the pipes of the decoding process, in both directions."""

import json
from typing import Any, Final

from app.common import errors
from app.media import picture
from app.media.picture import Frames, Picture, Wanted

HEAD: Final = 4  # bytes of the length before a head
LONGEST_HEAD: Final = 65_536
LONGEST: Final = max(picture.OCTETS, 4 * picture.SHOWN) + 4 * LONGEST_HEAD + 1_000_000  # with a thumbnail and a head
MISFITS: Final = (ValueError, KeyError, TypeError, OverflowError, RecursionError)  # what a broken answer raises


def pack(head: dict[str, Any], *parts: bytes) -> bytes:
    """A head and the parts behind it, as they go through the pipe; the head names their sizes."""
    raw = json.dumps({**head, "sizes": [len(part) for part in parts]}).encode()
    return len(raw).to_bytes(HEAD) + raw + b"".join(parts)


def unpack(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The reverse of ``pack``; raises one of MISFITS for anything else."""
    size = int.from_bytes(data[:HEAD])
    if len(data) < HEAD or size > LONGEST_HEAD:
        raise ValueError("no head")
    head: Any = json.loads(data[HEAD : HEAD + size])
    at, parts = HEAD + size, list[bytes]()
    for each in head["sizes"]:
        length = int(each)
        if not 0 <= length <= len(data) - at:  # one that went back would copy the same bytes again and again
            raise ValueError("not whole")
        parts.append(data[at : at + length])
        at += length
    if at != len(data):
        raise ValueError("not whole")
    return head, parts


FRAMES: Final = "frames"  # in a head: the picture is to be painted, not fitted


def answered_frames(found: Frames) -> bytes:
    """What is answered for a picture that is looked at."""
    head = {"width": found.width, "height": found.height, "pauses": list(found.pauses)}
    return pack(head, *found.pixels)


def read_frames(data: bytes) -> Frames:
    """What came back, believed only as far as it is checked; raises errors.GiveUp with its code, or MISFITS."""
    head, parts = _unpack_answer(data)
    pauses = tuple(int(each) for each in head["pauses"])
    return Frames(int(head["width"]), int(head["height"]), pauses, tuple(parts)).check()


def _unpack_answer(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    head, parts = unpack(data)
    code = head.get("code")
    if code is not None:
        raise errors.GiveUp(code if code in picture.CODES else picture.UNREADABLE)
    return head, parts


def answered(found: Picture) -> bytes:
    """What is answered for a picture."""
    head = {
        "kind": found.kind,
        "width": found.width,
        "height": found.height,
        "frames": found.frames,
        "stilled": found.stilled,
    }
    return pack(head, found.octets, found.thumbnail)


def read_answer(data: bytes, wanted: Wanted) -> Picture:
    """What came back, believed only as far as it is checked; raises errors.GiveUp with its code, or MISFITS."""
    head, parts = _unpack_answer(data)
    octets, thumbnail = parts
    width, height, frames = (int(head[name]) for name in ("width", "height", "frames"))
    found = Picture(str(head["kind"]), octets, width, height, frames, thumbnail, head["stilled"] is True)
    return found.check(wanted)
