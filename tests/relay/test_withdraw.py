"""Withdraw: *withdrawn* and *never had it* are only said when the recipient will never get that envelope."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.common.clock import ManualClock
from app.protocol import frames, limits
from app.relay import accounts
from tests.parts import relay as relays
from tests.parts.examples import examples
from tests.parts.relay import Inside, Relay
from tests.parts.wire_client import Person, Wire, WireClient, now, submit_to

SUBMITS = 3
STEPS = st.one_of(
    st.tuples(st.sampled_from(["submit", "withdraw"]), st.integers(0, SUBMITS - 1)),
    st.tuples(st.sampled_from(["settle", "come", "go", "read", "restart", "crash", "forget"]), st.just(0)),
)


class Story:
    """Alice writes and takes back, Bob comes and goes, the relay restarts and dies; what each of them was told."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.life = AsyncExitStack()
        self.images = 0
        self.got: set[bytes] = set()  # by Bob
        self.accepted: set[bytes] = set()
        self.gone: set[bytes] = set()  # withdrawn, or never had
        self.boots: dict[int, bytes] = {}
        self.bob_here: WireClient | None = None

    async def begin(self) -> None:
        await self._open(self.folder)
        self.alice, self.bob = await self.wire.join("alice@example.com"), await self.wire.join("bob@example.com")
        self.submits = [submit_to(self.bob, text=b"%d" % number) for number in range(SUBMITS)]
        self.a = await self.wire.connect(self.alice.gadgets[0])

    async def _open(self, folder: Path) -> None:
        self.folder = folder
        self.inside: Inside = await self.life.enter_async_context(relays.inside(folder))
        self.wire: Wire = await self.life.enter_async_context(Wire(self.inside.url))

    async def step(self, what: str, number: int) -> None:
        submit = self.submits[number]
        match what:
            case "submit":
                self.boots.setdefault(number, self.a.boot)
                await self.a.send(submit)
            case "withdraw":
                boot = self.boots.setdefault(number, self.a.boot)
                await self.a.send(frames.Withdraw(submit.submit, self.bob.account, boot))
            case "settle":
                await self._hear()
            case "come":
                if self.bob_here is None:
                    self.bob_here = await self.wire.connect(self.bob.gadgets[0])
            case "go":
                await self._bob_reads(ack=False)
                if self.bob_here is not None:
                    await self.bob_here.close()
                    self.bob_here = None
            case "read":
                await self._bob_reads(ack=True)
            case "restart":
                await self._hear()
                await self._bob_reads(ack=False)
                await self._end(self.folder)
            case "crash":
                await self._crash()
            case _:  # idle accounts leave the relay's memory
                self.inside.relay.accounts.forget_idle(now() + accounts.IDLE + 1)

    async def _crash(self) -> None:
        """What is on the disk now is what the next relay finds; what the dead one had pushed is with Bob."""
        self._note(self.a.waiting)
        self.a.waiting = []
        self.images += 1
        image = self.folder.with_name(f"image{self.images}")
        shutil.copytree(self.folder, image)
        await self._bob_reads(ack=False)
        await self._end(image)

    async def _end(self, folder: Path) -> None:
        if self.bob_here is not None:
            await self.bob_here.close()
            self.bob_here = None
        await self.a.close()
        await self.life.aclose()
        await self._open(folder)
        self.a = await self.wire.connect(self.alice.gadgets[0])

    async def _hear(self) -> None:
        await self.inside.store.lifetime.flush()
        self._note(await self.a.settle())

    def _note(self, said: Sequence[frames.RelayFrame]) -> None:
        for frame in said:
            if isinstance(frame, frames.Accepted):
                self.accepted |= {item.submit for item in frame.items}
            elif isinstance(frame, frames.Withdrawn) and frame.outcome in ("withdrawn", "never_had"):
                self.gone.add(frame.submit)
            elif isinstance(frame, frames.Refused):
                assert frame.code == "withdrawn"  # as good a word as the answer that may have been lost
                self.gone.add(frame.submit)

    async def _bob_reads(self, *, ack: bool) -> None:
        if self.bob_here is None:
            return
        entries = [frame for frame in await self.bob_here.settle() if isinstance(frame, frames.Deliver)]
        self.got |= {entry.submit for entry in entries}
        if ack:
            await self.bob_here.send(frames.Ack(tuple(entry.entry for entry in entries)))

    async def judge(self) -> None:
        await self._hear()
        for submit in self.submits:  # late ones, and retries of what was never answered
            await self.a.send(submit)
        await self.step("come", 0)
        await self._hear()
        await self._bob_reads(ack=True)
        await self.step("go", 0)
        await self.step("come", 0)
        await self._bob_reads(ack=True)
        assert self.got.isdisjoint(self.gone), "withdrawn, and delivered all the same"
        assert self.accepted <= self.got | self.gone, "accepted, and lost"
        assert {submit.submit for submit in self.submits} == self.got | self.gone


