"""The sidebar over a real store of many conversations: opening it, painting it, and one message coming in."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from app.client import changes
from app.client.messenger import Messenger, open_messenger
from app.common import ids
from app.common.clock import ManualClock
from app.common.profile import Profile
from app.content import catalog, text
from app.net.transport import WebSocketTransport
from app.storage import conversations, messages, people
from app.storage.transaction import Tx
from tests.bench.report import Row

GOAL = 50.0  # milliseconds
REPEATS = 9
BATCH = 1_000
WORDS = (
    "I have never been so awake that early",
    "נתראה מחר בבוקר ליד הגשר",
    "Perfect. See you at the weir 😄",
    "And Priya is coming, she’s got the long lens, so bring the tripod and something warm to drink",
)


def open_list(count: int, say: Callable[[str], None]) -> list[Row]:
    """``count`` conversations, one in ten unread, three pinned; the median counts."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync  # here, so that the other benches need no screen
    from PySide6.QtWidgets import QApplication

    found = QApplication.instance()
    application = found if isinstance(found, QApplication) else QApplication(["kingfisher-bench"])
    application.setStyle("Fusion")
    with tempfile.TemporaryDirectory(prefix="kingfisher-bench-sidebar-") as name:
        loop = qasync.QEventLoop(application)
        with loop:
            return loop.run_until_complete(_measure(Path(name), count, say))


async def _measure(folder: Path, count: int, say: Callable[[str], None]) -> list[Row]:
    from app.ui.theme import Theme
    from tests.parts import window

    home, clock = Profile(folder), ManualClock(window.NOW)
    await window.create(home, clock)
    theme = Theme()
    theme.apply(mode="light", contrast="off", motion="on")
    async with open_messenger(home, window.KEY, WebSocketTransport(), clock, online=False) as messenger:
        for first in range(0, count, BATCH):
            await messenger.database.write(lambda tx, first=first: _fill(tx, first, min(BATCH, count - first)))
        cpu = time.process_time()
        first_time, *again = [await _opened(messenger, theme, clock) for _ in range(REPEATS + 1)]
        cpu = (time.process_time() - cpu) * 1000 / (REPEATS + 1)
        walked, frames, arrived = await _walked(messenger, theme, clock)
    again_time = statistics.median(again)
    say(f"sidebar: open first {first_time:.1f} ms, again {again_time:.1f} ms, {cpu:.1f} ms of processor")
    say(f"sidebar: all {walked:,} loaded: a frame {frames:.1f} ms, a message to the row on top {arrived:.1f} ms")
    name = f"sidebar of {count:,} conversations"
    return [
        Row(f"{name}, open", f"{again_time:.1f} ms", value=again_time, goal=GOAL),
        Row(f"{name}, open while fonts and icons are loaded", f"{first_time:.1f} ms", value=first_time),
        Row(f"{name}, all loaded, a whole frame", f"{frames:.1f} ms", value=frames),
        Row(f"{name}, all loaded, a message until it is painted", f"{arrived:.1f} ms", value=arrived),
    ]


def _fill(tx: Tx, first: int, count: int) -> None:
    for number in range(first, first + count):
        person = number.to_bytes(16, "big")
        people.create(tx, person, account=number.to_bytes(32, "big"), name=f"Person {number}", relation="accepted")
        people.put_address(tx, f"person{number}@example.com", person)
        conversations.ensure_direct(tx, person, number.to_bytes(32, "big"))
        row = _say(tx, number, tx.now - (number + 1) * 60_000)
        if number % 10:
            conversations.mark_read(tx, person, row.ord, row.message)
        if number in (5, 50, 500):
            conversations.set_pinned(tx, person, True)
        tx.run("UPDATE conversations SET active_at = ? WHERE conversation = ?", (row.ord, person))


def _say(tx: Tx, number: int, at: int) -> messages.NewMessage:
    kind, body = catalog.encode(text.Text(WORDS[number % len(WORDS)]))
    made = messages.NewMessage(
        number.to_bytes(16, "big"),
        ids.random_id(),
        number.to_bytes(32, "big"),
        bytes(16),
        kind,
        body,
        at,
        at,
        countable=True,
        received_at=at,
    )
    messages.insert(tx, made)
    return made


