"""A text from the command line through gateways that are not ours: out in segments, its receipt back, a reply in."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from app.commands.session import Session
from app.common import clock
from app.domain.delivery import Status
from app.relay import gateways
from app.relay.texts import base, callbacks
from app.relay.texts import kannel as kannel_gateway
from app.relay.texts import provider as provider_gateway
from tests.cli.test_texts import run
from tests.media import samples
from tests.parts import kannel, message_centre, people, texting, texting_relay
from tests.parts import provider as providers
from tests.parts import relay as relays
from tests.parts.private import private
from tests.parts.texting import CAROL
from tests.parts.waiting import until
from tests.stories.test_texts import ALICE, prove

OURS = texting_relay.SOURCE
SECRET = "0123456789abcdef-0123456789"
LONG = "See you at five? " * 15  # two segments
REPLY = "At six, please."


@dataclass
class Street:
    """A gateway with a phone network behind it: how many segments came to the phone, and the phone that answers."""

    gateway: base.Gateway
    port: int
    segments: Callable[[], Awaitable[int]]
    answer: Callable[[], Awaitable[object]]


@contextlib.asynccontextmanager
async def over_kannel(folder: Path) -> AsyncGenerator[Street]:
    port = kannel.free_ports("relay")["relay"]
    callback = f"http://127.0.0.1:{port}"
    incoming = callback + callbacks.path("north", SECRET, kannel_gateway.INCOMING)
    async with kannel.kannel(folder, lambda: incoming) as real:
        table = {
            "kind": "kannel",
            "url": real.url,
            "username": kannel.USER,
            "password_file": private(folder / "password", kannel.PASSWORD),
            "numbers": [OURS],
            "callback": callback,
            "callback_secret_file": private(folder / "secret", SECRET),
        }
        (gateway,) = gateways.build(gateways.read({"north": table}), clock.SystemClock())

        async def segments() -> int:
            return len(real.got())

        yield Street(gateway, port, segments, lambda: real.phone_says(CAROL[1:], OURS[1:], "text", REPLY.encode()))


@contextlib.asynccontextmanager
async def over_smpp(_: Path) -> AsyncGenerator[Street]:
    with message_centre.process() as control:
        async with message_centre.at(control) as centre:

            async def segments() -> int:
                return len([event for event in await centre.so_far() if event.get("command") == "submit_sm"])

            gateway = texting_relay.gateway(centre.port, clock.SystemClock())
            yield Street(gateway, 0, segments, lambda: centre.text(REPLY))


@contextlib.asynccontextmanager
async def over_provider(folder: Path) -> AsyncGenerator[Street]:
    async with behind_provider(folder) as (real, gateway, port):
        incoming = f"http://127.0.0.1:{port}" + callbacks.path("north", SECRET, provider_gateway.INCOMING)

        async def segments() -> int:
            """It cuts them itself, and says that the phone has them."""
            taken = real.answered[0]
            assert await real.status(taken["sid"], "sent") == await real.status(taken["sid"], "delivered") == 200
            return int(taken["num_segments"])

        real.early = ["sent", "delivered"]
        yield Street(gateway, port, segments, lambda: providers.call(incoming, providers.phone(REPLY, CAROL, OURS)))


@contextlib.asynccontextmanager
async def behind_provider(folder: Path) -> AsyncGenerator[tuple[providers.Provider, base.Gateway, int]]:
    folder.mkdir()
    port = kannel.free_ports("relay")["relay"]
    async with providers.provider() as real:
        table = {
            "kind": "provider",
            "url": real.messages,
            "username": providers.ACCOUNT,
            "password_file": private(folder / "password", providers.TOKEN),
            "numbers": [OURS],
            "callback": f"http://127.0.0.1:{port}",
            "callback_secret_file": private(folder / "secret", SECRET),
            "mms_octets": 300_000,
        }
        (gateway,) = gateways.build(gateways.read({"north": table}), clock.SystemClock())
        yield real, gateway, port


@pytest.mark.parametrize("over", [over_kannel, over_smpp, over_provider])
async def test_there_and_back(
    tmp_path: Path, over: Callable[[Path], contextlib.AbstractAsyncContextManager[Street]]
) -> None:
    async with (
        over(tmp_path / "street") as street,
        relays.inside(
            tmp_path / "relay", listen_port=street.port, gateways=(street.gateway,), texts=texting.PLENTY
        ) as inside,
    ):
        await until(lambda: not inside.relay.texts.routes.all_down)
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with alice.online() as present:
            session = Session(present.messenger)
            code, paper = await run(session, "forecast", CAROL, LONG)
            assert (code, paper.lines[0]["bearer"], paper.lines[0]["segments"]) == (0, "text", 2)
            code, paper = await run(session, "send", CAROL, LONG, "--wait", "delivered", "--timeout", "30")
            assert (code, paper.lines[0]["status"], paper.lines[0]["bearer"]) == (0, "delivered", "text")
            assert await street.segments() == 2
            code, told = await run(session, "why", paper.lines[0]["id"])
            assert (code, told.lines[0]["bearer"], told.lines[0]["segments"]) == (0, "text", 2)
            await street.answer()
            await present.received(1)
            code, paper = await run(session, "messages", CAROL)
            shown = [(line["direction"], line["text"], line["bearer"], line["status"]) for line in paper.lines]
            assert shown == [("out", LONG, "text", "delivered"), ("in", REPLY, "text", None)]
            assert (await run(session, "plan"))[1].lines[0]["used"] == 2


async def test_a_picture_both_ways(tmp_path: Path) -> None:
    """Fitted and sent as one MMS, fetched by the provider; another one comes back, and is saved to a file."""
    (tmp_path / "holiday.jpg").write_bytes(samples.photograph(1_600, 1_200))
    async with (
        behind_provider(tmp_path / "street") as (real, gateway, port),
        relays.inside(tmp_path / "relay", listen_port=port, gateways=(gateway,), texts=texting.PLENTY) as inside,
    ):
        await until(lambda: not inside.relay.texts.routes.all_down)
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with alice.online() as present:
            session = Session(present.messenger)
            picture = ("--picture", str(tmp_path / "holiday.jpg"))
            code, paper = await run(session, "send", CAROL, "Look", *picture, "--yes", "--timeout", "30")
            assert (code, paper.lines[0]["status"], paper.lines[0]["bearer"]) == (0, "sent", "text")
            await until(lambda: bool(real.answered))  # *sent* is with the relay
            ((kind, octets),) = await real.fetched()
            assert kind == "image/jpeg" and octets[:2] == b"\xff\xd8" and len(octets) < 300_000
            assert real.asked[0]["Body"] == "Look" and samples.SECRET not in octets
            sent = paper.lines[0]["id"]
            assert await real.status(real.answered[0]["sid"], "delivered") == 200
            await present.status(bytes.fromhex(sent), Status.DELIVERED)
            url = real.keep("one", web.Response(body=samples.photograph(640, 480), content_type="image/jpeg"))
            incoming = f"http://127.0.0.1:{port}" + callbacks.path("north", SECRET, provider_gateway.INCOMING)
            form = providers.picture("Nice!", CAROL, OURS, (url, "image/jpeg"))
            assert await providers.call(incoming, form) == 200
            await present.received(1)
            code, paper = await run(session, "messages", CAROL)
            assert [(line["direction"], line["text"]) for line in paper.lines] == [
                ("out", "📷 Look"),
                ("in", "📷 Nice!"),
            ]
            saved = tmp_path / "saved.jpg"
            code, told = await run(session, "save", paper.lines[1]["id"], str(saved))
            assert (code, told.lines[0]["type"]) == (0, "image/jpeg") and saved.read_bytes()[:2] == b"\xff\xd8"
