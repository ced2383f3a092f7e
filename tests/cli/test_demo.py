"""The demo itself, as `make demo` runs it: through the window, and without one."""

import os
import subprocess
import sys
from pathlib import Path


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"TMPDIR": str(folder)}
    return subprocess.run([sys.executable, "-m", "app.demo", *words], env=environment, capture_output=True, text=True)


def test_every_message_written_in_the_window_ends_as_it_should(tmp_path: Path) -> None:
    screens = tmp_path / "screens"
    run = demo(tmp_path, "--off-screen", "--screens", str(screens))
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert "DIFFERENT" not in run.stdout
    pictures = {file.name for file in screens.glob("*.png")}
    assert {"conversation-light.png", "conversation-dark.png", "narrow-light.png"} <= pictures
    assert list(tmp_path.glob("kingfisher-demo-*")) == []


def test_every_message_of_the_people_alone_ends_as_it_should(tmp_path: Path) -> None:
    run = demo(tmp_path, "--headless")
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert "failed (not_on_kingfisher)" in run.stdout
    assert "DIFFERENT" not in run.stdout
    assert list(tmp_path.glob("kingfisher-demo-*")) == []
