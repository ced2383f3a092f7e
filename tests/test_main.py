"""`kingfisher` from the outside: what its options say before any window is made."""

import subprocess
import sys
from importlib import metadata

import pytest

from tests.house.tree import ROOT


def kingfisher(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "app", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_version() -> None:
    assert kingfisher("--version").stdout == f"kingfisher {metadata.version('kingfisher')}\n"


def test_help_names_every_way_to_run_it() -> None:
    said = kingfisher("--help").stdout
    assert all(word in said for word in ("--profile", "--demo", "--self-test", "LINK"))


@pytest.mark.parametrize("words", [["--nothing"], ["not-a-link"], ["--demo", "--self-test"], ["file:///etc/passwd"]])
def test_what_makes_no_sense_is_said(words: list[str]) -> None:
    run = kingfisher(*words)
    assert run.returncode == 2
    assert "usage: kingfisher" in run.stderr
