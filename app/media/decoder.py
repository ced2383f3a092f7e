"""The caller's side: a process for each picture, ended when it takes too long; what breaks it costs that picture."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from app.common import errors
from app.media import picture, pipe
from app.media.picture import Frames, Picture, Wanted

T = TypeVar("T")

AT_ONCE: Final = 2
PATIENCE: Final = 60.0  # seconds, most of which would be waiting: the process itself ends after ten of computing
PROGRAM: Final = "kingfisher-cli"
DECODE: Final = "--decode-picture"
_ROOT: Final = Path(__file__).resolve().parent.parent.parent


def words() -> tuple[str, ...]:
    """What starts the process: the command line beside this program in a bundle, else its module."""
    if getattr(sys, "frozen", False):
        name = PROGRAM + (".exe" if sys.platform == "win32" else "")
        return (str(Path(sys.executable).with_name(name)), DECODE)
    return (sys.executable, "-P", "-s", "-m", "app.media.worker")


def environment() -> dict[str, str]:
    """Nothing of this process's own: what a decoder needs to start, and where these modules are."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    if not getattr(sys, "frozen", False):
        kept["PYTHONPATH"] = str(_ROOT)
    return {**kept, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


class _Work(Generic[T]):
    """One process, and what its answer is read with; ``end`` may be called from another thread."""

    def __init__(self, asked: bytes, read: Callable[[bytes], T]) -> None:
        self._asked, self._read = asked, read
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def run(self) -> T:
        with subprocess.Popen(
            words(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            cwd=Path(sys.executable).anchor,
            creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
        ) as self._process:
            if self._ended:
                self._process.kill()
            answer = self._converse(self._process)
        if self._process.returncode != 0:
            # Out of time, or out of memory in a place where that is no exception.
            raise errors.GiveUp(picture.TOO_LARGE, f"the decoder ended with {self._process.returncode}")
        try:
            return self._read(answer)
        except pipe.MISFITS as error:
            raise errors.GiveUp(picture.UNREADABLE, "the decoder's answer is none") from error

    def _converse(self, process: "subprocess.Popen[bytes]") -> bytes:
        """It reads all before it answers; one that does otherwise, or without end, is ended."""
        feed, answer = process.stdin, process.stdout
        if feed is None or answer is None:
            raise errors.GiveUp(picture.UNREADABLE, "no decoder")
        patience = threading.Timer(PATIENCE, process.kill)
        patience.daemon = True
        patience.start()
        try:
            with contextlib.suppress(OSError):  # it ended before it had all; its return code says so
                feed.write(self._asked)
                feed.close()
            found = answer.read(pipe.LONGEST + 1)
        finally:
            patience.cancel()
        if len(found) > pipe.LONGEST:
            process.kill()
            raise errors.GiveUp(picture.UNREADABLE, "the decoder's answer has no end")
        return found

    def end(self) -> None:
        self._ended = True
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()


class Decoder:
    """Fits pictures, so many at once; the others wait."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def fit(self, octets: bytes, wanted: Wanted) -> Picture:
        """Raises errors.GiveUp with one of picture.CODES."""
        asked = {"octets": wanted.octets, "kinds": list(wanted.kinds)}
        return await self._ask(asked, octets, lambda answer: pipe.read_answer(answer, wanted))

    async def frames(self, octets: bytes) -> Frames:
        """What is painted of it. Raises errors.GiveUp with one of picture.CODES.

        Never by a reader of Qt's on a thread: inside its lock it would call a device that was made in Python, which
        waits for whoever has the interpreter, who may wait for that lock.
        """
        return await self._ask({pipe.FRAMES: True}, octets, pipe.read_frames)

    async def _ask(self, asked: dict[str, Any], octets: bytes, read: Callable[[bytes], T]) -> T:
        if not octets:
            raise errors.GiveUp(picture.EMPTY)
        if len(octets) > picture.OCTETS:
            raise errors.GiveUp(picture.TOO_LARGE)
        async with self._turns:
            work = _Work(pipe.pack(asked, octets), read)
            try:
                return await asyncio.to_thread(work.run)
            except asyncio.CancelledError:
                work.end()
                raise
            except OSError as error:  # no process could be had
                raise errors.GiveUp(picture.UNREADABLE, "no decoder") from error
