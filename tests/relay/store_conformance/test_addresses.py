"""Codes, holdings and moves, after a crash too."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from app.common import errors
from app.protocol import frames, limits
from app.relay import moving
from app.relay.moving import LOST, NOBODY, PROVED, Holding, Move, State
from app.relay.store.addresses import Ask, Line, Sent, Try
from app.relay.store.base import Store
from tests.relay.store_conformance.conftest import Opener
from tests.relay.store_conformance.test_people import ALICE, BOB, wish

NUMBER, HASH = "+12025550131", b"hash of a number"
NOW = 10_000
DIGEST, ASKER = b"digest", b"device key"


async def people(store: Store) -> tuple[int, int]:
    await store.directory.register(wish())
    await store.directory.register(wish(BOB, "bob"))
    found = store.addresses.number_of(ALICE), store.addresses.number_of(BOB)
    assert found[0] is not None
    assert found[1] is not None
    return found[0], found[1]


def ask(**changes: object) -> Ask:
    fields = {
        "address": HASH, "prefix": b"prefix", "network": b"network", "account": 1, "asker": ASKER, "purpose": "prove",
        "digest": DIGEST, "at": NOW, "expires": NOW + limits.CODE, **changes,
    }  # fmt: skip
    return Ask(**fields)  # type: ignore[arg-type]


def attempt(digest: bytes = DIGEST, now: int = NOW, **changes: object) -> Try:
    return Try(**{"address": HASH, "asker": ASKER, "purpose": "prove", "digest": digest, "now": now, **changes})  # type: ignore[arg-type]


def taking(into: list[Sent]) -> Callable[[Sent], None]:
    return into.append


async def test_a_code_is_tried_five_times_and_used_once(opener: Opener, store: Store) -> None:
    alice, _ = await people(store)
    rule = partial(moving.prove, account=alice, now=NOW)
    await store.addresses.ask(ask(), 0, taking([]))
    for _ in range(3):
        assert (await store.addresses.change(HASH, NUMBER, rule, attempt(b"wrong")))[:1] == ("wrong",)
        assert store.addresses.state(HASH) == State()
    image = opener.crash()
    assert (await image.addresses.change(HASH, NUMBER, rule, attempt(b"wrong"))).tries == 1
    assert (await image.addresses.change(HASH, NUMBER, rule, attempt(b"wrong"))).tries == 0
    assert (await image.addresses.change(HASH, NUMBER, rule, attempt())).outcome == "expired"
    for other in (attempt(asker=b""), attempt(purpose="leave"), attempt(address=b"?"), attempt(now=NOW + limits.CODE)):
        assert (await store.addresses.change(HASH, NUMBER, rule, other)).outcome == "expired"
    change = await store.addresses.change(HASH, NUMBER, rule, attempt())
    assert (change.outcome, change.told) == ("proved", (ALICE,))
    assert (await store.addresses.change(HASH, NUMBER, rule, attempt())).outcome == "expired"
    assert store.directory.proved_numbers(ALICE) == [NUMBER]
    assert opener.crash().addresses.state(HASH) == State(Holding(alice, PROVED, NOW))


async def test_what_was_asked_for_is_counted_by_whom_and_where_to(opener: Opener, store: Store) -> None:
    seen: list[Sent] = []
    await store.addresses.ask(ask(), 0, taking(seen))
    await store.addresses.ask(ask(address=b"other", network=b"", at=NOW + 5), 0, taking(seen))
    image = opener.crash()
    await image.addresses.ask(ask(account=2, prefix=b"", at=NOW + 9), NOW, taking(seen))
    await image.addresses.ask(ask(), NOW, taking(seen))
    assert seen == [
        Sent(0, 0, 0, 0, 0, 0), Sent(0, 0, 1, 0, 1, 1), Sent(0, NOW, 0, 0, 0, 1), Sent(1, NOW + 9, 1, 1, 1, 2),
    ]  # fmt: skip


async def test_nothing_is_kept_of_a_code_that_is_refused(store: Store) -> None:
    alice, _ = await people(store)

    def refuse(sent: Sent) -> None:
        raise errors.AgainLater("rate_limited", "codes_a_day")

    with pytest.raises(errors.AgainLater, match="codes_a_day"):
        await store.addresses.ask(ask(), 0, refuse)
    seen: list[Sent] = []
    rule = partial(moving.prove, account=alice, now=NOW)
    assert (await store.addresses.change(HASH, NUMBER, rule, attempt())).outcome == "expired"
    await store.addresses.ask(ask(digest=b"old"), 0, taking(seen))
    assert seen[0].in_all == 0
    await store.addresses.ask(ask(), 0, taking(seen))  # takes the place of the old one
    assert (await store.addresses.change(HASH, NUMBER, rule, attempt(b"old"))).outcome == "wrong"
    await store.addresses.drop_code(HASH, ASKER, "prove")
    assert (await store.addresses.change(HASH, NUMBER, rule, attempt())).outcome == "expired"


async def test_a_move_is_seen_from_both_sides_and_survives_a_crash(opener: Opener, store: Store) -> None:
    alice, bob = await people(store)
    await store.addresses.change(HASH, NUMBER, partial(moving.prove, account=alice, now=NOW))
    change = await store.addresses.change(HASH, NUMBER, partial(moving.prove, account=bob, now=NOW + 1))
    assert (change.outcome, change.told) == ("moving", (ALICE, BOB))
    until = NOW + 1 + limits.MOVING
    image = opener.crash()
    for found in (store, image):
        assert found.addresses.lines(alice, NOW)[1:] == [Line(NUMBER, "moving", NOW, until, BOB, refusable=True)]
        assert found.addresses.lines(bob, NOW)[1:] == [Line(NUMBER, "coming", NOW + 1, until, b"", refusable=False)]
        assert found.addresses.due(until - 1, 0) == []
        assert found.addresses.due(until, 0) == [(HASH, NUMBER)]
    arrived = await image.addresses.change(HASH, NUMBER, partial(moving.arrive, now=until))
    assert arrived.told == (ALICE, BOB)
    assert image.addresses.lines(alice, until)[1:] == [Line(NUMBER, LOST, until, 0, BOB, refusable=False)]
    assert image.addresses.state(HASH) == State(Holding(bob, PROVED, NOW + 1))
    again = partial(moving.prove, account=alice, now=until + 1)
    await image.addresses.change(HASH, NUMBER, again)
    assert [line.standing for line in image.addresses.lines(alice, until)] == ["claimed", "coming"]  # not lost as well
    assert (await image.addresses.change(HASH, NUMBER, again)).told == ()
    image.addresses.sweep(0, 0, until + 1)
    await image.lifetime.flush()
    assert image.addresses.state(HASH).move == Move(alice, until + 1, until + 1 + limits.MOVING)


async def test_an_address_that_nobody_has_any_more_is_gone(store: Store) -> None:
    alice, _ = await people(store)
    await store.addresses.change(HASH, NUMBER, partial(moving.prove, account=alice, now=NOW))
    await store.addresses.change(HASH, NUMBER, partial(moving.leave, now=NOW))
    until = NOW + limits.MOVING
    assert store.addresses.lines(alice, NOW)[1:] == [Line(NUMBER, "moving", NOW, until, bytes(32), refusable=True)]
    await store.addresses.change(HASH, NUMBER, partial(moving.arrive, now=until))
    assert store.addresses.state(HASH) == State()
    assert store.directory.find(HASH) is None
    assert store.addresses.lines(alice, NOW)[1:] == [Line(NUMBER, LOST, until, 0, b"", refusable=False)]
    store.addresses.sweep(0, 0, until + 1)
    await store.lifetime.flush()
    assert len(store.addresses.lines(alice, NOW)) == 1
    assert moving.NOBODY == NOBODY


async def test_a_rule_that_raises_writes_nothing_and_costs_no_code(store: Store) -> None:
    alice, bob = await people(store)
    await store.addresses.change(HASH, NUMBER, partial(moving.prove, account=alice, now=NOW))
    answer = partial(moving.answer, account=alice, to=bob, now=NOW, agree=True)
    with pytest.raises(errors.GiveUp, match="not_found"):
        await store.addresses.change(HASH, NUMBER, answer)
    assert store.addresses.state(HASH) == State(Holding(alice, PROVED, NOW))
    assert store.addresses.number_of(b"nobody") is None


async def test_two_who_enter_at_once_do_not_both_have_it(store: Store) -> None:
    alice, bob = await people(store)
    changes = await asyncio.gather(
        *(store.addresses.change(HASH, NUMBER, partial(moving.prove, account=one, now=NOW)) for one in (alice, bob))
    )
    assert sorted(change.outcome for change in changes) == ["moving", "proved"]


async def test_old_proofs_are_due(store: Store) -> None:
    alice, _ = await people(store)
    await store.addresses.change(HASH, NUMBER, partial(moving.prove, account=alice, now=NOW))
    assert store.addresses.due(NOW, NOW - 1) == []
    assert store.addresses.due(NOW, NOW) == [(HASH, NUMBER)]


@pytest.mark.parametrize("rule", ["page", "another's proof"])
async def test_whoever_loses_the_last_address_while_away_is_gone_until_a_device_comes(store: Store, rule: str) -> None:
    alice, bob = await people(store)
    how = partial(moving.leave, now=NOW) if rule == "page" else partial(moving.prove, account=bob, now=NOW)
    change = await store.addresses.change(b"hash of alice", "alice@example.com", how)
    assert change.gone == (ALICE,)
    account, chain = store.directory.account(ALICE), store.directory.chain(ALICE)
    assert account is not None
    assert chain is not None
    assert (account.gone, chain.standing) == (True, frames.GONE)
    await store.directory.begin_session(alice, account.devices[0].number, 1, b"start")
    account, chain = store.directory.account(ALICE), store.directory.chain(ALICE)
    assert account is not None
    assert chain is not None
    assert (account.gone, chain.standing) == (False, "")


async def test_nobody_is_gone_who_is_there_has_another_address_or_gave_it_back(store: Store) -> None:
    alice, bob = await people(store)
    account = store.directory.account(ALICE)
    assert account is not None
    await store.addresses.change(HASH, NUMBER, partial(moving.prove, account=alice, now=NOW))
    leave = partial(moving.leave, now=NOW)
    assert (await store.addresses.change(b"hash of alice", "alice@example.com", leave)).gone == ()
    await store.directory.begin_session(alice, account.devices[0].number, 1, b"start")
    over = partial(moving.prove, account=bob, now=NOW + 1)
    await store.addresses.change(HASH, NUMBER, over)
    assert (await store.addresses.change(HASH, NUMBER, partial(moving.arrive, now=NOW + limits.MOVING + 1))).gone == ()
    own = partial(moving.withdraw, account=bob, now=NOW)
    assert (await store.addresses.change(b"hash of bob", "bob@example.com", own)).gone == ()
    for name in (ALICE, BOB):
        found = store.directory.account(name)
        assert found is not None
        assert not found.gone
