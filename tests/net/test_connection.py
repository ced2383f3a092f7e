"""The connection against relays that follow a script: questions, answers, order, ends and refusals."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import clock, errors
from app.net import connection, incoming, outgoing
from app.protocol import frames, limits, login, signed
from tests.net.conftest import DEVICE, DEVICE_SEED, Connect
from tests.parts import scripted_relay
from tests.parts.examples import examples
from tests.parts.scripted_relay import Caller, ScriptedRelay

Phase = connection.Phase


def submit(number: int, size: int = 10) -> tuple[bytes, bytes]:
    """A submit id and its stored bytes."""
    name = number.to_bytes(16)
    frame = frames.Submit(name, b"a" * 32, 1, True, bytes(size), (frames.Addressed(b"e" * 16, b"env"),))
    return name, frames.encode_one(frame)


def deliver(entry: int, size: int = 10) -> frames.Deliver:
    return frames.Deliver(entry, b"a" * 32, b"e" * 16, entry.to_bytes(16), 1, 1, True, bytes(size), b"env")


class Watcher:
    """Waits for a state."""

    def __init__(self) -> None:
        self.states: list[connection.ConnectionState] = []
        self._changed = asyncio.Event()

    def __call__(self, state: connection.ConnectionState) -> None:
        self.states.append(state)
        self._changed.set()

    async def until(self, wanted: Callable[[connection.ConnectionState], bool]) -> connection.ConnectionState:
        while True:
            for state in self.states:
                if wanted(state):
                    return state
            self._changed.clear()
            await self._changed.wait()


async def quiet(caller: Caller, frame: frames.ClientFrame) -> None:
    """Lets in, then never answers."""
    if isinstance(frame, frames.Login):
        await scripted_relay.friendly(caller, frame)


@contextlib.asynccontextmanager
async def not_reading() -> AsyncGenerator[ScriptedRelay]:
    """Lets in, and reads no more once something was submitted."""
    stuck = asyncio.Event()

    async def deaf(caller: Caller, frame: frames.ClientFrame) -> None:
        await quiet(caller, frame)
        if isinstance(frame, frames.Submit):
            await stuck.wait()

    async with ScriptedRelay(answer=deaf) as relay:
        yield relay
        stuck.set()


async def test_a_device_proves_itself_over_the_very_connection(connect: Connect) -> None:
    async with ScriptedRelay() as relay:
        one = connect(relay)
        await one.wait_connected()
        first = relay.caller.frames[0]
        assert isinstance(first, frames.Login)
        assert (first.device, first.counter, first.start) == (DEVICE, 1, b"n" * 16)
        text = login.login_bytes(relay.relay, login.PLAIN_LEAF, relay.caller.nonce, DEVICE, 1, b"n" * 16)
        signed.check(signed.public_of(DEVICE_SEED), text, first.signature)
        assert one.boot == scripted_relay.BOOT
        reach = one.reach()
        assert reach is not None
        assert (reach.url, reach.relay, reach.token) == (relay.url, relay.relay, scripted_relay.TOKEN)


async def test_questions_get_their_own_answers_in_any_order(connect: Connect) -> None:
    held: list[frames.Submit] = []

    async def backwards(caller: Caller, frame: frames.ClientFrame) -> None:
        if not isinstance(frame, frames.Submit):
            await scripted_relay.friendly(caller, frame)
            return
        held.append(frame)
        if len(held) == 4:
            await caller.say(
                frames.Refused("withdrawn", submit=held[3].submit),
                frames.StaleDevices(held[2].submit, held[2].to, bytes(32)),
                frames.Accepted((frames.AcceptedItem(held[1].submit, 7), frames.AcceptedItem(held[0].submit, 8))),
            )

    async with ScriptedRelay(answer=backwards) as relay:
        one = connect(relay)
        await one.wait_connected()
        answers = await asyncio.gather(*(one.submit(*submit(n)) for n in range(4)))
        assert answers[0] == frames.AcceptedItem((0).to_bytes(16), 8)
        assert answers[1] == frames.AcceptedItem((1).to_bytes(16), 7)
        assert isinstance(answers[2], frames.StaleDevices)
        assert isinstance(answers[3], frames.Refused)
        assert answers[3].code == "withdrawn"
        assert await one.withdraw(b"x" * 16, b"a" * 32, b"b" * 16) == "withdrawn"
        assert (await one.lookup("bob@example.com")).state == "not_found"
        assert (await one.lookup_account(b"a" * 32)).state == "not_found"
        await one.relation(b"a" * 32, 1)
        assert any(isinstance(frame, frames.Relation) for frame in relay.caller.frames)


async def test_frames_of_one_turn_leave_in_one_message(connect: Connect) -> None:
    async with ScriptedRelay() as relay:
        one = connect(relay)
        await one.wait_connected()
        await asyncio.gather(*(one.submit(*submit(n)) for n in range(50)))
        assert [len(message) for message in relay.caller.heard] == [1, 50]


async def test_a_big_burst_is_cut_into_messages_below_the_limit(connect: Connect) -> None:
    async with ScriptedRelay() as relay:
        one = connect(relay)
        await one.wait_connected()
        await asyncio.gather(*(one.submit(*submit(n, limits.CONTENT)) for n in range(100)))
        sizes = [len(frames.encode(message)) for message in relay.caller.heard]
        assert max(sizes) <= limits.FRAME
        assert len(sizes) >= 3
        names = [frame.submit for frame in relay.caller.frames if isinstance(frame, frames.Submit)]
        assert names == [n.to_bytes(16) for n in range(100)]


async def test_without_a_link_every_question_says_offline(connect: Connect) -> None:
    async with ScriptedRelay() as relay:
        url = relay.url
    one = connect(relay, urls=[url], backoff=clock.Backoff(60, 60))
    for question in (
        one.submit(*submit(1)),
        one.withdraw(b"x" * 16, b"a" * 32, b"b" * 16),
        one.lookup("bob@example.com"),
        one.relation(b"a" * 32, 1),
    ):
        with pytest.raises(errors.AgainLater, match="offline"):
            await question
    assert one.reach() is None
    assert one.ephemeral(b"a" * 32, ()) is False


async def test_what_waits_for_an_answer_hears_of_the_end(connect: Connect) -> None:
    async def cut(caller: Caller, frame: frames.ClientFrame) -> None:
        await quiet(caller, frame)
        if isinstance(frame, frames.Lookup):
            await caller.socket.close()

    async with ScriptedRelay(answer=cut) as relay:
        one = connect(relay)
        await one.wait_connected()
        ends = await asyncio.gather(
            one.submit(*submit(1)),
            one.withdraw(b"x" * 16, b"a" * 32, b"b" * 16),
            one.relation(b"a" * 32, 1),
            one.lookup("bob@example.com"),
            return_exceptions=True,
        )
        assert [(type(end), str(end)) for end in ends] == [(errors.AgainLater, "connection_lost")] * 4


async def test_an_answer_that_never_comes_is_not_waited_for_longer_than_told(connect: Connect) -> None:
    async with ScriptedRelay(answer=quiet) as relay:
        one = connect(relay, answer_within=0.05)
        await one.wait_connected()
        with pytest.raises(errors.AgainLater, match="no_answer"):
            await one.submit(*submit(1))
        assert one.state.phase is Phase.CONNECTED


async def test_two_askers_of_one_submit_share_one_frame_and_its_answer(connect: Connect) -> None:
    async with ScriptedRelay() as relay:
        one = connect(relay)
        await one.wait_connected()
        first, second = await asyncio.gather(one.submit(*submit(1)), one.submit(*submit(1)))
        assert first == second
        assert len([f for f in relay.caller.frames if isinstance(f, frames.Submit)]) == 1


async def test_a_refused_question_raises_with_the_limit_and_the_time(connect: Connect) -> None:
    async def refuse(caller: Caller, frame: frames.ClientFrame) -> None:
        await quiet(caller, frame)
        if isinstance(frame, frames.Lookup):
            await caller.say(
                frames.Refused("rate_limited", request=frame.request, retry_after=1500, limit="lookups_a_day")
            )
        if isinstance(frame, frames.Withdraw):
            await caller.say(frames.Refused("not_a_device", submit=frame.submit))

    async with ScriptedRelay(answer=refuse) as relay:
        one = connect(relay)
        await one.wait_connected()
        with pytest.raises(errors.AgainLater, match="rate_limited: lookups_a_day") as caught:
            await one.lookup("bob@example.com")
        assert caught.value.retry_after == 1.5
        with pytest.raises(errors.GiveUp, match="not_a_device"):
            await one.withdraw(b"x" * 16, b"a" * 32, b"b" * 16)


async def test_the_mailbox_comes_in_order_and_is_acknowledged_in_one_frame(connect: Connect) -> None:
    async def hand_over(caller: Caller, frame: frames.ClientFrame) -> None:
        if isinstance(frame, frames.Login):
            await caller.say(
                scripted_relay.welcome(),
                deliver(1),
                deliver(2),
                frames.Changed(b"c" * 32),
                deliver(3),
                frames.CaughtUp(),
            )
            await caller.say(deliver(4))
        await quiet_ping(caller, frame)

    async with ScriptedRelay(answer=hand_over) as relay:
        one = connect(relay)
        mailbox = one.incoming()
        first, mark, later = [await anext(mailbox) for _ in range(3)]
        assert isinstance(first, incoming.Delivered)
        assert [entry.entry for entry in first.entries] == [1, 2, 3]
        assert mark == incoming.CaughtUp(first.session)
        assert isinstance(later, incoming.Delivered)
        one.acknowledge(first.session, [1, 2])
        one.acknowledge(first.session, [3, 4])
        await one.relation(b"a" * 32, 0)
        assert [f.entries for f in relay.caller.frames if isinstance(f, frames.Ack)] == [(1, 2, 3, 4)]


async def quiet_ping(caller: Caller, frame: frames.ClientFrame) -> None:
    """Answers pings only."""
    if isinstance(frame, frames.Ping):
        await scripted_relay.friendly(caller, frame)


async def test_an_acknowledgement_of_an_ended_connection_goes_nowhere(connect: Connect) -> None:
    async def hand_over(caller: Caller, frame: frames.ClientFrame) -> None:
        if isinstance(frame, frames.Login):
            await caller.say(scripted_relay.welcome(), deliver(1))
        await quiet_ping(caller, frame)

    async with ScriptedRelay(answer=hand_over) as relay:
        one = connect(relay)
        mailbox = one.incoming()
        old = await anext(mailbox)
        await relay.caller.socket.close()
        new = await anext(mailbox)
        assert new.session == old.session + 1
        one.acknowledge(old.session, [1])
        await one.relation(b"a" * 32, 0)
        assert not [frame for frame in relay.caller.frames if isinstance(frame, frames.Ack)]
        one.acknowledge(new.session, [1])
        await one.relation(b"a" * 32, 0)
        assert [frame.entries for frame in relay.caller.frames if isinstance(frame, frames.Ack)] == [(1,)]


async def test_a_flood_stops_the_reading_and_memory_stays_bounded(connect: Connect) -> None:
    """The relay ignores its own credits; it must get stuck in its own buffers and not in ours."""
    total = 600

    async def flood(caller: Caller, frame: frames.ClientFrame) -> None:
        if isinstance(frame, frames.Login):
            await caller.say(scripted_relay.welcome())
            for entry in range(total):
                await caller.say(deliver(entry, limits.CONTENT))

    async with ScriptedRelay(answer=flood) as relay:
        one = connect(relay)
        mailbox = one.incoming()
        while not mailbox.full:
            await asyncio.sleep(0)
        got: list[int] = []
        highest = mailbox.waiting_bytes
        while len(got) < total:
            item = await anext(mailbox)
            assert isinstance(item, incoming.Delivered)
            got.extend(entry.entry for entry in item.entries)
            highest = max(highest, mailbox.waiting_bytes)
        assert got == list(range(total))
        assert incoming.BOUND <= highest <= incoming.BOUND + limits.FRAME


async def test_it_comes_back_and_watches_again(connect: Connect) -> None:
    async with ScriptedRelay() as relay:
        watcher = Watcher()
        one = connect(relay, listeners=connection.Listeners(state=watcher))
        one.watch([b"w" * 32])
        await one.wait_connected()
        await one.relation(b"a" * 32, 0)
        await relay.caller.socket.close()
        await watcher.until(lambda state: state == connection.ConnectionState(Phase.OFFLINE, "connection_lost"))
        await one.wait_connected()
        await one.relation(b"a" * 32, 0)
        assert len(relay.callers) == 2
        for caller in relay.callers:
            assert frames.Watch((b"w" * 32,)) in caller.frames
        logins = [caller.frames[0] for caller in relay.callers]
        assert all(isinstance(frame, frames.Login) and frame.counter == 1 for frame in logins)


async def test_every_known_address_is_tried_then_the_local_network(connect: Connect) -> None:
    asked: list[bytes] = []
    async with ScriptedRelay() as relay:
        async with ScriptedRelay() as gone:
            dead = gone.url

        async def found(name: bytes) -> list[str]:
            asked.append(name)
            return [dead, relay.url]

        second = connect(relay, urls=[dead, relay.url], discover=found)
        await second.wait_connected()
        assert asked == []
        local = connect(relay, urls=[dead], discover=found)
        await local.wait_connected()
        assert asked == [relay.relay]


@pytest.mark.expect_log("another_relay")
async def test_another_relay_gets_nothing_and_is_not_final(connect: Connect) -> None:
    async with ScriptedRelay(seed=b"x" * 32) as stranger, ScriptedRelay(seed=b"y" * 32) as known:
        watcher = Watcher()
        one = connect(known, urls=[stranger.url], listeners=connection.Listeners(state=watcher))
        state = await watcher.until(lambda state: state.phase is Phase.REFUSED)
        assert state == connection.ConnectionState(Phase.REFUSED, "another_relay")
        await one.close()
        assert all(caller.heard == [] for caller in stranger.callers)


@pytest.mark.expect_log("copied")
async def test_a_refusal_by_the_relay_itself_ends_the_tries_until_somebody_asks(connect: Connect) -> None:
    heard: list[frames.Refused] = []
    let_in = False

    async def judge(caller: Caller, frame: frames.ClientFrame) -> None:
        if let_in:
            await scripted_relay.friendly(caller, frame)
        else:
            await caller.say(frames.Refused("copied"))

    async with ScriptedRelay(answer=judge) as relay:
        one = connect(relay, listeners=connection.Listeners(refused=heard.append))
        with pytest.raises(errors.GiveUp, match="copied"):
            await one.wait_connected()
        assert one.state == connection.ConnectionState(Phase.REFUSED, "copied", final=True)
        assert [frame.code for frame in heard] == ["copied"]
        let_in = True
        one.retry_now()
        while one.state.phase is not Phase.CONNECTED:
            await asyncio.sleep(0)
        assert len(relay.callers) == 2


async def test_a_busy_relay_is_asked_again(connect: Connect) -> None:
    async def busy_once(caller: Caller, frame: frames.ClientFrame) -> None:
        if len(relay.callers) == 1:
            await caller.say(frames.Refused("rate_limited", limit="logins_a_minute", retry_after=20))
        else:
            await scripted_relay.friendly(caller, frame)

    async with ScriptedRelay(answer=busy_once) as relay:
        one = connect(relay)
        await one.wait_connected()
        assert len(relay.callers) == 2


@pytest.mark.expect_log("cannot be read")
async def test_what_cannot_be_read_is_skipped_and_its_neighbours_are_not(connect: Connect) -> None:
    async def odd(caller: Caller, frame: frames.ClientFrame) -> None:
        if isinstance(frame, frames.Login):
            await caller.say(scripted_relay.welcome())
            good = frames.encode_one(deliver(1))
            unknown = b"\x92\xcc\xc8\x01"  # [200, 1]
            short = b"\x92\x46\x01"  # a Deliver without its fields
            await caller.socket.send_bytes(frames.join([unknown, good, short]))
            await caller.socket.send_bytes(b"\xc1 not msgpack")
            await caller.say(deliver(2))

    async with ScriptedRelay(answer=odd) as relay:
        one = connect(relay)
        mailbox = one.incoming()
        numbers: list[int] = []
        while len(numbers) < 2:
            item = await anext(mailbox)
            assert isinstance(item, incoming.Delivered)
            numbers.extend(entry.entry for entry in item.entries)
        assert numbers == [1, 2]
        assert len(relay.callers) == 1


async def test_a_message_above_the_limit_ends_the_connection_and_not_the_program(connect: Connect) -> None:
    async def oversize(caller: Caller, frame: frames.ClientFrame) -> None:
        if isinstance(frame, frames.Login):
            await caller.say(scripted_relay.welcome())
            if len(relay.callers) == 1:
                await caller.socket.send_bytes(bytes(limits.FRAME + 1))
            else:
                await caller.say(deliver(1))

    async with ScriptedRelay(answer=oversize) as relay:
        one = connect(relay)
        item = await anext(one.incoming())
        assert isinstance(item, incoming.Delivered)
        assert len(relay.callers) == 2


@pytest.mark.parametrize(
    "first",
    [frames.Pong(1), frames.Refused("copied"), scripted_relay.welcome(1)],
    ids=["pong", "refused", "welcome"],
)
@pytest.mark.expect_log("no_hello")
async def test_without_a_hello_nothing_is_sent(connect: Connect, first: frames.Frame) -> None:
    async with ScriptedRelay(hello=lambda _: first) as relay:
        watcher = Watcher()
        one = connect(relay, listeners=connection.Listeners(state=watcher))
        state = await watcher.until(lambda state: state.phase is Phase.REFUSED)
        assert (state.code, state.final) == ("no_hello", False)
        await one.close()
        assert all(caller.heard == [] for caller in relay.callers)


@pytest.mark.expect_log("wrong_version")
async def test_a_relay_of_another_age_is_not_logged_in_to(connect: Connect) -> None:
    def future(frame: frames.Frame) -> frames.Frame:
        assert isinstance(frame, frames.Hello)
        return frames.Hello(frame.statement, frame.nonce, frame.now, 7, 9)

    async with ScriptedRelay(hello=future) as relay:
        watcher = Watcher()
        connect(relay, listeners=connection.Listeners(state=watcher))
        state = await watcher.until(lambda state: state.phase is Phase.REFUSED)
        assert state.code == "wrong_version"


async def test_unasked_words_reach_their_listeners(connect: Connect) -> None:
    said: list[object] = []
    done = asyncio.Event()

    def last(milliseconds: int) -> None:
        said.append(milliseconds)
        done.set()

    ephemeral = frames.DeliverEphemeral(b"a" * 32, b"e" * 16, b"x")
    refused = frames.Refused("copied")

    async def talk(caller: Caller, frame: frames.ClientFrame) -> None:
        if isinstance(frame, frames.Login):
            await caller.say(
                scripted_relay.welcome(),
                frames.Token(b"new"),
                frames.Changed(b"c" * 32),
                frames.Expired((b"s" * 16,)),
                ephemeral,
                refused,
                frames.Drain(0),
            )

    listeners = connection.Listeners(
        changed=said.append,
        expired=said.append,
        ephemeral=said.append,
        refused=said.append,
        drain=last,
        hello=lambda body: said.append(body.urls),
        welcome=lambda frame: said.append(frame.boot),
    )
    async with ScriptedRelay(answer=talk) as relay:
        one = connect(relay, listeners=listeners)
        await done.wait()
        assert said == [
            (relay.url,),
            scripted_relay.BOOT,
            b"c" * 32,
            (b"s" * 16,),
            ephemeral,
            refused,
            0,
        ]
        reach = one.reach()
        assert reach is not None
        assert reach.token == b"new"
        assert one.ephemeral(b"a" * 32, [frames.Addressed(b"e" * 16, b"typing")])


async def test_the_relays_clock_is_known(connect: Connect) -> None:
    ahead = 300_000

    async def ahead_of_us(caller: Caller, frame: frames.ClientFrame) -> None:
        if isinstance(frame, frames.Login):
            await caller.say(scripted_relay.welcome(time.now() + ahead))

    time = clock.SystemClock()
    async with ScriptedRelay(answer=ahead_of_us) as relay:
        one = connect(relay, time=time)
        await one.wait_connected()
        assert abs(one.relay_time_offset - ahead) < 10_000


class HeartClock(clock.SystemClock):
    """Sleeps end when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeping = asyncio.Event()
        self._wake = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        assert seconds == limits.HEARTBEAT / 1000
        self._wake.clear()
        self.sleeping.set()
        await self._wake.wait()

    async def beat(self) -> None:
        await self.sleeping.wait()
        self.sleeping.clear()
        self._wake.set()


