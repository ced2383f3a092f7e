"""Texts on their way out: accepted once, handed over in order, never written twice, and told of to every device."""

import asyncio
import logging
import shutil
from pathlib import Path

import pytest

from app.common import clock, errors
from app.protocol import frames, limits, texts
from app.relay.store.texts import Handed, Heard
from app.relay.texts import base
from app.relay.texts.base import LinkState, MessageState, Reason
from tests.parts import texting
from tests.parts.texting import CAROL, DAVE, OTHERS, OURS, Network, submit_text
from tests.parts.waiting import until
from tests.parts.wire_client import now
from tests.relay.texts import scene as scenes
from tests.relay.texts.scene import Scene

JPEG = texts.Media("image/jpeg", "a.jpg", b"jpeg")
LONG = "€" * 380  # 76 a segment: five


async def test_out_in_segments_sent_then_delivered(scene: Scene) -> None:
    frame = await scene.send(submit_text("€" * 200))
    report = await scene.report()
    said = report.submit, report.state, report.reason, report.segments, report.price, report.currency
    assert said == (frame.submit, "sent", "", 3, 22_500, "USD")
    assert scene.network.words() == "€" * 200
    assert scene.network.sequences() == [1, 2, 3]
    assert {(item.source, item.destination) for _, item in scene.network.taken} == {(OURS, CAROL)}
    await scene.network.receipts()
    assert await scene.reported() == ("delivered", "", 3)
    await scene.nothing_more()


async def test_the_words_are_erased_once_they_are_handed_over(scene: Scene) -> None:
    scene.network.script.append(held := asyncio.Event())
    frame = await scene.send(submit_text())
    await scene.asked(1)
    assert scene.text(frame.submit).text == "Hello, Carol"
    held.set()
    await scene.report()
    assert scene.text(frame.submit).text == ""


async def test_the_same_submit_again_is_one_text(scene: Scene) -> None:
    frame = submit_text()
    await scene.client.send(frame, frame)
    await scene.client.accepted(frame.submit)
    await scene.client.accepted(frame.submit)
    await scene.report()
    await scene.send(frame)
    await scene.nothing_more()
    assert len(scene.network.asked) == 1
    assert await scene.refused(submit_text(to=DAVE, submit=frame.submit)) == ("submit_changed", "")


async def test_a_busy_gateway_is_waited_for_and_no_other_text_begun_meanwhile(scene: Scene) -> None:
    busy = base.Throttled(retry_after=0.01)
    scene.network.script += [base.Submitted("a1"), base.Submitted("a2"), busy, busy]
    long = submit_text(LONG)
    await scene.client.send(long, submit_text("Hi Dave", to=DAVE))
    await scene.reported()
    await scene.reported()
    assert scene.network.sequences() == [1, 2, 3, 4, 5, 1]
    assert len(scene.network.asked) == 8
    assert [item.handed for item in scene.items(long.submit)] == [Handed.TAKEN] * 5


async def test_what_was_not_written_waits_for_the_link(scene: Scene) -> None:
    scene.network.script += [base.NotSent()]
    frame = await scene.send(submit_text(LONG))
    await scene.asked(1)
    await until(lambda: scene.items(frame.submit)[0].handed is Handed.WAITING)
    await scene.network.link(LinkState.BOUND)
    assert await scene.reported() == ("sent", "", 5)
    assert scene.network.sequences() == [1, 2, 3, 4, 5]
    assert len({item.header[3] for _, item in scene.network.taken if isinstance(item, base.Segment)}) == 1


async def test_what_nobody_answered_is_never_written_again(scene: Scene) -> None:
    scene.network.script += [base.Submitted("a1"), base.OutcomeUnknown()]
    await scene.send(submit_text(LONG))
    assert await scene.reported() == ("unknown", "text_outcome_unknown", 4)
    assert scene.network.sequences() == [1, 3, 4, 5]
    assert len(scene.network.asked) == 5
    await scene.network.receipts()
    await scene.nothing_more()


