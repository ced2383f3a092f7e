"""Texts on their way to a gateway: one line per gateway, one text at a time, each item written at most once."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from app.common import clock, errors
from app.common.tasks import TaskOwner
from app.protocol import limits
from app.protocol.segments import Alphabet
from app.relay.store.texts import Handed, Item, Text, TextStore
from app.relay.texts import base, serving_media
from app.relay.texts.base import Gateway, Reason

AGAIN: Final = (0.5, 60.0)  # first and longest wait in seconds while a gateway takes nothing
DEFERRED: Final = 30_000  # milliseconds before a text is tried again that was refused for now
FETCHED: Final = limits.HOUR  # how long a gateway may fetch the pieces of an MMS it has been told of
FAREWELL: Final = 5.0  # seconds for what is being handed over when the relay ends

log = logging.getLogger(__name__)


class Line:
    """The queue of one gateway. While a long text is half out, no other one is begun, unless the gateway put it off.

    ``changed`` is awaited after every change of a text that somebody may want to hear of.
    """

    def __init__(
        self, gateway: Gateway, store: TextStore, time: clock.Clock, changed: Callable[[int], Awaitable[None]]
    ) -> None:
        self.gateway = gateway
        self._store = store
        self._clock = time
        self._changed = changed
        self._queue: dict[int, Text] = {}
        self._not_before: dict[int, int] = {}
        self._half: int | None = None
        self._again = clock.Backoff(*AGAIN)
        self._wake = asyncio.Event()
        self._busy: asyncio.Task[float] | None = None
        self._resting = self._stopping = False
        self._tasks = TaskOwner(f"texts/{gateway.name}")

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, text: Text) -> None:
        """At the end of the queue; it is known to the store."""
        self._queue[text.number] = text
        if not self._resting:
            self._wake.set()

    def drop(self, number: int) -> None:
        """It was withdrawn."""
        self._forget(number)

    def wake(self) -> None:
        """The gateway may take something again."""
        self._again.reset()
        self._wake.set()

    def start(self) -> None:
        self._tasks.spawn(self._run(), name="line")

    async def close(self) -> None:
        """What is being handed over gets its answer, if it comes in time; nothing new is begun."""
        self._stopping = True
        self._wake.set()
        if self._busy is not None:
            await asyncio.wait({self._busy}, timeout=FAREWELL)
        await self._tasks.close()

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            text = self._next()
            if text is None:
                await self._pause(self._idle())
                continue
            wait = await self._one(text)
            if wait and not self._stopping:
                self._resting = True  # a text that comes now shall not hurry a gateway that takes nothing
                self._wake.clear()
                await self._pause(wait)
                self._resting = False

    def _next(self) -> Text | None:
        now = self._clock.now()
        if self._half is not None and self._not_before.get(self._half, 0) <= now:
            return self._queue[self._half]
        return next((text for text in self._queue.values() if self._not_before.get(text.number, 0) <= now), None)

    def _idle(self) -> float:
        """Seconds until something that was put off is due."""
        due = min(self._not_before.values(), default=0)
        return max(0.001, (due - self._clock.now()) / 1000) if due else AGAIN[1]

    async def _pause(self, seconds: float) -> None:
        """Until then, or until something happens."""
        alarm = self._tasks.spawn(self._ring(seconds), name="alarm")
        await self._wake.wait()
        alarm.cancel()

    async def _ring(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._wake.set()

    async def _one(self, text: Text) -> float:
        """Seconds to wait before the next try of anything; a gateway with a mistake in it harms one text only."""
        task = self._busy = self._tasks.spawn(self._hand_over(text), name="hand over")
        await asyncio.wait({task})
        self._busy = None
        if task.cancelled() or task.exception() is not None:
            for item in self._store.out.items(text.number):
                if item.handed is Handed.HANDING:
                    await self._store.out.settle(text.number, Item(item.sequence, Handed.UNKNOWN))
            self._forget(text.number)
            await self._store.out.give_up(text.number, Reason.REFUSED)
            await self._changed(text.number)
            return 0.0
        return task.result()

    async def _hand_over(self, text: Text) -> float:
        """All items that wait, in order, as far as they are taken."""
        out = self._store.out
        waiting = [item.sequence for item in out.items(text.number) if item.handed is Handed.WAITING]
        for sequence in waiting:
            reason = self._barred(text)
            if reason:
                await out.give_up(text.number, reason)
                break
            if self._stopping:
                return 0.0
            if not await out.begin(text.number, sequence, self._fetched_until(text)):
                break  # withdrawn
            wait = await self._submit(text, sequence)
            if wait is not None:
                return wait
            self._again.reset()
        if not any(item.handed is Handed.WAITING for item in out.items(text.number)):
            self._forget(text.number)
        await self._changed(text.number)
        return 0.0

    def _fetched_until(self, text: Text) -> int:
        fetched = text.mms and self.gateway.capabilities.mms_fetched
        return self._clock.now() + FETCHED if fetched else 0

    def _barred(self, text: Text) -> str:
        if text.valid_until <= self._clock.now():
            return Reason.EXPIRED
        if text.account and self._store.numbers.blocked(text.destination):
            return Reason.OPTED_OUT
        return ""

    async def _submit(self, text: Text, sequence: int) -> float | None:
        """One item; None when it is settled, else the seconds to wait because it is not."""
        out, number = self._store.out, text.number
        try:
            taken = await self.gateway.submit(self._item(text, sequence))
        except base.Refused as error:
            if not error.permanent:
                await out.release(number, sequence)
                self._not_before[number] = self._clock.now() + DEFERRED
                return 0.0
            await out.settle(number, Item(sequence, Handed.REFUSED, reason=str(error.reason)))
            await out.give_up(number, str(error.reason))
        except base.OutcomeUnknown:
            await out.settle(number, Item(sequence, Handed.UNKNOWN))
        except errors.AgainLater as error:  # Throttled, NotSent
            await out.release(number, sequence)
            self._half = number if sequence > 1 else None
            return max(error.retry_after or 0.0, self._again.next() if error.retry_after is None else 0.001)
        else:
            price = -1 if taken.price is None else taken.price
            settled = Item(sequence, Handed.TAKEN, taken.message_id, taken.billed_segments, price, taken.currency)
            await out.settle(number, settled)
            self._half = number
        return None

    def _item(self, text: Text, sequence: int) -> base.Segment | base.Sms | base.Mms:
        if not text.mms:
            return item_of(text, sequence, splits=self.gateway.capabilities.splits)
        parts = tuple(
            base.MmsPart(piece.content_type, piece.name, piece.octets, serving_media.path(piece.token))
            for piece in self._store.media.pieces(text.number)
        )
        words = text.text
        return base.Mms(text.source, text.destination, words, parts, client_ref(text), valid_until=text.valid_until)

    def _forget(self, number: int) -> None:
        self._queue.pop(number, None)
        self._not_before.pop(number, None)
        if self._half == number:
            self._half = None


def item_of(text: Text, sequence: int, *, splits: bool) -> base.Sms | base.Segment:
    """What the gateway is given: the whole text where it splits, else one segment under the text's reference."""
    whole = base.Sms(text.source, text.destination, text.text, client_ref(text), text.valid_until)
    return whole if splits else base.cut(whole, text.reference, Alphabet(text.alphabet))[sequence - 1]


def client_ref(text: Text) -> bytes:
    """16 bytes, the same over all tries."""
    return hashlib.sha256(b"kf/text-ref/1" + text.device.to_bytes(8, "big") + text.submit).digest()[:16]
