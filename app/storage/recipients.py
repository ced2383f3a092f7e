"""Delivery per recipient: the status of a message for each person it went to, and every step with its time."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from app.domain.delivery import Event, Status, advance, after_restart, summarise
from app.storage import messages
from app.storage.record import Record, marks
from app.storage.transaction import Tx, View


class Recipient(msgspec.Struct, frozen=True):
    """How far a message is for one person; ``account`` is empty until the directory has answered.

    ``devices`` are the ids, one behind the other, of those that got an envelope of it; ``boot`` is the relay's boot id
    of the attempt, with which it can still be withdrawn.
    """

    row: int
    person: bytes
    account: bytes
    address: str
    status: Status
    reason: str
    attempt: int
    submit: bytes
    devices: bytes = b""
    boot: bytes = b""

    def sent_to(self, account: bytes, device: bytes) -> bool:
        """Whether that very device of that account was sent the message."""
        size = len(device)
        parts = {self.devices[at : at + size] for at in range(0, len(self.devices), size)} if size else set[bytes]()
        return self.account == account and device in parts


class Step(msgspec.Struct, frozen=True):
    """One kind of event in the life of a message: when it came first and last, and how often."""

    row: int
    person: bytes
    event: Event
    first_at: int
    last_at: int
    times: int


class Moved(NamedTuple):
    """What an event did: the recipient's status, and the message's summary."""

    status: Status
    summary: Status
    changed: bool


_RECORD, _STEP = Record(Recipient), Record(Step)
_FORWARD = (Event.ACCEPTED, Event.DELIVERED, Event.READ)
_SELECT = f"SELECT {_RECORD.columns} FROM recipients"


def _recipient(row: Sequence[object]) -> Recipient:
    values = list(row)
    values[4] = Status(str(values[4]))
    return _RECORD.value(values)


def add(tx: Tx, row: int, person: bytes, *, account: bytes = b"", address: str = "") -> None:
    """A message goes to that person; it starts as *queued*."""
    tx.run(
        "INSERT INTO recipients (row, person, account, address, status) VALUES (?, ?, ?, ?, ?)",
        (row, person, account, address, Status.QUEUED.value),
    )


def get(view: View, row: int, person: bytes) -> Recipient | None:
    found = view.row(f"{_SELECT} WHERE row = ? AND person = ?", (row, person))
    return None if found is None else _recipient(found)


def of_rows(view: View, rows: Sequence[int]) -> dict[int, list[Recipient]]:
    """The recipients of each of those messages (at most 500)."""
    found: dict[int, list[Recipient]] = {row: [] for row in rows}
    for row in view.rows(f"{_SELECT} WHERE row IN ({marks(len(rows))}) ORDER BY row, person", rows):
        found[row[0]].append(_recipient(row))
    return found


def arrived(view: View, rows: Sequence[int]) -> dict[tuple[int, bytes], int]:
    """When each recipient who has got those messages (at most 500) did, or has read them: by row and person."""
    found = view.rows(
        "SELECT r.row, r.person, s.last_at FROM recipients r JOIN steps s "
        "ON s.row = r.row AND s.person = r.person AND s.event = r.status "
        f"WHERE r.row IN ({marks(len(rows))}) AND r.status IN ('delivered', 'read')",
        rows,
    )
    return {(row, person): at for row, person, at in found}


def by_submit(view: View, submit: bytes) -> Recipient | None:
    """Whom that submit went to, also long after its job is done."""
    found = view.row(f"{_SELECT} WHERE submit = ? AND submit <> x''", (submit,))
    return None if found is None else _recipient(found)


def bind(tx: Tx, row: int, person: bytes, account: bytes, address: str) -> None:
    tx.run(
        "UPDATE recipients SET account = ?, address = ? WHERE row = ? AND person = ?", (account, address, row, person)
    )


def set_attempt(
    tx: Tx, row: int, person: bytes, attempt: int, submit: bytes, devices: bytes = b"", boot: bytes = b""
) -> None:
    """A receipt speaks for one attempt: this is the one that counts now, sealed for these devices."""
    tx.run(
        "UPDATE recipients SET attempt = ?, submit = ?, devices = ?, boot = ? WHERE row = ? AND person = ?",
        (attempt, submit, devices, boot, row, person),
    )


def apply(tx: Tx, row: int, person: bytes, event: Event, reason: str = "", at: int = 0) -> Moved | None:
    """Let an event happen to one recipient, note the step, and sum the message up; None for an unknown recipient.

    ``reason`` is kept while the status is *failed* or *queued* and dropped by everything that goes forward. ``at`` is
    the relay's time of the event where it has one (0: now); it is kept within what came before and after. A step that
    was overtaken is noted once and moves nothing.
    """
    found = get(tx, row, person)
    if found is None:
        return None
    status = advance(found.status, event)
    changed = status is not found.status or (reason != "" and reason != found.reason)
    if changed:
        kept = reason if status in (Status.FAILED, Status.QUEUED) else ""
        tx.run(
            "UPDATE recipients SET status = ?, reason = ? WHERE row = ? AND person = ?",
            (status.value, kept, row, person),
        )
        _step(tx, row, person, event, at or tx.now)
    elif event in _FORWARD:
        _overtaken(tx, row, person, event, at or tx.now)
    return Moved(status, _summarise(tx, row), changed)


def _step(tx: Tx, row: int, person: bytes, event: Event, at: int) -> None:
    time = _within(tx, row, person, event, at)
    tx.run(
        "INSERT INTO steps (row, person, event, first_at, last_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET last_at = excluded.last_at, times = times + 1",
        (row, person, event.value, time, time),
    )


def _overtaken(tx: Tx, row: int, person: bytes, event: Event, at: int) -> None:
    time = _within(tx, row, person, event, at)
    tx.run(
        "INSERT INTO steps (row, person, event, first_at, last_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (row, person, event.value, time, time),
    )


def _within(tx: Tx, row: int, person: bytes, event: Event, at: int) -> int:
    """The clocks of relay and computer differ; a message must not be read before it was sent."""
    earliest, latest = 0, tx.now
    later = _FORWARD[_FORWARD.index(event) + 1 :] if event in _FORWARD else ()
    for name, first, last in tx.rows(
        "SELECT event, first_at, last_at FROM steps WHERE row = ? AND person = ?", (row, person)
    ):
        if name in later:
            latest = min(latest, first)
        elif name != event:
            earliest = max(earliest, last)
    return max(earliest, min(at, latest))


def _summarise(tx: Tx, row: int) -> Status:
    found = tx.rows("SELECT status, reason FROM recipients WHERE row = ?", (row,))
    summary = summarise(Status(status) for status, _ in found)
    reason = next((reason for status, reason in found if status == summary and reason), "")
    messages.set_status(tx, row, summary.value, reason)
    return summary


def steps(view: View, row: int) -> list[Step]:
    """In the order in which they last happened."""
    rows = view.rows(f"SELECT {_STEP.columns} FROM steps WHERE row = ? ORDER BY last_at, first_at", (row,))
    return [_STEP.value((*row[:2], Event(row[2]), *row[3:])) for row in rows]


def after_start(tx: Tx) -> list[int]:
    """What was being sent when the program ended waits again; the rows that changed."""
    found = tx.rows("SELECT row, person FROM recipients WHERE status = 'sending' ORDER BY row")
    for row, person in found:
        status = after_restart(Status.SENDING).value
        tx.run("UPDATE recipients SET status = ? WHERE row = ? AND person = ?", (status, row, person))
        _summarise(tx, row)
    return [row for row, _ in found]
