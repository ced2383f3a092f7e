"""The ways into a profile: keychain, recovery code, passphrase. Locked is never empty; nothing is written over it."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Literal

from app.common import errors
from app.common.profile import Profile
from app.crypto import identity, vault
from app.crypto.vault import SlotKind
from app.storage import keyslots
from app.storage.keychain import Keychain, State
from app.storage.keyslots import Keyslots

Way = Literal["keychain", "passphrase"]


@dataclass(frozen=True, slots=True)
class Opener:
    """How the user opens the profile; a passphrase only where it was chosen."""

    way: Way = "keychain"
    passphrase: str = ""


class Unlocking:
    """Makes and opens the slots of one profile.

    A keychain that does not give the key raises AgainLater (``keychain_locked``, ``keychain_slow``,
    ``keychain_absent``) or GiveUp (``keychain_changed``, ``keychain_refused``); the slots stay as they are.
    """

    def __init__(self, home: Profile, keychain: Keychain) -> None:
        self._home = home
        self._keychain = keychain

    async def create(self, key: bytes, code: str, opener: Opener) -> None:
        """The recovery slot and the chosen one for a new profile key; no file is left behind when that cannot be."""
        profile = secrets.token_bytes(keyslots.PROFILE_SIZE)
        slots = Keyslots(profile).with_slot("recovery", _recovery(key, code, profile))
        if opener.way == "keychain":
            slots = await self._with_keychain(slots, key, replace=False)
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
        wrapped = slots.slots.get("keychain")
        if wrapped is None:
            raise errors.GiveUp("no_keychain_slot")

        def proof(secret: bytes) -> bool:
            try:
                vault.unwrap(wrapped, secret, SlotKind.KEYCHAIN, slots.profile)
            except errors.Untrusted:
                return False
            return True

        answer = await self._keychain.read(slots.profile.hex(), proof)
        if answer.state is not State.READY or answer.secret is None:
            raise _keychain_error(answer.state)
        return vault.unwrap(wrapped, answer.secret, SlotKind.KEYCHAIN, slots.profile)

    async def open_with_code(self, code: str) -> bytes:
        """The profile key by the recovery code; raises Malformed (``recovery_code``) or Untrusted (``wrong_key``)."""
        slots = await self._read()
        wrapped = slots.slots.get("recovery")
        if wrapped is None:
            raise errors.GiveUp("no_recovery_slot")
        return vault.unwrap(wrapped, identity.recovery_key(code), SlotKind.RECOVERY, slots.profile)

    async def renew_keychain(self, key: bytes) -> None:
        """Write the keychain slot anew under a fresh slot key, on the user's word."""
        await self._write(await self._with_keychain(await self._read(), key, replace=True))

    async def set_passphrase(self, key: bytes, passphrase: str) -> None:
        """Add or change the passphrase slot."""
        await self._write(await self._with_passphrase(await self._read(), key, passphrase))

    async def _with_keychain(self, slots: Keyslots, key: bytes, *, replace: bool) -> Keyslots:
        secret = vault.new_key()
        answer = await self._keychain.write(slots.profile.hex(), secret, replace=replace)
        if answer.state is not State.READY:
            raise _keychain_error(answer.state)
        return slots.with_slot("keychain", vault.wrap(key, secret, SlotKind.KEYCHAIN, slots.profile))

    async def _with_passphrase(self, slots: Keyslots, key: bytes, passphrase: str) -> Keyslots:
        wrapped = await asyncio.to_thread(vault.wrap_passphrase, key, passphrase, slots.profile)
        return slots.with_slot("passphrase", wrapped)

    async def _read(self) -> Keyslots:
        slots = await asyncio.to_thread(keyslots.read, self._home.root)
        if slots is None:
            raise errors.GiveUp("no_profile")
        return slots

    async def _write(self, slots: Keyslots) -> None:
        await asyncio.to_thread(keyslots.write, self._home.root, slots)


def _recovery(key: bytes, code: str, profile: bytes) -> bytes:
    return vault.wrap(key, identity.recovery_key(code), SlotKind.RECOVERY, profile)


def _keychain_error(state: State) -> errors.KingfisherError:
    code = f"keychain_{'changed' if state is State.READY else state.value}"
    if state in (State.LOCKED, State.SLOW, State.ABSENT):
        return errors.AgainLater(code)
    return errors.GiveUp(code)
