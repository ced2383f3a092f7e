"""Codes that nobody enters: told once a day for a prefix, and never about people who ask for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.limits import DAY
from app.relay.addresses.watch import FEWEST, SHARE, Watch
from tests.relay.addresses.conftest import Desk

HERE, THERE = "+1202555", "+4477009"


@pytest.mark.expect_log("codes to +1202555… are hardly ever entered: 0 of 10 today")
def test_it_is_told_once_a_day_and_for_one_prefix_alone() -> None:
    watch = Watch()
    told = [watch.sent(HERE, at) for at in range(3 * FEWEST)]
    assert told == [at == FEWEST - 1 for at in range(3 * FEWEST)]
    assert not any(watch.sent(THERE, at) for at in range(FEWEST - 1))
    assert [watch.sent(HERE, DAY + at) for at in range(FEWEST)][-1]


@pytest.mark.expect_log
@given(st.lists(st.booleans(), max_size=60))
def test_told_is_exactly_where_too_few_came_back(entered: list[bool]) -> None:
    """Each code, and whether it is entered before the next one leaves."""
    watch, came, told = Watch(), 0, False
    for sent, back in enumerate(entered, 1):
        few = sent >= FEWEST and came * SHARE < sent
        assert watch.sent(HERE, sent) == (few and not told)
        told = told or few
        if back:
            watch.entered(HERE, sent)
            came += 1


@pytest.mark.expect_log("codes to +1202555")
async def test_the_relay_watches_what_it_sends(desk: Desk) -> None:
    alice, bob = await desk.wire.join("alice@example.com"), await desk.wire.join("bob@example.com")
    async with desk.wire.online(alice.gadgets[0]) as client, desk.wire.online(bob.gadgets[0]) as other:
        for last in range(FEWEST):
            await desk.start(other if last % 2 else client, f"+120255501{last:02}")
    assert desk.inside.relay.counts.codes_unanswered == 1
