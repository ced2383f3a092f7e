"""Rows of a conversation: runs of one sender, day lines and the unread line, so that the screen never decides them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from enum import Enum
from typing import Final

import msgspec

from app.common.ids import AccountId
from app.content import base
from app.domain import conversation
from app.domain.bearer import Bearer
from app.domain.ordering import Place
from app.protocol import limits

TOGETHER: Final = limits.MINUTE  # messages of one sender closer than this are one run
SILENCE: Final = limits.HOUR  # after this long the time is told again


class Entry(msgspec.Struct, frozen=True):
    """What grouping needs of a message; ``alone`` for notices, which join no run."""

    place: Place
    author: AccountId
    outgoing: bool
    bearer: Bearer = Bearer.RICH
    visible: bool = True
    alone: bool = False


class Position(Enum):
    """Where a message stands in its run."""

    SINGLE = "single"
    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"


class DayLine(msgspec.Struct, frozen=True):
    """A new day, or the time after an hour of silence; ``at`` is milliseconds."""

    at: int
    new_day: bool


class UnreadLine(msgspec.Struct, frozen=True):
    """Above the first unread message."""


class Row(msgspec.Struct, frozen=True):
    """One message and its position in its run."""

    entry: Entry
    position: Position


Line = DayLine | UnreadLine | Row


def lines(
    entries: Sequence[Entry],
    zone: tzinfo = UTC,
    *,
    read_upto: Place | None = None,
    before: Entry | None = None,
    after: Entry | None = None,
) -> tuple[Line, ...]:
    """The rows of a window of sorted entries.

    ``read_upto`` is the read position when the conversation was opened (None: no unread line). ``before`` and ``after``
    are the neighbours outside the window, so that rows at its edges are the same as in a larger one. Days and gaps are
    taken from the order, which never goes back, not from the senders' clocks.
    """
    shown: list[Line] = []
    around = (before, *entries, after)
    seams = [_seam(around[index], around[index + 1], zone, read_upto) for index in range(len(entries) + 1)]
    for index, entry in enumerate(entries):
        shown.extend(seams[index].between)
        shown.append(Row(entry, _position(seams[index].joined, seams[index + 1].joined)))
    return tuple(shown)


class _Seam(msgspec.Struct, frozen=True):
    """What stands between two neighbours, and whether they are of one run."""

    between: tuple[DayLine | UnreadLine, ...] = ()
    joined: bool = False


def _seam(above: Entry | None, below: Entry | None, zone: tzinfo, read_upto: Place | None) -> _Seam:
    if below is None:
        return _Seam()
    between: list[DayLine | UnreadLine] = []
    at = below.place[0]
    new_day = above is None or _day(above.place[0], zone) != _day(at, zone)
    if above is None or new_day or at - above.place[0] >= SILENCE:
        between.append(DayLine(at, new_day))
    if read_upto is not None and _starts_unread(above, below, read_upto):
        between.append(UnreadLine())
    return _Seam(tuple(between), joined=above is not None and not between and _together(above, below))


def _starts_unread(above: Entry | None, below: Entry, read_upto: Place) -> bool:
    """Right after the read position; not below an answer of one's own, which shows that one was there."""
    arrival = conversation.Arrival(below.place, below.outgoing, below.visible)
    return conversation.is_unread(arrival, read_upto) and (above is None or above.place <= read_upto)


def _together(above: Entry, below: Entry) -> bool:
    return (
        not above.alone
        and not below.alone
        and above.author == below.author
        and above.outgoing == below.outgoing
        and above.bearer == below.bearer
        and below.place[0] - above.place[0] < TOGETHER
    )


def _position(joins_above: bool, joins_below: bool) -> Position:
    if joins_above:
        return Position.MIDDLE if joins_below else Position.LAST
    return Position.FIRST if joins_below else Position.SINGLE


def _day(at: int, zone: tzinfo) -> date:
    # a day short of the calendar's end, so that no zone can carry it beyond
    return datetime.fromtimestamp(min(at, base.LATEST - limits.DAY) / 1000, zone).date()
