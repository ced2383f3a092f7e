"""Local time by the system's own rules: winter and summer each as they are, and no zone kept beyond its day."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import local
from app.domain import plan as plans
from app.ui import format
from tests.parts.examples import examples

BERLIN = ZoneInfo("Europe/Berlin")
EARLIEST, LATEST = 1_577_836_800, 2_082_758_400  # 2020 to 2036
SETTING = (2026, 10, 25)  # the day on which summer time ends there
Move = Callable[[str], None]


@pytest.fixture
def move() -> Iterator[Move]:
    """The computer is in Berlin, and goes elsewhere: only the system is told, as by whoever sets the clock."""
    with pytest.MonkeyPatch.context() as patched:

        def go(zone: str) -> None:
            patched.setenv("TZ", zone)

        go("Europe/Berlin")
        yield go
    time.tzset()


def ms(*moment: int) -> int:
    return round(datetime(*moment, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type]


@pytest.mark.usefixtures("move")
def test_winter_and_summer_are_each_shown_by_their_own_clock() -> None:
    summer, winter = ms(2026, 7, 14, 10), ms(2026, 12, 1, 10)
    assert format.clock(summer, local.ZONE) == "12:00"
    assert format.clock(winter, local.ZONE) == "11:00"
    for at, hours, name in ((summer, 2, "CEST"), (winter, 1, "CET")):
        there = datetime.fromtimestamp(at / 1000, local.ZONE)
        assert (there.utcoffset(), there.tzname()) == (timedelta(hours=hours), name)
        assert there.dst() == timedelta(hours=hours - 1)


@pytest.mark.usefixtures("move")
def test_a_day_begins_at_the_midnight_of_its_season() -> None:
    now = ms(2026, 7, 20, 12)
    assert format.day_line(ms(2026, 7, 14, 21, 59), now, local.ZONE) == ("Tuesday", "23:59")
    assert format.day_line(ms(2026, 7, 14, 22), now, local.ZONE) == ("Wednesday", "0:00")
    now = ms(2026, 12, 20, 12)
    assert format.day_line(ms(2026, 12, 14, 22, 59), now, local.ZONE) == ("Monday", "23:59")
    assert format.day_line(ms(2026, 12, 14, 23), now, local.ZONE) == ("Tuesday", "0:00")


@pytest.mark.usefixtures("move")
def test_wall_times_around_both_changes() -> None:
    def utc(*wall: int, fold: int = 0) -> tuple[int, int]:
        at = datetime(*wall, tzinfo=local.ZONE, fold=fold).astimezone(UTC)  # type: ignore[misc, arg-type]
        return at.hour, at.minute

    spring, autumn = (2026, 3, 29), SETTING
    assert [utc(*spring, 1, 59), utc(*spring, 3, 0)] == [(0, 59), (1, 0)]
    assert [utc(*spring, 2, 30), utc(*spring, 2, 30, fold=1)] == [(1, 30), (0, 30)]  # no clock shows it
    assert [utc(*autumn, 1, 59), utc(*autumn, 3, 0)] == [(23, 59), (2, 0)]
    assert [utc(*autumn, 2, 30), utc(*autumn, 2, 30, fold=1)] == [(0, 30), (1, 30)]
    assert [datetime.fromtimestamp(ms(*autumn, hour, 30) / 1000, local.ZONE).fold for hour in range(3)] == [0, 1, 0]


@settings(deadline=None, max_examples=examples(200))
@given(
    st.integers(EARLIEST, LATEST) | st.integers(ms(*SETTING) // 1000 - 7200, ms(*SETTING) // 1000 + 14_400),
    st.sampled_from(("Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "UTC")),
)
def test_there_and_back_as_the_tables_of_zones_have_it(seconds: int, zone: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TZ", zone)
        here = datetime.fromtimestamp(seconds, local.ZONE)
        there = datetime.fromtimestamp(seconds, ZoneInfo(zone))
        assert (here.replace(tzinfo=None), here.fold) == (there.replace(tzinfo=None), there.fold)
        assert here.utcoffset() == there.utcoffset()
        assert here.astimezone(UTC).timestamp() == seconds
    time.tzset()


def test_a_journey_needs_no_restart(move: Move) -> None:
    at = ms(2026, 7, 14, 10)
    assert format.clock(at, local.ZONE) == "12:00"
    move("Asia/Tokyo")
    assert format.clock(at, local.ZONE) == "19:00"
    assert datetime(2026, 7, 14, 19, tzinfo=local.ZONE).timestamp() * 1000 == at


@pytest.mark.usefixtures("move")
def test_a_period_of_the_plan_ends_at_the_midnight_of_its_own_season() -> None:
    found = plans.period_of(plans.Plan(), ms(*SETTING), local.ZONE)
    assert (found.start, found.end) == (ms(2026, 9, 30, 22), ms(2026, 10, 31, 23))
    assert found == plans.period_of(plans.Plan(), ms(*SETTING), BERLIN)
