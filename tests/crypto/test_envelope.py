"""Sealing and opening: what arrives, what is refused, and that nothing moves until every check has held."""

import os

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common.errors import Broken, GiveUp, KingfisherError, Malformed, Untrusted
from app.crypto import envelope, olm, own, pairs, primitives
from app.crypto.parties import Bundle, Kind, ListHead, Lists, Party
from tests.crypto.duo import DAY, Device, Time, Wire, meet, state
from tests.parts.examples import examples


def refused(device: Device, peer: Device, wire: Wire) -> KingfisherError:
    """The envelope is refused and the device holds exactly what it held."""
    before = state(device)
    with pytest.raises(KingfisherError) as caught:
        device.peek(peer, wire)
    assert not isinstance(caught.value, Broken)
    assert state(device) == before
    return caught.value


def test_the_first_message_opens_and_brings_lists_and_an_epoch():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wire = alice.seal(bob, b"good morning")
    opened = bob.open(alice, wire)
    assert (opened.payload, opened.message_id) == (b"good morning", wire.message_id)
    assert opened.lists == Lists(alice.list, bob.list)
    assert opened.installed
    assert not opened.restarted
    assert not opened.confirmed
    assert bob.pair(alice).need(time.at) is pairs.Need.NOTHING


def test_an_envelope_is_opened_once_and_its_copy_changes_nothing():
    alice, bob = meet()
    wire = alice.seal(bob)
    bob.open(alice, wire)
    assert refused(bob, alice, wire).code == "undecryptable"
    assert bob.open(alice, alice.seal(bob, b"next")).payload == b"next"


def test_sizes_come_in_three_buckets_and_tell_no_more():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    first = alice.seal(bob, b"x" * 5000)
    assert len(first.envelope) == 4608
    bob.open(alice, first)
    alice.open(bob, bob.seal(alice))
    assert {len(alice.seal(bob, b"x" * size).envelope) for size in (0, 10, 1000, 30_000)} == {768}
    sizes = {len(alice.seal(bob, b"x" * size).content) for size in range(0, 640, 7)}
    assert sizes == {176, 336, 656}


@pytest.mark.parametrize("size", [0, 1, 159, 160, 319, 320, 40_959, 40_960, envelope.MAX_PAYLOAD])
def test_content_of_every_size_up_to_the_limit(size):
    sender, message_id = Party(bytes(32), bytes(16)), os.urandom(16)
    payload = os.urandom(size)
    content = envelope.seal_content(payload, sender, message_id)
    assert len(content.ciphertext) <= envelope.MAX_CONTENT
    assert envelope.open_content(content.key, content.ciphertext, sender, message_id) == payload


def test_content_above_the_limit_is_refused_on_both_sides():
    with pytest.raises(GiveUp, match="too_large"):
        envelope.seal_content(bytes(envelope.MAX_PAYLOAD + 1), Party(bytes(32), bytes(16)), bytes(16))
    alice, bob = meet()
    wire = alice.seal(bob)
    too_long = Wire(wire.envelope, bytes(envelope.MAX_CONTENT + 1), wire.message_id, b"")
    assert refused(bob, alice, too_long).code == "content"


def test_content_belongs_to_its_sender_device_and_message_id():
    alice, bob = Party(b"a" * 32, b"1" * 16), Party(b"b" * 32, b"1" * 16)
    sibling = Party(alice.account, b"2" * 16)
    content = envelope.seal_content(b"hello", alice, b"m" * 16)
    for party, message_id in ((bob, b"m" * 16), (sibling, b"m" * 16), (alice, b"n" * 16)):
        with pytest.raises(Untrusted, match="content_mismatch"):
            envelope.open_content(content.key, content.ciphertext, party, message_id)


def test_one_content_serves_all_devices():
    time = Time()
    alice, bob, carol = Device("alice", time), Device("bob", time), Device("carol", time)
    tablet = Device("tablet", time, account="alice")
    content = envelope.seal_content(b"to all", alice.party, os.urandom(16))
    wires = [alice.seal(peer, content=content) for peer in (bob, carol, tablet)]
    assert len({wire.envelope for wire in wires}) == 3
    for peer, wire in zip((bob, carol, tablet), wires, strict=True):
        assert peer.open(alice, wire).payload == b"to all"


def test_an_envelope_for_one_device_is_nothing_to_another():
    time = Time()
    alice, bob, carol = Device("alice", time), Device("bob", time), Device("carol", time)
    wire = alice.seal(bob)
    assert refused(carol, alice, wire).code == "undecryptable"
    assert refused(bob, carol, wire).code == "undecryptable"
    assert bob.open(alice, wire).payload == b"hello"


