"""The account's own addresses: a code from asking to proof, restarts, who else wants one, and leaving."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from app.client import leaving
from app.client.own_addresses import Activation, OwnAddresses
from app.common import errors
from app.protocol import frames, limits, proofs
from app.relay.texts import base
from app.storage import notices
from tests.parts import people, proving, relay
from tests.parts.people import Present, Someone
from tests.parts.proving import Proving

ALICE, BOB, NUMBER, ABROAD = "alice@example.com", "bob@example.com", "+12025550101", "+447700900123"


@dataclass
class Scene:
    relay: Proving
    alice: Someone
    bob: Someone


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with proving.relay(tmp_path) as relay:
        alice = await people.join(tmp_path / "alice", relay.inside.url, ALICE)
        bob = await people.join(tmp_path / "bob", relay.inside.url, BOB)
        yield Scene(relay, alice, bob)


async def told(present: Present) -> OwnAddresses:
    """The messenger's list, once the relay has said how it stands."""
    await present.until(lambda view: view.value("SELECT count(*) FROM own_addresses") > 0)
    return present.messenger.addresses


async def stands(present: Present, address: str, why: str) -> Activation:
    sql = "SELECT standing FROM own_addresses WHERE address = ?"
    await present.until(lambda view: view.value(sql, (address,)) == why)
    found = await present.messenger.addresses.one(address)
    assert found is not None
    return found


async def fails(present: Present, address: str, why: str) -> Activation:
    sql = "SELECT failed FROM own_addresses WHERE address = ?"
    await present.until(lambda view: view.value(sql, (address,)) == why)
    found = await present.messenger.addresses.one(address)
    assert found is not None
    return found


async def test_a_code_is_asked_for_mistyped_and_proves(scene: Scene) -> None:
    async with scene.alice.online() as present:
        held = await told(present)
        (first,) = await held.held()
        assert (first.address, first.state, first.why, first.starts) == (ALICE, "active", "claimed", True)
        assert await held.start("(202) 555-0101", "US") == NUMBER
        waiting = await held.one(NUMBER)
        assert waiting is not None
        assert (waiting.state, waiting.why) == ("waiting", "code")
        assert waiting.until == waiting.since + limits.CODE

        for wrong in ("12345", "1234567", "12345x", "１２３４５６"):
            with pytest.raises(errors.GiveUp, match="bad_code"):
                await held.prove(NUMBER, wrong)
        assert (await held.prove(NUMBER, "000000")).tries_left == 4
        code = await scene.relay.code(NUMBER)
        assert (await held.prove(NUMBER, f" {code[:3]} {code[3:]} ")).outcome == "proved"
        proved = await held.one(NUMBER)
        assert proved is not None
        assert (proved.state, proved.why, proved.starts) == ("active", "proved", False)

        await held.start_from(NUMBER)
        assert [each.starts for each in await held.held()] == [False, True]


async def test_a_code_wrong_too_often_is_said_and_another_one_is_asked_for(scene: Scene) -> None:
    async with scene.alice.online() as present:
        held = await told(present)
        await held.start(NUMBER)
        for _ in range(limits.CODE_TRIES):
            last = await held.prove(NUMBER, "000000")
        assert last.tries_left == 0
        found = await held.one(NUMBER)
        assert found is not None
        assert (found.state, found.why) == ("failed", "code_spent")
        await held.start(NUMBER)
        assert (await held.prove(NUMBER, await scene.relay.code(NUMBER, 2))).outcome == "proved"


async def test_what_the_relay_refuses_is_kept_and_what_only_waits_changes_nothing(scene: Scene) -> None:
    async with scene.alice.online() as present:
        held = await told(present)
        for _ in range(5):
            await held.start(NUMBER)
        await held.remove(NUMBER)
        with pytest.raises(errors.AgainLater, match="rate_limited") as caught:
            await held.start(NUMBER)
        assert caught.value.detail == "codes_a_day"
        assert await held.one(NUMBER) is None
        with pytest.raises(errors.GiveUp, match="text_region_off"):
            await held.start(ABROAD)
        found = await held.one(ABROAD)
        assert found is not None
        assert (found.state, found.why) == ("failed", "text_region_off")
        with pytest.raises(errors.GiveUp, match="bad_address"):
            await held.start("911", "US")
        await held.remove(ABROAD)  # the relay never had it
        assert await held.one(ABROAD) is None


