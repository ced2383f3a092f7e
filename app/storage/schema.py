"""The tables, as numbered migrations that only go forward; a database remembers the last one in its user_version."""

from app.common import errors
from app.storage.cipher import Connection

# A column never changes its meaning and an id is never used twice. Times are milliseconds since 1970 (UTC), flags are
# 0 or 1; an empty blob or text means "none" where NULL is not needed to keep a column unique or to point at nothing.

_OWN_AND_PEOPLE = """
CREATE TABLE own (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    account BLOB NOT NULL, root_public BLOB NOT NULL, device BLOB NOT NULL, device_seed BLOB NOT NULL,
    name TEXT NOT NULL DEFAULT '', address TEXT NOT NULL DEFAULT '',
    relay BLOB NOT NULL DEFAULT x'', relay_urls BLOB NOT NULL DEFAULT x'', relay_key BLOB NOT NULL DEFAULT x'',
    recovery_code TEXT,
    registered INTEGER NOT NULL DEFAULT 0, rich TEXT NOT NULL DEFAULT 'on',
    start_counter INTEGER NOT NULL DEFAULT 0, start_random BLOB NOT NULL DEFAULT x'',
    keys BLOB NOT NULL DEFAULT x'', chain BLOB NOT NULL DEFAULT x'', freshness BLOB NOT NULL DEFAULT x'',
    clock_offset INTEGER NOT NULL DEFAULT 0, joined_by BLOB NOT NULL DEFAULT x'', created INTEGER NOT NULL
) STRICT;
CREATE TABLE people (
    person BLOB PRIMARY KEY, account BLOB UNIQUE, name TEXT NOT NULL DEFAULT '',
    claimed_name TEXT NOT NULL DEFAULT '', claimed_address TEXT NOT NULL DEFAULT '',
    relation TEXT NOT NULL DEFAULT 'stranger' CHECK (relation IN ('stranger', 'accepted', 'blocked')),
    verified INTEGER NOT NULL DEFAULT 0, rich TEXT NOT NULL DEFAULT 'unknown', ever_rich INTEGER NOT NULL DEFAULT 0,
    list_epoch INTEGER NOT NULL DEFAULT 0, list_version INTEGER NOT NULL DEFAULT 0,
    list_hash BLOB NOT NULL DEFAULT x'', chain BLOB NOT NULL DEFAULT x'', freshness BLOB NOT NULL DEFAULT x'',
    checked_at INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE addresses (
    address TEXT PRIMARY KEY, person BLOB NOT NULL REFERENCES people (person) ON DELETE CASCADE,
    state TEXT NOT NULL DEFAULT 'unknown', checked_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE merged (
    source BLOB PRIMARY KEY, target BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_of_person ON addresses (person);
"""

_KEYS = """
CREATE TABLE pairs (
    account BLOB NOT NULL, device BLOB NOT NULL, state BLOB NOT NULL DEFAULT x'',
    removed INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX pairs_of_device ON pairs (device);
CREATE TABLE seen (
    device BLOB NOT NULL, submit BLOB NOT NULL, digest BLOB NOT NULL, account BLOB NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (device, submit)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_by_time ON seen (at);
CREATE TABLE sequences (
    device BLOB NOT NULL, wire BLOB NOT NULL, highest INTEGER NOT NULL DEFAULT 0, holes BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (device, wire)
) STRICT, WITHOUT ROWID;
"""

_CONVERSATIONS = """
CREATE TABLE conversations (
    conversation BLOB PRIMARY KEY, wire BLOB UNIQUE, person BLOB REFERENCES people (person),
    title TEXT NOT NULL DEFAULT '', muted_until INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0,
    archived INTEGER NOT NULL DEFAULT 0, bearer TEXT NOT NULL DEFAULT 'automatic',
    draft TEXT NOT NULL DEFAULT '', draft_reply INTEGER NOT NULL DEFAULT 0, draft_at INTEGER NOT NULL DEFAULT 0,
    active_at INTEGER NOT NULL DEFAULT 0, last_order INTEGER NOT NULL DEFAULT 0,
    last_message INTEGER NOT NULL DEFAULT 0, out_sequence INTEGER NOT NULL DEFAULT 0,
    read_order INTEGER NOT NULL DEFAULT 0, read_message BLOB NOT NULL DEFAULT x'',
    marked_unread INTEGER NOT NULL DEFAULT 0, receipts INTEGER NOT NULL DEFAULT 1, typing INTEGER NOT NULL DEFAULT 1,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_listed ON conversations (archived, pinned DESC, active_at DESC, conversation);
CREATE INDEX conversations_of_person ON conversations (person);
"""

