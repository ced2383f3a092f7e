"""Marked words and secret bytes, and how they are found again in files, memory and on the wire, however written."""

import base64
import binascii
import itertools
import os
import secrets
import stat
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

LETTERS = "bcdfghjkmnpqrstvwxz"  # no vowels: no word of any language, and nobody's name
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")
WINDOW = 16  # bytes of a key that are as bad as all of it


class Family:
    """Words that begin with the same twelve random letters, so that all of them are found by one search."""

    def __init__(self) -> None:
        self.stem = "".join(secrets.choice(LETTERS) for _ in range(12))
        self.words: dict[str, str] = {}

    def word(self, what: str) -> str:
        """The word for this place; the same one each time."""
        if what not in self.words:
            self.words[what] = self.stem + what + "".join(secrets.choice(LETTERS) for _ in range(8))
        return self.words[what]

    def traces(self, data: bytes) -> list[str]:
        """Every word of the family in ``data``, in the form and at the place it was found; few of each form."""
        found: list[str] = []
        for form, needle in self.needles.items():
            for at in itertools.islice(places(data, needle), 5):
                found.append(f"{form} at {at}: {data[at : at + 80]!r}")
        return found

    @property
    def needles(self) -> dict[str, bytes]:
        """What to look for: the stem in every encoding and case, and written out as letters of another kind."""
        found: dict[str, bytes] = {}
        for case in (self.stem, self.stem.capitalize(), self.stem.upper()):
            found |= {f"{encoding} of {case}": case.encode(encoding).strip(b"\0") for encoding in ENCODINGS}
        for encoding in ENCODINGS[:2]:
            found |= {f"{form} of {encoding}": needle for form, needle in written(self.stem.encode(encoding)).items()}
        return found


def forms_of_key(key: bytes) -> dict[str, bytes]:
    """A key raw and written out."""
    return {"raw": key, **written(key)}


def written(data: bytes) -> dict[str, bytes]:
    """Bytes as letters: hex, and base64 at each of the three places in its groups, without what touches neighbours."""
    found = {"hex": binascii.hexlify(data), "HEX": binascii.hexlify(data).upper()}
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + data)
        # The first characters hold bits of what stands before, the last of what follows.
        inner = whole[(0, 2, 3)[shift] : (shift + len(data)) * 8 // 6]
        found[f"base64/{shift}"] = inner
        other = inner.replace(b"+", b"-").replace(b"/", b"_")
        if other != inner:
            found[f"base64url/{shift}"] = other
    return found


def places(data: bytes, needle: bytes) -> Iterator[int]:
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)


def keys_in(data: bytes, keys: Mapping[str, bytes]) -> list[str]:
    """The names of keys that are in ``data``, raw or written out."""
    return [
        f"{name} ({form})" for name, key in keys.items() for form, needle in forms_of_key(key).items() if needle in data
    ]


def pieces_in(data: bytes, blobs: Mapping[str, bytes]) -> list[str]:
    """The names of blobs of which any 31 bytes in a row are in ``data``, wherever they lie."""
    windows = {(blob[at : at + WINDOW],): name for name, blob in blobs.items() for at in range(len(blob) - WINDOW + 1)}
    whole = memoryview(data)[: len(data) // WINDOW * WINDOW]
    aligned = struct.iter_unpack(f"{WINDOW}s", whole)  # memories are long: nothing of this loop is run as Python
    return sorted({windows[piece] for piece in filter(windows.__contains__, aligned)})


def files_under(*folders: Path) -> dict[Path, bytes]:
    """What every file there holds now; sockets have no bytes of their own."""
    found: dict[Path, bytes] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if stat.S_ISREG(path.lstat().st_mode):
                found[path] = path.read_bytes()
    return found


def names_under(*folders: Path) -> Iterable[bytes]:
    """The names of all files and folders there."""
    return [os.fsencode(path.name) for folder in folders for path in folder.rglob("*")]


def memory_of(pid: int) -> bytes:
    """Everything a process can have written into its memory: all it may write to, one region after another."""
    parts: list[bytes] = []
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            where, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, _, end = where.partition("-")
            parts.append(_region(memory.fileno(), int(start, 16), int(end, 16)))
    return b"\0".join(parts)


def _region(memory: int, start: int, end: int) -> bytes:
    """What is there; a page nobody has touched, or that has just gone, is empty."""
    parts: list[bytes] = []
    step = 1 << 16
    for at in range(start, end, step):
        try:
            part = os.pread(memory, min(step, end - at), at)
        except OSError:
            break
        if part.count(0) < len(part):  # most of what is reserved was never written to
            parts.append(part)
    return b"".join(parts)
