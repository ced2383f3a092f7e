"""The relay that this installation runs for others on the local network: its state, start and end, and its invites."""

import asyncio
import json
import os
import re
import socket
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from app.client import account, autostart
from app.client.hosting import program
from app.client.hosting.detached import Detached
from app.client.hosting.keeper import Keeper
from app.client.hosting.systemd import Systemd
from app.common import errors, profile

PORT: Final = 8443
_PORTS: Final = 20  # how many from there on are tried before any free one will do
CONFIG: Final = "relay.toml"
DATABASE: Final = "relay.db"
_NEW_CONFIG: Final = "# Written by Kingfisher for Host Here; other settings may be added.\n"
_LISTEN: Final = re.compile(r'^listen = "[^"]*:(\d{1,5})"$', re.MULTILINE)
_ANYWHERE: Final = "0.0.0.0"  # noqa: S104 - everybody in the local network is who it is for


class State(msgspec.Struct, frozen=True):
    """The hosted relay: ``there`` once it was started, ``since`` in ms since 1970, ``address`` as ``HOST:PORT``.

    ``urls`` are all the ways to it, ``people`` how many accounts it has, ``space`` the bytes of its folder. One that
    ``starts_with_computer`` may have to wait until its owner logs in (``at_log_in``).
    """

    there: bool
    running: bool
    since: int
    urls: tuple[str, ...]
    people: int
    space: int
    starts_with_computer: bool
    at_log_in: bool = False

    @property
    def address(self) -> str:
        return self.urls[0].partition("://")[2] if self.urls else ""


class Hosting:
    """One relay for each user of this computer; every call may be made at any time, by several windows."""

    def __init__(self, folder: Path | None = None, run: program.Run = program.run) -> None:
        self.folder = folder or default_folder()
        self._run = run
        serve = (*program.words(), "serve", "--config", str(self.folder / CONFIG), "--data", str(self.folder))
        self._detached = Detached(serve, self.folder, autostart.relay(serve))
        self._systemd = Systemd(serve, self._words("status"), run)
        self._busy = asyncio.Lock()

    async def state(self) -> State:
        """What there is; raises AgainLater ``relay_silent``, GiveUp ``relay_failed``."""
        there = (self.folder / DATABASE).exists()
        if not there:
            return State(False, False, 0, (), 0, 0, False)
        found, (with_computer, at_log_in) = await asyncio.gather(self._ask("status"), self._starts_with_computer())
        try:
            told: dict[str, Any] = json.loads(found)
            urls = tuple(str(url) for url in told["urls"])
            running = bool(told["listening"])
            people, space = int(told["accounts"]), int(told["bytes"])
            return State(True, running, int(told["since"]), urls, people, space, with_computer, at_log_in)
        except (ValueError, TypeError, KeyError) as error:
            raise errors.GiveUp("relay_failed", type(error).__name__) from error

    async def start(self) -> State:
        """Start it, now and with the computer from now on, unless it runs.

        Raises AgainLater ``relay_not_started``, ``relay_silent``; GiveUp ``relay_failed``, ``relay_path`` or
        ``autostart``.
        """
        async with self._busy:
            found = await self.state()
            if found.running:
                return found
            await asyncio.to_thread(self._prepare)
            keeper = await self._keeper()
            try:
                await keeper.start()
            except errors.AgainLater:
                if not (await self.state()).running:  # another window was faster
                    raise
            await keeper.set_start_with_computer(True)
            return await self.state()

    async def stop(self) -> None:
        """End it, now and for good; what it keeps stays. Raises AgainLater ``relay_not_stopped``, ``relay_silent``."""
        async with self._busy:
            await self._detached.release()
            if await self._systemd.answers():
                await self._systemd.release()
            if self.folder.exists() and (await self._run(self._words("stop"))).code != 0:
                raise errors.AgainLater("relay_not_stopped")

    async def set_start_with_computer(self, on: bool) -> None:
        """Whether it comes back after the computer was off."""
        async with self._busy:
            if not on:
                await self._detached.set_start_with_computer(False)
            await (await self._keeper()).set_start_with_computer(on)

    async def invite(self, inviter: str = "") -> str:
        """A fresh link: good once, for seven days. ``inviter`` is an address: the two are accepted to each other.

        Raises GiveUp ``relay_failed``, AgainLater ``relay_silent``.
        """
        if inviter:
            answer = await self._run((*self._words("invite"), "--from", inviter))
            if answer.code == 0:
                return answer.out.strip()
        return (await self._ask("invite")).strip()

    async def joining(self) -> account.Joining:
        """How this computer's own user registers: by an invite that also knows the way without any network."""
        found = await self.state()
        port = found.urls[0].rpartition(":")[2] if found.urls else str(PORT)
        hosts = [word for url in (f"https://127.0.0.1:{port}", *found.urls) for word in ("--host", url)]
        return account.by_invite((await self._ask("invite", *hosts)).strip())

    async def people(self) -> tuple[str, ...]:
        """The addresses of everybody who has an account here."""
        try:
            found = [json.loads(line)["addresses"] for line in (await self._ask("accounts")).splitlines()]
        except (ValueError, TypeError, KeyError) as error:
            raise errors.GiveUp("relay_failed", type(error).__name__) from error
        return tuple(str(address) for addresses in found for address in addresses)

    def _words(self, command: str) -> tuple[str, ...]:
        return (*program.words(), command, "--data", str(self.folder))

    async def _ask(self, command: str, *more: str) -> str:
        answer = await self._run((*self._words(command), *more))
        if answer.code != 0:
            raise errors.GiveUp("relay_failed", answer.err[-200:])
        return answer.out

    async def _keeper(self) -> Keeper:
        return self._systemd if await self._systemd.answers() else self._detached

    async def _starts_with_computer(self) -> tuple[bool, bool]:
        """Whether it does, and whether it waits until its owner logs in."""
        if await self._systemd.starts_with_computer():
            return True, not await self._systemd.lingers()
        there = await self._detached.starts_with_computer()
        return there, there

    def _prepare(self) -> None:
        """The folder, for its owner alone, and a port that is free; it stays the same as long as it can be had."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / CONFIG
        text = path.read_text("utf-8") if path.exists() else _NEW_CONFIG
        there = _LISTEN.search(text)
        if there is not None and _free(int(there[1])):
            return
        port = next((port for port in range(PORT, PORT + _PORTS) if _free(port)), 0) or _any_free()
        line = f'listen = "{_ANYWHERE}:{port}"'
        text = _LISTEN.sub(line, text) if there is not None else f"{text}{line}\n"
        profile.write_whole(path, text.encode())


def default_folder() -> Path:
    """Beside the user's profile, for all of the user's profiles."""
    if sys.platform in ("win32", "darwin"):
        return profile.default_root().with_name("kingfisher-relay")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kingfisher-relay"


def _free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ANYWHERE, port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((_ANYWHERE, 0))
        return int(probe.getsockname()[1])
