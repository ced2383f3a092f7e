"""Post-quantum epochs: when they start, how they are confirmed, lost, replaced, and which keys can never come again."""

import hashlib
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.common.errors import GiveUp, KingfisherError, Untrusted
from app.crypto import envelope, own, pairs, parties, pq, primitives
from app.crypto.parties import Bundle, Kind, PublicKey
from tests.crypto.duo import DAY, Device, Time, Wire, meet, state
from tests.parts.examples import examples


def carries_epoch(wire: Wire) -> bool:
    return wire.envelope[4:6] != b"\0\0"


def test_the_start_is_repeated_until_its_full_hash_comes_back():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    wires = [alice.seal(bob) for _ in range(5)]
    assert all(carries_epoch(wire) for wire in wires)
    assert len({alice.pair(bob).sending.id}) == 1
    opened = [bob.open(alice, wire) for wire in reversed(wires)]
    assert [one.installed for one in opened] == [True, False, False, False, False]
    answer = alice.open(bob, bob.seal(alice))
    assert answer.confirmed
    after = alice.seal(bob)
    assert not carries_epoch(after)
    bob.open(alice, after)
    assert bob.pair(alice).confirm == alice.pair(bob).sending.id


def test_a_confirmation_is_owed_while_the_start_comes_and_nothing_has_named_it():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    assert not alice.pair(bob).owes
    first, second = alice.seal(bob), alice.seal(bob)
    assert bob.open(alice, first).repeated
    assert bob.pair(alice).owes
    assert pairs.load(bob.pair(alice).dump()).owes
    answer = bob.seal(alice)
    assert not bob.pair(alice).owes
    # What was under way says it once more: for all Bob knows, his answer was lost.
    assert bob.open(alice, second).repeated
    assert bob.pair(alice).owes
    alice.open(bob, answer)
    assert not bob.open(alice, alice.seal(bob)).repeated
    bob.seal(alice)
    assert not bob.pair(alice).owes


def test_a_pair_stored_before_there_was_anything_to_owe():
    alice, bob = meet()
    stored = msgspec.msgpack.decode(bob.pair(alice).dump())
    before = pairs.load(msgspec.msgpack.encode(stored[:-1]))
    assert not before.owes
    assert before.dump() == msgspec.msgpack.encode([*stored[:-1], False])


def test_a_half_right_confirmation_confirms_nothing(monkeypatch):
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    bob.open(alice, alice.seal(bob))
    right = bob.pair(alice).confirm
    bob.pairs[alice.party] = msgspec.structs.replace(bob.pair(alice), confirm=right[:8] + bytes(24))
    assert not alice.open(bob, bob.seal(alice)).confirmed
    assert carries_epoch(alice.seal(bob))


def test_a_new_epoch_after_fifty_messages_to_the_peers_in_band_key():
    alice, bob = meet()
    first = alice.pair(bob).sending.id
    while alice.pair(bob).sending.index < pq.EPOCH_MESSAGES:
        bob.open(alice, alice.seal(bob))
        assert alice.pair(bob).sending.id == first
    assert alice.pair(bob).need(alice.time.at) is pairs.Need.NOTHING
    before = len(bob.directory)
    offered = {key.key_id for key in bob.pair(alice).offers}
    wire = alice.seal(bob)
    assert alice.pair(bob).sending.id != first
    assert alice.pair(bob).sending.start.key_id in offered
    assert len(bob.directory) == before
    opened = bob.open(alice, wire)
    assert opened.installed
    assert not opened.restarted
    assert bob.pair(alice).offers == ()
    assert alice.pair(bob).peer_key is None


def test_a_new_epoch_after_seven_days():
    alice, bob = meet()
    first = alice.pair(bob).sending.id
    alice.time.at += 7 * DAY
    bob.open(alice, alice.seal(bob))
    assert alice.pair(bob).sending.id != first
    assert alice.pair(bob).sending.number == 1


def test_without_a_peer_key_the_epoch_goes_on_and_a_fetched_one_ends_it():
    alice, bob = meet()
    while alice.pair(bob).peer_key is not None or not alice.pair(bob).sending.due(alice.time.at):
        bob.open(alice, alice.seal(bob))
        alice.open(bob, bob.seal(alice)) if alice.pair(bob).sending.start else None
    running = alice.pair(bob).sending.id
    for _ in range(30):
        assert alice.pair(bob).need(alice.time.at) is pairs.Need.USEFUL
        bob.open(alice, alice.seal(bob))
    assert alice.pair(bob).sending.id == running
    fetched = bob.bundle()
    wire = alice.seal(bob, bundle=Bundle(None, fetched.pq))
    assert alice.pair(bob).sending.start.key_id == fetched.pq.key_id
    assert bob.open(alice, wire).installed


