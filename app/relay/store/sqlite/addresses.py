"""Codes, holdings and moves of addresses in SQLite."""

import hmac
from collections.abc import Awaitable, Callable, Iterable

from app.protocol import limits
from app.relay.moving import LOST, NOBODY, PROVED, Holding, Move, Note, State
from app.relay.store.addresses import Ask, Change, Line, Rule, Sent, Try
from app.relay.store.base import IN_SESSION
from app.relay.store.sqlite.connection import Connection, Value
from app.relay.store.sqlite.writer import Writer

_HELD = """
SELECT address.address, standing, address.since, ifnull(until, 0), moving.account,
    (SELECT account FROM account WHERE number = moving.account)
FROM address LEFT JOIN moving USING (hash) WHERE address.account = ? ORDER BY address.since, address.address
"""
_COMING = "SELECT address, since, until FROM moving WHERE account = ? ORDER BY since, address"
_NOTES = """
SELECT address, standing, at, (SELECT account FROM account WHERE number = other) FROM address_note
WHERE account = ? ORDER BY at, address
"""
_NOBODY_ID = bytes(32)


class SqliteAddresses:
    """The AddressStore over one file."""

    def __init__(self, writer: Writer, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader

    def lines(self, account: int, now: int) -> list[Line]:
        with self._reader:
            found = [_held(row, now) for row in self._reader.execute(_HELD, (account,))]
            for address, since, until in self._reader.execute(_COMING, (account,)):
                found.append(Line(address, "coming", since, until, b"", refusable=False))
            for address, standing, at, other in self._reader.execute(_NOTES, (account,)):
                found.append(Line(address, standing, at, 0, other or b"", refusable=False))
        return found

    def state(self, address: bytes) -> State:
        with self._reader:
            return _state(self._reader, address)

    def number_of(self, account: bytes) -> int | None:
        found = self._reader.execute("SELECT number FROM account WHERE account = ?", (account,)).fetchone()
        return None if found is None else found[0]

    def ask(self, asked: Ask, since: int, check: Callable[[Sent], None]) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            check(_sent(connection, asked, since))
            connection.execute(
                "INSERT INTO code_asked (address, prefix, network, account, at) VALUES (?, ?, ?, ?, ?)",
                (asked.address, asked.prefix, asked.network, asked.account, asked.at),
            )
            connection.execute(
                "INSERT OR REPLACE INTO code VALUES (?, ?, ?, ?, ?, 0)",
                (asked.address, asked.asker, asked.purpose, asked.digest, asked.expires),
            )

        return self._writer.call(work)

    def drop_code(self, address: bytes, asker: bytes, purpose: str) -> Awaitable[None]:
        return self._writer.call(lambda connection: _drop(connection, address, asker, purpose))

    def change(self, address: bytes, text: str, rule: Rule, code: Try | None = None) -> Awaitable[Change]:
        def work(connection: Connection) -> Change:
            before = _state(connection, address)
            if code is not None:
                outcome, tries = _try(connection, code)
                if outcome:
                    return Change(outcome, before, (), tries)
            after = rule(before)
            told = _write(connection, address, text, before, after)
            return Change(after.outcome, after, told, gone=_gone(connection, after.notes))

        return self._writer.call(work)

    def put_hidden(self, account: int, hidden: bool) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            connection.execute("UPDATE account SET hidden = ? WHERE number = ?", (hidden, account))

        return self._writer.call(work)

    def due(self, now: int, proved_before: int) -> list[tuple[bytes, str]]:
        sql = f"""SELECT hash, address FROM moving WHERE until <= ?
        UNION SELECT hash, address FROM address WHERE standing = '{PROVED}' AND since <= ?"""
        return [(hashed, text) for hashed, text in self._reader.execute(sql, (now, proved_before))]

    def sweep(self, codes_before: int, asked_before: int, notes_before: int) -> None:
        self._writer.later("DELETE FROM code WHERE expires < ?", (codes_before,))
        self._writer.later("DELETE FROM code_asked WHERE at < ?", (asked_before,))
        self._writer.later("DELETE FROM address_note WHERE at < ?", (notes_before,))


def _held(row: tuple[str, str, int, int, int | None, bytes | None], now: int) -> Line:
    address, standing, since, until, to, other = row
    if to is None:
        return Line(address, standing, since, 0, b"", refusable=False)
    refusable = State(Holding(0, standing, since)).refusable(now)
    return Line(address, "moving", since, until, _NOBODY_ID if to == NOBODY else other or b"", refusable)


def _state(connection: Connection, address: bytes) -> State:
    held = connection.execute("SELECT account, standing, since FROM address WHERE hash = ?", (address,)).fetchone()
    move = connection.execute("SELECT account, since, until FROM moving WHERE hash = ?", (address,)).fetchone()
    return State(Holding(*held) if held is not None else None, Move(*move) if move is not None else None)


def _sent(connection: Connection, asked: Ask, since: int) -> Sent:
    def count(what: str, value: Value) -> int:
        sql = f"SELECT count(*) FROM code_asked WHERE {what} = ? AND at > ?"
        return connection.execute(sql, (value, since)).fetchall()[0][0] if value else 0

    last = connection.execute("SELECT ifnull(max(at), 0) FROM code_asked WHERE address = ?", (asked.address,))
    in_all = connection.execute("SELECT count(*) FROM code_asked WHERE at > ?", (since,))
    return Sent(
        count("address", asked.address),
        last.fetchall()[0][0],
        count("prefix", asked.prefix),
        count("network", asked.network),
        count("account", asked.account),
        in_all.fetchall()[0][0],
    )


def _drop(connection: Connection, address: bytes, asker: bytes, purpose: str) -> None:
    sql = "DELETE FROM code WHERE address = ? AND asker = ? AND purpose = ?"
    connection.execute(sql, (address, asker, purpose))


def _try(connection: Connection, code: Try) -> tuple[str, int]:
    """Nothing for the right digits, which are used up; else what was wrong, and the tries left."""
    sql = "SELECT digest, expires, tries FROM code WHERE address = ? AND asker = ? AND purpose = ?"
    key = (code.address, code.asker, code.purpose)
    found = connection.execute(sql, key).fetchone()
    if found is None or found[1] <= code.now or found[2] >= limits.CODE_TRIES:
        return "expired", 0
    if hmac.compare_digest(found[0], code.digest):
        _drop(connection, *key)
        return "", 0
    sql = "UPDATE code SET tries = tries + 1 WHERE address = ? AND asker = ? AND purpose = ?"
    connection.execute(sql, key)
    return "wrong", limits.CODE_TRIES - found[2] - 1


def _write(connection: Connection, address: bytes, text: str, before: State, after: State) -> tuple[bytes, ...]:
    """What is different now, and whom that concerns."""
    if before.holding == after.holding and before.move == after.move:
        return ()
    _write_holding(connection, address, text, after.holding)
    connection.execute("DELETE FROM moving WHERE hash = ?", (address,))
    if after.move is not None:
        row = (address, text, after.move.account, after.move.since, after.move.until)
        connection.execute("INSERT INTO moving VALUES (?, ?, ?, ?, ?)", row)
    concerned: set[int] = set()
    for part in (before.holding, before.move, after.holding, after.move):
        if part is not None:
            concerned.add(part.account)
    for part in (after.holding, after.move):  # what is had again, or on its way, is not lost
        if part is not None:
            connection.execute("DELETE FROM address_note WHERE account = ? AND address = ?", (part.account, text))
    _write_notes(connection, text, after.notes)
    names = "SELECT account FROM account WHERE number = ?"
    found = (connection.execute(names, (number,)).fetchone() for number in sorted(concerned))
    return tuple(row[0] for row in found if row is not None)


def _gone(connection: Connection, notes: Iterable[Note]) -> tuple[bytes, ...]:
    """The accounts that lost their last address by this, and have no device there to say that they live."""
    sql = """UPDATE account SET gone = 1 WHERE number = ? AND seen < ?
    AND NOT EXISTS (SELECT 1 FROM address WHERE address.account = number) RETURNING account"""
    lost = [note.account for note in notes if note.standing == LOST]
    return tuple(name for number in lost for (name,) in connection.execute(sql, (number, IN_SESSION)).fetchall())


def _write_holding(connection: Connection, address: bytes, text: str, held: Holding | None) -> None:
    if held is None:
        connection.execute("DELETE FROM address WHERE hash = ?", (address,))
    else:
        row = (address, text, held.account, held.standing, held.since)
        connection.execute("INSERT OR REPLACE INTO address VALUES (?, ?, ?, ?, ?)", row)


def _write_notes(connection: Connection, text: str, notes: Iterable[Note]) -> None:
    for note in notes:
        row = (note.account, text, note.standing, note.other, note.at)
        connection.execute("INSERT OR REPLACE INTO address_note VALUES (?, ?, ?, ?, ?)", row)