async def test_a_code_that_is_waited_for_survives_a_restart_and_expires(scene: Scene) -> None:
    async with scene.alice.online() as present:
        held = await told(present)
        await held.start(NUMBER)
    async with scene.alice.online() as present:
        held = await told(present)
        found = await held.one(NUMBER)
        assert found is not None
        assert (found.state, found.why) == ("waiting", "code")
        age = f"UPDATE own_addresses SET asked_at = asked_at - {limits.CODE + 1} WHERE asked_at"
        await present.messenger.database.write(lambda tx: tx.run(age))
        found = await held.one(NUMBER)
        assert found is not None
        assert (found.state, found.why) == ("failed", "code_expired")
        assert (await held.prove(NUMBER, await scene.relay.code(NUMBER))).outcome == "proved"  # the relay decides


@pytest.mark.parametrize("agree", [False, True])
async def test_somebody_else_proves_an_address_and_is_refused_or_given_it(scene: Scene, agree: bool) -> None:
    async with scene.alice.online() as alice, scene.bob.online() as bob:
        hers, his = await told(alice), await told(bob)
        assert (await scene.relay.prove(alice.messenger, NUMBER)).outcome == "proved"
        await stands(alice, NUMBER, "proved")
        with pytest.raises(errors.GiveUp, match="not_moving"):
            await hers.answer(NUMBER, agree=False)
        await his.start(NUMBER)
        assert (await his.prove(NUMBER, await scene.relay.code(NUMBER, 2))).outcome == "moving"
        coming = await stands(bob, NUMBER, "coming")
        moving = await stands(alice, NUMBER, "moving")
        assert (moving.state, moving.refusable, moving.until) == ("active", True, coming.until)
        assert moving.other == bob.messenger.me.account
        assert coming.state == "waiting"

        await hers.answer(NUMBER, agree=agree)
        after = (await stands(alice, NUMBER, "lost" if agree else "proved")).state
        assert after == ("failed" if agree else "active")
        assert (await stands(bob, NUMBER, "proved" if agree else "refused")).state == ("active" if agree else "failed")
        open_ = await alice.messenger.database.read(notices.pending)
        assert "address_moving" in {notice.code for notice in open_}


