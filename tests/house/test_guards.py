"""The guards that every test runs under do go off: warnings in the log, warnings of Python, a blocked loop."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.house.tree import ROOT

CASES = """
import asyncio
import logging
import warnings

import pytest


from app import nap


def test_unannounced():
    logging.getLogger("x").warning("a mishap")


@pytest.mark.expect_log("a mishap")
def test_announced():
    logging.getLogger("x").warning("a mishap of some kind")


@pytest.mark.expect_log("a mishap")
def test_another_one():
    logging.getLogger("x").warning("a mishap")
    logging.getLogger("x").error("a disaster")


@pytest.mark.expect_log("a mishap")
def test_silent():
    logging.getLogger("x").info("a mishap, but not worth a warning")


def test_warns():
    warnings.warn("old", DeprecationWarning)


async def test_blocks(no_blocking):
    nap.sleep()


async def test_waits(no_blocking):
    await asyncio.sleep(0)


def test_folder(profile):
    assert profile.stat().st_mode & 0o077 == 0
"""

EXPECTED = {
    "test_unannounced": "unexpected in the log: WARNING x: a mishap",
    "test_another_one": "unexpected in the log: ERROR x: a disaster",
    "test_silent": "never logged: a mishap",
    "test_warns": "DeprecationWarning: old",
    "test_blocks": "BlockingError",
}


def run(folder: Path, cases: str) -> str:
    shutil.copy(ROOT / "tests/parts/guards.py", folder / "conftest.py")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "app").mkdir(exist_ok=True)
    (folder / "app/__init__.py").touch()
    (folder / "app/nap.py").write_text("import time\n\n\ndef sleep():\n    time.sleep(0.001)\n", encoding="utf-8")
    (folder / "test_cases.py").write_text(cases, encoding="utf-8")
    # From the top of the copy, so that its app is found before the real one.
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", "test_cases.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


def test_each_guard_goes_off(tmp_path: Path) -> None:
    said = run(tmp_path, CASES)
    for name, words in EXPECTED.items():
        assert f"::{name}" in said, said
        assert words in said, said
    for name in ("test_announced", "test_waits", "test_folder"):
        assert f"::{name}" not in said, said
