"""MMS over a provider and a whole relay: it fetches what leaves, we fetch what comes in and seal it to a device."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from app.common import clock
from app.protocol import frames, texts
from app.relay import gateways
from app.relay.texts import arriving, callbacks, pieces, provider
from app.relay.texts import texts as texts_of_relay
from tests.parts import kannel, texting
from tests.parts import provider as providers
from tests.parts.private import private
from tests.parts.provider import ACCOUNT, TOKEN, Provider, call, picture
from tests.parts.relay import Inside
from tests.parts.texting import CAROL, OURS, Texter, submit_text
from tests.parts.waiting import until
from tests.parts.wire_client import WireClient, now

SECRET = "0123456789abcdef-0123456789"
JPEG = texts.Media("image/jpeg", "a.jpg", b"\xff\xd8jpeg")
GIF = texts.Media("image/gif", "", b"GIF89a")


@dataclass
class Road:
    """A provider, the relay behind it, and Alice with a device there."""

    real: Provider
    inside: Inside
    alice: Texter
    client: WireClient
    incoming: str

    async def send(self, text: str, *media: texts.Media) -> frames.SubmitText:
        frame = submit_text(text, segments=1, media=media)
        await self.client.send(frame)
        await self.client.accepted(frame.submit)
        return frame

    async def reported(self) -> tuple[str, str, int]:
        report = await self.client.take(frames.TextReport)
        return report.state, report.reason, report.segments

    async def brings(self, text: str, *given: tuple[str, str], number: int = 1) -> None:
        if not self.real.asked:
            await self.send("Hi Carol")  # so that what comes from her is Alice's
            await self.reported()
        assert await call(self.incoming, picture(text, CAROL, OURS, *given, number=number)) == 200

    async def arrived(self) -> texts.TextBody:
        entry = await self.client.take(frames.DeliverText)
        await self.client.send(frames.Ack((entry.entry,)))
        return self.alice.open(entry)


@contextlib.asynccontextmanager
async def road(folder: Path, time: clock.Clock | None = None) -> AsyncGenerator[Road]:
    port = kannel.free_ports("relay")["relay"]
    callback = f"http://127.0.0.1:{port}"
    async with providers.provider() as real:
        table = {
            "kind": "provider",
            "url": real.messages,
            "username": ACCOUNT,
            "password_file": private(folder / "password", TOKEN),
            "numbers": [OURS],
            "callback": callback,
            "callback_secret_file": private(folder / "secret", SECRET),
            "mms_octets": 600_000,
        }
        (gateway,) = gateways.build(gateways.read({"north": table}), time or clock.SystemClock())
        async with (
            texting.relay(folder / "relay", gateway, time=time, port=port) as inside,
            texting.wire(inside) as wire,
        ):
            await until(lambda: not inside.relay.texts.routes.all_down)
            alice = await texting.join(inside, wire)
            async with alice.online() as client:
                await alice.publish(client)
                incoming = callback + callbacks.path("north", SECRET, provider.INCOMING)
                yield Road(real, inside, alice, client, incoming)


async def test_out_it_is_fetched_while_it_is_on_its_way(tmp_path: Path) -> None:
    async with road(tmp_path) as way:
        await way.send("Look: é", JPEG, GIF)
        assert await way.reported() == ("sent", "", 1)
        (asked,) = way.real.asked
        assert (asked["To"], asked["From"], asked["Body"]) == (CAROL, OURS, "Look: é")
        assert len(way.real.media[0]) == 2 and way.real.answered[0]["num_media"] == "2"
        for _ in range(2):  # as often as it likes, until it says how it ended
            assert await way.real.fetched() == [("image/jpeg", JPEG.octets), ("image/gif", GIF.octets)]
        sid = way.real.answered[0]["sid"]
        assert await way.real.status(sid, "sent") == 200
        assert (await way.real.fetched())[0][0] == "image/jpeg"
        assert await way.real.status(sid, "delivered") == 200
        assert await way.reported() == ("delivered", "", 1)
        assert [kind for kind, _ in await way.real.fetched()] == ["", ""]
        async with aiohttp.ClientSession() as session:
            answers = [await session.get(url) for url in way.real.media[0]]
            assert [answer.status for answer in answers] == [404, 404]


async def test_out_without_a_word(tmp_path: Path) -> None:
    async with road(tmp_path) as way:
        await way.send("", JPEG)
        assert await way.reported() == ("sent", "", 1)
        assert "Body" not in way.real.asked[0]


async def test_out_and_nobody_answered(tmp_path: Path) -> None:
    """Perhaps it was taken: it is not posted again, and what it names can still be fetched."""
    async with road(tmp_path) as way:
        way.real.script.append((503, "after it was taken", {}))
        await way.send("", JPEG)
        assert await way.reported() == ("unknown", "text_outcome_unknown", 0)
        assert await way.real.fetched() == [("image/jpeg", JPEG.octets)]
        assert len(way.real.asked) == 1


async def test_out_and_throttled_it_goes_again_from_the_same_place(tmp_path: Path) -> None:
    async with road(tmp_path) as way:
        way.real.script.append((429, {"code": 20429}, {"Retry-After": "0"}))
        await way.send("", JPEG)
        assert await way.reported() == ("sent", "", 1)
        assert len(way.real.asked) == 2 and way.real.media[0] == way.real.media[1]
        assert way.real.keys[0] == way.real.keys[1] != ""


async def test_out_and_refused_it_is_gone(tmp_path: Path) -> None:
    async with road(tmp_path) as way:
        way.real.script.append((400, {"code": 21620}, {}))
        await way.send("", JPEG)
        assert await way.reported() == ("failed", "text_unsupported", 0)
        assert await way.real.fetched() == [("", b"")]


def served(octets: bytes, kind: str = "image/jpeg") -> web.Response:
    return web.Response(body=octets, content_type=kind)


async def test_in_with_what_can_be_had(tmp_path: Path) -> None:
    """Each that cannot be had is a line: too large, of another kind, gone, elsewhere, without an address."""
    async with road(tmp_path) as way:
        keep = way.real.keep
        await way.brings(
            "Look",
            (keep("one", served(JPEG.octets)), "image/jpeg"),
            (keep("large", served(b"x" * 10_000_000)), "video/mp4"),
            (keep("page", served(b"<html>", "text/html")), "image/gif"),
            (keep("gone"), "image/png"),
            ("http://127.0.0.1:1/x", "image/webp"),
            ("", "audio/amr"),
            (keep("six", served(GIF.octets, "image/gif")), "Image/GIF; name=x"),
        )
        body = await way.arrived()
        assert [(piece.content_type, piece.octets) for piece in body.media] == [
            ("image/jpeg", JPEG.octets), ("image/gif", GIF.octets),
        ]  # fmt: skip
        assert body.text.split("\n") == [
            "Look", "[MMS: video/mp4]", "[MMS: image/gif]", "[MMS: image/png]", "[MMS: image/webp]", "[MMS: audio/amr]",
        ]  # fmt: skip
        assert (body.pieces, body.segments, body.peer, body.ours) == (7, 1, CAROL, OURS)


async def test_in_twice_it_is_one(tmp_path: Path) -> None:
    async with road(tmp_path) as way:
        url = way.real.keep("one", served(JPEG.octets), served(JPEG.octets))
        await way.brings("Look", (url, "image/jpeg"))
        await way.brings("Look", (url, "image/jpeg"))
        assert len((await way.arrived()).media) == 1
        await way.brings("And?", number=2)
        assert (await way.arrived()).text == "And?"


async def test_in_a_recorded_call_says_nothing_new(tmp_path: Path) -> None:
    """Signatures have no time in them: a call that was recorded is good for ever, and brings nothing a second time."""
    time = clock.ManualClock(now())
    async with road(tmp_path, time) as way:
        await way.brings("Look")
        assert (await way.arrived()).text == "Look"
        await way.client.settle()
        time.advance(7 * 86_400)
        await way.inside.relay.texts.arriving.sweep()  # nothing of it is left but its id
        await way.brings("Look")
        await way.brings("New", number=2)
        async with way.alice.online() as client:
            said = await client.settle()
            bodies = [way.alice.open(frame) for frame in said if isinstance(frame, frames.DeliverText)]
            assert [body.text for body in bodies] == ["New"]


async def test_in_as_much_as_fits(tmp_path: Path) -> None:
    big = b"x" * (pieces.MEDIA // 2 + 1)
    async with road(tmp_path) as way:
        await way.brings("", *[(way.real.keep(name, served(big)), "image/jpeg") for name in ("one", "two")])
        body = await way.arrived()
        assert ([len(piece.octets) for piece in body.media], body.text) == ([len(big)], "[MMS: image/jpeg]")


async def tried(way: Road, left: int) -> None:
    """Until the one file was asked for so often that so many answers are left, and that try is over."""
    await until(lambda: len(way.real.files["one"]) == left and not way.inside.relay.texts.arriving._busy)


async def test_in_a_file_that_is_not_there_yet_is_fetched_at_the_next_look(tmp_path: Path) -> None:
    async with road(tmp_path) as way:
        url = way.real.keep("one", web.Response(status=503), web.Response(status=429), served(JPEG.octets))
        await way.brings("Look", (url, "image/jpeg"))
        for left in (2, 1):
            await tried(way, left)
            assert way.inside.store.texts.incoming.open_sets()
            await way.inside.relay.texts.arriving.sweep()  # every minute, and at each start
        body = await way.arrived()
        assert [piece.octets for piece in body.media] == [JPEG.octets] and body.text == "Look"


async def test_in_a_file_that_never_comes_is_a_line(tmp_path: Path) -> None:
    time = clock.ManualClock(now())
    async with road(tmp_path, time) as way:
        url = way.real.keep("one", *(web.Response(status=503) for _ in range(9)))
        await way.brings("Look", (url, "image/jpeg"))
        await tried(way, 8)
        time.advance(arriving.FETCHING / 1000 - 1)
        await tried(way, 7)
        assert way.inside.store.texts.incoming.open_sets()
        time.advance(texts_of_relay.SWEEP)
        await until(lambda: not way.inside.store.texts.incoming.open_sets())
        async with way.alice.online() as client:  # the clock has ended the session before
            body = way.alice.open(await client.take(frames.DeliverText))
            assert (body.text, body.media, body.pieces) == ("Look\n[MMS: image/jpeg]", (), 1)


@pytest.mark.expect_log("a call was refused")
async def test_in_forged_it_is_not_fetched(tmp_path: Path) -> None:
    async with road(tmp_path) as way:
        await way.send("Hi Carol")
        url = way.real.keep("one", served(JPEG.octets))
        form = picture("Look", CAROL, OURS, (url, "image/jpeg"))
        assert await call(way.incoming, form, providers.sign(way.incoming, picture("Look", CAROL, OURS))) == 403
        assert len(way.real.files["one"]) == 1


async def test_in_for_nobody_nothing_is_fetched(tmp_path: Path) -> None:
    async with road(tmp_path) as way:
        url = way.real.keep("one", served(JPEG.octets))
        assert await call(way.incoming, picture("Look", CAROL, OURS, (url, "image/jpeg"))) == 200
        assert way.inside.relay.texts.arriving.dropped == 1
        assert len(way.real.files["one"]) == 1
