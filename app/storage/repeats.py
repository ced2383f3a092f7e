"""Requests to repeat what could not be read: asked of us and by us, so that both can be kept rare; and what is owed.

Owed is the confirmation of an epoch, to a device that goes on sending its start.
"""

from typing import Literal

from app.storage.transaction import Tx, View

Direction = Literal["asked", "answered", "reset", "owed"]
KEPT_MS = 31 * 24 * 3600 * 1000


def record(tx: Tx, direction: Direction, account: bytes, device: bytes, subject: bytes) -> None:
    """We asked, or answered, that device of that account, or it asked for a new start with us.

    ``subject`` is the message or envelope it was about.
    """
    tx.run(
        "INSERT INTO repeats (direction, account, device, subject, at) VALUES (?, ?, ?, ?, ?)",
        (direction, account, device, subject, tx.now),
    )


def count(view: View, direction: Direction, account: bytes, since: int, device: bytes | None = None) -> int:
    """How many there were since that time, with the account or with one device of it."""
    sql = "SELECT count(*) FROM repeats WHERE account = ? AND direction = ? AND at >= ?"
    if device is None:
        return int(view.value(sql, (account, direction, since)))
    return int(view.value(f"{sql} AND device = ?", (account, direction, since, device)))


def known(view: View, direction: Direction, account: bytes, subject: bytes) -> bool:
    """Whether this very thing was asked or answered before."""
    sql = "SELECT 1 FROM repeats WHERE account = ? AND direction = ? AND subject = ?"
    return view.value(sql, (account, direction, subject)) is not None


def owe(tx: Tx, account: bytes, device: bytes) -> None:
    """That device still sends the start of its epoch; since when stays as it was."""
    known = tx.kept(owe)
    if (account, device) not in known:
        known[account, device] = True
        tx.run(
            "INSERT INTO repeats (direction, account, device, subject, at) SELECT 'owed', ?1, ?2, x'', ?3 "
            "WHERE NOT EXISTS (SELECT 1 FROM repeats WHERE account = ?1 AND direction = 'owed' AND device = ?2)",
            (account, device, tx.now),
        )


def owed(view: View, before: int) -> list[bytes]:
    """Accounts with a device that waits for its confirmation since before that time."""
    sql = "SELECT DISTINCT account FROM repeats WHERE direction = 'owed' AND at < ? ORDER BY account"
    return [account for (account,) in view.rows(sql, (before,))]


def settle(tx: Tx, account: bytes, device: bytes | None = None) -> None:
    """Something was sealed for that device, or all devices of the account, that confirms what they wait for."""
    tx.kept(owe).clear()
    sql = "DELETE FROM repeats WHERE account = ? AND direction = 'owed'"
    if device is None:
        tx.run(sql, (account,))
    else:
        tx.run(f"{sql} AND device = ?", (account, device))


def forget(tx: Tx) -> int:
    """Drop what is older than 31 days; how many."""
    return tx.run("DELETE FROM repeats WHERE at < ?", (tx.now - KEPT_MS,))