_MESSAGES = """
CREATE TABLE messages (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation BLOB NOT NULL REFERENCES conversations (conversation),
    message BLOB NOT NULL, author BLOB NOT NULL, device BLOB NOT NULL, outgoing INTEGER NOT NULL DEFAULT 0,
    countable INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL, body BLOB NOT NULL DEFAULT x'', fallback TEXT NOT NULL DEFAULT '',
    name_claim TEXT NOT NULL DEFAULT '', ord INTEGER NOT NULL, sequence INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL DEFAULT 0, stored_at INTEGER NOT NULL,
    digest BLOB NOT NULL DEFAULT x'', bearer TEXT NOT NULL DEFAULT 'rich',
    status TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
    edited INTEGER NOT NULL DEFAULT 0, retracted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (message, author)
) STRICT;
CREATE INDEX messages_in_order ON messages (conversation, ord, message, row, countable);
CREATE INDEX messages_by_sequence ON messages (conversation, device, sequence)
    WHERE outgoing = 1 AND sequence > 0;
CREATE TABLE recipients (
    row INTEGER NOT NULL REFERENCES messages (row) ON DELETE CASCADE,
    person BLOB NOT NULL, account BLOB NOT NULL DEFAULT x'', address TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'queued', reason TEXT NOT NULL DEFAULT '',
    attempt INTEGER NOT NULL DEFAULT 0, submit BLOB NOT NULL DEFAULT x'', devices BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (row, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_sending ON recipients (row) WHERE status = 'sending';
CREATE INDEX recipients_by_submit ON recipients (submit) WHERE submit <> x'';
CREATE TABLE steps (
    row INTEGER NOT NULL REFERENCES messages (row) ON DELETE CASCADE, person BLOB NOT NULL, event TEXT NOT NULL,
    first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (row, person, event)
) STRICT, WITHOUT ROWID;
CREATE TABLE annotations (
    annotation INTEGER PRIMARY KEY AUTOINCREMENT, target INTEGER NOT NULL REFERENCES messages (row) ON DELETE CASCADE,
    author BLOB NOT NULL, message BLOB NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL DEFAULT x'',
    ord INTEGER NOT NULL DEFAULT 0, sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL DEFAULT 0,
    digest BLOB NOT NULL DEFAULT x'',
    UNIQUE (message, author)
) STRICT;
CREATE INDEX annotations_of_message ON annotations (target, annotation);
CREATE TABLE parked (
    parked INTEGER PRIMARY KEY AUTOINCREMENT,
    target_author BLOB NOT NULL, target_message BLOB NOT NULL, wire BLOB NOT NULL,
    author BLOB NOT NULL, device BLOB NOT NULL, message BLOB NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
    ord INTEGER NOT NULL DEFAULT 0, sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL,
    digest BLOB NOT NULL DEFAULT x'', parked_at INTEGER NOT NULL,
    UNIQUE (message, author)
) STRICT;
CREATE INDEX parked_for_target ON parked (target_message, target_author);
CREATE INDEX parked_by_author ON parked (author);
"""

_OUTBOX = """
CREATE TABLE jobs (
    job INTEGER PRIMARY KEY AUTOINCREMENT, lane BLOB NOT NULL,
    row INTEGER REFERENCES messages (row) ON DELETE CASCADE,
    message BLOB NOT NULL, person BLOB NOT NULL DEFAULT x'', account BLOB NOT NULL DEFAULT x'',
    kind TEXT NOT NULL, payload BLOB NOT NULL DEFAULT x'', visible INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sealed', 'consent', 'failed')),
    consented INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0, submit BLOB NOT NULL DEFAULT x'',
    boot BLOB NOT NULL DEFAULT x'', sealed BLOB NOT NULL DEFAULT x'', content_key BLOB NOT NULL DEFAULT x'',
    skipped BLOB NOT NULL DEFAULT x'', created INTEGER NOT NULL, due_at INTEGER NOT NULL DEFAULT 0,
    attempted INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
    connected_tries_since INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX jobs_in_lane ON jobs (state, lane, job, due_at);
CREATE INDEX jobs_of_message ON jobs (row);
CREATE INDEX jobs_by_submit ON jobs (submit) WHERE submit <> x'';
CREATE TABLE receipts (
    account BLOB NOT NULL, message BLOB NOT NULL, state TEXT NOT NULL,
    held INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL,
    PRIMARY KEY (account, message, state)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_due ON receipts (held, due_at);
CREATE TABLE repeats (
    repeat INTEGER PRIMARY KEY AUTOINCREMENT, direction TEXT NOT NULL, account BLOB NOT NULL, device BLOB NOT NULL,
    subject BLOB NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX repeats_of_account ON repeats (account, direction, at);
"""

