"""Two people who have talked, and their relay, as folders: made once, copied for each case."""

import random
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import apsw

from app.common.clock import SystemClock
from app.common.profile import Profile
from app.crypto import vault
from app.domain.delivery import Status
from app.storage import cipher, keyslots
from app.storage.transaction import View
from tests.faults.table import ROOT
from tests.parts import nursery, people
from tests.parts.relay import Relay

T = TypeVar("T")

ALICE, BOB = "alice@example.com", "bob@example.com"
FAST = 5 * 60_000  # milliseconds Alice's clock is ahead of everybody else's
PASSPHRASE = "rain on a tin roof"
ADDRESSES = {"alice": ALICE, "bob": BOB}
CLOCKS = {"alice": FAST, "bob": 0}


@dataclass(frozen=True)
class World:
    """A folder with ``relay``, ``alice`` and ``bob``; ``keys`` open the stores, ``port`` is where the relay listens."""

    folder: Path
    port: int
    keys: dict[str, bytes]

    def copy(self, to: Path) -> "World":
        """The same world in another folder; only one of them may run at a time."""
        shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns("*.sock", "*.log", "*.err", "lock"))
        return World(to, self.port, self.keys)

    def home(self, who: str) -> Profile:
        return Profile(self.folder / who)

    def look(self, who: str, read: Callable[[View], T]) -> T:
        """Read a person's store, while it is used or after a death; its files stay as the dead left them."""
        connection = cipher.open_database(self.home(who).store, self.keys[who], create=False, reading=True)
        try:
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            with connection:
                return read(View(connection, 0))
        finally:
            connection.close()

    def forget(self, who: str) -> None:
        """Lose all messages of one person, behind everybody's back."""
        connection = cipher.open_database(self.home(who).store, self.keys[who], create=False)
        connection.execute("DELETE FROM messages").fetchall()
        connection.close()

    @property
    def mail(self) -> Path:
        """The relay's store."""
        (found,) = (self.folder / "relay").glob("*.db")
        return found

    def words(self, who: str, *command: str) -> list[str]:
        """What the program of ``who`` is started with."""
        if who == "relay":
            return ["relay", "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(self.folder / "relay")]
        secret = str(self.folder / "passphrase")
        return ["cli", "--profile", str(self.folder / who), "--passphrase-file", secret, *command]


def program(*words: str) -> list[str]:
    """A program of this project, perhaps with a fault."""
    return [sys.executable, "-m", "tests.parts.faults", *words]


def free_port() -> int:
    """A port outside the range from which the system gives its own, so that it is still free at the next start."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


async def make(folder: Path) -> World:
    """Alice and Bob join, exchange a message each way, and go; everything is delivered and read."""
    port = free_port()
    relay = await Relay(folder / "relay", listen=f"127.0.0.1:{port}").start()
    try:
        alice = await people.join(folder / "alice", relay.url, ALICE, time=SystemClock(FAST))
        bob = await people.join(folder / "bob", relay.url, BOB)
        async with alice.online() as a, bob.online() as b:
            first = await a.write(BOB, "hello")
            await b.received(1)
            await b.accept(ALICE)
            await b.read_all(ALICE)
            await a.status(first, Status.READ)
            back = await b.write(ALICE, "hello back")
            await a.received(1)
            await a.read_all(BOB)
            await b.status(back, Status.READ)
            await a.messenger.upkeep.settled()
            await b.messenger.upkeep.settled()
        world = World(folder, port, {"alice": alice.key, "bob": bob.key})
        (folder / "passphrase").write_text(f"{PASSPHRASE}\n")
        for name, someone in (("alice", alice), ("bob", bob)):
            open_with_passphrase(someone)
            await _listen_once(world, name)
    finally:
        await relay.stop()
    return world


async def _listen_once(world: World, who: str) -> None:
    """Print what there is, so that a case begins with nothing to be printed."""
    words = world.words(who, "listen", "--count", "1", "--timeout", "20")
    with (world.folder / f"{who}.err").open("ab") as err:
        process = await nursery.start(*program(*words), stdout=err, stderr=err, cwd=ROOT)
    assert await process.wait() == 0


def open_with_passphrase(someone: people.Someone) -> None:
    slots = keyslots.read(someone.home.root)
    assert slots is not None
    wrapped = vault.wrap_passphrase(someone.key, PASSPHRASE, slots.profile, people.CHEAP)
    keyslots.write(someone.home.root, slots.with_slot("passphrase", wrapped))
