"""One logged-in connection from Welcome to its end: reading, writing, heartbeat, and answers matched to questions."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from app.common import errors, tasks
from app.common.clock import Clock
from app.net import incoming, outgoing, transport
from app.protocol import codes, frames, limits

log = logging.getLogger(__name__)

K = TypeVar("K")
A = TypeVar("A")

SubmitAnswer = frames.AcceptedItem | frames.StaleDevices | frames.Refused
_FAREWELL: Final = 0.4  # seconds to hand the last frames to the system


def _ignore(_: object) -> None:
    return


class Listeners(msgspec.Struct, frozen=True):
    """Plain functions called on the loop for what no question of ours asked for; each may be left out."""

    changed: Callable[[bytes], None] = _ignore  # account whose list changed
    expired: Callable[[tuple[bytes, ...]], None] = _ignore  # submit ids never fetched
    drain: Callable[[int], None] = _ignore  # come back in so many milliseconds
    ephemeral: Callable[[frames.DeliverEphemeral], None] = _ignore
    joined: Callable[[frames.Joined], None] = _ignore  # accounts that came by an invite of ours
    terms: Callable[[frames.TextTerms], None] = _ignore  # whether and how texts leave
    addresses: Callable[[frames.OwnAddresses], None] = _ignore  # how the own addresses stand
    refused: Callable[[frames.Refused], None] = _ignore  # said of the connection itself, such as ``copied``


class Link:
    """``session`` numbers the connection: entries are acknowledged only on the one they came on."""

    def __init__(
        self,
        channel: transport.Channel,
        session: int,
        inbox: incoming.Incoming,
        listeners: Listeners,
        clock: Clock,
        answer_within: float,
        token: bytes,
    ) -> None:
        self.session = session
        self.token = token
        self.skipped = 0  # frames that were unknown or malformed
        self.come_back = 0.0  # seconds, as the relay's Drain asked
        self._channel = channel
        self._inbox = inbox
        self._listeners = listeners
        self._clock = clock
        self._within = answer_within
        self._out = outgoing.Outgoing()
        self._owner = tasks.TaskOwner(f"link-{session}")
        self._submits: dict[bytes, asyncio.Future[SubmitAnswer]] = {}
        self._withdrawals: dict[bytes, asyncio.Future[str]] = {}
        self._lookups: dict[int, asyncio.Future[frames.Found]] = {}
        self._pongs: dict[int, asyncio.Future[None]] = {}
        self._number = 0
        self._heard = 0
        self._ended: errors.AgainLater | None = None

    async def run(self, first: Sequence[frames.RelayFrame]) -> None:
        """Serve until the connection ends, which is always raised: errors.AgainLater (``connection_lost``).

        ``end`` must be awaited afterwards.
        ``first`` are the frames that came in the same message as Welcome.
        """
        self._owner.spawn(self._write(), name="writer")
        self._owner.spawn(self._beat(), name="heartbeat")
        self._dispatch(first)
        while True:
            await self._inbox.room()
            self._take(await self._channel.receive())

    async def farewell(self) -> None:
        """Hand over what is queued, then close; the reader ends by that."""
        try:
            async with asyncio.timeout(_FAREWELL):
                await self._out.idle()
        except TimeoutError:
            log.info("the last frames did not leave in time")
        await self._channel.close()

    async def end(self) -> None:
        """Everybody who waits for an answer hears ``connection_lost``; then the tasks and the channel are closed."""
        self._ended = self._ended or errors.AgainLater("connection_lost")
        self._out.close()  # whoever waited for room is told at once, as those who wait for an answer are
        for table in (self._submits, self._withdrawals, self._lookups, self._pongs):
            for waiting in table.values():
                if not waiting.done():
                    waiting.set_exception(errors.AgainLater("connection_lost"))
            table.clear()
        await self._owner.close(grace=0.5)
        await self._channel.close()

    # what goes out

    async def submit(self, submit: bytes, part: bytes) -> SubmitAnswer:
        """Send a stored Submit and wait for its answer."""
        await self._room()
        known = self._submits.get(submit)
        if known is not None:
            return await self._wait(known)
        return await self._ask(self._submits, submit, part)

    async def withdraw(self, frame: frames.Withdraw | frames.WithdrawText) -> str:
        """The outcome of taking something back."""
        return await self._ask(self._withdrawals, frame.submit, frames.encode_one(frame))

    async def lookup(self, address: str, account: bytes) -> frames.Found:
        """The answer to a Lookup."""
        number = self._next()
        return await self._ask(self._lookups, number, frames.encode_one(frames.Lookup(number, address, account)))

    async def confirm(self, frame: frames.Frame) -> None:
        """Send a frame that has no answer of its own, and a Ping: the Pong says that the relay has got so far."""
        number = self._next()
        self.send(frame)
        await self._ask(self._pongs, number, frames.encode_one(frames.Ping(number)))

    def send(self, frame: frames.Frame) -> None:
        """Send and expect nothing."""
        if self._ended is None:
            self._out.put(frames.encode_one(frame))

    def acknowledge(self, entries: Iterable[int]) -> None:
        """Let the relay forget these entries."""
        self._out.acknowledge(entries)

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _room(self) -> None:
        await self._out.room()
        if self._ended is not None:
            raise errors.AgainLater("connection_lost")

    async def _ask(self, table: "dict[K, asyncio.Future[A]]", key: K, part: bytes) -> A:
        if self._ended is not None:
            raise errors.AgainLater("connection_lost")
        waiting: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._out.put(part)
        table[key] = waiting
        try:
            return await self._wait(waiting)
        finally:
            if table.get(key) is waiting:
                del table[key]

    async def _wait(self, waiting: "asyncio.Future[A]") -> A:
        try:
            async with asyncio.timeout(self._within):
                return await asyncio.shield(waiting)
        except TimeoutError:
            raise errors.AgainLater("no_answer") from None

    async def _write(self) -> None:
        try:
            while True:
                await self._channel.send(await self._out.take())
        except errors.AgainLater:
            await self._channel.close()  # which the reader sees

    async def _beat(self) -> None:
        """A Ping each interval; a whole interval of silence after one is the end, unless we are not reading."""
        while True:
            await self._clock.sleep(limits.HEARTBEAT / 1000)
            heard = self._heard
            self.send(frames.Ping(self._next()))
            await self._clock.sleep(limits.HEARTBEAT / 1000)
            if self._heard == heard and not self._inbox.full:
                log.info("the relay has fallen silent")
                await self._channel.close()
                return

    # what comes in

    def _take(self, data: bytes) -> None:
        self._heard += 1
        try:
            batch = frames.decode_relay(data)
        except errors.Malformed as error:
            self._skip(1, error.code)
            return
        if batch.unknown or batch.malformed:
            self._skip(batch.unknown + batch.malformed, "frame")
        self._dispatch(batch.frames)

    def _skip(self, count: int, what: str) -> None:
        if not self.skipped:  # once a connection: a flood must not become a flood of lines
            log.warning("the relay sent what cannot be read (%s); it was skipped", what)
        self.skipped += count

    def _dispatch(self, batch: Sequence[frames.RelayFrame]) -> None:
        entries: list[frames.Entry] = []
        for frame in batch:
            if isinstance(frame, frames.Deliver | frames.DeliverText | frames.TextReport):
                entries.append(frame)
                continue
            if isinstance(frame, frames.CaughtUp):
                self._deliver(entries)
                entries = []
                self._inbox.caught_up(self.session)
            else:
                self._answer(frame)
        self._deliver(entries)

    def _deliver(self, entries: list[frames.Entry]) -> None:
        if entries:
            self._inbox.deliver(self.session, entries)

    def _answer(self, frame: frames.RelayFrame) -> None:
        match frame:
            case frames.Accepted():
                for item in frame.items:
                    _resolve(self._submits, item.submit, item)
            case frames.StaleDevices():
                _resolve(self._submits, frame.submit, frame)
            case frames.Withdrawn():
                _resolve(self._withdrawals, frame.submit, frame.outcome)
            case frames.Found():
                _resolve(self._lookups, frame.request, frame)
            case frames.Pong():
                _resolve(self._pongs, frame.mark, None)
            case frames.Refused():
                self._refused(frame)
            case frames.Token():
                self.token = frame.token
            case _:
                self._tell(frame)

    def _refused(self, frame: frames.Refused) -> None:
        if frame.submit:
            if frame.submit in self._submits:
                _resolve(self._submits, frame.submit, frame)
            else:
                _fail(self._withdrawals, frame.submit, frame)
        elif frame.request:
            _fail(self._lookups, frame.request, frame)
        else:
            self._listeners.refused(frame)

    def _tell(self, frame: frames.RelayFrame) -> None:
        match frame:
            case frames.Changed():
                self._listeners.changed(frame.account)
            case frames.Joined():
                self._listeners.joined(frame)
            case frames.TextTerms():
                self._listeners.terms(frame)
            case frames.OwnAddresses():
                self._listeners.addresses(frame)
            case frames.Expired():
                self._listeners.expired(frame.submits)
            case frames.DeliverEphemeral():
                self._listeners.ephemeral(frame)
            case frames.Drain():
                self.come_back = frame.retry_after / 1000
                self._listeners.drain(frame.retry_after)
            case _:
                self._skip(1, "out of place")


def _resolve(table: "dict[K, asyncio.Future[A]]", key: K, answer: A) -> None:
    waiting = table.pop(key, None)
    if waiting is not None and not waiting.done():
        waiting.set_result(answer)


def _fail(table: "dict[K, asyncio.Future[A]]", key: K, frame: frames.Refused) -> None:
    waiting = table.pop(key, None)
    if waiting is not None and not waiting.done():
        waiting.set_exception(codes.error(frame.code, frame.limit, frame.retry_after))