async def test_a_refusal_is_told_with_its_reason(scene: Scene) -> None:
    scene.network.script += [base.Refused(Reason.UNREACHABLE)]
    await scene.send(submit_text(LONG))
    assert await scene.reported() == ("failed", "text_unreachable", 0)
    assert len(scene.network.asked) == 1
    await scene.send(submit_text("after"))
    assert await scene.reported() == ("sent", "", 1)


async def test_some_taken_and_others_refused_is_partly_sent_and_charged_so(scene: Scene) -> None:
    scene.network.script += [base.Submitted("a1", 1, 100, "EUR"), base.Submitted("a2", 1, 100, "EUR")]
    scene.network.script += [base.Refused(Reason.NO_CREDIT)]
    frame = await scene.send(submit_text(LONG))
    report = await scene.report()
    assert (report.state, report.reason, report.segments, report.price, report.currency) == (
        "partly", "text_no_credit", 2, 200, "EUR",
    )  # fmt: skip
    assert scene.text(frame.submit).text == ""


async def test_a_price_nobody_said_is_not_guessed(scene: Scene) -> None:
    scene.network.script += [base.Submitted("a1", 1, 100, "EUR"), base.Submitted("a2")]
    await scene.send(submit_text("a" * 200))
    report = await scene.report()
    assert (report.segments, report.price, report.currency) == (2, -1, "")


@pytest.mark.expect_log("hand over ended")
async def test_a_gateway_that_breaks_harms_one_text(scene: Scene) -> None:
    scene.network.script += [RuntimeError("a mistake")]
    await scene.send(submit_text(LONG))
    assert await scene.reported() == ("unknown", "text_outcome_unknown", 0)
    await scene.send(submit_text("next"))
    assert await scene.reported() == ("sent", "", 1)
    assert len(scene.network.asked) == 2


async def test_one_number_put_off_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    time = clock.ManualClock(now())
    async with scenes.scene(tmp_path / "relay", time=time) as scene:
        scene.network.script += [base.Refused(Reason.UNREACHABLE, permanent=False)]
        first = await scene.send(submit_text("first"))
        await scene.send(submit_text("second", to=DAVE))
        assert (await scene.report()).state == "sent"
        assert scene.network.words() == "second"
        assert [item.handed for item in scene.items(first.submit)] == [Handed.WAITING]
        await _pass(time, 31)
        assert (await scene.report()).submit == first.submit


async def _pass(time: clock.ManualClock, seconds: float) -> None:
    """Those who sleep have lain down first."""
    await asyncio.sleep(0.02)
    time.advance(seconds)


async def test_after_its_time_a_text_does_not_leave(tmp_path: Path) -> None:
    time = clock.ManualClock(now())
    async with scenes.scene(tmp_path / "relay", time=time) as scene:
        scene.network.script += [base.Submitted("a1"), base.NotSent()]
        frame = await scene.send(submit_text(LONG, valid_until=time.now() + limits.MINUTE))
        await scene.asked(2)
        await until(lambda: scene.items(frame.submit)[1].handed is Handed.WAITING)
        await _pass(time, 61)
        assert await scene.reported() == ("partly", "text_expired", 1)
        assert scene.text(frame.submit).text == ""
        assert len(scene.network.asked) == 2
        late = submit_text(valid_until=time.now())
        assert await scene.refused(late) == ("text_expired", "")


async def test_every_device_hears_of_it_also_the_one_that_was_away(tmp_path: Path) -> None:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside, texting.wire(inside) as wire:
        alice = await texting.join(inside, wire, gadgets=2)
        async with alice.online() as client:
            await client.send(frame := submit_text())
            assert (await client.take(frames.TextReport)).submit == frame.submit
        async with alice.online(alice.person.gadgets[1]) as other:
            report = await other.take(frames.TextReport)
            assert (report.submit, report.state) == (frame.submit, "sent")
            await other.send(frames.Ack((report.entry,)))
            await other.settle()
        async with alice.online(alice.person.gadgets[1]) as other:
            await other.take(frames.CaughtUp)
            assert not [said for said in await other.settle() if isinstance(said, frames.TextReport)]


# receipts


