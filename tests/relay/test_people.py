"""Who is who at the relay: registration, invites, lists, freshness, prekeys, lookups, watches."""

import asyncio
import secrets
from pathlib import Path

import msgspec

from app.common import errors
from app.common.clock import ManualClock
from app.protocol import devices, frames, invite, limits, requests, signed
from app.protocol.devices import KeyKind
from app.relay import config, verification
from app.relay.limits import Limits
from tests.parts import relay as relays
from tests.parts.relay import Inside, Relay
from tests.parts.wire_client import ACCEPTED, BLOCKED, Gadget, Person, Wire, now, submit_to


async def register(wire: Wire, body: requests.Register) -> requests.Registered:
    return await wire.ask("POST", limits.ACCOUNTS_PATH, body, requests.Registered)


async def test_registration_is_idempotent_by_root_and_address(wire: Wire) -> None:
    alice = Person(wire.relay, "alice@example.com")
    first = await register(wire, alice.registration())
    assert first == requests.Registered(alice.account, "claimed")
    again = Person(wire.relay, alice.address, root=alice.root, gadgets=alice.gadgets)  # signed at another time
    assert await register(wire, again.registration()) == first
    other = Person(wire.relay, alice.address)
    assert await wire.refused("POST", limits.ACCOUNTS_PATH, other.registration()) == ("taken", "")
    elsewhere = Person(wire.relay, alice.address, root=alice.root)  # other devices: a fork of the chain
    assert await wire.refused("POST", limits.ACCOUNTS_PATH, elsewhere.registration()) == ("list_forked", "")


async def test_a_registration_must_hold_together(wire: Wire) -> None:
    alice, mallory = Person(wire.relay, "alice@example.com"), Person(wire.relay, "mallory@example.com")
    good = alice.registration()
    cases = {
        "bad_signature": msgspec.structs.replace(good, proof=mallory.registration().proof),
        "bad_address": msgspec.structs.replace(good, address="Alice@Example.com"),
        "wrong_names": Person(secrets.token_bytes(32), "alice@example.com").registration(),
        "not_a_device": msgspec.structs.replace(
            good, freshness=devices.make_freshness(alice.head, mallory.gadgets[0].seed, now())
        ),
        "clock": msgspec.structs.replace(
            good,
            freshness=devices.make_freshness(alice.head, alice.gadgets[0].seed, now() - limits.FRESHNESS - limits.DAY),
        ),
    }
    for code, body in cases.items():
        assert (await wire.refused("POST", limits.ACCOUNTS_PATH, body))[0] == code
    assert await wire.refused("POST", limits.ACCOUNTS_PATH, b"\x93junk") == ("malformed", "")
    assert await wire.refused("POST", limits.ACCOUNTS_PATH, bytes(limits.REQUEST + 1)) == ("too_large", "request")
    await register(wire, good)


async def test_invites_open_a_closed_relay_and_join_two_people(relay: Relay) -> None:
    await relay.stop()
    relay.open_registration = False
    async with Wire((await relay.start()).url) as wire:
        alice = Person(wire.relay, "alice@example.com")
        assert await wire.refused("POST", limits.ACCOUNTS_PATH, alice.registration()) == ("closed", "")
        link = invite.parse(await relay.invite())
        assert (signed.relay_id(link.relay_public), link.urls) == (wire.relay, (relay.url,))
        await wire.join(alice.address, invite=link.secret)
        bob = Person(wire.relay, "bob@example.com")
        assert await wire.refused("POST", limits.ACCOUNTS_PATH, bob.registration(link.secret)) == ("invite_used", "")
        unknown = bob.registration(secrets.token_bytes(20))
        assert await wire.refused("POST", limits.ACCOUNTS_PATH, unknown) == ("bad_invite", "")
        # The relay ends, and its owner invites meanwhile.
        await relay.stop()
        link = invite.parse(await relay.invite("--from", "alice@example.com", "--host", "127.0.0.1"))
        await relay.start()
        assert link.urls == (relay.url,)
        joined = await register(wire, bob.registration(link.secret))
        assert joined.inviter == link.inviter != b""
        assert await register(wire, bob.registration(link.secret)) == joined
        code, _, err = await relay.command("invite", "--from", "carol@example.com")
        assert (code, err) == (1, "kingfisher-relay: nobody is registered under that address\n")
        assert link.secret not in (relay.data / "relay.db").read_bytes() + (relay.data / "relay.db-wal").read_bytes()


async def _invited(wire: Wire, token: bytes) -> requests.Invited:
    return requests.decode(await wire.send("POST", limits.INVITES_PATH, b"", token), requests.Invited)


