"""A wire between real ends that delays, doubles, loses and cuts, the same way for the same seed.

It speaks WebSocket on both sides and passes whole binary messages on, because a stream cannot double half a message.
What is lost on a stream is never lost alone: a dropped message takes everything behind it and the connection along.
"""

import asyncio
import contextlib
import random
from dataclasses import dataclass
from types import TracebackType

import aiohttp
from aiohttp import WSMsgType, web

from app.common import tasks
from app.protocol import limits

_SHAKE_HANDS = 2  # messages of each direction that pass untouched: Hello, Login, Welcome


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances (0 to 1) for each message; ``longest`` is the longest delay in seconds."""

    delay: float = 0.0
    double: float = 0.0
    drop: float = 0.0
    cut: float = 0.0
    refuse: float = 0.0  # of a new connection
    longest: float = 0.005


STORM = Faults(delay=0.2, double=0.1, drop=0.03, cut=0.03, refuse=0.1)


@dataclass(slots=True)
class Tally:
    """What was done, so that a test can tell that something was."""

    passed: int = 0
    delayed: int = 0
    doubled: int = 0
    dropped: int = 0
    cut: int = 0
    refused: int = 0


class _Lost(Exception):
    """The connection ends here."""


class FaultyWire:
    """Listens on loopback and leads to ``target`` (http, plain); faults may be changed while it runs.

    Each connection and direction has dice of its own, so that what happens to the n-th message of the k-th connection
    depends on the seed alone and not on timing.
    """

    def __init__(self, target: str, faults: Faults, seed: int) -> None:
        self.faults = faults
        self.tally = Tally()
        self.up = True
        self._target = target
        self._seed = seed
        self._count = 0
        self._ends: set[web.WebSocketResponse] = set()
        self._owner = tasks.TaskOwner("wire")
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> "FaultyWire":
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        application = web.Application(client_max_size=limits.REQUEST)
        application.router.add_get(limits.SOCKET_PATH, self._serve)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cut_all()
        await self._owner.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def cut_all(self) -> None:
        """End every connection there is now."""
        for end in list(self._ends):
            _abort(end)
        await asyncio.sleep(0)

    async def _pass_on(self, request: web.Request) -> web.Response:
        """An HTTP request is passed on whole."""
        if self._session is None or not self.up:
            return web.Response(status=502)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        body = await request.read()
        async with self._session.request(
            request.method, self._target + request.path_qs, data=body or None, headers=headers
        ) as answer:
            return web.Response(status=answer.status, body=await answer.read())

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self._count += 1
        number = self._count
        dice = random.Random(f"{self._seed}/{number}")
        if not self.up or self._session is None or dice.random() < self.faults.refuse:
            self.tally.refused += 1
            return web.Response(status=503)
        try:
            far = await self._session.ws_connect(
                self._target + limits.SOCKET_PATH, compress=0, max_msg_size=limits.FRAME + 1
            )
        except aiohttp.ClientError:
            return web.Response(status=502)
        near = web.WebSocketResponse(compress=False, max_msg_size=limits.FRAME + 1)
        await near.prepare(request)
        self._ends.add(near)
        down = self._owner.spawn(self._carry(far, near, f"{self._seed}/{number}/down", near), name="down")
        try:
            await self._carry(near, far, f"{self._seed}/{number}/up", near)
        finally:
            self._ends.discard(near)
            _abort(near)
            down.cancel()
            far_transport = far.get_extra_info("socket")
            await asyncio.wait([down])
            with contextlib.suppress(OSError, AttributeError):
                far_transport.shutdown(2)
            await far.close()
        return near

    async def _carry(
        self,
        source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
        sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
        name: str,
        near: web.WebSocketResponse,
    ) -> None:
        dice = random.Random(name)
        with contextlib.suppress(_Lost, ConnectionError, aiohttp.ClientError):
            for number in range(2**62):
                message = await source.receive()
                if message.type is not WSMsgType.BINARY:
                    break
                copies, last = await self._fate(dice) if number >= _SHAKE_HANDS else (1, False)
                for _ in range(copies):
                    await sink.send_bytes(message.data)
                self.tally.passed += 1
                if last:
                    break
        _abort(near)

    async def _fate(self, dice: random.Random) -> tuple[int, bool]:
        """How often this message is passed on, and whether the connection ends behind it; raises _Lost with it."""
        rolls = [dice.random() for _ in range(5)]
        if rolls[0] < self.faults.drop:
            self.tally.dropped += 1
            raise _Lost
        if rolls[1] < self.faults.cut:
            self.tally.cut += 1
            return 1, True
        if rolls[2] < self.faults.delay:
            self.tally.delayed += 1
            await asyncio.sleep(rolls[3] * self.faults.longest)
        if rolls[4] < self.faults.double:
            self.tally.doubled += 1
            return 2, False
        return 1, False


def _abort(end: web.WebSocketResponse) -> None:
    """Without goodbye, as a pulled cable."""
    transport = end.get_extra_info("socket")
    if transport is not None:
        with contextlib.suppress(OSError):
            transport.shutdown(2)
