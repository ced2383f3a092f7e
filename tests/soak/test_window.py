"""A quickened year before one window: nothing of it grows, nothing is lost, and it rests afterwards as it did before.

KINGFISHER_SOAK is the share of the whole that is run (1: 20,000 messages each way).
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.storage.database import Database
from tests.house.tree import ROOT
from tests.parts import inside
from tests.parts.faulty_wire import Faults, FaultyWire
from tests.parts.people import Someone, join
from tests.parts.relay import Relay, relay
from tests.soak import judging

__all__ = ["relay"]

SHARE = float(os.environ.get("KINGFISHER_SOAK", "1"))
PEOPLE = 20
MESSAGES, SWITCHES, DIALOGS, CUTS = 20_000, 2_000, 200, 200
ROUNDS = 100
STIR = 0.1  # seconds of processor time in the rest: what a collection of everything that came may cost
PATIENCE = 300.0  # seconds of silence
LONGEST = 2**24  # bytes of a line: the last one of the others has every message in it
TELL = 5.0  # seconds a process that went silent is given to say where it waits


class Soak:
    """The three processes, and what they said."""

    def __init__(self, alice: Someone, relay: Relay, wire: FaultyWire, folder: Path) -> None:
        self._alice, self._relay, self._wire, self._folder = alice, relay, wire, folder
        self._others: asyncio.subprocess.Process
        self._window: asyncio.subprocess.Process
        self._writing: asyncio.Task[None] | None = None
        self.curve: list[dict[str, int]] = []
        self.idle: list[float] = []
        self.grown: list[tuple[str, int]] = []
        self.ended: list[tuple[str, int]] = []
        self.cuts = self.dialogs = 0
        self.got: list[list[str]] = []
        self.seconds = 0.0

    async def run(self) -> int:
        """The window's exit code."""
        async with self._started(
            "tests.soak.others", str(self._folder / "others"), self._relay.url, str(PEOPLE)
        ) as self._others:
            others = (await _line(self._others))["ready"]
            environment = {"KINGFISHER_TEST_KEY": self._alice.key.hex(), "HOME": str(self._folder)}
            async with self._started("tests.soak.window", str(self._alice.home.root), **environment) as self._window:
                await _tell(self._window, json.dumps(_plan(others)))
                while said := await _line(self._window):
                    await self._hear(said)
                code = await self._window.wait()
            await self._written()
            await _tell(self._others, "")
            self.got = (await _line(self._others))["got"]
        return code

    async def _hear(self, said: dict[str, Any]) -> None:
        match said:
            case {"round": each}:
                await self._written()
                await _tell(self._others, str(each))
                self._writing = asyncio.create_task(self._wait_written())
            case {"cut": _}:
                self.cuts += 1
                await self._wire.cut_all()
            case {"dialog": _}:
                self.dialogs += 1
            case {"counts": counts, "seconds": seconds}:
                self.curve.append(counts)
                self.seconds += seconds
                print(json.dumps({"round": len(self.curve), "seconds": seconds, **counts}), file=sys.stderr)
            case {"idle": seconds}:
                self.idle.append(seconds)
            case {"grown": kinds, "ended": ended}:
                self.grown, self.ended = kinds, ended
            case _:
                raise AssertionError(said)

    async def _wait_written(self) -> None:
        assert "written" in await _line(self._others)

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing

    @contextlib.asynccontextmanager
    async def _started(self, *words: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *words),
            cwd=ROOT,
            env={**inside.ENVIRONMENT, **environment},
            stdin=pipe,
            stdout=pipe,
            limit=LONGEST,
        )
        try:
            yield process
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGUSR1)  # it says where it waits
            await asyncio.sleep(TELL)
            raise
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """What it says next; empty at its end."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        line = await process.stdout.readline()
    return json.loads(line) if line else {}


async def _tell(process: asyncio.subprocess.Process, line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line.encode() + b"\n")
    await process.stdin.drain()


async def _only(alice: Someone, url: str) -> None:
    """What the relay says of its own addresses leads past the wire: the window's start does not know it."""
    database = await Database.open(alice.home.store, alice.key, alice.clock, lambda _: None)
    await database.write(lambda tx: tx.run("UPDATE own SET relay_urls = ?", (json.dumps([url]).encode(),)))
    await database.close()


def _plan(others: list[str]) -> dict[str, object]:
    """Whole rounds of whole messages for everybody."""
    rounds = max(10, round(ROUNDS * SHARE))
    each = max(1, round(MESSAGES * SHARE / rounds / PEOPLE))
    return {
        "rounds": rounds,
        "messages": rounds * each * PEOPLE,
        "switches": rounds * each * PEOPLE // 10,
        "dialogs": max(12, round(DIALOGS * SHARE)),
        "cuts": max(2, round(CUTS * SHARE)),
        "rest": 20.0 if SHARE >= 0.1 else 5.0,
        "others": others,
    }


@pytest.mark.long
async def test_nothing_grows(relay: Relay, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with FaultyWire(relay.url, Faults(), seed=1) as wire:
        alice = await join(tmp_path / "alice", wire.url, "alice@example.com")
        await _only(alice, wire.url)
        soak = Soak(alice, relay, wire, tmp_path)
        with capsys.disabled():
            assert await soak.run() == 0
    plan = _plan([])
    with capsys.disabled():
        print(
            f"\n{plan}\n{soak.seconds / 60:.1f} min, cuts {soak.cuts}, dialogs {soak.dialogs}, idle CPU {soak.idle} s",
            f"grown {soak.grown}",
            f"ended {soak.ended}",
            sep="\n",
        )
    log = alice.home.log.read_text()
    assert "ERROR" not in log and "Traceback" not in log
    async with alice.awake() as present:
        count = "SELECT count(*), count(DISTINCT body) FROM messages WHERE outgoing = 0 AND kind = 'text'"
        (incoming,) = await present.messenger.database.read(lambda view: view.rows(count))
        assert incoming == (plan["messages"], plan["messages"])
        assert await present.messenger.database.check() == []
    hellos = Counter(word for got in soak.got for word in got)
    assert hellos.pop("hello") == PEOPLE
    assert len(hellos) == plan["messages"]
    assert set(hellos.values()) == {1}
    assert judging.grown(soak.curve, SHARE) == []
    before, after = soak.idle
    assert after <= before + STIR, soak.idle
