"""A device's own keys: what is published, what is used up, what is kept, and when it is erased for good."""

import pytest

from app.common.errors import GiveUp, Untrusted
from app.crypto import envelope, own, pairs, pq, primitives, vault
from app.crypto.parties import Kind
from tests.crypto.duo import DAY, START, Device, Time, meet


def kinds(keys: own.Own) -> dict[Kind, int]:
    found: dict[Kind, int] = {}
    for key in keys.publishable():
        found[key.kind] = found.get(key.kind, 0) + 1
    return found


def test_new_keys_are_published_once():
    device = Device("alice")
    assert kinds(device.keys) == {}
    keys = own.new(device.party, START)
    assert kinds(keys) == {Kind.OLM_FALLBACK: 1, Kind.PQ_LAST_RESORT: 1}
    keys = keys.add_one_time(START, classical=20, post_quantum=5)
    assert kinds(keys) == {Kind.OLM_FALLBACK: 1, Kind.PQ_LAST_RESORT: 1, Kind.OLM_ONE_TIME: 20, Kind.PQ_ONE_TIME: 5}
    publishable = keys.publishable()
    assert {len(key.public) for key in publishable} == {32, pq.PUBLIC_SIZE}
    assert len({key.key_id for key in publishable}) == len(publishable)
    assert own.load(keys.dump()).publishable() == publishable
    some = {key.key_id for key in publishable[:10]}
    rest = keys.published(some).publishable()
    assert {key.key_id for key in rest} == {key.key_id for key in publishable} - some


def test_at_most_fifty_at_a_time_and_older_keys_still_open():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    first = bob.bundle()
    for _ in range(4):
        bob.keys = bob.keys.add_one_time(time.at, classical=99, post_quantum=0)
    assert kinds(bob.keys) == {Kind.OLM_ONE_TIME: 200}
    assert bob.open(alice, alice.seal(bob, bundle=first)).payload == b"hello"


def test_private_keys_are_never_among_the_published():
    device = Device("alice")
    published = b"".join(key.public for key in device.directory)
    assert all(key.seed not in published for key in device.keys.pq_keys.values())


def test_rotation_waits_for_a_week_and_for_an_emptied_mailbox():
    keys = own.new(Device("alice").party, START)
    week = START + own.ROTATION
    assert keys.rotate(week - 1, week - 1) is keys
    assert keys.rotate(week + DAY, week - 1) is keys
    after = keys.published({key.key_id for key in keys.publishable()}).rotate(week, week)
    assert after.generation == 1
    assert kinds(after) == {Kind.OLM_FALLBACK: 1, Kind.PQ_LAST_RESORT: 1}


def test_the_fallback_key_before_still_opens_and_the_one_before_that_does_not():
    time = Time()
    alice, carol, bob = Device("alice", time), Device("carol", time), Device("bob", time)
    bundle = bob.bundle(one_time=False)
    one, two = alice.seal(bob, bundle=bundle), carol.seal(bob, bundle=bundle)
    time.at += own.ROTATION
    bob.keys = bob.keys.rotate(time.at, time.at)
    assert bob.open(alice, one).payload == b"hello"
    time.at += own.ROTATION
    bob.keys = bob.keys.rotate(time.at, time.at)
    with pytest.raises(Untrusted, match="undecryptable"):
        bob.peek(carol, two)


def test_nothing_is_erased_by_the_calendar_alone():
    keys = own.new(Device("alice").party, START).add_one_time(START, classical=0, post_quantum=3)
    year = START + 365 * DAY
    rotated = keys.rotate(year, year)
    assert rotated.forget_before(year, START + 36 * DAY) is rotated
    assert len(rotated.forget_before(START, year).pq_keys) == len(rotated.pq_keys)
    emptied = rotated.forget_before(year, year)
    assert [key.kind for key in emptied.pq_keys.values()] == [Kind.PQ_LAST_RESORT]
    assert next(iter(emptied.pq_keys.values())).created == year


def test_a_private_key_outlives_its_expiry_by_a_week():
    keys = own.new(Device("alice").party, START).add_one_time(START, classical=0, post_quantum=1)
    limit = START + own.KEY_LIFE + own.GRACE
    assert own.KEY_LIFE + own.GRACE == 37 * DAY
    assert len(keys.forget_before(limit, limit - 1).pq_keys) == 2
    assert len(keys.forget_before(limit, limit).pq_keys) == 1


def test_the_last_resort_key_stays_however_old_it_is():
    keys = own.new(Device("alice").party, START)
    late = START + 400 * DAY
    assert keys.forget_before(late, late) is keys


def test_in_band_keys_go_after_the_mailbox_was_emptied():
    alice, bob = meet()
    pair = bob.pair(alice)
    assert pair.offers
    late = START + 38 * DAY
    assert pair.forget_before(late, START + 36 * DAY) is pair
    assert pair.forget_before(late, late).offers == ()


def test_a_device_long_away_reads_its_mailbox_before_anything_is_erased():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wires = [alice.seal(bob, bundle=bob.bundle(one_time=False))]
    time.at += 60 * DAY
    emptied_before = START
    bob.keys = bob.keys.rotate(time.at, emptied_before).forget_before(time.at, emptied_before)
    assert bob.open(alice, wires[0]).payload == b"hello"


def test_an_epoch_sealed_to_an_erased_key_asks_for_a_reset():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    bundle = bob.bundle()
    wire = alice.seal(bob, bundle=bundle)
    bob.keys = bob.keys.forget_before(START + 90 * DAY, START + 90 * DAY)
    with pytest.raises(GiveUp, match="unknown_epoch"):
        bob.peek(alice, wire)


def test_no_secret_shows_in_logs_and_tracebacks():
    alice, bob = meet()
    content = envelope.seal_content(b"a secret text", alice.party, bytes(16))
    wire = alice.seal(bob, content=content)
    opened = bob.peek(alice, wire)
    pair, key = alice.pair(bob), next(iter(bob.keys.pq_keys.values()))
    values = [pair, pair.sending, pair.sending.keys, opened, opened.pair.receiving[0], content, key, bob.keys]
    for value in (*values, pair.sessions[0], pair.sessions[0].session, bob.keys.account, pairs.load(pair.dump())):
        shown = f"{value!r} {value}"
        assert len(shown) < 160
        assert "secret" not in shown
        assert "\\x" not in shown
    slot = vault._read(vault.wrap(bytes(32), bytes(32), vault.SlotKind.KEYCHAIN, b""), vault.SlotKind.KEYCHAIN)
    assert repr(slot) == "<_Slot>"
    assert issubclass(envelope._Letter, primitives.Silent)