async def test_silence_after_a_ping_ends_the_connection(connect: Connect) -> None:
    time = HeartClock()
    async with ScriptedRelay(answer=quiet) as relay:
        watcher = Watcher()
        one = connect(relay, time=time, listeners=connection.Listeners(state=watcher))
        await one.wait_connected()
        await anext(one.incoming())  # the mark, so that nothing more is on its way
        await time.beat()
        await time.beat()
        await watcher.until(lambda state: state.phase is Phase.OFFLINE and state.code == "connection_lost")
        await one.wait_connected()
        assert [type(frame) for frame in relay.callers[0].frames] == [frames.Login, frames.Ping]


async def test_answered_pings_keep_it(connect: Connect) -> None:
    time = HeartClock()
    pings = asyncio.Event()

    async def answer(caller: Caller, frame: frames.ClientFrame) -> None:
        await scripted_relay.friendly(caller, frame)
        if isinstance(frame, frames.Ping):
            pings.set()

    async with ScriptedRelay(answer=answer) as relay:
        one = connect(relay, time=time)
        await one.wait_connected()
        for _ in range(3):
            pings.clear()
            await time.beat()
            await pings.wait()
            await one.relation(b"a" * 32, 0)  # the pong has been read
            await time.beat()
        assert one.state.phase is Phase.CONNECTED
        assert len(relay.callers) == 1


