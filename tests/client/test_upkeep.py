"""Upkeep of the own keys and the own list: what is replaced or said anew, and when it must not be."""

from pathlib import Path

from app.client import upkeep
from app.common.clock import SystemClock
from app.crypto import own
from app.crypto.parties import Kind, Party
from app.protocol import devices, limits, requests
from app.storage import own as own_table
from tests.parts import people, relay
from tests.parts.people import Present
from tests.parts.waiting import until

DAY = 86_400_000


def kinds(keys: own.Own) -> set[Kind]:
    return {key.kind for key in keys.publishable()}


def test_a_fallback_key_the_relay_has_not_got_is_not_replaced() -> None:
    keys = own.new(Party(bytes(32), bytes(16)), 0)
    assert Kind.OLM_FALLBACK in kinds(keys)
    later = upkeep.tended(keys, 30 * DAY)
    assert later.generation == keys.generation


def test_keys_are_replaced_once_the_relay_has_them() -> None:
    keys = own.new(Party(bytes(32), bytes(16)), 0)
    published = keys.published({key.key_id for key in keys.publishable()})
    assert upkeep.tended(published, DAY).generation == published.generation
    renewed = upkeep.tended(published, 8 * DAY)
    assert renewed.generation == published.generation + 1
    assert kinds(renewed) == {Kind.OLM_FALLBACK, Kind.PQ_LAST_RESORT}


async def issued(present: Present) -> int:
    """When the freshness that the relay gives out was signed; it is the stored one."""
    app = present.messenger
    stored = await app.database.read(own_table.load)
    found = await app.connection.lookup_account(app.me.account)
    assert stored is not None
    assert found.freshness is not None
    assert devices.unpack_chain(stored.freshness) == (found.freshness,)
    return devices.verify_freshness(await app.peers.current(app.me.account), found.freshness).issued


async def test_freshness_is_signed_at_each_start_and_once_a_week(tmp_path: Path) -> None:
    time = SystemClock()
    async with relay.process(tmp_path / "relay") as running:
        alice = await people.join(tmp_path / "alice", running.url, "alice@example.com", time=time)
        async with alice.online() as present:
            await present.messenger.upkeep.settled()
            first = await issued(present)
        time.offset = limits.MINUTE
        async with alice.online() as present:
            app = present.messenger
            await app.upkeep.settled()
            second = await issued(present)
            assert second >= first + limits.MINUTE
            head = await app.peers.current(app.me.account)
            # As after a login of the same start.
            await app.upkeep._freshness(head)
            assert await issued(present) == second
            time.offset += limits.FRESHNESS_RENEWAL
            await app.upkeep._freshness(head)
            assert await issued(present) >= second + limits.FRESHNESS_RENEWAL


async def test_one_time_keys_are_filled_up_when_few_are_left_at_the_relay(tmp_path: Path) -> None:
    async with relay.process(tmp_path / "relay") as running:
        alice = await people.join(tmp_path / "alice", running.url, "alice@example.com", time=SystemClock())
        async with alice.online() as present:
            app = present.messenger
            await app.upkeep.settled()

            async def there() -> requests.PrekeyCounts:
                return await app.upkeep._http.put_prekeys(requests.PutPrekeys())

            assert await there() == requests.PrekeyCounts(upkeep.KEYS, upkeep.PQ_KEYS)
            await app.upkeep.publish(limits.LOW_KEYS, limits.LOW_PQ_KEYS)
            assert await there() == requests.PrekeyCounts(upkeep.KEYS, upkeep.PQ_KEYS)
            await app.upkeep.publish(limits.LOW_KEYS - 1, limits.LOW_PQ_KEYS - 1)
            few = upkeep.KEYS - limits.LOW_KEYS + 1, upkeep.PQ_KEYS - limits.LOW_PQ_KEYS + 1
            assert await there() == requests.PrekeyCounts(upkeep.KEYS + few[0], upkeep.PQ_KEYS + few[1])


async def test_who_finds_the_account_by_its_address_is_said_until_the_relay_has_it(tmp_path: Path) -> None:
    """At once where there is a connection, else after the next login; an account is found by its id all the same."""
    async with relay.process(tmp_path / "relay") as running:
        names = ("alice", "bob")
        alice, bob = [await people.join(tmp_path / name, running.url, f"{name}@example.com") for name in names]
        async with bob.online() as b:

            async def state() -> str:
                return (await b.messenger.connection.lookup(alice.address)).state

            async with alice.online() as a:
                await a.messenger.upkeep.settled()
                assert await state() == "found"
                a.messenger.settings.change("found_by", "link")
                await until(lambda: a.messenger.upkeep._hidden)
                assert await state() == "not_found"
                assert (await b.messenger.connection.lookup_account(a.messenger.me.account)).state == "found"
            async with alice.awake() as a:
                await running.stop()
                a.messenger.settings.change("found_by", "everyone")
            await running.start()
            await b.messenger.connection.wait_connected()
            assert await state() == "not_found"
            async with alice.online() as a:
                await a.messenger.upkeep.settled()
                assert await state() == "found"
