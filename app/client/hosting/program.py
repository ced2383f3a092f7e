"""The relay's program of this same installation, and the running of a short command with its answer."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from app.common import errors

PATIENCE: Final = 60.0  # seconds for one command
NAME: Final = "kingfisher-relay"


class Answer(msgspec.Struct, frozen=True):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[[Sequence[str]], Awaitable[Answer]]


def words() -> tuple[str, ...]:
    """What starts the relay: the program beside this one in a bundle, else its module under the same Python."""
    if getattr(sys, "frozen", False):
        return (str(Path(sys.executable).with_name(NAME + (".exe" if sys.platform == "win32" else ""))),)
    return (sys.executable, "-P", "-m", "app.relay.server")


def environment() -> dict[str, str]:
    """That of this process without what a bundle has put in it for its own libraries.

    The system's programs must find their own libraries, and a relay that outlives the window must not use a folder
    that ends with it.
    """
    found = dict(os.environ)
    if getattr(sys, "frozen", False):
        original = found.pop("LD_LIBRARY_PATH_ORIG", None)
        found.pop("LD_LIBRARY_PATH", None)
        if original is not None:
            found["LD_LIBRARY_PATH"] = original
        found["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
    return found


def quietly() -> int:
    """Flags for a process that shows no console (Windows); 0 elsewhere."""
    return subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0


async def run(command: Sequence[str]) -> Answer:
    """Run a command to its end; a program that is not there answers 127. AgainLater ``relay_silent``."""
    return await asyncio.to_thread(_run, command)


def _run(command: Sequence[str]) -> Answer:
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(),
            timeout=PATIENCE,
            creationflags=quietly(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise errors.AgainLater("relay_silent") from None
    except OSError as error:
        return Answer(127, "", type(error).__name__)
    return Answer(ended.returncode, ended.stdout.decode(errors="replace"), ended.stderr.decode(errors="replace"))
