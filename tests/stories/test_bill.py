"""What the forecast shows is what the plan counts: over texts and pictures, plans, periods, and all a gateway says."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.client.pictures import Chosen
from app.client.routing import Wanted
from app.client.sending import Beside
from app.common import local
from app.content.text import Text
from app.domain.bearer import Agreement, Bearer
from app.domain.delivery import Status
from app.domain.plan import Kind, Period, Plan, UsedUp, period_of
from app.protocol import limits, segments
from app.relay.texts import base
from app.storage import ledger, recipients
from app.storage.ledger import Entry
from app.storage.transaction import View
from tests.parts.people import Present
from tests.parts.texting import CAROL, Network
from tests.stories.test_texts import alice, to

WORDS = ("a", "a" * 161, "€" * 81, "я" * 71, "😀" * 36, "{" * 200, "Hello", "é" * 320)
LONG = ("a" * 1_531, "€" * 766, "я" * 1_600)  # more than ten segments
EACH, MMS_EACH = 12, 40
ABLE = {
    "kinds": frozenset({base.Kind.SMS, base.Kind.MMS}),
    "mms_octets": 60_000,
    "mms_types": frozenset({"image/jpeg"}),
}
PICTURE = Chosen(Beside("image/jpeg", "a.jpg", b"", b"jpeg" * 100), 120, 80, moves=False, stilled=False)


def plan_of(dice: random.Random) -> Plan:
    return Plan(
        dice.choice((*Kind, Kind.LIMITED)),
        allowance=dice.choice((0, dice.randrange(0, 12))),
        start_day=dice.randrange(1, 29),
        when_used_up=dice.choice((*UsedUp, UsedUp.STOP)),
        price=EACH,
        mms_price=MMS_EACH,
        currency="GBP",
        incoming_counts=dice.random() < 0.5,
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


@dataclass
class Bill:
    """What was counted so far, kept here beside the ledger, and the moments at which it was."""

    counted: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    came: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def used(self, plan: Plan, now: int) -> int:
        period = period_of(plan, now, local.ZONE)
        found = (*self.counted, *(self.came if plan.incoming_counts else ()))
        return sum(segments for at, segments in found if period.start <= at < period.end)

    async def grow_older(self, present: Present, milliseconds: int) -> None:
        """All of it was so much longer ago."""
        self.counted = [(at - milliseconds, segments) for at, segments in self.counted]
        self.came = [(at - milliseconds, segments) for at, segments in self.came]
        await present.messenger.database.write(lambda tx: tx.run("UPDATE ledger SET at = at - ?", (milliseconds,)))


def charged(plan: Plan, used: int, segments: int) -> tuple[int | None, int]:
    """What a text leaves of the allowance, and how many of its segments are paid for."""
    if plan.kind is not Kind.LIMITED:
        return None, segments if plan.kind is Kind.PAY else 0
    left = plan.allowance - used - segments
    return max(0, left), min(segments, max(0, -left))


async def used(present: Present, plan: Plan) -> int:
    period = period_of(plan, present.someone.clock.now(), local.ZONE)
    return await present.messenger.database.read(lambda view: ledger.used(view, period, incoming=plan.incoming_counts))


@pytest.mark.parametrize(
    ("seed", "count"), [(10, 40), *(pytest.param(n, 60, marks=pytest.mark.long) for n in range(2, 8))]
)
async def test_what_is_shown_is_what_is_counted(tmp_path: Path, seed: int, count: int) -> None:
    dice, bill = random.Random(seed), Bill()
    async with alice(tmp_path, **ABLE) as (present, network, _):
        await present.messenger.routing.told.wait()
        person = (await present.messenger.routing.person_for(CAROL)).person
        seen = set[str]()
        for _ in range(count):
            plan = plan_of(dice)
            await present.messenger.database.write(lambda tx, plan=plan: ledger.set_plan(tx, plan))
            await bill.grow_older(present, dice.choice((0, 0, 0, 3, 40)) * limits.DAY)
            if network.taken and dice.random() < 0.3:
                seen.add(await _answered(Round(present, network, person, plan, 0, bill, dice)))
            before = bill.used(plan, present.someone.clock.now())
            assert await used(present, plan) == before
            if before < sum(segments for _, segments in bill.counted):
                seen.add("another period")
            one = _picture if dice.random() < 0.25 else _text
            seen.add(await one(Round(present, network, person, plan, before, bill, dice)))
        pictures = {"picture", "picture refused", "picture unknown", "a text came", "a picture came"}
        assert seen == {"stopped", "whole", "partly", "refused", "unknown", "another period"} | pictures


@dataclass(frozen=True)
class Round:
    """One message, and all it depends on."""

    present: Present
    network: Network
    person: bytes
    plan: Plan
    before: int
    bill: Bill
    dice: random.Random


async def _text(now: Round) -> str:
    present, network, plan, words = now.present, now.network, now.plan, now.dice.choice(WORDS)
    shown = await present.messenger.routing.forecast(now.person, Wanted(words))
    route = shown.choice.route
    assert route is not None
    left, over = charged(plan, now.before, len(segments.plan(words).segments))
    stopped = bool(over) and plan.kind is Kind.LIMITED and plan.when_used_up is UsedUp.STOP
    assert (route.left, route.price, route.stopped) == (left, over * EACH, stopped)
    agreed = Agreement(route.segments, route.price)
    taken, unknown = script_of(network, route.segments, now.dice)
    message = await to(present, CAROL, words, agreed=agreed)
    row = await present.row(message)
    if route.stopped:
        network.script.clear()
        await present.status(message, Status.FAILED)
        assert await used(present, plan) == now.before
        return "stopped"
    entry = await _settled(present, row)
    assert not network.script
    assert shown.choice.bearer is (Bearer.NONE if route.asks else Bearer.TEXT)
    counted = route.segments if unknown and not taken else taken
    lost = route.segments - counted
    assert (entry.segments, entry.state) == (counted or route.segments, "settled" if counted else "released")
    assert await used(present, plan) == now.before + counted
    now.bill.counted.append((entry.at, counted))
    if counted:
        assert entry.price == max(0, over - lost) * EACH
    assert entry.segments <= agreed.segments
    assert entry.price <= agreed.price
    return "unknown" if unknown else "whole" if not lost else "partly" if counted else "refused"


async def _picture(now: Round) -> str:
    """It has a price of its own, and the allowance stays what it was; so it is with words too long for a text."""
    present, network, plan = now.present, now.network, now.plan
    long = now.dice.random() < 0.3
    content = Text(now.dice.choice(LONG)) if long else PICTURE.content(now.dice.choice(("", *WORDS)))
    shown = await present.messenger.routing.forecast(now.person, Wanted.of(content))
    route = shown.choice.route
    assert route is not None
    left, _ = charged(plan, now.before, 0)
    assert (route.mms, route.segments, route.left, route.price) == (True, 1, left, MMS_EACH)
    assert shown.choice.bearer is (Bearer.NONE if route.asks else Bearer.TEXT)
    outcome = now.dice.choice(("picture", "picture refused", "picture unknown"))
    network.script.append({
        "picture": base.Submitted(f"p{now.dice.random()}", 1, 30_000, "USD"),
        "picture refused": base.Refused(base.Reason.UNREACHABLE),
        "picture unknown": base.OutcomeUnknown(),
    }[outcome])  # fmt: skip
    sending, agreed = present.messenger.sending, Agreement(1, route.price)
    beside = None if long else PICTURE.beside
    message = (await sending.send(now.person, content, agreed=agreed, beside=beside)).message
    entry = await _settled(present, await present.row(message))
    assert not network.script
    assert (entry.mms, entry.segments, entry.price) == (True, 0, MMS_EACH)
    assert entry.state == ("released" if outcome == "picture refused" else "settled")
    assert await used(present, plan) == now.before
    return outcome


async def _answered(now: Round) -> str:
    """Carol writes, in parts or as a gateway joins them; a picture uses nothing of an allowance, as on its way out."""
    present, network, words, ref = now.present, now.network, now.dice.choice(WORDS), f"in{len(now.bill.came)}"
    media = (base.MmsPart("image/jpeg", "a.jpg", b"no picture"),) if now.dice.random() < 0.3 else ()
    ours = network.taken[0][1].source
    known = len(now.bill.came)
    parts = network.parts(words, known % 256, destination=ours)
    if media or len(parts) == 1 or now.dice.random() < 0.5:
        assert await network.text(words, destination=ours, media=media, gateway_ref=ref)
    else:
        assert await network.bring(*parts)

    def came(view: View) -> list[Entry]:
        return [one for one in ledger.of_period(view, Period(0, 2**62)) if not one.outgoing]

    await present.until(lambda view: len(came(view)) > known)
    entry = max(await present.messenger.database.read(came), key=lambda one: one.at)
    count = 0 if media else len(parts)
    assert (entry.mms, entry.segments, entry.price) == (bool(media), count, 0)
    now.bill.came.append((entry.at, count))
    return "a picture came" if media else "a text came"


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
