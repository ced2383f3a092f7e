"""Accounts, chains, relations, invites and prekeys."""

import asyncio
import dataclasses

import pytest

from app.common import errors
from app.protocol.devices import KeyKind
from app.relay.store.base import IN_SESSION, KeyCount, ListChange, Outcome, PrekeyRow, Record, Registration, Row, Store
from tests.relay.store_conformance.conftest import Opener

ALICE, BOB = b"alice".ljust(32), b"bob".ljust(32)


def wish(account: bytes = ALICE, name: str = "alice", *, invite: bytes = b"", devices: int = 1) -> Registration:
    return Registration(
        account=account,
        root_public=b"root of " + account,
        address=f"{name}@example.com",
        address_hash=b"hash of " + name.encode(),
        standing="claimed",
        invite_hash=invite,
        first_list=b"first list of " + name.encode(),
        list_digest=b"digest 1",
        version=1,
        freshness=b"fresh",
        devices=tuple(b"%d device of " % number + name.encode() for number in range(devices)),
        now=1_000,
    )


async def test_an_account_is_found_by_id_address_and_device(opener: Opener, store: Store) -> None:
    assert await store.directory.register(wish(devices=2)) == (b"", b"first list of alice")
    image = opener.crash()
    for found in (store, image):
        account = found.directory.account(ALICE)
        assert account is not None
        assert (account.account, account.head, account.seen) == (ALICE, b"first list of alice", 0)
        assert [device.device for device in account.devices] == [b"0 device of alice", b"1 device of alice"]
        chain = found.directory.find(b"hash of alice")
        assert chain is not None
        assert (chain.account, chain.lists, chain.freshness) == (ALICE, (b"first list of alice",), b"fresh")
        assert chain.standing == "claimed"
        assert found.directory.chain(ALICE) == dataclasses.replace(chain, standing="")
        assert found.directory.owner_of(b"0 device of alice") == ALICE
        assert (
            found.directory.account(BOB) is found.directory.find(b"hash of bob") is found.directory.chain(BOB) is None
        )
        assert list(found.directory.everyone()) == [(ALICE, ["alice@example.com"])]


async def test_the_same_pair_succeeds_again_and_another_root_is_taken(store: Store) -> None:
    first = await store.directory.register(wish())
    assert await store.directory.register(wish()) == first
    with pytest.raises(errors.GiveUp, match="taken"):
        await store.directory.register(wish(BOB))
    assert store.directory.account(BOB) is None
    await store.directory.register(dataclasses.replace(wish(), address_hash=b"second", address="a@example.org"))
    assert list(store.directory.everyone()) == [(ALICE, ["a@example.org", "alice@example.com"])]


async def test_a_device_id_never_goes_to_another_account(store: Store) -> None:
    await store.directory.register(wish())
    with pytest.raises(errors.GiveUp, match="device_twice"):
        await store.directory.register(dataclasses.replace(wish(BOB, "bob"), devices=wish().devices))
    assert store.directory.find(b"hash of bob") is None


async def test_an_invite_is_used_once(store: Store) -> None:
    await store.directory.register(wish())
    for name, expires in ((b"good", 2_000), (b"old", 999)):
        await store.directory.add_invite(name, ALICE, expires)
    for name, code in ((b"none", "bad_invite"), (b"old", "invite_expired")):
        with pytest.raises(errors.GiveUp, match=code):
            await store.directory.register(wish(BOB, "bob", invite=name))
    tries = [wish(BOB, "bob", invite=b"good"), wish(b"carol".ljust(32), "carol", invite=b"good")]
    answers = await asyncio.gather(*map(store.directory.register, tries), return_exceptions=True)
    assert answers[0] == (ALICE, b"first list of bob")
    assert isinstance(answers[1], errors.GiveUp) and answers[1].code == "invite_used"
    assert await store.directory.register(tries[0]) == answers[0]
    alice, bob = store.directory.account(ALICE), store.directory.account(BOB)
    assert alice is not None and bob is not None
    assert store.directory.relations(alice.number) == {bob.number: 1}
    assert store.directory.relations(bob.number) == {alice.number: 1}


