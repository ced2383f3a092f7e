"""Texts over a provider's REST interface: every answer, and calls that are signed, forged, repeated and too large."""

import asyncio
import contextlib
import io
import logging
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from app.common import clock, errors
from app.relay.texts import asking, base, callbacks, kannel, provider, webhooks
from app.relay.texts.base import LinkState, MessageState, Reason
from tests.parts import provider as providers
from tests.parts.provider import ACCOUNT, TOKEN, Provider, call, phone, sign
from tests.parts.waiting import until
from tests.relay.texts.seat import CAROL, RELAY, Sink, sms

SECRET = "open-sesame"
DAVE = "+12025550124"


def gateway(url: str, callback: str = "http://127.0.0.1:1", password: str = TOKEN) -> provider.ProviderGateway:
    given = provider.Config(
        "north", url, ACCOUNT, password, (RELAY,), callback, SECRET, TOKEN, retry=(0.01, 0.05)
    )  # fmt: skip
    return provider.ProviderGateway(given, clock.SystemClock())


@contextlib.asynccontextmanager
async def running(one: base.Gateway, sink: Sink) -> AsyncGenerator[None]:
    task = asyncio.create_task(one.run(sink))
    try:
        await until(lambda: bool(sink.states))
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def place(sink: Sink) -> AsyncGenerator[tuple[Provider, provider.ProviderGateway, str]]:
    """A provider, a gateway it lets in, and where it calls."""
    holder: list[provider.ProviderGateway] = []

    class Late:
        name, secret = "north", SECRET

        async def called(self, call: callbacks.Call) -> callbacks.Reply:
            return await holder[0].called(call)

    application = web.Application()
    application.add_routes(callbacks.Callbacks([Late()]).routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with providers.provider() as real:
        holder.append(gateway(real.messages, url))
        async with running(holder[0], sink):
            try:
                yield real, holder[0], url + callbacks.path("north", SECRET, provider.INCOMING)
            finally:
                await runner.cleanup()


def test_the_vendors_example_of_a_signature() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert webhooks.signature("12345", url, list(fields.items())) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


async def test_there_and_back(sink: Sink) -> None:
    async with place(sink) as (real, one, incoming):
        assert one.bound and sink.states == [(LinkState.BOUND, "")]
        real.early = ["delivered"]  # before we know under which id it was taken
        now = clock.SystemClock().now()
        taken = await one.submit(sms("Hello & 😀 +", valid_until=now + 600_000))
        assert taken == base.Submitted(real.answered[0]["sid"], 1)
        (asked,) = real.asked
        assert (asked["To"], asked["From"], asked["Body"]) == (CAROL, RELAY, "Hello & 😀 +")
        assert asked["SmartEncoded"] == "false" and 1 <= int(asked["ValidityPeriod"]) <= 600
        assert real.keys == [(b"r" * 16).hex()]
        for status in ("sent", "delivered", "never heard of", "undelivered"):
            assert await real.status(taken.message_id, status, ErrorCode="30003") == 200
        assert [(heard.message_id, heard.state) for heard in sink.receipts] == [
            (taken.message_id, state)
            for state in (
                MessageState.DELIVERED, MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.UNDELIVERABLE,
            )
        ]  # fmt: skip
        assert sink.receipts[-1].network_error == "30003"
        for status, state in (("undelivered", MessageState.NO_SUCH_NUMBER), ("delivered", MessageState.DELIVERED)):
            assert await real.status(taken.message_id, status, ErrorCode="30005") == 200
            assert sink.receipts[-1].state is state
        assert await call(incoming, phone("Да, 😀", CAROL, RELAY)) == 200
        assert await call(incoming, phone("Stop", CAROL, RELAY, 2, OptOutType="STOP")) == 200
        for number, said in enumerate(("3", "999", "1000", "-1", "", "x", "٣"), 4):
            assert await call(incoming, phone("Long", DAVE, RELAY, number, NumSegments=said)) == 200
        assert [one.segments for one in sink.incoming if one.source == DAVE] == [3, 255, 0, 0, 0, 0, 0]
        sink.incoming = [one for one in sink.incoming if one.source == CAROL]
        media = {"NumMedia": "1", "MediaUrl0": "http://127.0.0.1:1/x", "MediaContentType0": "image/jpeg"}
        assert await call(incoming, phone("", CAROL, RELAY, 3, **media)) == 200
    assert sink.texts() == [(CAROL, "Да, 😀"), (CAROL, "Stop"), (CAROL, "")]
    assert sink.incoming[2].media == (base.MmsPart("image/jpeg", url="http://127.0.0.1:1/x"),)
    assert [one.keyword_answered for one in sink.incoming] == [False, True, False]
    assert sink.incoming[0].gateway_ref == f"SM{1:032x}"


@pytest.mark.parametrize(
    ("status", "said", "error", "reason"),
    [
        (201, {"sid": "SM1", "status": "accepted", "num_segments": "3"}, None, None),
        (202, {"sid": "SM1", "status": "queued", "num_segments": "3"}, None, None),
        (200, {"sid": "SM1", "num_segments": "3"}, None, None),
        (202, "queued", base.OutcomeUnknown, None),
        (204, "", base.OutcomeUnknown, None),
        (201, {"sid": "SM1", "status": "failed", "error_code": 30007}, base.Refused, Reason.FILTERED),
        (201, {"status": "queued"}, base.OutcomeUnknown, None),
        (201, "no JSON", base.OutcomeUnknown, None),
        (201, "[" * 60_000, base.OutcomeUnknown, None),
        (400, {"code": 21211}, base.Refused, Reason.BAD_NUMBER),
        (400, {"code": 30006}, base.Refused, Reason.BAD_NUMBER),
        (400, {"code": 21408}, base.Refused, Reason.REGION_OFF),
        (400, {"code": 21610}, base.Refused, Reason.OPTED_OUT),
        (400, {"code": 21617}, base.Refused, Reason.TOO_LARGE),
        (400, {"code": 30034}, base.Refused, Reason.UNREGISTERED),
        (400, {"code": [1]}, base.Refused, Reason.REFUSED),
        (401, {"code": 20003}, base.NotSent, None),
        (429, {"code": 20429}, base.Throttled, None),
        (307, "elsewhere", base.OutcomeUnknown, None),
        (408, "took too long", base.OutcomeUnknown, None),
        (500, "after it was taken", base.OutcomeUnknown, None),
        (503, {"code": 20503}, base.OutcomeUnknown, None),
        (0, "", base.OutcomeUnknown, None),  # closed after reading
    ],
)
async def test_answers(
    sink: Sink, status: int, said: Any, error: type[Exception] | None, reason: Reason | None
) -> None:
    async with providers.provider() as real, running(one := gateway(real.messages), sink):
        headers = {"Retry-After": "7"} if status == 429 else {"Location": real.messages} if status == 307 else {}
        real.script.append((status, said, headers))
        if error is None:
            assert (await one.submit(sms())).billed_segments == 3
        else:
            with pytest.raises(error) as raised:
                await one.submit(sms())
            assert getattr(raised.value, "reason", None) is reason
            assert not isinstance(raised.value, base.Throttled) or raised.value.retry_after == 7
        assert len(real.asked) == 1  # once, whatever came back


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0), (" 7 ", 7.0), ("0", asking.SOONEST), ("3599", 3_599.0), ("10000", 3_600.0), ("9" * 4_000, 3_600.0),
        ("Mon, 30 Nov 2026 10:01:30 GMT", 90.0), ("Monday, 30-Nov-26 10:01:30 GMT", 90.0),
        ("Mon Nov 30 10:01:30 2026", 90.0),
        ("Mon, 30 Nov 2026 09:00:00 GMT", asking.SOONEST),
        ("Tue, 01 Dec 2026 10:00:00 GMT", 3_600.0),
        *((bad, asking.RETRY) for bad in ("", "soon", "-5", "7.5", "٣", "Mon, 99 Nov 2026 10:01:30 GMT", "1 2 3 4 5")),
    ],
)  # fmt: skip
def test_how_long_it_is_busy(said: str, seconds: float) -> None:
    assert asking.wait_of({"Retry-After": said, "Date": "Mon, 30 Nov 2026 10:00:00 GMT"}) == seconds