def test_the_same_olm_keys_under_another_name_are_refused():
    """Olm binds two Curve25519 keys; whoever lists another's key as their own must gain nothing by it."""
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wire = alice.seal(bob)
    for account, device in ((b"e" * 32, alice.party.device), (alice.party.account, b"e" * 16)):
        impostor = pairs.new(Party(account, device), alice.keys.curve25519)
        with pytest.raises(Untrusted, match="wrong_names"):
            envelope.open(impostor, bob.keys, wire.envelope, wire.content, now=time.at, check=alice.check)
    misled = msgspec.structs.replace(bob.keys, me=Party(b"e" * 32, bob.party.device))
    with pytest.raises(Untrusted, match="wrong_names"):
        envelope.open(bob.pair(alice), misled, wire.envelope, wire.content, now=time.at, check=alice.check)
    assert bob.open(alice, wire).payload == b"hello"


def test_lists_are_handed_over_unjudged():
    alice, bob = meet()
    alice.list = ListHead(3, 77, b"z" * 32)
    assert bob.open(alice, alice.seal(bob)).lists.sender == alice.list


@settings(deadline=None, max_examples=examples(60))
@given(data=st.data())
def test_no_byte_of_a_first_envelope_can_be_changed(data):
    alice, bob, wire = _first()
    at = data.draw(st.integers(0, len(wire.envelope) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = bytearray(wire.envelope)
    changed[at] ^= flip
    refused(bob, alice, Wire(bytes(changed), wire.content, wire.message_id, b""))
    assert bob.peek(alice, wire).payload == b"hello"


_CACHE: list[tuple[Device, Device, Wire]] = []


def _first() -> tuple[Device, Device, Wire]:
    if not _CACHE:
        time = Time()
        alice, bob = Device("alice", time), Device("bob", time)
        _CACHE.append((alice, bob, alice.seal(bob)))
    return _CACHE[0]


def test_no_byte_of_a_running_envelope_can_be_changed():
    alice, bob = meet()
    wire = alice.seal(bob)
    for at in range(len(wire.envelope)):
        changed = bytearray(wire.envelope)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(KingfisherError) as caught:
            bob.peek(alice, Wire(bytes(changed), wire.content, wire.message_id, b""))
        assert not isinstance(caught.value, Broken)
    assert bob.open(alice, wire).payload == b"hello"


def test_no_byte_of_the_content_can_be_changed():
    alice, bob = meet()
    wire = alice.seal(bob)
    for at in range(len(wire.content)):
        changed = bytearray(wire.content)
        changed[at] ^= 0x80
        with pytest.raises(Untrusted, match="content_mismatch"):
            bob.peek(alice, Wire(wire.envelope, bytes(changed), wire.message_id, b""))
    assert bob.open(alice, wire).payload == b"hello"


@settings(deadline=None, max_examples=examples(80))
@given(st.binary(max_size=5000))
def test_bytes_that_are_no_envelope_are_refused(data):
    alice, bob, _ = _first()
    with pytest.raises((Malformed, Untrusted, GiveUp)):
        bob.peek(alice, Wire(data, b"x" * 176, bytes(16), b""))
    framed = (b"\x01\x00\x02\x00\x00\x00" + data)[:768].ljust(768, b"\0")
    with pytest.raises((Malformed, Untrusted, GiveUp)):
        bob.peek(alice, Wire(framed, b"x" * 176, bytes(16), b""))


def test_truncated_and_longer_envelopes_are_refused():
    alice, bob = meet()
    wire = alice.seal(bob)
    for envelope_bytes in (wire.envelope[:-1], wire.envelope + b"\0", wire.envelope[:48], b"", wire.envelope * 2):
        assert refused(bob, alice, Wire(envelope_bytes, wire.content, wire.message_id, b"")).code == "envelope"
    later = b"\x02" + wire.envelope[1:]
    assert refused(bob, alice, Wire(later, wire.content, wire.message_id, b"")).code == "unknown_version"


def test_the_content_of_another_message_is_refused():
    alice, bob = meet()
    one, two = alice.seal(bob, b"one"), alice.seal(bob, b"two")
    swapped = Wire(one.envelope, two.content, one.message_id, b"")
    assert refused(bob, alice, swapped).code == "content_mismatch"


def test_two_contents_under_one_key_cannot_be_exchanged():
    """A sender who gives the relay two ciphertexts for one envelope cannot show two people different words."""
    alice, bob = meet()
    content = envelope.seal_content(b"yes", alice.party, b"m" * 16)
    aad = envelope._content_aad(alice.party, b"m" * 16)
    other = primitives.encrypt(content.key, primitives.pad(b"no", 160), aad)
    assert envelope.open_content(content.key, other, alice.party, b"m" * 16) == b"no"
    wire = alice.seal(bob, content=content)
    assert refused(bob, alice, Wire(wire.envelope, other, wire.message_id, b"")).code == "content_mismatch"


def test_the_wrap_depends_on_both_secrets_and_on_everything_agreed_upon():
    whole = [b"k" * 32, b"s" * 32, b"names", b"head", b"plaintext", b"body", b"ciphertext"]
    keys = {envelope._wrap_key(*whole)}
    for at in range(len(whole)):
        changed = list(whole)
        changed[at] = changed[at][:-1] + b"?"
        keys.add(envelope._wrap_key(*changed))
    assert len(keys) == 1 + len(whole)


def test_a_blob_that_opens_under_two_keys_shows_one_thing_to_all(monkeypatch):
    """XChaCha20-Poly1305 does not commit to its key; the commitment in each envelope does."""
    alice, bob = meet()
    monkeypatch.setattr(envelope, "_commitment", lambda key, content: primitives.sha256(b"another key" + content))
    wire = alice.seal(bob)
    monkeypatch.undo()
    assert refused(bob, alice, wire).code == "content_mismatch"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sender", Party(b"e" * 32, b"e" * 16), "wrong_names"),
        ("recipient", Party(b"e" * 32, b"e" * 16), "wrong_names"),
        ("content", b"e" * 32, "content_mismatch"),
        ("commitment", b"e" * 32, "content_mismatch"),
        ("message_id", b"e" * 16, "content_mismatch"),
        ("ciphertext", b"e" * 32, "epoch_tampered"),
        ("epoch", b"e" * 32, "unknown_epoch"),
        ("k_olm", b"e" * 32, "tampered"),
    ],
)
def test_every_field_an_authenticated_peer_could_lie_about_is_checked(monkeypatch, field, value, code):
    alice, bob = meet()
    build = envelope._letter

    def lie(*args):
        letter, ciphertext = build(*args)
        lying = msgspec.structs.replace(letter, **{field: value})
        if field == "k_olm":  # the key that wraps is not the one Olm carries
            monkeypatch.setattr(envelope, "_encode", lambda _: msgspec.msgpack.encode(lying))
            return letter, ciphertext
        return lying, ciphertext

    monkeypatch.setattr(envelope, "_letter", lie)
    wire = alice.seal(bob)
    monkeypatch.undo()
    assert refused(bob, alice, wire).code == code
    assert bob.open(alice, alice.seal(bob, b"next")).payload == b"next"


