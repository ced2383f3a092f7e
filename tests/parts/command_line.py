"""`kingfisher-cli` in processes of its own, for one profile that opens with a passphrase."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.client import account
from app.common import clock
from app.common.profile import Profile
from app.crypto import vault
from app.storage import keyslots
from tests.parts import nursery, people

PATIENCE = 60.0
PASSPHRASE = "correct horse"


@dataclass(frozen=True)
class Outcome:
    """How a command ended: exit code, its JSON lines, and what it said."""

    code: int
    lines: list[dict[str, Any]]
    said: list[str]

    @property
    def line(self) -> dict[str, Any]:
        """The only line of a command that went well."""
        assert (self.code, len(self.lines)) == (0, 1), self
        return self.lines[0]


@dataclass
class Running:
    """A command under way."""

    process: asyncio.subprocess.Process

    async def ended(self) -> Outcome:
        async with asyncio.timeout(PATIENCE):
            out, err = await self.process.communicate()
        assert b"Traceback" not in err, err.decode()
        assert self.process.returncode is not None
        lines = [json.loads(line) for line in out.decode().splitlines()]
        return Outcome(self.process.returncode, lines, err.decode().splitlines())

    async def line(self) -> dict[str, Any]:
        """Its next line of output."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self.process.stdout.readline())


@dataclass
class CommandLine:
    """The command line of one person."""

    folder: Path
    address: str = ""
    options: Sequence[str] = ()
    program: tuple[str, ...] = (sys.executable, "-m", "app.cli")
    nursed: bool = True  # without the wait for its imports; whoever looks at the process itself does without that
    home: Profile = field(init=False)

    def __post_init__(self) -> None:
        self.home = Profile(self.folder)
        self.passphrase = self.folder.with_name(f"{self.folder.name}.passphrase")
        self.passphrase.write_text(f"{PASSPHRASE}\n")
        self.options = self.options or ("--vault", "passphrase", "--passphrase-file", str(self.passphrase))

    def quicken(self) -> None:
        """Wrap the profile's key anew, with a passphrase that is quick to stretch: a test runs many commands."""
        slots = keyslots.read(self.folder)
        assert slots is not None
        passphrase = self.passphrase.read_text().rstrip()
        key = vault.unwrap_passphrase(slots.slots["passphrase"], passphrase, slots.profile)
        wrapped = vault.wrap_passphrase(key, passphrase, slots.profile, people.CHEAP)
        keyslots.write(self.folder, slots.with_slot("passphrase", wrapped))

    def words(self, *words: str) -> list[str]:
        """The whole command line, for a call of main."""
        return ["--profile", str(self.folder), *self.options, *words]

    async def start(self, *words: str) -> Running:
        """Begin a command."""
        begin = nursery.start if self.nursed else asyncio.create_subprocess_exec
        process = await begin(
            *self.program,
            *self.words(*words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return Running(process)

    async def run(self, *words: str) -> Outcome:
        """A command from its start to its end."""
        return await (await self.start(*words)).ended()

    async def holds(self, *words: str) -> Running:
        """Begin a command and wait until its process answers for the profile."""
        running = await self.start(*words)
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_unix_connection(self.home.socket)
                    writer.close()
                    return running
                assert running.process.returncode is None, await running.ended()
                await asyncio.sleep(0.02)


async def join(folder: Path, relay: str, address: str) -> CommandLine:
    """Register somebody whose passphrase is quick to stretch, so that a test may run many commands."""
    someone = await people.join(folder, relay, address)
    await account.confirm_code(someone.home, someone.key, clock.SystemClock())
    slots = keyslots.read(folder)
    assert slots is not None
    wrapped = vault.wrap_passphrase(someone.key, PASSPHRASE, slots.profile, people.CHEAP)
    keyslots.write(folder, slots.with_slot("passphrase", wrapped))
    return CommandLine(folder, someone.address)
