"""Local time: the zone of this computer, asked anew for every moment."""

import sys
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400


class Local(tzinfo):
    """What the system says holds at that very moment: summer time follows, and so does a zone chosen meanwhile.

    An offset taken once would be wrong for the other half of the year, and for everything after a journey.
    """

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return None if dt is None else timedelta(seconds=_offset(dt))

    def dst(self, dt: datetime | None) -> timedelta | None:
        if dt is None:
            return None
        summer = _at(dt).tm_isdst > 0
        return timedelta(seconds=time.timezone - time.altzone if summer else 0)

    def tzname(self, dt: datetime | None) -> str | None:
        return None if dt is None else _at(dt).tm_zone

    def fromutc(self, dt: datetime) -> datetime:
        """``fold`` tells the second of two equal wall times from the first."""
        _look()
        moment = _wall(dt)
        offset = _ahead(moment)
        before = _ahead(moment - _DAY)
        lost = before - offset  # by which clocks were set back within a day, if they were
        again = lost > 0 and _ahead(moment - lost) == before
        return (dt + timedelta(seconds=offset)).replace(fold=int(again))


def _look() -> None:
    """The C library keeps the zone it read first; this asks whether it is still the one, and costs microseconds."""
    if sys.platform != "win32":
        time.tzset()


def _wall(dt: datetime) -> int:
    """Seconds since 1970 on its own dial."""
    return (dt.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)


def _ahead(moment: int) -> int:
    """Seconds that the wall is ahead of UTC then."""
    return time.localtime(moment).tm_gmtoff


def _offset(dt: datetime) -> int:
    """Of a wall time (PEP 495): what comes twice is told apart by ``fold``, what is left out is as if it were not."""
    _look()
    wall = _wall(dt)
    sides = _ahead(wall - _DAY), _ahead(wall + _DAY)
    true = [each for each in sides if _ahead(wall - each) == each] or sides
    return true[-1 if dt.fold else 0]


def _at(dt: datetime) -> time.struct_time:
    return time.localtime(_wall(dt) - _offset(dt))


ZONE: Final = Local()
