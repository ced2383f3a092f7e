"""Codes that leave and never come back, by how their numbers begin: somebody has them sent for the money in it."""

import logging
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from app.common.recent import Recent
from app.protocol.limits import DAY
from app.relay.code_limits import Rules
from app.relay.texts import numbers

log = logging.getLogger(__name__)

WATCHED: Final = 4_096  # prefixes; a day has fewer codes than that by default


class Alarm(NamedTuple):
    """What one more code has shown, each once a day for a prefix."""

    unanswered: bool = False
    in_a_row: bool = False


@dataclass(slots=True)
class _Day:
    began: int
    sent: int = 0
    entered: int = 0
    open: set[int] = field(default_factory=set[int])  # numbers within the prefix whose codes did not come back
    told_unanswered: bool = False
    told_in_a_row: bool = False


class Watch:
    """Counts by prefix, which is what numbers have in common that differ in their last four digits; memory alone."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._days: Recent[str, _Day] = Recent(WATCHED)

    def sent(self, number: str, now: int) -> Alarm:
        """One more has left; what is alarming about it is logged too, without the number."""
        prefix = numbers.prefix_of(number)
        day = self._day(prefix, now)
        day.sent += 1
        day.open.add(_place(number))
        found = Alarm(
            unanswered=not day.told_unanswered and self._unanswered(day),
            in_a_row=not day.told_in_a_row and self._in_a_row(day, number),
        )
        if found.unanswered:
            day.told_unanswered = True
            log.warning(
                "codes to %s… are hardly ever entered: %d of %d today; close the prefix if nobody of yours lives there",
                prefix, day.entered, day.sent,
            )  # fmt: skip
        if found.in_a_row:
            day.told_in_a_row = True
            log.warning("codes to %s… go to numbers in a row, and none of them is entered", prefix)
        return found

    def entered(self, number: str, now: int) -> None:
        """One has come back rightly."""
        day = self._day(numbers.prefix_of(number), now)
        day.entered += 1
        day.open.discard(_place(number))

    def _unanswered(self, day: _Day) -> bool:
        fewest = self._rules.alarm_codes
        return 0 < fewest <= day.sent and day.entered * self._rules.alarm_one_in < day.sent

    def _in_a_row(self, day: _Day, number: str) -> bool:
        """Whether the neighbours on both sides make a row, in whichever order they came."""
        first = last = _place(number)
        while first - 1 in day.open:
            first -= 1
        while last + 1 in day.open:
            last += 1
        return 0 < self._rules.alarm_in_a_row <= last - first + 1

    def _day(self, prefix: str, now: int) -> _Day:
        day = self._days.get(prefix)
        if day is None or not 0 <= now - day.began < DAY:
            day = self._days[prefix] = _Day(now)
        return day


def _place(number: str) -> int:
    return int(number[len(numbers.prefix_of(number)) :])
