"""Texts and receipts that come in over SMPP: on disk before they are acknowledged, and nothing upsets the reader."""

import asyncio

import pytest

from app.common import errors
from app.protocol.segments import Alphabet, Concatenation
from app.relay.texts import base
from app.relay.texts.base import MessageState
from app.relay.texts.smpp_link import MOST_DELIVERING, Timing
from tests.parts.message_centre import MessageCentre
from tests.parts.waiting import until
from tests.relay.texts.seat import CAROL, RELAY, Sink, bound, one

TWELVE = "".join(chr(97 + n) * 153 for n in range(12))
CUT_PAIR = "xx" + "😀" * 60 + "y"


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("hi @£", {}),
        (TWELVE, {"ref": 3, "order": list(range(11, -1, -1))}),
        (CUT_PAIR, {"coding": "ucs2", "ref": 4, "order": [1, 0]}),
        ("a" * 400, {"ref": 300, "ref16": True}),
        ("q" * 300, {"ref": 8, "udh_extra": "240101"}),
        ("s" * 300, {"ref": 8, "via": "sar"}),
        ("p" * 500, {"via": "payload"}),
        ("d" * 300, {"ref": 8, "dup": [0]}),
        ("z" * 300, {"ref": 255, "order": [2, 0, 1], "udh_extra": "2501012401010a0400000000"}),
        ("flash", {"data_coding": 0xF1}),
        ("я" * 70, {"coding": "ucs2"}),
        ("", {"via": "payload"}),
        ("b" * 255 * 20, {"ref": 1, "size": 20}),
    ],
    ids=range(13),
)
async def test_a_text_comes_in_whole(centre: MessageCentre, sink: Sink, text: str, order: dict[str, object]) -> None:
    async with bound(centre, sink):
        statuses = await centre.text(text, **order)
        assert set(statuses) <= {0}
        if text:
            assert (CAROL, text) in sink.texts()
    assert {(item.gateway, item.source, item.destination) for item in sink.incoming} <= {("north", CAROL, RELAY)}


async def test_a_missing_part_is_missing(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink):
        assert await centre.text("m" * 300, ref=9, drop=[1]) == [0]
    assert [item.part for item in sink.incoming] == [Concatenation(8, 9, 2, 1)]
    assert sink.texts() == []


async def test_two_senders_with_one_reference_are_two(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink):
        await centre.text("A" * 200, ref=5, order=[0])
        await centre.text("B" * 200, ref=5, order=[1], **{"from": "12025550124"})
    assert [(item.source, item.part) for item in sink.incoming] == [
        (CAROL, Concatenation(8, 5, 2, 1)),
        ("+12025550124", Concatenation(8, 5, 2, 2)),
    ]
    assert sink.texts() == []


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("050003070001", "none of none"),
        ("050003070203", "the third of two"),
        ("050003070200", "the zeroth"),
        ("050003070101", "the only one"),
    ],
)
async def test_a_part_that_contradicts_itself_is_a_text_of_its_own(
    centre: MessageCentre, sink: Sink, header: str, text: str
) -> None:
    async with bound(centre, sink):
        assert await centre.order("deliver", **fields(header + text.encode().hex(), esm_class=0x40)) == {"status": 0}
    assert [item.part for item in sink.incoming] == [None]
    assert sink.texts() == [(CAROL, text)]


@pytest.mark.parametrize("octets", ["ff" + "61" * 20, "05000307", "0500ff070201" + "61" * 9, ""])
@pytest.mark.expect_log("a deliver_sm that cannot be read")
async def test_a_header_longer_than_its_message_is_refused_once(centre: MessageCentre, sink: Sink, octets: str) -> None:
    async with bound(centre, sink) as gateway:
        assert await centre.order("deliver", **fields(octets, esm_class=0x40)) == {"status": 0x61}
        assert await centre.text("after it") == [0]
        assert gateway.bound
    assert sink.texts() == [(CAROL, "after it")]


