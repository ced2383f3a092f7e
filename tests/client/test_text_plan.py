"""The plan as the window and the command line see it: its standing, its periods, and the ledger a page at a time."""

import itertools
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.client import changes, text_plan
from app.client.text_plan import TextPlan
from app.common import errors
from app.common.clock import ManualClock
from app.domain.plan import Kind, Period, Plan, UsedUp
from app.storage import ledger, people
from app.storage.database import Database
from app.storage.ledger import Entry
from app.storage.transaction import Tx

KEY = bytes(range(32))
DAD, AUNT = "+447700900142", "+447700900143"


def on(month: int, day: int) -> int:
    return round(datetime(2026, month, day, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def told() -> list[changes.Change]:
    return []


@pytest.fixture
async def database(tmp_path: Path, told: list[changes.Change]) -> Any:
    made = await Database.open(
        tmp_path / "store", KEY, ManualClock(on(11, 10)), lambda notes: told.extend(changes.known(notes))
    )
    yield made
    await made.close()


@pytest.fixture
def plan(database: Database) -> TextPlan:
    return TextPlan(database, UTC)


def text(number: int, at: int, *, state: str = "settled", peer: str = DAD, outgoing: bool = True, **more: Any) -> Entry:
    fields: dict[str, Any] = {"segments": 1, **more}
    submit = number.to_bytes(16, "big")
    return Entry(submit, submit, peer, outgoing, at, state, **fields)


async def keep(database: Database, *entries: Entry) -> None:
    def write(tx: Tx) -> None:
        for each in entries:
            ledger.reserve(tx, each)

    await database.write(write)


async def test_what_is_used_left_and_spent(database: Database, plan: TextPlan, told: list[changes.Change]) -> None:
    assert (await plan.standing()).plan == Plan()
    await plan.change(kind=Kind.LIMITED, allowance=100, price=12, currency="GBP", when_used_up=UsedUp.PAY)
    assert told == [changes.TextsChanged()]
    paid = {"over": 2, "each": 12, "currency": "GBP"}
    await keep(
        database,
        text(1, on(11, 2), segments=88),
        text(2, on(11, 3), segments=3, **paid),
        text(3, on(11, 3), segments=4, state="released", **paid),
        text(4, on(11, 4), segments=5, outgoing=False),
        text(5, on(10, 4), segments=50),
        text(6, on(11, 5), over=1, each=30, currency="EUR"),
    )
    found = await plan.standing()
    assert (found.used, found.left, found.spent) == (92, 8, {"EUR": 30, "GBP": 24})
    assert (found.period.start, found.period.end) == (on(11, 1) - 12 * 3_600_000, on(12, 1) - 12 * 3_600_000)
    await plan.change(incoming_counts=True)
    assert ((await plan.standing()).used, (await plan.standing()).left) == (97, 3)
    await plan.change(kind=Kind.PAY)
    assert (await plan.standing()).left is None


async def test_a_plan_that_cannot_be_changes_nothing(plan: TextPlan, told: list[changes.Change]) -> None:
    for wrong in ({"start_day": 32}, {"allowance": -1}, {"currency": "pounds"}, {"price": 10**7}):
        with pytest.raises(errors.GiveUp, match="bad_value"):
            await plan.change(kind=Kind.PAY, **wrong)
    with pytest.raises(errors.GiveUp, match="no_such_setting"):
        await plan.change(colour="green")
    await plan.change(kind=Kind.UNLIMITED)  # as it is
    assert (await plan.standing()).plan == Plan()
    assert told == []


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("kind", "pay", Kind.PAY),
        ("when_used_up", "stop", UsedUp.STOP),
        ("incoming_counts", "on", True),
        ("start_day", "15", 15),
        ("currency", "GBP", "GBP"),
    ],
)
def test_words_of_a_command_line(name: str, words: str, value: object) -> None:
    assert text_plan.understand(name, words) == value


@pytest.mark.parametrize(
    ("name", "words"), [("kind", "free"), ("incoming_counts", "maybe"), ("price", "£1"), ("x", "1")]
)
def test_words_that_are_no_plan(name: str, words: str) -> None:
    with pytest.raises(errors.GiveUp):
        text_plan.understand(name, words)


async def test_periods_go_back_to_the_first_text_and_touch(database: Database, plan: TextPlan) -> None:
    assert len(await plan.periods()) == 1
    await keep(database, text(1, on(8, 14)))
    await plan.change(start_day=15)
    found = await plan.periods()
    assert len(found) == 4
    assert found[-1].start <= on(8, 14) < found[-1].end
    assert all(earlier.end == later.start for later, earlier in itertools.pairwise(found))


async def test_the_ledger_comes_in_pages_newest_first_each_text_once(database: Database, plan: TextPlan) -> None:
    """Many at the same moment, so that a page ends within one."""
    await keep(database, *(text(number, on(11, 1 + number // 40)) for number in range(1, 101)), text(999, on(10, 1)))
    period = (await plan.periods())[0]
    assert (await plan.total(period)).texts == 100
    found: list[text_plan.Text] = []
    while more := await plan.texts(period, found[-1].place if found else None, 7):
        found += more
    assert len({each.message for each in found}) == 100
    assert [each.place for each in found] == sorted((each.place for each in found), reverse=True)
    assert await plan.texts(Period(0, on(10, 1))) == []


async def test_a_text_says_with_whom_and_what_became_of_it(database: Database, plan: TextPlan) -> None:
    def meet(tx: Tx) -> None:
        people.create(tx, b"p" * 16, name="Dad")
        people.put_address(tx, DAD, b"p" * 16)

    await database.write(meet)
    paid = {"segments": 2, "over": 2, "each": 12, "currency": "GBP"}
    await keep(
        database,
        text(1, on(11, 4), **paid),
        text(2, on(11, 3), state="reserved", **paid),
        text(3, on(11, 2), state="released", **paid),
        text(4, on(11, 1), peer=AUNT, outgoing=False),
    )
    found = await plan.texts((await plan.periods())[0])
    assert [(each.name, each.state, each.segments, each.price) for each in found] == [
        ("Dad", "sent", 2, 24),
        ("Dad", "sending", 2, 24),
        ("Dad", "not_sent", 2, 0),
        (AUNT, "received", 1, 0),
    ]


async def test_a_period_ends_at_the_midnight_of_its_own_season(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here, unless told otherwise: what holds in November says nothing about October's beginning."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        await keep(database, text(1, on(10, 5)))
        latest, before = await TextPlan(database).periods()
    time.tzset()
    hour = 3_600_000
    assert latest.start == before.end == on(11, 1) - 13 * hour
    assert before.start == on(10, 1) - 14 * hour