async def test_a_receipt_that_comes_before_the_answer(scene: Scene) -> None:
    scene.network.script.append(held := asyncio.Event())
    await scene.send(submit_text())
    await scene.asked(1)
    await scene.network.receipt("m1")
    held.set()
    assert await scene.reported() == ("delivered", "", 1)


async def test_receipts_twice_in_any_order_and_for_nobody(scene: Scene) -> None:
    await scene.send(submit_text("a" * 200))
    assert await scene.reported() == ("sent", "", 2)
    await scene.network.receipt("m2")
    await scene.network.receipt("m2", MessageState.ENROUTE)
    await scene.network.receipt("m1", MessageState.ENROUTE)
    await scene.network.receipt("m77")
    await scene.nothing_more()
    await scene.network.receipt("m1")
    assert await scene.reported() == ("delivered", "", 2)
    await scene.network.receipt("m1", MessageState.UNDELIVERABLE)
    await scene.network.receipt("m1")
    await scene.nothing_more()


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (MessageState.UNDELIVERABLE, "text_unreachable"),
        (MessageState.EXPIRED, "text_expired"),
        (MessageState.REJECTED, "text_refused"),
        (MessageState.NO_SUCH_NUMBER, "text_bad_number"),
    ],
)
async def test_one_of_five_not_delivered_is_failed(scene: Scene, state: MessageState, reason: str) -> None:
    await scene.send(submit_text(LONG))
    await scene.reported()
    for at in (1, 2, 4, 5):
        await scene.network.receipt(f"m{at}")
    await scene.nothing_more()
    await scene.network.receipt("m3", state)
    assert await scene.reported() == ("failed", reason, 5)


async def test_a_receipt_after_a_restart(scene: Scene, tmp_path: Path) -> None:
    await scene.send(submit_text())
    await scene.reported()
    await _acknowledged(scene)
    async with scenes.again(scene, _image(tmp_path), Network()) as later:
        await later.network.receipt("m1")
        assert await later.reported() == ("delivered", "", 1)


async def _acknowledged(scene: Scene) -> None:
    """What the device has, the relay has forgotten, also on its disk."""
    await scene.client.settle()
    await scene.inside.store.lifetime.flush()


# the end of the relay


def _image(folder: Path) -> Path:
    """What the disk holds at this moment, as if the relay had died."""
    image = folder / "image"
    shutil.copytree(folder / "relay", image)
    return image


async def test_killed_after_two_of_five_the_other_three_follow_under_the_same_reference(
    scene: Scene, tmp_path: Path
) -> None:
    scene.network.script += [base.Submitted("a1"), base.Submitted("a2"), base.Throttled(retry_after=3_600)]
    frame = await scene.send(submit_text(LONG))
    await scene.asked(3)
    await until(lambda: scene.items(frame.submit)[2].handed is Handed.WAITING)
    async with scenes.again(scene, _image(tmp_path), Network()) as later:
        assert await later.reported() == ("sent", "", 5)
        assert later.network.sequences() == [3, 4, 5]
        segments = [item for _, item in scene.network.taken + later.network.taken if isinstance(item, base.Segment)]
        assert "".join(item.text for item in segments) == LONG
        assert len({item.header[3] for item in segments}) == 1
        assert len({item.client_ref for item in segments}) == 1


@pytest.mark.expect_log("nobody knows")
async def test_killed_while_one_was_being_written_that_one_is_not_repeated(scene: Scene, tmp_path: Path) -> None:
    scene.network.script += [base.Submitted("a1"), held := asyncio.Event()]
    await scene.send(submit_text(LONG))
    await scene.asked(2)
    async with scenes.again(scene, _image(tmp_path), Network()) as later:
        assert await later.reported() == ("unknown", "text_outcome_unknown", 4)
        assert later.network.sequences() == [3, 4, 5]
    held.set()


async def test_an_orderly_end_waits_for_the_answer_that_is_due(tmp_path: Path) -> None:
    network = Network()
    network.script += [base.Submitted("a1"), held := asyncio.Event()]
    async with scenes.scene(tmp_path / "relay", network) as scene:
        await scene.send(submit_text(LONG))
        await scene.asked(2)
        asyncio.get_running_loop().call_later(0.05, held.set)
    async with scenes.again(scene, tmp_path / "relay", Network()) as later:
        assert await later.reported() == ("sent", "", 5)
        assert later.network.sequences() == [3, 4, 5]


