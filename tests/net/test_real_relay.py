"""The connection and the requests against the real relay: register, publish, find, send, receive, be refused."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.common import clock, errors, ids
from app.net import connection, handshake, http, incoming, transport
from app.protocol import devices, frames, requests, signed
from app.protocol.devices import KeyKind
from tests.net.conftest import nobody
from tests.parts import relay, wire_client
from tests.parts.wire_client import Gadget, Person

WAY = transport.WebSocketTransport()
CLOCK = clock.SystemClock()
Connect = Callable[..., connection.Connection]


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"], ids=["plain", "tls"])
async def met(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[handshake.Met]:
    """A running relay, once on loopback, once with the certificate it made itself, and known by its key."""
    async with relay.inside(tmp_path / "relay", listen_host=request.param) as running:
        parts = urlsplit(running.url)
        url = f"{parts.scheme}://127.0.0.1:{parts.port}"
        assert parts.scheme == ("https" if request.param == "0.0.0.0" else "http")
        yield await handshake.meet(WAY, [url], running.relay.relay_id, CLOCK)


@pytest.fixture
async def join(met: handshake.Met) -> AsyncIterator[Connect]:
    """Register somebody, or come in as somebody known, and give the started connection."""
    made: list[connection.Connection] = []

    async def start(
        person: Person,
        gadget: Gadget | None = None,
        *,
        listeners: connection.Listeners | None = None,
        known: bool = False,
    ) -> connection.Connection:
        if not known:
            client = http.RelayHttp(lambda: met.reach)
            registered = await client.register(person.registration())
            assert (registered.account, registered.standing) == (person.account, "claimed")
            await client.close()
        gadget = gadget or person.gadgets[0]
        credentials = handshake.Credentials(
            ids.DeviceId(gadget.device),
            lambda text: signed.sign_bytes(gadget.seed, text),
            gadget.counter,
            gadget.start,
        )
        one = connection.Connection(
            WAY,
            [met.reach.url],
            met.reach.relay,
            credentials,
            CLOCK,
            listeners=listeners,
            discover=nobody,
            backoff=clock.Backoff(0.01, 0.05),
        )
        made.append(one)
        one.start()
        return one

    yield start
    for one in made:
        await one.close()


async def test_two_people_from_registration_to_acknowledgement(met: handshake.Met, join: Connect) -> None:
    alice = Person(met.reach.relay, "alice@example.com")
    bob = Person(met.reach.relay, "bob@example.com")
    one, other = await join(alice), await join(bob)
    await one.wait_connected()
    await other.wait_connected()
    alices, bobs = http.RelayHttp(one.reach), http.RelayHttp(other.reach)
    try:
        keys = [bob.prekey(KeyKind.ONE_TIME, b"1")]
        pq = [bob.prekey(KeyKind.PQ_ONE_TIME, b"1")]
        assert await bobs.put_prekeys(requests.PutPrekeys(tuple(keys), tuple(pq))) == requests.PrekeyCounts(1, 1)
        await bobs.put_freshness(bob.freshness())

        found = await one.lookup("bob@example.com")
        assert (found.state, found.account) == ("found", bob.account)
        head = devices.verify_chain(met.reach.relay, bob.account, found.chain)
        assert (await one.lookup_account(bob.account)).account == bob.account
        assert (await one.lookup("carol@example.com")).state == "not_found"

        claimed = await alices.claim(bob.account, [bob.device])
        assert claimed.bundles[0].olm == keys[0]
        assert claimed.bundles[0].pq == pq[0]
        assert devices.verify_prekey(head, bob.device, keys[0], [KeyKind.ONE_TIME], CLOCK.now())

        letters = [wire_client.submit_to(bob, text=b"letter %d" % number) for number in range(20)]
        answers = await asyncio.gather(*(one.submit(letter.submit, frames.encode_one(letter)) for letter in letters))
        assert [answer.submit for answer in answers if isinstance(answer, frames.AcceptedItem)] == [
            letter.submit for letter in letters
        ]
        assert await one.submit(letters[0].submit, frames.encode_one(letters[0])) == answers[0]

        got: list[frames.Deliver] = []
        async for item in other.incoming():
            if isinstance(item, incoming.Delivered):
                got.extend(item.entries)
                other.acknowledge(item.session, [entry.entry for entry in item.entries])
            if len(got) == 20:
                break
        assert [(entry.account, entry.content) for entry in got] == [
            (alice.account, letter.content) for letter in letters
        ]
        assert await one.withdraw(letters[0].submit, bob.account, one.boot) == "handed_over"
        unknown = b"u" * 16
        assert await one.withdraw(unknown, bob.account, one.boot) == "never_had"
        late = wire_client.submit_to(bob, submit=unknown)
        refusal = await one.submit(unknown, frames.encode_one(late))
        assert isinstance(refusal, frames.Refused)
        assert refusal.code == "withdrawn"
        await other.relation(alice.account, 1)
        assert await alices.health()
    finally:
        await alices.close()
        await bobs.close()


async def test_a_stale_list_is_said_and_a_change_is_told(met: handshake.Met, join: Connect) -> None:
    told = asyncio.Event()
    changed: list[bytes] = []

    def hear(account: bytes) -> None:
        changed.append(account)
        told.set()

    alice = Person(met.reach.relay, "alice@example.com")
    bob = Person(met.reach.relay, "bob@example.com")
    one = await join(alice, listeners=connection.Listeners(changed=hear))
    other = await join(bob)
    await one.wait_connected()
    await other.wait_connected()
    hello = wire_client.submit_to(alice)  # watching is for those who have written
    assert isinstance(await other.submit(hello.submit, frames.encode_one(hello)), frames.AcceptedItem)
    one.watch([bob.account])
    await one.relation(bob.account, 1)
    bobs = http.RelayHttp(other.reach)
    await bobs.put_list(bob.next_list([*bob.gadgets, Gadget()]))
    await bobs.close()
    await told.wait()
    assert changed == [bob.account]
    old = wire_client.submit_to(bob, without=[bob.gadgets[1].device])
    answer = await one.submit(old.submit, frames.encode_one(old))
    assert answer == frames.StaleDevices(old.submit, bob.account, bob.head.digest)


async def test_refusals_of_registration_have_their_codes(met: handshake.Met, join: Connect) -> None:
    await join(Person(met.reach.relay, "alice@example.com"))
    client = http.RelayHttp(lambda: met.reach)
    with pytest.raises(errors.GiveUp, match="taken"):
        await client.register(Person(met.reach.relay, "alice@example.com").registration())
    with pytest.raises(errors.AgainLater, match="token_expired"):
        await client.put_prekeys(requests.PutPrekeys())
    await client.close()


@pytest.mark.expect_log("copied")
async def test_a_copied_profile_is_told_apart_and_both_hear_of_it(met: handshake.Met, join: Connect) -> None:
    heard: list[str] = []
    said = asyncio.Event()

    def hear(frame: frames.Refused) -> None:
        heard.append(frame.code)
        said.set()

    alice = Person(met.reach.relay, "alice@example.com")
    alice.gadgets[0].counter = 5
    one = await join(alice, listeners=connection.Listeners(refused=hear))
    await one.wait_connected()
    for counter, start in ((5, b"x" * 16), (4, alice.gadgets[0].start)):
        said.clear()
        copy = Gadget(alice.gadgets[0].device, alice.gadgets[0].seed, counter, start)
        other = await join(alice, copy, known=True)
        with pytest.raises(errors.GiveUp, match="copied"):
            await other.wait_connected()
        assert other.state.final
        await said.wait()
    assert heard == ["copied_elsewhere"] * 2
    assert one.state.phase is connection.Phase.CONNECTED


@pytest.mark.expect_log("not_a_device")
async def test_nobody_comes_in_as_a_device_that_is_not_listed(met: handshake.Met, join: Connect) -> None:
    other = await join(Person(met.reach.relay, "alice@example.com"), known=True)
    with pytest.raises(errors.GiveUp, match="not_a_device"):
        await other.wait_connected()
    assert other.state.final
