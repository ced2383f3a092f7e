"""The slots that hold the profile key: copies of it, wrapped for the keychain, the recovery code or a passphrase."""

import secrets
import unicodedata
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from nacl import exceptions as nacl_errors
from nacl import pwhash

from app.common.errors import AgainLater, GiveUp, Malformed, Untrusted
from app.crypto import primitives

SALT_SIZE: Final = pwhash.argon2id.SALTBYTES
MIB: Final = 1 << 20
MAX_SLOT: Final = 1024
MAX_PASSPHRASE: Final = 1024

_VERSION: Final = 1
_KEY_BYTES: Final = msgspec.Meta(max_length=primitives.KEY_SIZE + primitives.TAG_SIZE)


class SlotKind(StrEnum):
    """What opens a slot."""

    KEYCHAIN = "keychain"
    RECOVERY = "recovery"
    PASSPHRASE = "passphrase"


class Cost(msgspec.Struct, frozen=True, array_like=True):
    """What Argon2id costs: passes and bytes of memory. A slot outside these bounds is refused before any work."""

    passes: Annotated[int, msgspec.Meta(ge=1, le=10)]
    memory: Annotated[int, msgspec.Meta(ge=8 * MIB, le=1024 * MIB)]


STANDARD: Final = Cost(3, 256 * MIB)


class _Slot(primitives.Silent, frozen=True, array_like=True):
    version: int
    kind: SlotKind
    nonce: Annotated[bytes, msgspec.Meta(min_length=primitives.NONCE_SIZE, max_length=primitives.NONCE_SIZE)]
    wrapped: Annotated[bytes, _KEY_BYTES]
    salt: Annotated[bytes, msgspec.Meta(max_length=SALT_SIZE)] = b""
    cost: Cost | None = None


def new_key() -> bytes:
    """A profile key or keychain slot key, 32 random bytes."""
    return primitives.random_key()


def wrap(profile_key: bytes, slot_key: bytes, kind: SlotKind, profile_id: bytes) -> bytes:
    """A keychain or recovery slot; ``slot_key`` is random or ``identity.recovery_key``."""
    return _seal(profile_key, slot_key, profile_id, kind, b"", None)


def unwrap(slot: bytes, slot_key: bytes, kind: SlotKind, profile_id: bytes) -> bytes:
    """The profile key. Untrusted("wrong_key") for another key, kind or profile; Malformed("slot") for damaged bytes."""
    return _open(_read(slot, kind), slot_key, profile_id)


def wrap_passphrase(profile_key: bytes, passphrase: str, profile_id: bytes, cost: Cost = STANDARD) -> bytes:
    """A passphrase slot; takes about half a second and 256 MiB at the standard cost."""
    salt = secrets.token_bytes(SALT_SIZE)
    slot_key = _stretch(passphrase, salt, cost)
    return _seal(profile_key, slot_key, profile_id, SlotKind.PASSPHRASE, salt, cost)


def unwrap_passphrase(slot: bytes, passphrase: str, profile_id: bytes) -> bytes:
    """The profile key; errors as ``unwrap``, and AgainLater("no_memory")."""
    parsed = _read(slot, SlotKind.PASSPHRASE)
    if parsed.cost is None or len(parsed.salt) != SALT_SIZE:
        raise Malformed("slot", "cost")
    return _open(parsed, _stretch(passphrase, parsed.salt, parsed.cost), profile_id)


def _stretch(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """Argon2id (RFC 9106) over the passphrase in Unicode form NFKC, so that another keyboard types the same bytes."""
    secret = unicodedata.normalize("NFKC", passphrase).encode()
    if not 0 < len(secret) <= MAX_PASSPHRASE:
        raise GiveUp("passphrase_size")
    try:
        return pwhash.argon2id.kdf(primitives.KEY_SIZE, secret, salt, opslimit=cost.passes, memlimit=cost.memory)
    except (MemoryError, nacl_errors.RuntimeError):
        raise AgainLater("no_memory") from None


def _seal(
    profile_key: bytes, slot_key: bytes, profile_id: bytes, kind: SlotKind, salt: bytes, cost: Cost | None
) -> bytes:
    nonce = secrets.token_bytes(primitives.NONCE_SIZE)
    wrapped = primitives.encrypt(slot_key, profile_key, _aad(kind, profile_id, salt, cost), nonce)
    return msgspec.msgpack.encode(_Slot(_VERSION, kind, nonce, wrapped, salt, cost))


def _open(slot: _Slot, slot_key: bytes, profile_id: bytes) -> bytes:
    aad = _aad(slot.kind, profile_id, slot.salt, slot.cost)
    return primitives.decrypt(slot_key, slot.wrapped, aad, slot.nonce, code="wrong_key")


def _read(slot: bytes, kind: SlotKind) -> _Slot:
    if len(slot) > MAX_SLOT:
        raise Malformed("slot", "size")
    try:
        parsed = msgspec.msgpack.decode(slot, type=_Slot)
    except primitives.MISFITS:
        raise Malformed("slot") from None
    if parsed.version != _VERSION:
        raise Malformed("slot", "version")
    if parsed.kind is not kind:
        raise Untrusted("wrong_key", "another kind of slot")
    return parsed


def _aad(kind: SlotKind, profile_id: bytes, salt: bytes, cost: Cost | None) -> bytes:
    terms = b"" if cost is None else cost.passes.to_bytes(4, "big") + cost.memory.to_bytes(8, "big")
    return primitives.join(b"kf/slot/1", kind.encode(), profile_id, salt, terms)
