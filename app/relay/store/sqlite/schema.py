"""The relay's file: how it is opened, its tables, and the steps from one version to the next."""

import os
from pathlib import Path
from typing import Final, cast

import apsw

from app.common import errors
from app.relay.store.sqlite.connection import Connection

BUSY_MS: Final = 10_000
CHECKPOINT_PAGES: Final = 4_000
CACHE_KIB: Final = 16_384

_V1 = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE boot (
    boot BLOB PRIMARY KEY, began INTEGER NOT NULL, first INTEGER NOT NULL, run INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE account (
    number INTEGER PRIMARY KEY, account BLOB NOT NULL UNIQUE, root_public BLOB NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0, freshness BLOB NOT NULL, created INTEGER NOT NULL
) STRICT;
CREATE TABLE address (
    hash BLOB PRIMARY KEY, address TEXT NOT NULL, account INTEGER NOT NULL, standing TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX address_account ON address (account);
CREATE TABLE list (
    account INTEGER NOT NULL, version INTEGER NOT NULL, digest BLOB NOT NULL, item BLOB NOT NULL,
    PRIMARY KEY (account, version)
) STRICT;
CREATE TABLE device (
    number INTEGER PRIMARY KEY, device BLOB NOT NULL UNIQUE, account INTEGER NOT NULL, listed INTEGER NOT NULL,
    counter INTEGER NOT NULL DEFAULT 0, start BLOB NOT NULL DEFAULT x''
) STRICT;
CREATE INDEX device_account ON device (account);
CREATE TABLE relation (
    owner INTEGER NOT NULL, other INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (owner, other)
) STRICT, WITHOUT ROWID;
CREATE TABLE lookup (
    account INTEGER NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE invite (
    hash BLOB PRIMARY KEY, inviter BLOB NOT NULL, expires INTEGER NOT NULL, used_by BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE prekey (
    number INTEGER PRIMARY KEY, device INTEGER NOT NULL, kind TEXT NOT NULL, key_id BLOB NOT NULL,
    expires INTEGER NOT NULL, item BLOB, UNIQUE (device, kind, key_id)
) STRICT;
CREATE TABLE mail (
    entry INTEGER PRIMARY KEY, device INTEGER NOT NULL, sender INTEGER NOT NULL, at INTEGER NOT NULL,
    size INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX mail_box ON mail (device, entry, sender, size);
CREATE TABLE submit (
    sender INTEGER NOT NULL, submit BLOB NOT NULL, account INTEGER NOT NULL, entry INTEGER NOT NULL,
    count INTEGER NOT NULL, at INTEGER NOT NULL, outcome INTEGER NOT NULL, PRIMARY KEY (sender, submit)
) STRICT, WITHOUT ROWID;
CREATE TABLE expired (
    sender INTEGER NOT NULL, submit BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (sender, submit)
) STRICT, WITHOUT ROWID;
"""

_STEPS: Final = (_V1,)


def open_file(path: Path) -> Connection:
    """A connection with the tables up to date. GiveUp ``newer_version`` when a later relay wrote the file."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    opened = apsw.Connection(str(path))
    opened.set_busy_timeout(BUSY_MS)
    connection = cast(Connection, opened)
    # FULL: NORMAL would lose mail that was acknowledged to its sender when the power fails.
    for setting in (
        "page_size = 4096",
        "journal_mode = WAL",
        "synchronous = FULL",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        f"cache_size = -{CACHE_KIB}",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {setting}").fetchall()
    _migrate(connection)
    return connection


def _migrate(connection: Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    version: int = connection.execute("PRAGMA user_version").fetchall()[0][0]
    if version > len(_STEPS):
        connection.execute("ROLLBACK")
        raise errors.GiveUp("newer_version", "a later relay wrote this store")
    for step in _STEPS[version:]:
        connection.execute(step)
    connection.execute(f"PRAGMA user_version = {len(_STEPS)}")
    connection.execute("COMMIT")