def test_a_date_counts_only_beside_another_one() -> None:
    assert asking.wait_of({"Retry-After": "Mon, 30 Nov 2026 10:01:30 GMT"}) == asking.RETRY
    assert asking.wait_of({}) == asking.RETRY


@pytest.mark.parametrize(
    ("price", "unit", "millionths"),
    [("-0.00750", "USD", 7_500), ("-1", "usd", 1_000_000), (None, "USD", None), ("-0.0075", None, None)]
    + [(bad, "USD", None) for bad in ("", "-", "free", "1e9", "--1", "9" * 40, "٣", 5, True)],
)
async def test_what_it_costs(sink: Sink, price: Any, unit: Any, millionths: int | None) -> None:
    async with providers.provider() as real, running(one := gateway(real.messages), sink):
        real.script.append((201, {"sid": "SM1", "status": "queued", "price": price, "price_unit": unit}, {}))
        taken = await one.submit(sms())
    assert (taken.price, taken.currency) == (millionths, "" if millionths is None else "USD")


async def test_who_is_not_there_or_does_not_let_us_in(sink: Sink) -> None:
    with pytest.raises(base.NotSent):
        await gateway("http://127.0.0.1:1/account/Messages.json").submit(sms())
    async with running(one := gateway("http://127.0.0.1:1/account/Messages.json"), sink):
        with pytest.raises(base.NotSent):
            await one.submit(sms())
        with pytest.raises(base.Refused) as late:
            await one.submit(sms(valid_until=1))
    assert late.value.reason is Reason.EXPIRED and sink.states[0][0] is LinkState.DOWN
    wrong = Sink()
    async with providers.provider() as real, running(gateway(real.messages, password="no"), wrong):
        pass
    assert wrong.states == [(LinkState.BIND_REFUSED, "401")]


