"""What the load generator asks of a server's protocol, and the connections the adapters are made of."""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

PAYLOAD = 1024  # opaque bytes of one message
_HANDSHAKE = 20.0  # seconds


class Client(Protocol):
    """One logged-in connection. A recipient acknowledges by itself."""

    on_message: Callable[[int], None]  # the recipient has this message
    on_sent: Callable[[int], None]  # the server has taken responsibility for it

    def start(self) -> None:
        """The callbacks are set: handle what has arrived and what will."""
        ...

    def aim(self, recipient: str) -> None:
        """All further messages go to this recipient."""
        ...

    def send(self, number: int) -> None:
        """Send a message; never blocks. Numbers are never used twice."""
        ...

    async def close(self) -> None: ...


class Peer(Protocol):
    """A kind of server under load."""

    async def provision(self, names: Sequence[str]) -> None:
        """Make these accounts; not measured."""
        ...

    async def introduce(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Whatever it takes until each first may write to its second; not measured."""
        ...

    async def connect(self, name: str) -> Client: ...


def ignore(number: int) -> None:
    """What a client does with news nobody asked for."""


class Connection(asyncio.Protocol):
    """A TCP connection that writes once per turn of the loop, whatever was said in that turn."""

    def __init__(self) -> None:
        self.on_message: Callable[[int], None] = ignore
        self.on_sent: Callable[[int], None] = ignore
        self.buffer = b""
        self.transport: Any = None
        self._out: list[bytes] = []
        self._live = False
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Future[None] | None = None
        self._lost = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_exception(ConnectionError(f"closed; had {self.buffer[-200:]!r}"))

    def data_received(self, data: bytes) -> None:
        if self._live:
            self.feed(data)
            return
        self.buffer += data
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    def feed(self, data: bytes) -> None:
        """Bytes of the running conversation."""
        raise NotImplementedError

    async def more(self) -> None:
        """During the handshake: until something has arrived."""
        self._arrived = self._loop.create_future()
        await asyncio.wait_for(self._arrived, _HANDSHAKE)

    async def expect(self, *ends: bytes) -> bytes:
        """During the handshake: everything up to and with the first of these."""
        while True:
            for end in ends:
                head, found, rest = self.buffer.partition(end)
                if found:
                    self.buffer = rest
                    return head + found
            await self.more()

    def start(self) -> None:
        self._live = True
        rest, self.buffer = self.buffer, b""
        if rest:
            self.feed(rest)

    def write(self, data: bytes) -> None:
        if not self._out:
            self._loop.call_soon(self.flush)
        self._out.append(data)

    def flush(self) -> None:
        out, self._out = self._out, []
        if out:
            self.transport.write(b"".join(out))

    async def close(self) -> None:
        self.flush()
        self.transport.close()
        done, _ = await asyncio.wait([self._lost], timeout=5)
        if not done:
            self.transport.abort()


class WebSocket(Connection):
    """The client's side of a WebSocket (RFC 6455), as much of it as a generator needs.

    Frames are masked with the key zero: legal, the server has the same work, and the generator none.
    """

    async def upgrade(self, host: str, path: str) -> None:
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.transport.write(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        answer = await self.expect(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(answer.decode("ascii", "replace"))

    def say(self, body: bytes) -> None:
        """One binary message, at once."""
        size = len(body)
        if size < 126:
            head = bytes((0x82, 0x80 | size))
        elif size < 65_536:
            head = b"\x82\xfe" + size.to_bytes(2, "big")
        else:
            head = b"\x82\xff" + size.to_bytes(8, "big")
        self.transport.write(head + b"\0\0\0\0" + body)

    async def hear(self) -> bytes:
        """During the handshake: the next message."""
        while True:
            found = self._split(self.buffer, 0)
            if found is not None:
                _, body, end = found
                self.buffer = self.buffer[end:]
                return body
            await self.more()

    def feed(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        at = 0
        while (found := self._split(buffer, at)) is not None:
            kind, body, at = found
            if kind in (1, 2):
                self.heard(body)
            elif kind == 9:
                self.transport.write(b"\x8a" + bytes((0x80 | len(body),)) + b"\0\0\0\0" + body)
        self.buffer = buffer[at:]

    @staticmethod
    def _split(buffer: bytes, at: int) -> tuple[int, bytes, int] | None:
        """Kind and body of the frame at ``at``, and where the next one begins."""
        left = len(buffer) - at
        if left < 2:
            return None
        size, begin = buffer[at + 1] & 127, at + 2
        if size == 126 and left >= 4:
            size, begin = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
        elif size == 127 and left >= 10:
            size, begin = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
        elif size > 125:
            return None
        if len(buffer) - begin < size:
            return None
        return buffer[at] & 15, buffer[begin : begin + size], begin + size

    def heard(self, body: bytes) -> None:
        """One message of the running conversation."""
        raise NotImplementedError

    async def close(self) -> None:
        self.flush()
        if not self.transport.is_closing():
            self.transport.write(b"\x88\x82\0\0\0\0\x03\xe8")
        await super().close()


def opaque(size: int) -> bytes:
    """Bytes that no server can make smaller."""
    return os.urandom(size)
