"""What one connection writes: frames collected during a turn of the loop leave as one WebSocket message.

aiohttp reads; the answers go straight to the transport, because a task per connection and a coroutine per message cost
more than all the rest of a delivery.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from app.protocol import frames, limits

UNREAD: Final = 8 * limits.MIB  # bytes waiting in the socket before a slow reader is cut
QUIET_UNREAD: Final = 64 * limits.KIB  # above this nothing that may be dropped is added
MESSAGE_FRAMES: Final = 256
MESSAGE_BYTES: Final = 512 * limits.KIB
CLOSE: Final = b"\x88\x02" + (1000).to_bytes(2, "big")  # a WebSocket close frame (RFC 6455, 5.5.1)


class Wire:
    """The writing half of a WebSocket; ``mark`` is called once when there is something to flush."""

    __slots__ = ("_accepted", "_closed", "_mark", "_marked", "_out", "_slow", "_transport")

    def __init__(self, transport: asyncio.Transport, mark: Callable[["Wire"], None], slow: Callable[[], None]) -> None:
        self._transport = transport
        self._mark = mark
        self._slow = slow
        self._marked = self._closed = False
        self._out: list[bytes] = []
        self._accepted: list[frames.AcceptedItem] = []

    def push(self, frame: frames.Frame) -> None:
        self.push_encoded(frames.encode_one(frame))

    def push_encoded(self, frame: bytes) -> None:
        """A frame that `frames.encode_one` made."""
        self._out.append(frame)
        if not self._marked:
            self._marked = True
            self._mark(self)

    def accept(self, submit: bytes, at: int) -> None:
        """One more item for this turn's Accepted frame."""
        self._accepted.append(frames.AcceptedItem(submit, at))
        if not self._marked:
            self._marked = True
            self._mark(self)

    def push_if_idle(self, frame: bytes) -> None:
        """What nobody misses is dropped when the other side reads slowly."""
        if self._transport.get_write_buffer_size() < QUIET_UNREAD:
            self.push_encoded(frame)

    def flush(self) -> None:
        """Write what has been collected, as one message, or a few when it is much."""
        self._marked = False
        out, self._out = self._out, []
        if self._accepted:
            out.append(frames.encode_one(frames.Accepted(tuple(self._accepted))))
            self._accepted = []
        if self._closed or not out or self._transport.is_closing():
            return
        self._transport.write(b"".join(_messages(out)))
        if self._transport.get_write_buffer_size() > UNREAD:
            self._slow()
            self._transport.abort()

    def close(self) -> None:
        """Write the rest and a close frame, then close."""
        if not self._closed:
            self.flush()
            self._closed = True
            if not self._transport.is_closing():
                self._transport.write(CLOSE)
                self._transport.close()


def _messages(parts: list[bytes]) -> list[bytes]:
    """WebSocket messages with their heads (RFC 6455, 5.2: final, binary, not masked)."""
    pieces: list[bytes] = []
    start = size = 0
    for end, part in enumerate(parts):
        if end > start and (end - start >= MESSAGE_FRAMES or size + len(part) > MESSAGE_BYTES):
            pieces.extend(_message(parts[start:end]))
            start, size = end, 0
        size += len(part)
    pieces.extend(_message(parts[start:]))
    return pieces


def _message(parts: list[bytes]) -> tuple[bytes, bytes]:
    body = frames.join(parts)
    size = len(body)
    if size < 126:
        return bytes((0x82, size)), body
    if size < 65_536:
        return b"\x82\x7e" + size.to_bytes(2, "big"), body
    return b"\x82\x7f" + size.to_bytes(8, "big"), body
