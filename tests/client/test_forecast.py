"""Forecast and outcome are one decision: over every order of answers, settings and terms, with the real store."""

import asyncio
import itertools
from functools import partial
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from app.client.routing import NO_TEXTS, Forecast, Routing, Wanted
from app.common import ids, local
from app.domain.bearer import Agreement, Bearer, Capability, Choice, Rules, Texts, Why, Wish
from app.domain.plan import Kind, Plan, UsedUp, period_of
from app.protocol import frames
from app.storage import conversations, ledger, own, people
from app.storage.transaction import Tx
from tests.client.room import Room, opened
from tests.parts.examples import examples

TERMS = (NO_TEXTS, frames.TextTerms(True, "+12025550100"), frames.TextTerms(False, why="gateway_down"))
PLANS = (
    Plan(),
    Plan(Kind.PAY, price=12, currency="GBP"),
    Plan(Kind.PAY),
    *(Plan(Kind.LIMITED, 1, when_used_up=what, price=12, currency="GBP") for what in UsedUp),
)
STEP = st.tuples(
    st.sampled_from(Capability),
    st.sampled_from(("automatic", "only_encrypted", "always_text")),
    st.sampled_from(("on", "leaving", "off", "returning")),
    st.sampled_from(TERMS),
    st.sampled_from(PLANS),
    st.sampled_from(Wish),
    st.sampled_from((None, Agreement(1, 12))),
    st.booleans(),
    st.sampled_from(Texts),
)


async def test_no_order_of_events_lets_words_out_that_should_stay(tmp_path: Path) -> None:
    folders = itertools.count()

    async def walk(steps) -> None:
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        async with opened(folder) as room:
            await _walk(room, steps)

    @settings(deadline=None, max_examples=examples(50))
    @given(st.lists(STEP, min_size=4, max_size=16))
    def check(steps) -> None:
        with asyncio.Runner() as loop:
            loop.run(walk(steps))

    await asyncio.to_thread(check)


async def _walk(room: Room, steps) -> None:
    person = await room.meet("Carol", account=None, address="+12025550123")
    texts = Texts.AUTOMATIC
    routing = Routing(room.database, None, room.clock, lambda: texts)  # type: ignore[arg-type]
    await room.database.write(lambda tx: own.create(tx, own.Own(b"a" * 32, b"r" * 32, b"d" * 16, b"s" * 32)))
    ever_rich = False
    for step in steps:
        capability, policy, rich, terms, plan, wish, agreed, number, texts = step
        routing.terms = terms
        ever_rich = ever_rich or capability is Capability.RICH

        shown, done = await room.database.write(partial(_decide, routing, person, step, ever_rich))
        assert shown == done
        if shown.choice.bearer is not Bearer.TEXT:
            continue
        assert policy != "only_encrypted"
        assert wish is not Wish.RICH
        assert texts is not Texts.NEVER
        assert texts is not Texts.ASK or agreed is not None or policy == "always_text"
        assert number
        assert terms is not NO_TEXTS
        assert not ever_rich or agreed is not None or policy == "always_text"
        assert capability is not Capability.UNKNOWN or rich in ("leaving", "off") or agreed is not None
        route = shown.choice.route
        assert route is not None
        assert not (route.costs and plan.when_used_up is UsedUp.ASK) or agreed is not None or policy == "always_text"


def _decide(routing: Routing, person: bytes, step, ever_rich: bool, tx: Tx) -> tuple[Forecast, Forecast]:
    capability, policy, rich, _, plan, wish, agreed, number, _ = step
    conversations.set_bearer(tx, person, policy)
    own.set_rich(tx, rich)
    ledger.set_plan(tx, plan)
    if ever_rich:
        people.join_account(tx, person, b"c" * 32)
    known = people.get(tx, person)
    assert known is not None
    blank = Forecast(
        person,
        Choice(Bearer.UNDECIDED, Why.UNCONFIRMED),
        capability,
        1,
        Rules(),
        "+12025550123" if number else "",
    )
    shown = routing._decide(tx, known, Wanted("Hello", wish, agreed), blank)
    submit, route = ids.random_id(), shown.choice.route
    if route is not None:  # as when it is tried again: what it has reserved itself does not count against it
        ledger.reserve(tx, ledger.Entry(submit, b"m" * 16, shown.number, True, tx.now, "reserved", route.segments))
    done = routing._decide(tx, known, Wanted("Hello", wish, agreed, submit), blank)
    ledger.release(tx, submit)
    return shown, done


async def test_with_the_month_the_allowance_begins_again(tmp_path: Path) -> None:
    """What is reserved or settled counts in the month in which it left, to its last millisecond."""
    async with opened(tmp_path) as room:
        person = await room.meet("Carol", account=None, address="+12025550123")
        routing = Routing(room.database, None, room.clock)  # type: ignore[arg-type]
        routing.terms = TERMS[1]
        limited = Plan(Kind.LIMITED, 2, price=12, currency="GBP")
        await room.database.write(lambda tx: ledger.set_plan(tx, limited))
        end = period_of(limited, room.clock.now(), local.ZONE).end

        def reserve(tx: Tx) -> None:
            ledger.reserve(tx, ledger.Entry(b"s" * 16, b"m" * 16, "+12025550123", True, tx.now, "reserved", 2))

        def left(tx: Tx) -> tuple[int | None, Bearer]:
            known = people.get(tx, person)
            assert known is not None
            blank = Forecast(person, Choice(Bearer.UNDECIDED, Why.UNCONFIRMED), Capability.NOT_RICH, 1, Rules(), "+1")
            route = routing._decide(tx, known, Wanted("Hello"), blank).choice
            assert route.route is not None
            return route.route.left, route.bearer

        room.clock.advance((end - 1 - room.clock.now()) / 1000)
        await room.database.write(reserve)
        assert await room.database.write(left) == (0, Bearer.NONE)
        room.clock.advance(0.001)
        assert await room.database.write(left) == (1, Bearer.TEXT)
