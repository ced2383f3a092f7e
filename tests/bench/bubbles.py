"""The bubble view over a conversation of a million messages: opening, scrolling, jumping, and its memory."""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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
FRAMES, JUMPS, OPENINGS = 600, 40, 15
ELSEWHERE = 500  # messages of the other conversation, which is open in between
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
    from app.ui.garbage import Garbage
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
        other = await _fill(messenger, ELSEWHERE, window.NOW)
        say(f"bubbles: {count:,} messages stored in {time.perf_counter() - started:.0f} s")
        bridge = Bridge(messenger.hub, failures.append)
        made = BubbleView(Desk(messenger, theme, bridge, window.Said(), clock, UTC))
        made.resize(*SIZE)
        made.show()
        made.grab()
        garbage = Garbage()  # as in the program: nothing is collected on another thread than this
        before = _memory()
        try:
            rows = await _figures(made, (person, other), count, window.NOW, say)
            grown = _memory() - before
            say(f"bubbles: {grown:.0f} MiB more than the empty view")
        finally:
            await made.close_timeline()
            made.hide()
            await bridge.close()
            garbage.end()
    if failures:
        raise failures[0]
    return [*rows, Row("bubbles: memory above the empty view", f"{grown:.0f} MiB", value=grown, goal=MEMORY)]


async def _figures(
    made: "BubbleView", pair: tuple[bytes, bytes], count: int, now: int, say: Callable[[str], None]
) -> list[Row]:
    person, other = pair
    first = await _opened(made, person)
    again: list[Taken] = []
    for _ in range(OPENINGS):
        await _opened(made, other)
        again.append(await _opened(made, person))
    await _counted(made)
    frames = await _scrolled(made)
    jumps = await _jumped(made, count, now)
    for name, taken in (("first opening", [first]), ("opening again", again), ("frame", frames), ("jump", jumps)):
        say(f"bubbles: {name}: {_told([each.wall for each in taken])}; of CPU {_told([each.cpu for each in taken])}")
    return [
        _row(f"bubbles: opening of {count:,} messages, first", [first], 50, FIRST),
        _row("bubbles: opening again, median", again, 50, AGAIN),
        _row("bubbles: frame, median", frames, 50, MEDIAN),
        _row("bubbles: frame, p99", frames, 99, HIGH),
        _row("bubbles: jump, p99", jumps, 99, JUMP),
    ]


class Taken(NamedTuple):
    """Milliseconds of one step: by the clock, and of CPU in all threads of this process."""

    wall: float
    cpu: float


class _Watch:
    """Runs from its making."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stop(self) -> Taken:
        return Taken((time.perf_counter() - self._wall) * 1000, (time.process_time() - self._cpu) * 1000)


def _share(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _told(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.2f} ms"
    return f"median {_share(values, 50):.2f} ms, p99 {_share(values, 99):.2f} ms, most {max(values):.2f} ms"


def _row(name: str, taken: Sequence[Taken], percent: int, goal: float) -> Row:
    wall, cpu = _share([each.wall for each in taken], percent), _share([each.cpu for each in taken], percent)
    return Row(name, f"{wall:.1f} ms ({cpu:.1f} of CPU)", value=wall, goal=goal)


async def _opened(made: "BubbleView", person: bytes) -> Taken:
    watch = _Watch()
    await made.open(person, Start.NEWEST)
    made.viewport().repaint()
    taken = watch.stop()
    await asyncio.sleep(0.05)  # the pages around it come
    return taken


async def _counted(made: "BubbleView") -> None:
    """Until the conversation is counted for the scroll bar; the bench's clock stands still, so it is begun here."""
    if made._feed.ordinals is not None:
        await made._feed.ordinals.build()


async def _scrolled(made: "BubbleView") -> list[Taken]:
    """Upwards by 150 px a frame, with every page that comes meanwhile."""
    frames: list[Taken] = []
    for _ in range(FRAMES):
        watch = _Watch()
        made._scene.scroll(150)
        made.viewport().repaint()
        frames.append(watch.stop())
        await asyncio.sleep(0.004)
    return frames


async def _jumped(made: "BubbleView", count: int, now: int) -> list[Taken]:
    """To days and to hits, by turns."""
    dice, taken = random.Random(1), list[Taken]()
    for number in range(JUMPS):
        order = now - dice.randrange(count) * SPAN
        target = AtOrder(order) if number % 2 else AtRow(1 + dice.randrange(count))
        watch = _Watch()
        await made.jump(target, "weir")
        made.viewport().repaint()
        taken.append(watch.stop())
        await asyncio.sleep(0.05)  # the pages around it come
    return taken


async def _fill(messenger: Messenger, count: int, now: int) -> bytes:
    person = ids.random_id()

    def meet(tx: Tx) -> None:
        people.create(tx, person, account=person * 2, name="Bob Bright", relation="accepted")
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
                ids.new_id(ManualClock(at)),  # in the order of time, as they come: out of it the store takes an hour
                messenger.me.account if outgoing else person * 2,
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