def test_an_olm_plaintext_that_is_no_letter_is_refused(monkeypatch):
    alice, bob = meet()
    for plaintext in (b"", b"\xc0", b"\x90", os.urandom(300)):
        monkeypatch.setattr(envelope, "_encode", lambda _, plaintext=plaintext: plaintext)
        wire = alice.seal(bob)
        monkeypatch.undo()
        assert refused(bob, alice, wire).code == "letter"


def test_there_is_no_way_without_the_post_quantum_part():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    whole = bob.bundle()
    before = state(alice)
    with pytest.raises(GiveUp, match="pq_missing"):
        alice.seal(bob, bundle=Bundle(whole.olm, None))
    with pytest.raises(GiveUp, match="no_session"):
        alice.seal(bob, bundle=Bundle(None, whole.pq))
    old = msgspec.structs.replace(whole.olm, expires=time.at - 1)
    with pytest.raises(GiveUp, match="no_session"):
        alice.seal(bob, bundle=Bundle(old, whole.pq))
    expired = msgspec.structs.replace(whole.pq, expires=time.at - 1)
    with pytest.raises(GiveUp, match="pq_missing"):
        alice.seal(bob, bundle=Bundle(whole.olm, expired))
    assert state(alice) == before
    assert alice.pair(bob).need(time.at) is pairs.Need.REQUIRED


def test_keys_without_contribution_are_refused():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    good = bob.bundle()
    for low in (bytes(32), b"\x01" + bytes(31)):
        with pytest.raises(Untrusted, match="bad_key"):
            alice.seal(bob, bundle=Bundle(msgspec.structs.replace(good.olm, public=low), good.pq))
        bad = msgspec.structs.replace(good.pq, public=good.pq.public[:1184] + low)
        with pytest.raises(Untrusted, match="bad_key"):
            alice.seal(bob, bundle=Bundle(good.olm, bad))
    assert bob.open(alice, alice.seal(bob, bundle=good)).payload == b"hello"


