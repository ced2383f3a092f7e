"""The plan for text messages: its periods, what one more text costs, and when a yes is needed before it leaves."""

import calendar
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

import msgspec

from app.common import errors

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST: Final = 1_000_000  # texts in a period, and minor units for one


class Kind(StrEnum):
    """How texts are paid for."""

    UNLIMITED = "unlimited"
    LIMITED = "limited"
    PAY = "pay"


class UsedUp(StrEnum):
    """What happens to a text that does not fit into what is left; PAY is a yes given once for all of them."""

    ASK = "ask"
    STOP = "stop"
    PAY = "pay"


class Plan(msgspec.Struct, frozen=True):
    """What the user has agreed with whoever pays for the texts.

    ``allowance`` counts segments in a period, which begins on ``start_day`` of each month (the last day of a shorter
    one). ``price`` is for a segment beyond the allowance, or for each one when paid by message, ``mms_price`` for an
    MMS: in minor units of ``currency`` (ISO 4217). ``incoming_counts``: texts that come in use the allowance too.
    """

    kind: Kind = Kind.UNLIMITED
    allowance: int = 0
    start_day: int = 1
    when_used_up: UsedUp = UsedUp.ASK
    price: int = 0
    mms_price: int = 0
    currency: str = ""
    incoming_counts: bool = False

    def check(self) -> "Plan":
        """The same plan; raises errors.GiveUp (``bad_value``) for one that cannot be."""
        counts = (self.allowance, self.price, self.mms_price)
        currency = not self.currency or (
            len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()
        )
        if any(not 0 <= each <= MOST for each in counts) or not 1 <= self.start_day <= 31 or not currency:
            raise errors.GiveUp("bad_value")
        return self


class Period(msgspec.Struct, frozen=True):
    """From ``start`` up to and without ``end``, in milliseconds since 1970."""

    start: int
    end: int


class Charge(msgspec.Struct, frozen=True):
    """What one more text does to a plan.

    ``left`` is what the allowance holds after it (None: there is no allowance), ``over`` are its segments beyond, and
    ``price`` is what those cost. ``asks``: not without a yes; ``stopped``: not at all.
    """

    left: int | None
    over: int = 0
    price: int = 0
    asks: bool = False
    stopped: bool = False


def period_of(plan: Plan, now: int, zone: tzinfo = UTC) -> Period:
    """The period that ``now`` (milliseconds since 1970) falls into; days begin at midnight in ``zone``."""
    at = (_EPOCH + timedelta(milliseconds=now)).astimezone(zone)
    start = _begin(plan, at.year, at.month, zone)
    if start > now:
        return Period(_begin(plan, *_shifted(at, -1), zone), start)
    return Period(start, _begin(plan, *_shifted(at, 1), zone))


def _shifted(at: datetime, months: int) -> tuple[int, int]:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return year, month + 1


def _begin(plan: Plan, year: int, month: int, zone: tzinfo) -> int:
    day = min(plan.start_day, calendar.monthrange(year, month)[1])
    return round((datetime(year, month, day, tzinfo=zone) - _EPOCH) / timedelta(milliseconds=1))


def charge_mms(plan: Plan, used: int) -> Charge:
    """What an MMS costs: it is no text of the allowance, and has a price of its own whatever the plan is.

    That is agreed to each time, unless the user has said once that the plan may cost more.
    """
    left = max(0, plan.allowance - used) if plan.kind is Kind.LIMITED else None
    said = plan.kind is Kind.LIMITED and plan.when_used_up is UsedUp.PAY
    return Charge(left, 1 if plan.mms_price else 0, plan.mms_price, asks=not said)


def charge(plan: Plan, used: int, segments: int) -> Charge:
    """What a text of so many segments costs after ``used`` segments in this period.

    The forecast, the reservation and the settled price all come from here, so that they cannot differ.
    """
    if plan.kind is Kind.UNLIMITED:
        return Charge(None)
    if plan.kind is Kind.PAY:
        return Charge(None, segments, segments * plan.price, asks=True)
    room = max(0, plan.allowance - used)
    over = max(0, segments - room)
    if not over:
        return Charge(room - segments)
    stopped = plan.when_used_up is UsedUp.STOP
    return Charge(0, over, over * plan.price, asks=plan.when_used_up is UsedUp.ASK, stopped=stopped)
