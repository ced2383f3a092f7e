"""An SMPP session from bind to unbind, with everything that a peer may do to it in between."""

import asyncio
import ssl
from pathlib import Path

import pytest

from app.common import clock, errors
from app.relay import certificate
from app.relay.texts import base
from app.relay.texts.base import LinkState
from app.relay.texts.smpp_link import Timing
from tests.parts.message_centre import MessageCentre
from tests.parts.waiting import until
from tests.relay.texts.seat import Sink, Watch, bound, config, down_and_up, one, running

STRAY = "00000010800000040000000000abcdef"
UNKNOWN = "00000010000000990000000000000005"
TRUNCATED = "00000012000000050000000000000011ffff"


async def test_a_session_binds_and_takes_leave(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink):
        assert (await centre.seen(event="bound"))[0]["command"] == "bind_transceiver"
    assert sink.states == [(LinkState.BOUND, "")]
    await centre.seen(event="pdu", command="unbind")


async def test_what_is_on_its_way_gets_its_answer_before_leave_is_taken(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(hold=True)
    async with running(config(centre.port), sink) as gateway:
        await until(lambda: gateway.bound)
        asked = asyncio.create_task(gateway.submit(one()))
        await centre.seen(event="holding")
        released = asyncio.create_task(centre.order("release"))
    assert (await asked).message_id
    await released
    await centre.seen(event="pdu", command="unbind")


async def test_a_peer_that_does_not_take_leave_is_not_waited_for(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(ignore_unbind=True)
    async with bound(centre, sink, timing=Timing(farewell=0.05)):
        pass
    await centre.seen(event="closed")


async def test_down_at_the_start(centre: MessageCentre, sink: Sink) -> None:
    await centre.order("down")
    async with running(config(centre.port), sink) as gateway:
        await until(lambda: len(sink.states) > 1)
        assert set(sink.states) == {(LinkState.DOWN, "ConnectionRefusedError")}
        with pytest.raises(base.NotSent):
            await gateway.submit(one())
        with pytest.raises(base.NotSent):
            await gateway.revoke("1", "+12025550100", "+12025550123")
        await centre.order("up")
        await until(lambda: gateway.bound)
        assert (await gateway.submit(one())).message_id


async def test_down_later_and_back(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink) as gateway:
        await centre.order("down")
        await until(lambda: not gateway.bound)
        with pytest.raises(base.NotSent):
            await gateway.submit(one())
        await centre.order("up")
        await until(lambda: gateway.bound)
        assert (await gateway.submit(one())).message_id
        assert sink.states[-1] == (LinkState.BOUND, "")


async def test_a_lost_link_is_tried_again_later_and_later(centre: MessageCentre, sink: Sink) -> None:
    await centre.order("down")
    time = Watch()
    async with running(config(centre.port, timing=Timing(reconnect=(1.0, 8.0))), sink, time):
        for tries, longest in enumerate((1.0, 2.0, 4.0, 8.0, 8.0), 1):
            await until(lambda tries=tries: len(time.waits) == tries)
            assert longest / 2 <= time.waits[-1] <= longest
            time.advance(longest)


@pytest.mark.parametrize(
    ("changes", "status"), [({"password": "wrong"}, "0x0000000e"), ({"system_id": "nobody"}, "0x0000000f")]
)
async def test_wrong_credentials_are_told_and_tried_again_slowly(
    centre: MessageCentre, sink: Sink, changes: dict[str, str], status: str
) -> None:
    time = Watch()
    async with running(config(centre.port, timing=Timing(reconnect=(0.25, 60.0)), **changes), sink, time) as gateway:
        await until(lambda: time.waits == [60.0])
        assert not gateway.bound
        assert sink.states == [(LinkState.BIND_REFUSED, status)]
        time.advance(60)
        await until(lambda: len(sink.states) == 2)
    assert len(await centre.seen(2, event="bind_refused")) == 2


async def test_bind_that_is_already_in_use(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(bind_status=0x05)
    async with running(config(centre.port), sink) as gateway:
        await until(lambda: bool(sink.states))
        assert sink.states[0] == (LinkState.BIND_REFUSED, "0x00000005")
        await centre.fault()
        await until(lambda: gateway.bound)


async def test_a_busy_peer_at_bind_is_down_not_refused(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(bind_status=0x58)
    async with running(config(centre.port), sink):
        await until(lambda: bool(sink.states))
        assert sink.states[0] == (LinkState.DOWN, "0x00000058")


async def test_two_sessions_at_one_message_centre(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink) as first, bound(centre, sink) as second:
        ids = {(await gateway.submit(one())).message_id for gateway in (first, second)}
        await until(lambda: {receipt.message_id for receipt in sink.receipts} == ids)  # they may come by either
    assert len(ids) == 2


async def test_the_peer_unbinds(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink) as gateway:
        await centre.order("unbind")
        await down_and_up(gateway, sink)
        assert sink.states[1] == (LinkState.DOWN, "unbound by the peer")
        await centre.seen(event="pdu", command="unbind_resp")
        assert (await gateway.submit(one())).message_id


async def test_the_peer_hangs_up(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink) as gateway:
        await centre.order("kick")
        await down_and_up(gateway, sink)
        assert (await gateway.submit(one())).message_id


async def test_a_silent_peer_is_noticed(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(ignore_enquire=True)
    time = Watch()
    async with bound(centre, sink, time, timing=Timing(response=0.3)) as gateway:
        await until(lambda: len(time.waits) == 1)
        time.advance(15)
        await until(lambda: len(sink.states) == 2)
        assert sink.states == [(LinkState.BOUND, ""), (LinkState.DOWN, "silent")]
        await until(lambda: len(time.waits) == 2)
        time.advance(60)
        await until(lambda: gateway.bound)


async def test_a_peer_that_answers_is_asked_again_and_again(centre: MessageCentre, sink: Sink) -> None:
    time = Watch()
    async with bound(centre, sink, time) as gateway:
        for asked in range(1, 4):
            await until(lambda asked=asked: len(time.waits) == asked)
            time.advance(15)
            await centre.seen(asked, event="pdu", command="enquire_link")
            assert await centre.text("its answer is here") == [0]  # comes after it on the same wire
        assert gateway.bound
        assert sink.states == [(LinkState.BOUND, "")]


async def test_the_peer_asks_whether_we_are_there(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink):
        await centre.order("raw", hex="00000010000000150000000000000007")
        (answer,) = await centre.seen(event="pdu", command="enquire_link_resp")
        assert (answer["status"], answer["sequence"]) == (0, 7)


async def test_an_unknown_command_is_refused_and_the_session_stays(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink) as gateway:
        await centre.order("raw", hex=UNKNOWN)
        (told,) = await centre.seen(event="pdu", command="generic_nack")
        assert (told["status"], told["sequence"]) == (0x03, 5)
        assert (await gateway.submit(one())).message_id
    assert len(sink.states) == 1


@pytest.mark.expect_log("a deliver_sm that cannot be read")
async def test_a_truncated_text_is_refused_once_and_the_session_stays(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink) as gateway:
        await centre.order("raw", hex=TRUNCATED)
        (told,) = await centre.seen(event="pdu", command="deliver_sm_resp")
        assert (told["status"], told["sequence"]) == (0x61, 0x11)
        assert (await gateway.submit(one())).message_id
    assert len(sink.states) == 1


async def test_an_answer_nobody_waits_for(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink) as gateway:
        await centre.order("raw", hex=STRAY)
        assert await centre.text("after it") == [0]
        assert gateway.bound


async def test_an_answer_of_another_kind_is_not_taken_for_the_one_awaited(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(hold=True)
    async with bound(centre, sink) as gateway:
        asked = asyncio.create_task(gateway.submit(one()))
        (submit,) = await centre.segments(1)
        await centre.seen(event="holding")
        await centre.order("raw", hex="0000001080000015" + "00000000" + f"{submit['sequence']:08x}")
        assert await centre.text("after it") == [0]
        assert not asked.done()
        await centre.order("release")
        assert (await asked).message_id


async def test_an_alert_needs_no_answer(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink):
        await centre.order("raw", hex="00000016000001020000000000000009" + "010131000000")
        assert await centre.text("after it") == [0]
        assert not [event for event in centre.events if event.get("command") == "generic_nack"]


@pytest.mark.parametrize("length", ["00000004", "7fffffff", "00000000", "0000000f", "00011171"])
async def test_a_length_that_cannot_be_ends_the_connection(centre: MessageCentre, sink: Sink, length: str) -> None:
    async with bound(centre, sink) as gateway:
        await centre.order("raw", hex=length + "00000005" + "00" * 8)
        await down_and_up(gateway, sink)
        assert sink.states[1] == (LinkState.DOWN, "bad command_length")
        (told,) = await centre.seen(event="pdu", command="generic_nack")
        assert told["status"] == 0x02
        assert (await gateway.submit(one())).message_id


async def test_a_peer_that_never_answers_the_bind(sink: Sink, centre: MessageCentre) -> None:
    closed: list[bytes] = []

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        closed.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with running(config(port, timing=Timing(response=0.05, farewell=0.05)), sink):
            await until(lambda: bool(sink.states))
            assert sink.states[0] == (LinkState.DOWN, "no answer")
            await until(lambda: bool(closed))  # the connection is given up, not kept


@pytest.fixture
def own_certificate(tmp_path: Path) -> tuple[Path, Path]:
    return certificate.own_certificate(tmp_path, ["127.0.0.1"], clock.SystemClock())


async def secured(centre: MessageCentre, files: tuple[Path, Path]) -> int:
    cert, key = (file.read_text() for file in files)
    return (await centre.order("tls", cert=cert, key=key))["port"]


async def test_over_tls(centre: MessageCentre, sink: Sink, own_certificate: tuple[Path, Path]) -> None:
    trusting = ssl.create_default_context(cafile=own_certificate[0])
    port = await secured(centre, own_certificate)
    async with bound(centre, sink, port=port, tls=trusting) as gateway:
        assert (await gateway.submit(one())).message_id
    await centre.seen(event="pdu", command="unbind")


async def test_a_certificate_nobody_vouches_for(
    centre: MessageCentre, sink: Sink, own_certificate: tuple[Path, Path]
) -> None:
    port = await secured(centre, own_certificate)
    async with running(config(port, tls=ssl.create_default_context()), sink) as gateway:
        await until(lambda: bool(sink.states))
        assert sink.states[0] == (LinkState.DOWN, "SSLCertVerificationError")
        assert not gateway.bound
    assert not [event for event in centre.events if event["event"] == "pdu"], "the password never left"


async def test_a_certificate_for_another_name(centre: MessageCentre, sink: Sink, tmp_path: Path) -> None:
    files = certificate.own_certificate(tmp_path, ["smsc.example.com"], clock.SystemClock())
    port = await secured(centre, files)
    tls = ssl.create_default_context(cafile=files[0])
    async with running(config(port, tls=tls), sink):
        await until(lambda: bool(sink.states))
        assert sink.states[0] == (LinkState.DOWN, "SSLCertVerificationError")


@pytest.mark.parametrize(
    "changes",
    [{"password": "nine char"}, {"system_id": "ü"}, {"window": 0}, {"per_second": -1.0}, {"system_id": "x" * 16}],
)
def test_a_gateway_that_cannot_be(changes: dict[str, object]) -> None:
    with pytest.raises(errors.Malformed):
        config(2775, **changes)


def test_the_password_does_not_show() -> None:
    assert "hushed" not in repr(config(2775, password="hushed"))