@pytest.mark.parametrize("kind", ["provider", "kannel"])
async def test_a_look_that_is_throttled_is_no_end(sink: Sink, kind: str) -> None:
    """The gateway goes on looking: it is there again as soon as it answers."""
    busy = [True]

    async def answer(request: web.Request) -> web.Response:
        if busy:
            busy.pop()
            return web.Response(status=429, headers={"Retry-After": "1"})
        return web.Response(status=200) if kind == "provider" else web.Response(status=400, text="Missing receiver")

    application = web.Application()
    application.add_routes([web.route("*", "/{rest:.*}", answer)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    other = kannel.Config("north", url, "a", "b", (RELAY,), url, SECRET, retry=(0.01, 0.05))
    one = (
        gateway(url + "/account" + provider.MESSAGES)
        if kind == "provider"
        else kannel.KannelGateway(other, clock.SystemClock())
    )
    async with running(one, sink):
        await until(lambda: one.bound)
    await runner.cleanup()
    assert sink.states == [(LinkState.DOWN, "HTTP 429"), (LinkState.BOUND, "")]


@pytest.mark.expect_log("a call was refused")
async def test_who_may_call(sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with place(sink) as (_, _, incoming):
        text = phone("Hi Alice", CAROL, RELAY)
        stolen = sign(incoming, text)
        assert await call(incoming, text, "") == 403
        assert await call(incoming, text, "é") == 403
        assert await call(incoming, text, sign(incoming, text, "guess")) == 403
        assert await call(incoming, {**text, "Body": "Hi Mallory"}, stolen) == 403
        assert await call(incoming + "?x=1", text, stolen) == 403
        status = incoming.removesuffix(provider.INCOMING) + provider.STATUS
        assert await call(status, text, stolen) == 403  # signed for another address
        assert await call(incoming.replace(SECRET, "guess"), text) == 404
        assert await call(status, {"MessageStatus": "delivered"}) == 400
        assert await call(status, {"MessageSid": "a/b", "MessageStatus": "delivered"}) == 400
        assert await call(incoming, phone("Hi", "", RELAY)) == 400
        async with aiohttp.ClientSession() as session:
            for body, wanted in ((b"x" * 10_000_000, 413), (b"\xff=1", 400), (b"a=%ff", 400), (b"&a=1" * 400, 400)):
                with contextlib.suppress(aiohttp.ClientConnectionError):  # it need not read so much to the end
                    async with session.post(incoming, data=io.BytesIO(body)) as answer:
                        assert answer.status == wanted
        assert not sink.incoming and not sink.receipts
        sink.stored = False
        assert await call(incoming, text) == 503
        sink.stored = True
        assert await call(incoming, text) == 200
    logged = caplog.text
    assert not [word for word in (SECRET, TOKEN, CAROL, "Hi Alice", stolen) if word in logged]
    with pytest.raises(errors.Untrusted):
        webhooks.read(callbacks.Call("incoming", "/x", b"a=1", {}), TOKEN, "http://127.0.0.1:1")


async def test_an_answer_without_end(sink: Sink) -> None:
    async with providers.provider() as real, running(one := gateway(real.messages), sink):
        real.script.append((201, "x" * 3_000_000, {}))
        with pytest.raises(base.OutcomeUnknown):
            await one.submit(sms())
    assert asking.RETRY > 0 and "token" not in repr(one.__dict__["_config"])
