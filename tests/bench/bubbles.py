"""The bubble view over a conversation of a million messages: opening, scrolling, jumping, and its memory."""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.client.messenger import Messenger, open_messenger
from app.client.timeline import AtOrder, AtRow, Start
from app.common import ids
from app.common.clock import ManualClock
from app.common.profile import Profile
from app.content import catalog, text
from app.net.transport import WebSocketTransport
from app.storage import conversations, messages, people
from app.storage.transaction import Tx
from tests.bench.report import Row

if TYPE_CHECKING:
    from app.ui.conversation.view import BubbleView

FIRST, AGAIN, MEDIAN, HIGH, JUMP, MEMORY = 50.0, 10.0, 5.0, 12.0, 20.0, 60.0  # milliseconds; the last in MiB
BATCH = 20_000
FRAMES, JUMPS, OPENINGS = 600, 40, 9
SPAN = 60_000  # milliseconds between two messages
SIZE = (900, 700)
LINES = (
    "I have never been so awake that early",
    "נתראה מחר בבוקר ליד הגשר",
    "Perfect. See you at the weir 😄",
    "see https://example.com/a for the map",
    "And Priya is coming, she’s got the long lens, so bring the tripod and something warm to drink " * 3,
    "ok",
    "What time did you see it? " * 2,
)


def view(count: int, say: Callable[[str], None]) -> list[Row]:
    """``count`` messages in one conversation."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync  # here, so that the other benches need no screen
    from PySide6.QtWidgets import QApplication

    found = QApplication.instance()
    application = found if isinstance(found, QApplication) else QApplication(["kingfisher-bench"])
    application.setStyle("Fusion")
    with tempfile.TemporaryDirectory(prefix="kingfisher-bench-bubbles-") as name:
        loop = qasync.QEventLoop(application)
        with loop:
            return loop.run_until_complete(_measure(Path(name), count, say))


async def _measure(folder: Path, count: int, say: Callable[[str], None]) -> list[Row]:
    from datetime import UTC

    from app.ui.bridge import Bridge
    from app.ui.conversation.view import BubbleView
    from app.ui.desk import Desk
    from app.ui.theme import Theme
    from tests.parts import window

    home, clock = Profile(folder), ManualClock(window.NOW)
    await window.create(home, clock)
    theme = Theme()
    theme.apply(mode="light", contrast="off", motion="on")
    failures: list[BaseException] = []
    async with open_messenger(home, window.KEY, WebSocketTransport(), clock, online=False) as messenger:
        started = time.perf_counter()
        person = await _fill(messenger, count, window.NOW)
        say(f"bubbles: {count:,} messages stored in {time.perf_counter() - started:.0f} s")
        bridge = Bridge(messenger.hub, failures.append)
        made = BubbleView(Desk(messenger, theme, bridge, window.Said(), clock, UTC))
        made.resize(*SIZE)
        made.show()
        made.grab()
        before = _memory()
        try:
            rows = await _figures(made, person, count, window.NOW, say)
            grown = _memory() - before
            say(f"bubbles: {grown:.0f} MiB more than the empty view")
        finally:
            await made.close_timeline()
            made.hide()
            await bridge.close()
    if failures:
        raise failures[0]
    return [*rows, Row("bubbles: memory above the empty view", f"{grown:.0f} MiB", value=grown, goal=MEMORY)]


async def _figures(made: "BubbleView", person: bytes, count: int, now: int, say: Callable[[str], None]) -> list[Row]:
    first = await _opened(made, person)
    again = statistics.median([await _opened(made, person) for _ in range(OPENINGS)])
    say(f"bubbles: opened first in {first:.1f} ms, again in {again:.1f} ms")
    await _counted(made)
    frames = await _scrolled(made)
    median, high = statistics.median(frames), statistics.quantiles(frames, n=100)[98]
    say(f"bubbles: {len(frames)} frames, median {median:.2f} ms, p99 {high:.2f} ms, slowest {max(frames):.2f} ms")
    jumps = await _jumped(made, count, now)
    jump = statistics.quantiles(jumps, n=100)[98]
    say(f"bubbles: {len(jumps)} jumps, median {statistics.median(jumps):.1f} ms, slowest {max(jumps):.1f} ms")
    return [
        Row(f"bubbles: opening of {count:,} messages, first", f"{first:.1f} ms", value=first, goal=FIRST),
        Row("bubbles: opening again, median", f"{again:.1f} ms", value=again, goal=AGAIN),
        Row("bubbles: frame, median", f"{median:.2f} ms", value=median, goal=MEDIAN),
        Row("bubbles: frame, p99", f"{high:.2f} ms", value=high, goal=HIGH),
        Row("bubbles: jump, p99", f"{jump:.1f} ms", value=jump, goal=JUMP),
    ]


async def _opened(made: "BubbleView", person: bytes) -> float:
    started = time.perf_counter()
    await made.open(person, Start.NEWEST)
    made.viewport().repaint()
    return (time.perf_counter() - started) * 1000


async def _counted(made: "BubbleView") -> None:
    """Until the conversation is counted for the scroll bar; the bench's clock stands still, so it is begun here."""
    if made._feed.ordinals is not None:
        await made._feed.ordinals.build()


async def _scrolled(made: "BubbleView") -> list[float]:
    """Upwards by 150 px a frame, with every page that comes meanwhile."""
    frames: list[float] = []
    for _ in range(FRAMES):
        started = time.perf_counter()
        made._scene.scroll(150)
        made.viewport().repaint()
        frames.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(0.004)
    return frames


async def _jumped(made: "BubbleView", count: int, now: int) -> list[float]:
    """To days and to hits, by turns."""
    dice, taken = random.Random(1), list[float]()
    for number in range(JUMPS):
        order = now - dice.randrange(count) * SPAN
        target = AtOrder(order) if number % 2 else AtRow(1 + dice.randrange(count))
        started = time.perf_counter()
        await made.jump(target, "weir")
        made.viewport().repaint()
        taken.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(0.02)
    return taken


async def _fill(messenger: Messenger, count: int, now: int) -> bytes:
    person = ids.random_id()

    def meet(tx: Tx) -> None:
        people.create(tx, person, account=b"B" * 32, name="Bob Bright", relation="accepted")
        conversations.ensure_direct(tx, person, bytes(reversed(person)) * 2)

    await messenger.database.write(meet)
    bodies = [catalog.encode(text.Text(line))[1] for line in LINES]
    for first in range(0, count, BATCH):
        part = range(first, min(count, first + BATCH))
        await messenger.database.write(
            lambda tx, part=part: _store(tx, messenger, person, part, bodies, now - count * SPAN)
        )
    return person


def _store(tx: Tx, messenger: Messenger, person: bytes, part: range, bodies: Sequence[bytes], start: int) -> None:
    for number in part:
        outgoing, at = number % 3 == 0, start + number * SPAN
        messages.insert(
            tx,
            messages.NewMessage(
                person,
                ids.new_id(messenger.clock),
                messenger.me.account if outgoing else b"B" * 32,
                b"d" * 16,
                "text",
                bodies[number % len(bodies)],
                at,
                at,
                outgoing=outgoing,
                countable=not outgoing,
                received_at=at,
            ),
        )
    conversations.mark_read(tx, person, start + part.stop * SPAN, b"")


def _memory() -> float:
    """MiB this process holds alone or shares in part."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
