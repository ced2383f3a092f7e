"""The few building blocks the rest of crypto shares: HKDF, XChaCha20-Poly1305, injective joining and padding."""

import hashlib
import secrets
from typing import Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf import hkdf as _hkdf
from nacl import bindings
from nacl.exceptions import CryptoError

from app.common.errors import Malformed, Untrusted

KEY_SIZE: Final = 32
NONCE_SIZE: Final = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
TAG_SIZE: Final = bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES

ONCE: Final = bytes(NONCE_SIZE)
"""The nonce of a key that encrypts exactly one message."""

MISFITS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises for bytes that do not fit; the latter two a peer can cause with bytes that Olm has let in."""

_ALGORITHM: Final = hashes.SHA256()


class Silent(msgspec.Struct, frozen=True):
    """A value that holds secrets: it shows only its type in logs, tracebacks and failed tests."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def hkdf(secret: bytes, info: bytes, *, salt: bytes = b"", size: int = KEY_SIZE) -> bytes:
    """HKDF-SHA256 (RFC 5869), extract and expand."""
    return _hkdf.HKDF(_ALGORITHM, size, salt or None, info).derive(secret)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def join(*parts: bytes) -> bytes:
    """Length-prefixed concatenation (LP in the protocol): different lists of parts never give the same bytes."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def encrypt(key: bytes, plaintext: bytes, aad: bytes, nonce: bytes = ONCE) -> bytes:
    """XChaCha20-Poly1305; ``ONCE`` as nonce is only for keys used a single time. 16 bytes longer than ``plaintext``."""
    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, nonce, key)


def decrypt(key: bytes, ciphertext: bytes, aad: bytes, nonce: bytes = ONCE, *, code: str) -> bytes:
    """The reverse of ``encrypt``; Untrusted(``code``) when the tag does not hold."""
    if len(ciphertext) < TAG_SIZE:
        raise Untrusted(code)
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, aad, nonce, key)
    except CryptoError:
        raise Untrusted(code) from None


def random_key() -> bytes:
    return secrets.token_bytes(KEY_SIZE)


def pad(data: bytes, size: int) -> bytes:
    """``data``, 0x80, zeros (ISO/IEC 7816-4) up to ``size``, which must be larger than ``data``."""
    return data + b"\x80" + bytes(size - len(data) - 1)


def unpad(data: bytes) -> bytes:
    """The reverse of ``pad``; Malformed("padding")."""
    trimmed = data.rstrip(b"\0")
    if not trimmed.endswith(b"\x80"):
        raise Malformed("padding")
    return trimmed[:-1]
