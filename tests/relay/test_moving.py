"""The rules of addresses over any order of proofs, refusals, withdrawals and time, and each rule by itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.protocol import limits
from app.relay import moving
from app.relay.moving import CLAIMED, LAPSED, LOST, NOBODY, PROVED, REFUSED, Holding, Move, Note, State
from tests.parts.examples import examples

ALICE, BOB, CAROL = 1, 2, 3
NOW = 1_800_000_000_000


def held(standing: str = PROVED, since: int = NOW - limits.DAY, move: Move | None = None) -> State:
    return State(Holding(ALICE, standing, since), move)


MOVING = Move(BOB, NOW - limits.HOUR, NOW - limits.HOUR + limits.MOVING)


def test_a_free_address_is_proved_at_once() -> None:
    assert moving.prove(State(), BOB, NOW) == State(Holding(BOB, PROVED, NOW), None, (), "proved")


def test_a_claimed_address_goes_at_once_and_its_claimer_is_told() -> None:
    lost = (Note(ALICE, LOST, BOB, NOW),)
    assert moving.prove(held(CLAIMED), BOB, NOW) == State(Holding(BOB, PROVED, NOW), None, lost, "proved")


@pytest.mark.parametrize("standing", [PROVED, LAPSED])
def test_an_address_that_was_ever_proved_waits_72_hours(standing: str) -> None:
    after = moving.prove(held(standing), BOB, NOW)
    assert (after.holding, after.move) == (held(standing).holding, Move(BOB, NOW, NOW + limits.MOVING))
    assert moving.prove(after, BOB, NOW + limits.HOUR).move == after.move  # asking again moves nothing
    assert moving.arrive(after, NOW + limits.MOVING - 1).holding == after.holding
    there = moving.arrive(after, NOW + limits.MOVING)
    assert there == State(Holding(BOB, PROVED, NOW), None, (Note(ALICE, LOST, BOB, NOW + limits.MOVING),))


def test_proving_again_renews_and_makes_it_refusable() -> None:
    old = held(LAPSED, NOW - limits.PROOF, MOVING)
    with pytest.raises(errors.GiveUp, match="proof_old"):
        moving.answer(old, ALICE, BOB, NOW, agree=False)
    renewed = moving.prove(old, ALICE, NOW)
    assert renewed == State(Holding(ALICE, PROVED, NOW), MOVING, (), "proved")
    assert moving.answer(renewed, ALICE, BOB, NOW, agree=False).notes == (Note(BOB, REFUSED, NOBODY, NOW),)


def test_refusing_ends_with_the_half_year_to_the_millisecond() -> None:
    young = held(since=NOW - limits.PROOF + 1, move=MOVING)
    assert moving.answer(young, ALICE, BOB, NOW, agree=False).move is None
    with pytest.raises(errors.GiveUp, match="proof_old"):
        moving.answer(young, ALICE, BOB, NOW + 1, agree=False)


def test_the_old_account_alone_answers_and_only_for_whom_it_moves_to() -> None:
    for account, to in ((BOB, BOB), (CAROL, BOB), (ALICE, CAROL), (ALICE, NOBODY)):
        for agree in (True, False):
            with pytest.raises(errors.GiveUp, match="not_found"):
                moving.answer(held(move=MOVING), account, to, NOW, agree=agree)
    there = moving.answer(held(move=MOVING), ALICE, BOB, NOW, agree=True)
    assert there == State(Holding(BOB, PROVED, MOVING.since), None, (Note(ALICE, LOST, BOB, NOW),))


def test_a_newer_proof_takes_the_place_of_one_that_waits() -> None:
    after = moving.prove(held(move=MOVING), CAROL, NOW)
    assert after.move == Move(CAROL, NOW, NOW + limits.MOVING)
    assert after.notes == (Note(BOB, REFUSED, NOBODY, NOW),)


def test_leaving_without_a_device() -> None:
    assert moving.leave(State(), NOW).outcome == "left"
    gone = moving.leave(held(CLAIMED), NOW)
    assert gone == State(None, None, (Note(ALICE, LOST, NOBODY, NOW),), "left")
    waits = moving.leave(held(), NOW)
    assert waits == State(held().holding, Move(NOBODY, NOW, NOW + limits.MOVING), (), "leaving")
    assert moving.leave(waits, NOW + limits.DAY).move == waits.move
    assert moving.arrive(waits, NOW + limits.MOVING).holding is None
    assert moving.answer(waits, ALICE, NOBODY, NOW, agree=False) == held()
    assert moving.leave(held(move=MOVING), NOW).move == MOVING  # Bob's proof is not lost by it


def test_withdrawing_with_a_device_is_at_once() -> None:
    assert moving.withdraw(held(), ALICE, NOW) == State()
    assert moving.withdraw(held(), BOB, NOW) == held()
    assert moving.withdraw(held(move=MOVING), BOB, NOW) == held()
    assert moving.withdraw(held(move=MOVING), ALICE, NOW).holding == Holding(BOB, PROVED, MOVING.since)
    assert moving.withdraw(moving.leave(held(), NOW), ALICE, NOW) == State()


def test_a_proof_lapses_after_half_a_year_or_when_a_code_comes_back() -> None:
    assert moving.lapse(held(since=NOW - limits.PROOF + 1), NOW).holding == held(since=NOW - limits.PROOF + 1).holding
    assert moving.lapse(held(since=NOW - limits.PROOF), NOW).holding == Holding(ALICE, LAPSED, NOW - limits.PROOF)
    assert moving.lapse(held(), NOW, undeliverable=True).holding == Holding(ALICE, LAPSED, NOW - limits.DAY)
    assert moving.lapse(held(CLAIMED, 0), NOW, undeliverable=True) == held(CLAIMED, 0)


ACCOUNTS = st.sampled_from([ALICE, BOB, CAROL])
STEPS = st.one_of(
    st.tuples(st.just("prove"), ACCOUNTS),
    st.tuples(st.just("withdraw"), ACCOUNTS),
    st.tuples(st.sampled_from(["agree", "refuse"]), ACCOUNTS, st.sampled_from([NOBODY, ALICE, BOB, CAROL])),
    st.tuples(st.sampled_from(["leave", "arrive", "lapse", "bounce"])),
    st.tuples(
        st.just("wait"), st.sampled_from([limits.HOUR, limits.DAY, limits.MOVING, limits.MOVING - 1, limits.PROOF])
    ),
)


@settings(deadline=None, max_examples=examples(300))
@given(st.sampled_from([State(), held(CLAIMED), held()]), st.lists(STEPS, max_size=25))
def test_no_order_takes_a_proved_address_without_consent_or_72_hours(state: State, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    now = NOW
    proofs: dict[int, int] = {}  # account: when it proved last
    for step in steps:
        match step:
            case ("wait", int() as passed):
                now += passed
                continue
            case ("prove", int() as who):
                after = moving.prove(state, who, now)
                proofs[who] = now
            case ("withdraw", int() as who):
                after = moving.withdraw(state, who, now)
            case ("agree" | "refuse" as verb, int() as who, int() as to):
                try:
                    after = moving.answer(state, who, to, now, agree=verb == "agree")
                except errors.GiveUp:
                    continue
            case ("leave",):
                after = moving.leave(state, now)
            case ("arrive",):
                after = moving.arrive(state, now)
            case _:
                after = moving.lapse(state, now, undeliverable=step == ("bounce",))
        _judge(state, after, step, now, proofs)
        state = State(after.holding, after.move)


def _judge(before: State, after: State, step: tuple, now: int, proofs: dict[int, int]) -> None:  # type: ignore[type-arg]
    was, now_is = before.holding, after.holding
    assert after.move is None or (now_is is not None and after.move.account != now_is.account)
    if after.move is not None:
        assert after.move.until == after.move.since + limits.MOVING
        assert after.move.account == NOBODY or after.move.since <= proofs[after.move.account]
    if now_is is not None and now_is.standing == PROVED and now_is != was:
        assert proofs[now_is.account] >= now_is.since  # nobody is proved without a proof of their own
    if was is None or was.standing == CLAIMED or (now_is is not None and now_is.account == was.account):
        return
    consent = step[0] in ("agree", "withdraw") and step[1] == was.account
    waited = before.move is not None and before.move.until <= now and step == ("arrive",)
    assert consent or waited
    told = {note.account for note in after.notes if note.standing == LOST}
    assert was.account in told or step[0] == "withdraw"
