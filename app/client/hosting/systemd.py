"""The relay as a unit of the user's own systemd: lingers after log-out and comes back with the computer, if allowed."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.client.hosting.program import Run
from app.common import errors, profile

UNIT: Final = "kingfisher-relay.service"
_WAIT: Final = "20"  # seconds for the relay to listen
_TEXT: Final = """\
# Written by Kingfisher for Host Here; changes are lost when it is switched on again.
[Unit]
Description=Kingfisher relay

[Service]
ExecStart=:{command}
TimeoutStopSec=30
Restart=on-failure
RestartSec=5
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


class Systemd:
    """Keeps the relay as a user unit; ``serve`` is its whole command line, ``status`` asks it."""

    def __init__(self, serve: Sequence[str], status: Sequence[str], run: Run, folder: Path | None = None) -> None:
        self._serve = serve
        self._status = status
        self._run = run
        self.path = (folder or units()) / UNIT

    async def answers(self) -> bool:
        """Whether this user has a systemd that can be talked to."""
        return (await self._run(("systemctl", "--user", "show", "--property=Version"))).code == 0

    async def start(self) -> None:
        await self._put_unit()
        await self._systemctl("start", UNIT)
        answer = await self._run((*self._status, "--wait", _WAIT))
        if answer.code != 0 or '"listening": "http' not in answer.out:
            raise errors.AgainLater("relay_not_started", answer.err[-200:])

    async def release(self) -> None:
        if self.path.exists():
            await self._systemctl("disable", "--now", UNIT)

    async def starts_with_computer(self) -> bool:
        return self.path.exists() and (await self._run(("systemctl", "--user", "is-enabled", UNIT))).code == 0

    async def set_start_with_computer(self, on: bool) -> None:
        if not on:
            if self.path.exists():
                await self._systemctl("disable", UNIT)
            return
        await self._put_unit()
        await self._systemctl("enable", UNIT)
        # Where it is not allowed the relay still starts when its owner logs in; ``lingers`` tells.
        await self._run(("loginctl", "enable-linger"))

    async def lingers(self) -> bool:
        """Whether this user's units start with the computer, instead of waiting for somebody to log in."""
        answer = await self._run(("loginctl", "show-user", str(os.getuid()), "--property=Linger"))
        return answer.code == 0 and answer.out.strip() == "Linger=yes"

    async def _put_unit(self) -> None:
        text = unit(self._serve).encode()
        with contextlib.suppress(FileNotFoundError):
            if self.path.read_bytes() == text:
                return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        profile.write_whole(self.path, text)
        await self._systemctl("daemon-reload")

    async def _systemctl(self, *words: str) -> None:
        answer = await self._run(("systemctl", "--user", *words))
        if answer.code != 0:
            raise errors.AgainLater("relay_not_started", answer.err[-200:])


def units() -> Path:
    """Where a user's own units lie."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def unit(command: Sequence[str]) -> str:
    """The unit's text; the colon keeps systemd from replacing what looks like a variable."""
    return _TEXT.format(command=" ".join(quoted(word) for word in command))


def quoted(word: str) -> str:
    """One word of a command line as systemd reads it (systemd.service(5), command lines); lines never break."""
    if not word.isprintable():
        raise errors.GiveUp("relay_path")
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'
