"""The demo itself, as `make demo` runs it: through the window, and without one."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo import green, phones


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: sockets lie in it."""
    made = Path(tempfile.mkdtemp(prefix="kf"))
    yield made
    shutil.rmtree(made)


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"TMPDIR": str(folder)}
    return subprocess.run([sys.executable, "-m", "app.demo", *words], env=environment, capture_output=True, text=True)


def assert_green(out: str) -> None:
    """A phone was written to and has answered, or one line says why not."""
    if phones.installed():
        assert re.search(r"^Alice +a phone .* delivered$", out, re.MULTILINE)
        assert "a phone to Alice: Until six." in out
    else:
        assert green.WHY_NOT in out


@pytest.mark.long
def test_every_message_written_in_the_window_ends_as_it_should(folder: Path) -> None:
    screens = folder / "screens"
    run = demo(folder, "--off-screen", "--screens", str(screens))
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert "DIFFERENT" not in run.stdout
    assert_green(run.stdout)
    pictures = {file.name for file in screens.glob("*.png")}
    assert {"conversation-light.png", "conversation-dark.png", "narrow-light.png"} <= pictures
    assert list(folder.glob("kingfisher-demo-*")) == []


@pytest.mark.long
def test_every_message_of_the_people_alone_ends_as_it_should(folder: Path) -> None:
    run = demo(folder, "--headless")
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert "failed (not_on_kingfisher)" in run.stdout
    assert_green(run.stdout)
    assert "DIFFERENT" not in run.stdout
    assert list(folder.glob("kingfisher-demo-*")) == []
