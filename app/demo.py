"""`python -m app.demo`: a private relay and four people who talk, go offline, come back, block and meet a dead end.

Everything is real but the people: the relay is a process of its own on loopback, each person a whole messenger with a
profile in a temporary folder. It ends with 0 only if every message reached exactly the status it should.
"""

import argparse
import asyncio
import contextlib
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app import sentences
from app.client import account
from app.client.messenger import Messenger, open_messenger
from app.client.unlocking import Opener, Unlocking
from app.common import clock, errors, profile
from app.common.profile import Profile
from app.content.text import Text
from app.domain.delivery import Reason, Status
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

    def __init__(self, data: Path) -> None:
        self._data = data
        self._listen = "127.0.0.1:0"
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        with (self._data.parent / "relay.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app.relay.server", "serve", "--open-registration"),
                *("--listen", self._listen, "--data", str(self._data)),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
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

    async def _behind(self, other: "Person") -> bytes:
        """The person under an address, confirmed by the directory, as when somebody presses Accept."""
        answer = await self.messenger.peers.ask(other.address)
        return (await self.messenger.peers.meet(other.address, answer)).person

    async def accepts(self, other: "Person") -> None:
        await self.messenger.conversations.accept(await self._behind(other))

    async def blocks(self, other: "Person") -> None:
        await self.messenger.conversations.block(await self._behind(other))

    async def reads(self, other: "Person") -> None:
        """Look at everything of theirs."""
        await self.messenger.conversations.mark_read(await self._behind(other))

    async def conversation(self, other: "Person") -> list[bytes]:
        """The ids of all messages with somebody, in their order."""
        person = await self._behind(other)
        return await self.messenger.database.read(
            lambda view: [each.message for each in messages.before(view, person, None, 100)]
        )