async def test_a_gateway_that_is_gone_leaves_half_a_text(scene: Scene, tmp_path: Path) -> None:
    scene.network.script += [base.Submitted("a1"), base.NotSent()]
    frame = await scene.send(submit_text(LONG))
    await scene.asked(2)
    await until(lambda: scene.items(frame.submit)[1].handed is Handed.WAITING)
    async with scenes.again(scene, _image(tmp_path), Network("south", sources=(OTHERS,))) as later:
        assert await later.reported() == ("partly", "no_gateway", 1)
        assert later.network.asked == []


async def test_without_any_gateway_left_whoever_waits_is_told(scene: Scene, tmp_path: Path) -> None:
    scene.network.script += [base.NotSent()]
    frame = await scene.send(submit_text())
    await scene.asked(1)
    await until(lambda: scene.items(frame.submit)[0].handed is Handed.WAITING)
    image = _image(tmp_path)
    alice = scene.alice.person.gadgets[0]
    async with texting.relay(image) as inside, texting.wire(inside) as wire, wire.online(alice) as client:
        report = await client.take(frames.TextReport)
        assert (report.submit, report.state, report.reason) == (frame.submit, "failed", "no_gateway")


async def test_what_has_not_begun_goes_by_another_gateway(scene: Scene, tmp_path: Path) -> None:
    scene.network.script += [base.NotSent()]
    frame = await scene.send(submit_text(LONG))
    await scene.asked(1)
    await until(lambda: scene.items(frame.submit)[0].handed is Handed.WAITING)
    async with scenes.again(scene, _image(tmp_path), Network("south", sources=(OTHERS,))) as later:
        assert await later.reported() == ("sent", "", 5)
        assert later.network.words() == LONG
        assert {item.source for _, item in later.network.taken} == {OTHERS}


async def test_a_report_that_was_not_posted_is_posted_at_the_next_start(scene: Scene, tmp_path: Path) -> None:
    await scene.send(submit_text())
    await scene.reported()
    await _acknowledged(scene)
    await scene.inside.store.texts.out.receipt(Heard("north", "m1", "delivered", True, "", 0), now())
    async with scenes.again(scene, _image(tmp_path), Network()) as later:
        assert await later.reported() == ("delivered", "", 1)


async def test_a_gateway_that_splits_is_given_the_whole_text(tmp_path: Path) -> None:
    network = Network(splits=True)
    network.script.append(base.Submitted("x1", 5, 37_500, "USD"))
    async with scenes.scene(tmp_path / "relay", network) as scene:
        await scene.send(submit_text(LONG))
        report = await scene.report()
        assert (report.state, report.segments, report.price) == ("sent", 5, 37_500)
        (item,) = network.asked
        assert isinstance(item, base.Sms)
        assert item.text == LONG


# withdrawing


async def test_taken_back_before_it_left_and_for_ever(scene: Scene) -> None:
    scene.network.script += [base.NotSent()]
    frame = await scene.send(submit_text())
    await scene.asked(1)
    await until(lambda: scene.items(frame.submit)[0].handed is Handed.WAITING)
    assert await scene.withdraw(frame.submit) == "withdrawn"
    assert scene.text(frame.submit).text == ""
    assert await scene.refused(frame) == ("withdrawn", "")
    await scene.network.link(LinkState.BOUND)
    await scene.send(submit_text("another"))
    await scene.reported()
    assert scene.network.words() == "another"
    assert await scene.withdraw(frame.submit) == "withdrawn"


async def test_what_is_being_handed_over_cannot_be_taken_back(scene: Scene) -> None:
    scene.network.script.append(held := asyncio.Event())
    frame = await scene.send(submit_text())
    await scene.asked(1)
    assert await scene.withdraw(frame.submit) == "handed_over"
    held.set()
    assert await scene.reported() == ("sent", "", 1)
    assert await scene.withdraw(frame.submit) == "handed_over"


