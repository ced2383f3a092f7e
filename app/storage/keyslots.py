"""The `keyslots` file of a profile: wrapped copies of its key, one for each way of unlocking it."""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

from app.common import errors

Slot = Literal["keychain", "keychain_next", "recovery", "passphrase"]

FILE = "keyslots"
VERSION = 1
MAX_FILE = 64 * 1024
MAX_SLOT = 4 * 1024
MAX_SLOTS = 8
PROFILE_SIZE = 16


@dataclass(frozen=True, slots=True)
class Keyslots:
    """The profile's 16-byte id, which names its entry in the keychain, and its slots as opaque wrapped bytes."""

    profile: bytes
    slots: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def with_slot(self, slot: Slot, wrapped: bytes) -> "Keyslots":
        return replace(self, slots=MappingProxyType({**self.slots, slot: wrapped}))

    def without(self, slot: Slot) -> "Keyslots":
        return replace(self, slots=MappingProxyType({name: kept for name, kept in self.slots.items() if name != slot}))


def read(folder: Path, name: str = FILE) -> Keyslots | None:
    """What the folder holds under that name, if anything. Raises Broken ``damaged``, GiveUp ``newer_version``."""
    try:
        with (folder / name).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        return None
    if len(data) > MAX_FILE:
        raise errors.Broken("damaged", "keyslots are too long")
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise errors.Broken("damaged", "keyslots are not JSON") from error
    return _parse(found)


def _parse(found: Any) -> Keyslots:
    if not isinstance(found, dict):
        raise errors.Broken("damaged", "keyslots are no object")
    content = cast(dict[str, Any], found)
    version, slots = content.get("version"), content.get("slots")
    if isinstance(version, int) and version > VERSION:
        raise errors.GiveUp("newer_version", f"keyslots of version {version}")
    if version != VERSION or not isinstance(slots, dict):
        raise errors.Broken("damaged", "keyslots without version or slots")
    wrapped = {name: _bytes(value) for name, value in cast(dict[str, Any], slots).items()}
    if not 0 < len(wrapped) <= MAX_SLOTS:
        raise errors.Broken("damaged", f"{len(wrapped)} keyslots")
    profile = _bytes(content.get("profile"))
    if len(profile) != PROFILE_SIZE:
        raise errors.Broken("damaged", "keyslots without a profile id")
    return Keyslots(profile, MappingProxyType(wrapped))


def _bytes(value: Any) -> bytes:
    try:
        found = base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise errors.Broken("damaged", "a keyslot is not base64") from error
    if not 0 < len(found) <= MAX_SLOT:
        raise errors.Broken("damaged", "a keyslot has a wrong length")
    return found


def write(folder: Path, keyslots: Keyslots) -> None:
    """Put the file in place whole, durable when this returns; the old one stays until then. Blocks on the disk.

    Raises Broken ``no_slots`` rather than locking everybody out.
    """
    if not keyslots.slots:
        raise errors.Broken("no_slots", "a profile needs a way in")
    slots = {name: base64.b64encode(wrapped).decode() for name, wrapped in sorted(keyslots.slots.items())}
    profile = base64.b64encode(keyslots.profile).decode()
    data = json.dumps({"version": VERSION, "profile": profile, "slots": slots}, indent=1).encode()
    _parse(json.loads(data))
    _put(folder, data)


def _put(folder: Path, data: bytes) -> None:
    fresh = folder / f"{FILE}.new"
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / FILE)
    if os.name == "posix":  # elsewhere a folder cannot be opened, and the rename is journalled
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