def test_an_unconfirmed_epoch_is_not_followed_by_another():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    for _ in range(70):
        alice.seal(bob)
    assert alice.pair(bob).sending.number == 0
    assert alice.pair(bob).sending.index == 70
    assert alice.pair(bob).need(time.at) is pairs.Need.NOTHING


def test_an_expired_in_band_key_is_not_used():
    alice, bob = meet()
    running = alice.pair(bob).sending.id
    alice.time.at += own.KEY_LIFE + DAY
    assert alice.pair(bob).need(alice.time.at) is pairs.Need.USEFUL
    bob.open(alice, alice.seal(bob))
    assert alice.pair(bob).sending.id == running


def test_one_time_keys_go_when_they_have_opened_and_the_last_resort_stays():
    time = Time()
    alice, bob, carol = Device("alice", time), Device("bob", time), Device("carol", time)
    once, always = bob.bundle(), bob.bundle(one_time=False)
    bob.open(alice, alice.seal(bob, bundle=once))
    assert once.pq.key_id not in bob.keys.pq_keys
    bob.open(carol, carol.seal(bob, bundle=always))
    assert always.pq.key_id in bob.keys.pq_keys


def test_both_directions_have_roots_of_their_own():
    alice, bob = meet()
    to_bob, to_alice = alice.pair(bob).sending, bob.pair(alice).sending
    assert to_bob.id != to_alice.id
    keys = {to_bob.keys.chain, to_bob.keys.ephemeral, to_bob.keys.next_root}
    assert not keys & {to_alice.keys.chain, to_alice.keys.ephemeral, to_alice.keys.next_root}
    assert bob.pair(alice).receiving[0].keys.ephemeral == to_bob.keys.ephemeral


def test_breaking_one_hpke_is_not_enough():
    """Each epoch's keys need the root before it too."""
    alice, bob = meet()
    root = bob.pair(alice).receiving[0].keys.next_root
    secret, epoch = bytes(32), bytes(32)
    known, guessed = pq._split(root, secret, epoch), pq._split(bytes(32), secret, epoch)
    assert not {known.chain, known.ephemeral, known.next_root} & {guessed.chain, guessed.ephemeral, guessed.next_root}


def test_a_stolen_state_holds_nothing_that_opens_earlier_messages(monkeypatch):
    alice, bob = meet()
    _new_epoch(alice, bob)
    seen: list[bytes] = []
    take, split = pq.key_at, pq._split
    starts: list[bytes] = []

    def watch_split(*args):
        keys = split(*args)
        starts.append(keys.chain)
        return keys

    def watch(epoch, index):
        after, key = take(epoch, index)
        seen.append(key)
        return after, key

    monkeypatch.setattr(pq, "_split", watch_split)
    _new_epoch(alice, bob)
    monkeypatch.setattr(pq, "key_at", watch)
    for _ in range(20):
        bob.open(alice, alice.seal(bob))
    assert len(seen) == 20
    assert len(starts) >= 2
    for epoch in bob.pair(alice).receiving:
        for name in msgspec.structs.asdict(epoch.keys).values():
            assert primitives.hkdf(name, b"kf/pq/chain/1") not in starts
            assert name not in starts
    stored = bob.pair(alice).dump()
    assert not any(key in stored for key in seen)
    chain = bob.pair(alice).receiving[0].keys.chain
    later = []
    for _ in range(50):
        key, chain = pq._step(chain)
        later.append(key)
    assert not set(seen) & set(later)


def test_three_epochs_are_kept_and_a_later_straggler_is_told_apart():
    alice, bob = meet()
    stragglers = []
    for _ in range(4):
        stragglers.append(alice.seal(bob, b"late"))
        _new_epoch(alice, bob)
    assert len(bob.pair(alice).receiving) == 1 + pq.OLD_EPOCHS
    for wire in stragglers[2:]:
        assert bob.open(alice, wire).payload == b"late"
    before = state(bob)
    for wire in stragglers[:2]:
        with pytest.raises(GiveUp, match="epoch_gone"):
            bob.peek(alice, wire)
    assert state(bob) == before


