"""Opens the relay's file and puts the parts of the engine together; keeps what the relay knows of its own life."""

import json
import secrets
from asyncio import Future
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from app.common import ids
from app.relay.store import base, lifetime, local
from app.relay.store.sqlite import addresses, directory, mail, prekeys, schema, text_media, text_parts, texts
from app.relay.store.sqlite.connection import Connection
from app.relay.store.sqlite.writer import Writer
from app.relay.store.texts import TextStore

FILE: Final = "relay.db"
BLOCK_BITS: Final = 32  # each start of the relay begins a new block of entries, so that no number comes twice


class SqliteLifetime:
    """The Lifetime over one file."""

    def __init__(self, writer: Writer, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader

    async def begin(self, now: int, oldest: int) -> lifetime.State:
        return await self._writer.call(lambda connection: _begin(connection, now, oldest))

    def secret(self) -> Awaitable[bytes]:
        return self._writer.call(_secret)

    def add_boot(self, boot: lifetime.Boot, oldest: int) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            connection.execute("DELETE FROM boot WHERE began < ?", (oldest,))
            connection.execute("INSERT INTO boot VALUES (?, ?, ?, ?)", boot)

        return self._writer.call(work)

    def remember_urls(self, urls: Sequence[str]) -> Awaitable[None]:
        return self._writer.call(lambda connection: _set(connection, "urls", json.dumps(list(urls))))

    def urls(self) -> tuple[str, ...]:
        found = self._reader.execute("SELECT value FROM meta WHERE name = 'urls'").fetchone()
        return () if found is None else tuple(json.loads(found[0]))

    def check(self) -> list[str]:
        found = [line for (line,) in self._reader.execute("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else found

    def flush(self) -> Future[None]:
        return self._writer.call(lambda connection: None)

    async def close(self, seen: int | None) -> None:
        def work(connection: Connection) -> None:
            if seen is not None:
                connection.execute("UPDATE account SET seen = ? WHERE seen >= ?", (seen, base.IN_SESSION))
                _set(connection, "clean", 1)

        await self._writer.close(work)
        self._reader.close()


def _set(connection: Connection, name: str, value: int | str | bytes) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _get(connection: Connection, name: str) -> int | bytes | str | None:
    found = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if found is None else found[0]


def _begin(connection: Connection, now: int, oldest: int) -> lifetime.State:
    first = _next_block(connection)
    _set(connection, "entries", first)
    run = _number(connection, "run")
    if not _number(connection, "clean"):
        run += 1
        _set(connection, "run", run)
    _set(connection, "clean", 0)
    connection.execute("DELETE FROM boot WHERE began < ?", (oldest,))
    if connection.execute("SELECT 1 FROM boot WHERE run = ?", (run,)).fetchone() is None:
        connection.execute("INSERT INTO boot VALUES (?, ?, ?, ?)", (ids.random_id(), now, first, run))
    # Whoever was connected when the relay died may have been handed anything up to here.
    connection.execute("UPDATE account SET seen = ? WHERE seen >= ?", (first - 1, base.IN_SESSION))
    boots = connection.execute("SELECT boot, began, first, run FROM boot ORDER BY run, began").fetchall()
    return lifetime.State(tuple(lifetime.Boot(*boot) for boot in boots), first, _secret(connection))


def _next_block(connection: Connection) -> int:
    highest = _number(connection, "entries")
    for sql in ("SELECT ifnull(max(entry), 0) FROM mail", "SELECT ifnull(max(entry), 0) FROM submit"):
        highest = max(highest, connection.execute(sql).fetchall()[0][0])
    return ((highest >> BLOCK_BITS) + 1) << BLOCK_BITS


def _number(connection: Connection, name: str) -> int:
    found = _get(connection, name)
    return found if isinstance(found, int) else 0


def _secret(connection: Connection) -> bytes:
    """The key under which addresses are hashed; made once."""
    found = _get(connection, "secret")
    if isinstance(found, bytes):
        return found
    made = secrets.token_bytes(32)
    _set(connection, "secret", made)
    return made


def open_store(folder: Path, failed: Callable[[BaseException], None]) -> base.Store:
    """Open or make the store in ``folder``, on the running loop; ``failed`` is told when a commit fails.

    GiveUp ``newer_version``, ``damaged_store``, ``unusable_folder``.
    """
    path = folder / FILE
    connection = schema.open_file(path)
    reader = schema.open_file(path)
    writer = Writer(connection, failed)
    return base.Store(
        mail.SqliteMail(writer, reader),
        directory.SqliteDirectory(writer, reader),
        prekeys.SqlitePrekeys(writer, reader),
        SqliteLifetime(writer, reader),
        local.LocalEphemeral(),
        TextStore(
            texts.SqliteOutgoing(writer, reader),
            text_media.SqliteMedia(reader),
            text_parts.SqliteIncoming(writer, reader),
            text_parts.SqliteNumbers(writer, reader),
        ),
        addresses.SqliteAddresses(writer, reader),
    )
