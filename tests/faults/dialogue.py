"""One case: a dialogue in which somebody is killed at a named place, what happens after, and what must be true then."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from app import control
from app.common import errors
from tests.faults import truth
from tests.faults.table import ROOT
from tests.faults.world import ADDRESSES, CLOCKS, World, program
from tests.parts import nursery

WITHIN = 100.0  # seconds for a whole case
OTHER = {"alice": "bob", "bob": "alice"}


@dataclass(frozen=True)
class Fault:
    """Who is killed where; ``times``: again at the same place after the first restart.

    ``away``: the receiver is not there while the messages are sent, and gets them together.
    """

    who: str
    point: str
    when: str
    nth: int = 1
    times: int = 1
    away: bool = False
    plant: str = ""

    def __str__(self) -> str:
        short = ".".join(self.point.rsplit(".", 2)[-2:])
        extras = f"{' twice' if self.times > 1 else ''}{' away' if self.away else ''}"
        return f"{self.who} {self.when} {short} {self.nth}{extras}"


class Unreached(Exception):
    """The dialogue ended and the place was not come to often enough."""


class Untrue(Exception):
    """What both sides must agree on is not so."""


@dataclass
class Heard:
    """Output of a command that somebody else runs."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def line(self, value: dict[str, Any]) -> None:
        self.lines.append(value)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    async def drain(self) -> None:
        return


class Dialogue:
    """The programs of one case. Every start goes through here, so that each death is proved and looked at."""

    def __init__(self, world: World, fault: Fault) -> None:
        self.world = world
        self.fault = fault
        self.proof = world.folder / "kills"
        self.lies: list[str] = []
        self.certain: set[str] = set()
        self.group = asyncio.TaskGroup()
        self.started: list[asyncio.subprocess.Process] = []

    @property
    def kills(self) -> int:
        return self.proof.stat().st_size if self.proof.exists() else 0

    async def start(self, who: str, *command: str) -> asyncio.subprocess.Process:
        """Start a program; armed as long as its fault is due."""
        fault = self.fault
        options: list[str] = []
        if CLOCKS.get(who):
            options += ["--clock", str(CLOCKS[who])]
        if fault.plant:
            options += ["--plant", fault.plant]
        if who == fault.who and self.kills < fault.times:
            options += ["--point", fault.point, "--when", fault.when, "--nth", str(fault.nth)]
            options += ["--proof", str(self.proof)]
        with (self.world.folder / f"{who}.err").open("ab") as err:
            words = program(*options, *self.world.words(who, *command))
            process = await nursery.start(*words, stdout=asyncio.subprocess.PIPE, stderr=err, cwd=ROOT)
        self.started.append(process)
        return process

    async def end_all(self) -> None:
        """After a case that went wrong: nobody stays behind."""
        for process in self.started:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def ended(self, who: str, process: asyncio.subprocess.Process, before: int) -> bool:
        """Whether the fault has ended it: by SIGKILL, with its proof. Then everybody's word is checked at once."""
        code = await process.wait()
        if code != -signal.SIGKILL:
            return False
        if who != self.fault.who or self.kills != before + 1:
            raise Untrue(f"{who} was killed by somebody else")
        self.lies += await self.dead()
        return True

    async def dead(self) -> list[str]:
        """What is not so at the moment of a death."""
        return await asyncio.to_thread(truth.lies, self.world)

    @contextlib.asynccontextmanager
    async def kept(self, who: str, *command: str) -> AsyncGenerator["Kept"]:
        """Keep a program running for the length of the block; what goes wrong with it ends the case."""
        kept = Kept(self, who, command)
        watch = self.group.create_task(kept.run())
        try:
            yield kept
        finally:
            kept.stop()
            await asyncio.wait([watch])

    async def send(self, who: str, text: str, wait: str) -> bool:
        """`send` as a program of its own; False when it was killed over it."""
        before = self.kills
        process = await self.start(who, "send", ADDRESSES[OTHER[who]], text, "--wait", wait, "--timeout", "60")
        assert process.stdout is not None
        out = await process.stdout.read()
        if await self.ended(who, process, before):
            return False
        if process.returncode != 0:
            raise Untrue(f"send of {text!r} ended with {process.returncode}: {out.decode()}")
        status = json.loads(out)["status"]
        if status not in ("sent", "delivered", "read")[("sent", "delivered", "read").index(wait) :]:
            raise Untrue(f"send of {text!r} waited for {wait} and says {status}")
        self.certain.add(text)
        return True

    async def say(self, who: str, text: str) -> None:
        """`send` through the program that has the profile, until it is read; another text when the answer was lost."""
        words = text
        number = 0
        while await self._ask(who, "send", ADDRESSES[OTHER[who]], words, "--wait", "read", "--timeout", "60") is None:
            number += 1
            words = f"{text} again {number}"
        self.certain.add(words)

    async def messages(self, who: str) -> list[dict[str, Any]]:
        """What `messages` prints of the conversation."""
        while (heard := await self._ask(who, "messages", ADDRESSES[OTHER[who]])) is None:
            continue
        return heard.lines

    async def _ask(self, who: str, *command: str) -> Heard | None:
        """Have a command done by whoever has the profile; None when that one was killed over it."""
        while True:
            heard = Heard()
            try:
                code = await control.hand_over(self.world.home(who), command, heard)
            except errors.AgainLater:
                await asyncio.sleep(0.05)  # between two starts nobody has the socket
            except errors.GiveUp:
                return None
            else:
                if code != 0:
                    raise Untrue(f"{who} could not {command}: {code} {heard.lines} {heard.said}")
                return heard


