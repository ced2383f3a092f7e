"""The relay's main road: submit, deliver, acknowledge; once, in order, within credits, to the right devices."""

import secrets

import msgspec
import pytest

from app.protocol import devices, frames, limits, requests
from tests.parts.relay import Inside, Relay
from tests.parts.wire_client import ACCEPTED, BLOCKED, Gadget, Person, Wire, now, submit_to


async def test_a_message_goes_through(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
            submit = submit_to(bob)
            await a.send(submit)
            (entry,) = await b.deliver()
            assert (entry.account, entry.device, entry.submit) == (alice.account, alice.device, submit.submit)
            assert (entry.order, entry.visible, entry.content) == (submit.order, True, submit.content)
            assert entry.envelope == submit.envelopes[0].envelope
            assert await a.accepted(submit.submit) == {submit.submit: entry.accepted_at}
            assert frames.CaughtUp() in await b.settle()
        async with wire.online(bob.gadgets[0]) as b:
            assert await b.settle() == [frames.CaughtUp()]


async def test_what_waits_comes_in_order_and_again_until_acknowledged(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    submits = [submit_to(bob, text=b"%d" % number) for number in range(10)]
    async with wire.online(alice.gadgets[0]) as a:
        await a.send(*submits)
        await a.accepted(*(submit.submit for submit in submits))
    for _ in range(2):
        async with wire.online(bob.gadgets[0]) as b:
            entries = await b.deliver(10, ack=False)
            assert [entry.submit for entry in entries] == [submit.submit for submit in submits]
            assert [entry.entry for entry in entries] == sorted(entry.entry for entry in entries)
            await b.take(frames.CaughtUp)
    async with wire.online(bob.gadgets[0]) as b:
        entries = await b.deliver(10, ack=False)
        await b.send(frames.Ack(tuple(entry.entry for entry in entries[:9])))
        await b.settle()
    async with wire.online(bob.gadgets[0]) as b:
        (last,) = await b.deliver()
        assert last.submit == submits[9].submit


async def test_a_repeated_submit_is_answered_again_and_delivered_once(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    submit = submit_to(bob)
    async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
        await a.send(submit, submit)
        first = await a.accepted(submit.submit)
        await b.deliver()
        await a.send(submit)
        assert await a.accepted(submit.submit) == first
        # A known id is answered before the device list is looked at.
        await a.send(msgspec.structs.replace(submit, envelopes=()))
        assert await a.accepted(submit.submit) == first
        await a.send(msgspec.structs.replace(submit, to=alice.account))
        assert (await a.take(frames.Refused)).code == "submit_changed"
        assert not [frame for frame in await b.settle() if isinstance(frame, frames.Deliver)]


async def test_an_id_belongs_to_its_device_alone(wire: Wire) -> None:
    alice, bob, carol = [await wire.join(f"{name}@example.com") for name in ("alice", "bob", "carol")]
    same = secrets.token_bytes(16)
    async with wire.online(alice.gadgets[0]) as a, wire.online(carol.gadgets[0]) as c:
        await a.send(submit_to(bob, submit=same, text=b"from alice"))
        await c.send(submit_to(bob, submit=same, text=b"from carol"))
        await a.accepted(same)
        await c.accepted(same)
    async with wire.online(bob.gadgets[0]) as b:
        assert {entry.content for entry in await b.deliver(2)} == {b"from alice", b"from carol"}


async def test_every_device_gets_its_own_envelope_and_the_own_ones_too(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com", gadgets=2), await wire.join("bob@example.com", gadgets=3)
    skipped = bob.gadgets[2].device
    async with wire.online(alice.gadgets[0]) as a, wire.online(alice.gadgets[1]) as sibling:
        to_bob = submit_to(bob, skip=[skipped])
        to_self = submit_to(alice, without=[alice.device])
        await a.send(to_bob, to_self)
        await a.accepted(to_bob.submit, to_self.submit)
        (copy,) = await sibling.deliver()
        assert copy.submit == to_self.submit
    for gadget, expected in zip(bob.gadgets, ([to_bob.submit], [to_bob.submit], []), strict=True):
        async with wire.online(gadget) as b:
            said = await b.settle()
            assert [frame.submit for frame in said if isinstance(frame, frames.Deliver)] == expected


@pytest.mark.parametrize("wrong", ["missing", "foreign", "own device", "not rich"])
async def test_envelopes_must_fit_the_devices_of_today(wire: Wire, wrong: str) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com", gadgets=2)
    submit = submit_to(bob)
    async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
        match wrong:
            case "missing":
                submit = msgspec.structs.replace(submit, envelopes=submit.envelopes[:1])
            case "foreign":
                stranger = frames.Addressed(secrets.token_bytes(16), b"x")
                submit = msgspec.structs.replace(submit, envelopes=(*submit.envelopes, stranger))
            case "own device":
                submit = submit_to(alice)
            case _:
                await wire.send("PUT", limits.LISTS_PATH, bob.next_list(bob.gadgets, rich=False), b.token)
        await a.send(submit)
        stale = await a.take(frames.StaleDevices)
        person = alice if wrong == "own device" else bob
        assert stale == frames.StaleDevices(submit.submit, person.account, person.head.digest)
        assert not [frame for frame in await b.settle() if isinstance(frame, frames.Deliver)]


async def test_refused_submits_leave_nothing_behind(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    unknown = Person(wire.relay, "nobody@example.com")
    cases = {
        "clock": submit_to(bob, order=now() + limits.AHEAD + 60_000),
        "no_account": submit_to(unknown),
        "device_repeated": msgspec.structs.replace(submit_to(bob), skipped=(bob.device,)),
        "malformed": submit_to(alice, without=[alice.device]),
    }
    async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
        for code, submit in cases.items():
            await a.send(submit)
            refused = await a.take(frames.Refused)
            assert (refused.code, refused.submit) == (code, submit.submit)
            assert abs(refused.now - now()) < 60_000
        assert not [frame for frame in await b.settle() if isinstance(frame, frames.Deliver)]
        ok = msgspec.structs.replace(cases["clock"], order=now())
        await a.send(ok)
        await a.accepted(ok.submit)


async def test_credits_bound_what_is_under_way(inside: Inside, wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(bob.gadgets[0]) as b:
        await b.send(frames.Relation(alice.account, ACCEPTED))
        await b.settle()
        async with wire.online(alice.gadgets[0]) as a:
            submits = [submit_to(bob, text=b"%d" % number) for number in range(limits.CREDITS + 100)]
            await a.send(*submits)
            await a.accepted(*(submit.submit for submit in submits))
            first = await b.take_many(frames.Deliver, limits.CREDITS)
            assert not [frame for frame in await b.settle() if isinstance(frame, frames.Deliver)]
            await b.send(frames.Ack(tuple(entry.entry for entry in first[:50])))
            second = await b.take_many(frames.Deliver, 50)
            assert not [frame for frame in await b.settle() if isinstance(frame, frames.Deliver)]
            await b.send(frames.Ack(tuple(entry.entry for entry in first[50:])))
            third = await b.take_many(frames.Deliver, 50)
            assert [entry.submit for entry in [*first, *second, *third]] == [submit.submit for submit in submits]
            await b.send(frames.Ack(tuple(entry.entry for entry in [*second, *third])))
            big = [submit_to(bob, text=secrets.token_bytes(limits.CONTENT)) for _ in range(70)]
            for submit in big:
                await a.send(submit)
            await a.accepted(*(submit.submit for submit in big))
            held = [frame for frame in await b.settle() if isinstance(frame, frames.Deliver)]
            assert 0 < sum(len(entry.content) for entry in held) <= limits.CREDIT_BYTES
            await b.send(frames.Ack(tuple(entry.entry for entry in held)))
            await b.deliver(len(big) - len(held))


async def test_caught_up_comes_after_all_that_waited(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(bob.gadgets[0]) as b:
        await b.send(frames.Relation(alice.account, ACCEPTED))
        await b.settle()
    async with wire.online(alice.gadgets[0]) as a:
        submits = [submit_to(bob) for _ in range(limits.CREDITS + 10)]
        await a.send(*submits)
        await a.accepted(*(submit.submit for submit in submits))
        async with wire.online(bob.gadgets[0]) as b:
            first = await b.take_many(frames.Deliver, limits.CREDITS)
            assert frames.CaughtUp() not in await b.settle()
            await a.send(submit_to(bob, text=b"later"))
            await b.send(frames.Ack(tuple(entry.entry for entry in first)))
            order: list[str] = []
            while "caught up" not in order:
                await b._read()
                order += ["caught up" if f == frames.CaughtUp() else "deliver" for f in b.waiting]
                b.waiting.clear()
            assert order.index("caught up") >= 10


async def test_only_entries_of_this_connection_can_be_acknowledged(inside: Inside, wire: Wire) -> None:
    alice, bob, carol = [await wire.join(f"{name}@example.com") for name in ("alice", "bob", "carol")]
    async with wire.online(alice.gadgets[0]) as a, wire.online(carol.gadgets[0]) as c:
        submit = submit_to(bob)
        await a.send(submit)
        await a.accepted(submit.submit)
        entry = inside.relay.post.next - 1
        await c.send(frames.Ack((entry,)))
        await c.settle()
        assert inside.relay.counts.stray_acks == 1
    async with wire.online(bob.gadgets[0]) as b:
        (delivered,) = await b.deliver()
        assert delivered.entry == entry


async def test_somebody_blocked_hears_what_a_stranger_hears(inside: Inside, wire: Wire) -> None:
    alice, bob, carol = [await wire.join(f"{name}@example.com") for name in ("alice", "bob", "carol")]
    async with wire.online(bob.gadgets[0]) as b:
        await b.send(frames.Relation(alice.account, BLOCKED))
        await b.settle()
    for person, kept in ((alice, 0), (carol, limits.STRANGER_ENTRIES)):
        async with wire.online(person.gadgets[0]) as sender:
            submits = [submit_to(bob) for _ in range(limits.STRANGER_ENTRIES)]
            await sender.send(*submits)
            await sender.accepted(*(submit.submit for submit in submits))
            await sender.send(submit_to(bob))
            refused = await sender.take(frames.Refused)
            assert (refused.code, refused.limit) == ("mailbox_full", "stranger_entries")
            await sender.send(frames.Withdraw(submits[0].submit, bob.account, sender.boot))
            assert (await sender.take(frames.Withdrawn)).outcome == "withdrawn"
        account = inside.relay.accounts.get(bob.account, now())
        assert account is not None
        assert account.devices[bob.device].box.entries == max(0, kept - 1)
    async with wire.online(bob.gadgets[0]) as b, wire.online(alice.gadgets[0]) as a:
        await a.send(submit := submit_to(bob))
        await a.accepted(submit.submit)
        await a.send(frames.Withdraw(submit.submit, bob.account, a.boot))
        assert (await a.take(frames.Withdrawn)).outcome == "handed_over"
        assert all(frame.account == carol.account for frame in await b.settle() if isinstance(frame, frames.Deliver))


async def test_writing_to_somebody_accepts_them(inside: Inside, wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(alice.gadgets[0]) as a:
        await a.send(quiet := submit_to(bob, visible=False))
        await a.accepted(quiet.submit)
        account, other = (inside.relay.accounts.get(person.account, now()) for person in (alice, bob))
        assert account is not None and other is not None
        assert account.relation(other.number) == 0
        await a.send(visible := submit_to(bob))
        await a.accepted(visible.submit)
        assert account.relation(other.number) == ACCEPTED
        await a.settle()
    assert inside.store.directory.relations(account.number) == {other.number: ACCEPTED}


async def test_a_new_socket_ends_the_old_one(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    old = await wire.connect(bob.gadgets[0])
    async with wire.online(bob.gadgets[0]) as b, wire.online(alice.gadgets[0]) as a:
        assert [f.code for f in await old.closed() if isinstance(f, frames.Refused)] == ["replaced"]
        await a.send(submit_to(bob))
        await b.deliver()


async def test_a_removed_device_loses_everything_at_once(inside: Inside, wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com", gadgets=2)
    lost = bob.gadgets[1]
    async with wire.online(lost) as gone:
        keys = tuple(bob.prekey(devices.KeyKind.ONE_TIME, b"%d" % n, lost) for n in range(3))
        await wire.send("PUT", limits.PREKEYS_PATH, requests.PutPrekeys(keys), gone.token)
        async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
            await a.send(submit := submit_to(bob))
            await a.accepted(submit.submit)
            number = inside.relay.accounts.device(lost.device, now())
            assert number is not None
            await wire.send("PUT", limits.LISTS_PATH, bob.next_list(bob.gadgets[:1]), b.token)
            said = await gone.closed()
            assert [f.code for f in said if isinstance(f, frames.Refused)] == ["not_a_device"]
            assert await wire.refused("PUT", limits.PREKEYS_PATH, requests.PutPrekeys(), gone.token) == (
                "token_expired",
                "",
            )
            assert inside.store.mail.read(number.number, 0, 10, 10_000) == []
            assert inside.store.prekeys.count(number.number) == (0, 0)
            client, hello = await wire.hello()
            await client.send(wire.login_frame(client, hello, lost))
            assert (await client.take(frames.Refused)).code == "not_a_device"
            await a.send(msgspec.structs.replace(submit, submit=secrets.token_bytes(16)))
            await a.take(frames.StaleDevices)
            await a.send(submit_to(bob))
            await b.deliver(2)


async def test_ephemerals_reach_the_connected_who_accepted(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com", gadgets=2)
    typing = frames.SendEphemeral(bob.account, tuple(frames.Addressed(g.device, b"typing") for g in bob.gadgets))
    async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
        await a.send(typing)
        await a.settle()
        assert not [f for f in await b.settle() if isinstance(f, frames.DeliverEphemeral)]
        await b.send(frames.Relation(alice.account, ACCEPTED))
        await b.settle()
        await a.send(typing)
        assert await b.take(frames.DeliverEphemeral) == frames.DeliverEphemeral(alice.account, alice.device, b"typing")
        await a.send(frames.SendEphemeral(bob.account, (frames.Addressed(bob.device, b"x" * 513),)))
        refused = await a.take(frames.Refused)
        assert (refused.code, refused.limit) == ("too_large", "ephemeral")
    async with wire.online(bob.gadgets[1]) as second:
        assert await second.settle() == [frames.CaughtUp()]


async def test_a_login_is_for_one_connection_and_one_device(wire: Wire) -> None:
    bob = await wire.join("bob@example.com")
    first, hello = await wire.hello()
    frame = wire.login_frame(first, hello, bob.gadgets[0])
    await first.send(frame)
    await first.take(frames.Welcome)
    second, _ = await wire.hello()
    await second.send(frame)  # the nonce was another connection's
    assert (await second.take(frames.Refused)).code == "bad_signature"
    third, hello = await wire.hello()
    await third.send(wire.login_frame(third, hello, Gadget()))
    assert (await third.take(frames.Refused)).code == "not_a_device"
    fourth, _ = await wire.hello()
    await fourth.send(frames.Ping(1))
    assert (await fourth.take(frames.Refused)).code == "not_logged_in"
    for client in (second, third, fourth):
        await client.closed()
    assert await first.settle()


async def test_a_copied_profile_is_refused_and_both_are_told(wire: Wire) -> None:
    bob = await wire.join("bob@example.com")
    gadget = bob.gadgets[0]
    gadget.counter = 5
    async with wire.online(gadget) as b:
        for counter, start in ((4, gadget.start), (5, secrets.token_bytes(16))):
            copy = Gadget(gadget.device, gadget.seed, counter, start)
            client, hello = await wire.hello()
            await client.send(wire.login_frame(client, hello, copy))
            assert (await client.take(frames.Refused)).code == "copied"
            await client.closed()
            assert (await b.take(frames.Refused)).code == "copied_elsewhere"
        await b.settle()
    async with wire.online(gadget) as b:  # a reconnect repeats the pair
        await b.settle()
    gadget.counter += 1
    gadget.start = secrets.token_bytes(16)
    async with wire.online(gadget) as b:
        await b.settle()
