"""The relay and the people of the demonstration: everything is real but who they are."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.client import account
from app.client.hosting import program
from app.client.messenger import Messenger, open_messenger
from app.client.unlocking import Opener, Unlocking
from app.common import clock
from app.common.profile import Profile
from app.content.text import Text
from app.domain.delivery import Status
from app.net.transport import WebSocketTransport
from app.storage import messages
from app.storage.keychain import Keychain
from app.storage.transaction import View

PATIENCE: Final = 20.0  # seconds for one step; far more than any needs
NOBODY: Final = "nobody@example.com"


class Failed(Exception):
    """Something did not happen that should have; the message is a sentence."""


class Relay:
    """`kingfisher-relay serve` as a child process; it keeps its port over a restart."""

    def __init__(self, data: Path, *settings: str, port: int = 0) -> None:
        self._data = data
        self._settings = settings
        self._listen = f"127.0.0.1:{port}"
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        with (self._data.parent / "relay.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*program.words(), "serve", "--open-registration"),
                *("--listen", self._listen, "--data", str(self._data), *self._settings),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=program.environment(),
            )
        if self._process.stdout is None:
            raise Failed("The relay has no output.")
        line = (await self._process.stdout.readline()).decode().strip()
        if not line.startswith("listening on http"):
            raise Failed("The relay did not start.")
        self.url = line.removeprefix("listening on ")
        self._listen = self.url.removeprefix("http://")

    async def stop(self) -> None:
        """Let it end in order; a relay that does not is killed."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and how it is to end."""

    author: "Person"
    to: str
    row: int
    words: str
    wanted: Status
    reason: str = ""


class Person:
    """Somebody with a profile; writes, reads and decides only while awake."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.address = f"{name.lower()}@example.com"
        self.home = Profile(folder / name.lower())
        self._key = b""
        self._awake = contextlib.AsyncExitStack()
        self._messenger: Messenger | None = None

    async def register(self, relay: Relay) -> None:
        """Make the account; the recovery code, which a real person would write down, is forgotten."""
        self.home.prepare()
        time = clock.SystemClock()
        opener = Opener("passphrase", f"the passphrase of {self.name}")
        self._key, _ = await account.register(
            self.home,
            Unlocking(self.home, Keychain()),
            opener,
            WebSocketTransport(),
            time,
            account.by_url(relay.url),
            self.address,
            self.name,
        )
        await account.confirm_code(self.home, self._key, time)

    async def wake(self) -> None:
        """Open the profile and be online, with everything the relay should have of this device."""
        self._messenger = await self._awake.enter_async_context(
            open_messenger(self.home, self._key, WebSocketTransport(), clock.SystemClock())
        )
        async with asyncio.timeout(PATIENCE):
            await self._messenger.upkeep.settled()

    async def sleep(self) -> None:
        """Close everything, as quitting the program does."""
        self._messenger = None
        await self._awake.aclose()
        self._awake = contextlib.AsyncExitStack()

    @property
    def key(self) -> bytes:
        """Of the profile."""
        return self._key

    def lend(self, messenger: Messenger) -> None:
        """Somebody else, such as a window, runs this person's messenger."""
        self._messenger = messenger

    @property
    def messenger(self) -> Messenger:
        if self._messenger is None:
            raise Failed(f"{self.name} is asleep.")
        return self._messenger

    async def write(self, to: str, words: str) -> int:
        """Send a text; its row."""
        person = await self.messenger.routing.person_for(to)
        return (await self.messenger.sending.send(person.person, Text(words))).row

    async def until(self, condition: Callable[[View], bool], what: str) -> None:
        """Wait until the store says so, looked at after each change; raises Failed."""
        moved = asyncio.Event()
        with self.messenger.hub.listening(lambda _: moved.set()):
            try:
                async with asyncio.timeout(PATIENCE):
                    while not await self.messenger.database.read(condition):
                        await moved.wait()
                        moved.clear()
            except TimeoutError:
                raise Failed(f"{self.name}: {what} did not happen.") from None

    async def hears(self, said: "Said") -> None:
        """Wait for these words of somebody else."""
        body = Text(said.words).to_wire()

        def there(view: View) -> bool:
            return any(not each.outgoing and each.body == body for each in messages.recent(view, 100))

        await self.until(there, f"hearing “{said.words}”")

    async def behind(self, other: "Person") -> bytes:
        """The person under an address, confirmed by the directory, as when somebody presses Accept."""
        answer = await self.messenger.peers.ask(other.address)
        return (await self.messenger.peers.meet(other.address, answer)).person

    async def accepts(self, other: "Person") -> None:
        await self.messenger.conversations.accept(await self.behind(other))

    async def blocks(self, other: "Person") -> None:
        await self.messenger.conversations.block(await self.behind(other))

    async def reads(self, other: "Person") -> None:
        """Look at everything of theirs."""
        await self.messenger.conversations.mark_read(await self.behind(other))

    async def conversation(self, other: "Person") -> list[bytes]:
        """The ids of all messages with somebody, in their order."""
        person = await self.behind(other)
        return await self.messenger.database.read(
            lambda view: [each.message for each in messages.before(view, person, None, 100)]
        )