async def test_people_make_as_many_invites_a_day_as_the_relay_allows(tmp_path: Path) -> None:
    caps = Limits(invites_a_day=2)
    async with (
        relays.inside(tmp_path / "relay", caps=caps, open_registration=False) as inside,
        Wire(inside.url) as wire,
    ):
        await inside.store.directory.add_invite(verification.hash_secret(b"first"), b"", now() + limits.HOUR)
        alice = await wire.join("alice@example.com", invite=b"first")
        assert await wire.refused("POST", limits.INVITES_PATH, b"") == ("token_expired", "")
        async with wire.online(alice.gadgets[0]) as a:
            before = now()
            made = await _invited(wire, a.token)
            assert before <= made.expires - limits.INVITE <= now()
            bob = Person(wire.relay, "bob@example.com")
            joined = await register(wire, bob.registration(made.secret))
            assert (joined.inviter, joined.inviter_address) == (alice.account, alice.address)
            assert (await a.take(frames.Joined)).accounts == (bob.account,)
            carol = Person(wire.relay, "carol@example.com")
            again = await wire.refused("POST", limits.ACCOUNTS_PATH, carol.registration(made.secret))
            assert again == ("invite_used", "")
            assert (await _invited(wire, a.token)).secret != made.secret
            assert await wire.refused("POST", limits.INVITES_PATH, b"", a.token) == ("rate_limited", "invites_a_day")
        await wire.ask("POST", limits.ACCOUNTS_PATH, bob.registration(made.secret), requests.Registered)
        async with wire.online(bob.gadgets[0]) as b:
            await _invited(wire, b.token)  # one's count is not another's


async def test_where_only_the_owner_invites_everybody_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("invites_by_people = false\n")
    caps = config.read(file, {}, listen="127.0.0.1:0", data=tmp_path, open_door=None).limits
    async with relays.inside(tmp_path / "relay", caps=caps) as inside, Wire(inside.url) as wire:
        alice = await wire.join("alice@example.com")
        async with wire.hello_as(alice) as welcome:
            assert welcome.limits["invites_a_day"] == 0
            assert await wire.refused("POST", limits.INVITES_PATH, b"", welcome.token) == ("no_invites", "")
    allowed = {"KINGFISHER_RELAY_INVITES_BY_PEOPLE": "true"}
    again = config.read(file, allowed, listen="127.0.0.1:0", data=tmp_path, open_door=None)
    assert again.limits.invites_a_day == limits.INVITES_A_DAY


async def test_joined_by_an_invite_means_accepted_at_once(inside: Inside, wire: Wire) -> None:
    alice = await wire.join("alice@example.com")
    async with wire.online(alice.gadgets[0]) as a:
        await inside.store.directory.add_invite(verification.hash_secret(b"secret"), alice.account, now() + 1_000)
        bob = await wire.join("bob@example.com", invite=b"secret")
        async with wire.online(bob.gadgets[0]) as b:
            for sender, receiver, person in ((a, b, bob), (b, a, alice)):
                items = (frames.Addressed(person.device, b"typing"),)
                await sender.send(frames.SendEphemeral(person.account, items))
                await receiver.take(frames.DeliverEphemeral)