@pytest.mark.parametrize(
    ("source", "ton", "expected"),
    [
        ("12025550123", 1, CAROL),
        ("+12025550123", 1, CAROL),
        ("12025550123", 0, CAROL),
        ("KFBANK", 5, "KFBANK"),
        ("5551234", 5, "5551234"),
        ("54321", 3, "54321"),
        ("54321", 0, "54321"),
        ("", 0, ""),
    ],
)
async def test_senders(centre: MessageCentre, sink: Sink, source: str, ton: int, expected: str) -> None:
    async with bound(centre, sink):
        assert await centre.text("hi", from_ton=ton, **{"from": source}) == [0]
    assert [item.source for item in sink.incoming] == [expected]


@pytest.mark.parametrize(
    ("prefix", "came", "expected"), [("+1", "2025550123", CAROL), ("", "2025550123", "2025550123")]
)
async def test_national_numbers(centre: MessageCentre, sink: Sink, prefix: str, came: str, expected: str) -> None:
    async with bound(centre, sink, bare_prefix=prefix):
        assert await centre.text("hi", from_ton=2, **{"from": came}) == [0]
    assert [item.source for item in sink.incoming] == [expected]


@pytest.mark.parametrize(
    ("to", "expected"),
    [("12025550100", RELAY), ("54321", "54321"), ("kf", "kf"), ("12025550999", "+12025550999")],
)
async def test_our_numbers_are_called_what_the_operator_calls_them(
    centre: MessageCentre, sink: Sink, to: str, expected: str
) -> None:
    async with bound(centre, sink, sources=(RELAY, "54321", "kf")):
        assert await centre.text("hi", to=to) == [0]
    assert [item.destination for item in sink.incoming] == [expected]


async def test_data_coding_0_is_what_the_operator_said(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink, alphabet=Alphabet.LATIN_1):
        await centre.order("deliver", **fields("e940"))
    assert sink.texts() == [(CAROL, "é@")]


@pytest.mark.parametrize("failing", [None, errors.AgainLater("store_busy")])
async def test_what_is_not_stored_is_not_acknowledged(
    centre: MessageCentre, sink: Sink, failing: Exception | None
) -> None:
    async with bound(centre, sink) as gateway:
        sink.stored, sink.failing = False, failing
        assert await centre.text("x") == [0x64]
        await gateway.submit(one())
        (answer,) = await centre.seen(event="receipt_taken")
        assert answer["status"] == 0x64
        sink.stored, sink.failing = True, None
        assert await centre.text("x") == [0], "the message centre brings it again"
    assert sink.texts() == [(CAROL, "x")]


@pytest.mark.expect_log("KeyError")
async def test_a_store_that_fails_in_an_unforeseen_way_loses_nothing(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink) as gateway:
        sink.failing = KeyError("a bug")
        assert await centre.text("x") == [0x64]
        sink.failing = None
        assert await centre.text("x") == [0]
        assert gateway.bound


@pytest.mark.parametrize("style", ["both", "text", "tlv", "odd", "poison"])
async def test_receipts_in_every_dialect(centre: MessageCentre, sink: Sink, style: str) -> None:
    await centre.fault(style=style)
    async with bound(centre, sink) as gateway:
        taken = await gateway.submit(one())
        await until(lambda: bool(sink.receipts))
    (receipt,) = sink.receipts
    assert (receipt.gateway, receipt.message_id) == ("north", taken.message_id)
    assert receipt.state is MessageState.DELIVERED


@pytest.mark.parametrize("word", ["UNDELIV", "EXPIRED", "DELETED", "REJECTD", "ACCEPTD", "UNKNOWN"])
async def test_receipts_of_every_kind(centre: MessageCentre, sink: Sink, word: str) -> None:
    await centre.fault(receipt=word, style="text")
    async with bound(centre, sink) as gateway:
        await gateway.submit(one())
        await until(lambda: bool(sink.receipts))
    assert sink.receipts[0].state.upper()[:6] == word[:6]
    assert sink.receipts[0].state.final == (word not in ("ACCEPTD", "UNKNOWN"))
    assert sink.receipts[0].network_error == "027"


