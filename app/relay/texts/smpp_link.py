"""One SMPP connection: requests and their answers, what the peer asks of us, and how it ends."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from app.common import clock, tasks
from app.relay.texts import base, pdu
from app.relay.texts.pdu import Command, Status

MOST_DELIVERING: Final = (
    300  # deliver_sm that wait for the store at a time (a longest text and more); others come again
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    connect: float = 10.0
    response: float = 10.0  # to any request
    enquire: float = 15.0  # between two looks whether the peer is there
    farewell: float = 2.0  # for answers that are still to come, and for unbind, when we close
    reconnect: tuple[float, float] = (0.25, 60.0)  # first and longest wait
    hold: tuple[float, float] = (0.1, 5.0)  # first and longest pause when the gateway is busy


@dataclass(frozen=True, slots=True)
class Answer:
    """command_status and body of a response; a generic_nack counts as one."""

    status: int
    body: bytes


Deliver = Callable[[bytes], Awaitable[int]]  # the body of a deliver_sm -> command_status of its answer


class Link:
    """Owns the connection it is given; ``deliver`` answers only when what it was given is stored."""

    def __init__(
        self,
        name: str,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        deliver: Deliver,
        timing: Timing,
        time: clock.Clock,
    ) -> None:
        self._reader, self._writer = streams
        self._deliver = deliver
        self._timing = timing
        self._clock = time
        self._tasks = tasks.TaskOwner(name)
        self._sequence = 0
        self._waiting: dict[int, tuple[int, asyncio.Future[Answer]]] = {}
        self._delivering: set[asyncio.Task[None]] = set()
        self._end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._tasks.spawn(self._read(), name="read")

    async def bind(self, system_id: str, password: str, system_type: str) -> int:
        """Bind as transceiver; the command_status. Once bound, the peer is asked regularly whether it is there."""
        answer = await self.ask(Command.BIND_TRANSCEIVER, pdu.encode_bind(system_id, password, system_type))
        if answer.status == Status.OK:
            self._tasks.spawn(self._enquire(), name="enquire")
        return answer.status

    async def ask(self, command: Command, body: bytes = b"") -> Answer:
        """Send a request and wait; base.NotSent when nothing was written, base.OutcomeUnknown when no answer came."""
        if self._end.done() or self._writer.is_closing():
            raise base.NotSent("no connection")
        self._sequence = self._sequence % pdu.MOST_SEQUENCE + 1
        sequence = self._sequence
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = command, waiting
        try:
            self._write(command, Status.OK, sequence, body)
            async with asyncio.timeout(self._timing.response):
                return await waiting
        except TimeoutError:
            raise base.OutcomeUnknown("no answer") from None
        finally:
            del self._waiting[sequence]

    async def ended(self) -> str:
        """Wait for the end of the connection; why it ended, in a few words."""
        return await asyncio.shield(self._end)

    async def close(self) -> None:
        """Take leave if the peer is still there; the connection is closed even when this is cancelled on its way."""
        try:
            await self._take_leave()
        finally:
            self._finish("closed")
            try:
                await self._tasks.close()
            finally:
                self._writer.close()
        try:
            async with asyncio.timeout(self._timing.farewell):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            # Under TLS that of Python 3.11.2 has nothing left to abort once it was closed twice, and says so like this.
            with contextlib.suppress(AttributeError):
                self._writer.transport.abort()

    async def _take_leave(self) -> None:
        """What is on its way, or being stored, gets its answer, then unbind."""
        with contextlib.suppress(TimeoutError, base.NotSent, base.OutcomeUnknown):
            async with asyncio.timeout(self._timing.farewell):
                pending = {*self._delivering, *(waiting for _, waiting in self._waiting.values())}
                if pending and not self._end.done():
                    await asyncio.wait(pending)
                await self.ask(Command.UNBIND)

    def _finish(self, why: str) -> None:
        if not self._end.done():
            self._end.set_result(why)
        for _, waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(base.OutcomeUnknown("connection lost"))

    def _write(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        if not self._writer.is_closing():
            self._writer.write(pdu.encode(command, status, sequence, body))

    async def _enquire(self) -> None:
        while True:
            await self._clock.sleep(self._timing.enquire)
            try:
                await self.ask(Command.ENQUIRE_LINK)
            except (base.NotSent, base.OutcomeUnknown):
                self._finish("silent")
                return

    async def _read(self) -> None:
        try:
            while not self._end.done():
                header = pdu.read_header(await self._reader.readexactly(pdu.HEADER))
                if not pdu.HEADER <= header.length <= pdu.MOST:
                    self._write(Command.GENERIC_NACK, Status.BAD_COMMAND_LENGTH, header.sequence)
                    self._finish("bad command_length")
                    return
                self._take(header, await self._reader.readexactly(header.length - pdu.HEADER))
        except asyncio.IncompleteReadError:
            self._finish("closed by the peer")
        except OSError as error:
            self._finish(type(error).__name__)

    def _take(self, header: pdu.Header, body: bytes) -> None:
        if header.command & pdu.RESPONSE:
            self._answered(header, body)
            return
        response = header.command | pdu.RESPONSE
        match header.command:
            case Command.DELIVER_SM if len(self._delivering) < MOST_DELIVERING:
                task = self._tasks.spawn(self._delivered(body, header.sequence), name="deliver")
                self._delivering.add(task)
                task.add_done_callback(self._delivering.discard)
            case Command.DELIVER_SM:
                self._write(response, Status.TRY_LATER, header.sequence, b"\0")
            case Command.ENQUIRE_LINK:
                self._write(response, Status.OK, header.sequence)
            case Command.UNBIND:
                self._write(response, Status.OK, header.sequence)
                self._finish("unbound by the peer")
            case Command.ALERT_NOTIFICATION:
                pass  # it has no answer (4.12)
            case _:
                self._write(Command.GENERIC_NACK, Status.BAD_COMMAND, header.sequence)

    def _answered(self, header: pdu.Header, body: bytes) -> None:
        command, waiting = self._waiting.get(header.sequence, (0, None))
        refused = header.command == Command.GENERIC_NACK
        if waiting is None or waiting.done() or not (refused or header.command == command | pdu.RESPONSE):
            log.info("an answer nobody waits for")
            return
        waiting.set_result(Answer(header.status or (Status.SYSTEM_ERROR if refused else Status.OK), body))

    async def _delivered(self, body: bytes, sequence: int) -> None:
        status: int = Status.TRY_LATER  # also when the store fails in a way nobody foresaw, or we close
        try:
            status = await self._deliver(body)
        finally:
            self._write(Command.DELIVER_SM | pdu.RESPONSE, status, sequence, b"\0")