_REST = """
CREATE TABLE notices (
    notice INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, code TEXT NOT NULL, alarm INTEGER NOT NULL DEFAULT 0,
    account BLOB NOT NULL DEFAULT x'', device BLOB NOT NULL DEFAULT x'', detail BLOB NOT NULL DEFAULT x'',
    at INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1, settled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX notices_open ON notices (kind, code, account, device) WHERE settled = 0;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
    day INTEGER NOT NULL, network TEXT NOT NULL, conversation BLOB NOT NULL, kind TEXT NOT NULL,
    bytes INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, network, conversation, kind)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5 (
    words, content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
"""

_PLACES = """
CREATE TABLE places (
    name TEXT PRIMARY KEY, conversation BLOB NOT NULL REFERENCES conversations (conversation) ON DELETE CASCADE,
    row INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
"""

# Prices of texts are in minor units of a currency as the plan has them; those the gateway named are in millionths.
_TEXTS = """
ALTER TABLE jobs ADD COLUMN wish TEXT NOT NULL DEFAULT 'auto';
ALTER TABLE jobs ADD COLUMN agreed_segments INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN agreed_price INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN way TEXT NOT NULL DEFAULT '';
ALTER TABLE recipients ADD COLUMN boot BLOB NOT NULL DEFAULT x'';
CREATE TABLE plan (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    kind TEXT NOT NULL, allowance INTEGER NOT NULL, start_day INTEGER NOT NULL, when_used_up TEXT NOT NULL,
    price INTEGER NOT NULL, mms_price INTEGER NOT NULL, currency TEXT NOT NULL, incoming_counts INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger (
    submit BLOB PRIMARY KEY, message BLOB NOT NULL, peer TEXT NOT NULL, outgoing INTEGER NOT NULL, at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'released')),
    segments INTEGER NOT NULL, over INTEGER NOT NULL DEFAULT 0, each INTEGER NOT NULL DEFAULT 0,
    currency TEXT NOT NULL DEFAULT '', billed INTEGER NOT NULL DEFAULT -1, billed_currency TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_by_time ON ledger (at);
CREATE TABLE routes (
    row INTEGER NOT NULL REFERENCES messages (row) ON DELETE CASCADE, person BLOB NOT NULL,
    at INTEGER NOT NULL, capability TEXT NOT NULL, asked_at INTEGER NOT NULL, bearer TEXT NOT NULL, why TEXT NOT NULL,
    policy TEXT NOT NULL, ever_rich INTEGER NOT NULL, yes INTEGER NOT NULL,
    segments INTEGER NOT NULL DEFAULT 0, price INTEGER NOT NULL DEFAULT 0, currency TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (row, person)
) STRICT, WITHOUT ROWID;
"""

# The account's addresses as the relay said last, and those for which a code was asked or is still to be asked.
_ADDRESSES = """
CREATE TABLE own_addresses (
    address TEXT PRIMARY KEY, standing TEXT NOT NULL DEFAULT '', since INTEGER NOT NULL DEFAULT 0,
    until INTEGER NOT NULL DEFAULT 0, other BLOB NOT NULL DEFAULT x'', refusable INTEGER NOT NULL DEFAULT 0,
    asked_at INTEGER NOT NULL DEFAULT 0, failed TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
"""

# What waits or was not delivered, without reading all that was.
_UNSENT = """
CREATE INDEX messages_unsent ON messages (row) WHERE outgoing = 1 AND status IN ('queued', 'sending', 'failed');
"""

# What lies beside a message's words, encoded anew by the decoder. The thumbnail stands first: to read a column behind a
# large one, all of that is read.
_PICTURES = """
CREATE TABLE pictures (
    row INTEGER NOT NULL UNIQUE REFERENCES messages (row) ON DELETE CASCADE,
    kind TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', thumbnail BLOB NOT NULL DEFAULT x'', octets BLOB NOT NULL
) STRICT;
ALTER TABLE ledger ADD COLUMN mms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE routes ADD COLUMN mms INTEGER NOT NULL DEFAULT 0;
"""

# What counts as unread behind a position, without reading what does not: all of one's own messages, perhaps.
_COUNTABLE = """
CREATE INDEX messages_countable ON messages (conversation, ord, message, row, countable) WHERE countable;
"""

MIGRATIONS: tuple[str, ...] = (
    _OWN_AND_PEOPLE + _KEYS + _CONVERSATIONS + _MESSAGES + _OUTBOX + _REST,
    _PLACES,
    _TEXTS,
    _ADDRESSES,
    _UNSENT,
    _PICTURES,
    _COUNTABLE,
)


def migrate(connection: Connection, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Apply what is missing, each step in a transaction of its own; raises GiveUp ``newer_version``."""
    done = int(connection.pragma("user_version"))
    if done > len(migrations):
        raise errors.GiveUp("newer_version", f"tables of version {done}, known are {len(migrations)}")
    for number, script in enumerate(migrations[done:], done + 1):
        with connection:
            connection.execute(script)
            connection.pragma("user_version", number)
