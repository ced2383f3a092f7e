"""Texts on their way out under any order of answers, receipts, withdrawals, and ends of the relay."""

import asyncio
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.common import clock
from app.protocol import limits
from app.relay.store.base import Store
from app.relay.store.sqlite import engine
from app.relay.store.texts import Handed, Heard, Item, Text
from app.relay.texts import base, matching, sending
from app.relay.texts.base import MessageState
from tests.parts.examples import examples
from tests.parts.waiting import until

OURS = "+12025550100"
ANSWERS = ("taken", "busy", "not sent", "taken, unsaid", "lost", "refused", "put off", "held", "mistake")
STATES = (MessageState.ENROUTE, MessageState.DELIVERED, MessageState.UNDELIVERABLE)

STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 3), st.integers(0, 1)),
    st.tuples(st.just("answer"), st.sampled_from(ANSWERS)),
    st.tuples(st.just("again"), st.integers(0, 5)),
    st.tuples(st.just("withdraw"), st.integers(0, 5)),
    st.tuples(st.just("receipt"), st.integers(1, 8), st.sampled_from(STATES)),
    st.tuples(st.just("wait"), st.sampled_from((0.01, 1.0, 65.0))),
    st.tuples(st.just("bound")),
    st.tuples(st.just("release")),
    st.tuples(st.just("kill")),
)


@dataclass
class Phones:
    """All that ever reached the network, whatever became of the relay."""

    taken: list[tuple[bytes, int, bytes]] = field(default_factory=list)  # text, sequence, header
    said: dict[str, tuple[bytes, int]] = field(default_factory=dict)  # message ids that were answered
    script: list[str] = field(default_factory=list)
    held: list[asyncio.Event] = field(default_factory=list)
    ids: Any = field(default_factory=lambda: itertools.count(1))


class Gateway:
    """The network as one life of the relay sees it."""

    name = "north"
    capabilities = base.Capabilities(sources=(OURS,))

    def __init__(self, phones: Phones) -> None:
        self.phones = phones
        self.dead = False

    async def run(self, sink: base.Sink) -> None: ...

    async def revoke(self, message_id: str, source: str, destination: str) -> bool:
        return False

    async def submit(self, item: base.Segment | base.Sms | base.Mms) -> base.Submitted:
        assert isinstance(item, base.Segment)
        assert not self.dead
        phones = self.phones
        answer = phones.script.pop(0) if phones.script else "taken"
        match answer:
            case "busy":
                raise base.Throttled(retry_after=0.5)
            case "not sent":
                raise base.NotSent
            case "lost":
                raise base.OutcomeUnknown
            case "refused":
                raise base.Refused(base.Reason.UNREACHABLE)
            case "put off":
                raise base.Refused(base.Reason.UNREACHABLE, permanent=False)
            case "mistake":
                raise RuntimeError("a mistake")
            case _:
                pass
        phones.taken.append((item.client_ref, item.sequence, item.header[:4]))
        if answer == "taken, unsaid":
            raise base.OutcomeUnknown
        if answer == "held":
            phones.held.append(event := asyncio.Event())
            await event.wait()
        message_id = f"m{next(phones.ids)}"
        phones.said[message_id] = item.client_ref, item.sequence
        return base.Submitted(message_id)


