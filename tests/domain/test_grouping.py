"""Runs, day lines and the unread line, and that a window shows the same rows as the whole."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from app.common.ids import AccountId
from app.content import base
from app.domain import grouping
from app.domain.bearer import Bearer
from app.domain.grouping import DayLine, Entry, Position, Row, UnreadLine, lines
from app.domain.ordering import Place
from app.protocol import limits
from tests.content.samples import ALICE, BOB, message_id
from tests.parts.examples import examples

NOON = int(datetime(2027, 3, 4, 12, tzinfo=UTC).timestamp()) * 1000


def entry(at: int, author: AccountId = BOB, *, bearer: Bearer = Bearer.RICH, alone: bool = False) -> Entry:
    return Entry((NOON + at, message_id(abs(at))), author, author == ALICE, bearer, alone=alone)


def positions(*entries: Entry) -> list[Position]:
    return [line.position for line in lines(entries) if isinstance(line, Row)]


entries = st.lists(
    st.builds(
        lambda gap, author, bearer, alone: (gap, author, bearer, alone),
        st.sampled_from([0, 1, 30_000, 59_999, 60_000, limits.HOUR - 1, limits.HOUR, 5 * limits.HOUR]),
        st.sampled_from([ALICE, BOB]),
        st.sampled_from([Bearer.RICH, Bearer.TEXT]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=25,
).map(lambda steps: _walk(steps))


def _walk(steps: list[tuple[int, AccountId, Bearer, bool]]) -> list[Entry]:
    at, made = 0, []
    for number, (gap, author, bearer, alone) in enumerate(steps):
        at += gap
        made.append(Entry((NOON + at, message_id(number)), author, author == ALICE, bearer, alone=alone))
    return made


def test_a_run_is_one_sender_less_than_a_minute_apart() -> None:
    assert positions(entry(0)) == [Position.SINGLE]
    assert positions(entry(0), entry(59_999), entry(119_998)) == [Position.FIRST, Position.MIDDLE, Position.LAST]
    assert positions(entry(0), entry(60_000)) == [Position.SINGLE, Position.SINGLE]
    assert positions(entry(0), entry(1, ALICE), entry(2)) == [Position.SINGLE] * 3


def test_a_text_or_a_notice_ends_a_run() -> None:
    assert positions(entry(0), entry(1, bearer=Bearer.TEXT)) == [Position.SINGLE] * 2
    assert positions(entry(0), entry(1, alone=True), entry(2, alone=True)) == [Position.SINGLE] * 3


def test_an_hour_of_silence_and_a_new_day_are_told() -> None:
    hour = limits.HOUR
    shown = lines((entry(0), entry(hour - 1), entry(2 * hour - 1), entry(13 * hour)))
    assert [line for line in shown if not isinstance(line, Row)] == [
        DayLine(NOON, new_day=True),
        DayLine(NOON + 2 * hour - 1, new_day=False),
        DayLine(NOON + 13 * hour, new_day=True),
    ]


def test_midnight_is_the_zones_own_and_ends_a_run() -> None:
    zone = timezone(timedelta(hours=12))
    last, first = entry(-1), entry(0)
    assert [type(line) for line in lines((last, first), zone)] == [DayLine, Row, DayLine, Row]
    assert [type(line) for line in lines((last, first), UTC)] == [DayLine, Row, Row]


def test_the_unread_line_stands_once_above_the_first_unread() -> None:
    shown = lines((entry(0), entry(1), entry(2)), read_upto=entry(0).place)
    assert [type(line) for line in shown] == [DayLine, Row, UnreadLine, Row, Row]
    assert [line.position for line in shown if isinstance(line, Row)] == [
        Position.SINGLE,
        Position.FIRST,
        Position.LAST,
    ]


def test_no_unread_line_where_nothing_is_unread_or_one_has_answered() -> None:
    read_upto = entry(0).place
    for window in ((entry(0),), (entry(0), entry(1, ALICE)), (entry(0), entry(1, ALICE), entry(2))):
        assert not any(isinstance(line, UnreadLine) for line in lines(window, read_upto=read_upto))
    assert not any(isinstance(line, UnreadLine) for line in lines((entry(0), entry(1))))


@given(entries, st.integers(0, 25), st.integers(0, 25), st.integers(-1, 25))
@settings(max_examples=examples(300))
def test_a_window_shows_the_same_rows_as_the_whole(every: list[Entry], start: int, size: int, read: int) -> None:
    upto: Place | None = every[read].place if 0 <= read < len(every) else None
    start = min(start, len(every))
    window = every[start : start + size]
    rest = every[start + size :]
    part = lines(
        window,
        read_upto=upto,
        before=every[start - 1] if start else None,
        after=rest[0] if rest else None,
    )
    whole = lines(every, read_upto=upto)
    rows = [index for index, line in enumerate(whole) if isinstance(line, Row)]
    first = rows[start - 1] + 1 if start else 0
    last = rows[start + len(window) - 1] + 1 if window else first
    assert part == whole[first:last]


@given(entries)
@settings(max_examples=examples(200))
def test_runs_are_well_formed_and_nothing_is_lost(every: list[Entry]) -> None:
    shown = lines(every)
    assert [line.entry for line in shown if isinstance(line, Row)] == every
    open_run: list[Entry] = []
    for line in shown:
        if not isinstance(line, Row):
            assert not open_run
            continue
        assert bool(open_run) == (line.position in (Position.MIDDLE, Position.LAST))
        open_run = [line.entry] if line.position in (Position.FIRST, Position.MIDDLE) else []


def test_times_at_both_ends_of_the_calendar_have_a_day() -> None:
    for zone in (UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))):
        edge = [Entry((0, message_id(0)), BOB, False), Entry((base.LATEST, message_id(1)), BOB, False)]
        assert len(lines(edge, zone)) == 4


def test_nothing_to_show() -> None:
    assert lines(()) == ()
    assert grouping.lines((), before=entry(0), after=entry(1)) == ()
