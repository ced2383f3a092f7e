"""Codes that leave and never come back, by how their numbers begin: somebody has them sent for the money in it."""

import logging
from dataclasses import dataclass
from typing import Final

from app.common.recent import Recent
from app.protocol.limits import DAY

log = logging.getLogger(__name__)

FEWEST: Final = 10  # codes to a prefix in a day before anything is thought of it
SHARE: Final = 5  # of so many codes one comes back at least, where people ask for them
WATCHED: Final = 4_096  # prefixes; a day has fewer codes than that by default


@dataclass(slots=True)
class _Day:
    began: int
    sent: int = 0
    entered: int = 0
    told: bool = False


class Watch:
    """Counts by prefix, which is what numbers have in common that differ in their last four digits; memory alone."""

    def __init__(self) -> None:
        self._days: Recent[str, _Day] = Recent(WATCHED)

    def sent(self, prefix: str, now: int) -> bool:
        """One more has left; True once a day when hardly any of them came back, which is logged too."""
        day = self._day(prefix, now)
        day.sent += 1
        if day.told or day.sent < FEWEST or day.entered * SHARE >= day.sent:
            return False
        day.told = True
        log.warning(
            "codes to %s… are hardly ever entered: %d of %d today; close the prefix if nobody of yours lives there",
            prefix, day.entered, day.sent,
        )  # fmt: skip
        return True

    def entered(self, prefix: str, now: int) -> None:
        """One has come back rightly."""
        self._day(prefix, now).entered += 1

    def _day(self, prefix: str, now: int) -> _Day:
        day = self._days.get(prefix)
        if day is None or not 0 <= now - day.began < DAY:
            day = self._days[prefix] = _Day(now)
        return day
