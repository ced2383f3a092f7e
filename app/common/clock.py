"""Time: the one clock everything asks, and the waiting times between two tries."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """Wall time, monotonic time and sleeping; handed to whoever needs it, so that tests can set it."""

    def now(self) -> int:
        """Milliseconds since 1970-01-01T00:00Z."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for time-outs."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop."""
        ...


class SystemClock:
    """The machine's clock, optionally set off by ``offset`` milliseconds (the relay's correction)."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to; sleepers wake in the order of their due times."""

    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self._now = now
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._now / 1000

    async def sleep(self, seconds: float) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + round(seconds * 1000), waiting))
        await waiting

    def advance(self, seconds: float) -> None:
        """Move time on and wake everyone whose time has come."""
        self._now += round(seconds * 1000)
        due = sorted((at, n) for n, (at, _) in enumerate(self._sleepers) if at <= self._now)
        for _, n in due:
            waiting = self._sleepers[n][1]
            if not waiting.done():
                waiting.set_result(None)
        self._sleepers = [entry for entry in self._sleepers if entry[0] > self._now]


@dataclass(slots=True)
class Backoff:
    """Truncated exponential waiting times with full jitter, so that a relay that comes back is not stormed."""

    first: float = 0.25
    longest: float = 60.0
    dice: random.Random = field(default_factory=random.SystemRandom)
    _tries: int = 0

    def next(self) -> float:
        """Seconds to wait before the next try; grows with each call, between half of and the full step."""
        step = min(self.longest, self.first * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return step * (0.5 + self.dice.random() / 2)

    def reset(self) -> None:
        """Call after a success."""
        self._tries = 0
