"""Texts that go out over SMPP: taken once or said why not, and never sent twice."""

import asyncio
from datetime import UTC, datetime

import pytest

from app.protocol import segments
from app.protocol.segments import Alphabet, Encoding
from app.relay.texts import base, pdu
from app.relay.texts.base import LinkState, Reason
from app.relay.texts.receipts import IdForm
from app.relay.texts.smpp_link import Timing
from tests.parts.message_centre import MessageCentre
from tests.parts.waiting import until
from tests.relay.texts.seat import CAROL, RELAY, Sink, Watch, bound, config, down_and_up, one, running, sms


async def test_a_text_arrives_as_it_was_written(centre: MessageCentre, sink: Sink) -> None:
    until_then = int(datetime.now(UTC).timestamp()) + 86_400
    async with bound(centre, sink) as gateway:
        taken = await gateway.submit(one("Zdravo, €5 [ok]", valid_until=until_then * 1_000))
    (sent,) = await centre.segments(1)
    assert taken == base.Submitted("10")
    assert (sent["source_ton"], sent["source_npi"], sent["source"]) == (1, 1, RELAY[1:])
    assert (sent["destination_ton"], sent["destination_npi"], sent["destination"]) == (1, 1, CAROL[1:])
    assert (sent["esm_class"], sent["data_coding"], sent["registered_delivery"], sent["header"]) == (0, 0, 1, "")
    assert sent["validity"] == f"{datetime.fromtimestamp(until_then, UTC):%y%m%d%H%M%S}000+"  # in UTC
    assert bytes.fromhex(sent["user_data"]) == segments.encode("Zdravo, €5 [ok]", Encoding.GSM_7)


@pytest.mark.parametrize("text", ["a€" * 250, "Zdravo 😀 " * 30, "x" * 153 + "y" * 153 + "z"])
async def test_a_long_text_arrives_in_parts_that_join(centre: MessageCentre, sink: Sink, text: str) -> None:
    cut = base.cut(sms(text), 7)
    async with bound(centre, sink) as gateway:
        taken = await asyncio.gather(*(gateway.submit(segment) for segment in cut))
        await until(lambda: len(sink.receipts) == len(cut))
    sent = sorted(await centre.segments(len(cut)), key=lambda one: str(one["header"]))
    parts = [segments.concatenation(segments.split_header(bytes.fromhex(one["header"])).elements) for one in sent]
    assert parts == [segments.Concatenation(8, 7, len(cut), n) for n in range(1, len(cut) + 1)]
    alphabet = Alphabet.UCS_2 if cut[0].encoding is Encoding.UCS_2 else Alphabet.GSM
    assert {(one["esm_class"], one["data_coding"]) for one in sent} == {(0x40, 8 if alphabet is Alphabet.UCS_2 else 0)}
    assert segments.decode(b"".join(bytes.fromhex(one["user_data"]) for one in sent), alphabet) == text
    assert {receipt.message_id for receipt in sink.receipts} == {one.message_id for one in taken}


@pytest.mark.parametrize(("source", "ton", "npi"), [("KINGFISHER", 5, 0), ("54321", 3, 0), ("+12025550100", 1, 1)])
async def test_kinds_of_senders(centre: MessageCentre, sink: Sink, source: str, ton: int, npi: int) -> None:
    async with bound(centre, sink) as gateway:
        await gateway.submit(one(source=source))
    (sent,) = await centre.segments(1)
    assert (sent["source_ton"], sent["source_npi"], sent["source"]) == (ton, npi, source.removeprefix("+"))


async def test_a_message_centre_of_latin_letters(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink, alphabet=Alphabet.LATIN_1) as gateway:
        assert gateway.capabilities.alphabet is Alphabet.LATIN_1
        await gateway.submit(base.cut(sms("à{@}"), 1, gateway.capabilities.alphabet)[0])
        await gateway.submit(base.cut(sms("5 €"), 1, gateway.capabilities.alphabet)[0])
        with pytest.raises(base.Refused) as refused:
            await gateway.submit(one("5 €"))  # cut for another alphabet
    first, second = await centre.segments(2)
    assert bytes.fromhex(first["user_data"]).decode("latin-1") == "à{@}"
    assert (second["data_coding"], bytes.fromhex(second["user_data"]).decode("utf-16-be")) == (8, "5 €")
    assert refused.value.reason is Reason.UNSUPPORTED


