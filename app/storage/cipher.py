"""Opens the encrypted database file (ChaCha20-Poly1305 pages under a raw key) and names what can be wrong with it."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, cast

import apsw

from app.common import errors

KEY_SIZE = 32
BUSY_MS = 5_000
CACHE_KIB = 4 * 1024  # of each connection: eight times as much won 3 ms of a jump, and filled as the store grew
WAL_PAGES = 4_000  # each page is written a second time when the log is folded in: let changes gather
WAL_LIMIT = 2 * WAL_PAGES * 4096
# Bytes 16 to 23 of the file stay readable (page size, versions, reserved bytes): they tell damage from a wrong key.
_HEADER = slice(16, 24)
_RESERVED = 32
_PAGE_SIZES = {512 << n for n in range(8)}

Row = tuple[Any, ...]
Values = Sequence[int | float | bytes | str | None]


class Cursor(Protocol):
    """What is used of an apsw cursor."""

    def fetchall(self) -> list[Row]: ...


class Connection(Protocol):
    """What is used of an apsw connection; its own stubs need a type that Python 3.11 does not have."""

    @property
    def in_transaction(self) -> bool: ...
    def execute(self, statements: str, bindings: Values | None = None, /) -> Cursor: ...
    def executemany(self, statements: str, sequenceofbindings: Iterable[Values], /) -> Cursor: ...
    def pragma(self, name: str, value: int | str | None = None, /) -> Any: ...
    def config(self, op: int, value: int, /) -> int: ...
    def changes(self) -> int: ...
    def last_insert_rowid(self) -> int: ...
    def set_busy_timeout(self, milliseconds: int, /) -> None: ...
    def set_wal_hook(self, hook: Callable[[Any, str, int], int], /) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> "Connection": ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool | None: ...


def open_database(path: Path, key: bytes, *, create: bool = True, reading: bool = False) -> Connection:
    """Open, or with ``create`` make, the database under a raw 32-byte key.

    Raises GiveUp ``missing`` and ``wrong_key``, Broken ``damaged`` and ``disk``.
    """
    if len(key) != KEY_SIZE:
        raise errors.Broken("wrong_key", f"a raw key has {KEY_SIZE} bytes")
    _prepare(path, create)
    try:
        connection = cast(Connection, apsw.Connection(str(path), apsw.SQLITE_OPEN_READWRITE))
        try:
            _configure(connection, key, reading)
        except apsw.Error:
            connection.close()
            raise
    except apsw.NotADBError as error:
        raise _wrong_key_or_damaged(path) from error
    except apsw.Error as error:
        raise translate(error) from error
    return connection


def _prepare(path: Path, create: bool) -> None:
    if path.exists():
        return
    if not create:
        raise errors.GiveUp("missing", "there is no database")
    # SQLite gives the log and its index the permissions of the main file, so only this one has to be made by hand.
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _configure(connection: Connection, key: bytes, reading: bool) -> None:
    # aes256cbc accepts a flipped byte silently and 'hexkey' runs a slow derivation over a key that is already random.
    connection.pragma("cipher", "chacha20")
    connection.pragma("key", f"raw:{key.hex()}")
    connection.set_busy_timeout(BUSY_MS)
    connection.pragma("temp_store", "memory")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    connection.pragma("journal_mode", "wal")
    # NORMAL would lose mail that was acknowledged to the relay when the power fails.
    connection.pragma("synchronous", "full")
    connection.pragma("foreign_keys", True)
    connection.pragma("trusted_schema", False)
    connection.pragma("wal_autocheckpoint", WAL_PAGES)
    connection.pragma("journal_size_limit", WAL_LIMIT)
    # Messages of many conversations touch pages all over the file, and each page read costs a decryption.
    connection.pragma("cache_size", -CACHE_KIB)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    if reading:
        connection.pragma("query_only", True)


def _wrong_key_or_damaged(path: Path) -> errors.KingfisherError:
    with path.open("rb") as file:
        header = file.read(100)[_HEADER]
    if len(header) < 8 or header[4] != _RESERVED:
        return errors.Broken("damaged", "the file header is not a database's")
    size = int.from_bytes(header[:2], "big")
    if (65_536 if size == 1 else size) not in _PAGE_SIZES:
        return errors.Broken("damaged", "the file header names no page size")
    return errors.GiveUp("wrong_key", "the first page does not open under this key")


def translate(error: apsw.Error) -> errors.KingfisherError:
    """The error of our own tree for one of SQLite's.

    Codes ``damaged``, ``disk_full``, ``disk``, ``busy``, ``constraint``, and ``database`` for the rest.
    """
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return errors.Broken("damaged", "a page of the database does not hold")
    if isinstance(error, apsw.FullError):
        return errors.AgainLater("disk_full")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return errors.AgainLater("busy", "another process holds the database")
    if isinstance(error, apsw.IOError | apsw.CantOpenError | apsw.ReadOnlyError | apsw.PermissionsError):
        return errors.Broken("disk", type(error).__name__)
    if isinstance(error, apsw.ConstraintError):
        return errors.Broken("constraint", str(error))
    return errors.Broken("database", f"{type(error).__name__}: {error}")


def ours(error: BaseException) -> BaseException:
    """What a piece of work raised, in a form that may leave this floor."""
    if isinstance(error, apsw.Error):
        translated = translate(error)
        translated.__cause__ = error
        return translated
    if isinstance(error, StopIteration):  # a future refuses to carry it
        return errors.Broken("database", "a work let a StopIteration escape")
    return error
