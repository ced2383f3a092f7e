"""The window's process is killed while it is used, starts, ends: nothing that was written is lost or there twice.

What a draft may lose is `BOUND`: the time after which it is stored, and as much again and more for storing it.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import pytest

from app.client.settings import Settings
from app.common.profile import Profile
from app.content.text import Text
from app.desktop import instance
from app.domain.delivery import Status
from app.storage import cipher, messages
from app.storage.transaction import View
from app.ui import window_state
from app.ui.composer import drafts
from tests.desktop.user import BEAT, KEY
from tests.house.tree import ROOT
from tests.parts import inside
from tests.parts.people import Present, Someone, join
from tests.parts.relay import Relay, relay

__all__ = ["relay"]

PATIENCE = 60.0
ACTS = ("_write", "_send", "_scroll", "_settings")
BOUND = round((drafts.MOMENT / 1000 + 0.6) / BEAT)  # beats
FRIENDS = ("bob", "carol")
SEED = 20
WITHIN = 300.0  # seconds for what was written meanwhile to come in
INCOMING = "SELECT count(*) FROM messages WHERE outgoing = 0 AND kind = 'text'"
UNKNOWN = "SELECT count(*) FROM messages WHERE outgoing = 1 AND kind = 'text' AND status NOT IN ('delivered', 'read')"


@dataclass
class Found:
    """What was seen over all rounds."""

    kills: int = 0
    by: Counter[str] = field(default_factory=Counter)
    during: Counter[str] = field(default_factory=Counter)  # what was under way at that moment
    lags: list[int] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # let go of by the field: they are there
    pressed: set[str] = field(default_factory=set)
    leftovers: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """The store of a process that is dead."""

    drafts: dict[str, str]
    sent: Counter[str]
    homeless: int  # on their way by their status, with nothing in the outbox
    theme: str


def look(someone: Someone) -> Kept:
    """Under the lock, which nobody holds any more; the files stay as they are."""
    with someone.home.lock():
        connection = cipher.open_database(someone.home.store, someone.key, create=False, reading=True)
        try:
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            drafts_ = connection.execute("SELECT conversation, draft FROM conversations").fetchall()
            own = connection.execute("SELECT body FROM messages WHERE outgoing = 1 AND kind = 'text'").fetchall()
            homeless = connection.execute(
                "SELECT count(*) FROM messages WHERE outgoing = 1 AND status IN ('queued', 'sending')"
                " AND row NOT IN (SELECT row FROM jobs WHERE row IS NOT NULL)"
            ).fetchall()[0][0]
        finally:
            connection.close()
    return Kept(
        {bytes(where).hex(): str(text) for where, text in drafts_},
        Counter(Text.from_wire(body).text for (body,) in own),
        int(homeless),
        Settings(someone.home.settings, lambda _: None).values.theme,
    )


class Rounds:
    """Start, use, kill, look; again and again over one profile."""

    def __init__(self, alice: Someone, folder: Path, dice: random.Random) -> None:
        self._alice, self._folder, self._dice = alice, folder, dice
        self._number = 0
        self.found = Found()

    async def once(self, how: str) -> None:
        """``how``: "starting", "closing", "using", or which of `ACTS` is to be under way."""
        self._number += 1
        before = look(self._alice)
        journal = self._folder / f"journal{self._number}"
        words = (str(self._alice.home.root), str(journal), f"{SEED}r{self._number}", how if how in ACTS else "")
        async with started("tests.desktop.user", *words, key=self._alice.key) as process:
            if how == "starting":
                await asyncio.sleep(self._dice.uniform(0.1, 1.0))
            else:
                await said(process, "in use")
                await self._shown()
                if how in ACTS:
                    await under_way(process, how)
                await asyncio.sleep(self._dice.uniform(0, 0.15) if how in ACTS else self._dice.uniform(0.05, 2.0))
            if how == "closing":
                process.terminate()
                await asyncio.sleep(self._dice.uniform(0, 0.3))
            if process.returncode is None:
                process.kill()
            await process.wait()
            assert process.returncode in (0, -signal.SIGKILL), process.returncode
        self.found.kills += process.returncode != 0
        self.found.by[how if process.returncode else "ended before"] += 1
        lines = _read(journal)
        if process.returncode:
            self.found.during[next((line["act"] for line in reversed(lines) if "act" in line), how)] += 1
        self._judge(before, lines)

    async def _shown(self) -> None:
        """A second start finds the window."""

        def second() -> str:
            with instance.claim(self._alice.home, "") as outcome:
                return outcome

        assert await asyncio.to_thread(second) == "shown"

    def _judge(self, before: Kept, lines: list[dict[str, Any]]) -> None:
        kept = look(self._alice)
        self._files()
        assert kept.theme in _themes(before.theme, lines)
        for line in lines:
            if "gone" in line:
                self.found.gone.append(line["gone"].strip())
            if "press" in line:
                self.found.pressed.add(line["press"].strip())
        wrong = [text for text, count in kept.sent.items() if count != 1]
        assert not wrong, f"more than once: {wrong}"
        lost = [text for text in self.found.gone if kept.sent[text] != 1]
        assert not lost, f"let go of and not stored: {lost}"
        assert kept.homeless == 0
        where = {line["where"] for line in lines if "where" in line}
        for each, draft in kept.drafts.items():
            if each in where:
                self._judge_draft(draft, [line for line in lines if line.get("where") == each], lines, kept)
            else:
                assert draft == before.drafts.get(each, ""), "a draft that nobody touched"
        unknown = {text for text in kept.sent if not text.startswith("hello")} - self.found.pressed
        assert not unknown, f"never sent: {unknown}"

    def _judge_draft(self, draft: str, here: list[dict[str, Any]], lines: list[dict[str, Any]], kept: Kept) -> None:
        """It is what stood in the field at some time within the bound."""
        end = max(line["beat"] for line in lines)
        pressed = {line["press"].strip() for line in here if "press" in line}
        stored = {text for text in pressed if kept.sent[text] and draft.strip().startswith(text)}
        # What a kill cut to a few letters and was sent so is how many others begin that are written after it.
        stored = {text for text in stored if not _written_anew(here, text, draft)}
        assert not stored, f"sent and still in the draft: {stored}"
        going = before = ""
        states: list[tuple[int, str]] = []
        for line in here:
            if "press" in line:
                going = line["press"] if kept.sent[line["press"].strip()] else ""
                states.append((line["beat"], states[-1][1].removeprefix(going) if states and going else _last(states)))
            elif "gone" in line:
                going = ""
            else:
                text = line["field"]
                if text == before.removeprefix(going):  # let go of, though the rest may begin with the same letters
                    going = ""
                before = text
                states.append((line["beat"], text.removeprefix(going)))
        if not states:
            return
        ends = [beat for beat, _ in states[1:]] + [end + 1]
        fresh = [until for (_, text), until in zip(states, ends, strict=True) if text == draft]
        assert fresh, f"the draft {draft!r} was never there: {states[-5:]}"
        lag = max(0, end - max(fresh))
        self.found.lags.append(lag)
        assert lag <= BOUND, f"{lag} beats old: {draft!r}, {states[-40:]}"

    def _files(self) -> None:
        home = self._alice.home
        path = home.root / window_state.NAME
        if path.exists():
            assert isinstance(json.loads(path.read_bytes()), dict)
            assert window_state.load(home.root).geometry
        if home.settings.exists():
            assert isinstance(json.loads(home.settings.read_bytes()), dict)
        self.found.leftovers = max(self.found.leftovers, len(list(home.root.glob(".*.????????"))))


def _themes(theme: str, lines: list[dict[str, Any]]) -> set[str]:
    """What was chosen last, and what was just being chosen."""
    possible = {theme}
    for line in lines:
        if "chosen" in line:
            possible = {line["chosen"]}
        possible |= {line["choosing"]} if "choosing" in line else set()
    return possible


def _written_anew(here: list[dict[str, Any]], text: str, draft: str) -> bool:
    """After it was sent the field had let go of it, and stood at the draft later on."""
    pressed = max(n for n, line in enumerate(here) if line.get("press", "").strip() == text)
    fields = [line["field"] for line in here[pressed:] if "field" in line]
    let_go = next((n for n, field in enumerate(fields) if not field.startswith(text)), len(fields))
    return draft in fields[let_go:]


def _last(states: list[tuple[int, str]]) -> str:
    return states[-1][1] if states else ""


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextlib.asynccontextmanager
async def started(module: str, *words: str, key: bytes = b"") -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {**inside.ENVIRONMENT, KEY: key.hex()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *words), cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process, words: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        line = await process.stdout.readline()
    assert line.decode().strip() == words


async def under_way(process: asyncio.subprocess.Process, act: str) -> None:
    """Until it has begun that."""
    assert process.stdout is not None
    begun = ["in use"]
    try:
        async with asyncio.timeout(PATIENCE):
            async for line in process.stdout:
                begun.append(line.decode().strip())
                if begun[-1] == act:
                    return
    except TimeoutError:
        raise AssertionError(f"it has been at {begun[-3:]} and does not come to {act}") from None
    raise AssertionError(f"it ended before {act}")


def unhurt(home: Profile) -> None:
    """What the window logged over all its starts."""
    for path in home.log.parent.iterdir():
        bad = [line for line in path.read_text().splitlines() if " ERROR " in line or "Traceback" in line]
        assert not bad, bad


async def _chat(friend: Present, number: int, written: list[str], over: asyncio.Event) -> None:
    """Somebody writes to Alice all the time; never stopped between what is stored and what is told of it."""
    while not over.is_set():
        words = f"{number}w{len(written)}"
        await friend.write("alice@example.com", words)
        written.append(words)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await over.wait()


async def play(relay: Relay, folder: Path, ways: list[str], seed: int) -> Found:
    print(f"seed {seed}")
    alice = await join(folder / "alice", relay.url, "alice@example.com")
    friends = [await join(folder / name, relay.url, f"{name}@example.com") for name in FRIENDS]
    rounds = Rounds(alice, folder, random.Random(seed))
    written: list[list[str]] = [[] for _ in friends]
    async with contextlib.AsyncExitStack() as stack:
        present = [await stack.enter_async_context(each.online()) for each in friends]
        async with alice.online() as a:
            for each in friends:
                await a.status(await a.write(each.address, f"hello {each.address}"), Status.SENT)
        over = asyncio.Event()
        chats = [asyncio.create_task(_chat(each, n, written[n], over)) for n, each in enumerate(present)]
        try:
            for how in ways:
                await rounds.once(how)
        finally:
            over.set()
            await asyncio.gather(*chats)
        await _whole(alice, present, written)
    unhurt(alice.home)
    return rounds.found


async def _whole(alice: Someone, present: list[Present], written: list[list[str]]) -> None:
    """Everything came to both sides, once and in order, and is known to have come."""
    sent = look(alice).sent
    async with alice.online() as a:
        for each in present:
            await _here(each, len(await _said(a, each.someone.address, own=True)))
        await _here(a, sum(map(len, written)))
        await a.until(lambda view: view.value(UNKNOWN) == 0, WITHIN)
        for each, words in zip(present, written, strict=True):
            assert await _said(a, each.someone.address, own=False) == words
            there = await _said(each, alice.address, own=False)
            assert there == await _said(a, each.someone.address, own=True)
            sent.subtract(there)
    assert not any(sent.values()), sent


async def _here(present: Present, count: int) -> None:
    """So many have come; they are thousands after many rounds, so that they are counted and not read."""
    await present.until(lambda view: view.value(INCOMING) >= count, WITHIN)


async def _said(present: Present, address: str, *, own: bool) -> list[str]:
    """One side of the conversation with somebody, as it is shown."""
    person = await present.messenger.conversations.find(address)

    def read(view: View) -> list[str]:
        found = messages.before(view, person.person, None, 100_000)
        return [Text.from_wire(each.body).text for each in found if each.kind == "text" and each.outgoing is own]

    return await present.messenger.database.read(read)


@pytest.mark.long
@pytest.mark.timeout(120)
async def test_a_few_kills(relay: Relay, tmp_path: Path) -> None:
    found = await play(relay, tmp_path, ["using", "closing", "using"], 1)
    assert found.kills >= 2
    assert found.gone or found.lags


@pytest.mark.long
async def test_many_kills(relay: Relay, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("KINGFISHER_SEED", "7"))
    dice = random.Random(seed)
    ways = [dice.choice(("using",) * 3 + ("starting",) + ("closing",) * 2) for _ in range(30)] + list(ACTS) * 10
    dice.shuffle(ways)
    found = await play(relay, tmp_path, ways, dice.randrange(1000))
    with capsys.disabled():
        lag = max(found.lags) * BEAT
        print(
            f"\nseed {seed}: {found.kills} kills {dict(found.by)}, during {dict(found.during)};"
            f" {len(found.gone)} messages let go of, {len(found.pressed)} sent;"
        )
        print(f"{len(found.lags)} drafts, the oldest {lag:.2f} s behind; {found.leftovers} files left over")
    assert found.kills >= 60
    assert set(ACTS) <= set(found.during)
