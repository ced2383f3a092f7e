"""Whoever is killed, wherever: every message is there once, in one order on both sides, with a true status.

The quick cases are the places where most is at stake; the long ones are all there are.
"""

import asyncio
from pathlib import Path

import pytest

from tests.faults import sweep, table, truth
from tests.faults.dialogue import Fault, Unreached, Untrue, play
from tests.faults.world import World, make
from tests.parts import faults

QUICK = (
    Fault("bob", "app.client.sessions.Sessions.save", "after"),  # ratchets moved, nothing committed
    Fault("relay", "app.relay.mailbox.Mailbox.accept", "after", away=True),  # taken, not on the disk
)

PLANTED = (
    Fault("bob", "app.client.intake.Intake.apply", "before", away=True, plant="acknowledge_first"),
    pytest.param(
        Fault("alice", "app.client.outbox.Outbox._accepted", "before", plant="send_anew"), marks=pytest.mark.long
    ),
    pytest.param(
        Fault("relay", "app.relay.mailbox.Mailbox.accept", "before", away=True, plant="accept_first"),
        marks=pytest.mark.long,
    ),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(make(tmp_path_factory.mktemp("faults") / "made"))


def test_the_documents_tables_are_what_is_killed() -> None:
    rows = table.rows()
    processes = {"alice": "client", "bob": "client", "relay": "relay"}
    ours = [(number, processes[who], point) for number, (who, point) in sweep.PLACES.items()]
    assert [(row.number, row.process, row.point) for row in rows] == ours
    assert table.client_commit() == sweep.CLIENT_COMMIT
    swept = {(fault.point, fault.when, fault.times) for fault in sweep.of_the_tables()}
    assert swept == {(row.point, when, times) for row in rows for when in sweep.WHEN for times in (1, 2)}


@pytest.mark.parametrize("point", sorted({*(point for _, point in sweep.PLACES.values()), sweep.CLIENT_COMMIT}))
def test_every_place_is_a_function(point: str) -> None:
    assert faults.find(point).function.__qualname__ == ".".join(point.rsplit(".", 2)[-2:])


@pytest.mark.parametrize(
    "point",
    [
        "app.client.outbox.Outbox.forward",  # no such function
        "app.client.postbox.Outbox.send",  # no such module
        "app.client.sessions.Sessions",  # no function
        "app.client.sessions.Sessions.holding.send",  # nothing has parts there
    ],
)
def test_a_place_that_is_none(point: str) -> None:
    with pytest.raises(LookupError):
        faults.find(point)


@pytest.mark.parametrize("fault", QUICK, ids=str)
async def test_killed(world: World, tmp_path: Path, fault: Fault) -> None:
    assert await play(world, tmp_path / "case", fault) == fault.times


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.plant)
async def test_a_planted_bug_is_found(world: World, tmp_path: Path, fault: Fault) -> None:
    with pytest.raises(Untrue, match=r"not the same on both sides|neither|more than once"):
        await play(world, tmp_path / "case", fault)


@pytest.mark.long
async def test_a_place_nobody_comes_to(world: World, tmp_path: Path) -> None:
    with pytest.raises(Unreached):
        await play(world, tmp_path / "case", Fault("alice", "app.client.outbox.Outbox.expired", "before"))


async def test_an_untrue_status_is_seen(world: World, tmp_path: Path) -> None:
    """The world as it is holds no lie; with the receiver's store of before, every status is one."""
    before = world.copy(tmp_path / "copy")
    assert truth.lies(before) == []
    before.forget("bob")
    assert len(truth.lies(before)) == 3  # neither, does not have it, has not read it


@pytest.mark.long
@pytest.mark.parametrize("part", ["tables", "other way", "commits"])
async def test_all(tmp_path: Path, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    chains = {
        "tables": lambda: sweep.singles(sweep.of_the_tables()),
        "other way": lambda: sweep.singles(sweep.the_other_way()),
        "commits": sweep.commits,
    }[part]()
    report = await sweep.run(tmp_path, chains)
    with capsys.disabled():
        print(f"\n{part}: {report.kills} kills in {report.cases} cases", *report.chains, sep="\n  ")
    assert report.failures == []
