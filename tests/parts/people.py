"""People: real headless messengers, each under its own profile, against a real relay."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.client import account, changes, folding
from app.client.messenger import Messenger, open_messenger
from app.client.unlocking import Opener, Unlocking
from app.common import clock
from app.common.profile import Profile
from app.content.text import Text
from app.crypto import vault
from app.domain.delivery import Status, reached
from app.domain.message import Shown
from app.net.transport import Transport, WebSocketTransport
from app.storage import messages, people, recipients
from app.storage.keychain import Keychain
from app.storage.messages import Message
from app.storage.transaction import View

CHEAP = vault.Cost(1, 8 * vault.MIB)  # a passphrase costs milliseconds instead of half a second


@dataclass
class MemoryKeychain:
    """The one stand-in: a keychain of the operating system that is always open."""

    entries: dict[tuple[str, str], str] = field(default_factory=dict)

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@dataclass
class Someone:
    """A registered person; ``online()`` runs their messenger."""

    address: str
    home: Profile
    key: bytes
    code: str
    clock: clock.Clock
    way: Transport = field(default_factory=WebSocketTransport)

    @contextlib.asynccontextmanager
    async def online(self) -> AsyncGenerator["Present"]:
        async with open_messenger(self.home, self.key, self.way, self.clock) as messenger:
            await asyncio.wait_for(messenger.connection.wait_connected(), 30)
            yield Present(self, messenger)

    @contextlib.asynccontextmanager
    async def awake(self) -> AsyncGenerator["Present"]:
        """Running, connected or not."""
        async with open_messenger(self.home, self.key, self.way, self.clock) as messenger:
            yield Present(self, messenger)


async def join(
    folder: Path,
    relay: str,
    address: str,
    *,
    time: clock.Clock | None = None,
    invite: str = "",
    way: Transport | None = None,
) -> Someone:
    """Register somebody; their prekeys are published before this returns."""
    time = time or clock.SystemClock()
    home = Profile(folder)
    home.prepare()
    keychain = MemoryKeychain()
    unlocking = Unlocking(home, Keychain(lambda: keychain))
    joining = account.by_invite(invite) if invite else account.by_url(relay)
    key, made = await account.register(
        home, unlocking, Opener(), way or WebSocketTransport(), time, joining, address, address.split("@")[0].title()
    )
    someone = Someone(made.address, home, key, made.recovery_code, time, way or WebSocketTransport())
    async with someone.online() as present:
        await asyncio.wait_for(present.messenger.upkeep.settled(), 30)
    return someone


class Present:
    """A running messenger, with the few things a story asks of it."""

    def __init__(self, someone: Someone, messenger: Messenger) -> None:
        self.someone = someone
        self.messenger = messenger

    async def write(self, to: str, text: str) -> bytes:
        """Send a text; the message id."""
        person = await self.messenger.routing.person_for(to)
        written = await self.messenger.sending.send(person.person, Text(text))
        return written.message

    async def until(self, condition: Callable[[View], bool], within: float = 40.0) -> None:
        """Wait until the store says so; looked at after every change, never by the clock."""
        moved = asyncio.Event()

        def heard(_: changes.Change) -> None:
            moved.set()

        with self.messenger.hub.listening(heard):
            async with asyncio.timeout(within):
                while not await self.messenger.database.read(condition):
                    await moved.wait()
                    moved.clear()

    async def status(self, message: bytes, wanted: Status, within: float = 40.0) -> None:
        """Wait until a sent message is at least that far; a failure ends the wait with an error."""

        def far_enough(view: View) -> bool:
            row = self._row(view, message)
            entries = recipients.of_rows(view, [row])[row]
            failed = [entry.reason for entry in entries if entry.status is Status.FAILED]
            if failed and wanted is not Status.FAILED:
                raise AssertionError(f"not delivered: {failed}")
            if wanted is Status.FAILED:
                return bool(failed)
            return bool(entries) and all(reached(entry.status, wanted) for entry in entries)

        await self.until(far_enough, within)

    def _row(self, view: View, message: bytes) -> int:
        found = messages.find(view, self.messenger.me.account, message)
        assert found is not None
        return found.row

    async def received(self, count: int, within: float = 40.0) -> list[str]:
        """The texts received so far, once there are that many."""
        await self.until(lambda view: len(_incoming(view)) >= count, within)
        return [found.body.decode("utf-8", "replace") for found in await self.messenger.database.read(_incoming)]

    async def texts(self, address: str) -> list[str]:
        """The conversation with somebody as it is shown, oldest first."""
        person = await self.messenger.conversations.find(address)

        def look(view: View) -> list[str]:
            found = messages.before(view, person.person, None, 100_000)
            return [Text.from_wire(message.body).text for message in found if message.kind == "text"]

        return await self.messenger.database.read(look)

    async def accept(self, address: str) -> None:
        await self.messenger.conversations.accept((await self.messenger.conversations.find(address)).person)

    async def row(self, message: bytes, author: "Present | None" = None) -> int:
        """Its row in this store."""
        account = (author or self).messenger.me.account
        found = await self.messenger.database.read(lambda view: messages.find(view, account, message))
        assert found is not None
        return found.row

    async def shown(self, message: bytes, author: "Present", condition: Callable[[Shown], bool]) -> None:
        """Wait until the message is shown like that here."""
        account = author.messenger.me.account

        def look(view: View) -> bool:
            found = messages.find(view, account, message)
            return found is not None and condition(folding.shown(view, found))

        await self.until(look)

    async def read_all(self, address: str) -> None:
        await self.messenger.conversations.mark_read((await self.messenger.conversations.find(address)).person)


def _incoming(view: View) -> list[Message]:
    found: list[Message] = []
    for person in people.every(view):
        found += [m for m in messages.before(view, person.person, None, 100_000) if not m.outgoing and m.countable]
    return found
