"""Accounts, addresses, chains, relations and invites in SQLite. Plain addresses are in one column of one table."""

from collections.abc import Awaitable, Iterator, Sequence

from app.common import errors
from app.protocol import frames, limits
from app.relay.store.base import IN_SESSION, Chain, ListChange, Registration, Relation, StoredAccount, StoredDevice
from app.relay.store.sqlite.connection import Connection
from app.relay.store.sqlite.writer import Writer

_ACCOUNT = """
SELECT number, account, root_public, seen, gone, hidden,
    (SELECT item FROM list WHERE list.account = number ORDER BY version DESC LIMIT 1)
FROM account WHERE account = ?
"""
_DEVICES = "SELECT number, device, counter, start FROM device WHERE account = ? AND listed ORDER BY number"
_LIST_DEVICE = """
INSERT INTO device (device, account, listed) VALUES (?, ?, 1) ON CONFLICT (device) DO UPDATE SET listed = 1
"""


class SqliteDirectory:
    """The Directory over one file."""

    def __init__(self, writer: Writer, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader

    def account(self, account: bytes) -> StoredAccount | None:
        with self._reader:
            found = self._reader.execute(_ACCOUNT, (account,)).fetchone()
            if found is None:
                return None
            number, name, root_public, seen, gone, hidden, head = found
            devices = _devices(self._reader, number)
            return StoredAccount(number, name, root_public, head, seen, devices, bool(gone), bool(hidden))

    def owner_of(self, device: bytes) -> bytes | None:
        sql = "SELECT account.account FROM device JOIN account ON account.number = device.account WHERE device = ?"
        found = self._reader.execute(sql, (device,)).fetchone()
        return None if found is None else found[0]

    def find(self, address_hash: bytes) -> Chain | None:
        sql = "SELECT account, standing FROM address WHERE hash = ?"
        found = self._reader.execute(sql, (address_hash,)).fetchone()
        return None if found is None else self._chain(found[0], found[1])

    def chain(self, account: bytes) -> Chain | None:
        found = self._reader.execute("SELECT number, gone FROM account WHERE account = ?", (account,)).fetchone()
        return None if found is None else self._chain(found[0], frames.GONE if found[1] else "")

    def _chain(self, number: int, standing: str) -> Chain:
        with self._reader:
            sql = "SELECT account, freshness FROM account WHERE number = ?"
            account, freshness = self._reader.execute(sql, (number,)).fetchall()[0]
            sql = "SELECT item FROM list WHERE account = ? ORDER BY version"
            lists = tuple(item for (item,) in self._reader.execute(sql, (number,)))
        return Chain(account, lists, freshness, standing)

    def relations(self, owner: int) -> dict[int, int]:
        return dict(self._reader.execute("SELECT other, state FROM relation WHERE owner = ?", (owner,)).fetchall())

    def joined_by(self, inviter: bytes, since: int) -> list[tuple[bytes, str]]:
        sql = "SELECT used_by FROM invite WHERE inviter = ? AND used_by NOT NULL AND expires > ? ORDER BY hash LIMIT ?"
        found = self._reader.execute(sql, (inviter, since, limits.WATCHED)).fetchall()
        return [(account, self.address_of(account)) for (account,) in found]

    def address_of(self, account: bytes) -> str:
        sql = "SELECT min(address) FROM address WHERE account = (SELECT number FROM account WHERE account = ?)"
        return self._reader.execute(sql, (account,)).fetchall()[0][0] or ""

    def proved_numbers(self, account: bytes) -> list[str]:
        sql = """SELECT address FROM address JOIN account ON account.number = address.account
        WHERE account.account = ? AND standing = 'proved' AND address LIKE '+%' ORDER BY address.since"""
        return [number for (number,) in self._reader.execute(sql, (account,))]

    def everyone(self) -> Iterator[tuple[bytes, list[str]]]:
        sql = "SELECT address FROM address WHERE account = ? ORDER BY address"
        for number, account in self._reader.execute("SELECT number, account FROM account ORDER BY number").fetchall():
            yield account, [address for (address,) in self._reader.execute(sql, (number,))]

    def looked_up(self, account: int, since: int) -> dict[bytes, int]:
        sql = "SELECT hash, at FROM lookup WHERE account = ? AND at >= ?"
        return dict(self._reader.execute(sql, (account, since)).fetchall())

    def register(self, wish: Registration) -> Awaitable[tuple[bytes, bytes]]:
        return self._writer.call(lambda connection: _register(connection, wish))

    def put_list(self, change: ListChange) -> Awaitable[tuple[StoredDevice, ...]]:
        return self._writer.call(lambda connection: _put_list(connection, change))

    def put_freshness(self, account: int, item: bytes) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            connection.execute("UPDATE account SET freshness = ? WHERE number = ?", (item, account))

        return self._writer.call(work)

    def begin_session(self, account: int, device: int, counter: int, start: bytes) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            connection.execute("UPDATE device SET counter = ?, start = ? WHERE number = ?", (counter, start, device))
            connection.execute("UPDATE account SET seen = ?, gone = 0 WHERE number = ?", (IN_SESSION, account))

        return self._writer.call(work)

    def end_session(self, account: int, seen: int) -> None:
        self._writer.later("UPDATE account SET seen = ? WHERE number = ?", (seen, account))

    def relate(self, owner: int, other: int, state: int) -> None:
        if state == Relation.NONE:
            self._writer.later("DELETE FROM relation WHERE owner = ? AND other = ?", (owner, other))
        else:
            self._writer.later("INSERT OR REPLACE INTO relation VALUES (?, ?, ?)", (owner, other, state))

    def add_lookup(self, account: int, address_hash: bytes, now: int) -> None:
        self._writer.later("INSERT OR REPLACE INTO lookup VALUES (?, ?, ?)", (account, address_hash, now))

    def sweep_lookups(self, before: int) -> None:
        self._writer.later("DELETE FROM lookup WHERE at < ?", (before,))

    def sweep_invites(self, before: int) -> None:
        self._writer.later("DELETE FROM invite WHERE expires < ?", (before,))

    def add_invite(self, invite_hash: bytes, inviter: bytes, expires: int) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            connection.execute("INSERT INTO invite VALUES (?, ?, ?, NULL)", (invite_hash, inviter, expires))

        return self._writer.call(work)


def _devices(connection: Connection, account: int) -> tuple[StoredDevice, ...]:
    return tuple(StoredDevice(*found) for found in connection.execute(_DEVICES, (account,)))


def _register(connection: Connection, wish: Registration) -> tuple[bytes, bytes]:
    sql = "SELECT account.account FROM address JOIN account ON number = address.account WHERE hash = ?"
    holder = connection.execute(sql, (wish.address_hash,)).fetchone()
    if holder is not None and holder[0] == wish.account:
        return _inviter(connection, wish), _first_list(connection, wish.account)
    inviter = _use_invite(connection, wish) if wish.invite_hash else b""
    if holder is not None:
        raise errors.GiveUp("taken")
    connection.execute(
        "INSERT INTO account (account, root_public, freshness, created) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (wish.account, wish.root_public, wish.freshness, wish.now),
    )
    number = _number(connection, wish.account)
    if connection.execute("SELECT 1 FROM list WHERE account = ?", (number,)).fetchone() is None:
        connection.execute(
            "INSERT INTO list VALUES (?, ?, ?, ?)", (number, wish.version, wish.list_digest, wish.first_list)
        )
        _add_devices(connection, number, wish.devices)
    connection.execute(
        "INSERT INTO address VALUES (?, ?, ?, ?, ?)",
        (wish.address_hash, wish.address, number, wish.standing, wish.now),
    )
    if inviter:
        _join(connection, number, inviter)
    return inviter, _first_list(connection, wish.account)


def _inviter(connection: Connection, wish: Registration) -> bytes:
    sql = "SELECT inviter FROM invite WHERE hash = ? AND used_by = ?"
    found = connection.execute(sql, (wish.invite_hash, wish.account)).fetchone()
    return b"" if found is None else found[0]


def _first_list(connection: Connection, account: bytes) -> bytes:
    sql = (
        "SELECT item FROM list WHERE account = (SELECT number FROM account WHERE account = ?) ORDER BY version LIMIT 1"
    )
    return connection.execute(sql, (account,)).fetchall()[0][0]


def _number(connection: Connection, account: bytes) -> int:
    return connection.execute("SELECT number FROM account WHERE account = ?", (account,)).fetchall()[0][0]


def _use_invite(connection: Connection, wish: Registration) -> bytes:
    sql = "SELECT inviter, expires, used_by FROM invite WHERE hash = ?"
    found = connection.execute(sql, (wish.invite_hash,)).fetchone()
    if found is None:
        raise errors.GiveUp("bad_invite")
    inviter, expires, used_by = found
    if used_by is not None and used_by != wish.account:
        raise errors.GiveUp("invite_used")
    if expires < wish.now:
        raise errors.GiveUp("invite_expired")
    connection.execute("UPDATE invite SET used_by = ? WHERE hash = ?", (wish.account, wish.invite_hash))
    return inviter


def _join(connection: Connection, number: int, inviter: bytes) -> None:
    """Whoever comes by an invite and who sent it are accepted to each other."""
    found = connection.execute("SELECT number FROM account WHERE account = ?", (inviter,)).fetchone()
    if found is not None and found[0] != number:
        pairs = ((number, found[0]), (found[0], number))
        connection.executemany(f"INSERT OR REPLACE INTO relation VALUES (?, ?, {int(Relation.ACCEPTED)})", pairs)


def _add_devices(connection: Connection, account: int, devices: Sequence[bytes]) -> None:
    for device in devices:
        found = connection.execute("SELECT account FROM device WHERE device = ?", (device,)).fetchone()
        if found is not None and found[0] != account:
            raise errors.GiveUp("device_twice")
        connection.execute(_LIST_DEVICE, (device, account))


def _put_list(connection: Connection, change: ListChange) -> tuple[StoredDevice, ...]:
    if change.restart:
        connection.execute("DELETE FROM list WHERE account = ?", (change.account,))
    connection.execute(
        "INSERT INTO list VALUES (?, ?, ?, ?)", (change.account, change.version, change.digest, change.item)
    )
    connection.execute("UPDATE account SET freshness = ? WHERE number = ?", (change.freshness, change.account))
    for number in change.removed:
        connection.execute("UPDATE device SET listed = 0 WHERE number = ?", (number,))
        connection.execute("DELETE FROM mail WHERE device = ?", (number,))
        # Names of used keys stay until they expire: should the device come back, none is handed out twice.
        connection.execute("UPDATE prekey SET item = NULL WHERE device = ?", (number,))
    _add_devices(connection, change.account, change.added)
    return _devices(connection, change.account)