async def test_a_submit_that_comes_after_its_withdrawal_does_not_leave(scene: Scene, tmp_path: Path) -> None:
    frame = submit_text()
    assert await scene.withdraw(frame.submit) == "never_had"
    assert await scene.refused(frame) == ("withdrawn", "")
    async with scenes.again(scene, _image(tmp_path), Network()) as later:
        assert await later.refused(frame) == ("withdrawn", "")
        assert later.network.asked == []


async def test_with_a_boot_id_that_is_none_nothing_is_known(scene: Scene) -> None:
    assert await scene.withdraw(b"s" * 16, b"?" * 16) == "not_known"
    await scene.send(submit_text(submit=b"s" * 16))
    await scene.reported()


async def test_a_submit_and_its_withdrawal_in_one_message_are_judged_in_order(scene: Scene) -> None:
    frame = submit_text()
    await scene.client.send(frame, frames.WithdrawText(frame.submit, scene.client.boot))
    await scene.client.accepted(frame.submit)
    assert (await scene.client.take(frames.Withdrawn)).outcome in ("withdrawn", "handed_over")


# terms


async def test_terms_follow_the_welcome_and_the_links(scene: Scene) -> None:
    terms = await scene.client.take(frames.TextTerms)
    assert terms == frames.TextTerms(True, OURS, "gsm", 10, 0, "")
    await scene.network.link(LinkState.DOWN)
    assert (await scene.client.take(frames.TextTerms)).why == "gateway_down"
    await scene.network.link(LinkState.BOUND)
    assert await scene.client.take(frames.TextTerms) == terms


async def test_without_a_proved_number_no_text_leaves(tmp_path: Path) -> None:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside, texting.wire(inside) as wire:
        bob = await wire.join("bob@example.com")
        async with wire.online(bob.gadgets[0]) as client:
            assert await client.take(frames.TextTerms) == frames.TextTerms(False, why="text_not_proved")
            await client.send(submit_text())
            assert (await client.take(frames.Refused)).code == "text_not_proved"
        alice = await wire.join("+12025550101")  # claimed by her, proved by nobody
        async with wire.online(alice.gadgets[0]) as client:
            await client.send(submit_text())
            assert (await client.take(frames.Refused)).code == "text_not_proved"
            texter = texting.Texter(inside, wire, alice)
            await texter.prove()
            account = inside.relay.accounts.get(alice.account, 0)
            assert account is not None
            await client.take(frames.TextTerms)
            inside.relay.texts.tell_terms(account)
            assert (await client.take(frames.TextTerms)).available


async def test_without_a_gateway_nothing_is_said_and_nothing_taken(tmp_path: Path) -> None:
    async with texting.relay(tmp_path / "relay") as inside, texting.wire(inside) as wire:
        alice = await texting.join(inside, wire)
        async with alice.online() as client:
            assert not [said for said in await client.settle() if isinstance(said, frames.TextTerms)]
            await client.send(submit_text())
            assert (await client.take(frames.Refused)).code == "no_gateway"
            await client.send(frames.WithdrawText(b"s" * 16, client.boot))
            assert (await client.take(frames.Withdrawn)).outcome == "never_had"


# refusals


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (submit_text("я" * 70 + "я", segments=1), "text_costs_more"),
        (submit_text("a" * 1_531), "text_too_large"),
        (submit_text(to="+1911"), "text_bad_number"),
        (submit_text(to="+19005550123"), "text_bad_number"),
        (submit_text(to="2025550123"), "text_bad_number"),
        (submit_text(to="bob@example.com"), "text_bad_number"),
        (submit_text(to="+442079460123"), "text_region_off"),
        (submit_text("", segments=1), "malformed"),
        (submit_text("", segments=1, media=(JPEG,)), "text_unsupported"),
    ],
    ids=["more segments", "eleven", "emergency", "premium", "national", "mail", "abroad", "nothing", "a picture"],
)
async def test_what_may_not_leave_says_why(scene: Scene, frame: frames.SubmitText, code: str) -> None:
    assert await scene.refused(frame) == (code, "")
    assert scene.network.asked == []


