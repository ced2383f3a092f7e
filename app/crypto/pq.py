"""The post-quantum half: X-Wing prekeys, HPKE, and the chain of epochs of one direction between two devices.

Only the sender of a direction starts epochs. Epoch e mixes a fresh secret, sealed by HPKE to a key of the recipient,
into the root of epoch e-1; from the result come three independent keys: the message chain, the ephemeral key and the
root for e+1. The epoch's own root is dropped, so that a stolen state opens nothing that was received before it.
"""

import hashlib
import hmac
import secrets
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from app.common.errors import GiveUp, Untrusted
from app.crypto import primitives
from app.crypto.parties import Count, Hash, PublicKey

SEED_SIZE: Final = 32
PUBLIC_SIZE: Final = 1216
CIPHERTEXT_SIZE: Final = 1168
EPOCH_MESSAGES: Final = 50
EPOCH_AGE: Final = 7 * 86_400_000
MAX_GAP: Final = 2000
MAX_SKIPPED: Final = 256
OLD_EPOCHS: Final = 2

NO_EPOCH: Final = b""
_FIRST_ROOT: Final = bytes(32)
_MLKEM_PUBLIC: Final = 1184
_MLKEM_SEED: Final = 64
_SUITE: Final = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)

Digest = bytes
"""Either empty (none) or the SHA-256 of an HPKE ciphertext: the full id of an epoch."""


def new_seed() -> bytes:
    return secrets.token_bytes(SEED_SIZE)


def _private(seed: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    """The private keys of an X-Wing seed (draft, 5.2): SHAKE256 gives 64 bytes for ML-KEM (d, z), 32 for X25519."""
    expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED + 32)
    return (
        mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED]),
        x25519.X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED:]),
    )


def public_of(seed: bytes) -> bytes:
    """The X-Wing public key of a 32-byte seed: 1,184 bytes ML-KEM-768, then 32 bytes X25519."""
    inner, outer = _private(seed)
    return inner.public_key().public_bytes_raw() + outer.public_key().public_bytes_raw()


def hpke_seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """HPKE base mode (RFC 9180), X-Wing, HKDF-SHA256, ChaCha20-Poly1305; Untrusted("bad_key") for an invalid key."""
    if len(public) != PUBLIC_SIZE:
        raise Untrusted("bad_key")
    try:
        key = hpke.MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
            x25519.X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
        )
        return _SUITE.encrypt(plaintext, key, info=info)
    except ValueError:
        raise Untrusted("bad_key") from None


def hpke_open(seed: bytes, info: bytes, ciphertext: bytes) -> bytes:
    """The reverse of ``hpke_seal``; Untrusted("epoch_tampered")."""
    try:
        return _SUITE.decrypt(ciphertext, hpke.MLKEM768X25519PrivateKey(*_private(seed)), info=info)
    except (InvalidTag, ValueError):
        raise Untrusted("epoch_tampered") from None


class Keys(primitives.Silent, frozen=True, array_like=True):
    """What an epoch root is split into before it is dropped."""

    chain: Hash
    ephemeral: Hash
    next_root: Hash


class Start(msgspec.Struct, frozen=True, array_like=True):
    """What the sender repeats until the recipient has confirmed the epoch."""

    ciphertext: bytes
    key_id: bytes
    previous: Digest
    offer: bytes  # the sender's fresh in-band key, signed, as opaque bytes


class Sending(primitives.Silent, frozen=True, array_like=True):
    """The running epoch of our own direction; ``index`` is the next message's."""

    id: Hash
    number: Count
    index: Count
    started: Count
    keys: Keys
    start: Start | None

    def due(self, now: int) -> bool:
        """A confirmed epoch past its 50 messages or 7 days; an unconfirmed one goes on, since nobody may follow yet."""
        return self.start is None and (self.index >= EPOCH_MESSAGES or now - self.started >= EPOCH_AGE)


class Receiving(primitives.Silent, frozen=True, array_like=True):
    """One installed epoch of the peer's direction; ``skipped`` holds the keys of indices that have not come yet."""

    id: Hash
    number: Count
    index: Count
    keys: Keys
    skipped: dict[int, bytes]


def _split(previous_root: bytes, secret: bytes, epoch: bytes) -> Keys:
    root = primitives.hkdf(previous_root + secret, b"kf/pq/epoch/1", salt=epoch)
    return Keys(
        primitives.hkdf(root, b"kf/pq/chain/1"),
        primitives.hkdf(root, b"kf/ephemeral/1"),
        primitives.hkdf(root, b"kf/pq/root/1"),
    )


def _info(names: bytes, key_id: bytes, number: int, previous: Digest) -> bytes:
    return b"kf/pq/1" + primitives.join(names, key_id, number.to_bytes(8, "big"), previous)


