"""A text from the command line through gateways that are not ours: out in segments, its receipt back, a reply in."""

import contextlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.commands.session import Session
from app.common import clock
from app.relay import gateways
from app.relay.texts import base, callbacks
from app.relay.texts import kannel as kannel_gateway
from tests.cli.test_texts import run
from tests.parts import kannel, message_centre, people, texting, texting_relay
from tests.parts import relay as relays
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
            "password_file": _secret(folder / "password", kannel.PASSWORD),
            "numbers": [OURS],
            "callback": callback,
            "callback_secret_file": _secret(folder / "secret", SECRET),
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


def _secret(path: Path, words: str) -> str:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    path.write_text(words)
    return str(path)


@pytest.mark.parametrize("over", [over_kannel, over_smpp])
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
