"""Texts of a relay from the session to the gateway and back, over a network that a script plays."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.protocol import frames
from tests.parts import texting
from tests.parts.relay import Inside
from tests.parts.texting import CAROL, OURS, Network, Texter, submit_text
from tests.parts.wire_client import WireClient


@dataclass
class Scene:
    """Alice at her relay."""

    inside: Inside
    network: Network
    alice: Texter
    client: WireClient

    async def send(self, frame: frames.SubmitText) -> frames.SubmitText:
        await self.client.send(frame)
        await self.client.accepted(frame.submit)
        return frame

    async def refused(self, frame: frames.SubmitText) -> tuple[str, str]:
        await self.client.send(frame)
        answer = await self.client.take(frames.Refused)
        assert answer.submit == frame.submit
        return answer.code, answer.limit

    async def report(self) -> frames.TextReport:
        report = await self.client.take(frames.TextReport)
        await self.client.send(frames.Ack((report.entry,)))
        return report

    async def reported(self) -> tuple[str, str, int]:
        report = await self.report()
        return report.state, report.reason, report.segments

    async def arrived(self) -> frames.DeliverText:
        entry = await self.client.take(frames.DeliverText)
        await self.client.send(frames.Ack((entry.entry,)))
        return entry


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside, texting.wire(inside) as wire:
        alice = await texting.join(inside, wire)
        async with alice.online() as client:
            await alice.publish(client)
            yield Scene(inside, network, alice, client)


async def test_out_in_segments_sent_then_delivered(scene: Scene) -> None:
    frame = await scene.send(submit_text("€" * 200))
    report = await scene.report()
    assert (report.submit, report.state, report.segments, report.price, report.currency) == (
        frame.submit, "sent", 3, 22_500, "USD",
    )  # fmt: skip
    assert scene.network.words() == "€" * 200
    assert scene.network.sequences() == [1, 2, 3]
    await scene.network.receipts()
    assert await scene.reported() == ("delivered", "", 3)


async def test_a_reply_finds_the_conversation_and_only_the_device_can_read_it(scene: Scene) -> None:
    await scene.send(submit_text())
    await scene.reported()
    assert await scene.network.text("Olá, Alice 😀")
    entry = await scene.arrived()
    body = scene.alice.open(entry)
    assert (body.ours, body.peer, body.text, body.missing, body.answered) == (OURS, CAROL, "Olá, Alice 😀", 0, False)
    await asyncio.sleep(0)