@pytest.mark.long
async def test_an_old_proof_refuses_nobody(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        moving = proofs.Held(NUMBER, "moving", 1, 2, b"o" * 32, refusable=False)
        await hers.heard(frames.OwnAddresses((moving,), ("phone",)))
        with pytest.raises(errors.GiveUp, match="proof_old"):
            await hers.answer(NUMBER, agree=False)


async def test_conversations_start_from_another_address_when_theirs_is_gone(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        assert (await scene.relay.prove(alice.messenger, NUMBER)).outcome == "proved"
        await stands(alice, NUMBER, "proved")
        await hers.remove(ALICE)
        (left,) = await hers.held()
        assert (left.address, left.starts) == (NUMBER, True)
        with pytest.raises(errors.GiveUp, match="not_yours"):
            await hers.start_from(ALICE)


async def test_leaving_says_off_first_and_gives_back_each_address(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        assert (await scene.relay.prove(alice.messenger, NUMBER)).outcome == "proved"
        await stands(alice, NUMBER, "proved")
        seen = [(step.address, step.state) async for step in leaving.leave(alice.messenger.rich, hers)]
        each = [(address, state) for address in ("", ALICE, NUMBER) for state in ("working", "done")]
        assert seen == each
        assert await alice.messenger.rich.state() == "off"
        assert scene.relay.standing(alice.messenger) == {}
        assert {found.why for found in await hers.held()} == {"withdrawn"}
        again = [step.address async for step in leaving.leave(alice.messenger.rich, hers)]
        assert again == ["", ""]


async def test_leaving_without_a_relay_gives_nothing_back(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        await alice.messenger.connection.close()
        steps = [step async for step in leaving.leave(alice.messenger.rich, hers)]
        assert [(step.address, step.state) for step in steps] == [("", "working"), ("", "failed")]
        assert set(scene.relay.standing(alice.messenger)) == {ALICE}


async def test_a_code_that_does_not_arrive_is_a_failure_with_its_cause(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        scene.relay.network.script.append(base.Refused(base.Reason.FILTERED))
        await hers.start(NUMBER)
        lost = await fails(alice, NUMBER, "code_not_delivered")
        assert (lost.state, lost.until) == ("failed", 0)
    async with scene.alice.online() as alice:  # kept, and said again by the relay
        await told(alice)
        assert (await fails(alice, NUMBER, "code_not_delivered")).state == "failed"
        assert (await scene.relay.prove(alice.messenger, NUMBER)).outcome == "proved"
        assert (await stands(alice, NUMBER, "proved")).state == "active"


async def test_only_a_code_that_is_waited_for_is_lost(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        before = await hers.held()
        lost = tuple(proofs.Held(each, "code_bounced", 1) for each in (ALICE, NUMBER, "+12025550199"))
        claimed = proofs.Held(ALICE, "claimed", before[0].since)
        await hers.heard(frames.OwnAddresses((claimed, *lost), ("phone",)))
        assert await hers.held() == before
        await hers.start(NUMBER)
        await hers.heard(frames.OwnAddresses((claimed, *lost), ("phone",)))
        assert [(each.address, each.why) for each in await hers.held()] == [
            (ALICE, "claimed"),
            (NUMBER, "code_bounced"),
        ]


@pytest.mark.long
async def test_words_of_a_newer_relay_are_passed_over(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        leased = proofs.Held(NUMBER, "leased", 1)
        await hers.heard(frames.OwnAddresses((leased,), ("fax",)))
        assert await hers.one(NUMBER) is None


async def test_a_relay_that_sends_no_codes_takes_no_address_more(tmp_path: Path) -> None:
    async with relay.inside(tmp_path / "relay") as inside:
        alice = await people.join(tmp_path / "alice", inside.url, ALICE)
        async with alice.online() as present:
            held = await told(present)
            assert held.checks == frozenset()
            assert await held.offer() == ""
            with pytest.raises(errors.GiveUp, match="not_checked"):
                await held.start(NUMBER)


async def test_a_page_asks_to_withdraw_an_address_and_a_device_refuses(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        await scene.relay.prove(alice.messenger, NUMBER)
        await scene.relay.inside.relay.proving.start_leaving(NUMBER, "")
        await scene.relay.inside.relay.proving.leave(NUMBER, await scene.relay.code(NUMBER, 2))
        moving = await stands(alice, NUMBER, "moving")
        assert (moving.refusable, any(moving.other)) == (True, False)
        await hers.answer(NUMBER, agree=False)
        assert scene.relay.standing(alice.messenger)[NUMBER] == "proved"


async def test_a_new_account_is_offered_to_prove_its_address_once(tmp_path: Path) -> None:
    async with proving.relay(tmp_path) as relay:
        alice = await people.join(tmp_path / "alice", relay.inside.url, NUMBER)
        async with alice.online() as present:
            held = await told(present)
            assert [await held.offer(), await held.offer()] == [NUMBER, ""]
            assert (await relay.prove(present.messenger, NUMBER)).outcome == "proved"
            assert [each.why for each in await held.held()] == ["proved"]


async def test_a_new_conversation_names_the_address_it_starts_from(scene: Scene) -> None:
    async with scene.alice.online() as alice, scene.bob.online() as bob:
        hers = await told(alice)
        await scene.relay.prove(alice.messenger, NUMBER)
        await hers.start_from(NUMBER)
        await alice.write(BOB, "From my number")
        await bob.until(
            lambda view: view.value("SELECT count(*) FROM people WHERE claimed_address = ?", (NUMBER,)) == 1
        )


async def test_a_program_that_ends_while_it_asks_shows_that_a_code_may_come(scene: Scene) -> None:
    async with scene.alice.online() as alice:
        hers = await told(alice)
        asking = asyncio.ensure_future(hers.start(NUMBER))
        await alice.until(lambda view: view.value("SELECT count(*) FROM own_addresses WHERE asked_at > 0") == 1)
        asking.cancel()
        await asyncio.wait([asking])
    async with scene.alice.awake() as alice:
        found = await alice.messenger.addresses.one(NUMBER)
        assert found is not None
        assert (found.state, found.why) == ("waiting", "code")
