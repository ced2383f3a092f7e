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

_V2 = """
CREATE TABLE text (
    number INTEGER PRIMARY KEY, account BLOB NOT NULL, device INTEGER NOT NULL, submit BLOB NOT NULL,
    source TEXT NOT NULL, destination TEXT NOT NULL, gateway TEXT NOT NULL, alphabet TEXT NOT NULL,
    segments INTEGER NOT NULL, items INTEGER NOT NULL, at INTEGER NOT NULL, valid_until INTEGER NOT NULL,
    words TEXT NOT NULL, reference INTEGER NOT NULL, withdrawn INTEGER NOT NULL, reported BLOB NOT NULL,
    changes INTEGER NOT NULL, UNIQUE (device, submit)
) STRICT;
CREATE INDEX text_account ON text (account, at);
CREATE INDEX text_destination ON text (destination, at);
CREATE INDEX text_at ON text (at);
CREATE INDEX text_changed ON text (number) WHERE changes;
CREATE TABLE text_item (
    text INTEGER NOT NULL, sequence INTEGER NOT NULL, gateway TEXT NOT NULL, handed TEXT NOT NULL DEFAULT 'waiting',
    message_id TEXT NOT NULL DEFAULT '', billed INTEGER NOT NULL DEFAULT 0, price INTEGER NOT NULL DEFAULT -1,
    currency TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', receipt TEXT NOT NULL DEFAULT '',
    final INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (text, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX text_item_receipted ON text_item (gateway, message_id) WHERE message_id != '';
CREATE INDEX text_item_open ON text_item (handed) WHERE handed != 'taken';
CREATE TABLE text_receipt (
    gateway TEXT NOT NULL, message_id TEXT NOT NULL, state TEXT NOT NULL, final INTEGER NOT NULL,
    network_error TEXT NOT NULL, done_at INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (gateway, message_id, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE text_reference (destination TEXT PRIMARY KEY, reference INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE text_source (
    account BLOB NOT NULL, peer TEXT NOT NULL, ours TEXT NOT NULL, since INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (account, peer)
) STRICT, WITHOUT ROWID;
CREATE INDEX text_source_ours ON text_source (ours, peer, at);
CREATE TABLE text_block (
    peer TEXT NOT NULL, ours TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (peer, ours)
) STRICT, WITHOUT ROWID;
CREATE TABLE text_set (
    number INTEGER PRIMARY KEY, key BLOB NOT NULL, id BLOB NOT NULL, gateway TEXT NOT NULL, source TEXT NOT NULL,
    destination TEXT NOT NULL, total INTEGER NOT NULL, at INTEGER NOT NULL, answered INTEGER NOT NULL,
    media BLOB NOT NULL, done INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX text_set_key ON text_set (key);
CREATE INDEX text_set_open ON text_set (at) WHERE NOT done;
CREATE TABLE text_part (
    part_set INTEGER NOT NULL, sequence INTEGER NOT NULL, octets BLOB NOT NULL, digest BLOB NOT NULL,
    alphabet TEXT NOT NULL, PRIMARY KEY (part_set, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE text_link (
    gateway TEXT PRIMARY KEY, state TEXT NOT NULL, detail TEXT NOT NULL, since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

_V3 = """
CREATE TABLE code (
    address BLOB NOT NULL, asker BLOB NOT NULL, purpose TEXT NOT NULL, digest BLOB NOT NULL, expires INTEGER NOT NULL,
    tries INTEGER NOT NULL, PRIMARY KEY (address, asker, purpose)
) STRICT, WITHOUT ROWID;
CREATE TABLE code_asked (
    number INTEGER PRIMARY KEY, address BLOB NOT NULL, prefix BLOB NOT NULL, network BLOB NOT NULL,
    account INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX code_asked_at ON code_asked (at);
CREATE INDEX code_asked_address ON code_asked (address, at);
CREATE TABLE moving (
    hash BLOB PRIMARY KEY, address TEXT NOT NULL, account INTEGER NOT NULL, since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX moving_account ON moving (account);
CREATE INDEX moving_until ON moving (until);
CREATE INDEX address_proved ON address (since) WHERE standing = 'proved';
CREATE TABLE address_note (
    account INTEGER NOT NULL, address TEXT NOT NULL, standing TEXT NOT NULL, other INTEGER NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (account, address)
) STRICT, WITHOUT ROWID;
"""

_V4 = """
ALTER TABLE text ADD COLUMN mms INTEGER NOT NULL DEFAULT 0;
CREATE TABLE text_media (
    number INTEGER PRIMARY KEY, text INTEGER NOT NULL, sequence INTEGER NOT NULL, content_type TEXT NOT NULL,
    name TEXT NOT NULL, token TEXT NOT NULL UNIQUE, until INTEGER NOT NULL DEFAULT 0, octets BLOB NOT NULL
) STRICT;
CREATE INDEX text_media_text ON text_media (text);
"""

_V5 = """
ALTER TABLE account ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
"""

_V6 = """
ALTER TABLE text_set ADD COLUMN segments INTEGER NOT NULL DEFAULT 0;
"""

_V7 = """
ALTER TABLE account ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
"""

_STEPS: Final = (_V1, _V2, _V3, _V4, _V5, _V6, _V7)


_DAMAGED: Final = (apsw.NotADBError, apsw.CorruptError)
_REFUSED: Final = (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.IOError, apsw.FullError)


def open_file(path: Path) -> Connection:
    """A connection with the tables up to date.

    GiveUp ``newer_version`` when a later relay wrote the file, ``damaged_store`` when it is no database (any more), and
    ``unusable_folder`` when the system does not let it be read and written.
    """
    try:
        connection = _opened(path)
        _migrate(connection)
    except _DAMAGED as error:
        raise errors.GiveUp("damaged_store", f"{type(error).__name__}: {path}") from error
    except (OSError, *_REFUSED) as error:
        raise errors.GiveUp("unusable_folder", f"{type(error).__name__}: {path}") from error
    return connection


def _opened(path: Path) -> Connection:
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