async def tell(steps: Sequence[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        async with AsyncExitStack() as stack:
            story = Story(Path(name) / "relay", stack)
            stack.push_async_callback(story.life.aclose)
            await story.begin()
            for what, number in steps:
                await story.step(what, number)
            await story.judge()
            await story.a.close()
            if story.bob_here is not None:
                await story.bob_here.close()


@settings(max_examples=examples(20))
@given(st.lists(STEPS, min_size=3, max_size=14))
@example([("withdraw", 0), ("submit", 0), ("settle", 0), ("come", 0)])
@example([("come", 0), ("submit", 0), ("crash", 0), ("withdraw", 0)])
@example([("submit", 0), ("settle", 0), ("crash", 0), ("withdraw", 0), ("submit", 0)])
@example([("come", 0), ("submit", 0), ("go", 0), ("forget", 0), ("withdraw", 0)])
@example([("submit", 0), ("withdraw", 0), ("crash", 0), ("submit", 0)])
@example([("come", 0), ("submit", 0), ("crash", 0), ("submit", 0), ("withdraw", 0)])
def test_what_is_taken_back_never_arrives(steps: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "KEPT", 0)
        asyncio.run(tell(steps))


@pytest.mark.long
@settings(max_examples=examples(200))
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_what_is_taken_back_never_arrives_long(steps: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "KEPT", 0)
        asyncio.run(tell(steps))


async def outcome(a: WireClient, submit: frames.Submit, boot: bytes | None = None) -> str:
    await a.send(frames.Withdraw(submit.submit, submit.to, boot or a.boot))
    return (await a.take(frames.Withdrawn)).outcome


async def refused(a: WireClient, submit: frames.Submit) -> str:
    await a.send(submit)
    return (await a.take(frames.Refused)).code


async def test_each_answer_in_its_moment(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com", gadgets=2)
    async with wire.online(alice.gadgets[0]) as a:
        never, waiting, pushed, foreign = (submit_to(bob) for _ in range(4))
        assert await outcome(a, never) == "never_had"
        assert await refused(a, never) == "withdrawn"
        assert await outcome(a, never) == "withdrawn"  # the answer was lost
        assert await outcome(a, foreign, secrets.token_bytes(16)) == "not_known"
        await a.send(foreign)  # nothing was changed by asking
        await a.send(waiting)
        assert await outcome(a, waiting) == "withdrawn"  # before its own commit
        assert await refused(a, waiting) == "withdrawn"
        await a.accepted(foreign.submit)
        async with wire.online(bob.gadgets[1]) as b:
            assert [entry.submit for entry in await b.deliver(ack=False)] == [foreign.submit]
            await a.send(pushed)
            assert await outcome(a, pushed) == "handed_over"
            await a.accepted(pushed.submit)
            assert await outcome(a, foreign) == "handed_over"
            assert (await b.deliver())[0].submit == pushed.submit
        assert await outcome(a, foreign) == "handed_over"  # one device had it, the other one still waits for it
        async with wire.online(bob.gadgets[0]) as b:
            assert [entry.submit for entry in await b.deliver(2)] == [foreign.submit, pushed.submit]
        assert await outcome(a, pushed) == "handed_over"  # long acknowledged


async def test_what_waits_behind_the_credits_can_still_be_taken_back(inside: Inside, wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
        await b.send(frames.Relation(alice.account, 1))
        await b.settle()
        submits = [submit_to(bob, text=b"%d" % number) for number in range(limits.CREDITS + 3)]
        await a.send(*submits)
        await a.accepted(*(submit.submit for submit in submits))
        first = await b.take_many(frames.Deliver, limits.CREDITS)
        assert await outcome(a, submits[-2]) == "withdrawn"
        assert await outcome(a, submits[limits.CREDITS - 1]) == "handed_over"
        await b.send(frames.Ack(tuple(entry.entry for entry in first)))
        rest = await b.deliver(2)
        assert [entry.submit for entry in rest] == [submits[-3].submit, submits[-1].submit]
        await b.settle()
        account = inside.relay.accounts.get(bob.account, now())
        assert account is not None
        assert account.devices[bob.device].box.entries == 0


async def test_a_clean_drain_keeps_the_boot_id_and_a_kill_does_not(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        async with wire.online(alice.gadgets[0]) as a:
            boot = a.boot
        assert await relay.stop() == 0
        await relay.start()
        async with wire.online(alice.gadgets[0]) as a:
            assert a.boot == boot
            assert await outcome(a, submit_to(bob), boot) == "never_had"
            await relay.kill()
        await relay.start()
        async with wire.online(alice.gadgets[0]) as a:
            assert a.boot != boot
            assert await outcome(a, submit_to(bob), boot) == "not_known"


async def test_a_mailbox_nobody_opened_gives_back_even_after_a_kill(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        async with wire.online(bob.gadgets[0]):
            pass
        async with wire.online(alice.gadgets[0]) as a:
            first, kept, taken = a.boot, submit_to(bob), submit_to(bob)
            await a.send(kept, taken)
            await a.accepted(kept.submit, taken.submit)
            await relay.kill()
        await relay.start()
        async with wire.online(alice.gadgets[0]) as a:
            assert a.boot != first
            assert await outcome(a, taken, secrets.token_bytes(16)) == "not_known"
            assert await outcome(a, taken, first) == "withdrawn"
            async with wire.online(bob.gadgets[0]) as b:
                assert [entry.submit for entry in await b.deliver(ack=False)] == [kept.submit]
                await relay.kill()
        await relay.start()
        async with wire.online(alice.gadgets[0]) as a:
            assert await outcome(a, kept, first) == "handed_over"


async def test_what_a_dead_relay_may_have_pushed_is_never_taken_back(tmp_path: Path) -> None:
    """Pushed before its commit, lost with the relay, accepted again as a retry: the recipient has had it all along."""
    async with AsyncExitStack() as stack:
        story = Story(tmp_path / "relay", stack)
        stack.push_async_callback(story.life.aclose)
        await story.begin()
        for step in (("come", 0), ("submit", 0), ("crash", 0)):
            await story.step(*step)
        assert story.submits[0].submit in story.got
        await story.a.send(story.submits[0])
        await story.a.accepted(story.submits[0].submit)
        assert await outcome(story.a, story.submits[0], story.boots[0]) == "handed_over"
        # What nobody tried before the relay died is not touched by it.
        later = submit_to(story.bob)
        await story.a.send(later)
        assert await outcome(story.a, later) == "withdrawn"


async def test_boot_ids_end_before_the_records_do(tmp_path: Path) -> None:
    """A submit of a month ago has no record any more: asking for it must not sound as if it had never been."""
    time = ManualClock(now())
    async with relays.inside(tmp_path / "relay", time) as inside, Wire(inside.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")

        async def log_in(person: Person) -> WireClient:
            return await wire.connect(person.gadgets[0])

        a, b = await log_in(alice), await log_in(bob)
        first, old = a.boot, submit_to(bob, order=time.now())
        await a.send(old)
        await b.deliver()
        await a.accepted(old.submit)
        for _ in range(32):
            time.advance(86_400)
            await inside.relay._upkeep.turn()
        a = await log_in(alice)
        assert a.boot != first
        assert inside.store.mail.known(1, old.submit) is None
        assert await outcome(a, old, first) == "not_known"
        assert await outcome(a, submit_to(bob, order=time.now())) == "never_had"
