"""One case of MMS: Alice sends a picture and a long text to a phone, gets one back, and somebody is killed."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from app.content import catalog
from app.content.picture import Picture
from app.domain.delivery import Reason, Status
from app.relay.texts import callbacks
from app.relay.texts import provider as provider_gateway
from app.storage import ledger, messages, people, pictures, recipients
from app.storage.transaction import View
from tests.faults import texting
from tests.faults.dialogue import Fault, Unreached, through
from tests.faults.texting import EVER, LOOK, Phoning, Sent, TextWorld
from tests.faults.world import World
from tests.media import samples
from tests.parts import provider as providers
from tests.parts.provider import Provider
from tests.parts.texting import CAROL, OURS

SECRET = "a" * 24
LONG = "я" * 700  # eleven segments
WRITTEN = ("Look", LONG)


class PictureWorld(TextWorld):
    """Alice with a proved number, and a relay whose gateway is a provider of tests."""

    def words(self, who: str, *command: str) -> list[str]:
        words = super().words(who, *command)
        return ["relay", *words[1:], "--config", str(self.folder / "relay.toml")] if who == "relay" else words

    def copy(self, to: Path) -> "PictureWorld":
        made = super().copy(to)
        return PictureWorld(made.folder, made.port, made.keys)

    def describe(self, real: Provider) -> None:
        """The provider of one case, for the relay."""
        callback = f"http://127.0.0.1:{self.port}"
        table = providers.table(self.folder, real, OURS, callback, SECRET, mms_octets=300_000)
        (self.folder / "relay.toml").write_text(table)

    @property
    def incoming(self) -> str:
        """Where the provider brings what phones write."""
        return f"http://127.0.0.1:{self.port}" + callbacks.path("west", SECRET, provider_gateway.INCOMING)


async def make(folder: Path) -> PictureWorld:
    """She has joined and gone, and has a photograph."""
    made = await texting.make(folder)
    (folder / "holiday.jpg").write_bytes(samples.photograph(800, 600))
    return PictureWorld(made.folder, made.port, made.keys)


@dataclass(frozen=True)
class Kept(texting.Kept):
    """And the octets of her picture; of what came, whether it is one that can be shown."""

    octets: bytes
    shown: list[bool]


def look(made: World) -> Kept:
    """Read her store while it is used, or after a death; its files stay as they are."""
    return made.look("alice", _read)


def _read(view: View) -> Kept:
    sent: list[Sent] = []
    got: list[str] = []
    shown: list[bool] = []
    octets = b""
    for person in people.every(view):
        for message in messages.before(view, person.person, None, 1_000):
            content = catalog.decode(message.kind, message.body, message.fallback)
            words = content.text if isinstance(content, Picture) else content.as_text()
            piece = pictures.get(view, message.row)
            if message.outgoing:
                octets = piece.octets if piece is not None else octets
                (entry,) = recipients.of_rows(view, [message.row])[message.row]
                sent.append(Sent(words, Status(entry.status), entry.reason))
            else:
                got.append(words)
                shown.append(piece is not None and bool(piece.octets and piece.thumbnail))
    counted = [each.state for each in ledger.of_period(view, EVER) if each.outgoing and each.mms]
    return Kept(sent, got, counted, octets, shown)


@dataclass
class Phones:
    """What the provider does with what it has taken: fetches the pieces, and says whether the phone has it."""

    real: Provider
    arrived: dict[str, list[bytes]] = field(default_factory=dict)

    async def run(self) -> None:
        """For each, one after the other, as long as the case lasts."""
        done = 0
        while True:
            if done == len(self.real.answered):
                await asyncio.sleep(LOOK)
                continue
            await self._bring(self.real.asked[done], self.real.media[done], self.real.answered[done]["sid"])
            done += 1

    async def _bring(self, asked: dict[str, str], urls: list[str], sid: str) -> None:
        pieces = [await self._fetch(url) for url in urls]
        complete = None not in pieces
        if complete:
            self.arrived[asked.get("Body", "")] = [piece for piece in pieces if piece is not None]
        status = "delivered" if complete else "undelivered"
        while await _answered(self.real.status(sid, status, asked["StatusCallback"])) != 200:
            await asyncio.sleep(LOOK)

    async def _fetch(self, url: str) -> bytes | None:
        """None where there is nothing any more."""
        while True:
            try:
                async with aiohttp.ClientSession() as session, session.get(url) as answer:
                    return await answer.read() if answer.status == 200 else None
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(LOOK)


async def _answered(call: Awaitable[int]) -> int:
    """0 while nobody is there."""
    try:
        return await call
    except (aiohttp.ClientError, OSError):
        return 0


class Picturing(Phoning):
    """The programs of one case; the provider is never killed."""

    def __init__(self, made: PictureWorld, fault: Fault, real: Provider) -> None:
        super().__init__(made, fault)
        self.made = made
        self.real = real
        self.phones = Phones(real)

    async def dead(self) -> list[str]:
        return self.untrue(await self.look())

    async def look(self) -> Kept:
        return await asyncio.to_thread(look, self.world)

    async def answer(self, words: str) -> None:
        """A phone sends a picture; the provider tries until that is taken, and then Alice has it."""
        photograph = samples.photograph(320, 240)
        pieces = [web.Response(body=photograph, content_type="image/jpeg") for _ in range(20)]
        form = providers.picture(words, CAROL, OURS, (self.real.keep("one", *pieces), "image/jpeg"))
        while await _answered(providers.call(self.made.incoming, form)) != 200:
            await asyncio.sleep(LOOK)
        while words not in (await self.look()).got:
            await asyncio.sleep(LOOK)

    def untrue(self, kept: Kept) -> list[str]:
        """What has left must be known to have left, once, and what a phone is said to have it has."""
        posted = Counter(asked.get("Body", "") for asked in self.real.asked)
        found = [f"{words[:4]} came {count} times" for words, count in posted.items() if count != 1]
        found += [f"{words[:4]} was never written" for words in posted if words not in WRITTEN]
        for each in kept.sent:
            pieces = self.phones.arrived.get(each.words)
            wanted = [kept.octets] if each.words == WRITTEN[0] else []
            if each.status is Status.DELIVERED and pieces != wanted:
                found.append(f"{each.words[:4]} is {each.status.value}, and the phone has not all of it")
            if each.status is Status.SENT and not posted[each.words] and "reserved" not in kept.counted:
                found.append(f"{each.words[:4]} is sent, and the provider never got it")
            if each.status is Status.FAILED and each.reason != Reason.TEXT_UNKNOWN:
                found.append(f"{each.words[:4]} failed: {each.reason}")
        return found


async def play(made: PictureWorld, folder: Path, fault: Fault) -> int:
    """Run a case in a copy of the world; how often somebody was killed. Raises Untrue, or Unreached."""
    async with providers.provider() as real:
        copy = made.copy(folder)
        copy.describe(real)
        return await through(Picturing(copy, fault, real), _talk)


async def _talk(case: Picturing) -> list[str]:
    """A picture, its answer, and words that are too long for a text."""
    phones = case.group.create_task(case.phones.run())
    async with case.kept("relay") as relay, case.kept("alice", "listen"):
        await relay.begun.wait()
        await case.write(WRITTEN[0], "--yes", "--picture", str(case.world.folder / "holiday.jpg"))
        await case.settled(WRITTEN[0])
        await case.answer("Nice!")
        await case.write(WRITTEN[1], "--yes")
        await case.settled(WRITTEN[1])
        if case.kills < case.fault.times:
            raise Unreached
        kept = await case.look()
    phones.cancel()
    found = case.lies + case.untrue(kept)
    if sorted(each.words for each in kept.sent) != sorted(WRITTEN):
        found.append(f"not what was written: {kept.sent}")
    if (kept.got, kept.shown) != (["Nice!"], [True]):
        found.append(f"not what the phone sent: {kept.got} {kept.shown}")
    if kept.counted != ["settled"] * 2:
        found.append(f"the plan counts {kept.counted}")
    return found