class World:
    """One story: a relay's store and line, killed and started again, before one network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = clock.ManualClock()
        self.phones = Phones()
        self.texts: list[Text] = []
        self.gone: set[bytes] = set()  # withdrawn, and the relay said so
        self.asked_then: dict[bytes, int] = {}
        self.finals: dict[str, str] = {}
        self.lives = 0
        self.reports: dict[bytes, list[matching.Outcome]] = {}

    async def begin(self) -> None:
        self.store: Store = engine.open_store(self.folder, lambda _: None)
        self.gateway = Gateway(self.phones)
        self.line = sending.Line(self.gateway, self.store.texts, self.time, self._changed)
        await self.store.texts.out.lose()
        for text in self.store.texts.out.unfinished():
            self.line.add(text)
        self.line.start()

    async def _changed(self, number: int) -> None:
        text = self.store.texts.out.text(number)
        assert text is not None
        found = matching.outcome(self.store.texts.out.items(number))
        if found is not None:
            self.reports.setdefault(text.submit, []).append(found)

    async def step(self, name: str, *given: Any) -> None:
        steps: dict[str, Callable[..., Awaitable[None]]] = {
            "add": self.add, "again": self.again, "withdraw": self.withdraw, "receipt": self.receipt,
            "wait": self.wait, "bound": self.bound, "release": self.release, "kill": self.kill, "answer": self.answer,
        }  # fmt: skip
        await steps[name](*given)
        for _ in range(4):
            await self.store.lifetime.flush()
            await asyncio.sleep(0)

    async def add(self, count: int, to: int) -> None:
        submit = len(self.texts).to_bytes(16, "big")
        now = self.time.now()
        made = Text(b"a" * 32, 1, submit, OURS, f"+1202555012{to}", "north", "gsm", count, count, now,
                    now + limits.DAY, "a" * (153 * count if count > 1 else 9))  # fmt: skip
        kept = await self.store.texts.out.add(made)
        assert kept is not None
        self.texts.append(made)
        self.line.add(kept)

    async def again(self, at: int) -> None:
        if at < len(self.texts):
            assert await self.store.texts.out.add(self.texts[at]) is None

    async def withdraw(self, at: int) -> None:
        if at >= len(self.texts):
            return
        text = self.texts[at]
        known = self.store.texts.out.known(1, text.submit)
        answer = await self.store.texts.out.mark_withdrawn(text)
        if answer == "withdrawn":
            assert known is not None
            self.line.drop(known.number)
            self.gone.add(text.submit)

    async def receipt(self, at: int, state: MessageState) -> None:
        """Perhaps for an id that is still to come."""
        self.time.advance(0.001)
        await self.store.texts.out.receipt(Heard("north", f"m{at}", state.value, state.final, "", 0), self.time.now())
        if state.final:
            self.finals.setdefault(f"m{at}", state.value)

    async def wait(self, seconds: float) -> None:
        self.time.advance(seconds)

    async def bound(self) -> None:
        self.line.wake()

    async def release(self) -> None:
        for event in self.phones.held:
            event.set()

    async def answer(self, answer: str) -> None:
        self.phones.script.append(answer)

    async def kill(self) -> None:
        """What is on the disk now is all that the next life knows."""
        self.lives += 1
        image = self.folder.with_name(f"life{self.lives}")
        shutil.copytree(self.folder, image)
        await self.end()
        self.folder = image
        await self.begin()

    async def end(self) -> None:
        self.gateway.dead = True
        await self.line._tasks.close()
        await self.store.lifetime.close(None)

    async def calm(self) -> None:
        """Nothing goes wrong any more, and time passes until everything is settled."""
        self.phones.script.clear()
        while self.store.texts.out.unfinished() or self.line._busy is not None:
            await self.step("release")
            await self.step("wait", 65.0)

    def check(self) -> None:
        twice = [what for what, count in Counter(one[:2] for one in self.phones.taken).items() if count > 1]
        assert not twice, "no segment reaches a phone twice"
        for text in self.texts:
            self._check(text)

    def _check(self, text: Text) -> None:
        known = self.store.texts.out.known(1, text.submit)
        assert known is not None
        assert known.text == "", "words are kept until handed over, and no longer"
        items = self.store.texts.out.items(known.number)
        mine = [(sequence, header) for ref, sequence, header in self.phones.taken if ref == sending.client_ref(text)]
        assert [sequence for sequence, _ in mine] == sorted(sequence for sequence, _ in mine)
        assert len({header for _, header in mine}) <= 1, "one reference for all segments"
        if text.submit in self.gone:
            assert not mine and not items, "what was withdrawn has not left"
            return
        there = {sequence for sequence, _ in mine}
        for item in items:
            self._check_item(text, item, item.sequence in there)
        found = matching.outcome(items)
        assert found is not None
        assert self.reports or self.lives, "somebody was told"

    def _check_item(self, text: Text, item: Item, there: bool) -> None:
        match item.handed:
            case Handed.TAKEN:
                assert self.phones.said[item.message_id] == (sending.client_ref(text), item.sequence)
                final = self.finals.get(item.message_id, "")
                assert item.final == bool(final) and (not final or item.receipt == final), "the first final word stays"
            case Handed.REFUSED:
                assert not there
            case Handed.UNKNOWN:
                pass
            case _:
                raise AssertionError(item)


async def story(folder: Path, steps: list[tuple[Any, ...]]) -> None:
    world = World(folder)
    await world.begin()
    for name, *given_ in steps:
        await world.step(name, *given_)
    await asyncio.wait_for(world.calm(), 20)
    world.check()
    await world.end()


@pytest.mark.expect_log
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_nothing_twice_nothing_lost_nothing_untold(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "life0").mkdir()
        asyncio.run(story(Path(folder) / "life0", [("add", 3, 0), *steps]))


STORIES: dict[str, list[tuple[Any, ...]]] = {
    "busy half way, and another is withdrawn": [
        ("answer", "taken"), ("answer", "busy"), ("add", 3, 0), ("add", 2, 1), ("withdraw", 1), ("wait", 1.0),
    ],
    "killed while busy, then while one is held": [
        ("answer", "taken"), ("answer", "busy"), ("answer", "held"), ("add", 3, 0), ("kill",), ("kill",), ("again", 0),
    ],
    "receipts before, after and against each other": [
        ("receipt", 1, MessageState.ENROUTE), ("receipt", 1, MessageState.DELIVERED), ("add", 2, 0),
        ("receipt", 1, MessageState.UNDELIVERABLE), ("receipt", 2, MessageState.UNDELIVERABLE),
        ("receipt", 2, MessageState.ENROUTE), ("receipt", 2, MessageState.DELIVERED), ("kill",),
    ],
    "withdrawn while it waits, and killed": [
        ("answer", "not sent"), ("add", 2, 0), ("withdraw", 0), ("kill",), ("bound",), ("again", 0),
    ],
    "withdrawn half way": [("answer", "taken"), ("answer", "not sent"), ("add", 2, 0), ("withdraw", 0), ("kill",)],
    "nobody answers, then a mistake": [
        ("answer", "taken, unsaid"), ("answer", "lost"), ("add", 3, 0), ("answer", "mistake"), ("add", 2, 1),
    ],
}  # fmt: skip


@pytest.mark.expect_log
@pytest.mark.parametrize("name", STORIES)
async def test_stories(name: str, tmp_path: Path) -> None:
    (tmp_path / "life0").mkdir()
    await story(tmp_path / "life0", STORIES[name])


async def test_the_line_wakes_when_something_comes(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.begin()
    await world.add(1, 0)
    await until(lambda: len(world.phones.taken) == 1)
    await world.end()
