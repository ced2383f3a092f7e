"""What the relay hands over until the inbox takes it: a queue in order, bounded by bytes, tied to its connection."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from app.protocol import frames, limits

# An honest relay stays below this (credits are 4 MiB of bodies and 512 entries), so it never makes the reader pause
# and answers that come behind deliveries are not held up by a slow inbox.
BOUND: Final = 2 * limits.CREDIT_BYTES
_OVERHEAD: Final = 512  # bytes an entry costs beside its body


class Delivered(msgspec.Struct, frozen=True):
    """Entries of one WebSocket message; they are acknowledged on connection ``session`` only."""

    session: int
    entries: tuple[frames.Entry, ...]


class CaughtUp(msgspec.Struct, frozen=True):
    """The mailbox was handed over to its end once on connection ``session``."""

    session: int


Item = Delivered | CaughtUp


class Incoming:
    """An async iterator for one reader; ends when closed and empty items are gone."""

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._items: deque[tuple[int, Item]] = deque()
        self._bytes = 0
        self._closed = False
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def waiting_bytes(self) -> int:
        """What the waiting entries take."""
        return self._bytes

    @property
    def full(self) -> bool:
        """Whether the connection must stop reading."""
        return self._bytes >= self._bound

    def deliver(self, session: int, entries: Sequence[frames.Entry]) -> None:
        """Append one batch."""
        size = sum(_size(entry) + _OVERHEAD for entry in entries)
        self._put(size, Delivered(session, tuple(entries)))

    def caught_up(self, session: int) -> None:
        """Append the mark that the mailbox was read to its end."""
        self._put(_OVERHEAD, CaughtUp(session))

    def _put(self, size: int, item: Item) -> None:
        self._items.append((size, item))
        self._bytes += size
        self._filled.set()
        if self.full:
            self._room.clear()

    async def room(self) -> None:
        """Wait while the queue is full."""
        await self._room.wait()

    def at_hand(self, session: int, most: int) -> list[frames.Entry]:
        """What is waiting already of that connection: whole batches, no more than ``most`` entries in all."""
        taken: list[frames.Entry] = []
        while self._items:
            size, item = self._items[0]
            if not isinstance(item, Delivered) or item.session != session or len(taken) + len(item.entries) > most:
                break
            self._took(size)
            taken += item.entries
        return taken

    def _took(self, size: int) -> None:
        self._items.popleft()
        self._bytes -= size
        if not self.full:
            self._room.set()

    def drop(self) -> None:
        """Forget what an ended connection left: the relay hands it over again."""
        self._items.clear()
        self._bytes = 0
        self._filled.clear()
        self._room.set()
        if self._closed:
            self._filled.set()

    def close(self) -> None:
        """End the iteration; what nobody took is not acknowledged and comes again."""
        self._closed = True
        self.drop()

    def __aiter__(self) -> "Incoming":
        return self

    async def __anext__(self) -> Item:
        while not self._items:
            if self._closed:
                raise StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        size, item = self._items[0]
        self._took(size)
        return item


def _size(entry: frames.Entry) -> int:
    match entry:
        case frames.Deliver():
            return len(entry.content) + len(entry.envelope)
        case frames.DeliverText():
            return len(entry.sealed)
        case frames.TextReport():
            return 0