@dataclass(slots=True)
class Demo:
    """The people, what they said, and the telling of it."""

    relay: Relay
    alice: Person
    bob: Person
    carol: Person
    dave: Person
    said: list[Said] = field(default_factory=list[Said])

    @property
    def everybody(self) -> tuple[Person, ...]:
        return (self.alice, self.bob, self.carol, self.dave)

    def tell(self, sentence: str) -> None:
        print(f"· {sentence}", flush=True)

    async def say(self, author: Person, to: Person | str, words: str, wanted: Status, reason: str = "") -> Said:
        """Write a message that is to end in that status."""
        address = to if isinstance(to, str) else to.address
        name = to if isinstance(to, str) else to.name
        said = Said(author, name, await author.write(address, words), words, wanted, reason)
        self.said.append(said)
        print(f"  {author.name} to {name}: {words}", flush=True)
        return said

    async def reaches(self, said: Said, status: Status) -> None:
        """Wait for a status on the way, and show it."""

        def there(view: View) -> bool:
            stored = messages.get(view, said.row)
            return stored is not None and stored.status == status

        await said.author.until(there, f"“{said.words}” becoming {status}")
        print(f"    {status.value}", flush=True)

    async def gather(self) -> None:
        """The accounts; one after the other, since each passphrase takes a quarter of a gibibyte to stretch."""
        await self.relay.start()
        self.tell(f"A relay runs on {self.relay.url}")
        for person in self.everybody:
            await person.register(self.relay)
            await person.wake()
        self.tell("Alice, Bob, Carol and Dave have registered and are online; Bob and Carol quit again")
        await self.bob.sleep()
        await self.carol.sleep()

    async def first_words(self) -> None:
        """A stranger's message is *sent*, and no more until it is accepted."""
        alice, bob = self.alice, self.bob
        hello = await self.say(alice, bob, "Hello Bob, are you there?", Status.READ)
        await self.reaches(hello, Status.SENT)
        await bob.wake()
        await bob.hears(hello)
        self.tell("Bob is back and has it; Alice is a stranger, so she is told nothing until he accepts her")
        await bob.accepts(alice)
        await self.reaches(hello, Status.DELIVERED)
        await bob.reads(alice)
        await self.reaches(hello, Status.READ)
        answer = await self.say(bob, alice, "Yes, just back. How are you?", Status.READ)
        await alice.hears(answer)
        await alice.reads(bob)
        await self.reaches(answer, Status.READ)

    async def apart(self) -> None:
        """Two people who are never online at the same time."""
        alice, carol = self.alice, self.carol
        await carol.wake()
        question = await self.say(carol, alice, "Shall we meet at noon?", Status.READ)
        await self.reaches(question, Status.SENT)
        await alice.hears(question)
        await carol.sleep()
        self.tell("Carol quits; Alice answers her, which accepts her")
        answer = await self.say(alice, carol, "Noon is fine.", Status.DELIVERED)
        await self.reaches(answer, Status.SENT)
        await alice.sleep()
        self.tell("Alice quits; Carol comes back")
        await carol.wake()
        await carol.hears(answer)
        await self.reaches(question, Status.DELIVERED)
        await alice.wake()
        await self.reaches(answer, Status.DELIVERED)
        await alice.reads(carol)
        await self.reaches(question, Status.READ)

    async def unwanted(self) -> None:
        """A blocked sender learns nothing; an address without an account is a dead end that is said."""
        await self.carol.blocks(self.dave)
        self.tell("Carol has blocked Dave; he gets the answer that everybody gets, and nothing after it")
        await self.reaches(await self.say(self.dave, self.carol, "Buy this!", Status.SENT), Status.SENT)
        lost = await self.say(self.bob, NOBODY, "Anybody?", Status.FAILED, Reason.NOT_ON_KINGFISHER)
        await self.reaches(lost, Status.FAILED)

    async def restart(self) -> None:
        """The relay goes away in the middle."""
        alice, bob = self.alice, self.bob
        await self.relay.stop()
        self.tell("The relay is stopped")
        waiting = [
            await self.say(alice, bob, "Is the relay gone?", Status.DELIVERED),
            await self.say(alice, bob, "I write on all the same.", Status.DELIVERED),
            await self.say(bob, alice, "So do I.", Status.DELIVERED),
        ]
        for said in waiting:
            await self.reaches(said, Status.QUEUED)
        await self.relay.start()
        self.tell("The relay is back")
        for said in waiting:
            await self.reaches(said, Status.DELIVERED)

    async def results(self) -> bool:
        """The transcript with its statuses; True when each is what it should be, and both sides agree on the order."""
        right = True
        rows = [("from", "to", "message", "status", "")]
        for said in self.said:
            stored = await said.author.messenger.database.read(lambda view, row=said.row: messages.get(view, row))
            status, reason = (stored.status, stored.reason) if stored is not None else ("gone", "")
            good = (status, reason) == (said.wanted.value, str(said.reason))
            right = right and good
            shown = f"{status} ({reason})" if reason else status
            rows.append((said.author.name, said.to, said.words, shown, "" if good else f"should be {said.wanted}"))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        print()
        for row in rows:
            print("  ".join(text.ljust(width) for text, width in zip(row, (*widths, 0), strict=True)).rstrip())
        for one, other in ((self.alice, self.bob), (self.alice, self.carol)):
            same = await one.conversation(other) == await other.conversation(one)
            print(f"{one.name} and {other.name} see {'the same order' if same else 'DIFFERENT ORDERS'}.")
            right = right and same
        return right

    async def run(self) -> bool:
        try:
            await self.gather()
            await self.first_words()
            await self.apart()
            await self.unwanted()
            await self.restart()
            return await self.results()
        finally:
            for person in self.everybody:
                await person.sleep()
            await self.relay.stop()


async def _play(folder: Path) -> bool:
    log = profile.log_to(Profile(folder))
    alice, bob, carol, dave = (Person(name, folder) for name in ("Alice", "Bob", "Carol", "Dave"))
    try:
        return await Demo(Relay(folder / "relay"), alice, bob, carol, dave).run()
    finally:
        logging.getLogger().removeHandler(log)
        log.close()


def main() -> int:
    """Play it; 0 when every message ended as it should."""
    parser = argparse.ArgumentParser(prog="python -m app.demo", description="A private relay and people who talk.")
    parser.add_argument("--keep", action="store_true", help="leave the folder with profiles and logs behind")
    keep = parser.parse_args().keep
    folder = Path(tempfile.mkdtemp(prefix="kingfisher-demo-"))
    started = clock.SystemClock().monotonic()
    try:
        Profile(folder).prepare()
        right = asyncio.run(_play(folder))
    except Failed as error:
        print(f"\n{error}")
        right = False
    except errors.KingfisherError as error:
        print(f"\n{sentences.of(error)}")
        right = False
    except KeyboardInterrupt:
        print("\nInterrupted.")
        right = False
    finally:
        if keep:
            print(f"Everything is in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    seconds = clock.SystemClock().monotonic() - started
    print(f"\n{'Every' if right else 'NOT EVERY'} message ended as it should ({seconds:.1f} s).")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