def _new_epoch(alice: Device, bob: Device) -> None:
    """The next epoch of Alice's direction, confirmed; a fetched key stands for Bob's week."""
    alice.time.at += 7 * DAY
    fresh = own.private_key(Kind.PQ_ONE_TIME, alice.time.at)
    bob.keys = msgspec.structs.replace(bob.keys, pq_keys={**bob.keys.pq_keys, fresh.key_id: fresh})
    number = alice.pair(bob).sending.number
    bob.open(alice, alice.seal(bob, bundle=Bundle(None, fresh.public())))
    assert alice.pair(bob).sending.number == number + 1
    alice.open(bob, bob.seal(alice))
    assert alice.pair(bob).sending.start is None


def test_a_retired_epoch_cannot_be_planted_again():
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    late = alice.seal(bob, bundle=bob.bundle(one_time=False))
    bob.open(alice, alice.seal(bob, b"second"))
    alice.open(bob, bob.seal(alice))
    for _ in range(3):
        _new_epoch(alice, bob)
    with pytest.raises(GiveUp, match="epoch_gone"):
        bob.peek(alice, late)


def test_an_unknown_epoch_is_told_and_a_reset_heals_it():
    alice, bob = meet()
    bob.pairs[alice.party] = msgspec.structs.replace(bob.pair(alice), receiving=(), confirm=b"")
    lost = alice.seal(bob, b"lost")
    before = state(bob)
    with pytest.raises(GiveUp, match="unknown_epoch"):
        bob.peek(alice, lost)
    assert state(bob) == before

    asked = alice.open(bob, bob.seal(alice, b"please start anew", reset=True))
    assert asked.reset_asked
    assert asked.restarted
    assert alice.pair(bob).need(alice.time.at) is pairs.Need.NOTHING
    answer = bob.open(alice, alice.seal(bob, b"anew"))
    assert answer.payload == b"anew"
    assert answer.installed
    assert not answer.reset_asked
    assert alice.pair(bob).sending.number == 0
    assert alice.open(bob, bob.seal(alice)).confirmed
    assert bob.open(alice, alice.seal(bob)).installed is False


def test_a_device_that_lost_everything_about_a_peer_heals_by_one_reset():
    alice, bob = meet()
    del bob.pairs[alice.party]
    with pytest.raises(Untrusted, match="undecryptable"):
        bob.peek(alice, alice.seal(bob))
    assert alice.open(bob, bob.seal(alice, b"reset", reset=True)).payload == b"reset"
    for n in range(5):
        assert bob.open(alice, alice.seal(bob, bytes([n]))).payload == bytes([n])
        assert alice.open(bob, bob.seal(alice, bytes([n]))).payload == bytes([n])


def test_both_have_lost_everything_and_ask_at_once():
    alice, bob = meet()
    alice.pairs.clear()
    bob.pairs.clear()
    one, two = alice.seal(bob, b"one", reset=True), bob.seal(alice, b"two", reset=True)
    assert bob.open(alice, one).reset_asked
    assert alice.open(bob, two).reset_asked
    for n in range(5):
        assert bob.open(alice, alice.seal(bob, bytes([n]))).payload == bytes([n])
        assert alice.open(bob, bob.seal(alice, bytes([n]))).payload == bytes([n])
    assert alice.pair(bob).sending.start is bob.pair(alice).sending.start is None


def test_a_reset_needs_a_published_key_and_never_takes_the_in_band_one():
    alice, bob = meet()
    assert alice.pair(bob).peer_key is not None
    with pytest.raises(GiveUp, match="pq_missing"):
        alice.seal(bob, bundle=Bundle(bob.bundle().olm, None), reset=True)
    fetched = bob.bundle()
    alice.seal(bob, bundle=fetched, reset=True)
    assert alice.pair(bob).sending.start.key_id == fetched.pq.key_id
    assert alice.pair(bob).peer_key is None


def test_messages_under_way_during_a_reset_still_open():
    alice, bob = meet()
    under_way = [alice.seal(bob, bytes([n])) for n in range(3)]
    alice.open(bob, bob.seal(alice, reset=True))
    after = alice.seal(bob, b"after")
    assert bob.open(alice, after).payload == b"after"
    assert [bob.open(alice, wire).payload for wire in under_way] == [b"\0", b"\1", b"\2"]