async def test_a_receipt_before_the_answer(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(early=True)
    async with bound(centre, sink) as gateway:
        taken = await gateway.submit(one())
        await until(lambda: bool(sink.receipts))
    assert [receipt.message_id for receipt in sink.receipts] == [taken.message_id]


async def test_repeated_and_early_receipts_all_come_through(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(copies=3, intermediate=True)
    async with bound(centre, sink) as gateway:
        taken = await gateway.submit(one())
        await until(lambda: len(sink.receipts) == 6)
    assert {receipt.message_id for receipt in sink.receipts} == {taken.message_id}
    assert [receipt.state for receipt in sink.receipts] == [MessageState.ENROUTE] * 3 + [MessageState.DELIVERED] * 3


async def test_receipts_in_reverse_and_one_of_five_undeliverable(centre: MessageCentre, sink: Sink) -> None:
    words = ["DELIVRD", "DELIVRD", "UNDELIV", "DELIVRD", "DELIVRD"]
    await centre.fault(receipt=words, held=True)
    async with bound(centre, sink) as gateway:
        taken = [(await gateway.submit(one())).message_id for _ in words]
        await centre.order("release")
        await until(lambda: len(sink.receipts) == 5)
    assert [receipt.message_id for receipt in sink.receipts] == taken[::-1]
    assert [receipt.state is MessageState.UNDELIVERABLE for receipt in sink.receipts] == [n == 2 for n in range(5)]


async def test_a_receipt_for_nothing_is_acknowledged_and_forgotten(centre: MessageCentre, sink: Sink) -> None:
    async with bound(centre, sink):
        assert await centre.order("deliver", **fields(b"no sense".hex(), esm_class=4)) == {"status": 0}
    assert sink.receipts == []
    assert sink.incoming == []


async def test_after_a_restart_receipts_still_come(centre: MessageCentre, sink: Sink) -> None:
    await centre.fault(held=True)
    async with bound(centre, sink) as gateway:
        taken = await gateway.submit(one())
    after = Sink()
    async with bound(centre, after):
        await centre.order("release")
        await until(lambda: bool(after.receipts))
    assert [receipt.message_id for receipt in after.receipts] == [taken.message_id]


async def test_more_at_once_than_the_store_takes_come_again(centre: MessageCentre, sink: Sink) -> None:
    sink.gate = asyncio.Event()
    async with bound(centre, sink):
        bringing = asyncio.gather(*(centre.text("f" * 20 * 250, ref=ref, size=20) for ref in (1, 2)))
        await centre.seen(500 - MOST_DELIVERING, event="pdu", command="deliver_sm_resp", status=0x64)
        sink.gate.set()
        statuses = [status for answers in await bringing for status in answers]
    assert sorted(statuses) == [0] * MOST_DELIVERING + [0x64] * (500 - MOST_DELIVERING)
    assert len(sink.incoming) == MOST_DELIVERING


async def test_what_is_being_stored_is_acknowledged_before_we_leave(centre: MessageCentre, sink: Sink) -> None:
    sink.gate = asyncio.Event()
    async with bound(centre, sink):
        bringing = asyncio.create_task(centre.text("x"))
        await until(lambda: sink.asked == 1)
        asyncio.get_running_loop().call_soon(sink.gate.set)
    assert await bringing == [0]
    assert sink.texts() == [(CAROL, "x")]


async def test_what_cannot_be_stored_before_we_leave_comes_again(centre: MessageCentre, sink: Sink) -> None:
    sink.gate = asyncio.Event()
    async with bound(centre, sink, timing=Timing(farewell=0.05)):
        bringing = asyncio.create_task(centre.text("x"))
        await until(lambda: sink.asked == 1)
    assert await bringing == [0x64]
    assert sink.incoming == []


def fields(short_message: str, **changes: object) -> dict[str, object]:
    return {
        "source_addr_ton": 1,
        "source_addr_npi": 1,
        "source_addr": CAROL[1:],
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": RELAY[1:],
        "esm_class": 0,
        "data_coding": 0,
        "short_message": short_message,
        **changes,
    }


def test_a_text_in_hand_is_not_shown_by_its_repr() -> None:
    assert "octets" not in repr(base.Incoming("north", CAROL, RELAY, b"words", Alphabet.GSM))
