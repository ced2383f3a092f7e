"""Codes by text and e-mail, from the request to the standing, and what becomes of an address that two have proved."""

import asyncio

import msgspec
import pytest

from app.common import errors
from app.protocol import frames, limits, proofs
from app.relay.texts import base
from app.relay.texts.base import MessageState
from tests.parts import texting
from tests.parts.waiting import until, until_so
from tests.parts.wire_client import WireClient
from tests.relay.addresses.conftest import NUMBER, OTHER, Desk

ALICE, BOB = "alice@example.com", "bob@example.com"
WRONG = {"000000": "000001"}


def other_than(code: str) -> str:
    return WRONG.get(code, "000000")


async def test_a_number_is_proved_by_the_code_that_came_by_text(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        assert [(one.address, one.standing) for one in client.addresses.held] == [(ALICE, "claimed")]
        assert client.addresses.checks == ("phone", "email")
        assert (await client.take(frames.TextTerms)).why == "text_not_proved"
        assert await desk.proved(client, NUMBER) == proofs.Proved("proved")
        assert await desk.told(client) == {ALICE: "claimed", NUMBER: "proved"}
        terms = await client.take(frames.TextTerms)
        assert (terms.available, terms.why) == (True, "")
        assert desk.network.taken[-1][1].destination == NUMBER
        assert len(desk.network.taken) == 1


async def test_an_email_address_is_proved_by_the_code_in_a_letter_over_tls(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        assert (await desk.proved(client, ALICE)).outcome == "proved"
        assert await desk.standing(client) == {ALICE: "proved"}
    letter = desk.mail.letters[0]
    assert (desk.mail.to, desk.mail.tls) == ([ALICE], [True])
    assert (letter["From"], letter["To"], letter["Auto-Submitted"]) == ("codes@example.com", ALICE, "auto-generated")
    async with desk.wire.online(alice.gadgets[0]) as client:
        await client.send(frames.Lookup(1, ALICE))
        assert (await client.take(frames.Found)).standing == "proved"


async def test_a_code_is_good_for_five_tries_ten_minutes_one_use_and_one_device(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE, gadgets=2)
    async with desk.wire.online(alice.gadgets[0]) as client, desk.wire.online(alice.gadgets[1]) as second:
        assert (await desk.prove(client, NUMBER, "123456")).outcome == "expired"
        await desk.start(client, NUMBER)
        await until(lambda: len(desk.network.taken) == 1)
        code = desk.code()
        assert (await desk.prove(second, NUMBER, code)).outcome == "expired"
        assert (await desk.prove(client, OTHER, code)).outcome == "expired"
        for left in (4, 3, 2, 1, 0):
            assert await desk.prove(client, NUMBER, other_than(code)) == proofs.Proved("wrong", left)
        assert await desk.prove(client, NUMBER, code) == proofs.Proved("expired")
        desk.pass_by(limits.CODE_AGAIN)
        assert (await desk.proved(client, NUMBER)).outcome == "proved"
        assert (await desk.prove(client, NUMBER, desk.code())).outcome == "expired"
        desk.pass_by(limits.CODE_AGAIN)
        await desk.start(client, OTHER)
        await until(lambda: desk.network.taken[-1][1].destination == OTHER)
        desk.pass_by(limits.CODE_AGAIN)
        old = desk.code()
        await desk.start(client, OTHER)
        await until(lambda: len(desk.network.taken) == 4)
        if desk.code() != old:
            assert (await desk.prove(client, OTHER, old)).outcome == "wrong"  # one live code
    desk.pass_by(limits.CODE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        assert (await desk.prove(client, OTHER, desk.code())).outcome == "expired"


async def test_tries_at_once_are_counted_one_by_one(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        await desk.start(client, NUMBER)
        await until(lambda: len(desk.network.taken) == 1)
        wrong = other_than(desk.code())
        answers = await asyncio.gather(*(desk.prove(client, NUMBER, wrong) for _ in range(8)))
        assert sorted((one.outcome, one.tries_left) for one in answers) == [
            *[("expired", 0)] * 3, *(("wrong", left) for left in range(5)),
        ]  # fmt: skip


async def test_the_answer_to_start_is_alike_whether_or_not_anybody_has_the_address(desk: Desk) -> None:
    alice, bob = await desk.wire.join(ALICE), await desk.wire.join(BOB)
    async with desk.wire.online(alice.gadgets[0]) as client, desk.wire.online(bob.gadgets[0]) as his:
        await desk.proved(his, BOB)
        desk.pass_by(limits.CODE_AGAIN)
        for address in (BOB, "nobody@example.com", NUMBER):
            path, body = limits.START_PATH, proofs.Start(address)
            assert await desk.wire.send("POST", path, body, client.token) == b""
            assert await desk.refused(client, address) == ("rate_limited", "codes_again")


@pytest.mark.expect_log("codes to +1202555")
async def test_each_limit_is_named(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        assert await desk.refused(client, "Alice@example.com") == ("bad_address", "")
        assert (await desk.refused(client, "+15005550006x"))[0] == "bad_address"
        assert await desk.refused(client, "+4915112345678") == ("text_region_off", "")
        for _ in range(5):
            desk.pass_by(limits.CODE_AGAIN)
            await desk.start(client, NUMBER)
        desk.pass_by(limits.CODE_AGAIN)
        assert await desk.refused(client, NUMBER) == ("rate_limited", "codes_a_day")
        for last in range(14):
            await desk.start(client, f"+120255501{last:02}")
        assert await desk.refused(client, OTHER) == ("rate_limited", "codes_from_account")
    desk.pass_by(limits.DAY)
    async with desk.wire.online(alice.gadgets[0]) as client:
        await desk.start(client, OTHER)


async def test_an_account_has_twenty_addresses_at_most(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        for last in range(19):
            await desk.proved(client, f"+120255501{last:02}")
        assert await desk.refused(client, OTHER) == ("too_many", "addresses")
        assert len(await desk.listed(client)) == 20
        await desk.withdraw(client, alice, "+12025550118")
        desk.pass_by(limits.DAY)
    async with desk.wire.online(alice.gadgets[0]) as client:
        assert (await desk.proved(client, OTHER)).outcome == "proved"


async def test_a_claimed_address_goes_to_whoever_proves_it_and_the_claimer_is_told(desk: Desk) -> None:
    alice, bob = await desk.wire.join(ALICE), await desk.wire.join(BOB)
    async with desk.wire.online(alice.gadgets[0]) as hers, desk.wire.online(bob.gadgets[0]) as his:
        assert (await desk.proved(his, ALICE)).outcome == "proved"
        assert await desk.told(hers) == {ALICE: "lost"}
        assert (await desk.one(hers, ALICE)).other == bob.account
        assert await desk.told(his) == {BOB: "claimed", ALICE: "proved"}


async def test_a_proved_address_goes_after_72_hours_and_not_before(desk: Desk) -> None:
    alice, bob = await desk.wire.join(ALICE), await desk.wire.join(BOB)
    async with desk.wire.online(alice.gadgets[0]) as hers, desk.wire.online(bob.gadgets[0]) as his:
        await desk.proved(hers, NUMBER)
        assert await desk.told(hers) == {ALICE: "claimed", NUMBER: "proved"}
        desk.pass_by(limits.CODE_AGAIN)
        until_then = desk.clock.now() + limits.MOVING
        assert await desk.proved(his, NUMBER) == proofs.Proved("moving", 0, until_then)
        assert await desk.told(hers) == {ALICE: "claimed", NUMBER: "moving"}
        moving = await desk.one(hers, NUMBER)
        assert (moving.until, moving.other, moving.refusable) == (until_then, bob.account, True)
        assert await desk.told(his) == {BOB: "claimed", NUMBER: "coming"}
    desk.pass_by(limits.MOVING - 1)
    await desk.inside.relay.proving.turn()
    async with desk.wire.online(alice.gadgets[0]) as hers:
        assert await desk.standing(hers) == {ALICE: "claimed", NUMBER: "moving"}
        desk.pass_by(1)
        await desk.inside.relay.proving.turn()
        assert await desk.told(hers) == {ALICE: "claimed", NUMBER: "lost"}
    async with desk.wire.online(bob.gadgets[0]) as his:
        assert {one.address: one.standing for one in his.addresses.held} == {BOB: "claimed", NUMBER: "proved"}
        assert (await his.take(frames.TextTerms)).available
    desk.pass_by(32 * limits.DAY)
    await desk.inside.relay.proving.turn()
    await desk.inside.store.lifetime.flush()
    async with desk.wire.online(alice.gadgets[0]) as hers:
        assert await desk.standing(hers) == {ALICE: "claimed"}


@pytest.mark.parametrize("agree", [True, False])
async def test_the_old_account_hands_over_at_once_or_refuses_by_signature(desk: Desk, agree: bool) -> None:
    alice, bob = await desk.wire.join(ALICE), await desk.wire.join(BOB)
    async with desk.wire.online(alice.gadgets[0]) as hers, desk.wire.online(bob.gadgets[0]) as his:
        await desk.proved(hers, NUMBER)
        desk.pass_by(limits.CODE_AGAIN)
        await desk.proved(his, NUMBER)
        right = desk.answer(alice, NUMBER, bob.account, agree=agree)
        for wrong, code in (
            (msgspec.structs.replace(right, agree=not agree), "bad_signature"),
            (desk.answer(bob, NUMBER, bob.account, agree=agree), "bad_signature"),
            (desk.answer(alice, NUMBER, bob.account, agree=agree, at=desk.clock.now() - limits.AHEAD - 1), "clock"),
            (desk.answer(alice, NUMBER, alice.account, agree=agree), "not_found"),
            (desk.answer(alice, NUMBER, b"?" * 32, agree=agree), "not_found"),
            (desk.answer(alice, OTHER, bob.account, agree=agree), "not_found"),
        ):
            with pytest.raises(errors.KingfisherError, match=code):
                await desk.say(hers, wrong)
        with pytest.raises(errors.GiveUp, match="not_found"):  # whoever wants it does not answer for its owner
            await desk.say(his, desk.answer(bob, NUMBER, bob.account, agree=True))
        await desk.say(hers, right)
        hers_then, his_then = ("lost", "proved") if agree else ("proved", "refused")
        assert (await desk.standing(hers))[NUMBER] == hers_then
        assert (await desk.standing(his))[NUMBER] == his_then


async def test_a_proof_of_a_number_that_the_network_knows_no_more_lapses(desk: Desk) -> None:
    """Only by what the gateway says for good: one that is busy, or refuses for another reason, says nothing of it."""
    alice, bob = await desk.wire.join(ALICE), await desk.wire.join(BOB)
    async with desk.wire.online(alice.gadgets[0]) as hers, desk.wire.online(bob.gadgets[0]) as his:
        await desk.proved(hers, NUMBER)
        for reason, standing in ((base.Reason.REFUSED, "proved"), (base.Reason.BAD_NUMBER, "lapsed")):
            asked = len(desk.network.asked)
            desk.pass_by(limits.CODE_AGAIN)
            desk.network.script.append(base.Refused(reason))
            await desk.start(his, NUMBER)
            await until(lambda asked=asked: len(desk.network.asked) > asked)
            await until(lambda: not desk.inside.store.texts.out.unreported())
            await desk.standing(his)  # what was to happen by now has happened
            await until_so(lambda standing=standing: _stands(desk, hers, standing))


@pytest.mark.parametrize("early", [False, True])
async def test_a_receipt_that_says_so_ends_a_proof_too(desk: Desk, early: bool) -> None:
    """``early``: it comes before the gateway's answer. Only for codes: what people write there says nothing."""
    alice, bob = await desk.wire.join(ALICE), await desk.wire.join(BOB)
    async with desk.wire.online(alice.gadgets[0]) as hers, desk.wire.online(bob.gadgets[0]) as his:
        await desk.proved(hers, NUMBER)
        await desk.proved(his, OTHER)
        await his.send(texting.submit_text(to=NUMBER))
        await his.take(frames.TextReport)
        await desk.network.receipt("m3", MessageState.NO_SUCH_NUMBER)
        assert (await his.take(frames.TextReport)).reason == "text_bad_number"
        for state, standing in ((MessageState.UNDELIVERABLE, "proved"), (MessageState.NO_SUCH_NUMBER, "lapsed")):
            desk.pass_by(limits.CODE_AGAIN)
            asked = len(desk.network.asked)
            if early:
                desk.network.script.append(held := asyncio.Event())
            await desk.start(his, NUMBER)
            await until(lambda asked=asked: len(desk.network.asked) > asked)
            if not early:
                await until(lambda asked=asked: len(desk.network.taken) > asked)
                await until(lambda: not desk.inside.store.texts.out.unreported())
            await desk.network.receipt(f"m{asked + 1}", state)
            if early:
                held.set()
            await until(lambda: not desk.inside.store.texts.out.unreported())
            await until_so(lambda standing=standing: _stands(desk, hers, standing))
            assert (await desk.standing(hers))[NUMBER] == standing


async def test_whoever_waits_for_a_code_hears_that_the_text_did_not_arrive(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE, gadgets=2)
    async with desk.wire.online(alice.gadgets[0]) as client:
        desk.network.script.append(base.Refused(base.Reason.FILTERED))
        await desk.start(client, NUMBER)
        await until_so(lambda: _lost(desk, client, {NUMBER: "code_not_delivered"}))
        assert desk.clock.now() == (await client.take(frames.OwnAddresses)).held[-1].since
        states = (MessageState.UNDELIVERABLE, "code_not_delivered"), (MessageState.DELIVERED, None)
        for number, (state, lost) in enumerate(states, 1):
            desk.pass_by(limits.CODE_AGAIN)
            await desk.start(client, OTHER)
            await until(lambda number=number: len(desk.network.taken) == number)
            await until(lambda: not desk.inside.store.texts.out.unreported())
            await desk.network.receipt(f"m{number}", state)
            wanted = {NUMBER: "code_not_delivered"} | ({OTHER: lost} if lost else {})
            await until_so(lambda wanted=wanted: _lost(desk, client, wanted))
        await desk.network.receipt("m1", MessageState.UNDELIVERABLE)  # of the code before: the newest one has arrived
        assert await desk.lost(client) == {NUMBER: "code_not_delivered"}
        await desk.withdraw(client, alice, NUMBER)
        assert await desk.lost(client) == {}


async def _lost(desk: Desk, client: WireClient, wanted: dict[str, str]) -> bool:
    return await desk.lost(client) == wanted


async def _stands(desk: Desk, client: WireClient, standing: str) -> bool:
    return (await desk.standing(client))[NUMBER] == standing


async def test_a_proof_lapses_and_then_refuses_nothing(desk: Desk) -> None:
    alice, bob = await desk.wire.join(ALICE), await desk.wire.join(BOB)
    async with desk.wire.online(alice.gadgets[0]) as hers:
        await desk.proved(hers, NUMBER)
    desk.pass_by(limits.PROOF)
    await desk.inside.relay.proving.turn()
    async with desk.wire.online(alice.gadgets[0]) as hers, desk.wire.online(bob.gadgets[0]) as his:
        assert (await desk.standing(hers))[NUMBER] == "lapsed"
        assert not (await hers.take(frames.TextTerms)).available
        await his.send(frames.Lookup(1, NUMBER))
        assert (await his.take(frames.Found)).standing == "claimed"
        assert (await desk.proved(his, NUMBER)).outcome == "moving"
        assert not (await desk.one(hers, NUMBER)).refusable
        with pytest.raises(errors.GiveUp, match="proof_old"):
            await desk.say(hers, desk.answer(alice, NUMBER, bob.account, agree=False))
        desk.pass_by(limits.CODE_AGAIN)
        assert (await desk.proved(hers, NUMBER)).outcome == "proved"
        await desk.say(hers, desk.answer(alice, NUMBER, bob.account, agree=False))
        assert (await desk.standing(hers))[NUMBER] == "proved"


async def test_withdrawing_is_signed_at_once_and_twice_no_error(desk: Desk) -> None:
    alice, bob = await desk.wire.join(ALICE, gadgets=2), await desk.wire.join(BOB)
    async with desk.wire.online(alice.gadgets[0]) as hers, desk.wire.online(bob.gadgets[0]) as his:
        await desk.proved(hers, NUMBER)
        forged = proofs.Withdraw(NUMBER, desk.clock.now(), bytes(64))
        assert (await desk.wire.refused("POST", limits.WITHDRAW_PATH, forged, hers.token))[0] == "bad_signature"
        await desk.withdraw(his, bob, NUMBER)  # not his: nothing happens
        assert (await desk.standing(hers))[NUMBER] == "proved"
        await desk.withdraw(hers, alice, NUMBER)
        await desk.withdraw(hers, alice, NUMBER)
        assert await desk.standing(hers) == {ALICE: "claimed"}
        await his.send(frames.Lookup(1, NUMBER))
        assert (await his.take(frames.Found)).state == "not_found"


async def test_without_a_token_nothing_is_said(desk: Desk) -> None:
    for path in (limits.START_PATH, limits.PROVE_PATH, limits.WITHDRAW_PATH, limits.ANSWER_PATH):
        assert (await desk.wire.refused("POST", path, proofs.Start(NUMBER)))[0] == "token_expired"
    assert (await desk.wire.refused("GET", limits.ADDRESSES_PATH, b""))[0] == "token_expired"


async def test_everything_is_there_after_a_restart(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        await desk.proved(client, NUMBER)
        assert b"proved" in await desk.wire.send("GET", limits.ADDRESSES_PATH, b"", client.token)
    # No words and no digits stay behind; only keyed hashes do.
    connection = desk.inside.store.directory._reader  # type: ignore[attr-defined]
    assert connection.execute("SELECT count(*) FROM code").fetchall() == [(0,)]
    assert connection.execute("SELECT words FROM text").fetchall() == [("",)]