def test_an_epoch_planted_by_a_stranger_is_not_installed():
    """HPKE base mode authenticates nobody: only what Olm has carried counts."""
    alice, bob = meet()
    key = bob.bundle(one_time=False).pq
    names = parties.names(alice.party, bob.party)
    planted = pq.start(None, key, names, alice.time.at, b"offer").start.ciphertext
    wire = alice.seal(bob)
    head = envelope._HEAD.unpack(wire.envelope[:6])
    body = wire.envelope[6 : 6 + head[2]]
    wrap = wire.envelope[6 + head[2] : 6 + head[2] + 48]
    forged = envelope._HEAD.pack(*head[:3], len(planted)) + body + planted + wrap
    before = state(bob)
    with pytest.raises(Untrusted, match="epoch_tampered"):
        bob.peek(alice, Wire(forged.ljust(2048, b"\0"), wire.content, wire.message_id, b""))
    assert state(bob) == before


def test_an_epoch_named_beside_the_ciphertext_of_another_is_refused(monkeypatch):
    alice, bob = meet()
    known = alice.pair(bob).sending.id
    alice.time.at += 7 * DAY
    build = envelope._letter

    def lie(*args):
        letter, ciphertext = build(*args)
        return msgspec.structs.replace(letter, epoch=known), ciphertext

    monkeypatch.setattr(envelope, "_letter", lie)
    wire = alice.seal(bob)
    assert carries_epoch(wire)
    with pytest.raises(Untrusted, match="epoch_tampered"):
        bob.peek(alice, wire)


def test_a_restart_that_comes_too_late_leaves_no_key_from_before_the_loss():
    alice, bob = meet()
    assert alice.pair(bob).peer_key is not None
    late = bob.seal(alice, reset=True)
    alice.time.at += own.KEY_LIFE + DAY
    assert alice.open(bob, late).restarted
    assert alice.pair(bob).peer_key is None
    assert alice.pair(bob).need(alice.time.at) is pairs.Need.REQUIRED


def test_offers_that_nobody_takes_do_not_pile_up():
    alice, bob = meet()
    for _ in range(6):
        alice.seal(bob, reset=True)
    assert len(alice.pair(bob).offers) == pairs.MAX_OFFERS


def test_an_epoch_is_bound_to_both_devices_its_key_its_number_and_its_forerunner():
    seed = pq.new_seed()
    key = PublicKey(Kind.PQ_ONE_TIME, b"k" * 8, pq.public_of(seed), 0, 1)
    first = pq.start(None, key, b"names", 0, b"")
    second = pq.start(first, key, b"names", 0, b"")
    one = pq.install((), first.start.ciphertext, seed, key.key_id, 0, b"", b"names")
    assert pq.install((one,), second.start.ciphertext, seed, key.key_id, 1, first.id, b"names").id == second.id
    for names, key_id, number, previous in (
        (b"other", key.key_id, 1, first.id),
        (b"names", b"o" * 8, 1, first.id),
        (b"names", key.key_id, 0, b""),
        (b"names", key.key_id, 2, first.id),
    ):
        with pytest.raises(Untrusted, match="epoch_tampered"):
            pq.install((one,), second.start.ciphertext, seed, key_id, number, previous, names)
    numbered = pq.hpke_seal(key.public, pq._info(b"names", key.key_id, 1, b""), bytes(32))
    with pytest.raises(Untrusted, match="epoch_tampered"):
        pq.install((), numbered, seed, key.key_id, 1, b"", b"names")
    with pytest.raises(GiveUp, match="unknown_epoch"):
        pq.install((), second.start.ciphertext, seed, key.key_id, 1, first.id, b"names")


def _chains() -> tuple[pq.Sending, pq.Receiving]:
    keys = pq.Keys(b"c" * 32, b"e" * 32, b"r" * 32)
    return pq.Sending(b"i" * 32, 0, 0, 0, keys, None), pq.Receiving(b"i" * 32, 0, 0, keys, {})


@settings(deadline=None, max_examples=examples(50))
@given(st.permutations(range(40)), st.integers(0, 40))
def test_any_order_gives_the_senders_keys_and_each_only_once(order, cut):
    sending, receiving = _chains()
    keys = []
    for _ in range(40):
        sending, key = pq.next_key(sending)
        keys.append(key)
    for index in order[:cut]:
        receiving, key = pq.key_at(receiving, index)
        assert key == keys[index]
        with pytest.raises(Untrusted, match="replayed"):
            pq.key_at(receiving, index)
    assert receiving.index == max(order[:cut], default=-1) + 1
    assert set(receiving.skipped) == set(range(receiving.index)) - set(order[:cut])


