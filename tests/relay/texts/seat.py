"""The relay's seat in tests of a gateway: a sink that keeps everything, and a gateway that runs for a while."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from app.common import clock
from app.protocol import segments
from app.relay.texts import base, smpp
from app.relay.texts.base import LinkState
from app.relay.texts.smpp_link import Timing
from tests.parts import message_centre
from tests.parts.message_centre import MessageCentre
from tests.parts.waiting import until

RELAY, CAROL = "+12025550100", "+12025550123"
QUICK = Timing(reconnect=(0.01, 0.05), hold=(0.001, 0.01))


class Watch(clock.ManualClock):
    """Moves when told to, and knows for how many seconds each sleeper lay down."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)


@dataclass
class Sink:
    """A store that works until ``stored`` is taken away or an error is put into ``failing``; a gate makes it slow."""

    stored: bool = True
    failing: Exception | None = None
    gate: asyncio.Event | None = None
    asked: int = 0
    receipts: list[base.Receipt] = field(default_factory=list)
    incoming: list[base.Incoming] = field(default_factory=list)
    states: list[tuple[LinkState, str]] = field(default_factory=list)

    async def receipt(self, receipt: base.Receipt) -> bool:
        return await self._keep(self.receipts, receipt)

    async def mobile_originated(self, incoming: base.Incoming) -> bool:
        return await self._keep(self.incoming, incoming)

    async def link_state(self, gateway: str, state: LinkState, detail: str) -> None:
        assert gateway == "north"
        self.states.append((state, detail))

    async def _keep(self, kept: list[Any], item: Any) -> bool:
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failing is not None:
            raise self.failing
        if self.stored:
            kept.append(item)
        return self.stored

    def texts(self) -> list[tuple[str, str]]:
        """(sender, text) of what is whole; parts are joined as the relay has to, by their octets."""
        whole: list[tuple[str, str]] = []
        sets: dict[tuple[object, ...], dict[int, base.Incoming]] = {}
        for item in self.incoming:
            parts = {1: item}
            if item.part is not None:
                one = item.part
                key = (item.gateway, item.source, item.destination, one.width, one.reference, one.total)
                parts = sets.setdefault(key, {})
                parts[one.sequence] = item
                if len(parts) < one.total:
                    continue
                del sets[key]
            octets = b"".join(parts[sequence].octets for sequence in sorted(parts))
            whole.append((item.source, segments.decode(octets, item.alphabet)))
        return whole


def config(port: int, **changes: Any) -> smpp.Config:
    fields: dict[str, Any] = {
        "name": "north",
        "host": "127.0.0.1",
        "port": port,
        "system_id": message_centre.USER,
        "password": message_centre.PASSWORD,
        "sources": (RELAY,),
        "timing": QUICK,
        **changes,
    }
    return smpp.Config(**fields)


@contextlib.asynccontextmanager
async def running(given: smpp.Config, sink: Sink, time: clock.Clock | None = None) -> AsyncGenerator[smpp.SmppGateway]:
    """A gateway that tries to be bound; it takes leave at the end."""
    gateway = smpp.SmppGateway(given, time or clock.SystemClock())
    task = asyncio.create_task(gateway.run(sink))
    try:
        yield gateway
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def bound(
    centre: MessageCentre, sink: Sink, time: clock.Clock | None = None, **changes: Any
) -> AsyncGenerator[smpp.SmppGateway]:
    """A gateway that is bound."""
    async with running(config(**{"port": centre.port, **changes}), sink, time) as gateway:
        await until(lambda: gateway.bound)
        yield gateway


async def down_and_up(gateway: smpp.SmppGateway, sink: Sink, downs: int = 1) -> None:
    """Wait until the link was lost that many times and stands again."""
    await until(lambda: len([state for state, _ in sink.states if state is LinkState.DOWN]) >= downs and gateway.bound)


def sms(text: str = "Hello, Carol", **changes: Any) -> base.Sms:
    fields: dict[str, Any] = {"source": RELAY, "destination": CAROL, "text": text, "client_ref": b"r" * 16, **changes}
    return base.Sms(**fields)


def one(text: str = "Hello, Carol", **changes: Any) -> base.Segment:
    """The first segment of a text."""
    return base.cut(sms(text, **changes), 1)[0]
