"""What was said about messages (reactions, edits, votes), and the shelf for those whose target is not here yet."""

from collections.abc import Sequence
from typing import ClassVar

from app.common.discreet import Discreet
from app.protocol import limits
from app.storage.record import Record, marks
from app.storage.transaction import Tx, View

PARKED_MS = 24 * 3600 * 1000


class NewAnnotation(Discreet, frozen=True):
    """Something said by ``author`` about the message in row ``target``; ``body`` as received."""

    _hidden: ClassVar = ("body",)

    target: int
    author: bytes
    message: bytes
    kind: str
    body: bytes
    ord: int
    sent_at: int
    received_at: int = 0
    digest: bytes = b""


class Annotation(NewAnnotation, frozen=True):
    """A stored one; ``annotation`` grows in the order of arrival."""

    annotation: int = 0


class Parked(Discreet, frozen=True):
    """An annotation whose target (author, message) is unknown as yet, in the conversation with that wire id."""

    _hidden: ClassVar = ("body",)

    target_author: bytes
    target_message: bytes
    wire: bytes
    author: bytes
    device: bytes
    message: bytes
    kind: str
    body: bytes
    ord: int
    sent_at: int
    received_at: int
    digest: bytes = b""


_NEW, _RECORD, _PARKED = Record(NewAnnotation), Record(Annotation), Record(Parked)
_OF_MESSAGE = f"SELECT {_RECORD.columns} FROM annotations WHERE target"


def insert(tx: Tx, new: NewAnnotation) -> bool:
    """Store it once; False when (author, message) is there already."""
    sql = f"INSERT INTO annotations ({_NEW.columns}) VALUES ({_NEW.marks}) ON CONFLICT (message, author) DO NOTHING"
    return tx.run(sql, _NEW.values(new)) > 0


def find(view: View, author: bytes, message: bytes) -> Annotation | None:
    sql = f"SELECT {_RECORD.columns} FROM annotations WHERE message = ? AND author = ?"
    return _RECORD.of(view.row(sql, (message, author)))


def of_rows(view: View, rows: Sequence[int]) -> dict[int, list[Annotation]]:
    """The annotations of each of those messages (at most 500), by (order, arrival)."""
    found: dict[int, list[Annotation]] = {row: [] for row in rows}
    for row in view.rows(f"{_OF_MESSAGE} IN ({marks(len(rows))}) ORDER BY target, ord, annotation", rows):
        found[row[0]].append(_RECORD.value(row))
    return found


def said(view: View, author: bytes, conversation: bytes, since: int, limit: int = 2_000) -> list[Annotation]:
    """What an author said in a conversation since that time (its own), the newest first."""
    sql = (
        f"SELECT {_RECORD.prefixed('a')} FROM annotations a JOIN messages m ON m.row = a.target "
        "WHERE a.author = ? AND a.sent_at >= ? AND m.conversation = ? ORDER BY a.annotation DESC LIMIT ?"
    )
    return _RECORD.all(view.rows(sql, (author, since, conversation, limit)))


def count(view: View, target: int, author: bytes, kind: str) -> int:
    sql = "SELECT count(*) FROM annotations WHERE target = ? AND author = ? AND kind = ?"
    return int(view.value(sql, (target, author, kind)))


def remove(tx: Tx, target: int, author: bytes, kind: str, keep: int = 0) -> int:
    """Drop one author's annotations of a kind, all but the newest ``keep``; how many went."""
    return tx.run(
        "DELETE FROM annotations WHERE annotation IN (SELECT annotation FROM annotations "
        "WHERE target = ? AND author = ? AND kind = ? ORDER BY ord DESC, annotation DESC LIMIT -1 OFFSET ?)",
        (target, author, kind, keep),
    )


def remove_all(tx: Tx, target: int) -> int:
    """Drop everything said about a message, as when it is retracted."""
    return tx.run("DELETE FROM annotations WHERE target = ?", (target,))


def park(tx: Tx, parked: Parked) -> bool:
    """Keep it for its target; False when it is there already or its author has 64 waiting."""
    waiting = tx.value("SELECT count(*) FROM parked WHERE author = ?", (parked.author,))
    if waiting >= limits.PARKED:
        return False
    sql = f"INSERT INTO parked ({_PARKED.columns}, parked_at) VALUES ({_PARKED.marks}, ?) ON CONFLICT DO NOTHING"
    tx.kept(Parked).clear()
    return tx.run(sql, (*_PARKED.values(parked), tx.now)) > 0


def take_parked(tx: Tx, target_author: bytes, target_message: bytes) -> list[Parked]:
    """Take from the shelf what waited for that message, in the order of arrival; nothing older than a day."""
    kept = tx.kept(Parked)
    if "empty" not in kept:  # nearly always it is
        kept["empty"] = tx.value("SELECT 1 FROM parked LIMIT 1") is None
    if kept["empty"]:
        return []
    where = "WHERE target_message = ? AND target_author = ?"
    if tx.value(f"SELECT 1 FROM parked {where} LIMIT 1", (target_message, target_author)) is None:
        return []
    sql = f"SELECT {_PARKED.columns} FROM parked {where} AND parked_at >= ? ORDER BY parked"
    rows = tx.rows(sql, (target_message, target_author, tx.now - PARKED_MS))
    tx.run(f"DELETE FROM parked {where}", (target_message, target_author))
    return _PARKED.all(rows)


def drop_parked(tx: Tx) -> int:
    """Clear away what has waited for more than a day; how many went."""
    return tx.run("DELETE FROM parked WHERE parked_at < ?", (tx.now - PARKED_MS,))
