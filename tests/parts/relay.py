"""A real relay on a real socket: the program in a process of its own, or its parts on the test's loop and clock."""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.common import clock
from app.protocol import invite, limits, signed
from app.relay import certificate, config, inviting, serving, verification
from app.relay.code_limits import Rules as Codes
from app.relay.limits import Limits
from app.relay.store import base
from app.relay.store.sqlite import engine
from app.relay.texts.base import Gateway
from app.relay.texts.caps import Rules
from tests.parts import nursery

PATIENCE = 20.0
PROGRAM = (sys.executable, "-m", "app.relay.server")


@dataclass
class Relay:
    """`kingfisher-relay serve` over ``data``; a restart keeps the port, so that clients find it again."""

    data: Path
    listen: str = "127.0.0.1:0"
    open_registration: bool = True
    arguments: tuple[str, ...] = ()
    program: tuple[str, ...] = PROGRAM
    url: str = ""
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        plain = self.program[:2] == PROGRAM[:2]
        self._begin = nursery.start if plain else asyncio.create_subprocess_exec

    @property
    def log(self) -> Path:
        """What it wrote to stderr, over all starts."""
        return self.data.with_name(self.data.name + ".log")

    async def start(self) -> "Relay":
        """Run until it listens."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        door = ("--open-registration",) if self.open_registration else ()
        with self.log.open("ab") as log:
            self.process = await self._begin(
                *self.program,
                "serve",
                "--listen",
                self.listen,
                "--data",
                str(self.data),
                *door,
                *self.arguments,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = (await self.process.stdout.readline()).decode()
        if not line.startswith("listening on "):
            await self.process.wait()
            raise AssertionError(f"no relay: {line!r}\n{self.log.read_text()}")
        self.url = line.removeprefix("listening on ").strip()
        self.listen = self.url.partition("://")[2]
        return self

    async def stop(self) -> int:
        """Drain, as SIGTERM asks; its exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return await self._ended()

    async def kill(self) -> None:
        """As the power does."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self._ended()

    async def _ended(self) -> int:
        assert self.process is not None
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """One of its sub-commands over the same folder: exit code, stdout, stderr."""
        process = await self._begin(
            *self.program,
            *arguments,
            "--data",
            str(self.data),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def invite(self, *arguments: str) -> str:
        """A fresh invite link."""
        code, out, err = await self.command("invite", *arguments)
        assert code == 0, err
        return out.strip()


@contextlib.asynccontextmanager
async def process(data: Path, **settings: object) -> AsyncGenerator[Relay]:
    """A relay in a process of its own, ended with the block."""
    running = await Relay(data, **settings).start()  # type: ignore[arg-type]
    try:
        yield running
    finally:
        if running.process is not None and running.process.returncode is None:
            await running.stop()


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncGenerator[Relay]:
    """A relay with open registration, in a process of its own."""
    async with process(tmp_path / "relay") as running:
        yield running


@dataclass
class Inside:
    """A relay on the test's own loop, whose clock and parts the test can reach."""

    relay: serving.Relay
    store: base.Store
    clock: clock.Clock

    @property
    def url(self) -> str:
        return self.relay.url


@contextlib.asynccontextmanager
async def inside(
    data: Path,
    time: clock.Clock | None = None,
    *,
    caps: Limits | None = None,
    listen_host: str = "127.0.0.1",
    listen_port: int = 0,
    open_registration: bool = True,
    metrics_token: str = "",
    gateways: Sequence[Gateway] = (),
    texts: Rules | None = None,
    hosts: Sequence[str] = (),
    codes: Codes | None = None,
    smtp: Mapping[str, object] | None = None,
) -> AsyncGenerator[Inside]:
    """The relay's parts on this loop; drained with the block."""
    time = time or clock.SystemClock()
    settings = config.Config(
        listen_host,
        listen_port,
        data,
        open_registration=open_registration,
        hosts=tuple(hosts) or (() if config.is_loopback(listen_host) else ("127.0.0.1",)),
        metrics_token=metrics_token,
        announce=False,
        limits=caps or Limits(),
        texts=texts or Rules(),
        codes=codes or Codes(),
        smtp=smtp or {},
    )
    config.prepare_folder(data)
    failures: list[BaseException] = []
    store = engine.open_store(data, failures.append)
    state = await store.lifetime.begin(time.now(), time.now() - limits.RETENTION)
    running = serving.Relay(settings, store, state, time, gateways)
    await running.start()
    try:
        yield Inside(running, store, time)
    finally:
        await running.drain()
    assert not failures


class Near:
    """A relay on the test's loop that can end and come back under its address, and makes invites as its owner does."""

    def __init__(self, data: Path, *, open_registration: bool = True, port: int = 0) -> None:
        self._data = data
        self._port = port
        self._open = open_registration
        self._running = contextlib.AsyncExitStack()
        self._inside: Inside | None = None
        self.url = ""

    async def start(self) -> "Near":
        running = inside(self._data, listen_port=self._port, open_registration=self._open)
        self._inside = await self._running.enter_async_context(running)
        self.url = self._inside.url
        self._port = int(self.url.rpartition(":")[2])
        return self

    async def stop(self) -> None:
        self._inside = None
        await self._running.aclose()

    async def invite(self) -> str:
        """A link, good once."""
        assert self._inside is not None
        secret = secrets.token_bytes(inviting.SECRET_SIZE)
        expires = self._inside.clock.now() + limits.INVITE
        await self._inside.store.directory.add_invite(verification.hash_secret(secret), b"", expires)
        public = signed.public_of(certificate.relay_seed(self._data))
        return invite.link(invite.Invite(public, (self.url,), secret))
