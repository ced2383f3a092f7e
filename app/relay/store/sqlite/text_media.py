"""The pieces of MMS on their way out in SQLite: kept beside the words, out to be fetched for a while, erased."""

from collections.abc import Sequence
from typing import Final

from app.relay.store.sqlite.connection import Connection
from app.relay.store.texts import Piece

_COLUMNS: Final = "content_type, name, octets, token"
# With the words, unless they are out to be fetched: then with the last final state, since a gateway that has taken
# the message takes its pieces after that.
_DONE: Final = """
DELETE FROM text_media WHERE text = ?1
AND NOT EXISTS (SELECT 1 FROM text_item WHERE text = ?1 AND handed IN ('waiting', 'handing'))
AND (NOT until OR NOT EXISTS (
    SELECT 1 FROM text_item WHERE text = ?1 AND handed IN ('taken', 'unknown') AND NOT final))
"""
_OVER: Final = """
DELETE FROM text_media WHERE until AND until < ?
AND NOT EXISTS (SELECT 1 FROM text_item WHERE text = text_media.text AND handed IN ('waiting', 'handing'))
"""
_WAITING: Final = """
SELECT ifnull(sum(length(octets)), 0) FROM text_media JOIN text ON text_media.text = text.number WHERE account = ?
"""


class SqliteMedia:
    """The OutgoingMedia over one file."""

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def pieces(self, number: int) -> list[Piece]:
        sql = f"SELECT {_COLUMNS} FROM text_media WHERE text = ? ORDER BY sequence"
        return [Piece(*row) for row in self._reader.execute(sql, (number,))]

    def fetched(self, token: str, now: int) -> Piece | None:
        sql = f"SELECT {_COLUMNS} FROM text_media WHERE token = ? AND until >= ?"
        found = self._reader.execute(sql, (token, now)).fetchone()
        return Piece(*found) if found is not None else None


def add(connection: Connection, number: int, media: Sequence[Piece]) -> None:
    """Keep the pieces of this text."""
    sql = f"INSERT INTO text_media (text, sequence, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
    for sequence, piece in enumerate(media):
        connection.execute(sql, (number, sequence, piece.content_type, piece.name, piece.octets, piece.token))


def put_out(connection: Connection, number: int, until: int) -> None:
    """From now on they may be fetched."""
    connection.execute("UPDATE text_media SET until = ? WHERE text = ?", (until, number))


def erase(connection: Connection, number: int) -> None:
    connection.execute("DELETE FROM text_media WHERE text = ?", (number,))


def erase_done(connection: Connection, number: int) -> None:
    """If nobody needs them any more."""
    connection.execute(_DONE, (number,))


def sweep(connection: Connection, before: int, now: int) -> None:
    """Those whose time is over, and those of texts of before ``before``."""
    connection.execute("DELETE FROM text_media WHERE text IN (SELECT number FROM text WHERE at < ?)", (before,))
    connection.execute(_OVER, (now,))


def waiting(connection: Connection, account: bytes) -> int:
    """Octets that are kept of this account."""
    return connection.execute(_WAITING, (account,)).fetchall()[0][0]
