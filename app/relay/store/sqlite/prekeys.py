"""Prekeys in SQLite. A used one-time key leaves its name behind until it expires, so that it never comes back."""

from collections.abc import Awaitable, Sequence
from typing import Final

from app.protocol.devices import KeyKind
from app.relay.store.base import KeyCount, PrekeyRow
from app.relay.store.sqlite.connection import Connection
from app.relay.store.sqlite.writer import Writer

_POP: Final = """
SELECT number, item FROM prekey
WHERE device = ? AND kind = ? AND item IS NOT NULL AND expires > ? ORDER BY number LIMIT 1
"""
_ADD: Final = "INSERT INTO prekey (device, kind, key_id, expires, item) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_ONCE: Final = (KeyKind.ONE_TIME.value, KeyKind.PQ_ONE_TIME.value)


class SqlitePrekeys:
    """The Prekeys over one file."""

    def __init__(self, writer: Writer, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader

    def count(self, device: int) -> KeyCount:
        return _count(self._reader, device)

    def add(self, device: int, rows: Sequence[PrekeyRow]) -> Awaitable[KeyCount]:
        def work(connection: Connection) -> KeyCount:
            for row in rows:
                if row.kind not in _ONCE:
                    connection.execute("DELETE FROM prekey WHERE device = ? AND kind = ?", (device, row.kind))
                connection.execute(_ADD, (device, row.kind, row.key_id, row.expires, row.item))
            return _count(connection, device)

        return self._writer.call(work)

    def pop(self, devices: Sequence[int], now: int) -> Awaitable[list[tuple[bytes | None, bytes | None]]]:
        def work(connection: Connection) -> list[tuple[bytes | None, bytes | None]]:
            return [
                (
                    _pop(connection, device, KeyKind.ONE_TIME, KeyKind.FALLBACK, now),
                    _pop(connection, device, KeyKind.PQ_ONE_TIME, KeyKind.PQ_LAST_RESORT, now),
                )
                for device in devices
            ]

        return self._writer.call(work)

    def pop_pq(self, devices: Sequence[int], now: int) -> Awaitable[list[bytes | None]]:
        def work(connection: Connection) -> list[bytes | None]:
            once, otherwise = KeyKind.PQ_ONE_TIME, KeyKind.PQ_LAST_RESORT
            return [_pop(connection, device, once, otherwise, now) for device in devices]

        return self._writer.call(work)

    def sweep_prekeys(self, now: int) -> Awaitable[int]:
        def work(connection: Connection) -> int:
            connection.execute("DELETE FROM prekey WHERE expires < ?", (now,))
            return connection.changes()

        return self._writer.call(work)


def _count(connection: Connection, device: int) -> KeyCount:
    sql = "SELECT kind, count(*) FROM prekey WHERE device = ? AND item IS NOT NULL GROUP BY kind"
    counts = dict(connection.execute(sql, (device,)).fetchall())
    return KeyCount(counts.get(KeyKind.ONE_TIME.value, 0), counts.get(KeyKind.PQ_ONE_TIME.value, 0))


def _pop(connection: Connection, device: int, once: KeyKind, otherwise: KeyKind, now: int) -> bytes | None:
    found = connection.execute(_POP, (device, once.value, now)).fetchone()
    if found is not None:
        number, item = found
        connection.execute("UPDATE prekey SET item = NULL WHERE number = ?", (number,))
        return item
    found = connection.execute(_POP, (device, otherwise.value, now)).fetchone()
    return None if found is None else found[1]
