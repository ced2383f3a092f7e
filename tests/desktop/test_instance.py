"""One window for each profile: the first has it, the second shows the first, and nobody waits for the dead."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.common.profile import Profile
from app.control import ControlServer, Output
from app.desktop import instance


@pytest.fixture
def home(tmp_path: Path) -> Profile:
    found = Profile(tmp_path / "home")
    found.prepare()
    return found


def test_the_first_has_the_profile(home: Profile) -> None:
    with instance.claim(home, "") as outcome:
        assert outcome == "ours"


@pytest.mark.parametrize("way", ["socket", "port"])
async def test_the_second_shows_the_window_of_the_first_and_hands_over_its_link(
    home: Profile, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("KINGFISHER_CONTROL", way)
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "a token")
    asked: list[Sequence[str]] = []

    async def window(words: Sequence[str], output: Output) -> int:
        asked.append(words)
        return 0

    def second() -> str:
        with instance.claim(home, "kingfisher:link") as outcome:
            return outcome

    with home.lock():
        server = ControlServer(home, window)
        await server.start()
        assert await asyncio.to_thread(second) == "shown"
        await server.close()
    assert asked == [["window", "kingfisher:link", "a token"]]


async def test_a_holder_without_a_window_is_told_from_one(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "PATIENCE", 0.2)

    async def command_line(words: Sequence[str], output: Output) -> int:
        output.say("there is no command window")
        return 2

    def second() -> str:
        with instance.claim(home, "") as outcome:
            return outcome

    with home.lock():
        server = ControlServer(home, command_line)
        await server.start()
        assert await asyncio.to_thread(second) == "busy"
        await server.close()


def test_a_holder_that_ends_leaves_the_profile_to_who_waits(home: Profile) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom app.common.profile import Profile\n"
        "with Profile(Path(sys.argv[1])).lock():\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    with contextlib.closing(holder.stdin), contextlib.closing(holder.stdout):
        holder.kill()
        with instance.claim(home, "") as outcome:
            assert outcome == "ours"
        holder.wait()


def test_it_needs_neither_qt_nor_asyncio(home: Profile) -> None:
    code = "import sys; import app.desktop.instance, app.desktop.options; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"asyncio", "PySide6", "aiohttp", "keyring"} & set(found)
