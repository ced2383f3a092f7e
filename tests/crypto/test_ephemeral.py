"""Typing and presence frames: one size, never twice, never across devices, and no ratchet touched."""

import pytest

from app.common.errors import GiveUp, KingfisherError, Untrusted
from app.crypto import ephemeral
from tests.crypto.duo import Device, Time, meet, state


def test_a_frame_arrives_and_touches_no_ratchet():
    alice, bob = meet()
    before = state(alice), state(bob)
    frame = ephemeral.seal(alice.pair(bob), alice.party, b"typing", 5)
    opened = ephemeral.open(bob.pair(alice), bob.party, frame, {})
    assert (opened.payload, opened.counter) == (b"typing", 5)
    assert opened.epoch == alice.pair(bob).sending.id
    assert (state(alice), state(bob)) == before


def test_all_frames_have_one_size_and_no_two_are_equal():
    alice, bob = meet()
    frames = [ephemeral.seal(alice.pair(bob), alice.party, bytes(size), 1) for size in range(ephemeral.MAX_PAYLOAD + 1)]
    assert {len(frame) for frame in frames} == {ephemeral.FRAME_SIZE} == {152}
    again = {ephemeral.seal(alice.pair(bob), alice.party, b"", 1) for _ in range(50)}
    assert len(again) == 50
    with pytest.raises(GiveUp, match="too_large"):
        ephemeral.seal(alice.pair(bob), alice.party, bytes(ephemeral.MAX_PAYLOAD + 1), 1)


def test_the_counter_must_rise_within_an_epoch():
    alice, bob = meet()
    last: dict[bytes, int] = {}
    for counter, fresh in ((10, True), (10, False), (9, False), (11, True), (0, False), (2**60, True)):
        frame = ephemeral.seal(alice.pair(bob), alice.party, b"", counter)
        if fresh:
            opened = ephemeral.open(bob.pair(alice), bob.party, frame, last)
            last[opened.epoch] = opened.counter
        else:
            with pytest.raises(Untrusted, match="replayed"):
                ephemeral.open(bob.pair(alice), bob.party, frame, last)


def test_a_frame_of_an_unknown_epoch_is_told_and_so_is_one_before_any_message():
    alice, bob = meet()
    frame = ephemeral.seal(alice.pair(bob), alice.party, b"", 1)
    carol = Device("carol", Time())
    with pytest.raises(GiveUp, match="unknown_epoch"):
        ephemeral.open(carol.pair(alice), carol.party, frame, {})
    with pytest.raises(GiveUp, match="unknown_epoch"):
        ephemeral.seal(carol.pair(alice), carol.party, b"", 1)


def test_a_frame_does_not_open_as_anothers_or_backwards():
    alice, bob = meet()
    frame = ephemeral.seal(alice.pair(bob), alice.party, b"", 1)
    carol = Device("carol", Time())
    with pytest.raises(Untrusted, match="tampered"):
        ephemeral.open(bob.pair(alice), carol.party, frame, {})
    with pytest.raises(GiveUp, match="unknown_epoch"):
        ephemeral.open(alice.pair(bob), alice.party, frame, {})


def test_no_byte_of_a_frame_can_be_changed():
    alice, bob = meet()
    frame = ephemeral.seal(alice.pair(bob), alice.party, b"typing", 1)
    for at in range(len(frame)):
        changed = bytearray(frame)
        changed[at] ^= 4
        with pytest.raises(KingfisherError):
            ephemeral.open(bob.pair(alice), bob.party, bytes(changed), {})
    for size in (0, 8, 151, 153):
        with pytest.raises(KingfisherError):
            ephemeral.open(bob.pair(alice), bob.party, (frame + b"x")[:size], {})


def test_frames_under_way_when_an_epoch_changes_still_open():
    alice, bob = meet()
    frame = ephemeral.seal(alice.pair(bob), alice.party, b"old", 1)
    for _ in range(60):
        bob.open(alice, alice.seal(bob))
    assert alice.pair(bob).sending.number == 1
    assert ephemeral.open(bob.pair(alice), bob.party, frame, {}).payload == b"old"
    fresh = ephemeral.seal(alice.pair(bob), alice.party, b"new", 1)
    assert ephemeral.open(bob.pair(alice), bob.party, fresh, {}).payload == b"new"
