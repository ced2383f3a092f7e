"""One story that touches everything that must stay secret, played by real programs, and all it left behind."""

import asyncio
import logging
import sys
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from app.client import account, search
from app.client.unlocking import Opener, Unlocking
from app.common import clock, errors, journal
from app.common.profile import Profile
from app.crypto import identity, pairs, vault
from app.crypto import own as own_keys
from app.domain.delivery import Status
from app.net.transport import WebSocketTransport
from app.protocol import limits
from app.relay import certificate
from app.storage import conversations, keyslots, own
from app.storage import people as people_table
from app.storage.database import Database
from app.storage.keychain import Keychain
from app.storage.transaction import Tx, View
from tests.parts.command_line import CommandLine
from tests.parts.people import CHEAP, MemoryKeychain, Present, Someone
from tests.parts.relay import Relay
from tests.secrecy import finder
from tests.secrecy.finder import Family
from tests.secrecy.recorder import Read, Recorder

ROCKET = "\U0001f680"  # a text with it is held in wide characters


@dataclass(frozen=True)
class Keys:
    """What somebody must keep: keys by name, and states full of keys, of which no part may be anywhere."""

    keys: dict[str, bytes]
    states: dict[str, bytes]
    ids: dict[str, bytes]


@dataclass(frozen=True)
class Process:
    """What the system tells everybody about a process."""

    words: bytes
    environment: bytes
    limits: str


# The real program, at its most talkative.
RELAY = """
import logging, sys
from app.relay import server, telemetry

quiet = telemetry.set_up_logging

def talkative():
    quiet(logging.DEBUG)
    logging.debug("as talkative as it can be")

telemetry.set_up_logging = talkative
sys.exit(server.main())
"""


@dataclass(repr=False)
class Evidence:
    """All that can be found afterwards, and what to look for in it."""

    folder: Path
    said: Family = field(default_factory=Family)
    addresses: Family = field(default_factory=Family)
    keys: dict[str, Keys] = field(default_factory=dict[str, Keys])
    memories: list[bytes] = field(default_factory=list[bytes])  # of the relay
    relay_files: list[dict[Path, bytes]] = field(default_factory=list[dict[Path, bytes]])
    relay_talk: bytes = b""  # its stdout after the first line, and its log
    relay_seed: bytes = b""
    metrics: bytes = b""
    profiles: dict[str, list[dict[Path, bytes]]] = field(default_factory=dict[str, list[dict[Path, bytes]]])
    wire: list[Read] = field(default_factory=list[Read])
    raw_wire: bytes = b""
    processes: dict[str, Process] = field(default_factory=dict[str, Process])

    @property
    def relay(self) -> Path:
        return self.folder / "relay"

    def address(self, who: str) -> str:
        return f"{self.addresses.word(who)}@example.com"


