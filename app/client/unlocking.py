"""The ways into a profile: keychain, recovery code, passphrase. Locked is never empty; nothing is written over it."""

import asyncio
import secrets
from typing import Final, Literal

import msgspec

from app.common import errors
from app.common.profile import Profile
from app.crypto import identity, vault
from app.crypto.vault import SlotKind
from app.storage import keyslots
from app.storage.keychain import Keychain, State
from app.storage.keyslots import Keyslots, Slot

# The second one stands beside the first while a new key is on its way into the keychain: whichever it holds opens.
_KEYCHAIN_SLOTS: Final[tuple[Slot, ...]] = ("keychain", "keychain_next")

Way = Literal["keychain", "passphrase"]


class Opener(msgspec.Struct, frozen=True):
    """How the user opens the profile; a passphrase only where it was chosen."""

    way: Way = "keychain"
    passphrase: str = ""


class Unlocking:
    """Makes and opens the slots of one profile.

    A keychain that does not give the key raises AgainLater (``keychain_locked``, ``keychain_slow``,
    ``keychain_absent``) or GiveUp (``keychain_changed``, ``keychain_refused``); the slots stay as they are.
    ``cost`` is what a new passphrase slot takes to open; an old one names its own.
    """

    def __init__(self, home: Profile, keychain: Keychain, cost: vault.Cost = vault.STANDARD) -> None:
        self._home = home
        self._keychain = keychain
        self._cost = cost
        self._fresh: bytes | None = None  # a slot key that the keychain was asked to take and may still take

    async def create(self, key: bytes, code: str, opener: Opener) -> None:
        """The recovery slot and the chosen one for a new profile key; no file is left behind when that cannot be."""
        profile = secrets.token_bytes(keyslots.PROFILE_SIZE)
        slots = Keyslots(profile).with_slot("recovery", _recovery(key, code, profile))
        if opener.way == "keychain":
            slots = await self._with_keychain(slots, key)
        else:
            slots = await self._with_passphrase(slots, key, opener.passphrase)
        await self._write(slots)

    async def open(self, opener: Opener) -> bytes:
        """The profile key; raises besides the keychain's states GiveUp (``no_profile``, ``no_passphrase_slot``) and
        Untrusted (``wrong_key``) for a wrong passphrase."""
        slots = await self._read()
        if opener.way == "passphrase":
            wrapped = slots.slots.get("passphrase")
            if wrapped is None:
                raise errors.GiveUp("no_passphrase_slot")
            return await asyncio.to_thread(vault.unwrap_passphrase, wrapped, opener.passphrase, slots.profile)
        if not any(name in slots.slots for name in _KEYCHAIN_SLOTS):
            raise errors.GiveUp("no_keychain_slot")
        answer = await self._keychain.read(slots.profile.hex(), lambda secret: _opened_by(slots, secret) is not None)
        slot = _opened_by(slots, answer.secret) if answer.state is State.READY else None
        if slot is None or answer.secret is None:
            raise _keychain_error(answer.state)
        return vault.unwrap(slots.slots[slot], answer.secret, SlotKind.KEYCHAIN, slots.profile)

    async def open_with_code(self, code: str) -> bytes:
        """The profile key by the recovery code; raises Malformed (``recovery_code``) or Untrusted (``wrong_key``)."""
        slots = await self._read()
        wrapped = slots.slots.get("recovery")
        if wrapped is None:
            raise errors.GiveUp("no_recovery_slot")
        return vault.unwrap(wrapped, identity.recovery_key(code), SlotKind.RECOVERY, slots.profile)

    async def renew_keychain(self, key: bytes) -> None:
        """Write the keychain slot anew under a fresh slot key, on the user's word.

        A keychain that was asked in time may take the new key late, and a crash may come before the old slot is
        replaced: until it has said that it holds the new key, the slot of the old one stays beside it.
        """
        slots = await self._read()
        answer = await self._keychain.read(slots.profile.hex())
        if answer.state not in (State.READY, State.CHANGED):
            raise _keychain_error(answer.state)
        present = _opened_by(slots, answer.secret)
        if present is not None:
            slots = slots.with_slot("keychain", slots.slots[present])
        self._fresh = secret = self._fresh or vault.new_key()
        wrapped = vault.wrap(key, secret, SlotKind.KEYCHAIN, slots.profile)
        await self._write(slots.with_slot("keychain_next", wrapped))
        answer = await self._keychain.write(slots.profile.hex(), secret, replace=True)
        if answer.state is not State.READY:
            raise _keychain_error(answer.state)
        self._fresh = None
        await self._write(slots.without("keychain_next").with_slot("keychain", wrapped))

    async def set_passphrase(self, key: bytes, passphrase: str) -> None:
        """Add or change the passphrase slot."""
        await self._write(await self._with_passphrase(await self._read(), key, passphrase))

    async def ways(self) -> frozenset[Way]:
        """What opens this profile at a start, beside the recovery code."""
        slots = (await self._read()).slots
        found: set[Way] = {"passphrase"} if "passphrase" in slots else set()
        if any(name in slots for name in _KEYCHAIN_SLOTS):
            found.add("keychain")
        return frozenset(found)

    async def move_to_passphrase(self, key: bytes, passphrase: str) -> None:
        """A passphrase instead of the keychain: its slot is there before that of the keychain goes.

        An entry the keychain would not give up stays behind; without the slot it opens nothing.
        """
        await self.set_passphrase(key, passphrase)
        slots = await self._read()
        await self._write(slots.without("keychain_next").without("keychain"))
        await self._keychain.delete(slots.profile.hex())

    async def move_to_keychain(self, key: bytes) -> None:
        """The keychain instead of a passphrase: the passphrase opens until the keychain has said that it holds it."""
        await self.renew_keychain(key)
        await self._write((await self._read()).without("passphrase"))

    async def forget(self, slots: Keyslots) -> None:
        """Take the keychain's entry away; one that it would not give up opens nothing without the slots."""
        if any(name in slots.slots for name in _KEYCHAIN_SLOTS):
            await self._keychain.delete(slots.profile.hex())

    async def _with_keychain(self, slots: Keyslots, key: bytes) -> Keyslots:
        secret = vault.new_key()
        answer = await self._keychain.write(slots.profile.hex(), secret)
        if answer.state is not State.READY:
            raise _keychain_error(answer.state)
        return slots.with_slot("keychain", vault.wrap(key, secret, SlotKind.KEYCHAIN, slots.profile))

    async def _with_passphrase(self, slots: Keyslots, key: bytes, passphrase: str) -> Keyslots:
        wrapped = await asyncio.to_thread(vault.wrap_passphrase, key, passphrase, slots.profile, self._cost)
        return slots.with_slot("passphrase", wrapped)

    async def _read(self) -> Keyslots:
        slots = await asyncio.to_thread(keyslots.read, self._home.root)
        if slots is None:
            raise errors.GiveUp("no_profile")
        return slots

    async def _write(self, slots: Keyslots) -> None:
        await asyncio.to_thread(keyslots.write, self._home.root, slots)


def of_system(home: Profile) -> Unlocking:
    """Over the keychain of the operating system."""
    return Unlocking(home, Keychain())


def _opened_by(slots: Keyslots, secret: bytes | None) -> Slot | None:
    """The keychain's slot that this secret opens."""
    for name in _KEYCHAIN_SLOTS:
        if secret is None or name not in slots.slots:
            continue
        try:
            vault.unwrap(slots.slots[name], secret, SlotKind.KEYCHAIN, slots.profile)
        except errors.Untrusted:
            continue
        return name
    return None


def _recovery(key: bytes, code: str, profile: bytes) -> bytes:
    return vault.wrap(key, identity.recovery_key(code), SlotKind.RECOVERY, profile)


def _keychain_error(state: State) -> errors.KingfisherError:
    code = f"keychain_{'changed' if state is State.READY else state.value}"
    if state in (State.LOCKED, State.SLOW, State.ABSENT):
        return errors.AgainLater(code)
    return errors.GiveUp(code)
