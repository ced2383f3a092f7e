"""The window's process from the outside: it starts, is shown by a second start, and ends when it is told to."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.client.messenger import open_messenger
from app.common.clock import SystemClock
from app.common.profile import Profile
from app.net.transport import WebSocketTransport
from tests.desktop.seat import WORDS
from tests.house.tree import ROOT
from tests.parts.window import KEY

PATIENCE = 60.0
ENVIRONMENT = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/at/all"}


async def started(*words: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*words, cwd=ROOT, env=ENVIRONMENT, stdout=pipe, stderr=pipe)


async def ended(process: asyncio.subprocess.Process) -> int:
    """Its exit code; nothing may have been written to stderr."""
    async with asyncio.timeout(PATIENCE):
        _, said = await process.communicate()
    assert said == b"", said.decode()
    assert process.returncode is not None
    return process.returncode


async def answers(home: Profile) -> None:
    """Wait until it takes commands."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_unix_connection(home.socket)
                writer.close()
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def first(tmp_path: Path) -> AsyncIterator[tuple[Profile, asyncio.subprocess.Process]]:
    """A window over a profile that has no account yet."""
    home = Profile(tmp_path / "home")
    process = await started(sys.executable, "-m", "app", "--profile", str(home.root))
    await answers(home)
    yield home, process
    if process.returncode is None:
        process.kill()
        await process.communicate()


First = tuple[Profile, asyncio.subprocess.Process]


@pytest.mark.parametrize("name", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
async def test_a_signal_ends_it_in_order(first: First, name: signal.Signals) -> None:
    home, process = first
    process.send_signal(name)
    assert await ended(process) == 0
    assert not home.socket.exists()
    assert "ERROR" not in home.log.read_text()


async def test_a_second_start_shows_the_first_and_ends(first: First) -> None:
    home, process = first
    second = await started(sys.executable, "-m", "app", "--profile", str(home.root), "kingfisher:#nothing")
    assert await ended(second) == 0
    assert process.returncode is None
    process.terminate()
    assert await ended(process) == 0


@pytest.mark.long
async def test_a_killed_one_leaves_nothing_in_the_way(first: First) -> None:
    home, process = first
    process.kill()
    await process.communicate()
    again = await started(sys.executable, "-m", "app", "--profile", str(home.root))
    await answers(home)
    again.terminate()
    assert await ended(again) == 0


async def test_the_first_paint_needs_no_network_and_no_import_of_qts_own() -> None:
    code = (
        "import builtins, sys; before = builtins.__import__\n"
        "from app.desktop import opening\n"
        "application = opening.prepare_qt()\n"
        "from app.ui.shell import Shell\nfrom app.ui.theme import Theme\nfrom app.ui.window_state import WindowState\n"
        "from app.ui.onboarding import art\n"
        "assert builtins.__import__ is before\n"
        "print(*sys.modules)\n"
    )
    process = await started(sys.executable, "-c", code)
    out, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    heavy = {"asyncio", "aiohttp", "keyring", "nacl", "vodozemac", "cryptography", "apsw", "msgspec", "phonenumbers"}
    assert not heavy & set(out.decode().split())


async def test_the_network_is_read_after_the_window_is_in_use() -> None:
    """A third of all that is imported serves connections: until the first one nothing of it is read."""
    code = (
        "import importlib, sys\nfrom app.desktop import opening\nopening.prepare_qt()\n"
        "for name in opening.LATER:\n    importlib.import_module(name)\n"
        "print(*sys.modules)\n"
    )
    process = await started(sys.executable, "-c", code)
    out, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    loaded = set(out.decode().split())
    assert {"app.net.http", "app.net.transport"} <= loaded
    assert not {"aiohttp", "yarl", "app.net.websocket", "app.net.exchange", "segno", "app.commands.dispatch"} & loaded
    # Nor is what only a page that is not open yet needs, another system, or another process.
    assert not {"PIL", "phonenumbers", "enchant", "keyring", "zeroconf", "ctypes", "plistlib", "html"} & loaded
    assert not {"app.ui.settings.dialog", "app.ui.onboarding.first_run", "app.ui.details.message"} & loaded


async def test_a_window_in_use_has_not_made_all_of_qt_known(tmp_path: Path) -> None:
    """PySide makes a class of Qt's known when somebody names it, and all there are when Python meets an object that
    Qt made itself, by a filter over the whole application or by asking for a viewport: 40 ms of each start."""
    folder = tmp_path / "home"
    assert await ended(await seat(folder, "make")) == 0
    looking = await seat(folder, "known")
    out, said = await looking.communicate()
    assert looking.returncode == 0, said.decode()
    assert "QTextEdit" in out.decode().split()
    assert not {"QWizard", "QMdiArea", "QCalendarWidget"} & set(out.decode().split())


async def seat(folder: Path, what: str) -> asyncio.subprocess.Process:
    return await started(sys.executable, "-m", "tests.desktop.seat", str(folder), what)


@pytest.mark.long
async def test_a_draft_outlives_a_kill_and_the_next_start_is_clean(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    assert await ended(await seat(folder, "make")) == 0
    writing = await seat(folder, "write")
    assert writing.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert await writing.stdout.readline() == b"written\n"
    writing.kill()
    await writing.communicate()
    looking = await seat(folder, "look")
    assert looking.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert await looking.stdout.readline() == f"{WORDS}\n".encode()
    assert await ended(looking) == 0
    async with open_messenger(Profile(folder), KEY, WebSocketTransport(), SystemClock(), online=False) as messenger:
        assert await messenger.database.check() == []


@pytest.mark.long
async def test_an_orderly_end_and_a_second_start_show_the_same_draft(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    assert await ended(await seat(folder, "make")) == 0
    writing = await seat(folder, "write")
    assert writing.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert await writing.stdout.readline() == b"written\n"
    writing.terminate()
    assert await ended(writing) == 0
    looking = await seat(folder, "look")
    assert looking.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert await looking.stdout.readline() == f"{WORDS}\n".encode()
    assert await ended(looking) == 0
