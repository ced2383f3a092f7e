"""The plan for texts and its ledger: each text reserved before it leaves, settled by the gateway's word or released."""

from collections.abc import Sequence

import msgspec

from app.domain.plan import Kind, Period, Plan, UsedUp, charge
from app.storage.record import Record, marks
from app.storage.transaction import Tx, View


class Entry(msgspec.Struct, frozen=True):
    """One text. ``over`` of its ``segments`` are beyond the allowance and cost ``each`` (minor units of ``currency``).

    ``submit`` is the id under which it left, or came; ``at`` is when it was reserved. ``billed`` is what the gateway
    named for it, in millionths of ``billed_currency``; -1: nothing. An ``mms`` uses no segments of an allowance: it has
    none, and one of it costs ``each``.
    """

    submit: bytes
    message: bytes
    peer: str
    outgoing: bool
    at: int
    state: str
    segments: int
    over: int = 0
    each: int = 0
    currency: str = ""
    billed: int = -1
    billed_currency: str = ""
    mms: bool = False

    @property
    def price(self) -> int:
        """In minor units, as the plan has it."""
        return self.over * self.each


_ENTRY, _PLAN = Record(Entry), Record(Plan)
_SELECT = f"SELECT {_ENTRY.columns} FROM ledger"


def plan(view: View) -> Plan:
    """As it was set last; unlimited before that."""
    found = view.row(f"SELECT {_PLAN.columns} FROM plan WHERE id = 1")
    if found is None:
        return Plan()
    values = list(found)
    values[0], values[3] = Kind(values[0]), UsedUp(values[3])
    return _PLAN.value(values)


def set_plan(tx: Tx, new: Plan) -> None:
    """Holds for what is reserved from now on; raises errors.GiveUp (``bad_value``)."""
    values = _PLAN.values(new.check())
    tx.run("DELETE FROM plan")
    tx.run(f"INSERT INTO plan (id, {_PLAN.columns}) VALUES (1, {_PLAN.marks})", values)


def used(view: View, period: Period, *, incoming: bool, but: bytes = b"") -> int:
    """Segments reserved or settled in a period, without those of submit ``but``; ``incoming``: those too.

    What was reserved after ``but`` took what that one had left: it counts for those, and not once more for ``but``.
    """
    sql = (
        "SELECT ifnull(sum(segments), 0) FROM ledger WHERE at >= ?1 AND at < ?2 AND state <> 'released' "
        "AND submit <> ?3 AND (outgoing OR ?4) "
        "AND at <= ifnull((SELECT at FROM ledger WHERE submit = ?3 AND state <> 'released'), at)"
    )
    return int(view.value(sql, (period.start, period.end, but, incoming)))


def reserve(tx: Tx, new: Entry) -> None:
    """Count a text that is about to leave; once more under the same submit puts the newer numbers in."""
    tx.run(f"INSERT OR REPLACE INTO ledger ({_ENTRY.columns}) VALUES ({_ENTRY.marks})", _ENTRY.values(new))


def settle(tx: Tx, submit: bytes, segments: int, billed: int = -1, currency: str = "") -> None:
    """So many segments were taken, whatever was reserved; what was not taken is what was beyond the allowance first."""
    before = entry(tx, submit)
    if before is None:
        return
    if before.mms:
        segments = 0
    over = max(0, before.over + segments - before.segments) if segments < before.segments else before.over
    if segments > before.segments and (before.over or charge(plan(tx), 0, 1).asks):
        over = before.over + segments - before.segments
    tx.run(
        "UPDATE ledger SET state = 'settled', segments = ?, over = ?, billed = ?, billed_currency = ? WHERE submit = ?",
        (segments, over, billed, currency, submit),
    )


def release(tx: Tx, submit: bytes) -> None:
    """Nothing of it left."""
    tx.run("UPDATE ledger SET state = 'released' WHERE submit = ?", (submit,))


def entry(view: View, submit: bytes) -> Entry | None:
    return _ENTRY.of(view.row(f"{_SELECT} WHERE submit = ?", (submit,)))


def of_rows(view: View, rows: Sequence[int]) -> dict[int, Entry]:
    """The newest text of each of those messages; a message that did not go as one is not there."""
    sql = f"""SELECT r.row, {_ENTRY.prefixed("l")} FROM recipients r JOIN ledger l ON l.submit = r.submit
        WHERE r.row IN ({marks(len(rows))}) AND r.submit <> x''"""
    return {row[0]: _ENTRY.value(row[1:]) for row in view.rows(sql, list(rows))} if rows else {}


def of_period(view: View, period: Period) -> list[Entry]:
    """Everything in it, oldest first, what was released too."""
    return _ENTRY.all(view.rows(f"{_SELECT} WHERE at >= ? AND at < ? ORDER BY at, submit", (period.start, period.end)))


def page(view: View, period: Period, before: tuple[int, bytes] | None, most: int) -> list[Entry]:
    """At most so many of a period, newest first, that come ``before`` an entry (its ``at`` and ``submit``)."""
    at, submit = before or (period.end, b"")
    sql = f"{_SELECT} WHERE at >= ? AND (at, submit) < (?, ?) ORDER BY at DESC, submit DESC LIMIT ?"
    return _ENTRY.all(view.rows(sql, (period.start, min(at, period.end), submit, most)))


def count(view: View, period: Period) -> int:
    """How many entries a period has, what was released too."""
    return int(view.value("SELECT count(*) FROM ledger WHERE at >= ? AND at < ?", (period.start, period.end)))


def spent(view: View, period: Period) -> dict[str, int]:
    """What the texts of a period cost by the plan, in minor units by currency; one without a price is not there."""
    sql = (
        "SELECT currency, sum(over * each) FROM ledger WHERE at >= ? AND at < ? AND state <> 'released' "
        "GROUP BY currency HAVING sum(over * each) > 0 ORDER BY currency"
    )
    return {str(currency): int(price) for currency, price in view.rows(sql, (period.start, period.end))}


def first(view: View) -> int | None:
    """When the ledger begins."""
    return view.value("SELECT min(at) FROM ledger")
