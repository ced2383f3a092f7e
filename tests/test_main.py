"""`kingfisher` says honestly that there is no window yet."""

import subprocess
import sys
from importlib import metadata

from tests.house.tree import ROOT


def kingfisher(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "app", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_it_points_to_the_command_line() -> None:
    run = kingfisher()
    assert (run.returncode, run.stdout) == (1, "")
    assert "kingfisher-cli" in run.stderr


def test_version() -> None:
    assert kingfisher("--version").stdout == f"kingfisher {metadata.version('kingfisher')}\n"
