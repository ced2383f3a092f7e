"""A plain TCP wire on loopback that keeps every byte of both directions, and what those bytes mean."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from app.common import tasks
from app.protocol import frames


@dataclass(frozen=True)
class Request:
    """One HTTP request or its answer: the head as it was, and the body."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.partition(b"\r\n")[0].decode()


@dataclass
class Tape:
    """One connection: what the client sent and what it got."""

    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)

    def read(self) -> "Read":
        """What was said on it, in the clear: clients mask what they send over a WebSocket."""
        requests, rest_up = _requests(bytes(self.up))
        answers, rest_down = _requests(bytes(self.down))
        return Read(requests, answers, list(_messages(rest_up)), list(_messages(rest_down)))


@dataclass(frozen=True)
class Read:
    """A connection that was understood: HTTP first, then perhaps WebSocket messages."""

    requests: list[Request]
    answers: list[Request]
    sent: list[bytes]
    got: list[bytes]

    @property
    def clear(self) -> bytes:
        heads = [part for each in (*self.requests, *self.answers) for part in (each.head, each.body)]
        return b"\n".join([*heads, *self.sent, *self.got])

    def frames(self) -> list[frames.Frame]:
        """Both directions; every message must be one of this protocol."""
        found: list[frames.Frame] = []
        for batch in (*map(frames.decode_client, self.sent), *map(frames.decode_relay, self.got)):
            assert not batch.unknown and not batch.malformed
            found += batch.frames
        return found


class Recorder:
    """Listens on a port of its own and leads to ``target`` (host, port), which may be set after the start."""

    def __init__(self) -> None:
        self.tapes: list[Tape] = []
        self.target = ("127.0.0.1", 0)
        self.port = 0
        self._owner = tasks.TaskOwner("recorder")
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> "Recorder":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._owner.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._owner.spawn(self._serve(reader, writer), name="wire")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tape = Tape()
        self.tapes.append(tape)
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        up = self._owner.spawn(_copy(reader, far_writer, tape.up), name="up")
        down = self._owner.spawn(_copy(far_reader, writer, tape.down), name="down")
        try:
            await asyncio.wait({up, down})
        finally:
            writer.close()
            far_writer.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, tape: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            tape += data
            sink.write(data)
            await sink.drain()
        sink.write_eof()


def _requests(data: bytes) -> tuple[list[Request], bytes]:
    """The HTTP messages at the beginning, and what follows a change to WebSocket."""
    found: list[Request] = []
    while data:
        head, blank, data = data.partition(b"\r\n\r\n")
        if not blank:
            raise ValueError("a head without an end")
        fields = {name.strip().lower(): value.strip() for name, _, value in map(_field, head.split(b"\r\n")[1:])}
        if b"upgrade" in fields and not head.startswith(b"HTTP/1.1 4"):
            found.append(Request(head, b""))
            return found, data
        if fields.get(b"transfer-encoding") == b"chunked":
            body, data = _chunks(data)
        else:
            size = int(fields.get(b"content-length", b"0"))
            body, data = data[:size], data[size:]
        found.append(Request(head, body))
    return found, b""


def _field(line: bytes) -> tuple[bytes, bytes, bytes]:
    return line.partition(b":")


def _chunks(data: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        count = int(size, 16)
        body, data = body + data[:count], data[count + 2 :]
        if not count:
            return body, data


def _messages(data: bytes) -> list[bytes]:
    """Binary WebSocket messages (RFC 6455), unmasked and put together; control frames are left out."""
    found: list[bytes] = []
    whole = b""
    while len(data) >= 2:
        first, second = data[0], data[1]
        size, at = second & 0x7F, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(data[2:at], "big")
        mask = b""
        if second & 0x80:
            mask, at = data[at : at + 4], at + 4
        payload, data = data[at : at + size], data[at + size :]
        if len(payload) < size:
            break  # the connection was cut
        if mask:
            payload = _unmask(payload, mask)
        assert not first & 0x70, "compressed: nothing could be found in it"
        if first & 0x0F >= 8:
            continue
        whole += payload
        if first & 0x80:
            found.append(whole)
            whole = b""
    return found


def _unmask(payload: bytes, mask: bytes) -> bytes:
    pad = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(len(payload), "big")
