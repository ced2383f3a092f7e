"""Each limit with one above it: the refusal says which it was, and the next good thing still works."""

import asyncio
import io
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from app.common import errors
from app.common.clock import ManualClock
from app.protocol import frames, limits, requests
from app.protocol.devices import KeyKind
from app.relay.directory import Lookups
from app.relay.limits import Bucket, Limits, Rates
from tests.parts import relay as relays
from tests.parts.relay import Inside
from tests.parts.wire_client import ACCEPTED, Gadget, Person, Wire, WireClient, now, submit_to


@dataclass
class Stage:
    """Alice writes to Bob, who has accepted her or not, at a relay with narrow limits."""

    inside: Inside
    wire: Wire
    clock: ManualClock
    alice: Person
    bob: Person
    a: WireClient

    def submit(self, **how: object) -> frames.Submit:
        return submit_to(self.bob, order=self.clock.now(), **how)  # type: ignore[arg-type]

    async def taken(self, count: int, **how: object) -> None:
        submits = [self.submit(**how) for _ in range(count)]
        await self.a.send(*submits)
        await self.a.accepted(*(submit.submit for submit in submits))

    async def refused(self, **how: object) -> tuple[str, str]:
        submit = self.submit(**how)
        await self.a.send(submit)
        refused = await self.a.take(frames.Refused)
        assert refused.submit == submit.submit
        assert refused.retry_after > 0
        return refused.code, refused.limit


@asynccontextmanager
async def stage(folder: Path, *, accepted: bool = True, **caps: int) -> AsyncGenerator[Stage]:
    time = ManualClock(now())
    async with (
        relays.inside(folder / "relay", time, caps=Limits.read(caps)) as inside,
        Wire(inside.url) as wire,
    ):
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        if accepted:
            async with wire.online(bob.gadgets[0]) as b:
                await b.send(frames.Relation(alice.account, ACCEPTED))
                await b.settle()
        async with wire.online(alice.gadgets[0]) as a:
            yield Stage(inside, wire, time, alice, bob, a)


async def test_entries_of_a_mailbox_with_a_reserve_for_quiet_ones(tmp_path: Path) -> None:
    async with stage(tmp_path, mailbox_entries=8, quiet_reserve=3) as it:
        await it.taken(5)
        assert await it.refused() == ("mailbox_full", "mailbox_entries")
        await it.taken(3, visible=False)
        assert await it.refused(visible=False) == ("mailbox_full", "mailbox_entries")
        async with it.wire.online(it.bob.gadgets[0]) as b:
            await b.deliver(8)
            await b.settle()
        await it.taken(1)


async def test_bytes_of_a_mailbox(tmp_path: Path) -> None:
    async with stage(tmp_path, mailbox_bytes=20_000) as it:
        await it.taken(2, text=bytes(5_000))
        assert await it.refused(text=bytes(10_000)) == ("mailbox_full", "mailbox_bytes")
        await it.taken(1)


async def test_entries_of_one_contact(tmp_path: Path) -> None:
    async with stage(tmp_path, contact_entries=4) as it:
        await it.taken(4)
        assert await it.refused() == ("mailbox_full", "contact_entries")
        carol = await it.wire.join("carol@example.com")
        async with it.wire.online(carol.gadgets[0]) as c:  # others are not touched by it
            await c.send(submit := it.submit())
            await c.accepted(submit.submit)


async def test_entries_and_bytes_of_a_stranger(tmp_path: Path) -> None:
    async with stage(tmp_path, accepted=False) as it:
        await it.taken(limits.STRANGER_ENTRIES)
        assert await it.refused() == ("mailbox_full", "stranger_entries")
        async with it.wire.online(it.bob.gadgets[0]) as b:
            await b.send(frames.Relation(it.alice.account, ACCEPTED))
            await b.settle()
            await it.taken(5)  # accepted: a contact's limits from now on
    async with stage(tmp_path / "second", accepted=False, stranger_bytes=50_000) as it:
        await it.taken(1, text=bytes(40_000))
        assert await it.refused(text=bytes(9_000)) == ("mailbox_full", "stranger_bytes")
        await it.taken(1)


