"""Texts over a real Kannel and its fake network; and over answers that Kannel gives rarely."""

import asyncio
import contextlib
import urllib.parse
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from app.common import clock
from app.protocol import segments
from app.relay.texts import asking, base, callbacks, kannel
from app.relay.texts.base import LinkState, MessageState, Reason
from tests.parts import kannel as kannels
from tests.parts.waiting import until
from tests.relay.texts.seat import CAROL, RELAY, Sink, sms

SECRET = "open-sesame"


@contextlib.asynccontextmanager
async def listening(routes: list[web.RouteDef]) -> AsyncGenerator[str]:
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def gateway(url: str, callback: str, **changes: str) -> kannel.KannelGateway:
    password = changes.get("password", kannels.PASSWORD)
    given = kannel.Config("north", url, kannels.USER, password, (RELAY,), callback, SECRET, retry=(0.01, 0.05))
    return kannel.KannelGateway(given, clock.SystemClock())


@contextlib.asynccontextmanager
async def running(one: kannel.KannelGateway, sink: Sink) -> AsyncGenerator[kannel.KannelGateway]:
    task = asyncio.create_task(one.run(sink))
    try:
        yield one
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@dataclass
class Place:
    kannel: kannels.Kannel
    gateway: kannel.KannelGateway
    callback: str
    sink: Sink


@contextlib.asynccontextmanager
async def place(folder: Path, sink: Sink) -> AsyncGenerator[Place]:
    """Kannel, and a gateway that it lets in and calls."""
    proxy = callbacks.Callbacks([holder := _Late()])
    async with (
        listening(proxy.routes()) as url,
        kannels.kannel(folder, lambda: url + callbacks.path("north", SECRET, kannel.INCOMING)) as real,
    ):
        holder.inner = gateway(real.url, url)
        async with running(holder.inner, sink) as one:
            await until(lambda: one.bound)
            yield Place(real, one, url, sink)


class _Late:
    """A gateway that is known only after its Kannel, which has to know where it calls."""

    name = "north"
    secret = SECRET
    inner: kannel.KannelGateway

    async def called(self, call: callbacks.Call) -> callbacks.Reply:
        return await self.inner.called(call)


async def test_there_and_back(tmp_path: Path, sink: Sink) -> None:
    async with place(tmp_path, sink) as here:
        short = await here.gateway.submit(sms("Zdravo, €5 [ok] à"))
        assert short == base.Submitted((b"r" * 16).hex(), 1)
        await until(lambda: len(here.kannel.got()) == 1)
        source, destination, *words = here.kannel.got()[0]
        assert (source, destination, words) == (RELAY, CAROL, ["text", "Zdravo,", "€5", "[ok]", "à"])
        states = {MessageState.DELIVERED, MessageState.ACCEPTED}
        await until(lambda: {receipt.state for receipt in sink.receipts} == states)
        assert {(one.gateway, one.message_id) for one in sink.receipts} == {("north", short.message_id)}

        text = "Živjo 😀 " * 20
        long = await here.gateway.submit(sms(text, client_ref=b"q" * 16))
        assert long.billed_segments == len(segments.plan(text).segments) == 3
        await until(lambda: len(here.kannel.got()) == 4)
        parts = [words[-1] for words in here.kannel.got()[1:]]
        assert b"".join(urllib.parse.unquote_to_bytes(part.replace("+", " ")) for part in parts) == text.encode(
            "utf-16-be"
        )
        await until(lambda: long.message_id in {one.message_id for one in sink.receipts})

        await here.kannel.phone_says(CAROL[1:], RELAY[1:], "ucs2", "Да, 😀".encode("utf-16-be"))
        await until(lambda: sink.texts() == [(CAROL, "Да, 😀")])
        assert sink.incoming[0].destination == RELAY
        sink.stored, asked = False, sink.asked  # Kannel calls again until it is stored
        await here.kannel.phone_says(CAROL[1:], RELAY[1:], "text", b"at five?")
        await until(lambda: sink.asked > asked)
        sink.stored = True
        await until(lambda: sink.texts()[1:] == [(CAROL, "at five?")])


async def test_the_network_is_away(tmp_path: Path, sink: Sink) -> None:
    async with place(tmp_path, sink) as here:
        await here.kannel.network_down()
        taken = await here.gateway.submit(sms("later"))
        await here.kannel.network_up()
        await until(lambda: len(here.kannel.got()) == 1)
        await until(lambda: MessageState.DELIVERED in {one.state for one in sink.receipts})
        assert {one.message_id for one in sink.receipts} == {taken.message_id}
        wrong = Sink()
        async with running(gateway(here.kannel.url, here.callback, password="no"), wrong) as other:
            await until(lambda: bool(wrong.states))
            with pytest.raises(base.NotSent):
                await other.submit(sms())
        assert wrong.states == [(LinkState.BIND_REFUSED, "403")]
        assert len(here.kannel.got()) == 1