async def test_a_latin_gateway_counts_more_and_asks_again(tmp_path: Path) -> None:
    network, other = Network(alphabet=base.Alphabet.LATIN_1), Network("south", sources=(OTHERS,))
    async with scenes.scene(tmp_path / "relay", network, other) as scene:
        assert (await scene.client.take(frames.TextTerms)).alphabet == "latin_1"
        text = "€" + "a" * 100
        assert await scene.refused(submit_text(text, segments=1)) == ("text_costs_more", "")
        await scene.send(submit_text(text, segments=2))
        assert await scene.reported() == ("sent", "", 2)


async def test_limits_are_named(tmp_path: Path) -> None:
    rules = texting.Rules(texts_a_minute=4, to_one_number_pause=0, new_numbers_a_day=1)
    async with scenes.scene(tmp_path / "relay", rules=rules) as scene:
        await scene.send(submit_text("a" * 400))
        assert await scene.refused(submit_text("a" * 200)) == ("rate_limited", "texts_a_minute")
        assert await scene.refused(submit_text(to=DAVE)) == ("rate_limited", "new_numbers_a_day")
        await scene.send(submit_text())


async def test_a_script_that_pumps_texts_is_stopped(tmp_path: Path) -> None:
    """By count to one number, by neighbouring numbers, and by the money of all accounts together."""
    rules = texting.Rules(texts_a_minute=1_000, to_one_number=3, to_one_number_pause=0, texts_to_prefix_a_day=5)
    network = Network()
    async with texting.relay(tmp_path / "relay", network, rules=rules) as inside, texting.wire(inside) as wire:
        alice, bob = await texting.join(inside, wire), await texting.join(inside, wire, "+12025550102")
        async with alice.online() as first, bob.online() as second:
            for n, client in enumerate((first, second, first, second)):
                await client.send(frame := submit_text(f"{n}"))
                if n < 3:
                    await client.accepted(frame.submit)
            assert (await second.take(frames.Refused)).limit == "to_one_number"
            for n in range(3):
                await first.send(frame := submit_text(to=f"+1202555019{n}"))
                if n < 2:
                    await first.accepted(frame.submit)
            assert (await first.take(frames.Refused)).limit == "texts_to_prefix_a_day"


async def test_the_money_of_all_accounts_has_one_limit(tmp_path: Path) -> None:
    rules = texting.Rules(texts_money_a_day=20_000, text_price=7_500, to_one_number_pause=0)
    network = Network()
    async with texting.relay(tmp_path / "relay", network, rules=rules) as inside, texting.wire(inside) as wire:
        alice, bob = await texting.join(inside, wire), await texting.join(inside, wire, "+12025550102")
        async with alice.online() as first, bob.online() as second:
            for client, to in ((first, CAROL), (second, DAVE)):
                await client.send(frame := submit_text(to=to))
                await client.accepted(frame.submit)
            await first.send(submit_text())
            assert (await first.take(frames.Refused)).limit == "texts_money_a_day"


@pytest.mark.parametrize(("currency", "goes"), [("USD", 1), ("HUF", 3), ("", 1)])
async def test_the_limit_of_money_is_in_one_currency(tmp_path: Path, currency: str, goes: int) -> None:
    """A forint is not a dollar: what is said in another currency counts as if nothing was said."""
    rules = texting.Rules(texts_money_a_day=10_000, text_price=3_000, to_one_number_pause=0, texts_currency=currency)
    async with scenes.scene(tmp_path / "relay", rules=rules) as scene:
        for number in range(goes):
            scene.network.script.append(base.Submitted(f"a{number}", 1, 8_000, "USD"))
            await scene.send(submit_text())
            await scene.reported()
        assert await scene.refused(submit_text()) == ("rate_limited", "texts_money_a_day")


async def test_two_in_a_moment_to_one_number(tmp_path: Path) -> None:
    async with scenes.scene(tmp_path / "relay", rules=texting.Rules(to_one_number_pause=3_600_000)) as scene:
        await scene.send(submit_text())
        await scene.client.send(submit_text("again"))
        answer = await scene.client.take(frames.Refused)
        assert answer.limit == "to_one_number"
        assert 0 < answer.retry_after <= 3_600_000


# numbers


