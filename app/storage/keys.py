"""Ratchet states per peer device as opaque bytes, which envelopes were seen, and the sequences of each sender."""

from collections import abc
from typing import ClassVar

import msgspec

from app.common.discreet import Discreet
from app.storage.record import Record
from app.storage.transaction import Tx, View

SEEN_MS = 62 * 24 * 3600 * 1000


class Pair(Discreet, frozen=True):
    """All ratchet state shared with one device; ``state`` is empty once the device was removed."""

    _hidden: ClassVar = ("state",)

    account: bytes
    device: bytes
    state: bytes
    removed: bool = False
    updated: int = 0


class Seen(msgspec.Struct, frozen=True):
    """An envelope that was taken: who sent it and the hash of its bytes."""

    device: bytes
    submit: bytes
    digest: bytes
    account: bytes
    at: int


class Sequence(msgspec.Struct, frozen=True):
    """The highest number a device used in a conversation, and the holes below it as opaque bytes."""

    device: bytes
    wire: bytes
    highest: int
    holes: bytes


_PAIR, _SEEN, _SEQUENCE = Record(Pair), Record(Seen), Record(Sequence)


def pair(view: View, account: bytes, device: bytes) -> Pair | None:
    return _PAIR.of(view.row(f"SELECT {_PAIR.columns} FROM pairs WHERE account = ? AND device = ?", (account, device)))


def pairs(view: View, account: bytes) -> list[Pair]:
    return _PAIR.all(view.rows(f"SELECT {_PAIR.columns} FROM pairs WHERE account = ? ORDER BY device", (account,)))


def pairs_of_device(view: View, device: bytes) -> list[Pair]:
    """The same for a device whose account is not known yet; more than one only when somebody lies."""
    return _PAIR.all(view.rows(f"SELECT {_PAIR.columns} FROM pairs WHERE device = ? ORDER BY account", (device,)))


def save_pair(tx: Tx, account: bytes, device: bytes, state: bytes) -> None:
    """Store the moved state; a removed device stays removed and gets none."""
    tx.run(
        "INSERT INTO pairs (account, device, state, updated) VALUES (?, ?, ?, ?) ON CONFLICT (account, device) "
        "DO UPDATE SET state = excluded.state, updated = excluded.updated WHERE removed = 0",
        (account, device, state, tx.now),
    )


def remove_pair(tx: Tx, account: bytes, device: bytes) -> None:
    """Erase the state of a device that left its list, and remember that it did."""
    tx.run(
        "INSERT INTO pairs (account, device, removed, updated) VALUES (?, ?, 1, ?) ON CONFLICT (account, device) "
        "DO UPDATE SET state = x'', removed = 1, updated = excluded.updated",
        (account, device, tx.now),
    )


def seen(view: View, device: bytes, submit: bytes) -> Seen | None:
    return _SEEN.of(view.row(f"SELECT {_SEEN.columns} FROM seen WHERE device = ? AND submit = ?", (device, submit)))


def seen_of(view: View, envelopes: abc.Sequence[tuple[bytes, bytes]]) -> dict[tuple[bytes, bytes], bytes]:
    """Those of the (device, submit) pairs that were taken before, with the hash of what was."""
    found: dict[tuple[bytes, bytes], bytes] = {}
    for key in dict.fromkeys(envelopes):
        digest = view.value("SELECT digest FROM seen WHERE device = ? AND submit = ?", key)
        if digest is not None:
            found[key] = digest
    return found


_MARK = "INSERT INTO seen (device, submit, digest, account, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def mark_seen(tx: Tx, device: bytes, submit: bytes, digest: bytes, account: bytes) -> bool:
    """True when it is new; what was there before stays."""
    return tx.run(_MARK, (device, submit, digest, account, tx.now)) > 0


def mark_all_seen(tx: Tx, those: abc.Iterable[tuple[bytes, bytes, bytes, bytes]]) -> None:
    """The same for many (device, submit, digest, account), of which nobody asks which were new."""
    tx.run_each(_MARK, [(*each, tx.now) for each in those])


def taken(view: View, device: bytes, digest: bytes, but: bytes) -> bool:
    """Whether that content came from that device before, under another submit id than ``but``.

    Reads all that is remembered of the device: for what should not happen, which no index is kept up for.
    """
    sql = "SELECT 1 FROM seen WHERE digest = ? AND device = ? AND submit <> ? LIMIT 1"
    return view.value(sql, (digest, device, but)) is not None


def forget_seen(tx: Tx, before: int | None = None) -> int:
    """Drop what is older than ``before`` (62 days when not given) and say how many."""
    return tx.run("DELETE FROM seen WHERE at < ?", (tx.now - SEEN_MS if before is None else before,))


def sequence(view: View, device: bytes, wire: bytes) -> Sequence | None:
    """What was saved last, also what was put off."""
    if isinstance(view, Tx) and (kept := view.kept(Sequence).get((device, wire))) is not None:
        return kept
    return _SEQUENCE.of(
        view.row(f"SELECT {_SEQUENCE.columns} FROM sequences WHERE device = ? AND wire = ?", (device, wire))
    )


def save_sequence(tx: Tx, sequence: Sequence) -> None:
    """At the end of the work: until then only ``sequence`` tells of it."""
    key = (sequence.device, sequence.wire)
    tx.kept(Sequence)[key] = sequence
    tx.run_newest(
        "INSERT INTO sequences (device, wire, highest, holes) VALUES (?, ?, ?, ?) ON CONFLICT (device, wire) "
        "DO UPDATE SET highest = excluded.highest, holes = excluded.holes",
        key,
        _SEQUENCE.values(sequence),
    )


def with_holes(view: View, limit: int) -> list[Sequence]:
    """Senders in whose count something is missing."""
    return _SEQUENCE.all(
        view.rows(f"SELECT {_SEQUENCE.columns} FROM sequences WHERE holes <> x'' ORDER BY random() LIMIT ?", (limit,))
    )
