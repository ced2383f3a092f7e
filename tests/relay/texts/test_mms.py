"""MMS on their way out: pieces are kept until the gateway has them, one counts as one, and what is refused says why."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yarl

from app.common import clock
from app.protocol import frames, limits, texts
from app.relay.store.texts import Handed
from app.relay.texts import base, sending
from app.relay.texts import texts as relay_texts
from app.relay.texts.base import Kind, LinkState, MessageState
from tests.parts import texting
from tests.parts.texting import CAROL, DAVE, OTHERS, OURS, PLENTY, Network, submit_text
from tests.parts.waiting import until
from tests.parts.wire_client import now
from tests.relay.texts import scene as scenes
from tests.relay.texts.scene import Scene

JPEG = texts.Media("image/jpeg", "a.jpg", b"jpeg" * 100)
GIF = texts.Media("image/gif", "", b"gif")
ABLE: dict[str, Any] = {
    "kinds": frozenset({Kind.SMS, Kind.MMS}),
    "mms_octets": 300_000,
    "mms_types": frozenset({"image/jpeg", "image/gif"}),
}


def picture(text: str = "", *media: texts.Media, **changes: object) -> frames.SubmitText:
    return submit_text(text, **{"segments": 1, "media": media or (JPEG, GIF), **changes})


@contextlib.asynccontextmanager
async def place(folder: Path, *more: Network, able: dict[str, Any] = ABLE, **settings: Any) -> AsyncGenerator[Scene]:
    async with scenes.scene(folder / "relay", Network(**able), *more, **settings) as playing:
        yield playing


async def ask(scene: Scene, path: str) -> tuple[int, Mapping[str, str], bytes]:
    """As whoever knows that address."""
    url = yarl.URL(scene.inside.url + path, encoded=True)
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, answer.headers, await answer.read()


async def waiting(scene: Scene) -> frames.SubmitText:
    """One that the gateway did not take, and that waits."""
    scene.network.script.extend([base.NotSent()] * 10)
    frame = await scene.send(picture())
    await scene.asked(1)
    await until(lambda: scene.items(frame.submit)[0].handed is Handed.WAITING)
    return frame


def pieces(scene: Scene, frame: frames.SubmitText) -> int:
    return len(scene.inside.store.texts.media.pieces(scene.text(frame.submit).number))


async def test_out_whole_as_one_and_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with place(tmp_path) as scene:
        assert (await scene.client.take(frames.TextTerms)).mms_octets == 300_000
        scene.network.script.append(held := asyncio.Event())
        frame = await scene.send(picture("€" * 200))  # three segments, were it a text
        await scene.asked(1)
        assert pieces(scene, frame) == 2
        held.set()
        report = await scene.report()
        assert (report.state, report.segments, report.price) == ("sent", 1, 7_500)
        ((message_id, sent),) = scene.network.taken
        assert isinstance(sent, base.Mms) and (sent.source, sent.destination) == (OURS, CAROL)
        assert sent.text == "€" * 200
        given = [texts.Media(part.content_type, part.name, part.octets) for part in sent.parts]
        assert given == [JPEG, GIF]
        assert pieces(scene, frame) == 0 and scene.text(frame.submit).text == ""
        assert await scene.network.receipt(message_id)
        assert await scene.reported() == ("delivered", "", 1)
    said = caplog.text + repr(sent)
    assert not [word for word in ("€", "jpegjpeg", "/v1/media") if word in said] and "a.jpg" not in caplog.text


async def test_the_same_submit_again_is_one_mms(tmp_path: Path) -> None:
    async with place(tmp_path) as scene:
        frame = await scene.send(picture())
        await scene.reported()
        await scene.send(frame)
        await scene.nothing_more()
        assert len(scene.network.asked) == 1


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (picture("", texts.Media("image/webp", "", b"x")), "text_unsupported"),
        (picture("", texts.Media("image/jpeg\r\nX: y", "", b"x")), "text_unsupported"),
        (picture("", JPEG, texts.Media("image/gif", "", b"")), "malformed"),
        (picture("é", texts.Media("image/gif", "", b"x" * 299_999)), "text_too_large"),
        (picture("", *[texts.Media("image/gif", "", b"x" * 100_001)] * 3), "text_too_large"),
        (picture(to="+442079460123"), "text_region_off"),
    ],
    ids=["another kind", "a header in it", "an empty piece", "words and piece", "pieces", "abroad"],
)
async def test_what_may_not_leave_says_why(tmp_path: Path, frame: frames.SubmitText, code: str) -> None:
    async with place(tmp_path) as scene:
        assert await scene.refused(frame) == (code, "")
        assert scene.network.asked == []


LONG = "я" * 671  # eleven segments


async def test_words_too_long_for_a_text_are_one_mms(tmp_path: Path) -> None:
    async with place(tmp_path) as scene:
        assert await scene.refused(submit_text(LONG)) == ("text_too_large", "")
        frame = await scene.send(submit_text(LONG, segments=1, mms=True))
        report = await scene.report()
        assert (report.state, report.segments, report.price) == ("sent", 1, 7_500)
        ((message_id, sent),) = scene.network.taken
        assert sent == base.Mms(OURS, CAROL, LONG, (), sent.client_ref, valid_until=frame.valid_until)
        assert scene.text(frame.submit).text == ""
        assert await scene.network.receipt(message_id)
        assert await scene.reported() == ("delivered", "", 1)


async def test_words_alone_are_an_mms_for_the_rules_too(tmp_path: Path) -> None:
    rules = replace(PLENTY, mms_a_day=1)
    async with place(tmp_path, rules=rules) as scene:
        await scene.send(submit_text("short", segments=1, mms=True))
        await scene.reported()
        assert isinstance(scene.network.taken[0][1], base.Mms), "what was agreed to as an MMS is one"
        assert await scene.refused(submit_text(LONG, segments=1, mms=True)) == ("rate_limited", "mms_a_day")
        assert await scene.refused(submit_text("", segments=1, mms=True)) == ("malformed", "")


async def test_a_gateway_without_mms_refuses(scene: Scene) -> None:
    assert (await scene.client.take(frames.TextTerms)).mms_octets == 0
    assert await scene.refused(picture("words too")) == ("text_unsupported", "")
    assert await scene.refused(submit_text(LONG, segments=1, mms=True)) == ("text_unsupported", "")
    await scene.nothing_more()
    assert scene.network.asked == []


async def test_of_two_gateways_the_one_that_can(tmp_path: Path) -> None:
    """Whom we have texted before keeps our number: from another one it would be somebody else who writes."""
    south = Network("south", sources=(OTHERS,), **{**ABLE, "mms_types": frozenset({"image/gif", "image/png"})})
    async with place(tmp_path, south, able={}) as scene:
        terms = await scene.client.take(frames.TextTerms)
        assert (terms.own, terms.mms_octets, terms.mms_types) == (OURS, 300_000, ("image/gif", "image/png"))
        await scene.send(submit_text())
        await scene.reported()
        assert await scene.refused(picture("", GIF)) == ("text_unsupported", "")
        await scene.send(picture("", GIF, to=DAVE))
        await scene.reported()
        assert [item.source for _, item in south.taken] == [OTHERS]
        await scene.send(submit_text(to=DAVE))
        await scene.reported()
        assert [item.source for _, item in south.taken] == [OTHERS, OTHERS]


async def test_what_nobody_answered_is_never_written_again(tmp_path: Path) -> None:
    async with place(tmp_path) as scene:
        scene.network.script.extend([base.NotSent(), base.OutcomeUnknown()])
        frame = await scene.send(picture())
        await scene.asked(1)
        assert pieces(scene, frame) == 2
        await scene.network.link(LinkState.BOUND)  # it may take something again
        assert await scene.reported() == ("unknown", "text_outcome_unknown", 0)
        first, second = scene.network.asked
        assert first == second and pieces(scene, frame) == 0
        await scene.nothing_more()


async def test_killed_while_it_waits_it_leaves_once_and_whole(tmp_path: Path) -> None:
    async with place(tmp_path) as scene:
        frame = await waiting(scene)
        shutil.copytree(tmp_path / "relay", tmp_path / "image")
        async with scenes.again(scene, tmp_path / "image", Network(**ABLE)) as later:
            assert await later.reported() == ("sent", "", 1)
            ((_, sent),) = later.network.taken
            assert isinstance(sent, base.Mms) and sent == scene.network.asked[0]
            assert pieces(later, frame) == 0


async def test_without_the_gateway_it_waited_for(tmp_path: Path) -> None:
    """It goes by another one if that carries such a thing, else it fails and is forgotten."""
    async with place(tmp_path) as scene:
        await waiting(scene)
        shutil.copytree(tmp_path / "relay", tmp_path / "one")
        shutil.copytree(tmp_path / "relay", tmp_path / "two")
        south = Network("south", sources=(OTHERS,), **ABLE)
        async with scenes.again(scene, tmp_path / "one", south) as later:
            assert await later.reported() == ("sent", "", 1)
            assert isinstance(south.taken[0][1], base.Mms) and len(south.taken[0][1].parts) == 2
        async with scenes.again(scene, tmp_path / "two", Network("south", sources=(OTHERS,))) as later:
            assert await later.reported() == ("failed", "text_unsupported", 0)


async def test_a_script_that_pumps_pictures_is_stopped(tmp_path: Path) -> None:
    """By the number of its MMS, by what may wait, by money: whichever comes first, and it is named."""
    for number, (changes, limit) in enumerate(
        (
            ({"mms_a_day": 3}, "mms_a_day"),
            ({"mms_waiting": 1_500}, "mms_waiting"),
            ({"texts_a_day": 3}, "texts_a_day"),
            ({"texts_money_a_day": 120_000}, "texts_money_a_day"),
        )
    ):
        rules = texting.Rules(**{**{name: getattr(PLENTY, name) for name in PLENTY.__slots__}, **changes})
        async with place(tmp_path / str(number), rules=rules) as scene:
            scene.network.script.append(taken := asyncio.Event())  # which takes none of them
            for _ in range(3):
                await scene.send(picture())
            assert await scene.refused(picture()) == ("rate_limited", limit)
            taken.set()  # the relay would wait for it


async def test_pictures_that_are_being_looked_at_are_bounded(tmp_path: Path) -> None:
    big = [picture("", texts.Media("image/gif", "", b"x" * limits.MIB * 2), submit=bytes([at]) * 16) for at in range(5)]
    async with place(tmp_path) as scene:
        for frame in big:
            await scene.client.send(frame)
        answers = [await scene.client.take(frames.Refused) for _ in big]
        assert {answer.code for answer in answers} <= {"text_too_large", "busy"}
        assert relay_texts.PENDING * relay_texts.WEIGHT < 8 * limits.MIB
        await scene.send(picture())
        await scene.reported()


async def test_a_gateway_that_fetches_has_an_hour(tmp_path: Path) -> None:
    async with place(tmp_path, able={**ABLE, "mms_fetched": True}) as scene:
        frame = await scene.send(picture())
        await scene.reported()
        ((message_id, sent),) = scene.network.taken
        assert isinstance(sent, base.Mms)
        for part, wanted in zip(sent.parts, (JPEG, GIF), strict=True):
            status, headers, body = await ask(scene, part.url)
            assert (status, body, headers["Content-Type"]) == (200, wanted.octets, wanted.content_type)
            assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
        real = sent.parts[0].url
        folder, _, token = real.rpartition("/")
        for guess in (real[:-1], real[:-1] + "%00", f"{folder}/{'A' * 43}", real + "A", f"{folder}/"):
            assert (await ask(scene, guess))[0] == 404
        assert len(token) == 43 and real != sent.parts[1].url
        assert await scene.network.receipt(message_id, MessageState.ACCEPTED)
        assert (await ask(scene, real))[0] == 200
        assert await scene.network.receipt(message_id, MessageState.DELIVERED)
        assert (await ask(scene, real))[0] == 404
        assert pieces(scene, frame) == 0


async def test_its_hour_is_over(tmp_path: Path) -> None:
    time = clock.ManualClock(now())
    async with place(tmp_path, able={**ABLE, "mms_fetched": True}, time=time) as scene:
        frame = await scene.send(picture())
        await scene.reported()
        ((_, sent),) = scene.network.taken
        assert isinstance(sent, base.Mms)
        time.advance(sending.FETCHED / 1000)
        assert (await ask(scene, sent.parts[0].url))[0] == 200
        time.advance(1)
        assert (await ask(scene, sent.parts[0].url))[0] == 404
        time.advance(relay_texts.SWEEP)
        await until(lambda: pieces(scene, frame) == 0)