async def test_closing_hands_over_what_is_queued(connect: Connect) -> None:
    async with ScriptedRelay() as relay:
        one = connect(relay)
        await one.wait_connected()
        first = await anext(one.incoming())
        one.acknowledge(first.session, range(10_000))
        one.ephemeral(b"a" * 32, [frames.Addressed(b"e" * 16, b"gone")])
        await one.close()
        assert one.state == connection.ConnectionState(Phase.OFFLINE)
        with pytest.raises(StopAsyncIteration):
            await anext(one.incoming())
        with pytest.raises(errors.AgainLater, match="offline"):
            await one.wait_connected()
        await relay.stop()
        acked = [f.entries for f in relay.caller.frames if isinstance(f, frames.Ack)]
        assert [entry for entries in acked for entry in entries] == list(range(10_000))
        assert max(len(entries) for entries in acked) <= limits.ACKS
        assert any(isinstance(frame, frames.SendEphemeral) for frame in relay.caller.frames)


async def test_closing_does_not_wait_for_a_relay_that_does_not_read(connect: Connect) -> None:
    async with not_reading() as relay:
        one = connect(relay)
        await one.wait_connected()
        waiting = asyncio.gather(*(one.submit(*submit(n, limits.CONTENT)) for n in range(400)), return_exceptions=True)
        while not any(isinstance(frame, frames.Submit) for frame in relay.caller.frames):
            await asyncio.sleep(0)
        async with asyncio.timeout(2.0):
            await one.close()
            ends = await waiting
        assert {str(end) for end in ends} <= {"connection_lost"}


