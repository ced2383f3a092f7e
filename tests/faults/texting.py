"""One case of texts: Alice writes to a phone and is answered, somebody is killed, and what is true afterwards."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import apsw

from app import control
from app.common import errors
from app.content import catalog
from app.domain.delivery import Reason, Status
from app.domain.plan import Period
from app.storage import ledger, messages, people, recipients
from app.storage.transaction import View
from tests.faults import world
from tests.faults.dialogue import Dialogue, Fault, Heard, Unreached, through
from tests.faults.world import World
from tests.parts import people as somebody
from tests.parts import texting_relay
from tests.parts.message_centre import MessageCentre
from tests.parts.relay import Relay
from tests.parts.texting import CAROL

ALICE = "+12025550101"
LENGTH = 200  # of one letter: two segments, which nobody takes for those of another letter
EVER = Period(0, 2**48)
LOOK = 0.05  # seconds between two looks into what other processes write
FINAL = (Status.DELIVERED, Status.FAILED)


class TextWorld(World):
    """Alice with a proved number, and a relay whose gateway is a message centre of tests."""

    def words(self, who: str, *command: str) -> list[str]:
        words = super().words(who, *command)
        return ["texting", *words[1:]] if who == "relay" else words

    def copy(self, to: Path) -> "TextWorld":
        made = super().copy(to)
        return TextWorld(made.folder, made.port, made.keys)


async def make(folder: Path) -> TextWorld:
    """She has joined and gone; nothing was ever sent."""
    port = world.free_port()
    relay = await Relay(folder / "relay", listen=f"127.0.0.1:{port}").start()
    try:
        alice = await somebody.join(folder / "alice", relay.url, ALICE)
    finally:
        await relay.stop()
    database = apsw.Connection(str(folder / "relay" / "relay.db"))
    database.execute("UPDATE address SET standing = 'proved'").fetchall()
    database.close()
    (folder / "passphrase").write_text(f"{world.PASSPHRASE}\n")
    world.open_with_passphrase(alice)
    return TextWorld(folder, port, {"alice": alice.key})


@dataclass(frozen=True)
class Sent:
    """One text as Alice's store has it."""

    words: str
    status: Status
    reason: str


@dataclass(frozen=True)
class Kept:
    """What Alice's store says: her texts, the phone's, and how her plan counts her own."""

    sent: list[Sent]
    got: list[str]
    counted: list[str]


def look(made: World) -> Kept:
    """Read her store while it is used, or after a death; its files stay as they are."""
    return made.look("alice", _read)


def _read(view: View) -> Kept:
    sent: list[Sent] = []
    got: list[str] = []
    for person in people.every(view):
        for message in messages.before(view, person.person, None, 1_000):
            words = catalog.decode(message.kind, message.body, message.fallback).as_text()
            if message.outgoing:
                (entry,) = recipients.of_rows(view, [message.row])[message.row]
                sent.append(Sent(words, Status(entry.status), entry.reason))
            else:
                got.append(words)
    return Kept(sent, got, [each.state for each in ledger.of_period(view, EVER) if each.outgoing])


class Phoning(Dialogue):
    """What Alice sends to phones, whatever stands for their network."""

    async def look(self) -> Kept:
        raise NotImplementedError

    async def write(self, words: str, *more: str) -> None:
        """`send` through the program that has the profile; again only when nothing of it was kept."""
        while words not in [each.words for each in (await self.look()).sent]:
            try:
                command = ("send", CAROL, words, *more, "--wait", "sent", "--timeout", "60")
                await control.hand_over(self.world.home("alice"), command, Heard())
            except (errors.AgainLater, errors.GiveUp):
                await asyncio.sleep(LOOK)  # between two starts nobody has the socket

    async def settled(self, words: str) -> None:
        """Until nothing more is going to be heard of it, but perhaps its receipt."""
        while True:
            kept = await self.look()
            (one,) = [each for each in kept.sent if each.words == words]
            if one.status in FINAL or (one.status is Status.SENT and "reserved" not in kept.counted):
                return
            await asyncio.sleep(LOOK)


class Texting(Phoning):
    """The programs of one case; the phone network is never killed."""

    def __init__(self, made: World, fault: Fault, centre: MessageCentre) -> None:
        super().__init__(made, fault)
        self.centre = centre

    async def dead(self) -> list[str]:
        """What has left must be known to have left, and what a phone is said to have it has."""
        return _untrue(await self.look(), await self.phone())

    async def look(self) -> Kept:
        return await asyncio.to_thread(look, self.world)

    async def phone(self) -> dict[str, Counter[str]]:
        """By letter, how often each segment came to the network."""
        found: dict[str, Counter[str]] = {}
        for event in await self.centre.so_far():
            if event.get("command") == "submit_sm":
                piece = bytes.fromhex(event["user_data"]).decode("ascii")
                found.setdefault(piece[0], Counter())[piece] += 1
        return found

    async def answer(self, words: str) -> None:
        """A phone writes; its network tries until it is acknowledged, and then Alice has it."""
        while True:
            try:
                if await self.centre.text(words) == [0]:
                    break
            except AssertionError:  # no session at this moment
                await asyncio.sleep(LOOK)
        while words not in (await self.look()).got:
            await asyncio.sleep(LOOK)


def _untrue(kept: Kept, phone: dict[str, Counter[str]]) -> list[str]:
    found = [f"{letter} came twice" for letter, pieces in phone.items() if set(pieces.values()) != {1}]
    for each in kept.sent:
        pieces = phone.get(each.words[0], Counter())
        if each.status is Status.DELIVERED and "".join(sorted(pieces, key=len, reverse=True)) != each.words:
            found.append(f"{each.words[0]} is {each.status.value}, but only {pieces} came")
        if each.status is Status.FAILED and each.reason != Reason.TEXT_UNKNOWN:
            found.append(f"{each.words[0]} failed: {each.reason}")
    unknown = set(phone) - {each.words[0] for each in kept.sent}
    return found + [f"{letter} was never written" for letter in unknown]


async def play(made: World, folder: Path, fault: Fault, centre: MessageCentre) -> int:
    """Run a case in a copy of the world; how often somebody was killed. Raises Untrue, or Unreached."""
    await centre.reset()
    os.environ[texting_relay.PORT] = str(centre.port)
    try:
        return await through(Texting(made.copy(folder), fault, centre), _talk)
    finally:
        del os.environ[texting_relay.PORT]


async def _talk(case: Texting) -> list[str]:
    """Two texts, each answered."""
    async with case.kept("relay") as relay, case.kept("alice", "listen"):
        await relay.begun.wait()
        for letter, answer in (("a", "one"), ("b", "two")):
            await case.write(letter * LENGTH, "--yes")
            await case.settled(letter * LENGTH)
            await case.answer(answer)
        if case.kills < case.fault.times:
            raise Unreached
        kept, phone = await case.look(), await case.phone()
    found = case.lies + _untrue(kept, phone)
    for each in kept.sent:
        if each.status is Status.SENT and len(phone.get(each.words[0], ())) != 2:
            found.append(f"{each.words[0]} is sent, but only {phone.get(each.words[0])} came")
    if [each.words[0] for each in sorted(kept.sent, key=lambda each: each.words)] != ["a", "b"]:
        found.append(f"not what was written: {kept.sent}")
    if sorted(kept.got) != ["one", "two"]:
        found.append(f"not what the phone wrote: {kept.got}")
    if kept.counted != ["settled"] * 2:
        found.append(f"the plan counts {kept.counted}")
    return found