class Play:
    """Alice and Bob are messengers in this process, Carol is a stranger at her terminal, Dave gets blocked."""

    def __init__(self, evidence: Evidence, relay: Relay, wire: Recorder) -> None:
        self.found = evidence
        self.relay = relay
        self.wire = wire
        self.slot_keys: dict[str, bytes] = {}
        self.codes: dict[str, str] = {}
        self.time = clock.SystemClock()

    async def join(self, who: str, address: str = "") -> Someone:
        """Register with marked names, as the programs do it."""
        home = Profile(self.found.folder / who)
        home.prepare()
        keychain = MemoryKeychain()
        name = self.found.said.word(f"nameof{who}")
        key, made = await account.register(
            home,
            Unlocking(home, Keychain(lambda: keychain)),
            Opener(),
            WebSocketTransport(),
            self.time,
            account.by_url(self.wire.url),
            address or self.found.address(who),
            name,
        )
        await account.confirm_code(home, key, self.time)
        (entry,) = keychain.entries.values()
        self.slot_keys[who], self.codes[who] = entry.encode(), made.recovery_code
        someone = Someone(made.address, home, key, made.recovery_code, self.time)
        async with someone.online() as present:
            await asyncio.wait_for(present.messenger.upkeep.settled(), 10)
        return someone

    async def talk(self, alice: Someone, bob: Someone) -> None:
        """Texts, names, titles, drafts, search words, edits, reactions, receipts, typing, a failure."""
        said, to_bob, to_alice = self.found.said.word, self.found.address("bob"), self.found.address("alice")
        async with alice.online() as a, bob.online() as b:
            first = await a.write(to_bob, f"{said('first')} {ROCKET}")
            taken_back = await a.write(to_bob, said("takenback"))
            await b.received(2)
            await b.accept(to_alice)
            await a.status(taken_back, Status.DELIVERED)
            await a.messenger.sending.edit(await a.row(first), said("edited"))
            await a.messenger.sending.retract(await a.row(taken_back))
            await b.messenger.sending.react(await b.row(first, a), said("reaction"))
            await b.shown(taken_back, a, lambda shown: shown.retracted)
            await a.shown(first, a, lambda shown: bool(shown.reactions))
            conversation = (await b.messenger.conversations.find(to_alice)).person
            await b.messenger.typing.say(conversation, on=True)
            await b.messenger.database.write(lambda tx: self._name(tx, conversation))
            await b.messenger.conversations.set_draft(conversation, said("draft"))
            await b.read_all(to_alice)
            await a.status(first, Status.READ)
            assert await b.messenger.database.read(lambda view: search.messages_with(view, said("edited")))
            assert not await b.messenger.database.read(lambda view: search.messages_with(view, said("searched")))
            failed = await a.write(self.found.address("nobody"), said("failed"))
            await a.status(failed, Status.FAILED)
            await self.look(alice, bob)

    def _name(self, tx: Tx, conversation: bytes) -> None:
        people_table.set_name(tx, conversation, self.found.said.word("givenname"))
        conversations.set_title(tx, conversation, self.found.said.word("title"))

    async def repeat(self, alice: Someone, bob: Someone) -> None:
        """Bob has lost his ratchets: what waits for him cannot be read, is asked for again and comes."""
        said, to_bob = self.found.said.word, self.found.address("bob")
        await self._keep_keys("bob before", bob.home, bob.key)
        database = await Database.open(bob.home.store, bob.key, self.time, lambda _: None)
        await database.write(lambda tx: tx.run("DELETE FROM pairs"))
        await database.close()
        async with alice.online() as a:
            waiting = await a.write(to_bob, said("repeated"))
            await a.status(waiting, Status.SENT)
            await self.look(alice, bob)
            async with bob.online() as b:
                await a.status(waiting, Status.DELIVERED)
                await b.until(lambda view: _has(view, said("repeated")))
                asked = await b.messenger.database.read(_repeats)
                assert asked, "nothing was repeated"

    async def strangers(self, carol: CommandLine, bob: Someone) -> None:
        """Carol is never accepted; Dave was a stranger too and is blocked, and goes on."""
        said, to_bob = self.found.said.word, self.found.address("bob")
        dave = await self.join("dave")
        name = said("nameofcarol")
        registered = await carol.run("register", self.found.address("carol"), "--relay", self.wire.url, "--name", name)
        self.codes["carol"] = registered.line["recovery_code"]
        await self._cheapen(carol)
        async with bob.online() as b, dave.online() as d:
            first = await d.write(to_bob, said("stranger"))
            await b.received(3)
            await d.status(first, Status.SENT)
            blocked = await b.messenger.conversations.find(self.found.address("dave"))
            await b.messenger.conversations.block(blocked.person)
            second = await d.write(to_bob, said("blocked"))
            await d.status(second, Status.SENT)
            assert (await carol.run("send", to_bob, said("carols"))).line["status"] == "sent"
            await b.received(4)
            await self.at_the_terminal(carol, b)
        await self._keep_keys("dave", dave.home, dave.key)
        self.found.profiles["dave"] = [finder.files_under(dave.home.root)]

    async def _cheapen(self, carol: CommandLine) -> None:
        """Her later commands need not stretch her passphrase for half a second each."""
        passphrase = carol.passphrase.read_text().strip()
        key = await Unlocking(carol.home, Keychain()).open(Opener("passphrase", passphrase))
        slots = keyslots.read(carol.home.root)
        assert slots is not None
        cheap = vault.wrap_passphrase(key, passphrase, slots.profile, CHEAP)
        keyslots.write(carol.home.root, slots.with_slot("passphrase", cheap))

    async def at_the_terminal(self, carol: CommandLine, bob: Present) -> None:
        """Her program listens, and other programs hand their commands to it."""
        said = self.found.said.word
        listening = await carol.holds("listen", "--count", "1", "--timeout", "60")
        pid = listening.process.pid
        self.found.processes["messenger"] = look_at(pid)
        assert (await carol.run("search", said("carols"))).line["text"] == said("carols")
        assert (await carol.run("search", said("neversaid"))).lines == []
        assert (await carol.run("settings", "theme", "dark")).code == 0
        await bob.write(self.found.address("carol"), said("tocarol"))
        self.found.profiles.setdefault("carol", []).append(finder.files_under(carol.home.root))
        ended = await listening.ended()
        assert ended.line["text"] == said("tocarol")

    async def look(self, *whose: Someone) -> None:
        """Everything as it is at this moment, logs of the databases included."""
        assert self.relay.process is not None
        self.found.memories.append(await asyncio.to_thread(finder.memory_of, self.relay.process.pid))
        self.found.relay_files.append(finder.files_under(self.found.relay))
        for someone in whose:
            files = finder.files_under(someone.home.root)
            self.found.profiles.setdefault(someone.home.root.name, []).append(files)

    async def keep_all_keys(self, alice: Someone, bob: Someone, carol: CommandLine) -> None:
        for who, someone in (("alice", alice), ("bob", bob)):
            await self._keep_keys(who, someone.home, someone.key)
        passphrase = carol.passphrase.read_text().strip()
        opened = await Unlocking(carol.home, Keychain()).open(Opener("passphrase", passphrase))
        await self._keep_keys("carol", carol.home, opened)

    async def _keep_keys(self, who: str, home: Profile, key: bytes) -> None:
        database = await Database.open(home.store, key, self.time, lambda _: None)
        try:
            stored = await database.read(own.load)
            states = await database.read(_states)
        finally:
            await database.close()
        assert stored is not None and stored.recovery_code is None
        keys = own_keys.load(stored.keys)
        pickle, pickle_key = keys.account.dump()
        found = {"profile key": key, "device seed": stored.device_seed, "account pickle": pickle.encode()}
        found["account pickle key"] = pickle_key
        found |= {f"post-quantum seed {n}": each.seed for n, each in enumerate(keys.pq_keys.values())}
        for peer, state in enumerate(states):
            loaded = pairs.load(state)
            for number, held in enumerate(loaded.sessions):
                session, session_key = held.session.dump()
                found[f"session {peer}/{number}"] = session.encode()
                found[f"session key {peer}/{number}"] = session_key
            found |= {f"in-band seed {peer}/{n}": each.seed for n, each in enumerate(loaded.offers)}
        if code := self.codes.get(who):
            found |= {"recovery code": code.encode(), "code's digits": code.replace(" ", "").encode()}
            found |= {"root seed": identity.root_seed(code), "recovery slot key": identity.recovery_key(code)}
        if who in self.slot_keys:
            found["keychain slot key"] = self.slot_keys[who]
        full = {"own keys": stored.keys, **{f"pair {n}": state for n, state in enumerate(states)}}
        self.found.keys[who] = Keys(found, full, {"account": stored.account, "device": stored.device})


