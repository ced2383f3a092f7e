"""A relay and a real Kannel: a text there, its receipt, and the reply, sealed to the device that wrote."""

import re
import tomllib
from pathlib import Path

from app.common import clock
from app.protocol import frames
from app.relay import gateways
from app.relay.texts import callbacks, kannel
from tests.parts import kannel as kannels
from tests.parts import message_centre, texting
from tests.parts import relay as relays
from tests.parts.message_centre import MessageCentre
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


GUIDE = Path(__file__).parents[3] / "docs" / "running-a-relay.md"


def block(beginning: str, marked: str = "") -> str:
    """The text between fences of the guide that begins so."""
    (found,) = re.findall(
        rf"^```{marked}\n({re.escape(beginning)}.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    return found


def put(text: str, changes: dict[str, str]) -> str:
    """An operator's own values in place of the guide's, each of which must be there."""
    for old, new in changes.items():
        assert old in text, f"{old} is not in the guide any more"
        text = text.replace(old, new)
    return text


async def test_the_guides_own_settings(centre: MessageCentre, tmp_path: Path) -> None:
    """Both files as they stand in the guide, but for names, ports and folders; a long text is joined, and counted."""
    folder, ports = tmp_path / "kannel", kannels.free_ports("relay", "admin", "smsbox", "sendsms")
    spools = [folder / "dlr", folder / "store"]
    for each in spools:
        each.mkdir(parents=True)
    listening = {name: str(port) for name, port in ports.items()}
    settings = put(block("group = core"), {
        "13000": listening["admin"], "13001": listening["smsbox"], "13013": listening["sendsms"],
        "ANOTHER-PASSWORD": kannels.ADMIN, "= PASSWORD": f"= {kannels.PASSWORD}", "/SECRET/": f"/{SECRET}/",
        "/var/spool/kannel": str(folder), "127.0.0.1:8800": f"127.0.0.1:{ports['relay']}",
        "smpp.example.com": "127.0.0.1", "port = 2775": f"port = {centre.port}",
        "YOUR-NAME-THERE": message_centre.USER, "YOUR-PASSWORD-THERE": message_centre.PASSWORD,
    })  # fmt: skip
    tables = tomllib.loads(put(block('[gateways.north]\nkind = "kannel"', "toml"), {
        "13013": listening["sendsms"], "127.0.0.1:8800": f"127.0.0.1:{ports['relay']}",
        "/var/lib/kingfisher-relay": str(tmp_path),
    }))  # fmt: skip
    private(tmp_path / "kannel.password", kannels.PASSWORD)
    private(tmp_path / "kannel.secret", SECRET)
    (gateway,) = gateways.build(gateways.read(tables["gateways"]), clock.SystemClock())
    assert isinstance(gateway, kannel.KannelGateway)
    async with (
        kannels.described(folder, settings, ports),
        relays.inside(
            tmp_path / "relay", listen_port=ports["relay"], gateways=(gateway,), texts=texting.PLENTY
        ) as inside,
        texting.wire(inside) as wire,
    ):
        await until(lambda: gateway.bound)
        alice = await texting.join(inside, wire)
        async with alice.online() as client:
            await alice.publish(client)
            await client.send(frame := submit_text("See you at five? 😀"))
            while (report := await client.take(frames.TextReport)).state != "delivered":
                assert report.submit == frame.submit
                await client.send(frames.Ack((report.entry,)))
            (sent,) = await centre.segments(1)
            assert bytes.fromhex(sent["user_data"]).decode("utf-16-be") == "See you at five? 😀"
            answer = "Zdravo, Alice 😀 " * 19
            await centre.text(answer, coding="ucs2", ref=9, order=[4, 2, 0, 3, 1])
            body = alice.open(await client.take(frames.DeliverText))
            assert (body.text, body.segments, body.ours, body.peer) == (answer, 5, OURS, CAROL)