def _desk(messenger: Messenger, theme: object, clock: ManualClock) -> object:
    from app.ui.bridge import Bridge
    from app.ui.desk import Desk
    from app.ui.theme import Theme
    from tests.parts.window import Said

    assert isinstance(theme, Theme)
    return Desk(messenger, theme, Bridge(messenger.hub, _raise), Said(), clock, UTC)


def _raise(error: BaseException) -> None:
    raise error


async def _until(panel: object, done: Callable[[], bool]) -> None:
    """Sleep between the changes of the list: a loop that only looks would fight the reader for the interpreter."""
    from app.ui.chat_list.panel import ChatListPanel

    assert isinstance(panel, ChatListPanel)
    woken = asyncio.Event()
    panel._feed.after.connect(woken.set)
    panel._feed.counted.connect(lambda _: woken.set())
    while not done():
        woken.clear()
        await woken.wait()


async def _painted(panel: object) -> None:
    """Until the rows are there and stand on the screen; a picture taken of them would be a second painting."""
    from PySide6.QtCore import QEvent, QObject

    from app.ui.chat_list.panel import ChatListPanel

    assert isinstance(panel, ChatListPanel)
    seen = asyncio.Event()

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint and panel._feed.filled:
                seen.set()
            return False

    watch = Watch()
    panel._rows.viewport().installEventFilter(watch)
    await seen.wait()
    panel._rows.viewport().removeEventFilter(watch)


async def _ended(panel: object, desk: object) -> None:
    from app.ui.chat_list.panel import ChatListPanel
    from app.ui.desk import Desk

    assert isinstance(panel, ChatListPanel)
    assert isinstance(desk, Desk)
    await desk.bridge.close()
    panel.hide()
    panel.deleteLater()
    await asyncio.sleep(0.05)


async def _opened(messenger: Messenger, theme: object, clock: ManualClock) -> float:
    """Milliseconds from nothing to a painted sidebar."""
    from app.ui.chat_list.panel import ChatListPanel
    from app.ui.desk import Desk

    desk = _desk(messenger, theme, clock)
    assert isinstance(desk, Desk)
    started = time.perf_counter()
    panel = ChatListPanel(desk)
    panel.resize(320, 760)
    panel.show()
    await _painted(panel)
    taken = (time.perf_counter() - started) * 1000
    await _ended(panel, desk)
    return taken


async def _walked(messenger: Messenger, theme: object, clock: ManualClock) -> tuple[int, float, float]:
    """How many were loaded, and milliseconds of a frame and of a new message, with all of them there."""
    from app.ui.chat_list.panel import ChatListPanel
    from app.ui.desk import Desk

    desk = _desk(messenger, theme, clock)
    assert isinstance(desk, Desk)
    panel = ChatListPanel(desk)
    panel.resize(320, 760)
    panel.show()
    await _until(panel, lambda: panel._feed.filled)
    while panel._feed.list is not None and not panel._feed.list.complete:
        count = len(panel._feed.model.entries)
        panel._feed.more()
        await _until(panel, lambda count=count: len(panel._feed.model.entries) > count)
        await asyncio.sleep(0)  # until that page's work has ended
    frames: list[float] = []
    for at in range(40):
        panel._rows.verticalScrollBar().setValue(at * 977)
        started = time.perf_counter()
        panel._rows.viewport().grab()
        frames.append((time.perf_counter() - started) * 1000)
    panel._rows.verticalScrollBar().setValue(0)
    times: list[float] = []
    model = panel._feed.model
    for number in range(REPEATS):
        target = 9_000 - number if len(model.entries) > 9_000 else len(model.entries) // 2 - number
        person = target.to_bytes(16, "big")
        started = time.perf_counter()
        await messenger.database.write(lambda tx, target=target: _arrive(tx, target))
        await _until(panel, lambda person=person: model.entry(0).conversation == person)
        panel.grab()
        times.append((time.perf_counter() - started) * 1000)
        clock.advance(1)
    count = len(model.entries)
    await _ended(panel, desk)
    return count, statistics.median(frames), statistics.median(times)


def _arrive(tx: Tx, number: int) -> None:
    _say(tx, number, tx.now)
    person = number.to_bytes(16, "big")
    tx.note(changes.MessagesChanged(person))
    tx.note(changes.ConversationsChanged(frozenset({person})))
