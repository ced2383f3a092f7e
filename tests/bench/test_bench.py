"""The benches run: each adapter delivers a little of everything, and the table says what is over its goal."""

import os
import sys
from typing import Any

import pytest

from tests.bench import load, meter, relaying, report, servers
from tests.bench.report import Row
from tests.bench.servers import Kind

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PAIRS = 2
SHORT = 0.2  # seconds


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "WARM", 0.05)
    monkeypatch.setattr(load, "SETTLE", 0.05)


@pytest.mark.parametrize(
    "regime",
    [load.REGIMES[0], *(pytest.param(each, marks=pytest.mark.long) for each in load.REGIMES[1:])],
    ids=lambda regime: regime.name,
)
@pytest.mark.parametrize(
    "kind",
    [pytest.param(servers.prototype(), marks=pytest.mark.long), servers.kingfisher()],
    ids=lambda kind: kind.name,
)
async def test_every_regime_delivers(kind: Kind, regime: load.Regime) -> None:
    async with servers.running(kind, regime.ack_delay) as server:
        outcome = await load.online(server, regime, SHORT, PAIRS)
    assert outcome.measured.count > PAIRS
    assert len(outcome.received) == len(outcome.sent) == outcome.measured.count
    assert (outcome.lost, outcome.doubled, outcome.refused) == (0, 0, ())


async def test_idle_connections_are_counted() -> None:
    async with servers.running(servers.kingfisher()) as server:
        assert await load.idle(server, (2, 30)) < 10_000


async def test_a_server_that_does_not_start_is_said() -> None:
    broken = servers.kingfisher("no_such_limit = 1")
    with pytest.raises(RuntimeError, match="did not start"):
        async with servers.running(broken):
            pass


def test_the_table_says_what_is_over() -> None:
    rows = [
        Row("cheap", "1 s", "2 s (other)", 0.5, 1.0),
        Row("dear", "3 s", "2 s (other)", 1.5, 1.0),
        Row("missing", "1 s", goal=1.0, note="not installed"),
        Row("plain", "7 ms", value=7.0, goal=5.0),
    ]
    assert [row.verdict for row in rows] == ["ok", "over", "not installed", "over"]
    lines = report.table(rows).splitlines()
    assert len(lines) == 5
    assert lines[1].split() == ["cheap", "1", "s", "2", "s", "(other)", "0.50", "<=", "1", "x", "ok"]
    assert lines[4].split() == ["plain", "7", "ms", "<=", "5", "over"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, ""),
        ({"lost": 1}, "LOST 1, DOUBLED 0"),
        ({"doubled": 2, "refused": ("busy", "busy")}, "LOST 0, DOUBLED 2; REFUSED 2: busy"),
    ],
)
def test_a_relay_that_loses_or_refuses_meets_no_goal(wrong: dict[str, Any], said: str) -> None:
    measured = meter.Measured(10_000, 30.0, 1.0, 1.0, 0.0, 0.0, 0)
    fault = relaying.faults(load.Outcome(measured, [], [], **wrong))
    assert fault == said
    assert Row("cheap", "1 s", "2 s (other)", 0.5, 1.0, fault=fault).verdict == (said or "ok")


def test_noise_is_said() -> None:
    assert "not reliable" in report.load_note(0.5)
    assert "not reliable" not in report.load_note(0.1)


def test_a_process_tree_is_measured() -> None:
    watch = meter.Meter(0)
    own = meter.family(os.getpid())
    assert meter.memory(own) > 1_000
    sum(number * number for number in range(2_000_000))
    assert watch.stop(1).own_cpu > 0
