"""Order and holes, by property."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.content import base
from app.domain import ordering
from app.domain.ordering import Sequences
from app.protocol import limits
from tests.parts.examples import examples

times = st.integers(0, base.LATEST - 1)


@given(times, times)
def test_the_next_order_is_later_than_all_and_not_behind_the_clock(now: int, highest: int) -> None:
    order = ordering.next_order(now, highest)
    assert order > highest
    assert order >= now
    assert order in (now, highest + 1)


@given(st.integers(0, base.LATEST - 10_000_000), st.lists(st.integers(-300_000, 300_000), max_size=30))
def test_answers_come_after_what_they_answer_whatever_the_clocks_say(start: int, offsets: list[int]) -> None:
    highest = start
    for offset in offsets:
        order = ordering.next_order(max(0, start + offset), highest)
        assert order > highest
        highest = order


def test_no_peer_can_push_the_order_out_of_every_calendar() -> None:
    assert ordering.next_order(0, base.LATEST) == base.LATEST


def test_an_order_ten_minutes_ahead_is_plausible_and_one_more_is_not() -> None:
    now = 1_800_000_000_000
    assert ordering.plausible(now + limits.AHEAD, now)
    assert ordering.plausible(now - 30 * limits.DAY, now)
    assert not ordering.plausible(now + limits.AHEAD + 1, now)
    assert not ordering.plausible(-1, now)


@given(st.lists(st.integers(0, 80), max_size=120))
@settings(max_examples=examples(300))
def test_missing_is_exactly_what_did_not_come(numbers: list[int]) -> None:
    seen = Sequences()
    for number in numbers:
        seen = seen.add(number)
    highest = max(numbers, default=0)
    assert seen.highest == highest
    assert set(seen.missing) == set(range(1, highest)) - set(numbers)
    assert sorted(seen.missing) == list(seen.missing)


@given(st.lists(st.integers(0, 80), max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(numbers: list[int], dice: random.Random) -> None:
    def after(order: list[int]) -> Sequences:
        seen = Sequences()
        for number in order:
            seen = seen.add(number)
        return seen

    shuffled = list(numbers)
    dice.shuffle(shuffled)
    assert after(numbers) == after(shuffled)


def test_a_hostile_jump_costs_bounded_memory() -> None:
    seen = Sequences().add(1).add(2**53)
    assert len(seen.missing) == ordering.REMEMBERED
    assert seen.missing[-1] == 2**53 - 1
    assert len(seen.add(2**53 + 10).missing) == ordering.REMEMBERED


def test_a_device_linked_later_misses_nothing_from_before() -> None:
    assert Sequences.joined(41).add(43).missing == (42,)
    assert Sequences.joined(0).add(2).missing == (1,)
