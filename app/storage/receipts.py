"""Receipts that are due but not yet sent, and those held back until their receiver is accepted."""

from collections.abc import Sequence

import msgspec

from app.storage.record import Record
from app.storage.transaction import Tx, View


class Receipt(msgspec.Struct, frozen=True):
    """``state`` ("delivered", "read") of ``message``, to be told to ``account``, its author, at ``due_at``."""

    account: bytes
    message: bytes
    state: str
    held: bool
    due_at: int


_RECORD = Record(Receipt)


def add(tx: Tx, account: bytes, message: bytes, state: str, due_at: int, *, held: bool = False) -> bool:
    """Once for each (account, message, state); False when it was there. A held one waits for `release`."""
    sql = "INSERT INTO receipts (account, message, state, held, due_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    return tx.run(sql, (account, message, state, held, due_at)) > 0


def due(view: View, now: int, limit: int = 1000) -> list[Receipt]:
    """Not held and due, the longest waiting first."""
    sql = f"SELECT {_RECORD.columns} FROM receipts WHERE held = 0 AND due_at <= ? ORDER BY due_at LIMIT ?"
    return _RECORD.all(view.rows(sql, (now, limit)))


def next_due_at(view: View) -> int | None:
    """When the next one is due; None without any."""
    found = view.value("SELECT min(due_at) FROM receipts WHERE held = 0")
    return None if found is None else int(found)


def release(tx: Tx, account: bytes, due_at: int) -> int:
    """The account was accepted: what was held back for it is due; how many."""
    return tx.run("UPDATE receipts SET held = 0, due_at = ? WHERE account = ? AND held = 1", (due_at, account))


def drop(tx: Tx, account: bytes, messages: Sequence[bytes], state: str) -> None:
    """They are on their way, in a job of their own, or a sibling device has sent them."""
    tx.run_each(
        "DELETE FROM receipts WHERE account = ? AND message = ? AND state = ?",
        [(account, message, state) for message in messages],
    )


def drop_all(tx: Tx, account: bytes) -> int:
    """Nothing more is told to that account (blocked)."""
    return tx.run("DELETE FROM receipts WHERE account = ?", (account,))
