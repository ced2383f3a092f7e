"""Frames on their way out: those of one turn of the loop leave in one WebSocket message."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from app.common import errors
from app.protocol import frames, limits

_HEADER: Final = 5  # bytes of the longest msgpack array header
_BOUND: Final = limits.FRAME  # bytes that may wait before ``room`` makes submitters wait too


class Outgoing:
    """Frames and acknowledgements waiting for the writer."""

    def __init__(self) -> None:
        self._parts: deque[bytes] = deque()
        self._acks: list[int] = []
        self._bytes = 0
        self._closed = False
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._idle = asyncio.Event()
        self._idle.set()

    def put(self, part: bytes) -> None:
        """Queue one encoded frame; raises errors.GiveUp (``too_large``)."""
        if len(part) + _HEADER > limits.FRAME:
            raise errors.GiveUp("too_large")
        self._parts.append(part)
        self._bytes += len(part)
        if self._bytes >= _BOUND and not self._closed:
            self._room.clear()
        self._wake()

    def acknowledge(self, entries: Iterable[int]) -> None:
        """Queue acknowledgements; they are gathered into as few frames as possible."""
        self._acks.extend(entries)
        if self._acks:
            self._wake()

    def _wake(self) -> None:
        if not self._closed:
            self._idle.clear()
        self._filled.set()

    def close(self) -> None:
        """Nobody takes any more: whoever waits for room or for the end goes on."""
        self._closed = True
        self._room.set()
        self._idle.set()

    async def room(self) -> None:
        """Wait while more than one full message is queued, or until it is closed."""
        await self._room.wait()

    async def idle(self) -> None:
        """Wait until everything queued was taken and handed to the system."""
        await self._idle.wait()

    async def take(self) -> bytes:
        """The next WebSocket message: as many frames as fit, in order, acknowledgements first.

        Calling again says that the message before was handed to the system.
        """
        if not self._parts and not self._acks:
            self._idle.set()
            self._filled.clear()
            await self._filled.wait()
        self._gather_acks()
        size = _HEADER
        parts: list[bytes] = []
        while self._parts and len(parts) < limits.FRAMES and size + len(self._parts[0]) <= limits.FRAME:
            part = self._parts.popleft()
            size += len(part)
            parts.append(part)
        self._bytes -= size - _HEADER
        if self._bytes < _BOUND:
            self._room.set()
        return frames.join(parts)

    def _gather_acks(self) -> None:
        for start in reversed(range(0, len(self._acks), limits.ACKS)):
            part = frames.encode_one(frames.Ack(tuple(self._acks[start : start + limits.ACKS])))
            self._parts.appendleft(part)
            self._bytes += len(part)
        self._acks.clear()