def _step(chain: bytes) -> tuple[bytes, bytes]:
    """The message key at this place of the chain, and the chain behind it."""
    return hmac.digest(chain, b"\x01", "sha256"), hmac.digest(chain, b"\x02", "sha256")


def start(last: Sending | None, peer_key: PublicKey, names: bytes, now: int, offer: bytes) -> Sending:
    """A new epoch sealed to ``peer_key``; ``last`` None starts a new chain. ``names`` are sender and recipient."""
    number = 0 if last is None else last.number + 1
    previous = NO_EPOCH if last is None else last.id
    secret = primitives.random_key()
    ciphertext = hpke_seal(peer_key.public, _info(names, peer_key.key_id, number, previous), secret)
    epoch = primitives.sha256(ciphertext)
    keys = _split(_FIRST_ROOT if last is None else last.keys.next_root, secret, epoch)
    return Sending(epoch, number, 0, now, keys, Start(ciphertext, peer_key.key_id, previous, offer))


def next_key(sending: Sending) -> tuple[Sending, bytes]:
    """The successor, and the key for the message at ``sending.index``."""
    key, chain = _step(sending.keys.chain)
    keys = Keys(chain, sending.keys.ephemeral, sending.keys.next_root)
    return Sending(sending.id, sending.number, sending.index + 1, sending.started, keys, sending.start), key


def install(
    known: tuple[Receiving, ...],
    ciphertext: bytes,
    seed: bytes,
    key_id: bytes,
    number: int,
    previous: Digest,
    names: bytes,
) -> Receiving:
    """Open an epoch sealed to our key ``key_id``; GiveUp("unknown_epoch") unless ``known`` holds the one it follows."""
    before = find(known, previous)
    if previous and before is None:
        raise GiveUp("unknown_epoch", "the epoch before is not known")
    if number != (before.number + 1 if before else 0):
        raise Untrusted("epoch_tampered", "number")
    secret = hpke_open(seed, _info(names, key_id, number, previous), ciphertext)
    epoch = primitives.sha256(ciphertext)
    return Receiving(epoch, number, 0, _split(before.keys.next_root if before else _FIRST_ROOT, secret, epoch), {})


def find(known: tuple[Receiving, ...], epoch: Digest) -> Receiving | None:
    return next((one for one in known if one.id == epoch), None)


def key_at(epoch: Receiving, index: int) -> tuple[Receiving, bytes]:
    """The successor, in which this key can never be had again, and the key of message ``index``.

    Untrusted("replayed") for an index that was used or forgotten, GiveUp("index_out_of_window") for one too far ahead.
    """
    if index < epoch.index:
        if index not in epoch.skipped:
            raise Untrusted("replayed", "post-quantum index")
        rest = {at: key for at, key in epoch.skipped.items() if at != index}
        return Receiving(epoch.id, epoch.number, epoch.index, epoch.keys, rest), epoch.skipped[index]
    if index - epoch.index > MAX_GAP:
        raise GiveUp("index_out_of_window")
    chain, skipped = epoch.keys.chain, epoch.skipped
    if index > epoch.index:
        skipped = dict(skipped)
        for at in range(epoch.index, index):
            skipped[at], chain = _step(chain)
    key, chain = _step(chain)
    keys = Keys(chain, epoch.keys.ephemeral, epoch.keys.next_root)
    return Receiving(epoch.id, epoch.number, index + 1, keys, skipped), key


def keep(known: tuple[Receiving, ...], changed: Receiving) -> tuple[tuple[Receiving, ...], tuple[Digest, ...]]:
    """``known`` (newest first) with ``changed`` in its place or in front, and the ids of the epochs that had to go.

    At most three epochs and 256 skipped keys in all; the oldest go first.
    """
    if any(one.id == changed.id for one in known):
        kept = tuple(changed if one.id == changed.id else one for one in known)
        gone: tuple[Digest, ...] = ()
    else:
        kept = (changed, *known[:OLD_EPOCHS])
        gone = tuple(one.id for one in known[OLD_EPOCHS:])
    excess = sum(len(one.skipped) for one in kept) - MAX_SKIPPED
    return (_trim(kept, excess) if excess > 0 else kept), gone


def _trim(kept: tuple[Receiving, ...], excess: int) -> tuple[Receiving, ...]:
    result: list[Receiving] = []
    for one in reversed(kept):
        drop = min(excess, len(one.skipped))
        excess -= drop
        rest = dict(sorted(one.skipped.items())[drop:])
        result.append(Receiving(one.id, one.number, one.index, one.keys, rest))
    return tuple(reversed(result))
