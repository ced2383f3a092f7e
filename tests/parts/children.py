"""No process outlives its test: one that does is ended, whatever became of the test, and fails it.

For the folders whose tests start programs: ``from tests.parts.children import none_left`` in their conftest.py.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import nursery

GRACE = 5.0  # seconds for what ends by itself, as a bus's services do after it
LOOK = 0.02
_ADOPT = 36  # PR_SET_CHILD_SUBREAPER: a process whose own parent has ended is handed to this one


def alive() -> dict[int, str]:
    """The processes below this one that have not ended, by number, with their command lines."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit():
                state, parent = (folder / "stat").read_text().rpartition(") ")[2].split()[:2]
                parents[int(folder.name)] = 0 if state in "ZX" else int(parent)
    ours = {os.getpid(), *nursery.nurses()}
    below = set(ours)
    while more := {number for number, parent in parents.items() if parent in below} - below:
        below |= more
    return {number: _words(number) for number in below - ours}


def _words(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def end(before: set[int]) -> list[str]:
    """Kill what was not there ``before`` and does not end by itself; the command lines of what was killed."""
    until = time.monotonic() + GRACE
    while (left := {number: words for number, words in alive().items() if number not in before}) and (
        time.monotonic() < until
    ):
        time.sleep(LOOK)
    said = list(left.values())
    while left:  # whoever is killed last may have started another just before
        for number in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(LOOK)
        left = {number: words for number, words in alive().items() if number not in before}
    return said


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    """Around everything else that belongs to a test."""
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None)
    libc.prctl(_ADOPT, 1, 0, 0, 0)
    before = set(alive())
    try:
        yield
    finally:
        left = end(before)
        libc.prctl(_ADOPT, 0, 0, 0, 0)
    if left:
        pytest.fail("outlived the test: " + "; ".join(left), pytrace=False)
