"""The pictures of messages, and what else came with a text: one of a message, encrypted like everything here."""

from typing import ClassVar

from app.common.discreet import Discreet
from app.storage.record import Record
from app.storage.transaction import Tx, View


class Stored(Discreet, frozen=True):
    """``kind`` is a content type; ``thumbnail`` is a JPEG, empty for what cannot be shown."""

    _hidden: ClassVar = ("thumbnail", "octets")

    row: int
    kind: str
    name: str
    thumbnail: bytes
    octets: bytes


_RECORD = Record(Stored)


def put(tx: Tx, new: Stored) -> None:
    """With its message, in the same transaction."""
    tx.run(f"INSERT INTO pictures ({_RECORD.columns}) VALUES ({_RECORD.marks})", _RECORD.values(new))


def get(view: View, row: int) -> Stored | None:
    return _RECORD.of(view.row(f"SELECT {_RECORD.columns} FROM pictures WHERE row = ?", (row,)))


def thumbnail(view: View, row: int) -> bytes:
    """Empty where there is none."""
    return bytes(view.value("SELECT thumbnail FROM pictures WHERE row = ?", (row,)) or b"")
