"""Over a wire that delays, doubles, loses and cuts, every submit is kept once and everything kept is handed over."""

import asyncio
from collections.abc import Iterable

import pytest

from app.common import clock, errors, tasks
from app.net import connection, incoming
from app.protocol import frames
from tests.net.conftest import Connect
from tests.parts import scripted_relay
from tests.parts.faulty_wire import STORM, Faults, FaultyWire
from tests.parts.scripted_relay import Caller, ScriptedRelay


class Post:
    """The least mailbox that a relay must have: known submits, entries until they are acknowledged."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.waiting: dict[int, bytes] = {}
        self._caller: Caller | None = None

    async def answer(self, caller: Caller, frame: frames.ClientFrame) -> None:
        match frame:
            case frames.Login():
                self._caller = caller
                await caller.say(
                    scripted_relay.welcome(), *(_entry(*item) for item in self.waiting.items()), frames.CaughtUp()
                )
            case frames.Submit():
                await self._submit(caller, frame)
            case frames.Ack():
                for entry in frame.entries:
                    self.waiting.pop(entry, None)
            case _:
                await scripted_relay.friendly(caller, frame)

    async def _submit(self, caller: Caller, frame: frames.Submit) -> None:
        if frame.submit not in self.kept:
            self.kept.append(frame.submit)
            self.waiting[len(self.kept)] = frame.submit
            if self._caller is not None:
                await self._caller.say(_entry(len(self.kept), frame.submit))
        await caller.say(frames.Accepted((frames.AcceptedItem(frame.submit, 1),)))


def _entry(entry: int, submit: bytes) -> frames.Deliver:
    return frames.Deliver(entry, b"a" * 32, b"e" * 16, submit, 1, 1, True, b"content", b"envelope")


async def send_until_accepted(one: connection.Connection, numbers: Iterable[int]) -> None:
    for number in numbers:
        submit = number.to_bytes(16)
        part = frames.encode_one(frames.Submit(submit, b"a" * 32, 1, True, b"content", ()))
        while True:
            try:
                answer = await one.submit(submit, part)
            except errors.AgainLater:
                await one.wait_connected()
                continue
            assert isinstance(answer, frames.AcceptedItem)
            assert answer.submit == submit
            break


async def send_once(one: connection.Connection, numbers: Iterable[int]) -> None:
    for number in numbers:
        frame = frames.Submit(number.to_bytes(16), b"a" * 32, 1, True, b"", ())
        await one.submit(frame.submit, frames.encode_one(frame))


async def receive(one: connection.Connection, count: int) -> list[bytes]:
    """Take and acknowledge until ``count`` different submits have come; gives them in the order they first came."""
    seen: dict[bytes, None] = {}
    async for item in one.incoming():
        if isinstance(item, incoming.Delivered):
            seen.update(dict.fromkeys(entry.submit for entry in item.entries))
            one.acknowledge(item.session, [entry.entry for entry in item.entries])
        if len(seen) == count:
            break
    return list(seen)


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_and_nothing_is_kept_twice(connect: Connect, seed: int) -> None:
    lanes, each = 8, 40
    post = Post()
    owner = tasks.TaskOwner("test")
    async with ScriptedRelay(answer=post.answer, urls=()) as relay, FaultyWire(relay.url, STORM, seed) as wire:
        one = connect(relay, urls=[wire.url], answer_within=2.0)
        senders = [
            owner.spawn(send_until_accepted(one, range(lane * each, lane * each + each)), name="lane")
            for lane in range(lanes)
        ]
        got = await receive(one, lanes * each)
        await asyncio.gather(*senders)
        assert sorted(got) == sorted(post.kept) == [number.to_bytes(16) for number in range(lanes * each)]
        assert got == post.kept
        tally = wire.tally
        assert min(tally.passed, tally.delayed, tally.doubled, tally.dropped + tally.cut, tally.refused) > 0
        assert len(relay.callers) > 3
    await owner.close()


@pytest.mark.parametrize(
    "faults",
    [Faults(double=1.0), Faults(delay=1.0, longest=0.002), Faults(refuse=0.6), Faults(cut=0.2), Faults(drop=0.2)],
    ids=["double", "delay", "refuse", "cut", "drop"],
)
async def test_one_kind_of_fault_at_a_time(connect: Connect, faults: Faults) -> None:
    post = Post()
    async with ScriptedRelay(answer=post.answer, urls=()) as relay, FaultyWire(relay.url, faults, 1) as wire:
        one = connect(relay, urls=[wire.url], answer_within=2.0)
        await send_until_accepted(one, range(20))
        assert await receive(one, 20) == post.kept == [number.to_bytes(16) for number in range(20)]


async def test_a_wire_without_faults_changes_nothing(connect: Connect) -> None:
    async with ScriptedRelay(urls=()) as relay, FaultyWire(relay.url, Faults(), 1) as wire:
        one = connect(relay, urls=[wire.url])
        await one.wait_connected()
        await send_until_accepted(one, range(20))
        assert len(relay.callers) == 1
        assert [frame.submit for frame in relay.caller.frames if isinstance(frame, frames.Submit)] == [
            number.to_bytes(16) for number in range(20)
        ]
        assert wire.tally.passed > 40


async def test_the_same_seed_does_the_same(connect: Connect) -> None:
    """The n-th message of the k-th connection meets the same fate."""
    tallies: list[tuple[int, int]] = []
    for _ in range(2):
        async with ScriptedRelay(urls=()) as relay, FaultyWire(relay.url, Faults(double=0.3, cut=0.03), 3) as wire:
            one = connect(relay, urls=[wire.url])
            await one.wait_connected()
            with pytest.raises(errors.AgainLater, match="connection_lost"):
                await send_once(one, range(1_000))
            tallies.append((wire.tally.doubled, len(relay.callers[0].heard)))
            await one.close()
    assert tallies[0] == tallies[1]
    assert tallies[0][1] > 5


async def test_a_wire_that_comes_back_is_noticed_when_somebody_says_so(connect: Connect) -> None:
    async with ScriptedRelay(urls=()) as relay, FaultyWire(relay.url, Faults(), 1) as wire:
        one = connect(relay, urls=[wire.url], backoff=clock.Backoff(3_600, 3_600))
        await one.wait_connected()
        wire.up = False
        await wire.cut_all()
        while one.state.phase is not connection.Phase.OFFLINE:
            await asyncio.sleep(0)
        wire.up = True
        one.retry_now()
        await one.wait_connected()
        assert len(relay.callers) == 2
