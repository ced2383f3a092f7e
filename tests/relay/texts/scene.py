"""Alice at a relay whose phone network a script plays: what most tests of texts begin with."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.protocol import frames, texts
from app.relay.store.texts import Item, Text
from tests.parts import texting
from tests.parts.relay import Inside
from tests.parts.texting import Network, Texter
from tests.parts.waiting import until
from tests.parts.wire_client import WireClient


@dataclass
class Scene:
    """Alice with one connected device."""

    inside: Inside
    network: Network
    alice: Texter
    client: WireClient

    async def send(self, frame: frames.SubmitText) -> frames.SubmitText:
        """Until it is accepted."""
        await self.client.send(frame)
        await self.client.accepted(frame.submit)
        return frame

    async def refused(self, frame: frames.SubmitText) -> tuple[str, str]:
        """Code and limit of the refusal there must be."""
        await self.client.send(frame)
        answer = await self.client.take(frames.Refused)
        assert answer.submit == frame.submit
        return answer.code, answer.limit

    async def withdraw(self, submit: bytes, boot: bytes = b"") -> str:
        await self.client.send(frames.WithdrawText(submit, boot or self.client.boot))
        answer = await self.client.take(frames.Withdrawn)
        assert answer.submit == submit
        return answer.outcome

    async def report(self) -> frames.TextReport:
        report = await self.client.take(frames.TextReport)
        await self.client.send(frames.Ack((report.entry,)))
        return report

    async def reported(self) -> tuple[str, str, int]:
        """State, reason and segments."""
        report = await self.report()
        return report.state, report.reason, report.segments

    async def arrived(self) -> texts.TextBody:
        """The next text from a phone, opened."""
        entry = await self.client.take(frames.DeliverText)
        await self.client.send(frames.Ack((entry.entry,)))
        return self.alice.open(entry)

    async def nothing_more(self) -> None:
        said = await self.client.settle()
        assert not [frame for frame in said if isinstance(frame, frames.TextReport | frames.DeliverText)]

    def text(self, submit: bytes) -> Text:
        """Its row."""
        device = self.inside.relay.accounts.device(self.alice.person.device, 0)
        assert device is not None
        found = self.inside.store.texts.out.known(device.number, submit)
        assert found is not None
        return found

    def items(self, submit: bytes) -> list[Item]:
        return self.inside.store.texts.out.items(self.text(submit).number)

    async def asked(self, count: int) -> None:
        """Until the gateway was asked so often."""
        await until(lambda: len(self.network.asked) >= count)


@contextlib.asynccontextmanager
async def scene(data: Path, network: Network | None = None, *more: Network, **settings: Any) -> AsyncGenerator[Scene]:
    """A new one in this folder."""
    network = network or Network()
    async with (
        texting.relay(data, network, *more, **settings) as inside,
        texting.wire(inside) as wire,
    ):
        alice = await texting.join(inside, wire)
        async with alice.online() as client:
            await alice.publish(client)
            yield Scene(inside, network, alice, client)


@contextlib.asynccontextmanager
async def again(before: Scene, data: Path, network: Network, *more: Network, **settings: Any) -> AsyncGenerator[Scene]:
    """The same people over another folder, such as the image of a dead relay's."""
    async with (
        texting.relay(data, network, *more, **settings) as inside,
        texting.wire(inside) as wire,
    ):
        alice = Texter(inside, wire, before.alice.person, before.alice.seeds)
        async with alice.online() as client:
            yield Scene(inside, network, alice, client)
