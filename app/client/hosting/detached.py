"""The relay as a process of its own session, and started again when its owner logs in: where there is no systemd."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, cast

from app.client import autostart
from app.client.hosting import program
from app.common import errors

LOG: Final = "relay.log"
LARGEST_LOG: Final = 1_048_576  # bytes; then the next start begins a new one and keeps this one beside it
_READY: Final = b"listening on "


class Detached:
    """Keeps the relay as a process that nobody waits for; ``serve`` is its command line, ``folder`` its data."""

    def __init__(self, serve: Sequence[str], folder: Path, entry: autostart.Entry) -> None:
        self._serve = serve
        self._folder = folder
        self._entry = entry

    async def start(self) -> None:
        line = await asyncio.to_thread(self._start)
        if not line.startswith(_READY):
            raise errors.AgainLater("relay_not_started", self._last_words())

    async def release(self) -> None:
        await asyncio.to_thread(self._entry.remove)

    async def starts_with_computer(self) -> bool:
        return await asyncio.to_thread(self._entry.exists)

    async def set_start_with_computer(self, on: bool) -> None:
        await asyncio.to_thread(self._entry.put if on else self._entry.remove)

    def _start(self) -> bytes:
        """Its first line, empty when it ended without one. In between stands a shell, so that nobody has to reap it."""
        shell = () if sys.platform == "win32" else ("/bin/sh", "-c", 'exec "$@" &', "sh")
        with self._log() as log:
            started = subprocess.Popen(
                [*shell, *self._serve],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._folder,
                env=program.environment(),
                start_new_session=True,
                creationflags=program.quietly(),
            )
        with cast(IO[bytes], started.stdout) as pipe:
            line = pipe.readline(1_000)
        if shell:
            started.wait()
        return line

    def _log(self) -> IO[bytes]:
        path = self._folder / LOG
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _last_words(self) -> str:
        try:
            return (self._folder / LOG).read_text(errors="replace").strip().rpartition("\n")[2][-200:]
        except FileNotFoundError:
            return ""
