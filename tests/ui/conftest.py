"""What every test of the screen has: one application off screen, Qt's event loop for asyncio, a look and a desk."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
import pytest_asyncio
from PySide6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from pytestqt import plugin

from app.desktop.loop import Loop
from app.ui.desk import Desk
from app.ui.garbage import Garbage
from app.ui.theme import Theme
from tests.parts.window import Said, furnished

_EXPECTED = (
    "This plugin does not support",  # the off-screen platform cannot do what a desktop can
    "Detected locale",
    "QObject::connect: No such signal QPlatformNativeInterface::systemTrayWindowChanged",  # nor has it a tray
)

# The Qt plugin lets events happen between fixtures and tests, where no loop runs for what asyncio left in them; and
# once more after the process's last fixture has ended. For good: a patch taken back before that turn crashed there.
plugin._process_events = lambda: None


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["kingfisher-tests"]


def _application() -> QApplication:
    found = QApplication.instance()
    made = found if isinstance(found, QApplication) else QApplication(["kingfisher-tests"])
    made.setQuitOnLastWindowClosed(False)
    made.setApplicationName("Kingfisher")
    made.setStyle("Fusion")
    return made


def _qt_loop() -> asyncio.AbstractEventLoop:
    return Loop(_application())


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Coroutine tests below this folder run on Qt's own loop, as the program does."""
    return {"qt": _qt_loop}


@pytest.fixture(scope="session", autouse=True)
def garbage() -> Iterator[None]:
    """As in the program: no widget of an earlier test ends on the store's thread."""
    keeper = Garbage(_application())
    yield
    keeper.end()


@pytest.fixture(scope="session", autouse=True)
def awake() -> Iterator[None]:
    """Qt's loop with nothing to do never comes back to Python, which has to hear the signal of a test's time limit."""
    turn = QTimer(_application())
    turn.timeout.connect(lambda: None)
    turn.start(1000)
    yield
    turn.stop()


@pytest.fixture(autouse=True)
def application(qapp: QApplication) -> QApplication:
    """One for all tests of the process; it ends with the last window only when told to."""
    return _application()


@pytest.fixture(autouse=True)
def quiet_qt() -> Iterator[None]:
    """What Qt complains about fails the test."""
    heard: list[str] = []

    def hear(kind: QtMsgType, _: QMessageLogContext, text: str) -> None:
        if kind is not QtMsgType.QtDebugMsg and kind is not QtMsgType.QtInfoMsg and not text.startswith(_EXPECTED):
            heard.append(text)

    before = qInstallMessageHandler(hear)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
    assert not gc.isenabled(), "a widget may end on the store's thread: Python collects by itself"
    if heard:
        pytest.fail("\n".join(f"Qt said: {text}" for text in heard), pytrace=False)


@pytest.fixture
def theme(application: QApplication) -> Theme:
    """Light, 100 %, and nothing moves."""
    made = Theme()
    made.apply(mode="light", text_size=100, contrast="off", motion="on")
    return made


@pytest.fixture
def said() -> Said:
    """What was said over the window."""
    return Said()


@pytest_asyncio.fixture
async def desk(tmp_path: Path, theme: Theme, said: Said) -> AsyncIterator[Desk]:
    """An offline messenger over a real store with a conversation in every state (tests.parts.window)."""
    async with furnished(tmp_path / "noor", theme, said) as made:
        yield made
