"""A whole window over conversations made to do harm: how long Qt's thread computes in one go, at most."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.content import base
from tests.bench import calm
from tests.bench.report import Row

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from tests.parts.window import Furniture

GOAL = 50.0  # milliseconds
MANY = 60  # messages of a conversation
LONG = base.BODY - 100  # octets of a message: more is refused before it is anybody's
PAGES = 4
PAUSE = 0.2  # seconds in which what was asked for is painted
HARM = {
    "one long word": "W",
    "one long word, right to left": "أ",
    "marks": "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "nothing but marks": "\u0301",
    "nothing to see": "\u200b",
    "overrides": "\u202egnp.exe\u2067",
    "both directions": "aא",
    "new lines": "\n",
    "links": "https://example.com@evil.example/ ",
    "huge letters": "\ufdfd",
    "emoji": "🏳️‍🌈",
}


def window(say: Callable[[str], None]) -> list[Row]:
    """Open, page through and look at the details of each conversation; all CPU of Qt's thread between two ticks."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync  # here, so that the other benches need no screen
    from PySide6.QtWidgets import QApplication

    found = QApplication.instance()
    application = found if isinstance(found, QApplication) else QApplication(["kingfisher-bench"])
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory(prefix="kingfisher-bench-hostile-") as name:
        loop = qasync.QEventLoop(application)
        with loop:
            return loop.run_until_complete(_measure(Path(name), say))


async def _measure(folder: Path, say: Callable[[str], None]) -> list[Row]:
    from app.ui.garbage import Garbage
    from app.ui.main_window import MainWindow
    from app.ui.shell import Shell
    from app.ui.theme import Theme
    from app.ui.window_state import WindowState
    from tests.parts.window import Furniture, Said, furnished

    theme = Theme()
    theme.apply(mode="light", contrast="off", motion="on")
    async with furnished(folder, theme, Said(), empty=True) as desk:
        put = Furniture(desk.messenger)
        calm_one = await _fill(put, "0", "a word", 60)
        people = {what: await _fill(put, f"{at}", bad) for at, (what, bad) in enumerate(HARM.items(), 1)}
        shell, window = Shell(theme, WindowState()), MainWindow(desk, None, WindowState())
        shell.fill(window)
        shell.resize(1120, 760)
        shell.show()
        garbage, ticker = Garbage(), calm.Ticker()
        try:
            await window.open()
            await _use(window, calm_one)
            ticker.start()
            await _use(window, calm_one)
            usual = max(tick.busy for tick in ticker.take())
            say(f"hostile: ordinary conversations: {usual:.1f} ms in one go")
            longest: dict[str, float] = {}
            for what, person in people.items():
                await _use(window, person)
                longest[what] = max(tick.busy for tick in ticker.take())
                say(f"hostile: {what}: {longest[what]:.1f} ms in one go")
        finally:
            await window.close_down()
            shell.fill(None)
            window.deleteLater()
            shell.close()
            shell.deleteLater()
            garbage.end()
    worst = max(longest, key=lambda what: longest[what])
    value = longest[worst]
    return [
        Row("ordinary conversations: computed in one go, most", f"{usual:.1f} ms", value=usual),
        Row(f"hostile conversations: the same ({worst})", f"{value:.1f} ms", value=value, goal=GOAL),
    ]


async def _fill(put: "Furniture", name: str, bad: str, most: int = LONG) -> bytes:
    """A conversation with somebody called so too, whose messages are as long as they may be, some of them own ones."""
    from tests.parts.window import MINUTE, NOW

    words = bad * (most // len(bad.encode()))
    who = f"{name} {words[:2_000]}"
    person = await put.meet(who)
    for number in range(MANY):
        await put.say(who, f"{number} {words}", NOW - (MANY - number) * MINUTE, own_words=number % 7 == 0)
    return person


async def _use(window: "MainWindow", person: bytes) -> None:
    from PySide6.QtCore import Qt

    from app.demo import driving

    window.open_conversation(person)
    await driving.until(lambda: window.attending() == person, "the conversation")
    for key in (Qt.Key.Key_PageUp,) * PAGES + (Qt.Key.Key_Home, Qt.Key.Key_End):
        await driving.press_key(window, "Messages", key)
        await asyncio.sleep(PAUSE)
    for _ in range(2):
        window.toggle_details()
        await asyncio.sleep(PAUSE)
