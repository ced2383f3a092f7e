"""What the forecast shows is what the plan counts: over texts, plans, periods, and whatever a gateway answers."""

import random
from pathlib import Path

import pytest

from app.client.routing import Wanted
from app.domain.bearer import Agreement, Bearer
from app.domain.delivery import Status
from app.domain.plan import Kind, Plan, UsedUp, here, period_of
from app.relay.texts import base
from app.storage import ledger, recipients
from app.storage.ledger import Entry
from app.storage.transaction import View
from tests.parts.people import Present
from tests.parts.texting import CAROL, Network
from tests.stories.test_texts import alice, to

WORDS = ("a", "a" * 161, "€" * 81, "я" * 71, "😀" * 36, "{" * 200, "Hello", "é" * 320)
EACH = 12


def plan_of(dice: random.Random) -> Plan:
    return Plan(
        dice.choice(list(Kind)),
        allowance=dice.randrange(0, 25),
        start_day=dice.randrange(1, 29),
        when_used_up=dice.choice(list(UsedUp)),
        price=EACH,
        currency="GBP",
    )


def script_of(network: Network, segments: int, dice: random.Random) -> tuple[int, bool]:
    """What the gateway will do with a text: how many segments it takes, and whether it leaves one open."""
    taken, rest = dice.randrange(0, segments + 1), dice.choice((base.Refused(base.Reason.UNREACHABLE), None))
    if taken == segments or rest is not None:
        network.script += [base.Submitted(f"{id(dice)}{dice.random()}", 1, 7_500, "USD") for _ in range(taken)]
        network.script += [] if taken == segments or rest is None else [rest]
        return taken, False
    for number in range(segments):
        unknown = number == taken
        network.script.append(
            base.OutcomeUnknown() if unknown else base.Submitted(f"u{dice.random()}", 1, 7_500, "USD")
        )
    return segments - 1, True


async def used(present: Present, plan: Plan) -> int:
    period = period_of(plan, present.someone.clock.now(), here())
    return await present.messenger.database.read(lambda view: ledger.used(view, period, incoming=False))


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 30), *(pytest.param(n, 60, marks=pytest.mark.long) for n in range(2, 8))]
)
async def test_what_is_shown_is_what_is_counted(tmp_path: Path, seed: int, count: int) -> None:
    dice = random.Random(seed)
    async with alice(tmp_path) as (present, network, _):
        person = (await present.messenger.routing.person_for(CAROL)).person
        seen = set[str]()
        for _ in range(count):
            plan, words = plan_of(dice), dice.choice(WORDS)
            await present.messenger.database.write(lambda tx, plan=plan: ledger.set_plan(tx, plan))
            before = await used(present, plan)
            shown = await present.messenger.routing.forecast(person, Wanted(words))
            route = shown.choice.route
            assert route is not None
            agreed = Agreement(route.segments, route.price)
            taken, unknown = script_of(network, route.segments, dice)
            message = await to(present, CAROL, words, agreed=agreed)
            row = await present.row(message)
            if route.stopped:
                network.script.clear()
                await present.status(message, Status.FAILED)
                assert await used(present, plan) == before
                seen.add("stopped")
                continue
            entry = await _settled(present, row)
            assert not network.script
            assert shown.choice.bearer is (Bearer.NONE if route.asks else Bearer.TEXT)
            counted = route.segments if unknown and not taken else taken
            lost = route.segments - counted
            over = route.price // EACH
            assert (entry.segments, entry.state) == (counted or route.segments, "settled" if counted else "released")
            assert await used(present, plan) == before + counted
            if counted:
                assert entry.price == max(0, over - lost) * EACH
            assert entry.segments <= agreed.segments
            assert entry.price <= agreed.price
            seen.add("unknown" if unknown else "whole" if not lost else "partly" if counted else "refused")
        assert seen == {"stopped", "whole", "partly", "refused", "unknown"}


async def _settled(present: Present, row: int) -> Entry:
    """Its line in the ledger, once it is not open any more."""

    def line(view: View) -> Entry | None:
        return ledger.entry(view, recipients.of_rows(view, [row])[row][0].submit)

    def closed(view: View) -> bool:
        found = line(view)
        return found is not None and found.state != "reserved"

    await present.until(closed)
    found = await present.messenger.database.read(line)
    assert found is not None
    return found