async def test_entries_of_all_strangers(tmp_path: Path) -> None:
    async with stage(tmp_path, accepted=False, strangers_entries=3) as it:
        await it.taken(2)
        carol = await it.wire.join("carol@example.com")
        async with it.wire.online(carol.gadgets[0]) as c:
            await c.send(submit := it.submit())
            await c.accepted(submit.submit)
        assert await it.refused() == ("mailbox_full", "strangers_entries")


async def test_a_refused_message_is_kept_for_no_device(tmp_path: Path) -> None:
    """One account's envelopes are one batch: all of them or none."""
    async with stage(tmp_path, contact_entries=2) as it:
        second = Gadget()
        async with it.wire.online(it.bob.gadgets[0]) as b:
            await it.taken(2)
            await it.wire.send("PUT", limits.LISTS_PATH, it.bob.next_list([*it.bob.gadgets, second]), b.token)
        assert await it.refused() == ("mailbox_full", "contact_entries")
        async with it.wire.online(second) as s:
            assert await s.settle() == [frames.CaughtUp()]


async def test_rate_of_submits(tmp_path: Path) -> None:
    async with stage(tmp_path, submits_a_second=2, submits_burst=5) as it:
        await it.taken(5)
        assert await it.refused() == ("rate_limited", "submits_a_second")
        it.clock.advance(1)
        await it.taken(2)
        assert await it.refused() == ("rate_limited", "submits_a_second")


async def test_rate_of_what_is_taken_back_though_it_never_came(tmp_path: Path) -> None:
    async with stage(tmp_path, submits_a_second=2, submits_burst=5) as it:
        await it.taken(1)
        names = [secrets.token_bytes(16) for _ in range(5)]
        await it.a.send(*(frames.Withdraw(name, it.bob.account, it.a.boot) for name in names))
        assert [(await it.a.take(frames.Withdrawn)).outcome for _ in range(4)] == ["never_had"] * 4
        refused = await it.a.take(frames.Refused)
        assert (refused.submit, refused.code, refused.limit) == (names[4], "rate_limited", "submits_a_second")
        assert await it.refused() == ("rate_limited", "submits_a_second")
        await it.a.send(frames.Withdraw(names[0], it.bob.account, it.a.boot))  # it is known: nothing is written
        assert (await it.a.take(frames.Withdrawn)).outcome == "withdrawn"
        it.clock.advance(1)
        await it.a.send(frames.Withdraw(names[4], it.bob.account, it.a.boot))
        assert (await it.a.take(frames.Withdrawn)).outcome == "never_had"


async def test_rate_of_ephemerals_and_requests(tmp_path: Path) -> None:
    async with stage(tmp_path, ephemerals_a_second=2, requests_a_second=1) as it:
        typing = frames.SendEphemeral(it.bob.account, (frames.Addressed(it.bob.device, b"typing"),))
        await it.a.send(typing, typing, typing)
        assert (await it.a.take(frames.Refused)).limit == "ephemerals_a_second"
        await it.a.send(*(frames.Lookup(n, account=it.bob.account) for n in range(6)))
        refused = await it.a.take(frames.Refused)
        assert (refused.code, refused.limit, refused.request) == ("rate_limited", "requests_a_second", 5)


async def test_new_addresses_a_day(tmp_path: Path) -> None:
    async with stage(tmp_path, lookups_a_day=3, requests_a_second=100) as it:

        async def ask(*addresses: str) -> list[frames.RelayFrame]:
            await it.a.send(*(frames.Lookup(n, address) for n, address in enumerate(addresses)))
            return [f for f in await it.a.settle() if isinstance(f, frames.Found | frames.Refused)]

        three = ["bob@example.com", "x@example.com", "y@example.com"]
        assert all(isinstance(f, frames.Found) for f in await ask(*three))
        found, refused = await ask("bob@example.com", "z@example.com")  # a known one costs nothing
        assert isinstance(found, frames.Found)
        assert isinstance(refused, frames.Refused)
        assert (refused.code, refused.limit) == ("rate_limited", "lookups_a_day")
        it.clock.advance(refused.retry_after / 1000 + 1)
        it.a = await it.wire.connect(it.alice.gadgets[0])
        assert isinstance((await ask("z@example.com"))[0], frames.Found)