class Kept:
    """A program that is started again whenever its fault ended it; ``begun`` with the first line it printed."""

    def __init__(self, dialogue: Dialogue, who: str, command: tuple[str, ...]) -> None:
        self._dialogue = dialogue
        self._who = who
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self.begun = asyncio.Event()
        self.printed: list[dict[str, Any]] = []

    async def run(self) -> None:
        while not self._stopping:
            before = self._dialogue.kills
            self._process = process = await self._dialogue.start(self._who, *self._command)
            if self._stopping:
                process.terminate()
            assert process.stdout is not None
            async for line in process.stdout:
                if self._who != "relay":
                    self.printed.append(json.loads(line))
                self.begun.set()
            killed = await self._dialogue.ended(self._who, process, before)
            # A program that is asked to end before it has begun does so without a word.
            if not killed and not (self._stopping and process.returncode in (0, -signal.SIGTERM)):
                raise Untrue(f"{self._who} ended with {process.returncode}")

    def stop(self) -> None:
        """Ask it to end."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()


D = TypeVar("D", bound=Dialogue)


async def play(made: World, folder: Path, fault: Fault) -> int:
    """Run a case in a copy of the world; how often somebody was killed. Raises Untrue, or Unreached."""
    return await through(Dialogue(made.copy(folder), fault), _talk)


async def through(dialogue: D, talk: Callable[[D], Awaitable[list[str]]]) -> int:
    """Let them talk, and see that nobody stays behind; how often somebody was killed. Raises as ``play``."""
    try:
        async with asyncio.timeout(WITHIN), dialogue.group:
            problems = await talk(dialogue)
    except TimeoutError:
        raise Untrue("the case came to no end") from None
    except BaseExceptionGroup as several:  # not except*: what is raised in one comes out in a group on Python 3.11.2
        if (meant := several.subgroup((Untrue, Unreached))) is None:
            raise
        raise _first(meant) from None
    finally:
        await dialogue.end_all()
    problems += _errors(dialogue.world.folder)
    if problems:
        raise Untrue("; ".join(problems))
    return dialogue.kills


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


async def _talk(dialogue: Dialogue) -> list[str]:
    """Alice sends two messages, Bob answers; then each says a last word, and with it everything before has come."""
    away = dialogue.fault.away
    async with dialogue.kept("relay") as relay, contextlib.AsyncExitStack() as present:
        await relay.begun.wait()
        if not away:
            bob = await present.enter_async_context(dialogue.kept("bob", "listen", "--mark-read"))
        for text in ("one", "two"):
            await dialogue.send("alice", text, "sent" if away else "read")
        if away:
            bob = await present.enter_async_context(dialogue.kept("bob", "listen", "--mark-read"))
        alice = await present.enter_async_context(dialogue.kept("alice", "listen", "--mark-read"))
        await dialogue.say("bob", "an answer")
        await dialogue.say("alice", "the last word")
        await dialogue.say("bob", "and mine")
        if dialogue.kills < dialogue.fault.times:
            raise Unreached
        shown = {who: await dialogue.messages(who) for who in OTHER}
    printed = {"alice": alice.printed, "bob": bob.printed}
    return dialogue.lies + _judge(shown, dialogue.certain) + _unprinted(shown, printed)


def _judge(shown: dict[str, list[dict[str, Any]]], certain: set[str]) -> list[str]:
    """Once, in one order, all of it, and read, as both people show it."""
    found: list[str] = []
    ours, theirs = ([(line["id"], line["kind"], line["text"], line["sent_at"]) for line in shown[who]] for who in OTHER)
    if ours != theirs:
        found.append(f"not the same on both sides: {[x[1:3] for x in ours]} and {[x[1:3] for x in theirs]}")
    texts = [line["text"] for line in shown["bob"]]
    if len(set(texts)) != len(texts):
        found.append(f"more than once: {texts}")
    if missing := certain - set(texts):
        found.append(f"said to be sent, but not there: {sorted(missing)}")
    for who in OTHER:
        for line in shown[who]:
            status = "read" if line["from"] == ADDRESSES[who] else None
            if line["status"] != status:
                found.append(f"{who} shows {line['text']!r} of {line['from']} as {line['status']}")
    return found


def _unprinted(shown: dict[str, list[dict[str, Any]]], printed: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Everything that arrived was printed; what was printed before the case began is the first message of each."""
    found: list[str] = []
    for who in OTHER:
        arrived = [line["id"] for line in shown[who] if line["direction"] == "in"][1:]
        if missing := set(arrived) - {line["id"] for line in printed[who]}:
            found.append(f"{who} never printed {len(missing)} of {len(arrived)} messages")
    return found


def _errors(folder: Path) -> list[str]:
    """What the programs wrote of mistakes of their own: somebody who is killed is no reason for any."""
    found: list[str] = []
    for log in (*folder.glob("*.err"), *folder.glob("*/log/*.log")):
        lines = log.read_text(encoding="utf-8").splitlines()
        found += [f"{log.name}: {line}" for line in lines if " ERROR " in line or line.startswith("Traceback")]
    return found