async def test_invites_that_expired_long_ago_are_forgotten(store: Store) -> None:
    await store.directory.register(wish())
    for name, expires in ((b"long ago", 1_100), (b"good", 2_000)):
        await store.directory.add_invite(name, ALICE, expires)
    store.directory.sweep_invites(1_500)
    await store.lifetime.flush()
    with pytest.raises(errors.GiveUp, match="bad_invite"):
        await store.directory.register(wish(BOB, "bob", invite=b"long ago"))
    assert (await store.directory.register(wish(BOB, "bob", invite=b"good")))[0] == ALICE


def change(account: int, version: int, **changes: object) -> ListChange:
    made = ListChange(account, version, b"list %d" % version, b"digest", b"fresh 2", False, (), (), 2_000)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


async def test_a_removed_device_is_gone_with_its_mail_and_keys_in_one_step(opener: Opener, store: Store) -> None:
    await store.directory.register(wish(devices=2))
    account = store.directory.account(ALICE)
    assert account is not None
    stays, goes = account.devices
    await store.prekeys.add(goes.number, [PrekeyRow(KeyKind.ONE_TIME, b"1", 9_000, b"key")])
    record = Record(99, b"s".ljust(16), account.number, 1, 2, 1_000, Outcome.ACCEPTED)
    store.mail.put([Row(1, stays.number, 99, 1_000, 10, b"x"), Row(2, goes.number, 99, 1_000, 10, b"x")], record)
    left = await store.directory.put_list(change(account.number, 2, removed=(goes.number,), added=(b"new device",)))
    assert [device.device for device in left] == [stays.device, b"new device"]
    for found in (store, opener.crash()):
        assert found.mail.read(goes.number, 0, 10, 1_000) == []
        assert len(found.mail.read(stays.number, 0, 10, 1_000)) == 1
        assert found.prekeys.count(goes.number) == KeyCount(0, 0)
        chain = found.directory.chain(ALICE)
        assert chain is not None
        assert (chain.lists, chain.freshness) == ((b"first list of alice", b"list 2"), b"fresh 2")
    assert {device.number for device in left} & {goes.number} == set()


async def test_the_root_starts_the_chain_anew(store: Store) -> None:
    await store.directory.register(wish())
    account = store.directory.account(ALICE)
    assert account is not None
    await store.directory.put_list(change(account.number, 2))
    await store.directory.put_list(change(account.number, 3, restart=True))
    chain = store.directory.chain(ALICE)
    assert chain is not None and chain.lists == (b"list 3",)
    await store.directory.put_freshness(account.number, b"newer")
    chain = store.directory.chain(ALICE)
    assert chain is not None and chain.freshness == b"newer"


async def test_an_account_is_hidden_until_it_says_otherwise(opener: Opener, store: Store) -> None:
    await store.directory.register(wish())
    await store.directory.register(wish(BOB, "bob"))
    for wanted in (False, True, True, False):
        account = store.directory.account(ALICE)
        assert account is not None
        if wanted or account.hidden:
            await store.addresses.put_hidden(account.number, wanted)
        for found in (store, opener.crash()):
            alice, bob = found.directory.account(ALICE), found.directory.account(BOB)
            assert alice is not None and bob is not None
            assert (alice.hidden, bob.hidden) == (wanted, False)
            assert found.directory.find(b"hash of alice") is not None  # whom it is told to is not the store's to say