async def _refused_of(client: WireClient, *addresses: str) -> list[str]:
    """What is said about these addresses, looked up in this order: nothing, or the limit that was met."""
    await client.send(*(frames.Lookup(n, address) for n, address in enumerate(addresses)))
    answers = [f for f in await client.settle() if isinstance(f, frames.Found | frames.Refused)]
    assert [answer.request for answer in answers] == list(range(len(addresses)))
    assert {f.code for f in answers if isinstance(f, frames.Refused)} <= {"rate_limited"}
    return [f.limit if isinstance(f, frames.Refused) else "" for f in answers]


async def test_new_addresses_from_one_network(tmp_path: Path) -> None:
    async with stage(tmp_path, lookups_a_day=3, lookups_from_network=4, spare_loopback=False) as it:
        # What is beyond her own budget takes nothing of the network's.
        mine = ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com", "f@example.com"]
        assert await _refused_of(it.a, *mine) == ["", "", "", *["lookups_a_day"] * 3]
        async with it.wire.online(it.bob.gadgets[0]) as b:
            assert await _refused_of(b, "a@example.com", "b@example.com") == ["", "lookups_from_network"]
            assert await _refused_of(b, "a@example.com") == [""]  # a known one costs nothing
        it.clock.advance(limits.DAY // 1000 / 4)
        async with it.wire.online(it.bob.gadgets[0]) as b:
            assert await _refused_of(b, "b@example.com", "c@example.com") == ["", "lookups_from_network"]


async def test_another_network_and_a_proxy_on_loopback_have_their_own_budgets(tmp_path: Path) -> None:
    async with stage(tmp_path, lookups_from_network=1) as it:
        assert await _refused_of(it.a, "a@example.com", "b@example.com") == ["", ""]  # loopback is spared
        lookups = Lookups(it.inside.store, it.inside.relay.accounts, b"secret", Limits(lookups_from_network=1))
        alice = it.inside.relay.accounts.get(it.alice.account, 0)
        assert alice is not None

        def ask(name: str, network: str | None) -> str:
            try:
                return lookups.answer(alice, frames.Lookup(1, f"{name}@example.com"), network, it.clock.now()).state
            except errors.AgainLater as error:
                return error.detail

        assert ask("c", "192.0.2.1") == "not_found"
        assert ask("d", "192.0.2.1") == "lookups_from_network"
        assert ask("d", "192.0.2.2") == "not_found"
        assert ask("e", None) == "not_found"


async def test_new_addresses_at_the_whole_relay(tmp_path: Path) -> None:
    async with stage(tmp_path, lookups_in_all=2) as it, it.wire.online(it.bob.gadgets[0]) as b:
        assert await _refused_of(it.a, "a@example.com", "b@example.com") == ["", ""]
        assert await _refused_of(b, "a@example.com") == ["lookups_in_all"]
        assert await _refused_of(it.a, "a@example.com") == [""]
        await b.send(frames.Lookup(1, account=it.alice.account))  # whom one knows is found all the same
        assert (await b.take(frames.Found)).state == "found"


async def test_claims_an_hour(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        claim = requests.Claim(it.bob.account, (it.bob.device,))
        for _ in range(limits.CLAIMS_AN_HOUR):
            await it.wire.send("POST", limits.CLAIM_PATH, claim, it.a.token)
        refused = await it.wire.refused("POST", limits.CLAIM_PATH, claim, it.a.token)
        assert refused == ("rate_limited", "claims_an_hour")
        carol = await it.wire.join("carol@example.com")
        async with it.wire.online(carol.gadgets[0]) as c:
            await it.wire.send("POST", limits.CLAIM_PATH, claim, c.token)


async def test_stored_prekeys_and_chains(tmp_path: Path) -> None:
    async with stage(tmp_path, chain_bytes=1_450) as it:
        for batch in range(2):
            keys = requests.PutPrekeys(
                tuple(it.alice.prekey(KeyKind.ONE_TIME, b"%d/%d" % (batch, n)) for n in range(limits.ONE_TIME_KEYS)),
                tuple(it.alice.prekey(KeyKind.PQ_ONE_TIME, b"%d/%d" % (batch, n)) for n in range(limits.PQ_KEYS)),
            )
            await it.wire.send("PUT", limits.PREKEYS_PATH, keys, it.a.token)
        one = requests.PutPrekeys((it.alice.prekey(KeyKind.ONE_TIME, b"more"),))
        assert await it.wire.refused("PUT", limits.PREKEYS_PATH, one, it.a.token) == ("too_many", "one_time_keys")
        one = requests.PutPrekeys((), (it.alice.prekey(KeyKind.PQ_ONE_TIME, b"more"),))
        assert await it.wire.refused("PUT", limits.PREKEYS_PATH, one, it.a.token) == ("too_many", "pq_keys")
        last_resort = requests.PutPrekeys(pq_last=it.alice.prekey(KeyKind.PQ_LAST_RESORT, b"last"))
        counts = await it.wire.ask("PUT", limits.PREKEYS_PATH, last_resort, requests.PrekeyCounts, it.a.token)
        assert counts == requests.PrekeyCounts(2 * limits.ONE_TIME_KEYS, 2 * limits.PQ_KEYS)
        await it.wire.send("PUT", limits.LISTS_PATH, it.alice.next_list(it.alice.gadgets), it.a.token)
        await it.wire.send("PUT", limits.LISTS_PATH, it.alice.next_list(it.alice.gadgets), it.a.token)
        last = it.alice.next_list(it.alice.gadgets)
        assert await it.wire.refused("PUT", limits.LISTS_PATH, last, it.a.token) == ("too_many", "chain")
        it.alice.chain.pop()
        await it.wire.send("PUT", limits.LISTS_PATH, it.alice.next_list([Gadget()], by_root=True))


async def test_prekeys_and_devices_in_one_request(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        key, pq = it.alice.prekey(KeyKind.ONE_TIME, b"key"), it.alice.prekey(KeyKind.PQ_ONE_TIME, b"key")
        for count, bad in (
            (limits.ONE_TIME_KEYS, requests.PutPrekeys((key,) * (limits.ONE_TIME_KEYS + 1))),
            (limits.PQ_KEYS, requests.PutPrekeys((), (pq,) * (limits.PQ_KEYS + 1))),
        ):
            assert await it.wire.refused("PUT", limits.PREKEYS_PATH, bad, it.a.token) == ("malformed", "")
            good = requests.PutPrekeys(bad.one_time[:count], bad.pq[:count])
            await it.wire.send("PUT", limits.PREKEYS_PATH, good, it.a.token)
        names = tuple(secrets.token_bytes(16) for _ in range(limits.DEVICES + 1))
        for devices, code in ((names, "malformed"), (names[1:], "not_a_device")):
            claim = requests.Claim(it.bob.account, devices)
            assert await it.wire.refused("POST", limits.CLAIM_PATH, claim, it.a.token) == (code, "")


async def test_how_long_a_prekey_may_live(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        latest = it.clock.now() + limits.PREKEY_LIFE + limits.DAY  # a day for clocks that are ahead
        good = requests.PutPrekeys((it.alice.prekey(KeyKind.ONE_TIME, b"good", expires=latest),))
        bad = requests.PutPrekeys((it.alice.prekey(KeyKind.ONE_TIME, b"bad", expires=latest + 1),))
        assert await it.wire.refused("PUT", limits.PREKEYS_PATH, bad, it.a.token) == ("expires_too_late", "")
        await it.wire.send("PUT", limits.PREKEYS_PATH, good, it.a.token)


async def test_the_size_of_an_ephemeral(tmp_path: Path) -> None:
    async with stage(tmp_path) as it, it.wire.online(it.bob.gadgets[0]) as b:
        await b.send(typing := frames.SendEphemeral(it.alice.account, (_ephemeral(it.alice, limits.EPHEMERAL),)))
        assert not [f for f in await b.settle() if isinstance(f, frames.Refused)]  # not accepted: nobody is told
        await it.a.send(frames.Relation(it.bob.account, ACCEPTED))
        await it.a.settle()
        await b.send(frames.SendEphemeral(it.alice.account, (_ephemeral(it.alice, limits.EPHEMERAL + 1),)))
        refused = await b.take(frames.Refused)
        assert (refused.code, refused.limit) == ("too_large", "ephemeral")
        await b.send(typing)
        assert len((await it.a.take(frames.DeliverEphemeral)).body) == limits.EPHEMERAL


def _ephemeral(person: Person, size: int) -> frames.Addressed:
    return frames.Addressed(person.device, bytes(size))


async def _in_pieces(size: int) -> AsyncGenerator[bytes]:
    """A body whose size is not said beforehand."""
    for start in range(0, size, limits.KIB):
        yield bytes(min(limits.KIB, size - start))


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in_pieces"])
async def test_bodies_of_requests(tmp_path: Path, announced: bool) -> None:
    """Junk that fits is malformed, one byte more is too large, whether its size is said beforehand or not."""
    async with stage(tmp_path) as it:

        async def answer(method: str, path: str, size: int, token: bytes = b"") -> tuple[int, str, str]:
            headers = {"Authorization": requests.bearer(token)} if token else {}
            body = io.BytesIO(bytes(size)) if announced else _in_pieces(size)
            async with it.wire.session.request(method, it.wire.url + path, data=body, headers=headers) as said:
                failure = requests.decode(await said.read(), requests.Failure)
                return said.status, failure.code, failure.limit

        for method, path, most, token in (
            ("POST", limits.ACCOUNTS_PATH, limits.OPEN_REQUEST, b""),
            ("PUT", limits.LISTS_PATH, limits.OPEN_REQUEST, it.a.token),
            ("PUT", limits.FRESHNESS_PATH, limits.REQUEST, it.a.token),
            ("PUT", limits.FOUND_BY_PATH, limits.REQUEST, it.a.token),
            ("PUT", limits.PREKEYS_PATH, limits.REQUEST, it.a.token),
            ("POST", limits.CLAIM_PATH, limits.REQUEST, it.a.token),
        ):
            assert await answer(method, path, most, token) == (400, "malformed", "")
            assert await answer(method, path, most + 1, token) == (413, "too_large", "request")
        await it.taken(1)


async def test_relations(tmp_path: Path) -> None:
    async with stage(tmp_path, relations=1) as it:
        carol = await it.wire.join("carol@example.com")
        await it.a.send(frames.Relation(it.bob.account, ACCEPTED), frames.Relation(carol.account, ACCEPTED))
        refused = await it.a.take(frames.Refused)
        assert (refused.code, refused.limit) == ("too_many", "relations")
        await it.a.send(frames.Relation(it.bob.account, 0), frames.Relation(carol.account, ACCEPTED))
        assert not [f for f in await it.a.settle() if isinstance(f, frames.Refused)]


async def test_who_has_too_many_relations_still_writes_to_somebody_new(tmp_path: Path) -> None:
    async with stage(tmp_path, relations=0) as it:
        await it.a.send(submit := it.submit())
        await it.a.accepted(submit.submit)
        assert not [f for f in await it.a.settle() if isinstance(f, frames.Refused)]
        async with it.wire.online(it.bob.gadgets[0]) as b:
            await b.deliver(1)


async def test_logins_and_registrations_of_one_network(tmp_path: Path) -> None:
    caps = Limits(logins_a_minute=3, registrations_an_hour=2, spare_loopback=False)
    time = ManualClock(now())
    async with relays.inside(tmp_path / "relay", time, caps=caps) as inside, Wire(inside.url) as wire:
        bob = await wire.join("bob@example.com")
        await wire.join("alice@example.com")
        carol = Person(wire.relay, "carol@example.com")
        assert await wire.refused("POST", limits.ACCOUNTS_PATH, carol.registration()) == (
            "rate_limited",
            "registrations_an_hour",
        )
        for _ in range(3):
            async with wire.online(bob.gadgets[0]):
                pass
        client, hello = await wire.hello()
        await client.send(wire.login_frame(client, hello, bob.gadgets[0]))
        refused = await client.take(frames.Refused)
        assert (refused.code, refused.limit) == ("rate_limited", "logins_a_minute")
        await client.closed()
        time.advance(60)
        async with wire.online(bob.gadgets[0]) as b:
            await b.settle()


async def test_connections(tmp_path: Path) -> None:
    async with relays.inside(tmp_path / "relay", caps=Limits(connections=2)) as inside, Wire(inside.url) as wire:
        async with asyncio.timeout(10):
            while inside.relay.hub.links:
                await asyncio.sleep(0)
        first, second = (await wire.hello())[0], (await wire.hello())[0]
        with pytest.raises(Exception, match="503"):
            await wire.hello()
        await first.close()
        async with asyncio.timeout(10):
            while len(inside.relay.hub.links) > 1:
                await asyncio.sleep(0)
        await wire.hello()
        await second.close()


@pytest.mark.parametrize(
    "oversized",
    [
        lambda submit: msgspec.structs.replace(submit, content=bytes(limits.CONTENT + 1)),
        lambda submit: msgspec.structs.replace(
            submit, envelopes=(frames.Addressed(submit.envelopes[0].device, bytes(limits.ENVELOPE + 1)),)
        ),
        lambda submit: msgspec.structs.replace(
            submit,
            envelopes=tuple(frames.Addressed(secrets.token_bytes(16), b"x") for _ in range(limits.ENVELOPES + 1)),
        ),
        lambda submit: frames.Ack(tuple(range(limits.ACKS + 1))),
        lambda submit: frames.Watch(tuple(secrets.token_bytes(32) for _ in range(limits.WATCHED + 1))),
        lambda submit: frames.Lookup(1, "a" * (limits.ADDRESS + 1)),
    ],
    ids=["content", "envelope", "envelopes", "acks", "watched", "address"],
)
async def test_sizes_are_refused_while_decoding(wire: Wire, oversized: object) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(alice.gadgets[0]) as a:
        good = submit_to(bob)
        await a.send(oversized(submit_to(bob)), good)  # type: ignore[operator]
        assert (await a.take(frames.Refused)).code == "malformed"
        await a.accepted(good.submit)


async def test_what_welcome_announces(wire: Wire) -> None:
    bob = await wire.join("bob@example.com")
    async with wire.hello_as(bob) as welcome:
        assert welcome.limits["stranger_entries"] == limits.STRANGER_ENTRIES
        assert welcome.limits["mailbox_bytes"] == limits.MAILBOX_BYTES


def test_settings_are_checked() -> None:
    assert Limits.read({"lookups_a_day": 5}).lookups_a_day == 5
    for bad in ({"nonsense": 1}, {"lookups_a_day": "5"}, {"lookups_a_day": -1}, {"spare_loopback": 1}):
        with pytest.raises(errors.GiveUp, match="bad_config"):
            Limits.read(bad)


def test_a_bucket_refills_steadily() -> None:
    bucket = Bucket(2, 3)
    assert [bucket.take(1_000) for _ in range(3)] == [0, 0, 0]
    wait = bucket.take(1_000)
    assert 0 < wait <= 501
    assert bucket.take(1_000 + wait) == 0
    assert bucket.take(1_000 + wait) > 0
    assert bucket.take(999) > 0  # a clock that goes back gives nothing
    assert bucket.full(10_000)


def test_rates_forget_those_who_have_been_quiet() -> None:
    rates = Rates("few", 2, 60)
    for _ in range(2):
        rates.take("somebody", 0)
    with pytest.raises(errors.AgainLater) as raised:
        rates.take("somebody", 0)
    assert (raised.value.code, raised.value.detail) == ("rate_limited", "few")
    rates.take("another", 50_000)
    rates.forget(60_000)
    assert len(rates) == 1
    rates.take("somebody", 60_000)
