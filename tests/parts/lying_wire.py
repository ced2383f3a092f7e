"""A relay that lies: the real one behind a proxy that may change, drop, double or invent whatever it says."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from types import TracebackType

import aiohttp
from aiohttp import WSMsgType, web

from app.common import tasks
from app.protocol import frames, limits, requests
from tests.parts import relay

Lie = Callable[[bytes, frames.RelayFrame], Sequence[frames.Frame]]
Turn = Callable[[Sequence[frames.RelayFrame]], Sequence[frames.RelayFrame]]
Claimed = Callable[[requests.Claimed], requests.Claimed]
Kept = Callable[[bytes, frames.ClientFrame], Sequence[frames.Frame] | None]


def honest(_: bytes, frame: frames.RelayFrame) -> Sequence[frames.Frame]:
    """As it came."""
    return (frame,)


def in_turn(batch: Sequence[frames.RelayFrame]) -> Sequence[frames.RelayFrame]:
    """In the order in which they came."""
    return batch


def nothing_kept(_: bytes, frame: frames.ClientFrame) -> None:
    """The relay hears everything."""


class LyingWire:
    """``lie`` is asked about each frame to a device, ``claimed`` about each answer to a claim of prekeys.

    ``turn`` is asked before about all frames of one message to a device, and may put them in another order.

    ``keep`` is asked about each frame from a device: an answer instead of None, and the real relay never hears of it.
    """

    def __init__(self) -> None:
        self.lie: Lie = honest
        self.turn: Turn = in_turn
        self.keep: Kept = nothing_kept
        self.claimed: Claimed = lambda body: body
        self.claims = 0
        self._target = ""
        self._near: dict[bytes, web.WebSocketResponse] = {}
        self._owner = tasks.TaskOwner("lying")
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> "LyingWire":
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        application = web.Application(client_max_size=limits.REQUEST)
        application.router.add_get(limits.SOCKET_PATH, self._serve)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for near in self._near.values():
            await near.close()
        await self._owner.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    def lead_to(self, target: str) -> None:
        """Where the real relay is."""
        self._target = target

    async def say(self, device: bytes, *items: frames.Frame) -> None:
        """Something the relay never said to that device, in one WebSocket message."""
        await self.raw(device, frames.encode(items))

    async def raw(self, device: bytes, data: bytes) -> None:
        """Bytes the relay never said to that device."""
        await self._near[device].send_bytes(data)

    async def _pass_on(self, request: web.Request) -> web.Response:
        assert self._session is not None
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        body = await request.read()
        async with self._session.request(
            request.method, self._target + request.path_qs, data=body or None, headers=headers
        ) as answer:
            said = await answer.read()
            if request.path == limits.CLAIM_PATH and answer.status == 200:
                self.claims += 1
                said = requests.encode(self.claimed(requests.decode(said, requests.Claimed)))
            return web.Response(status=answer.status, body=said)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        far = await self._session.ws_connect(
            self._target + limits.SOCKET_PATH, compress=0, max_msg_size=limits.FRAME + 1
        )
        near = web.WebSocketResponse(compress=False, max_msg_size=limits.FRAME + 1)
        await near.prepare(request)
        down = self._owner.spawn(self._down(far, near), name="down")
        try:
            async for message in near:
                if message.type is not WSMsgType.BINARY:
                    break
                decoded = frames.decode_client(message.data).frames
                for frame in decoded:
                    if isinstance(frame, frames.Login):
                        self._near[frame.device] = near
                await self._up(far, near, message.data, decoded)
        except ConnectionError:
            pass
        finally:
            down.cancel()
            await asyncio.wait([down])
            await far.close()
        return near

    async def _up(
        self,
        far: aiohttp.ClientWebSocketResponse,
        near: web.WebSocketResponse,
        data: bytes,
        decoded: Sequence[frames.ClientFrame],
    ) -> None:
        device = self._of(near)
        answers = [self.keep(device, frame) for frame in decoded]
        said = [each for answer in answers if answer is not None for each in answer]
        if said:
            await near.send_bytes(frames.encode(said))
        if all(answer is None for answer in answers):
            await far.send_bytes(data)  # as it came, with what this wire does not know
            return
        passed = [frame for frame, answer in zip(decoded, answers, strict=True) if answer is None]
        if passed:
            await far.send_bytes(frames.encode(passed))

    def _of(self, near: web.WebSocketResponse) -> bytes:
        return next((name for name, end in self._near.items() if end is near), b"")

    async def _down(self, far: aiohttp.ClientWebSocketResponse, near: web.WebSocketResponse) -> None:
        async for message in far:
            if message.type is not WSMsgType.BINARY:
                break
            device = self._of(near)
            batch = self.turn(frames.decode_relay(message.data).frames)
            said = [lied for frame in batch for lied in self.lie(device, frame)]
            if said:
                await near.send_bytes(frames.encode(said))
        await near.close()


@contextlib.asynccontextmanager
async def lying_relay(folder: Path) -> AsyncGenerator[LyingWire]:
    """A real relay whose only address is a wire that lies."""
    async with LyingWire() as wire:
        config = folder / "relay.toml"
        config.write_text(f'hosts = ["127.0.0.1:{wire.port}"]\n')
        async with relay.process(folder / "relay", arguments=("--config", str(config))) as real:
            wire.lead_to(real.url)
            yield wire
