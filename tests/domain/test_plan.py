"""The text plan: periods without gap or overlap, and charges that add up whatever the order of texts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.domain import plan as plans
from app.domain.plan import Charge, Kind, Plan, UsedUp, charge, period_of
from tests.parts.examples import examples

EARLIEST, LATEST = 1_577_836_800_000, 4_102_444_800_000  # 2020 to 2100
LIMITED = Plan(Kind.LIMITED, allowance=100, price=12, currency="GBP")


def at(*moment: int) -> int:
    return round(datetime(*moment, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("day", "now", "start", "end"),
    [
        (1, at(2026, 11, 24), at(2026, 11, 1), at(2026, 12, 1)),
        (15, at(2026, 11, 14, 23, 59), at(2026, 10, 15), at(2026, 11, 15)),
        (15, at(2026, 11, 15), at(2026, 11, 15), at(2026, 12, 15)),
        (31, at(2026, 2, 27), at(2026, 1, 31), at(2026, 2, 28)),
        (31, at(2026, 2, 28), at(2026, 2, 28), at(2026, 3, 31)),
        (31, at(2028, 2, 29), at(2028, 2, 29), at(2028, 3, 31)),
        (1, at(2026, 12, 31, 23, 59, 59), at(2026, 12, 1), at(2027, 1, 1)),
        (20, at(2027, 1, 3), at(2026, 12, 20), at(2027, 1, 20)),
    ],
)
def test_periods(day: int, now: int, start: int, end: int) -> None:
    assert period_of(Plan(start_day=day), now) == plans.Period(start, end)


def test_a_period_begins_at_midnight_where_the_user_is() -> None:
    auckland = ZoneInfo("Pacific/Auckland")
    found = period_of(Plan(), at(2026, 11, 30, 12), auckland)
    assert datetime.fromtimestamp(found.start / 1000, auckland) == datetime(2026, 12, 1, tzinfo=auckland)


@settings(deadline=None, max_examples=examples(150))
@given(st.integers(1, 31), st.integers(EARLIEST, LATEST), st.sampled_from(["UTC", "Europe/Dublin", "Asia/Tokyo"]))
def test_every_moment_is_in_exactly_one_period_and_they_touch(day: int, now: int, name: str) -> None:
    plan, zone = Plan(start_day=day), ZoneInfo(name)
    found = period_of(plan, now, zone)
    assert found.start <= now < found.end
    assert period_of(plan, found.end, zone).start == found.end
    assert period_of(plan, found.start - 1, zone).end == found.start
    assert period_of(plan, found.start, zone) == period_of(plan, found.end - 1, zone) == found


@pytest.mark.parametrize(
    ("plan", "used", "segments", "expected"),
    [
        (Plan(), 5_000, 3, Charge(None)),
        (LIMITED, 0, 2, Charge(98)),
        (LIMITED, 98, 2, Charge(0)),
        (LIMITED, 99, 2, Charge(0, 1, 12, asks=True)),
        (LIMITED, 130, 2, Charge(0, 2, 24, asks=True)),
        (Plan(Kind.LIMITED, 1, when_used_up=UsedUp.STOP), 1, 1, Charge(0, 1, 0, stopped=True)),
        (Plan(Kind.LIMITED, 1, when_used_up=UsedUp.PAY, price=5), 1, 1, Charge(0, 1, 5)),
        (Plan(Kind.PAY, price=12), 40, 3, Charge(None, 3, 36, asks=True)),
    ],
)
def test_charges(plan: Plan, used: int, segments: int, expected: Charge) -> None:
    assert charge(plan, used, segments) == expected


PLANS = st.builds(
    Plan,
    st.sampled_from(Kind),
    allowance=st.integers(0, 30),
    when_used_up=st.sampled_from(UsedUp),
    price=st.integers(0, 50),
)


@settings(deadline=None, max_examples=examples(150))
@given(PLANS, st.lists(st.integers(1, 10), max_size=12), st.randoms(use_true_random=False))
def test_what_texts_cost_one_by_one_is_what_they_cost_together(plan: Plan, texts: list[int], dice) -> None:
    def total(order: list[int]) -> tuple[int, int]:
        used = over = price = 0
        for segments in order:
            one = charge(plan, used, segments)
            used, over, price = used + segments, over + one.over, price + one.price
        return over, price

    whole = charge(plan, 0, sum(texts)) if texts else Charge(None)
    shuffled = list(texts)
    dice.shuffle(shuffled)
    assert total(texts) == total(shuffled) == (whole.over, whole.price)


@settings(deadline=None, max_examples=examples(150))
@given(PLANS, st.integers(0, 40), st.integers(1, 10))
def test_nothing_is_paid_without_a_yes_and_nothing_left_is_below_zero(plan: Plan, used: int, segments: int) -> None:
    one = charge(plan, used, segments)
    assert one.left is None or one.left >= 0
    assert one.over <= segments
    if one.price and not (one.asks or one.stopped):
        assert (plan.kind, plan.when_used_up) == (Kind.LIMITED, UsedUp.PAY)
    if one.left:
        assert not (one.over or one.price or one.asks or one.stopped)


@pytest.mark.parametrize(
    "wrong",
    [
        Plan(allowance=-1),
        Plan(start_day=0),
        Plan(start_day=32),
        Plan(price=10**7),
        Plan(currency="usd"),
        Plan(mms_price=-1),
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: Plan) -> None:
    with pytest.raises(errors.GiveUp) as raised:
        wrong.check()
    assert raised.value.code == "bad_value"
    assert LIMITED.check() == LIMITED