def test_the_window_is_bounded_both_ways():
    _, receiving = _chains()
    with pytest.raises(GiveUp, match="index_out_of_window"):
        pq.key_at(receiving, pq.MAX_GAP + 1)
    far, _ = pq.key_at(receiving, pq.MAX_GAP)
    kept, _ = pq.keep((), far)
    assert len(kept[0].skipped) == pq.MAX_SKIPPED
    assert min(kept[0].skipped) == pq.MAX_GAP - pq.MAX_SKIPPED
    with pytest.raises(Untrusted, match="replayed"):
        pq.key_at(kept[0], 0)


def test_skipped_keys_of_old_epochs_go_first():
    _, receiving = _chains()
    known: tuple[pq.Receiving, ...] = ()
    for name in (b"a", b"b", b"c"):
        epoch = msgspec.structs.replace(receiving, id=name * 32)
        known, _ = pq.keep(known, pq.key_at(epoch, 120)[0])
    assert [len(epoch.skipped) for epoch in known] == [120, 120, 16]
    known, gone = pq.keep(known, msgspec.structs.replace(receiving, id=b"d" * 32))
    assert gone == (b"a" * 32,)


def test_a_bad_wrap_far_ahead_moves_no_chain():
    """The relay cannot reach the index; a peer who lies about it leaves the state as it was."""
    alice, bob = meet()
    pair = alice.pair(bob)
    ahead = msgspec.structs.replace(pair.sending, index=900)
    alice.pairs[bob.party] = msgspec.structs.replace(pair, sending=ahead, peer_key=None)
    wire = alice.seal(bob)
    before = state(bob)
    with pytest.raises(Untrusted, match="tampered"):
        bob.peek(alice, wire)
    assert state(bob) == before


def test_no_message_key_and_no_index_is_used_twice_in_a_thousand_interleaved_messages(monkeypatch):
    """One ratchet, two conversations, both directions, random order of arrival within a window."""
    alice, bob = meet()
    dice = random.Random(7)
    pq_keys: list[bytes] = []
    letters: list[tuple[bytes, int]] = []
    wraps: list[bytes] = []
    next_key, wrap_key, build = pq.next_key, envelope._wrap_key, envelope._letter

    def watch_next(sending):
        after, key = next_key(sending)
        pq_keys.append(key)
        return after, key

    def watch_letter(*args):
        letter, ciphertext = build(*args)
        letters.append((letter.epoch, letter.index))
        return letter, ciphertext

    monkeypatch.setattr(pq, "next_key", watch_next)
    monkeypatch.setattr(envelope, "_letter", watch_letter)
    waiting: dict[str, list[Wire]] = {"alice": [], "bob": []}
    opened: dict[str, list[bytes]] = {"alice": [], "bob": []}
    sent: dict[str, list[bytes]] = {"alice": [], "bob": []}
    bodies: set[bytes] = set()
    for n in range(1000):
        source, target = (alice, bob) if dice.random() < 0.6 else (bob, alice)
        payload = f"conversation {n % 2}, message {n}".encode()
        wire = source.seal(target, payload)
        bodies.add(hashlib.sha256(wire.envelope).digest())
        sent[target.name].append(payload)
        queue = waiting[target.name]
        queue.append(wire)
        while len(queue) > 12:
            opened[target.name].append(target.open(source, queue.pop(dice.randrange(6))).payload)
        if n % 97 == 0:
            source.reload()
    monkeypatch.setattr(envelope, "_wrap_key", lambda *args: wraps.append(wrap_key(*args)) or wraps[-1])
    for source, target in ((alice, bob), (bob, alice)):
        opened[target.name] += [target.open(source, wire).payload for wire in waiting[target.name]]
        assert sorted(opened[target.name]) == sorted(sent[target.name])
    assert len(pq_keys) == len(set(pq_keys)) == 1000
    assert len(letters) == len(set(letters)) == 1000
    assert len(bodies) == 1000
    assert len(wraps) == len(set(wraps))
    assert len({epoch for epoch, _ in letters}) > 4


