"""The plan for texts: how it stands in this period, changing it, and the texts of this and of earlier periods."""

from datetime import tzinfo
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from app.client import changes, records
from app.common import errors, local
from app.domain import plan as plans
from app.domain.plan import Kind, Period, Plan, UsedUp
from app.storage import ledger, people
from app.storage.database import Database
from app.storage.ledger import Entry
from app.storage.transaction import Tx, View

State = Literal["sending", "sent", "not_sent", "received"]
Place = tuple[int, bytes]  # of a text in the ledger: when, and under which submit

PAGE: Final = 200  # texts read at a time
MOST_PERIODS: Final = 240  # that are offered: twenty years
_FIELDS: Final = frozenset(Plan.__struct_fields__)


class Standing(msgspec.Struct, frozen=True):
    """The plan in the period of now; ``left`` is None without an allowance, ``spent`` minor units by currency."""

    plan: Plan
    period: Period
    used: int
    left: int | None
    spent: dict[str, int]


class Text(msgspec.Struct, frozen=True):
    """One text: with whom, when (milliseconds), and what it cost by the plan (minor units; 0: it was in the plan)."""

    place: Place
    message: bytes
    address: str
    name: str
    outgoing: bool
    state: State
    segments: int
    price: int
    currency: str
    picture: bool = False  # an MMS, which uses no segments

    @property
    def at(self) -> int:
        return self.place[0]


class Total(msgspec.Struct, frozen=True):
    """A period in one line: texts out and in, what was used of an allowance, and what was spent."""

    texts: int
    used: int
    spent: dict[str, int]


class TextPlan:
    """Reads and changes it; ``zone`` says where a day begins."""

    def __init__(self, database: Database, zone: tzinfo = local.ZONE) -> None:
        self._database = database
        self._zone = zone

    async def standing(self) -> Standing:
        """As it is now."""
        return await self._database.read(lambda view: _standing(view, self._zone))

    async def change(self, **new: Any) -> Plan:
        """Set the fields named, for what is written from now on.

        Raises errors.GiveUp (``no_such_setting``, ``bad_value``); nothing is changed then.
        """
        if not _FIELDS.issuperset(new):
            raise errors.GiveUp("no_such_setting")

        def write(tx: Tx) -> Plan:
            before = ledger.plan(tx)
            changed = replace(before, **new).check()
            if changed != before:
                ledger.set_plan(tx, changed)
                tx.note(changes.TextsChanged())
            return changed

        return await self._database.write(write)

    async def periods(self) -> tuple[Period, ...]:
        """From the one of now back to the first with a text, as the plan has them now."""

        def read(view: View) -> tuple[Period, ...]:
            plan, zone = ledger.plan(view), self._zone
            found = [plans.period_of(plan, view.now, zone)]
            first = ledger.first(view)
            while first is not None and first < found[-1].start and len(found) < MOST_PERIODS:
                found.append(plans.period_of(plan, found[-1].start - 1, zone))
            return tuple(found)

        return await self._database.read(read)

    async def texts(self, period: Period, after: Place | None = None, most: int = PAGE) -> list[Text]:
        """Those of a period, newest first, that follow a place in it."""
        return await self._database.read(lambda view: _texts(view, period, after, most))

    async def total(self, period: Period) -> Total:
        """Of everything in it."""

        def read(view: View) -> Total:
            used = ledger.used(view, period, incoming=ledger.plan(view).incoming_counts)
            return Total(ledger.count(view, period), used, ledger.spent(view, period))

        return await self._database.read(read)


def _standing(view: View, zone: tzinfo) -> Standing:
    plan = ledger.plan(view)
    period = plans.period_of(plan, view.now, zone)
    used = ledger.used(view, period, incoming=plan.incoming_counts)
    left = max(0, plan.allowance - used) if plan.kind is Kind.LIMITED else None
    return Standing(plan, period, used, left, ledger.spent(view, period))


def understand(name: str, value: str) -> Any:
    """A field of the plan as typed on a command line; raises errors.GiveUp (``no_such_setting``, ``bad_value``)."""
    try:
        match name:
            case "kind":
                return Kind(value)
            case "when_used_up":
                return UsedUp(value)
            case "currency":
                return value
            case "incoming_counts":
                return {"on": True, "off": False}[value]
            case "allowance" | "start_day" | "price" | "mms_price":
                return int(value)
            case _:
                raise errors.GiveUp("no_such_setting")
    except (ValueError, KeyError):
        raise errors.GiveUp("bad_value") from None


def _texts(view: View, period: Period, after: Place | None, most: int) -> list[Text]:
    names: dict[str, str] = {}
    found: list[Text] = []
    for entry in ledger.page(view, period, after, most):
        if entry.peer not in names:
            names[entry.peer] = _name(view, entry.peer)
        found.append(_text(entry, names[entry.peer]))
    return found


def _name(view: View, address: str) -> str:
    """Of whoever has that address now; the address itself where nobody has."""
    person = people.by_address(view, address)
    return (records.person(view, person).name if person is not None else "") or address


def _text(entry: Entry, name: str) -> Text:
    state: State = "sending"
    if not entry.outgoing:
        state = "received"
    elif entry.state == "released":
        state = "not_sent"
    elif entry.state == "settled":
        state = "sent"
    price = 0 if state == "not_sent" else entry.price
    return Text(
        (entry.at, entry.submit), entry.message, entry.peer, name, entry.outgoing, state, entry.segments, price,
        entry.currency, entry.mms,
    )  # fmt: skip
