"""The account's addresses: as the relay said last, and those that wait for a code."""

import msgspec

from app.storage.record import Record
from app.storage.transaction import Tx, View


class OwnAddress(msgspec.Struct, frozen=True):
    """``standing``, ``since``, ``until``, ``other`` and ``refusable`` as in proofs.Held; "" before the relay has it.

    ``asked_at`` is when a code was asked for, 0: none is expected; ``failed`` is the code of why none is any more.
    """

    address: str
    standing: str = ""
    since: int = 0
    until: int = 0
    other: bytes = b""
    refusable: bool = False
    asked_at: int = 0
    failed: str = ""


_RECORD = Record(OwnAddress)


def all_of(view: View) -> list[OwnAddress]:
    """Those the relay has first, each group as old as it stands."""
    return _RECORD.all(view.rows(f"SELECT {_RECORD.columns} FROM own_addresses ORDER BY standing = '', since, address"))


def get(view: View, address: str) -> OwnAddress | None:
    return _RECORD.of(view.row(f"SELECT {_RECORD.columns} FROM own_addresses WHERE address = ?", (address,)))


def put(tx: Tx, row: OwnAddress) -> None:
    tx.run(f"INSERT OR REPLACE INTO own_addresses ({_RECORD.columns}) VALUES ({_RECORD.marks})", _RECORD.values(row))


def remove(tx: Tx, address: str) -> None:
    tx.run("DELETE FROM own_addresses WHERE address = ?", (address,))