@pytest.mark.parametrize("status", [0x58, 0x14, 0x08, 0x64])
async def test_a_busy_gateway_is_asked_again(centre: MessageCentre, sink: Sink, status: int) -> None:
    await centre.fault(submit_status=status, count=3)
    async with bound(centre, sink) as gateway:
        assert (await gateway.submit(one())).message_id
    assert len(await centre.segments(4)) == 4


async def test_a_gateway_that_stays_busy_gives_the_text_back(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(submit_status=0x58)
    async with bound(centre, sink) as gateway:
        with pytest.raises(base.Throttled) as throttled:
            await gateway.submit(one())
        assert throttled.value.retry_after is not None
        assert gateway.bound


async def test_throttling_slows_the_whole_session(centre: MessageCentre, sink: Sink) -> None:
    time = Watch()
    await centre.fault(submit_status=0x58, count=1)
    async with bound(centre, sink, time, timing=Timing(hold=(1.0, 1.0))) as gateway:
        first = asyncio.create_task(gateway.submit(one("first")))
        await until(lambda: len(time.waits) == 2)  # the first is looking at the link, the second waits
        second = asyncio.create_task(gateway.submit(one("second")))
        await until(lambda: len(time.waits) == 3)
        assert 0.5 <= time.waits[1] <= 1.0
        assert await centre.text("nothing was sent before this answer") == [0]
        assert len(await centre.segments(1)) == 1
        time.advance(1.0)
        assert {(await first).message_id, (await second).message_id} == {"11", "12"}


async def test_throttled_in_the_middle_of_five_segments(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(submit_status=0x58, after=2, count=2)
    cut = base.cut(sms("m" * 153 * 5), 9)
    async with bound(centre, sink) as gateway:
        taken = [await gateway.submit(segment) for segment in cut]
        await until(lambda: len(sink.receipts) == 5)
    assert len({one.message_id for one in taken}) == 5
    sent = await centre.segments(7)
    assert [one["header"] for one in sent[:2] + sent[4:]] == [segment.header.hex() for segment in cut]
    assert {one["header"] for one in sent[2:5]} == {cut[2].header.hex()}, "only what was refused was repeated"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (0x0B, Reason.BAD_NUMBER),
        (0x0A, Reason.BAD_SENDER),
        (0x01, Reason.TOO_LARGE),
        (0x45, Reason.REFUSED),
        (0x433, Reason.REFUSED),
    ],
)
async def test_a_refusal_is_final(centre: MessageCentre, sink: Sink, status: int, reason: Reason) -> None:
    await centre.fault(submit_status=status)
    async with bound(centre, sink) as gateway:
        with pytest.raises(base.Refused) as refused:
            await gateway.submit(one())
    assert (refused.value.reason, refused.value.permanent) == (reason, True)
    assert refused.value.detail == f"0x{status:08x}"
    assert len([event for event in centre.events if event.get("command") == "submit_sm"]) <= 1


async def test_a_lost_answer_is_an_unknown_outcome_and_nothing_is_repeated(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink, timing=Timing(response=0.3)) as gateway:
        await centre.fault(drop_resp=1)
        with pytest.raises(base.OutcomeUnknown):
            await gateway.submit(one("once"))
        assert (await gateway.submit(one("after it"))).message_id
    sent = await centre.segments(2)
    assert [segments.decode(bytes.fromhex(one["user_data"]), Alphabet.GSM) for one in sent] == ["once", "after it"]


@pytest.mark.parametrize("fault", ["close_on_submit", "half_resp"])
async def test_a_link_lost_after_reading_is_an_unknown_outcome(centre: MessageCentre, sink: Sink, fault: str) -> None:
    await centre.fault(**{fault: 1})
    async with bound(centre, sink) as gateway:
        with pytest.raises(base.OutcomeUnknown):
            await gateway.submit(one("once"))
        await down_and_up(gateway, sink)
        assert sink.states[1] == (LinkState.DOWN, "closed by the peer")
        assert (await gateway.submit(one("after it"))).message_id
    assert len(await centre.segments(2)) == 2


