"""Boot ids, the counter of entries, what is remembered, ephemerals."""

from app.common import ids
from app.relay.store.base import IN_SESSION, Outcome, Record, Row, Store
from app.relay.store.lifetime import Boot
from tests.relay.store_conformance.conftest import Opener


async def test_a_run_goes_on_over_a_clean_end_only(opener: Opener) -> None:
    store = opener.open()
    (first,) = (begun := await store.lifetime.begin(1_000, 0)).boots
    assert (first.began, first.first) == (1_000, begun.next_entry)
    image = await opener.crash().lifetime.begin(1_500, 0)
    assert [boot.boot for boot in image.boots[:-1]] == [first.boot]
    assert (image.boots[-1].run, image.boots[-1].first) == (first.run + 1, image.next_entry)
    extra = Boot(ids.random_id(), 2_000, begun.next_entry + 7, first.run)
    await store.lifetime.add_boot(extra, 0)
    await opener.close(store, seen=5)
    store = opener.open()
    kept = await store.lifetime.begin(3_000, 0)
    assert kept.boots == (first, extra)
    await opener.close(store, seen=None)  # ended, but not cleanly
    store = opener.open()
    broken = await store.lifetime.begin(4_000, 0)
    assert broken.boots[:-1] == kept.boots
    assert broken.boots[-1].run == first.run + 1
    await opener.close(store, seen=5)
    again = await opener.open().lifetime.begin(5_000, 0)
    assert again.boots == broken.boots


async def test_boot_ids_age_out(opener: Opener) -> None:
    store = opener.open()
    old = await store.lifetime.begin(1_000, 0)
    await opener.close(store, seen=0)
    store = opener.open()
    (new,) = (await store.lifetime.begin(9_000, 5_000)).boots
    assert (new.began, new.run) == (9_000, old.boots[0].run)
    assert new.boot != old.boots[0].boot


async def test_entries_and_the_secret(opener: Opener) -> None:
    store = opener.open()
    first = await store.lifetime.begin(1_000, 0)
    top = first.next_entry + 7
    store.mail.put([Row(top, 1, 1, 1, 1, b"x")], Record(1, bytes(16), 1, top, 1, 1, Outcome.ACCEPTED))
    await store.lifetime.flush()
    for found in (opener.crash(), opener.crash()):
        again = await found.lifetime.begin(1_000, 0)
        assert again.next_entry > top
        assert again.secret == first.secret == await found.lifetime.secret()
        assert again.next_entry + 2**32 < IN_SESSION


async def test_entries_never_repeat_even_if_nothing_was_kept(opener: Opener) -> None:
    store = opener.open()
    first = await store.lifetime.begin(1_000, 0)
    assert (await opener.crash().lifetime.begin(1_000, 0)).next_entry > first.next_entry


async def test_urls_are_remembered(store: Store) -> None:
    assert store.lifetime.urls() == ()
    await store.lifetime.remember_urls(["https://relay.example.com", "https://192.0.2.1:8443"])
    assert store.lifetime.urls() == ("https://relay.example.com", "https://192.0.2.1:8443")
    assert store.lifetime.check() == []


async def test_ephemerals_go_to_whoever_is_there(store: Store) -> None:
    got: list[bytes] = []
    take, other = got.append, got.extend
    assert not store.ephemeral.publish(1, b"nobody")
    store.ephemeral.subscribe(1, take)
    assert store.ephemeral.publish(1, b"here")
    store.ephemeral.unsubscribe(1, other)  # somebody else's
    assert store.ephemeral.publish(1, b"still")
    store.ephemeral.unsubscribe(1, take)
    assert not store.ephemeral.publish(1, b"gone")
    assert got == [b"here", b"still"]
