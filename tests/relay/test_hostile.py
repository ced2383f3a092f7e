"""Hostile clients: one clear refusal each, bounded memory, and the next message still arrives."""

import asyncio
import contextlib
import secrets

import aiohttp
import msgspec
import pytest

from app.protocol import frames, limits
from tests.parts.relay import Inside
from tests.parts.wire_client import Wire, WireClient, now, submit_to

JUNK = [
    b"",
    b"\xc1",
    b"\x93\x01",
    b"\x81\xa1a\x01",
    b"\xdd\xff\xff\xff\xff",
    msgspec.msgpack.encode([[2, b"short"]]),
    msgspec.msgpack.encode([[9, -1]]),
    msgspec.msgpack.encode([[9, 2**60]]),
    msgspec.msgpack.encode([[64]]),
    b"\x91" * 5_000,
    msgspec.msgpack.encode([[6, 1, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1") * 300]]),
]


async def test_junk_is_refused_and_its_neighbours_live(inside: Inside, wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(alice.gadgets[0]) as a:
        for junk in JUNK:
            await a.socket.send_bytes(junk)
            await a.settle()
        await a.socket.send_str("text")
        good = submit_to(bob)
        parts = [frames.encode_one(good), msgspec.msgpack.encode([99, "from tomorrow"]), msgspec.msgpack.encode([2, 1])]
        await a.socket.send_bytes(frames.join(parts))
        await a.accepted(good.submit)
        assert (await a.take(frames.Refused)).code == "malformed"
    assert inside.relay.counts.unknown_frames >= 1
    assert inside.relay.counts.malformed_frames >= 5
    async with wire.online(bob.gadgets[0]) as b:
        assert [entry.submit for entry in await b.deliver()] == [good.submit]


async def test_frames_of_one_message_in_any_order_and_twice(inside: Inside, wire: Wire) -> None:
    """Submits from the last to the first, each said twice, and Acks likewise: nothing is lost, nothing comes twice."""
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    start = now()
    written = [submit_to(bob, order=start + n, text=b"%d" % n) for n in range(12)]
    async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
        await a.send(*reversed(written), *written)
        await a.accepted(*(submit.submit for submit in written))
        entries = await b.deliver(len(written), ack=False)
        assert sorted((entry.order, entry.submit, entry.content) for entry in entries) == [
            (submit.order, submit.submit, submit.content) for submit in written
        ]
        assert [entry.entry for entry in entries] == sorted({entry.entry for entry in entries})
        names = [entry.entry for entry in entries]
        await b.send(frames.Ack(tuple(names[6:])), frames.Ack(tuple(reversed(names))), frames.Ack(tuple(names)))
        assert not [f for f in await b.settle() if isinstance(f, frames.Deliver | frames.Refused)]
        assert inside.relay.counts.acknowledged == len(written)
    async with wire.online(bob.gadgets[0]) as b:
        assert await b.settle() == [frames.CaughtUp()]


async def test_a_flood_of_malformed_frames_ends_the_connection(wire: Wire) -> None:
    alice = await wire.join("alice@example.com")
    a = await wire.connect(alice.gadgets[0])
    for _ in range(30):
        await a.socket.send_bytes(b"\xc1")
    said = [f.code for f in await a.closed() if isinstance(f, frames.Refused)]
    assert 1 <= len(said) <= 22
    assert set(said) == {"malformed"}
    async with wire.online(alice.gadgets[0]) as a:
        await a.settle()


async def test_a_message_over_the_limit_ends_the_connection(wire: Wire) -> None:
    alice = await wire.join("alice@example.com")
    a = await wire.connect(alice.gadgets[0])
    with contextlib.suppress(ConnectionError):
        await a.socket.send_bytes(bytes(limits.FRAME + 1))
    await a.closed()
    async with wire.online(alice.gadgets[0]) as a:
        many = frames.join([frames.encode_one(frames.Ping(1))] * (limits.FRAMES + 1))
        await a.socket.send_bytes(many)
        assert (await a.take(frames.Refused)).code == "too_many_frames"
        await a.settle()


async def test_a_second_login_on_a_connection_changes_nothing(wire: Wire) -> None:
    alice = await wire.join("alice@example.com")
    client, hello = await wire.hello()
    login = wire.login_frame(client, hello, alice.gadgets[0])
    await client.send(login, login)
    await client.take(frames.Welcome)
    assert (await client.take(frames.Refused)).code == "malformed"
    await client.settle()


async def test_frames_of_the_relay_are_nothing_a_client_may_send(inside: Inside, wire: Wire) -> None:
    alice = await wire.join("alice@example.com")
    async with wire.online(alice.gadgets[0]) as a:
        before = inside.relay.counts.unknown_frames
        await a.send(frames.Accepted(()), frames.Drain(1), frames.CaughtUp())
        await a.settle()
        assert inside.relay.counts.unknown_frames == before + 3


async def test_a_reader_who_does_not_read_is_cut_and_loses_nothing(inside: Inside, wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(bob.gadgets[0]) as b:
        await b.send(frames.Relation(alice.account, 1))
        await b.settle()
    slow = await wire.connect(bob.gadgets[0])
    pause = slow.socket._conn.transport.pause_reading  # type: ignore[union-attr]
    pause()
    async with wire.online(alice.gadgets[0]) as a:
        device = inside.relay.accounts.device(bob.device, 0)
        assert device is not None
        session = device.session
        lookups = 0
        while device.session is session:  # its answers pile up, unread
            await slow.socket.send_bytes(frames.encode([frames.Watch((secrets.token_bytes(32),))] * 50))
            for _ in range(300):
                session._wire.push(frames.Pong(lookups))  # type: ignore[union-attr]
                session._wire.push_encoded(bytes(10_000))  # type: ignore[union-attr]
            lookups += 1
            await asyncio.sleep(0)
            assert lookups < 100, "never cut"
        assert inside.relay.counts.slow_readers == 1
        submit = submit_to(bob)
        await a.send(submit)
        await a.accepted(submit.submit)
        async with wire.online(bob.gadgets[0]) as b:
            assert [entry.submit for entry in await b.deliver()] == [submit.submit]
    await slow.close()


async def test_a_client_that_never_logs_in_is_sent_away(inside: Inside, wire: Wire) -> None:
    client, _ = await wire.hello()
    (link,) = [link for link in inside.relay.hub.links if link.device is None]
    inside.relay.hub.tick(link.opened + limits.NONCE)
    assert link in inside.relay.hub.links
    inside.relay.hub.tick(link.opened + limits.NONCE + 1)
    assert [f.code for f in await client.closed() if isinstance(f, frames.Refused)] == ["not_logged_in"]


async def test_a_silent_connection_is_taken_for_dead(inside: Inside, wire: Wire) -> None:
    alice = await wire.join("alice@example.com")
    a = await wire.connect(alice.gadgets[0])
    await a.settle()
    (link,) = [link for link in inside.relay.hub.links if link.device is not None]
    inside.relay.hub.tick(link.heard + 3 * limits.HEARTBEAT)
    await a.settle()
    inside.relay.hub.tick(link.heard + 3 * limits.HEARTBEAT + 1)
    await a.closed()


@pytest.mark.parametrize("path", ["/", "/v1/nothing", "/v1/accounts/../../etc/passwd"])
async def test_other_paths_are_not_there(wire: Wire, path: str) -> None:
    async with wire.session.get(wire.url + path) as answer:
        assert answer.status == 404


async def test_the_socket_wants_a_websocket(wire: Wire) -> None:
    async with wire.session.get(wire.url + limits.SOCKET_PATH) as answer:
        assert answer.status == 400


async def test_a_half_sent_request_harms_nobody(inside: Inside, wire: Wire) -> None:
    host, port = inside.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()
    await wire.join("alice@example.com")


async def test_the_connection_goes_on_after_the_peer_vanishes(wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    b: WireClient = await wire.connect(bob.gadgets[0])
    connection = b.socket._conn  # type: ignore[attr-defined]
    assert isinstance(connection, aiohttp.connector.Connection)
    assert connection.transport is not None
    connection.transport.abort()
    async with wire.online(alice.gadgets[0]) as a:
        submit = submit_to(bob)
        await a.send(submit)
        await a.accepted(submit.submit)
    async with wire.online(bob.gadgets[0]) as b:
        assert [entry.submit for entry in await b.deliver()] == [submit.submit]
