"""The people of this installation: their account, trust, device list chain and addresses."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from app.common import errors
from app.storage import messages
from app.storage.cipher import Values
from app.storage.record import Record, marks
from app.storage.transaction import Tx, View

Relation = Literal["stranger", "accepted", "blocked"]


class Person(msgspec.Struct, frozen=True):
    """Somebody; ``account`` is None while only an address is known.

    ``rich`` is what the last answer said ("yes", "no", "unconfirmed", "unknown"); ``ever_rich`` stays once it was
    "yes". ``claimed_name`` and ``claimed_address`` are what a sender says of itself, not checked. ``checked_at`` is the
    time of the last answer.
    """

    person: bytes
    account: bytes | None
    name: str
    claimed_name: str
    claimed_address: str
    relation: Relation
    verified: bool
    rich: str
    ever_rich: bool
    list_epoch: int
    list_version: int
    list_hash: bytes
    chain: bytes
    freshness: bytes
    checked_at: int
    created: int


class Address(msgspec.Struct, frozen=True):
    """One address of a person; ``state`` is what the relay said of it ("claimed", "proved", "moving", "unknown")."""

    address: str
    person: bytes
    state: str
    checked_at: int


PART: Final = 500  # people asked for at once
_RECORD = Record(Person)
_ADDRESS = Record(Address)
_SELECT = f"SELECT {_RECORD.columns} FROM people"


def _run(tx: Tx, sql: str, values: Values) -> int:
    """A change to this table: what was read of it before may be different now."""
    tx.kept(Person).clear()
    return tx.run(sql, values)


def create(
    tx: Tx, person: bytes, *, account: bytes | None = None, name: str = "", relation: Relation = "stranger"
) -> None:
    _run(
        tx,
        "INSERT INTO people (person, account, name, relation, created) VALUES (?, ?, ?, ?, ?)",
        (person, account, name, relation, tx.now),
    )


def get(view: View, person: bytes) -> Person | None:
    return _RECORD.of(view.row(f"{_SELECT} WHERE person = ?", (person,)))


def of(view: View, persons: Sequence[bytes]) -> list[Person]:
    """Those of them that there are."""
    found: list[Person] = []
    for at in range(0, len(persons), PART):
        part = persons[at : at + PART]
        found += _RECORD.all(view.rows(f"{_SELECT} WHERE person IN ({marks(len(part))})", part))
    return found


def by_account(view: View, account: bytes) -> Person | None:
    kept = view.kept(Person) if isinstance(view, Tx) else {}
    found: Person | None = kept.get(account)
    if found is None:
        found = _RECORD.of(view.row(f"{_SELECT} WHERE account = ?", (account,)))
        if found is not None:
            kept[account] = found
    return found


def by_address(view: View, address: str) -> Person | None:
    return _RECORD.of(
        view.row(f"{_SELECT} WHERE person = (SELECT person FROM addresses WHERE address = ?)", (address,))
    )


def every(view: View) -> list[Person]:
    return _RECORD.all(view.rows(f"{_SELECT} ORDER BY name, person"))


def claims(view: View) -> list[tuple[bytes, str]]:
    """Accepted accounts of whom no address is known, each with the one it says is its own."""
    sql = (
        "SELECT account, claimed_address FROM people WHERE relation = 'accepted' AND account NOT NULL "
        "AND claimed_address <> '' AND NOT EXISTS (SELECT 1 FROM addresses WHERE addresses.person = people.person)"
    )
    return [(account, address) for account, address in view.rows(sql)]


def accounts(view: View, relation: Relation) -> list[bytes]:
    return [
        account
        for (account,) in view.rows("SELECT account FROM people WHERE relation = ? AND account NOT NULL", (relation,))
    ]


def join_account(tx: Tx, person: bytes, account: bytes) -> None:
    """Give a person known only by address its account; raises Broken ``rebound`` if another account is there."""
    changed = _run(
        tx,
        "UPDATE people SET account = ? WHERE person = ? AND (account IS NULL OR account = ?)",
        (account, person, account),
    )
    if not changed:
        raise errors.Broken("rebound", "a person keeps its account")


def set_relation(tx: Tx, person: bytes, relation: Relation) -> bool:
    """True when it changed."""
    return (
        _run(tx, "UPDATE people SET relation = ? WHERE person = ? AND relation <> ?", (relation, person, relation)) > 0
    )


def set_verified(tx: Tx, person: bytes, verified: bool) -> None:
    _run(tx, "UPDATE people SET verified = ? WHERE person = ?", (verified, person))


def set_name(tx: Tx, person: bytes, name: str) -> None:
    _run(tx, "UPDATE people SET name = ? WHERE person = ?", (name, person))


def set_claims(tx: Tx, person: bytes, name: str, address: str) -> bool:
    """What a message says of its sender; True when it differs from before."""
    return (
        _run(
            tx,
            "UPDATE people SET claimed_name = ?, claimed_address = ? "
            "WHERE person = ? AND (claimed_name, claimed_address) <> (?, ?)",
            (name, address, person, name, address),
        )
        > 0
    )


def save_list(
    tx: Tx, account: bytes, *, epoch: int, version: int, digest: bytes, chain: bytes, freshness: bytes, rich: str
) -> None:
    """Pin the head of a verified chain; the caller has checked that it does not go back."""
    _run(
        tx,
        "UPDATE people SET list_epoch = ?, list_version = ?, list_hash = ?, chain = ?, freshness = ?, rich = ?, "
        "ever_rich = max(ever_rich, ?), checked_at = ? WHERE account = ?",
        (epoch, version, digest, chain, freshness, rich, rich == "yes", tx.now, account),
    )


def set_rich(tx: Tx, person: bytes, rich: str) -> None:
    """Remember an answer that carried no list."""
    _run(tx, "UPDATE people SET rich = ?, checked_at = ? WHERE person = ?", (rich, tx.now, person))


def put_address(tx: Tx, address: str, person: bytes, state: str = "unknown") -> None:
    """The address belongs to that person from now on, wherever it pointed before."""
    tx.run(
        "INSERT INTO addresses (address, person, state, checked_at) VALUES (?, ?, ?, ?) ON CONFLICT (address) "
        "DO UPDATE SET person = excluded.person, state = excluded.state, checked_at = excluded.checked_at",
        (address, person, state, tx.now),
    )


def address(view: View, text: str) -> Address | None:
    return _ADDRESS.of(view.row(f"SELECT {_ADDRESS.columns} FROM addresses WHERE address = ?", (text,)))


def addresses(view: View, people: Sequence[bytes]) -> list[Address]:
    """The addresses of those people, person by person, sorted by text."""
    found: dict[bytes, list[Address]] = {person: [] for person in people}
    persons = list(found)
    for at in range(0, len(persons), PART):
        part = persons[at : at + PART]
        sql = f"SELECT {_ADDRESS.columns} FROM addresses WHERE person IN ({marks(len(part))}) ORDER BY address"
        for address in _ADDRESS.all(view.rows(sql, part)):
            found[address.person].append(address)
    return [address for person in persons for address in found[person]]


def merge(tx: Tx, source: bytes, target: bytes) -> list[int]:
    """Two people turned out to be one: what was written to ``source`` belongs to ``target``; the rows that moved.

    Only for somebody who was known by an address alone. A draft stays unless there is one already; what was said to
    stay encrypted in one of the two stays so in both.
    """
    if tx.value("SELECT account FROM people WHERE person = ?", (source,)) is not None:
        raise errors.Broken("rebound", "a person keeps its account")
    rows = messages.move_all(tx, source, target)
    for table in ("recipients", "steps", "jobs", "addresses", "routes"):
        tx.run(f"UPDATE {table} SET person = ? WHERE person = ?", (target, source))
    tx.run("UPDATE jobs SET lane = ? WHERE lane = ?", (target, source))
    tx.run(
        "UPDATE conversations SET (bearer, draft, draft_reply, draft_at, active_at) = (SELECT "
        "iif(s.bearer = 'only_encrypted', s.bearer, t.bearer), "
        "iif(t.draft = '', s.draft, t.draft), iif(t.draft = '', s.draft_reply, t.draft_reply), "
        "max(t.draft_at, s.draft_at), max(t.active_at, s.active_at) "
        "FROM conversations t, conversations s WHERE t.conversation = ?1 AND s.conversation = ?2) "
        "WHERE conversation = ?1 AND EXISTS (SELECT 1 FROM conversations WHERE conversation = ?2)",
        (target, source),
    )
    tx.run("DELETE FROM conversations WHERE conversation = ?", (source,))
    _run(tx, "DELETE FROM people WHERE person = ?", (source,))
    tx.run("UPDATE merged SET target = ? WHERE target = ?", (target, source))
    tx.run("INSERT INTO merged (source, target) VALUES (?, ?)", (source, target))
    return rows


def current(view: View, person: bytes) -> bytes:
    """The id a person (and their conversation) goes by now, for whoever still holds one from before a merge."""
    return view.value("SELECT target FROM merged WHERE source = ?", (person,)) or person
