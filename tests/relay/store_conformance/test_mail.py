"""Mailboxes and records."""

from app.relay.store.base import Outcome, Record, Row, Share, Store
from tests.relay.store_conformance.conftest import Opener, Told

BOX, OTHER = 7, 8
SENDER = 3


def row(entry: int, device: int = BOX, *, sender: int = SENDER, at: int = 1_000, size: int = 100) -> Row:
    return Row(entry, device, sender, at, size, b"body %d" % entry)


def record(submit: bytes, entry: int, count: int = 1, *, at: int = 1_000, told: Told | None = None) -> Record:
    made = Record(SENDER, submit.ljust(16), 5, entry, count, at, Outcome.ACCEPTED)
    made.waiting = told
    return made


def entries(store: Store, device: int = BOX, after: int = 0, limit: int = 100, size: int = 1_000_000) -> list[int]:
    return [row.entry for row in store.mail.read(device, after, limit, size)]


async def test_what_is_put_is_read_at_once_and_durable_when_told(opener: Opener, store: Store) -> None:
    told = Told()
    store.mail.put([row(1), row(2, OTHER)], record(b"a", 1, 2, told=told))
    assert entries(store) == [1]
    assert entries(store, OTHER) == [2]
    assert told.records == []
    await store.lifetime.flush()
    assert [r.submit for r in told.records] == [b"a".ljust(16)]
    assert store.mail.read(BOX, 0, 10, 1_000) == [row(1)]
    image = opener.crash()
    assert entries(image) == [1]
    assert image.mail.known(SENDER, b"a".ljust(16)) is not None


async def test_when_somebody_is_told_it_is_on_the_disk(opener: Opener, store: Store) -> None:
    found: list[list[int]] = []
    made = record(b"a", 1)
    made.waiting = lambda _: found.append(entries(opener.crash()))
    store.mail.put([row(1)], made)
    await store.lifetime.flush()
    assert found == [[1]]


async def test_pages_end_at_their_limits_but_hold_one_at_least(store: Store) -> None:
    for entry in range(1, 7):
        store.mail.put([row(entry)], record(b"%d" % entry, entry))
    await store.lifetime.flush()
    for entry in range(7, 10):
        store.mail.put([row(entry)], record(b"%d" % entry, entry))
    assert entries(store, limit=4) == [1, 2, 3, 4]
    assert entries(store, after=4, limit=4) == [5, 6, 7, 8]
    assert entries(store, size=250) == [1, 2, 3]
    assert entries(store, after=6, size=1) == [7]
    assert entries(store, after=9) == []


async def test_a_forgotten_entry_never_comes_back(opener: Opener, store: Store) -> None:
    for entry in range(1, 5):
        store.mail.put([row(entry)], record(b"%d" % entry, entry))
    store.mail.forget([1])  # not yet on the disk
    assert entries(store) == [2, 3, 4]
    await store.lifetime.flush()
    store.mail.forget([3])
    assert entries(store) == [2, 4]
    assert entries(store, limit=2) == [2, 4]
    await store.lifetime.flush()
    assert entries(store) == [2, 4]
    assert entries(opener.crash()) == [2, 4]


async def test_marks_and_entries_change_in_one_step(opener: Opener, store: Store) -> None:
    told = Told()
    made = record(b"a", 1, told=told)
    store.mail.put([row(1)], made)
    made.outcome = Outcome.WITHDRAWN
    made.waiting = told
    store.mail.mark(made, [1])
    assert entries(store) == []
    await store.lifetime.flush()
    assert told.records == [made]
    image = opener.crash()
    known = image.mail.known(SENDER, b"a".ljust(16))
    assert known is not None and known.outcome == Outcome.WITHDRAWN
    assert entries(image) == []


async def test_a_record_is_known_from_the_first_moment_and_by_its_device_alone(store: Store) -> None:
    made = record(b"a", 41, 2, at=77)
    store.mail.put([row(41), row(42, OTHER)], made)
    assert store.mail.known(SENDER, made.submit) is made
    await store.lifetime.flush()
    found = store.mail.known(SENDER, made.submit)
    assert found is not None and found.durable
    assert (found.to, found.entry, found.count, found.at, found.outcome) == (5, 41, 2, 77, Outcome.ACCEPTED)
    assert store.mail.known(SENDER + 1, made.submit) is None


async def test_shares_count_what_is_there(store: Store) -> None:
    store.mail.put([row(1), row(2, OTHER)], record(b"a", 1, 2))
    store.mail.put([row(3, sender=9, size=50)], record(b"b", 3))
    await store.lifetime.flush()
    store.mail.put([row(4)], record(b"c", 4))
    store.mail.put([row(5)], record(b"d", 5))
    store.mail.forget([1])
    store.mail.forget([5])
    assert sorted(store.mail.shares(BOX)) == [Share(SENDER, 1, 100), Share(9, 1, 50)]
    assert store.mail.shares(OTHER) == [Share(SENDER, 1, 100)]


async def test_rows_of_a_submit(store: Store) -> None:
    store.mail.put([row(1), row(2, OTHER)], record(b"a", 1, 2))
    await store.lifetime.flush()
    store.mail.put([row(3), row(4, OTHER)], record(b"b", 3, 2))
    assert [r.entry for r in store.mail.rows(BOX, 1, 2)] == [1]
    assert [r.entry for r in store.mail.rows(OTHER, 1, 4)] == [2, 4]
    store.mail.forget([2])
    assert [r.entry for r in store.mail.rows(OTHER, 1, 4)] == [4]


async def test_sweeping_erases_the_old_only(store: Store) -> None:
    for entry, at in ((1, 10), (2, 20), (3, 30)):
        store.mail.put([row(entry, at=at)], record(b"%d" % entry, entry, at=at))
    await store.lifetime.flush()
    assert [r.entry for r in await store.mail.sweep_mail(25, 1)] == [1]
    assert [r.entry for r in await store.mail.sweep_mail(25, 10)] == [2]
    assert await store.mail.sweep_mail(25, 10) == []
    assert entries(store) == [3]
    assert store.mail.known(SENDER, b"1".ljust(16)) is not None


async def test_what_was_never_fetched_is_remembered_for_its_sender(store: Store) -> None:
    store.mail.add_expired(SENDER, b"a".ljust(16), 10)
    store.mail.add_expired(SENDER + 1, b"b".ljust(16), 10)
    await store.lifetime.flush()
    assert store.mail.expired(SENDER) == [b"a".ljust(16)]


async def test_records_of_an_earlier_run_are_known_before_and_after_preparing(opener: Opener, store: Store) -> None:
    for entry in range(1, 21):
        store.mail.put([row(entry)], record(b"%d" % entry, entry))
    await store.lifetime.flush()
    await opener.close(store, seen=20)
    store = opener.open()
    store.mail.put([row(21)], record(b"21", 21))
    for _ in range(2):
        for entry in range(1, 22):
            found = store.mail.known(SENDER, (b"%d" % entry).ljust(16))
            assert found is not None
            assert found.entry == entry
        assert store.mail.known(SENDER, b"new".ljust(16)) is None
        await store.mail.prepare()
    store.mail.put([], record(b"late", 22, 0))
    await store.lifetime.flush()
    assert store.mail.known(SENDER, b"late".ljust(16)) is not None
