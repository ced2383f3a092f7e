"""The relay's figures: CPU for each delivered message beside the yardstick's, and memory of an idle connection."""

import statistics
from collections.abc import Callable, Sequence

import uvloop

from tests.bench import load, report, servers
from tests.bench.load import Outcome, Regime
from tests.bench.report import Row
from tests.bench.servers import Kind

PROTOTYPE_GOAL = 2.0
EJABBERD_GOALS = {"light": 1.0, "W=1": 0.65, "W=32": 0.25}
IDLE_STEPS = (500, 2_000)
IDLE_GOAL = 25.0  # KiB

# 50 accounts in a full window send far more than one person's share: what an operator would set for a bridge.
WIDE_LIMITS = "submits_a_second = 1_000_000\nsubmits_burst = 1_000_000"


def compare(regime: Regime, seconds: float, runs: int, say: Callable[[str], None]) -> list[Row]:
    """Alternating runs of each server; medians and their ratios."""
    own = servers.kingfisher(WIDE_LIMITS if regime is load.WIDE else "")
    other = servers.ejabberd()
    kinds = [servers.prototype(), own, *([other] if other.here() else [])]
    outcomes: dict[str, list[Outcome]] = {kind.name: [] for kind in kinds}
    absent = "not installed"
    for number in range(runs):
        for kind in tuple(kinds):
            try:
                outcome = uvloop.run(_run(kind, regime, seconds))
            except (RuntimeError, OSError) as error:
                if kind is not other:
                    raise
                say(f"{regime.name}: {kind.name} could not be measured: {error}")
                absent = "not measured"
                kinds.remove(kind)
                del outcomes[kind.name]
                continue
            outcomes[kind.name].append(outcome)
            say(f"{regime.name}, run {number + 1}: {describe(kind, outcome)}")
    costs = {name: statistics.median(one.measured.per_10k for one in found) for name, found in outcomes.items()}
    name = f"relay CPU per 10,000, {regime.name}"
    limited = " (limit on submits raised)" if regime is load.WIDE else ""
    fault = "; ".join(filter(None, (faults(one) for one in outcomes["kingfisher"])))
    rows = [_row(name + limited, costs["kingfisher"], "prototype", costs["prototype"], PROTOTYPE_GOAL, fault)]
    goal = EJABBERD_GOALS[regime.name]
    if "ejabberd" in costs:
        rows.append(_row(name + ", ejabberd", costs["kingfisher"], "ejabberd", costs["ejabberd"], goal))
    else:
        rows.append(Row(name + ", ejabberd", f"{costs['kingfisher']:.2f} s", goal=goal, note=absent))
    return rows


def _row(name: str, cost: float, other: str, yardstick: float, goal: float, fault: str = "") -> Row:
    ratio = cost / yardstick if yardstick else None
    return Row(name, f"{cost:.2f} s", f"{yardstick:.2f} s ({other})", ratio, goal, fault=fault)


def faults(outcome: Outcome) -> str:
    """What a relay must not do however quick it is; empty when all is well."""
    found: list[str] = []
    if outcome.lost or outcome.doubled:
        found.append(f"LOST {outcome.lost}, DOUBLED {outcome.doubled}")
    if outcome.refused:
        found.append(f"REFUSED {len(outcome.refused)}: {', '.join(sorted(set(outcome.refused)))}")
    return "; ".join(found)


async def _run(kind: Kind, regime: Regime, seconds: float) -> Outcome:
    async with servers.running(kind, regime.ack_delay) as server:
        return await load.online(server, regime, seconds)


def describe(kind: Kind, outcome: Outcome) -> str:
    """One run in one line."""
    measured, received, sent = outcome.measured, outcome.received, outcome.sent
    parts = [
        f"{kind.name:10} {measured.per_10k:.2f} s per 10,000",
        f"{measured.rate:,.0f}/s",
        f"received p50 {load.quantile(received, 0.5):.2f} p99 {load.quantile(received, 0.99):.1f} ms",
        f"sent p50 {load.quantile(sent, 0.5):.1f} p99 {load.quantile(sent, 0.99):.1f} ms",
        f"{measured.written / 1024 / max(measured.count, 1):.1f} KiB written each",
        f"generator {measured.own_cpu / measured.seconds:.2f} cores",
        report.load_note(measured.others),
    ]
    return "; ".join(filter(None, (*parts, faults(outcome))))


def idle(runs: int, say: Callable[[str], None], steps: Sequence[int] = IDLE_STEPS) -> list[Row]:
    """Memory of the relay for each connection of a person who is logged in and says nothing."""
    figures: list[float] = []
    for number in range(runs):
        figures.append(uvloop.run(_idle(steps)))
        say(f"idle, run {number + 1}: {figures[-1]:.1f} KiB")
    figure = statistics.median(figures)
    return [Row("memory of an idle connection", f"{figure:.1f} KiB", value=figure, goal=IDLE_GOAL)]


async def _idle(steps: Sequence[int]) -> float:
    async with servers.running(servers.kingfisher()) as server:
        return await load.idle(server, steps)