async def test_what_waits_for_room_hears_of_the_end(connect: Connect) -> None:
    async with not_reading() as relay:
        one = connect(relay, answer_within=600.0)
        await one.wait_connected()
        queued = [asyncio.create_task(one.submit(*submit(n, limits.CONTENT))) for n in range(400)]
        while not relay.caller.frames[1:]:
            await asyncio.sleep(0)
        late = asyncio.create_task(one.submit(*submit(400)))
        await asyncio.sleep(0)
        async with asyncio.timeout(30.0):
            await one.close()
            ends = await asyncio.gather(*queued, late, return_exceptions=True)
        assert {(type(end), str(end)) for end in ends} == {(errors.AgainLater, "connection_lost")}


@settings(max_examples=examples(40))
@given(st.lists(st.integers(-1, limits.WATCHED), max_size=200))
async def test_outgoing_keeps_order_and_limits(steps: list[int]) -> None:
    """A frame with that many accounts in it; -1: an acknowledgement."""
    out = outgoing.Outgoing()
    sent: list[bytes] = []
    acks: list[int] = []
    for number, step in enumerate(steps):
        if step < 0:
            out.acknowledge([number])
            acks.append(number)
        else:
            part = frames.encode_one(frames.Watch((number.to_bytes(32),) * step))
            sent.append(part)
            out.put(part)
    got: list[bytes] = []
    got_acks: list[int] = []
    while len(got) < len(sent) or len(got_acks) < len(acks):
        data = await out.take()
        assert len(data) <= limits.FRAME
        for frame in frames.decode_client(data).frames:
            if isinstance(frame, frames.Ack):
                got_acks.extend(frame.entries)
            else:
                got.append(frames.encode_one(frame))
    assert (got, got_acks) == (sent, acks)
