"""Clocks and the waiting times between tries."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common import clock, tasks


def test_the_systems_clock_and_its_correction() -> None:
    plain, ahead = clock.SystemClock(), clock.SystemClock(offset=3_600_000)
    assert plain.now() > 1_600_000_000_000
    assert 3_599_000 < ahead.now() - plain.now() < 3_601_000
    assert plain.monotonic() <= plain.monotonic()


async def test_the_systems_clock_sleeps_on_the_loop() -> None:
    await clock.SystemClock().sleep(0)


async def test_a_manual_clock_wakes_sleepers_in_the_order_of_their_times() -> None:
    time = clock.ManualClock(1_000)
    woken: list[str] = []
    owner = tasks.TaskOwner("sleepers")

    async def sleeper(name: str, seconds: float) -> None:
        await time.sleep(seconds)
        woken.append(name)

    sleepers = [owner.spawn(sleeper(name, wait), name=name) for name, wait in (("c", 3), ("a", 1), ("b", 2), ("d", 9))]
    await asyncio.sleep(0)
    time.advance(0.5)
    await asyncio.sleep(0)
    assert woken == []
    time.advance(4.5)
    await asyncio.wait(sleepers[:3])
    assert woken == ["a", "b", "c"]
    assert (time.now(), time.monotonic()) == (6_000, 6.0)
    sleepers[3].cancel()
    await asyncio.sleep(0)
    time.advance(10)
    assert woken == ["a", "b", "c"]
    await owner.close()


@given(st.integers(0, 2**32), st.floats(0.01, 10), st.floats(10, 100))
def test_waiting_times_grow_with_jitter_up_to_the_longest(seed: int, first: float, longest: float) -> None:
    backoff = clock.Backoff(first, longest, random.Random(seed))
    for tries in range(40):
        step = min(longest, first * 2**tries)
        assert step / 2 <= backoff.next() <= step
    backoff.reset()
    assert first / 2 <= backoff.next() <= first


def test_two_that_fail_together_do_not_come_back_together() -> None:
    waits = {clock.Backoff(dice=random.Random(seed)).next() for seed in range(20)}
    assert len(waits) == 20


def test_the_dice_are_not_guessable_by_default() -> None:
    assert isinstance(clock.Backoff().dice, random.SystemRandom)


@pytest.mark.parametrize("tries", [31, 1_000])
def test_no_overflow_after_many_tries(tries: int) -> None:
    backoff = clock.Backoff(longest=5)
    for _ in range(tries):
        assert backoff.next() <= 5