def _states(view: View) -> list[bytes]:
    return [state for (state,) in view.rows("SELECT state FROM pairs WHERE state <> x''")]


def _has(view: View, word: str) -> bool:
    return bool(search.messages_with(view, word))


def _repeats(view: View) -> int:
    return view.value("SELECT count(*) FROM repeats WHERE direction = 'asked'")


def look_at(pid: int) -> Process:
    folder = Path(f"/proc/{pid}")
    return Process(
        (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes(), (folder / "limits").read_text()
    )


async def play(folder: Path) -> Evidence:
    """The whole story; a few seconds."""
    found = Evidence(folder)
    async with Recorder() as wire:
        config = folder / "relay.toml"
        config.write_text(f'hosts = ["127.0.0.1:{wire.port}"]\n')  # nobody finds a way around the wire
        program = (sys.executable, "-c", RELAY)
        relay = await Relay(found.relay, arguments=("--config", str(config)), program=program).start()
        host, _, port = relay.listen.partition(":")
        wire.target = (host, int(port))
        try:
            await _play(Play(found, relay, wire))
        finally:
            assert relay.process is not None and relay.process.stdout is not None
            await relay.stop()
            found.relay_talk = await relay.process.stdout.read() + relay.log.read_bytes()
    found.relay_files.append(finder.files_under(found.relay))
    found.wire = [tape.read() for tape in wire.tapes]
    found.raw_wire = b"\0".join(bytes(part) for tape in wire.tapes for part in (tape.up, tape.down))
    return found


async def _play(story: Play) -> None:
    found = story.found
    carol = CommandLine(found.folder / "carol", nursed=False)
    carol.passphrase.write_text(f"{found.said.word('passphrase')}\n")
    alice, bob = await story.join("alice"), await story.join("bob")
    root = logging.getLogger()
    level = root.level
    handler = journal.log_to(alice.home, logging.DEBUG)
    try:
        log = logging.getLogger("tests.secrecy")
        log.info("%s is %s", alice.address, found.said.stem.encode().hex())  # what must come out of it without them
        await story.talk(alice, bob)
        await story.repeat(alice, bob)
        await story.strangers(carol, bob)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
    await story.keep_all_keys(alice, bob, carol)
    assert story.relay.process is not None
    found.processes["relay"] = look_at(story.relay.process.pid)
    await refusals(story)
    await story.look(alice, bob)
    found.profiles["carol"].append(finder.files_under(carol.home.root))
    found.relay_seed = certificate.relay_seed(found.relay)


async def refusals(story: Play) -> None:
    """What could tempt a relay to say who asked: an address that is taken, garbage, a wrong token; and its metrics."""
    found, direct = story.found, story.relay.url
    with pytest.raises(errors.GiveUp, match="taken"):
        await story.join("impostor", found.address("alice"))
    async with aiohttp.ClientSession() as session:
        for method, path, body in (
            ("POST", limits.ACCOUNTS_PATH, b"\x95" + found.address("alice").encode()),
            ("PUT", limits.PREKEYS_PATH, found.keys["alice"].ids["account"]),
            ("GET", f"/{found.address('bob')}", b""),
        ):
            async with session.request(method, direct + path, data=body) as answer:
                assert answer.status >= 400
                await answer.read()
        async with session.ws_connect(direct + limits.SOCKET_PATH) as socket:
            await socket.receive()
            await socket.send_bytes(b"\x91\x92\x06" + found.address("alice").encode())
            await socket.receive()
        async with session.get(direct + limits.METRICS_PATH) as answer:
            found.metrics = await answer.read()
