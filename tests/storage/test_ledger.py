"""The ledger of texts: what is used is what was reserved and not released, whatever the gateway says and when."""

import pytest

from app.common import errors
from app.domain.plan import Kind, Period, Plan, UsedUp
from app.storage import ledger
from app.storage.database import Database
from app.storage.ledger import Entry

ALWAYS = Period(0, 2**48)
PLAN = Plan(Kind.LIMITED, 100, 15, UsedUp.PAY, 12, 40, "GBP", incoming_counts=True)


def text(name: str, segments: int = 2, over: int = 0, *, outgoing: bool = True, at: int = 5) -> Entry:
    submit = name.encode().ljust(16)
    return Entry(submit, submit, "+12025550123", outgoing, at, "reserved", segments, over, 12, "GBP")


async def test_the_plan_is_kept(database: Database) -> None:
    assert await database.read(ledger.plan) == Plan()
    await database.write(lambda tx: ledger.set_plan(tx, PLAN))
    assert await database.read(ledger.plan) == PLAN
    with pytest.raises(errors.GiveUp):
        await database.write(lambda tx: ledger.set_plan(tx, Plan(start_day=40)))
    assert await database.read(ledger.plan) == PLAN


async def test_reserved_settled_released(database: Database) -> None:
    def write(tx) -> None:
        for one in (text("a"), text("b", 3, 1), text("c"), text("in", 1, outgoing=False)):
            ledger.reserve(tx, one)
        ledger.reserve(tx, text("a", 4))  # sealed anew: the same text, not one more
        assert ledger.used(tx, ALWAYS, incoming=False) == 9
        assert ledger.used(tx, ALWAYS, incoming=True) == 10
        assert ledger.used(tx, ALWAYS, incoming=False, but=text("b").submit) == 6
        assert ledger.used(tx, Period(6, 9), incoming=True) == 0
        ledger.release(tx, text("c").submit)
        ledger.settle(tx, text("b").submit, 2, 15_000, "USD")
        ledger.settle(tx, b"unknown".ljust(16), 9)
        assert ledger.used(tx, ALWAYS, incoming=False) == 6
        settled = ledger.entry(tx, text("b").submit)
        assert settled is not None
        assert (settled.state, settled.segments, settled.price, settled.billed) == ("settled", 2, 0, 15_000)
        assert [each.state for each in ledger.of_period(tx, ALWAYS)] == ["reserved", "settled", "released", "reserved"]
        assert ledger.first(tx) == 5

    await database.write(write)
