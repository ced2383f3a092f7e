"""Whether a relay runs on a folder, since when and in which process: the lock it holds, and how another ends it.

The lock ends with its process, however that ends; what is written in the file only counts while it is held.
"""

import contextlib
import json
import os
import signal
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from app.common import errors, locking
from app.common.clock import Clock
from app.relay.folder import usable

LOCK: Final = "lock"
LONGEST: Final = 4_096  # bytes of the file that are read
_PAUSE: Final = 0.05  # seconds between two looks
_LOOKS: Final = 20  # how often the lock is tried: whoever looks holds it for a moment too


@dataclass(frozen=True, slots=True)
class Presence:
    """A running relay: its process, when it began (ms since 1970), and where it listens ("" until it does)."""

    process: int
    since: int
    url: str = ""


class Holding:
    """The lock while a relay runs on the folder; tells others where it listens."""

    def __init__(self, descriptor: int, since: int) -> None:
        self._descriptor = descriptor
        self._since = since
        self.tell("")

    def tell(self, url: str) -> None:
        """Say where it listens, once it does."""
        text = json.dumps({"process": os.getpid(), "since": self._since, "url": url}).encode()
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, text)
        os.ftruncate(self._descriptor, len(text))

    def leave(self) -> None:
        os.ftruncate(self._descriptor, 0)


@contextlib.asynccontextmanager
async def only_one(folder: Path, time: Clock) -> AsyncGenerator[Holding]:
    """Hold the folder's lock while a relay runs; GiveUp ``running_already`` or ``unusable_folder``."""
    with usable(folder / LOCK):
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        tries = 1
        while not locking.try_lock(descriptor):
            if tries == _LOOKS:
                raise errors.GiveUp("running_already")
            tries += 1
            await time.sleep(_PAUSE)
        holding = Holding(descriptor, time.now())
        try:
            yield holding
        finally:
            holding.leave()
    finally:
        os.close(descriptor)


def look(folder: Path) -> Presence | None:
    """The relay that runs on the folder, None when none does; GiveUp ``unusable_folder``."""
    with usable(folder / LOCK):
        try:
            descriptor = os.open(folder / LOCK, os.O_RDWR)
        except FileNotFoundError:
            return None
    try:
        if locking.try_lock(descriptor):
            return None
        return _read(os.read(descriptor, LONGEST))
    finally:
        os.close(descriptor)


def _read(data: bytes) -> Presence:
    """What the holder wrote; one that has not yet got so far, or is older than this, has process 0."""
    try:
        found: Any = json.loads(data)
    except ValueError:
        return Presence(0, 0)
    if not isinstance(found, dict):
        return Presence(0, 0)
    content = cast(dict[str, Any], found)
    process, since, url = content.get("process"), content.get("since"), content.get("url")
    if not isinstance(process, int) or not isinstance(since, int) or not isinstance(url, str):
        return Presence(0, 0)
    return Presence(process, since, url)


async def await_listening(folder: Path, seconds: float, time: Clock) -> Presence | None:
    """Look until a relay listens, at most so long; the last that was seen."""
    end = time.monotonic() + seconds
    while True:
        found = look(folder)
        if (found is not None and found.url) or time.monotonic() >= end:
            return found
        await time.sleep(_PAUSE)


async def stop(folder: Path, seconds: float, time: Clock) -> bool:
    """Ask the relay on the folder to drain and wait until it has ended; False when it has not in that time.

    On Windows it is ended without a drain, which loses nothing it has confirmed.
    """
    end = time.monotonic() + seconds
    asked = 0
    while (found := look(folder)) is not None:
        if found.process and found.process != asked:
            asked = found.process
            with contextlib.suppress(ProcessLookupError):
                os.kill(asked, signal.SIGTERM)
        if time.monotonic() >= end:
            return False
        await time.sleep(_PAUSE)
    return True