async def test_each_person_sees_one_number_and_no_two_accounts_share_one_while_there_are_others(tmp_path: Path) -> None:
    network = Network(sources=(OURS, OTHERS))
    async with texting.relay(tmp_path / "relay", network) as inside, texting.wire(inside) as wire:
        alice, bob = await texting.join(inside, wire), await texting.join(inside, wire, "+12025550102")
        async with alice.online() as first, bob.online() as second:
            for client, to in ((first, CAROL), (second, CAROL), (second, DAVE), (first, CAROL), (second, CAROL)):
                await client.send(submit_text(to=to))
                await client.take(frames.TextReport)
    assert [item.source for _, item in network.taken] == [OURS, OTHERS, OURS, OURS, OTHERS]


async def test_who_owns_one_of_the_numbers_writes_from_it(tmp_path: Path) -> None:
    network = Network(sources=(OURS, "+12025550101"))
    async with scenes.scene(tmp_path / "relay", network) as scene:
        assert (await scene.client.take(frames.TextTerms)).own == "+12025550101"
        await scene.send(submit_text())
        await scene.reported()
        assert network.taken[0][1].source == "+12025550101"


async def test_the_relays_own_words_go_out_once_and_are_reported_to_nobody(scene: Scene) -> None:
    for _ in range(2):
        await scene.inside.relay.texts.say(CAROL, "123456 is your code", b"c" * 16)
    await scene.asked(1)
    await scene.nothing_more()
    assert scene.network.words() == "123456 is your code"
    with pytest.raises(base.Refused, match="text_bad_number"):
        await scene.inside.relay.texts.say("+1911", "123456", b"d" * 16)


async def test_the_relays_own_words_cost_money_too(tmp_path: Path) -> None:
    rules = texting.Rules(texts_money_a_day=15_000, text_price=7_500)
    async with scenes.scene(tmp_path / "relay", rules=rules) as scene:
        for n, to in enumerate((CAROL, DAVE)):
            await scene.inside.relay.texts.say(to, "123456", bytes([n]) * 16)
        with pytest.raises(errors.AgainLater, match="texts_money_a_day"):
            await scene.inside.relay.texts.say("+12025550125", "123456", b"x" * 16)


async def test_nothing_of_it_is_in_the_log(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scene.network.script += [base.Refused(Reason.BAD_NUMBER, "0x0b"), base.OutcomeUnknown()]
    for words in ("a secret plan", "a secret plan", "a secret plan"):
        await scene.send(submit_text(words))
        await scene.report()
    await scene.network.text("a secret answer")
    await scene.arrived()
    await scene.network.link(LinkState.DOWN)
    assert "north: down" in caplog.text
    for word in ("secret", CAROL, CAROL[1:], "+12025550101"):
        assert word not in caplog.text


async def test_a_relay_that_goes_down_takes_nothing_more(scene: Scene) -> None:
    scene.inside.relay._draining = True
    await scene.inside.relay.texts.close()
    assert await scene.refused(submit_text()) == ("draining", "")
    await scene.client.send(frames.WithdrawText(b"s" * 16, scene.client.boot))
    assert (await scene.client.take(frames.Refused)).code == "draining"


async def test_a_flood_of_what_is_taken_back_is_put_off(scene: Scene) -> None:
    bucket = scene.inside.relay.accounts.get(scene.alice.person.account, scene.inside.clock.now()).bucket
    bucket._left, bucket._rate = 1, 0
    assert await scene.withdraw(b"s" * 16) == "never_had"
    await scene.client.send(frames.WithdrawText(b"t" * 16, scene.client.boot))
    refused = await scene.client.take(frames.Refused)
    assert (refused.submit, refused.code, refused.limit) == (b"t" * 16, "rate_limited", "submits_a_second")
    assert await scene.withdraw(b"s" * 16) == "withdrawn"


async def test_a_flood_is_put_off(scene: Scene) -> None:
    await scene.client.send(*(submit_text() for _ in range(60)))
    said = [frame for frame in await scene.client.settle() if isinstance(frame, frames.Refused)]
    assert {frame.code for frame in said} == {"busy"}
    assert len(said) == 10
