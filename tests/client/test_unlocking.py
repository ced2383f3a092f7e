"""Where the profile key is kept, and its move: the new way opens before the old one goes."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from app.client.unlocking import Opener, Unlocking
from app.common import errors
from app.common.profile import Profile
from app.crypto import identity, vault
from app.storage import keyslots
from app.storage.keychain import Backend, Keychain
from tests.parts.people import CHEAP, MemoryKeychain

WORDS = "the weir at dawn"


def over(home: Profile, backend: Callable[[], Backend | None]) -> Unlocking:
    return Unlocking(home, Keychain(backend), CHEAP)


async def test_from_the_keychain_to_a_passphrase_and_back(profile: Path) -> None:
    home, system = Profile(profile), MemoryKeychain()
    ours = over(home, lambda: system)
    key, code = vault.new_key(), identity.new_code()
    await ours.create(key, code, Opener())
    assert await ours.ways() == {"keychain"}

    await ours.move_to_passphrase(key, WORDS)
    assert await ours.ways() == {"passphrase"}
    assert system.entries == {}
    assert await ours.open(Opener("passphrase", WORDS)) == key
    with pytest.raises(errors.GiveUp, match="no_keychain_slot"):
        await ours.open(Opener())

    await ours.move_to_keychain(key)
    assert await ours.ways() == {"keychain"}
    assert await ours.open(Opener()) == key
    with pytest.raises(errors.GiveUp, match="no_passphrase_slot"):
        await ours.open(Opener("passphrase", WORDS))
    assert await ours.open_with_code(code) == key


async def test_without_a_keychain_the_passphrase_stays(profile: Path) -> None:
    home = Profile(profile)
    ours = over(home, lambda: None)
    key = vault.new_key()
    await ours.create(key, identity.new_code(), Opener("passphrase", WORDS))
    with pytest.raises(errors.AgainLater, match="keychain_absent"):
        await ours.move_to_keychain(key)
    assert await ours.ways() == {"passphrase"}
    assert await ours.open(Opener("passphrase", WORDS)) == key


async def test_a_keychain_that_keeps_its_entry_opens_nothing_any_more(profile: Path) -> None:
    class Sticky(MemoryKeychain):
        def delete_password(self, service: str, username: str) -> None:
            raise OSError("no")

    home, system = Profile(profile), Sticky()
    ours = over(home, lambda: system)
    key = vault.new_key()
    await ours.create(key, identity.new_code(), Opener())
    await ours.move_to_passphrase(key, WORDS)
    assert system.entries
    with pytest.raises(errors.GiveUp, match="no_keychain_slot"):
        await ours.open(Opener())


async def test_a_passphrase_costs_the_standard_unless_told_otherwise(profile: Path) -> None:
    ours = Unlocking(Profile(profile), Keychain(lambda: None))
    key = vault.new_key()
    await ours.create(key, identity.new_code(), Opener("passphrase", WORDS))
    slots = keyslots.read(profile)
    assert slots is not None
    assert msgspec.msgpack.decode(slots.slots["passphrase"])[5] == [vault.STANDARD.passes, vault.STANDARD.memory]
    assert await ours.open(Opener("passphrase", WORDS)) == key