async def test_what_waits_for_its_turn_when_the_link_goes_was_not_sent(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(hold=True)
    async with bound(centre, sink, window=1) as gateway:
        written = asyncio.create_task(gateway.submit(one("written")))
        waiting = asyncio.create_task(gateway.submit(one("waiting")))
        await centre.seen(event="holding")
        await centre.order("down")
        with pytest.raises(base.OutcomeUnknown):
            await written
        with pytest.raises(base.NotSent):
            await waiting


async def test_no_more_are_on_their_way_than_the_window_lets_out(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(hold=True)
    async with bound(centre, sink, window=10) as gateway:
        asked = asyncio.gather(*(gateway.submit(one(f"number {n}")) for n in range(35)))
        await centre.seen(event="holding", open=10)
        assert await centre.text("nothing was sent before this answer") == [0]
        assert len(await centre.segments(10)) == 10
        await centre.fault()
        await centre.order("release")
        taken = await asked
    assert len({one.message_id for one in taken}) == 35
    assert max(event["open"] for event in await centre.seen(event="holding")) == 10


async def test_no_more_a_second_than_was_agreed(centre: MessageCentre, sink: Sink) -> None:
    time = Watch()
    async with bound(centre, sink, time, per_second=4.0) as gateway:
        asked = [asyncio.create_task(gateway.submit(one(f"number {n}"))) for n in range(3)]
        for sent in range(1, 4):
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            await asked.pop(0)
            assert await centre.text("nothing was sent before this answer") == [0]
            assert len(await centre.segments(sent)) == sent
            time.advance(0.25)


async def test_what_is_out_of_date_is_not_sent(centre: MessageCentre, sink: Sink) -> None:
    time = Watch()
    async with bound(centre, sink, time) as gateway:
        assert (await gateway.submit(one(valid_until=time.now() + 1))).message_id
        with pytest.raises(base.Refused) as refused:
            await gateway.submit(one(valid_until=time.now()))
    assert refused.value.reason is Reason.EXPIRED
    assert len(await centre.segments(1)) == 1


async def test_only_segments_and_only_numbers_that_fit(centre: MessageCentre, sink: Sink) -> None:
    async with running(config(centre.port), sink) as gateway:
        with pytest.raises(base.Refused, match="text_unsupported"):
            await gateway.submit(sms())
        with pytest.raises(base.Refused, match="text_bad_number"):
            await gateway.submit(one(destination="+" + "1" * 21))
        with pytest.raises(base.Refused, match="text_bad_number"):
            await gateway.submit(one(source="Löwe"))


async def test_a_caller_who_leaves_takes_nothing_with_him(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(hold=True)
    async with bound(centre, sink, window=1) as gateway:
        impatient = asyncio.create_task(gateway.submit(one("impatient")))
        await centre.seen(event="holding")
        impatient.cancel()
        await asyncio.wait([impatient])
        await centre.fault()
        await centre.order("release")
        assert (await gateway.submit(one("patient"))).message_id == "11"


async def test_what_is_not_delivered_yet_can_be_called_back(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(receipt="none")
    async with bound(centre, sink) as gateway:
        taken = await gateway.submit(one())
        assert await gateway.revoke(taken.message_id, RELAY, CAROL)
        await centre.fault(cancel_status=0x11)
        assert not await gateway.revoke(taken.message_id, RELAY, CAROL)
        assert not await gateway.revoke("x" * 65, RELAY, CAROL)
    asked = await centre.seen(2, event="pdu", command="cancel_sm")
    assert {(one["message_id"], one["source"], one["destination"]) for one in asked} == {("10", RELAY[1:], CAROL[1:])}


@pytest.mark.parametrize(
    ("form", "ids", "shown"),
    [(IdForm.SAME, "", "same"), (IdForm.HEX_IN_RECEIPT, "", "hex"), (IdForm.DECIMAL_IN_RECEIPT, "hex", "decimal")],
)
@pytest.mark.parametrize("style", ["both", "text", "tlv"])
async def test_receipts_find_their_text_in_every_form_of_id(
    centre: MessageCentre, sink: Sink, form: IdForm, ids: str, shown: str, style: str
) -> None:
    await centre.fault(ids=ids, form=shown, style=style)
    async with bound(centre, sink, id_form=form) as gateway:
        taken = [(await gateway.submit(one())).message_id for _ in range(8)]  # 10 to 17: A to 11 in hexadecimal
        await until(lambda: len(sink.receipts) == 8)
    assert sorted(receipt.message_id for receipt in sink.receipts) == sorted(taken)


def test_what_the_gateway_takes_fits_one_pdu() -> None:
    longest = pdu.ShortMessage("1", "2", b"x" * 65_535)
    assert len(pdu.encode_message(longest)) + pdu.HEADER <= pdu.MOST
