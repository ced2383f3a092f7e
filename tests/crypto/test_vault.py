"""Slots of the profile key: each opens with its own key only, and hostile slots cost nothing."""

import os

import msgspec
import pytest

from app.common.errors import GiveUp, KingfisherError, Malformed, Untrusted
from app.crypto import identity, vault
from app.crypto.vault import Cost, SlotKind

CHEAP = Cost(1, 8 * vault.MIB)
PROFILE = b"p" * 16


def test_keychain_and_recovery_slots_open_with_their_keys():
    profile_key, slot_key = vault.new_key(), vault.new_key()
    code = identity.new_code()
    keychain = vault.wrap(profile_key, slot_key, SlotKind.KEYCHAIN, PROFILE)
    recovery = vault.wrap(profile_key, identity.recovery_key(code), SlotKind.RECOVERY, PROFILE)
    assert vault.unwrap(keychain, slot_key, SlotKind.KEYCHAIN, PROFILE) == profile_key
    assert vault.unwrap(recovery, identity.recovery_key(code), SlotKind.RECOVERY, PROFILE) == profile_key
    assert profile_key not in keychain + recovery


def test_the_standard_passphrase_slot_takes_256_mib_and_three_passes():
    assert Cost(3, 256 * 1024 * 1024) == vault.STANDARD
    slot = vault.wrap_passphrase(b"k" * 32, "correct horse", PROFILE)
    assert msgspec.msgpack.decode(slot)[5] == [3, 268_435_456]
    assert vault.unwrap_passphrase(slot, "correct horse", PROFILE) == b"k" * 32


def test_another_key_kind_profile_or_passphrase_is_wrong_key():
    key = vault.new_key()
    slot = vault.wrap(b"k" * 32, key, SlotKind.KEYCHAIN, PROFILE)
    secret = vault.wrap_passphrase(b"k" * 32, "one", PROFILE, CHEAP)
    for attempt in (
        lambda: vault.unwrap(slot, vault.new_key(), SlotKind.KEYCHAIN, PROFILE),
        lambda: vault.unwrap(slot, key, SlotKind.KEYCHAIN, b"q" * 16),
        lambda: vault.unwrap(slot, key, SlotKind.RECOVERY, PROFILE),
        lambda: vault.unwrap_passphrase(secret, "two", PROFILE),
        lambda: vault.unwrap_passphrase(secret, "one", b"q" * 16),
        lambda: vault.unwrap_passphrase(slot, "one", PROFILE),
    ):
        with pytest.raises(Untrusted, match="wrong_key"):
            attempt()


def test_a_passphrase_is_the_same_however_the_keyboard_composes_it():
    slot = vault.wrap_passphrase(b"k" * 32, "caf\u00e9", PROFILE, CHEAP)
    assert vault.unwrap_passphrase(slot, "cafe\u0301", PROFILE) == b"k" * 32


@pytest.mark.parametrize("passphrase", ["", "x" * 1025])
def test_a_passphrase_has_a_size(passphrase):
    with pytest.raises(GiveUp, match="passphrase_size"):
        vault.wrap_passphrase(b"k" * 32, passphrase, PROFILE, CHEAP)


@pytest.mark.parametrize("cost", [[0, 8 << 20], [11, 8 << 20], [1, 1 << 20], [1, 1 << 40], [1 << 63, 8 << 20], None])
def test_a_slot_that_asks_for_too_much_or_too_little_work_is_refused_at_once(cost):
    parsed = msgspec.msgpack.decode(vault.wrap_passphrase(b"k" * 32, "one", PROFILE, CHEAP))
    parsed[5] = cost
    with pytest.raises(Malformed, match="slot"):
        vault.unwrap_passphrase(msgspec.msgpack.encode(parsed), "one", PROFILE)


def test_no_byte_of_a_slot_can_be_changed():
    key = vault.new_key()
    slot = vault.wrap(b"k" * 32, key, SlotKind.KEYCHAIN, PROFILE)
    for at in range(len(slot)):
        changed = bytearray(slot)
        changed[at] ^= 1
        with pytest.raises((Malformed, Untrusted)):
            vault.unwrap(bytes(changed), key, SlotKind.KEYCHAIN, PROFILE)


@pytest.mark.parametrize(
    "slot",
    [b"", b"\xc0", b"\x96", bytes(2000), os.urandom(90)],
    ids=["empty", "nil", "cut", "zeros", "random"],
)
def test_bytes_that_are_no_slot_are_refused(slot):
    with pytest.raises(KingfisherError):
        vault.unwrap(slot, bytes(32), SlotKind.KEYCHAIN, PROFILE)
    with pytest.raises(KingfisherError):
        vault.unwrap_passphrase(slot, "one", PROFILE)


def test_two_slots_of_one_key_share_nothing():
    one, two = (vault.wrap_passphrase(b"k" * 32, "same", PROFILE, CHEAP) for _ in range(2))
    assert one[-60:] != two[-60:]
    assert msgspec.msgpack.decode(one)[4] != msgspec.msgpack.decode(two)[4]