async def test_sessions_leave_their_mark_until_a_clean_end(opener: Opener, store: Store) -> None:
    await store.directory.register(wish())
    account = store.directory.account(ALICE)
    assert account is not None
    device = account.devices[0]
    await store.directory.begin_session(account.number, device.number, 4, b"start")
    image = opener.crash()
    for found in (store, image):
        account = found.directory.account(ALICE)
        assert account is not None
        assert (account.seen, account.devices[0].counter, account.devices[0].start) == (IN_SESSION, 4, b"start")
    state = await image.lifetime.begin(1_000, 0)
    account = image.directory.account(ALICE)
    assert account is not None and account.seen == state.next_entry - 1
    store.directory.end_session(account.number, 41)
    await store.lifetime.flush()
    account = store.directory.account(ALICE)
    assert account is not None and account.seen == 41


async def test_relations_and_lookups(store: Store) -> None:
    store.directory.relate(1, 2, 1)
    store.directory.relate(1, 3, 2)
    store.directory.relate(1, 2, 0)
    store.directory.add_lookup(1, b"old", 10)
    store.directory.add_lookup(1, b"new", 20)
    store.directory.add_lookup(2, b"other", 20)
    await store.lifetime.flush()
    assert store.directory.relations(1) == {3: 2}
    assert store.directory.relations(2) == {}
    assert store.directory.looked_up(1, 15) == {b"new": 20}
    store.directory.sweep_lookups(15)
    await store.lifetime.flush()
    assert store.directory.looked_up(1, 0) == {b"new": 20}


def key(kind: KeyKind, name: int, expires: int = 9_000) -> PrekeyRow:
    return PrekeyRow(kind, b"%d" % name, expires, f"{kind} {name}".encode())


async def test_one_time_keys_are_popped_once_ever(opener: Opener, store: Store) -> None:
    keys = [key(KeyKind.ONE_TIME, n) for n in range(20)] + [key(KeyKind.PQ_ONE_TIME, n) for n in range(20)]
    assert await store.prekeys.add(1, keys) == KeyCount(20, 20)
    popped = await asyncio.gather(*(store.prekeys.pop([1], 1_000) for _ in range(20)))
    assert sorted(olm or b"" for ((olm, _),) in popped) == sorted(k.item for k in keys[:20])
    assert sorted(pq or b"" for ((_, pq),) in popped) == sorted(k.item for k in keys[20:])
    assert await store.prekeys.add(1, keys) == KeyCount(0, 0)  # a repeated request brings nothing back
    for found in (store, opener.crash()):
        assert await found.prekeys.pop([1], 1_000) == [(None, None)]


async def test_the_lasting_keys_take_over_and_are_replaced(store: Store) -> None:
    lasting = [key(KeyKind.FALLBACK, 1), key(KeyKind.PQ_LAST_RESORT, 1)]
    await store.prekeys.add(1, [*lasting, key(KeyKind.ONE_TIME, 1), key(KeyKind.ONE_TIME, 2, expires=500)])
    assert await store.prekeys.pop([1, 2], 1_000) == [(b"otk 1", b"pq-last 1"), (None, None)]
    for _ in range(2):
        assert await store.prekeys.pop([1], 1_000) == [(b"fallback 1", b"pq-last 1")]
    await store.prekeys.add(1, [key(KeyKind.FALLBACK, 2)])
    assert await store.prekeys.pop([1], 1_000) == [(b"fallback 2", b"pq-last 1")]
    assert await store.prekeys.pop([1], 10_000) == [(None, None)]
    assert await store.prekeys.sweep_prekeys(8_000) == 1
    assert store.prekeys.count(1) == KeyCount(0, 0)


async def test_a_key_for_x_wing_alone_leaves_the_others(store: Store) -> None:
    once, last = key(KeyKind.PQ_ONE_TIME, 1), key(KeyKind.PQ_LAST_RESORT, 2)
    await store.prekeys.add(1, [key(KeyKind.ONE_TIME, 0), once, last])
    assert await store.prekeys.pop_pq([1, 2], 0) == [once.item, None]
    assert await store.prekeys.pop_pq([1], 0) == [last.item]
    assert store.prekeys.count(1) == (1, 0)