def test_a_state_that_has_sealed_cannot_seal_again():
    alice, bob = meet()
    old = alice.pair(bob)
    alice.seal(bob)
    content = envelope.seal_content(b"again", alice.party, os.urandom(16))
    with pytest.raises(Broken, match="stale_pair"):
        envelope.seal(old, alice.keys, content, Lists(alice.list, bob.list), now=alice.time.at, sign=alice.sign)


def test_going_back_before_a_received_message_costs_no_key():
    """Rollback: the value before ``open`` works on, the one after it may not seal once the first has."""
    alice, bob = meet()
    wire = alice.seal(bob, b"held back")
    before = bob.pair(alice)
    after = bob.peek(alice, wire).pair
    reply = bob.seal(alice, b"reply from before")
    assert bob.pair(alice) is not before
    content = envelope.seal_content(b"fork", bob.party, os.urandom(16))
    with pytest.raises(Broken, match="stale_pair"):
        envelope.seal(after, bob.keys, content, Lists(bob.list, alice.list), now=bob.time.at, sign=bob.sign)
    assert alice.open(bob, reply).payload == b"reply from before"
    assert bob.open(alice, wire).payload == b"held back"


def test_rolling_back_a_first_message_keeps_the_one_time_keys():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wire = alice.seal(bob)
    assert bob.peek(alice, wire).payload == b"hello"
    assert bob.peek(alice, wire).payload == b"hello"
    bob.open(alice, wire)
    assert refused(bob, alice, wire).code == "undecryptable"


def test_a_first_message_on_the_fallback_key_makes_one_session_only():
    """libolm and vodozemac both open it again and again; we look its session up first."""
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wire = alice.seal(bob, bundle=bob.bundle(one_time=False))
    bob.open(alice, wire)
    assert refused(bob, alice, wire).code == "undecryptable"
    del bob.pairs[alice.party]
    assert refused(bob, alice, wire).code == "replayed"
    bob.reload()
    assert refused(bob, alice, wire).code == "replayed"
    for week in (1, 2):
        time.at += 8 * DAY
        bob.keys = bob.keys.rotate(time.at, time.at)
        assert bob.keys.generation == week
        if week == 1:  # the key it used still lives
            assert refused(bob, alice, wire).code == "replayed"
    assert not bob.keys.accepted
    assert refused(bob, alice, wire).code == "undecryptable"


def test_several_messages_before_the_answer_open_in_any_order():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wires = [alice.seal(bob, bytes([n])) for n in range(12)]
    for n in (3, 11, 0, 7, 1, 2, 4, 5, 6, 8, 9, 10):
        assert bob.open(alice, wires[n]).payload == bytes([n])
    assert len(bob.pair(alice).sessions) == 1


def test_both_write_first_at_once():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    one, two = alice.seal(bob, b"one"), bob.seal(alice, b"two")
    assert bob.open(alice, one).payload == b"one"
    assert alice.open(bob, two).payload == b"two"
    for n in range(6):
        assert bob.open(alice, alice.seal(bob, bytes([n]))).payload == bytes([n])
        assert alice.open(bob, bob.seal(alice, bytes([n]))).payload == bytes([n])
    assert len(alice.pair(bob).sessions) == len(bob.pair(alice).sessions) == 2
    chosen = alice.pair(bob).sessions[0].session.id
    assert chosen == bob.pair(alice).sessions[0].session.id


def test_at_most_four_sessions_the_latest_received_first():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wires = []
    for n in range(6):
        wires.append(alice.seal(bob, bytes([n]), reset=True))
    for wire in wires:
        bob.open(alice, wire)
    pair = bob.pair(alice)
    assert len(pair.sessions) == pairs.MAX_SESSIONS
    assert pair.sessions[0].session.id == alice.pair(bob).sessions[0].session.id
    used = [held.used for held in pair.sessions]
    assert used == sorted(used, reverse=True)
    assert refused(bob, alice, wires[0]).code == "replayed"


def test_sessions_received_at_the_same_time_go_by_their_id():
    same = [pairs.Held(olm.Session(bytes([n]) * 32, None, "pickle", b""), 5) for n in (3, 1, 2)]
    ordered: tuple[pairs.Held, ...] = ()
    for held in same:
        ordered = pairs.with_session(ordered, held)
    assert [held.session.id[0] for held in ordered] == [1, 2, 3]