class TwoDevices(RuleBasedStateMachine):
    """Two devices, a wire that keeps, doubles, drops and exchanges; stores that lose an epoch; clocks that jump."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.devices = [Device("alice", self.time), Device("bob", self.time)]
        self.wires: list[list[Wire]] = [[], []]  # to Alice, to Bob
        self.read: list[set[bytes]] = [set(), set()]
        self.indices: list[set[tuple[bytes, int]]] = [set(), set()]

    @initialize()
    def begin(self) -> None:
        self.send(0, False)

    @rule(to=st.integers(0, 1), reset=st.booleans())
    def send(self, to: int, reset: bool) -> None:
        source, target = self.devices[1 - to], self.devices[to]
        reset = reset and self.time.at % 5 == 0
        need = source.pair(target).need(self.time.at + 1)
        bundle = self.bundle(target) if reset or need is not pairs.Need.NOTHING else None
        wire = source.seal(target, self.time.at.to_bytes(8, "big"), bundle=bundle, reset=reset)
        sending = source.pair(target).sending
        mark = (sending.id, sending.index - 1)
        assert mark not in self.indices[to]
        self.indices[to].add(mark)
        self.wires[to].append(wire)

    def bundle(self, target: Device) -> Bundle:
        """Half of the time the one-time keys are used up."""
        target.keys = target.keys.rotate(self.time.at, self.time.at)
        if sum(key.valid(self.time.at) for key in target.directory) < 6:
            target.keys = target.keys.add_one_time(self.time.at, classical=3, post_quantum=3)
        fresh = target.keys.publishable()
        target.keys = target.keys.published({key.key_id for key in fresh})
        target.directory = [key for key in (*target.directory, *fresh) if key.valid(self.time.at)]
        return target.bundle(one_time=self.time.at % 2 == 0)

    @rule(to=st.integers(0, 1), data=st.data())
    def receive(self, to: int, data: st.DataObject) -> None:
        """Any of the oldest few, so that Olm's own window of 40 is not what is tested."""
        if self.wires[to]:
            wire = self.wires[to].pop(data.draw(st.integers(0, min(5, len(self.wires[to]) - 1))))
            self.deliver(to, wire)
            if data.draw(st.booleans()):
                self.deliver(to, wire)

    def deliver(self, to: int, wire: Wire) -> None:
        source, target = self.devices[1 - to], self.devices[to]
        before = state(target)
        code = ""
        try:
            opened = target.open(source, wire)
        except KingfisherError as error:
            code = error.code
        if code:
            assert state(target) == before
            assert wire.payload in self.read[to] or code in ("unknown_epoch", "epoch_gone", "replayed")
            return
        assert opened.payload == wire.payload
        assert wire.payload not in self.read[to]
        self.read[to].add(wire.payload)

    @rule(to=st.integers(0, 1), data=st.data())
    def tamper(self, to: int, data: st.DataObject) -> None:
        if self.wires[to]:
            wire = self.wires[to][0]
            changed = bytearray(wire.envelope)
            changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
            before = state(self.devices[to])
            bad = Wire(bytes(changed), wire.content, wire.message_id, b"")
            with pytest.raises(KingfisherError):
                self.devices[to].open(self.devices[1 - to], bad)
            assert state(self.devices[to]) == before

    @rule(to=st.integers(0, 1))
    def drop(self, to: int) -> None:
        if self.wires[to]:
            self.wires[to].pop(0)

    @rule(who=st.integers(0, 1))
    def restart(self, who: int) -> None:
        self.devices[who].reload()

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        self.time.at += days * DAY

    @rule(who=st.integers(0, 1))
    @precondition(lambda self: any(device.pairs for device in self.devices))
    def lose_epochs(self, who: int) -> None:
        """What damage at home would do; the next reset must heal it."""
        device, peer = self.devices[who], self.devices[1 - who]
        if peer.party in device.pairs and self.time.at % 3 == 0:
            lost = msgspec.structs.replace(device.pair(peer), receiving=(), confirm=b"")
            device.pairs[peer.party] = lost

    @invariant()
    def bounded(self) -> None:
        for device in self.devices:
            for pair in device.pairs.values():
                assert len(pair.sessions) <= pairs.MAX_SESSIONS
                assert len(pair.receiving) <= 1 + pq.OLD_EPOCHS
                assert sum(len(epoch.skipped) for epoch in pair.receiving) <= pq.MAX_SKIPPED
                assert len(pair.offers) <= pairs.MAX_OFFERS

    def teardown(self) -> None:
        """Whatever happened, one reset from each side and the two talk again."""
        alice, bob = self.devices
        for source, target in ((alice, bob), (bob, alice)):
            target.open(source, source.seal(target, b"reset", bundle=self.bundle(target), reset=True))
        for _ in range(3):
            for source, target in ((alice, bob), (bob, alice)):
                assert target.open(source, source.seal(target, b"again")).payload == b"again"


TwoDevices.TestCase.settings = settings(deadline=None, max_examples=examples(40), stateful_step_count=30)
TestTwoDevices = TwoDevices.TestCase