async def test_lists_follow_the_head_and_watchers_are_told(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
        await a.send(frames.Watch((bob.account, alice.account)))
        old = bob.head
        body = bob.next_list([*bob.gadgets, Gadget()])
        await wire.send("PUT", limits.LISTS_PATH, body, b.token)
        await wire.send("PUT", limits.LISTS_PATH, body, b.token)  # the answer was lost
        assert not [f for f in await a.settle() if isinstance(f, frames.Changed)]  # Bob never wrote to Alice
        await b.send(submit := submit_to(alice))
        await b.accepted(submit.submit)
        await wire.send("PUT", limits.LISTS_PATH, bob.next_list(bob.gadgets[:1]), b.token)
        assert await a.take(frames.Changed) == frames.Changed(bob.account)
        fork = devices.next_list(old, bob.gadgets[0].seed, now(), rich=False)
        refused = await wire.refused("PUT", limits.LISTS_PATH, requests.PutList(fork, bob.freshness()), b.token)
        assert refused == ("list_went_back", "")
        foreign = devices.next_list(bob.head, alice.gadgets[0].seed, now())
        assert (await wire.refused("PUT", limits.LISTS_PATH, requests.PutList(foreign, bob.freshness()), b.token))[
            0
        ] == "not_a_device"
        await a.send(frames.Lookup(1, "bob@example.com"))
        found = await a.take(frames.Found)
        assert devices.verify_chain(wire.relay, bob.account, found.chain) == bob.head
        await a.send(frames.Watch(()))
        await wire.send("PUT", limits.LISTS_PATH, bob.next_list(bob.gadgets), b.token)
        assert not [f for f in await a.settle() if isinstance(f, frames.Changed)]


async def test_the_root_takes_an_account_back_without_a_token(wire: Wire) -> None:
    bob = await wire.join("bob@example.com")
    thief = await wire.connect(bob.gadgets[0])
    assert await wire.refused(
        "PUT",
        limits.LISTS_PATH,
        requests.PutList(devices.next_list(bob.head, bob.gadgets[0].seed, now()), bob.freshness()),
    ) == ("token_expired", "")
    await wire.send("PUT", limits.LISTS_PATH, bob.next_list([Gadget()], by_root=True))
    assert [f.code for f in await thief.closed() if isinstance(f, frames.Refused)] == ["not_a_device"]
    async with wire.online(bob.gadgets[0]) as b:
        await b.send(frames.Lookup(1, account=bob.account))
        found = await b.take(frames.Found)
        assert (found.chain, found.standing) == (tuple(bob.chain), "")


async def test_freshness_is_checked(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(bob.gadgets[0]) as b:
        item = devices.make_freshness(bob.head, bob.gadgets[0].seed, now() + 5)
        await wire.send("PUT", limits.FRESHNESS_PATH, requests.PutFreshness(item), b.token)
        await b.send(frames.Lookup(1, account=bob.account))
        assert (await b.take(frames.Found)).freshness == item
        for code, bad in {
            "not_a_device": devices.make_freshness(bob.head, alice.gadgets[0].seed, now()),
            "wrong_names": alice.freshness(),
        }.items():
            assert (await wire.refused("PUT", limits.FRESHNESS_PATH, requests.PutFreshness(bad), b.token))[0] == code


async def test_prekeys_are_checked_and_popped_once_under_a_rush(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
        keys = requests.PutPrekeys(
            tuple(bob.prekey(KeyKind.ONE_TIME, b"o%d" % n) for n in range(5)),
            tuple(bob.prekey(KeyKind.PQ_ONE_TIME, b"p%d" % n) for n in range(4)),
            bob.prekey(KeyKind.FALLBACK, b"f"),
            bob.prekey(KeyKind.PQ_LAST_RESORT, b"l"),
        )
        counts = await wire.ask("PUT", limits.PREKEYS_PATH, keys, requests.PrekeyCounts, b.token)
        assert counts == requests.PrekeyCounts(5, 4)
        claim = requests.Claim(bob.account, (bob.device,))
        got = await asyncio.gather(
            *(wire.ask("POST", limits.CLAIM_PATH, claim, requests.Claimed, a.token) for _ in range(8))
        )
        bundles = [answer.bundles[0] for answer in got]
        assert {bundle.device for bundle in bundles} == {bob.device}
        olm, pq = [b.olm for b in bundles], [b.pq for b in bundles]
        assert sorted(map(repr, olm)) == sorted(map(repr, [*keys.one_time, *[keys.fallback] * 3]))
        assert sorted(map(repr, pq)) == sorted(map(repr, [*keys.pq, *[keys.pq_last] * 4]))
        mallory = Gadget(bob.device)
        bad = {
            "bad_signature": bob.prekey(KeyKind.ONE_TIME, b"x", mallory),
            "wrong_names": bob.prekey(KeyKind.FALLBACK, b"x"),
            "prekey_expired": bob.prekey(KeyKind.ONE_TIME, b"x", expires=now() - 1),
            "expires_too_late": bob.prekey(KeyKind.ONE_TIME, b"x", expires=now() + 200 * limits.DAY),
        }
        for code, key in bad.items():
            body = requests.PutPrekeys((key,))
            assert (await wire.refused("PUT", limits.PREKEYS_PATH, body, b.token))[0] == code
        assert await wire.refused("PUT", limits.PREKEYS_PATH, keys) == ("token_expired", "")
        for body, code in (
            (requests.Claim(bob.account, (secrets.token_bytes(16),)), "not_a_device"),
            (requests.Claim(secrets.token_bytes(32), (bob.device,)), "no_account"),
        ):
            assert (await wire.refused("POST", limits.CLAIM_PATH, body, a.token))[0] == code
    async with wire.hello_as(bob) as welcome:
        assert (welcome.one_time_keys, welcome.pq_keys) == (0, 0)


async def test_lookups_say_found_or_not_and_nothing_else(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("+12025550101")
    async with wire.online(alice.gadgets[0]) as a:
        await a.send(frames.Lookup(1, "+12025550101"), frames.Lookup(2, "carol@example.com"))
        found, missing = await a.take_many(frames.Found, 2)
        assert (found.state, found.account, found.chain, found.standing) == (
            "found",
            bob.account,
            tuple(bob.chain),
            "claimed",
        )
        assert missing == frames.Found(2, "not_found")
        await a.send(frames.Lookup(3, "Carol@example.com"))
        refused = await a.take(frames.Refused)
        assert (refused.code, refused.request) == ("bad_address", 3)
        await a.send(frames.Lookup(4, account=bob.account[:5]))
        assert (await a.take(frames.Refused)).code == "malformed"
        async with wire.online(bob.gadgets[0]) as b:
            await wire.send("PUT", limits.LISTS_PATH, bob.next_list(bob.gadgets, rich=False), b.token)
        await a.send(frames.Lookup(5, "+12025550101"))
        off = await a.take(frames.Found)
        assert not devices.verify_chain(wire.relay, bob.account, off.chain).rich


async def test_whoever_is_hidden_is_found_by_those_it_has_accepted_and_by_its_id(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob, carol = [await wire.join(f"{name}@example.com") for name in ("alice", "bob", "carol")]

        async def found_by(asking: Person, address: str = "", account: bytes = b"") -> str:
            async with wire.online(asking.gadgets[0]) as client:
                await client.send(frames.Lookup(1, address, account))
                found = await client.take(frames.Found)
                assert found == frames.Found(1, "not_found") or found.account == bob.account
                return found.state

        async def wish(everyone: bool) -> None:
            async with wire.online(bob.gadgets[0]) as b:
                await wire.send("PUT", limits.FOUND_BY_PATH, requests.PutFoundBy(everyone), b.token)

        async with wire.online(bob.gadgets[0]) as b:
            await b.send(submit := submit_to(carol))  # she is accepted by that
            await b.accepted(submit.submit)
            await b.send(frames.Relation(alice.account, BLOCKED))
            await b.settle()
        assert await found_by(alice, bob.address) == "found"
        refused = await wire.refused("PUT", limits.FOUND_BY_PATH, requests.PutFoundBy(False))
        assert refused == ("token_expired", "")
        await wish(everyone=False)
        for _ in range(2):
            assert await found_by(alice, bob.address) == "not_found"
            assert await found_by(alice, account=bob.account) == "found"
            assert await found_by(carol, bob.address) == "found"
            assert await found_by(bob, bob.address) == "found"
            async with wire.hello_as(bob) as welcome, wire.hello_as(carol) as other:
                assert (welcome.hidden, other.hidden) == (True, False)
            await relay.kill()
            await relay.start()
        async with wire.online(bob.gadgets[0]) as b:
            await b.send(frames.Relation(alice.account, ACCEPTED), frames.Relation(carol.account, 0))
            await b.settle()
        assert await found_by(alice, bob.address) == "found"
        assert await found_by(carol, bob.address) == "not_found"
        await wish(everyone=True)
        assert await found_by(carol, bob.address) == "found"


async def test_accepted_people_are_remembered_over_a_restart(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        async with wire.online(bob.gadgets[0]) as b:
            await b.send(frames.Relation(alice.account, ACCEPTED))
            await b.settle()  # Pong behind a Relation: it is on the disk
            await relay.kill()
        await relay.start()
        async with wire.online(bob.gadgets[0]) as b, wire.online(alice.gadgets[0]) as a:
            await a.send(frames.SendEphemeral(bob.account, (frames.Addressed(bob.device, b"typing"),)))
            await b.take(frames.DeliverEphemeral)


async def test_tokens_are_renewed_and_end_with_the_socket(tmp_path: Path) -> None:
    time = ManualClock(now())
    async with relays.inside(tmp_path / "relay", time) as inside, Wire(inside.url) as wire:
        bob = await wire.join("bob@example.com")

        async def ask(token: bytes) -> bool:
            try:
                await wire.send("PUT", limits.PREKEYS_PATH, requests.PutPrekeys(), token)
            except errors.AgainLater as error:
                return error.code != "token_expired"
            return True

        async with wire.online(bob.gadgets[0]) as b:
            assert await ask(b.token)

            async def minutes(count: int) -> None:
                """Time passes, and nobody is silent for long enough to be cut off."""
                for _ in range(count):
                    time.advance(60)
                    await b.send(frames.Ping(1))
                    await b.take(frames.Pong)
                    inside.relay.hub.tick(time.now())

            await minutes(11)
            fresh = (await b.take(frames.Token)).token
            assert await ask(b.token) and await ask(fresh)
            await minutes(4)
            time.advance(30)
            assert not await ask(b.token)
            assert await ask(fresh)
        async with asyncio.timeout(10):
            while inside.relay.hub.links:
                await asyncio.sleep(0)
        assert not await ask(fresh)
