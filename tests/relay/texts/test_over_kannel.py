"""A relay and a real Kannel: a text there, its receipt, and the reply, sealed to the device that wrote."""

from pathlib import Path

from app.common import clock
from app.protocol import frames
from app.relay import gateways
from app.relay.texts import callbacks, kannel
from tests.parts import kannel as kannels
from tests.parts import relay as relays
from tests.parts import texting
from tests.parts.private import private
from tests.parts.texting import CAROL, submit_text
from tests.parts.waiting import until

OURS = "+12025550100"
SECRET = "0123456789abcdef-0123456789"


async def test_there_and_back(tmp_path: Path) -> None:
    port = kannels.free_ports("relay")["relay"]
    callback = f"http://127.0.0.1:{port}"
    incoming = callback + callbacks.path("north", SECRET, kannel.INCOMING)
    async with kannels.kannel(tmp_path / "kannel", lambda: incoming) as real:
        table = {
            "kind": "kannel",
            "url": real.url,
            "username": kannels.USER,
            "password_file": private(tmp_path / "password", kannels.PASSWORD),
            "numbers": [OURS],
            "callback": callback,
            "callback_secret_file": private(tmp_path / "secret", SECRET),
        }
        (gateway,) = gateways.build(gateways.read({"north": table}), clock.SystemClock())
        assert isinstance(gateway, kannel.KannelGateway)
        async with (
            relays.inside(tmp_path / "relay", listen_port=port, gateways=(gateway,), texts=texting.PLENTY) as inside,
            texting.wire(inside) as wire,
        ):
            await until(lambda: gateway.bound)
            alice = await texting.join(inside, wire)
            async with alice.online() as client:
                await alice.publish(client)
                await client.send(frame := submit_text("See you at five? 😀"))
                states: list[str] = []
                while "delivered" not in states:
                    report = await client.take(frames.TextReport)
                    assert (report.submit, report.segments) == (frame.submit, 1)
                    states.append(report.state)
                    await client.send(frames.Ack((report.entry,)))
                await until(lambda: len(real.got()) == 1)
                assert real.got()[0][:3] == [OURS, CAROL, "ucs-2"]
                await real.phone_says(CAROL[1:], OURS[1:], "ucs2", "Да, 😀".encode("utf-16-be"))
                body = alice.open(await client.take(frames.DeliverText))
                assert (body.ours, body.peer, body.text) == (OURS, CAROL, "Да, 😀")
