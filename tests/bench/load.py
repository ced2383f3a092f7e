"""The load generator: pairs who write to each other in a given regime, and crowds who only stay connected."""

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.bench import meter
from tests.bench.adapters.base import Client
from tests.bench.servers import Running

T = TypeVar("T")

PAIRS = 50
SETTLE = 0.5  # seconds between connecting and the first message
WARM = 1.5
DRAIN = 30.0  # seconds the last messages may take
_AT_ONCE = 50

_RECEIVED, _SENT = 1, 2
_DONE = _RECEIVED | _SENT


@dataclass(frozen=True, slots=True)
class Regime:
    """``rate`` messages a second in all, whatever happens to them; or, if 0, ``window`` in flight for each sender.

    A message leaves its sender's window when its recipient has it and the server has told the sender.
    """

    name: str
    rate: int = 0
    window: int = 0
    ack_delay: float = 0.0


LIGHT = Regime("light", rate=300, ack_delay=0.050)
NARROW = Regime("W=1", window=1)
WIDE = Regime("W=32", window=32)
REGIMES = (LIGHT, NARROW, WIDE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run; latencies in seconds, sorted: to the recipient, and to the server's word."""

    measured: meter.Measured
    received: list[float] = field(repr=False)
    sent: list[float] = field(repr=False)
    lost: int = 0
    doubled: int = 0
    refused: tuple[str, ...] = ()


def quantile(values: Sequence[float], share: float) -> float:
    """Milliseconds; of sorted seconds."""
    return values[min(len(values) - 1, int(len(values) * share))] * 1000 if values else 0.0


class _Ledger:
    """What is in flight, and what has been seen."""

    def __init__(self, senders: Sequence[Client], window: int) -> None:
        self._senders = senders
        self._window = window
        self._flying: dict[int, tuple[float, int]] = {}  # number: when it left, whose it is
        self._marks: dict[int, int] = {}
        self._number = 0
        self._stopped = True
        self._idle = asyncio.Event()
        self.received: list[float] = []
        self.sent: list[float] = []
        self.doubled = 0
        self.done = 0

    def hook(self, client: Client) -> None:
        client.on_message = self._on_message
        client.on_sent = self._on_sent
        client.start()

    def one(self, sender: int) -> None:
        self._number += 1
        self._flying[self._number] = (time.perf_counter(), sender)
        self._marks[self._number] = 0
        self._senders[sender].send(self._number)

    def begin(self) -> None:
        self.received, self.sent = [], []
        self.done = self.doubled = 0
        self._stopped = False

    def fill(self) -> None:
        """Fill every sender's window; from then on it fills itself."""
        for sender in range(len(self._senders)):
            for _ in range(self._window):
                self.one(sender)

    def _on_message(self, number: int) -> None:
        self._mark(number, _RECEIVED, self.received)

    def _on_sent(self, number: int) -> None:
        self._mark(number, _SENT, self.sent)

    def _mark(self, number: int, mark: int, times: list[float]) -> None:
        marks = self._marks.get(number)
        if marks is None or marks & mark:
            self.doubled += mark == _RECEIVED
            return
        left, sender = self._flying[number]
        times.append(time.perf_counter() - left)
        if marks | mark != _DONE:
            self._marks[number] = marks | mark
            return
        del self._marks[number], self._flying[number]
        self.done += 1
        if self._window and not self._stopped:
            self.one(sender)
        elif not self._flying:
            self._idle.set()

    async def drain(self) -> int:
        """Send nothing more and wait for the rest; how many never came."""
        self._stopped = True
        if self._flying:
            self._idle.clear()
            await asyncio.wait([asyncio.ensure_future(self._idle.wait())], timeout=DRAIN)
        lost = len(self._flying)
        self._flying.clear()
        self._marks.clear()
        return lost


async def some_at_once(works: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
    """Run these, not too many at a time; results in order."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with gate:
            return await work()

    return await asyncio.gather(*(one(work) for work in works))


async def connect(server: Running, names: Sequence[str]) -> list[Client]:
    """These people, logged in."""
    return await some_at_once([lambda name=name: server.peer.connect(name) for name in names])


async def online(server: Running, regime: Regime, seconds: float, pairs: int = PAIRS) -> Outcome:
    """Pairs who are all connected write for that long."""
    senders = [f"sender{number}" for number in range(pairs)]
    recipients = [f"recipient{number}" for number in range(pairs)]
    peer = server.peer
    await peer.provision([*senders, *recipients])
    await peer.introduce(list(zip(senders, recipients, strict=True)))
    receiving = await connect(server, recipients)
    sending = await connect(server, senders)
    ledger = _Ledger(sending, regime.window)
    for client, recipient in zip(sending, recipients, strict=True):
        client.aim(recipient)
    for client in (*receiving, *sending):
        ledger.hook(client)
    await asyncio.sleep(SETTLE)

    await _phase(ledger, regime, WARM, pairs)
    gc.collect()
    collecting = gc.isenabled()
    gc.disable()
    try:
        measuring = meter.Meter(server.pid)
        lost = await _phase(ledger, regime, seconds, pairs)
        measured = measuring.stop(ledger.done)
    finally:
        if collecting:
            gc.enable()
    await asyncio.sleep(2 * regime.ack_delay)  # the last acknowledgements leave
    for client in (*sending, *receiving):
        await client.close()
    refused = tuple(getattr(peer, "refused", ()))
    return Outcome(measured, sorted(ledger.received), sorted(ledger.sent), lost, ledger.doubled, refused)


async def _phase(ledger: _Ledger, regime: Regime, seconds: float, pairs: int) -> int:
    ledger.begin()
    started = time.perf_counter()
    if not regime.rate:
        ledger.fill()
        await asyncio.sleep(seconds)
        return await ledger.drain()
    number = 0
    while (passed := time.perf_counter() - started) < seconds:
        while number < int(passed * regime.rate):
            ledger.one(number % pairs)
            number += 1
        await asyncio.sleep(0.002)
    return await ledger.drain()


async def idle(server: Running, steps: Sequence[int]) -> float:
    """KiB of server memory for each further connection between the first step and the last; all of them only listen."""
    names = [f"idle{number}" for number in range(max(steps))]
    await server.peer.provision(names)
    pids = meter.family(server.pid)
    clients: list[Client] = []
    sizes: list[int] = []
    for step in steps:
        for client in await connect(server, names[len(clients) : step]):
            client.start()
            clients.append(client)
        await asyncio.sleep(3 * SETTLE)
        sizes.append(meter.memory(pids))
    for client in clients:
        await client.close()
    return (sizes[-1] - sizes[0]) / (steps[-1] - steps[0])
