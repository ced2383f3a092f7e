"""A registered profile whose key lies in a real keychain, as files that each test gets a copy of, and its programs."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.storage import keychain, keyslots
from tests.parts import nursery, relay, secret_service
from tests.parts.command_line import CommandLine, Outcome, Running
from tests.parts.secret_service import SecretService

ALICE = "alice@example.com"
QUIET = ("log", "lock", "control.sock")  # what every command touches in a profile's folder

# The keychain as any other program of the same user sees and changes it.
_ENTRY = """
import sys
from keyring.backends.SecretService import Keyring
what, service, user, *text = sys.argv[1:]
keyring = Keyring()
if what == "set":
    keyring.set_password(service, user, text[0])
elif what == "delete":
    keyring.delete_password(service, user)
else:
    print(keyring.get_password(service, user) or "", end="")
"""


@dataclass
class Terminal(CommandLine):
    """The command line under an environment of its own, by default with the keychain."""

    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.options = self.options or ("--vault", "keychain")
        super().__post_init__()

    async def start(self, *words: str) -> Running:
        process = await nursery.start(
            *self.program,
            *self.words(*words),
            env=dict(self.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return Running(process)


@dataclass
class World:
    """A folder with Alice's profile and with what her keyring keeps."""

    folder: Path
    service: SecretService

    @property
    def profile(self) -> Path:
        return self.folder / "alice"

    def file(self, name: str, text: str) -> str:
        """A file for a secret, as a user makes one; its path."""
        path = self.folder / name
        path.write_text(f"{text}\n")
        return str(path)

    @property
    def code(self) -> str:
        return (self.folder / "code").read_text()

    def terminal(self, *options: str, bus: bool = True, profile: Path | None = None) -> Terminal:
        """``bus=False``: a session that has none."""
        environment = dict(self.service.environment)
        if not bus:
            del environment["DBUS_SESSION_BUS_ADDRESS"]
        return Terminal(profile or self.profile, options=options, environment=environment)

    async def works(self, *options: str) -> bool:
        """Whether the profile opens."""
        return (await self.terminal(*options).run("settings", "theme")).code == 0

    def kept(self) -> dict[str, bytes]:
        """Every file of the profile and of the keyring, byte for byte."""
        keyrings = self.folder / "data" / "keyrings"
        found: dict[str, bytes] = {}
        for root in (self.profile, keyrings):
            for path in root.rglob("*"):
                if path.is_file() and not set(path.relative_to(root).parts) & set(QUIET):
                    found[str(path.relative_to(self.folder))] = path.read_bytes()
        return found

    @property
    def name(self) -> str:
        """Of the profile in the keychain."""
        slots = keyslots.read(self.profile)
        assert slots is not None
        return slots.profile.hex()

    def entry(self) -> str:
        """What the keychain holds for the profile, or nothing."""
        return self._keyring("get")

    def overwrite(self, text: str) -> None:
        self._keyring("set", text)

    def delete(self) -> None:
        self._keyring("delete")

    def _keyring(self, what: str, *text: str) -> str:
        command = [sys.executable, "-c", _ENTRY, what, keychain.SERVICE, self.name, *text]
        done = subprocess.run(command, env=self.service.environment, capture_output=True, text=True, check=True)
        return done.stdout

    def forget_keyrings(self) -> None:
        """The keyring's files are gone, as on another computer; the service must not run."""
        shutil.rmtree(self.folder / "data" / "keyrings")


@contextlib.contextmanager
def fresh(template: Path | None = None) -> Iterator[World]:
    """A world of its own, with a short path since sockets need one; the service is not started."""
    with tempfile.TemporaryDirectory(prefix="kf") as name:
        folder = Path(name)
        if template is not None:
            for part in ("alice", "data", "code"):
                source = template / part
                if source.is_dir():
                    shutil.copytree(source, folder / part)
                else:
                    shutil.copy(source, folder / part)
        with secret_service.session(folder) as service:
            yield World(folder, service)


@contextlib.asynccontextmanager
async def a_relay(folder: Path) -> AsyncGenerator[relay.Relay]:
    async with relay.process(folder / "relay", arguments=("--config", str(_quiet(folder)))) as running:
        yield running


def _quiet(folder: Path) -> Path:
    config = folder / "relay.toml"
    config.write_text("announce = false\n")
    return config


async def register(world: World, url: str, address: str = ALICE) -> Outcome:
    return await world.terminal().run("register", address, "--relay", url)
