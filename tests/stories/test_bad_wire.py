"""A wire that drops, delays, doubles, cuts and refuses, and two clocks that are five minutes apart."""

import asyncio
from pathlib import Path

import pytest

from app.common.clock import SystemClock
from app.domain.delivery import Status
from app.storage.transaction import View
from tests.parts import people
from tests.parts.faulty_wire import STORM, FaultyWire
from tests.parts.relay import Relay

FIVE_MINUTES = 5 * 60_000


async def storm(relay: Relay, tmp_path: Path, count: int, within: float) -> None:
    """``count`` messages each way; afterwards both have all of them, once, in one order, all delivered."""
    async with FaultyWire(relay.url, STORM, seed=7) as wire:
        await _only_by(relay, wire, tmp_path)
        quiet, wire.faults = wire.faults, type(STORM)()
        alice = await people.join(tmp_path / "alice", wire.url, "alice@example.com", time=SystemClock(FIVE_MINUTES))
        bob = await people.join(tmp_path / "bob", wire.url, "bob@example.com", time=SystemClock())
        wire.faults = quiet
        async with alice.awake() as a, bob.awake() as b:
            first = await a.write("bob@example.com", "first")
            await a.status(first, Status.SENT, within)
            await b.received(1, within)
            await b.accept("alice@example.com")
            await asyncio.gather(_write(a, "bob@example.com", "a", count), _write(b, "alice@example.com", "b", count))
            total = 2 * count + 1
            await a.until(lambda view: _delivered(view, count + 1), within)
            await b.until(lambda view: _delivered(view, count), within)
            ours, theirs = await a.texts("bob@example.com"), await b.texts("alice@example.com")
        assert len(ours) == total
        assert ours == theirs
        assert [text for text in ours if text.startswith("a")] == [f"a{n}" for n in range(count)]
        assert [text for text in ours if text.startswith("b")] == [f"b{n}" for n in range(count)]
        tally = wire.tally
        assert 0 not in (tally.delayed, tally.doubled, tally.dropped, tally.cut, tally.refused), tally


async def _only_by(relay: Relay, wire: FaultyWire, tmp_path: Path) -> None:
    """The relay names the wire as its address: nobody finds a way around it."""
    config = tmp_path / "relay.toml"
    config.write_text(f'hosts = ["127.0.0.1:{wire.port}"]\n')
    await relay.stop()
    relay.arguments = ("--config", str(config))
    await relay.start()


async def _write(present: people.Present, to: str, letter: str, count: int) -> None:
    for n in range(count):
        await present.write(to, f"{letter}{n}")


def _delivered(view: View, count: int) -> bool:
    sql = "SELECT count(*) FROM messages WHERE outgoing = 1 AND status IN ('delivered', 'read')"
    return view.value(sql) == count


@pytest.mark.expect_log
async def test_thirty_each_way(relay: Relay, tmp_path: Path) -> None:
    await storm(relay, tmp_path, 30, 60)


@pytest.mark.long
@pytest.mark.expect_log
async def test_two_thousand_each_way(relay: Relay, tmp_path: Path) -> None:
    await storm(relay, tmp_path, 2000, 1500)
