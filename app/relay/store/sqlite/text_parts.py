"""Texts from phones in SQLite, part by part, and which of our numbers is seen by whom."""

import hashlib
from collections.abc import Awaitable
from typing import Final

from app.protocol import limits
from app.relay.store.sqlite.connection import Connection
from app.relay.store.sqlite.writer import Writer
from app.relay.store.texts import Part, PartSet, exact_id

REPEATS: Final = limits.HOUR  # how long after a text was done the gateway may bring it again


class SqliteIncoming:
    """The IncomingTexts over one file."""

    def __init__(self, writer: Writer, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader

    def add(self, part: Part, id: bytes, bound_at: int) -> Awaitable[int]:
        return self._writer.call(lambda connection: _add(connection, part, id, bound_at))

    def part_set(self, number: int) -> PartSet | None:
        with self._reader:
            sql = (
                "SELECT number, id, gateway, source, destination, total, at, answered, media, segments FROM text_set "
                "WHERE number = ? AND NOT done"
            )
            found = self._reader.execute(sql, (number,)).fetchone()
            if found is None:
                return None
            sql = "SELECT sequence, octets, alphabet FROM text_part WHERE part_set = ? ORDER BY sequence"
            parts = tuple(self._reader.execute(sql, (number,)).fetchall())
        number, id, gateway, source, destination, total, at, answered, media, counted = found
        return PartSet(number, id, gateway, source, destination, total, at, bool(answered), media, counted, parts)

    def open_sets(self) -> list[int]:
        return [number for (number,) in self._reader.execute("SELECT number FROM text_set WHERE NOT done ORDER BY at")]

    def keep_media(self, number: int, media: bytes) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            connection.execute("UPDATE text_set SET media = ? WHERE number = ? AND NOT done", (media, number))

        return self._writer.call(work)

    def finish(self, number: int, now: int) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            connection.execute("UPDATE text_set SET done = ?, media = x'' WHERE number = ?", (now, number))
            connection.execute("UPDATE text_part SET octets = x'' WHERE part_set = ?", (number,))

        return self._writer.call(work)

    def sweep(self, before: int, exact_before: int) -> Awaitable[int]:
        return self._writer.call(lambda connection: _sweep(connection, before, exact_before))


def _sweep(connection: Connection, before: int, exact_before: int) -> int:
    """An exact set keeps its key alone, and no total, which no other set lacks."""
    old = "FROM text_set WHERE done AND done < ? AND total"
    connection.execute(f"DELETE FROM text_part WHERE part_set IN (SELECT number {old})", (before,))
    for number, key, id in connection.execute(f"SELECT number, key, id {old}", (before,)).fetchall():
        bare = "UPDATE text_set SET source = '', destination = '', total = 0 WHERE number = ?"
        connection.execute(bare if id == exact_id(key) else "DELETE FROM text_set WHERE number = ?", (number,))
    gone = connection.execute("DELETE FROM text_set WHERE done AND done < ? RETURNING number", (exact_before,))
    return len(gone.fetchall())


def _add(connection: Connection, part: Part, id: bytes, bound_at: int) -> int:
    digest = hashlib.sha256(part.octets).digest()
    sql = "SELECT number, done, at FROM text_set WHERE key = ? ORDER BY number DESC LIMIT 1"
    found = connection.execute(sql, (part.key,)).fetchone()
    if found is not None:
        number, done, began = found
        if part.exact and done:
            return number
        sql = "SELECT digest FROM text_part WHERE part_set = ? AND sequence = ?"
        there = connection.execute(sql, (number, part.sequence)).fetchone()
        if there is None and not done:
            _add_part(connection, number, part, digest)
            return number
        if there is not None and there[0] == digest and _is_repeat(part, done, began, bound_at):
            return number
    sql = """INSERT INTO text_set (key, id, gateway, source, destination, total, at, answered, media, segments)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number"""
    values = (part.key, id, part.gateway, part.source, part.destination, part.total, part.at, int(part.answered))
    number = connection.execute(sql, (*values, part.media, part.segments)).fetchall()[0][0]
    _add_part(connection, number, part, digest)
    return number


def _is_repeat(part: Part, done: int, began: int, bound_at: int) -> bool:
    """The same octets in the same place. A person may well write the same again, a gateway does so for a reason."""
    if part.exact:
        return True
    over_another_link = (
        began < bound_at
    )  # when it was done says nothing: a relay that was killed does so after the bind
    if done:
        return over_another_link and part.at - done < REPEATS
    return part.total > 1 or over_another_link


def _add_part(connection: Connection, number: int, part: Part, digest: bytes) -> None:
    sql = "INSERT INTO text_part VALUES (?, ?, ?, ?, ?)"
    connection.execute(sql, (number, part.sequence, part.octets, digest, part.alphabet))


class SqliteNumbers:
    """The TextNumbers over one file."""

    def __init__(self, writer: Writer, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader

    def source_of(self, account: bytes, peer: str) -> str:
        sql = "SELECT ours FROM text_source WHERE account = ? AND peer = ?"
        found = self._reader.execute(sql, (account, peer)).fetchone()
        return "" if found is None else found[0]

    def holders(self, ours: str, peer: str) -> list[bytes]:
        sql = "SELECT account FROM text_source WHERE ours = ? AND peer = ? ORDER BY at DESC"
        return [account for (account,) in self._reader.execute(sql, (ours, peer))]

    def blocked(self, peer: str) -> frozenset[str]:
        sql = "SELECT ours FROM text_block WHERE peer = ?"
        return frozenset(ours for (ours,) in self._reader.execute(sql, (peer,)))

    def block(self, ours: str, peer: str, now: int) -> Awaitable[bool]:
        def work(connection: Connection) -> bool:
            connection.execute("INSERT OR IGNORE INTO text_block VALUES (?, ?, ?)", (peer, ours, now))
            return connection.changes() == 1

        return self._writer.call(work)

    def unblock(self, ours: str, peer: str) -> Awaitable[bool]:
        def work(connection: Connection) -> bool:
            connection.execute("DELETE FROM text_block WHERE peer = ? AND ours = ?", (peer, ours))
            return connection.changes() == 1

        return self._writer.call(work)

    def note_link(self, gateway: str, state: str, detail: str, now: int) -> None:
        self._writer.later("INSERT OR REPLACE INTO text_link VALUES (?, ?, ?, ?)", (gateway, state, detail, now))

    def links(self) -> list[tuple[str, str, str, int]]:
        sql = "SELECT gateway, state, detail, since FROM text_link ORDER BY gateway"
        return [(gateway, state, detail, since) for gateway, state, detail, since in self._reader.execute(sql)]