@pytest.mark.parametrize(
    ("status", "words", "error", "reason"),
    [
        (202, "3: Queued for later delivery", None, None),
        (429, "slow down", base.Throttled, None),
        (503, "Temporal failure, try again later.", base.Throttled, None),
        (503, "Service Unavailable", base.OutcomeUnknown, None),
        (500, "oops", base.OutcomeUnknown, None),
        (403, "Not routable. Do not try again.", base.Refused, Reason.REFUSED),
        (403, "Number(s) has/have been denied by white- and/or black-lists.", base.Refused, Reason.BAD_NUMBER),
        (200, "a proxy's page", base.OutcomeUnknown, None),
        (307, "elsewhere", base.OutcomeUnknown, None),
        (0, "", base.OutcomeUnknown, None),  # closed after reading
    ],
)
async def test_answers(
    sink: Sink, status: int, words: str, error: type[Exception] | None, reason: Reason | None
) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if "X-Kannel-To" not in request.headers:
            return web.Response(status=400, text="Missing receiver(s) number(s), rejected")
        asked.append(await request.text())
        if not status:
            assert request.transport is not None
            request.transport.abort()
        headers = {"Retry-After": "7"} if status == 429 else {"Location": "/sendsms"} if status == 307 else {}
        return web.Response(status=status or 200, text=words, headers=headers)

    async with listening([web.post("/sendsms", answer)]) as url, running(gateway(url + "/sendsms", url), sink) as one:
        await until(lambda: one.bound)
        if error is None:
            assert (await one.submit(sms())).billed_segments == 1
        else:
            with pytest.raises(error) as raised:
                await one.submit(sms())
            assert getattr(raised.value, "reason", None) is reason
            assert not isinstance(raised.value, base.Throttled) or raised.value.retry_after == (
                7 if status == 429 else asking.RETRY
            )
    assert asked == ["Hello, Carol"]  # once, whatever came back


def test_a_missing_kannel_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kannels, "installed", lambda: False)
    with pytest.raises(pytest.fail.Exception, match=r"kannel-extras .*CI=true"):
        kannels.require({"CI": "true"})
    with pytest.raises(pytest.skip.Exception, match="kannel-extras"):
        kannels.require({})


async def test_nobody_there(sink: Sink) -> None:
    one = gateway("http://127.0.0.1:1/sendsms", "http://127.0.0.1:1")
    with pytest.raises(base.NotSent):
        await one.submit(sms())
    async with running(one, sink):
        await until(lambda: bool(sink.states))
        with pytest.raises(base.NotSent):
            await one.submit(sms())
    assert sink.states[0][0] is LinkState.DOWN
    with pytest.raises(base.Refused) as late:
        await one.submit(sms(valid_until=1))
    assert late.value.reason is Reason.EXPIRED


@pytest.mark.expect_log("a call was refused")
async def test_who_may_call(sink: Sink) -> None:
    one = gateway("http://127.0.0.1:1/sendsms", "http://127.0.0.1:1")
    receipt = f"{callbacks.path('north', SECRET, kannel.RECEIPT)}?id={'ab' * 16}"
    async with (
        listening(callbacks.Callbacks([one]).routes()) as url,
        aiohttp.ClientSession(url) as caller,
    ):

        async def status(path: str, body: bytes = b"") -> int:
            async with caller.post(path, data=body) as answer:
                return answer.status

        assert await status(receipt + "&type=1") == 503  # it does not run yet
        async with running(one, sink):
            await until(lambda: bool(sink.states))
            assert await status(receipt.replace(SECRET, "guess") + "&type=1") == 404
            assert await status(receipt.replace("north", "south") + "&type=1") == 404
            assert await status(receipt.replace("/receipt", "/other") + "&type=1") == 404
            assert await status(receipt + "&type=1", b"x" * (callbacks.BODY + 1)) == 413
            assert await status(receipt.replace("ab", "a") + "&type=1") == 400
            assert await status(callbacks.path("north", SECRET, kannel.INCOMING)) == 400
            assert not sink.receipts
            for kind in ("1", "8", "1", "99"):
                assert await status(f"{receipt}&type={kind}") == 200
            sink.stored = False
            assert await status(receipt + "&type=2") == 503
    states = [heard.state for heard in sink.receipts]
    assert states == [MessageState.DELIVERED, MessageState.ACCEPTED, MessageState.DELIVERED]


async def test_parts_that_kannel_did_not_join(sink: Sink) -> None:
    one = gateway("http://127.0.0.1:1/sendsms", "http://127.0.0.1:1")
    async with running(one, sink):
        await until(lambda: bool(sink.states))
        header = segments.concatenation_header
        for sequence, (coding, words) in {2: ("0", "%20%E2%82%AC5"), 1: ("2", "%04%14%04%30")}.items():
            udh = urllib.parse.quote_from_bytes(header(3, 2, sequence))
            path = f"/x?from=12025550123&to=%2B12025550100&text={words}&coding={coding}&udh={udh}&id={sequence}"
            reply = await one.called(callbacks.Call(kannel.INCOMING, path, b"", {}))
            assert reply.status == 200
    assert sink.texts() == [(CAROL, "Да €5")]
    assert [incoming.gateway_ref for incoming in sink.incoming] == ["2", "1"]
