"""Codes that nobody enters: told once a day for a prefix, and never about people who ask for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common import errors
from app.protocol.limits import DAY
from app.relay.addresses.watch import Alarm, Watch
from app.relay.code_limits import Rules
from tests.relay.addresses.conftest import Desk

HERE, THERE = "+1202555", "+4477009"
FEWEST, SHARE, ROW = Rules().alarm_codes, Rules().alarm_one_in, Rules().alarm_in_a_row


def number(place: int, prefix: str = HERE) -> str:
    """One of those that differ in their last four digits only."""
    return f"{prefix}{place:04}"


@pytest.mark.expect_log("codes to +1202555… are hardly ever entered: 0 of 10 today")
def test_it_is_told_once_a_day_and_for_one_prefix_alone() -> None:
    watch = Watch(Rules())
    told = [watch.sent(number(2 * at), at) for at in range(3 * FEWEST)]
    assert told == [Alarm(unanswered=at == FEWEST - 1) for at in range(3 * FEWEST)]
    assert not any(watch.sent(number(2 * at, THERE), at).unanswered for at in range(FEWEST - 1))
    assert [watch.sent(number(2 * at), DAY + at).unanswered for at in range(FEWEST)][-1]


@pytest.mark.expect_log
@given(st.lists(st.booleans(), max_size=60), st.integers(0, 30), st.integers(0, 9))
def test_told_is_exactly_where_too_few_came_back(entered: list[bool], fewest: int, one_in: int) -> None:
    """Each code, and whether it is entered before the next one leaves."""
    watch, came, told = Watch(Rules(alarm_codes=fewest, alarm_one_in=one_in)), 0, False
    for sent, back in enumerate(entered, 1):
        few = 0 < fewest <= sent and came * one_in < sent
        assert watch.sent(number(2 * sent), sent).unanswered == (few and not told)
        told = told or few
        if back:
            watch.entered(number(2 * sent), sent)
            came += 1


@pytest.mark.expect_log
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=40), st.integers(0, 6))
def test_a_row_is_told_in_whichever_order_it_came(codes: list[tuple[int, bool]], most: int) -> None:
    """Codes to neighbours, some of which are entered at once: a number whose code came back makes no row."""
    watch, open_, told = Watch(Rules(alarm_in_a_row=most, alarm_codes=0)), set[int](), False
    for at, (place, back) in enumerate(codes):
        open_.add(place)
        here = any(most and set(range(first, first + most)) <= open_ for first in range(13))
        assert watch.sent(number(place), at) == Alarm(in_a_row=here and not told)
        told = told or here
        if back:
            watch.entered(number(place), at)
            open_.discard(place)


@pytest.mark.expect_log("codes to +1202555… go to numbers in a row, and none of them is entered")
def test_a_row_is_told_once_a_day() -> None:
    watch = Watch(Rules(alarm_codes=0))
    assert [watch.sent(number(at), at).in_a_row for at in range(9)] == [at == ROW - 1 for at in range(9)]
    assert not watch.sent(number(9_999), 9).in_a_row
    assert [watch.sent(number(at), DAY + at).in_a_row for at in range(ROW)][-1]


def test_the_numbers_are_settings() -> None:
    table = {"alarm_codes": 3, "alarm_one_in": 2, "alarm_in_a_row": 4}
    assert Rules.read(table) == Rules(**table)
    with pytest.raises(errors.GiveUp, match="alarm_in_a_row"):
        Rules.read({"alarm_in_a_row": -1})


@pytest.mark.expect_log("codes to +1202555")
async def test_the_relay_watches_what_it_sends(desk: Desk) -> None:
    alice, bob = await desk.wire.join("alice@example.com"), await desk.wire.join("bob@example.com")
    async with desk.wire.online(alice.gadgets[0]) as client, desk.wire.online(bob.gadgets[0]) as other:
        for last in range(FEWEST):
            await desk.start(other if last % 2 else client, f"+120255501{last:02}")
    counts = desk.inside.relay.counts
    assert (counts.codes_unanswered, counts.codes_in_a_row) == (1, 1)
    assert b"kingfisher_codes_in_a_row_total 1.0" in counts.text()