def test_a_clock_that_goes_back_does_not_lose_the_newest_session():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    for _ in range(5):
        bob.open(alice, alice.seal(bob, reset=True))
    time.at -= 3 * DAY
    bob.open(alice, alice.seal(bob, reset=True))
    newest = alice.pair(bob).sessions[0].session.id
    held = {one.session.id: one.used for one in bob.pair(alice).sessions}
    assert held[newest] == max(held.values())
    assert bob.open(alice, alice.seal(bob, b"next")).payload == b"next"


def test_a_restored_older_state_gets_nothing_accepted_twice():
    """The store commits before anything leaves; should an old copy come back all the same, what it seals is refused."""
    alice, bob = meet()
    old = alice.pair(bob).dump()
    bob.open(alice, alice.seal(bob, b"one"))
    alice.pairs[bob.party] = pairs.load(old)
    assert refused(bob, alice, alice.seal(bob, b"two")).code in ("undecryptable", "replayed")


def test_messages_are_deniable_only_keys_are_signed():
    alice, bob = meet()
    signed: list[object] = []
    honest = alice.sign
    alice.sign = lambda key: signed.append(key) or honest(key)
    for _ in range(60):
        bob.open(alice, alice.seal(bob))
    assert [key.kind for key in signed] == [Kind.PQ_IN_BAND]


def test_a_batch_from_many_peers_goes_on_past_a_bad_message_and_is_stored_once():
    time = Time()
    bob = Device("bob", time)
    peers = [Device(f"peer {n}", time) for n in range(12)]
    wires = [(peer, peer.seal(bob, bytes([n]))) for n in range(15) for peer in peers]
    spoilt = {7, 50, 51, 120}
    read = 0
    for n, (peer, wire) in enumerate(wires):
        if n in spoilt:
            bad = Wire(wire.envelope[:300] + b"\xff\xfe" + wire.envelope[302:], wire.content, wire.message_id, b"")
            assert refused(bob, peer, bad).code
        read += bob.open(peer, wire).payload == wire.payload
    assert read == len(wires)
    bob.reload()
    for peer in peers:
        assert peer.open(bob, bob.seal(peer, b"answer")).payload == b"answer"


def test_states_survive_storing_and_loading():
    alice, bob = meet()
    wires = [alice.seal(bob, bytes([n])) for n in range(4)]
    bob.open(alice, wires[2])
    alice.reload()
    bob.reload()
    for n in (0, 3, 1):
        bob.open(alice, wires[n])
        bob.reload()
    assert alice.open(bob, bob.seal(alice, b"back")).payload == b"back"


def test_a_stored_state_shows_nothing_of_what_stayed_equal():
    alice, bob = meet()
    one = alice.pair(bob).sessions[0].session.dump()
    alice.seal(bob)
    two = alice.pair(bob).sessions[0].session.dump()
    assert one[1] != two[1]
    assert sum(a == b for a, b in zip(one[0], two[0], strict=False)) < len(two[0]) / 8
    assert alice.pair(bob).sessions[0].session.dump() == two


def test_damaged_states_are_told_apart_from_hostile_ones():
    alice, _ = meet()
    for load, data in ((own.load, alice.keys.dump()), (pairs.load, next(iter(alice.pairs.values())).dump())):
        for damaged in (b"", data[:-1], data + b"\0", b"\xc0", data.replace(b"\x01", b"\x02", 1)):
            with pytest.raises(Broken, match="damaged_state"):
                load(damaged)


def test_an_offer_that_does_not_fit_is_our_own_bug():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    alice.sign = lambda key: bytes(envelope.MAX_OFFER + 1)
    with pytest.raises(Broken, match="envelope_too_large"):
        alice.seal(bob)
    alice.sign = lambda key: bytes(envelope.MAX_OFFER)
    assert len(alice.seal(bob).envelope) == 4608


def test_an_in_band_key_with_a_wrong_signature_refuses_the_envelope():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    honest = alice.sign
    alice.sign = lambda key: honest(key)[:-1] + bytes([honest(key)[-1] ^ 1])
    assert refused(bob, alice, alice.seal(bob)).code == "bad_signature"


def test_an_in_band_key_of_another_kind_is_refused():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    honest = alice.sign
    alice.sign = lambda key: honest(msgspec.structs.replace(key, kind=pairs.parties.Kind.PQ_ONE_TIME))
    assert refused(bob, alice, alice.seal(bob)).code == "bad_key"


def test_an_envelope_that_lay_longer_than_its_in_band_key_lives_still_opens():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wire = alice.seal(bob)
    time.at += own.KEY_LIFE + DAY
    assert bob.open(alice, wire).payload == b"hello"
    assert bob.pair(alice).need(time.at) is pairs.Need.REQUIRED
