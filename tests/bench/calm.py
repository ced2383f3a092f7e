"""The window while thousands of messages come in: how late a fast timer on Qt's thread is, from a real relay."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from app.client import standing
from app.client.messenger import Messenger, open_messenger
from app.storage import people
from tests.bench import meter, report, servers, waiting
from tests.bench.report import Row
from tests.parts.people import Someone

GOAL = 16.0  # milliseconds a tick may be late, 99 of 100
TICK = 4  # milliseconds
STILL = 1.0  # seconds of rest before and after


class Tick(NamedTuple):
    """Milliseconds: how late it was, and how long Qt's thread itself had computed since the one before."""

    late: float
    busy: float


def drain(count: int, say: Callable[[str], None]) -> list[Row]:
    """``count`` messages from 20 people into a window that shows one of their conversations."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync  # here, so that the other benches need no screen
    from PySide6.QtWidgets import QApplication

    found = QApplication.instance()
    application = found if isinstance(found, QApplication) else QApplication(["kingfisher-bench"])
    application.setStyle("Fusion")
    loop = qasync.QEventLoop(application)
    with loop:
        return loop.run_until_complete(_measure(count // waiting.SENDERS, say))


async def _measure(each: int, say: Callable[[str], None]) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="kingfisher-bench-calm-") as name:
        folder = Path(name)
        async with servers.running(servers.kingfisher()) as server:
            url = f"http://127.0.0.1:{server.port}"
            # On a loop of its own: what the senders leave behind is no part of the window's life.
            bob, senders = await asyncio.to_thread(asyncio.run, waiting.mailbox(folder, url, each, say))
            watch = meter.Meter(server.pid)
            rows = await _come_back(bob, senders[0], each * len(senders), say)
            say(f"calm: {report.load_note(watch.stop(1).others)}")
            return rows


async def _come_back(bob: Someone, friend: Someone, count: int, say: Callable[[str], None]) -> list[Row]:
    from app.desktop.program import BREATH
    from app.desktop.signed_in import SignedIn
    from app.ui.garbage import Garbage
    from app.ui.shell import Shell
    from app.ui.theme import Theme
    from app.ui.window_state import WindowState

    theme = Theme()
    shell = Shell(theme, WindowState())
    shell.show()
    garbage = Garbage()
    ticker = Ticker()
    async with open_messenger(bob.home, bob.key, bob.way, bob.clock, breath=BREATH, online=False) as messenger:
        await standing.keep(messenger, await _conversation(messenger, friend.address), 0)
        signed_in = SignedIn(messenger, theme, shell, bob.home.root, lambda: None, lambda: None)
        await asyncio.sleep(STILL)
        ticker.start()
        await asyncio.sleep(STILL)
        still = ticker.take()
        await signed_in.open()
        signed_in.connect()
        ticker.take()
        started, cpu = time.perf_counter(), time.process_time()
        try:
            async with asyncio.timeout(waiting.PATIENCE):
                await messenger.caught_up()
            caught_up = time.perf_counter() - started
            ticks = ticker.take()
            cpu = time.process_time() - cpu
            await asyncio.sleep(STILL)
            there = await messenger.database.read(waiting.stored)
        finally:
            await signed_in.close()
            garbage.end()
    if there < count:
        raise RuntimeError(f"{there} of {count} came")
    say(f"calm: at rest {_told([tick.late for tick in still])}")
    say(f"calm: {count:,} messages in {caught_up:.1f} s, {cpu / count * 1e6:.0f} us of CPU a message")
    say(f"calm: {len(ticks):,} ticks late by {_told([tick.late for tick in ticks])}")
    say(f"calm: Qt's thread computed between two of them {_told([tick.busy for tick in ticks])}")
    late = share([tick.late for tick in ticks], 99)
    name = f"{count:,} messages come into an open window"
    return [
        Row(f"{name}: a tick is late, p99", f"{late:.1f} ms", value=late, goal=GOAL),
        Row(f"{name}: until all are there", f"{caught_up:.1f} s", value=caught_up),
    ]


async def _conversation(messenger: Messenger, address: str) -> bytes:
    person = await messenger.database.read(lambda view: people.by_address(view, address))
    if person is None:
        raise RuntimeError(f"{address} is unknown")
    return person.person


class Ticker:
    """A timer of Qt's that notes how late it was."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._ticks: list[Tick] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._at, self._busy = time.perf_counter(), time.thread_time()
        self._timer.start()

    def _tick(self) -> None:
        at, busy = time.perf_counter(), time.thread_time()
        self._ticks.append(Tick(max(0.0, (at - self._at) * 1000 - TICK), (busy - self._busy) * 1000))
        self._at, self._busy = at, busy

    def take(self) -> list[Tick]:
        """The ticks since the last taking."""
        taken, self._ticks = self._ticks, []
        return taken


def share(values: Sequence[float], percent: int) -> float:
    """So many of a hundred are no greater; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0.0


def _told(values: Sequence[float]) -> str:
    return f"median {share(values, 50):.1f} ms, p99 {share(values, 99):.1f} ms, most {max(values, default=0):.1f} ms"
