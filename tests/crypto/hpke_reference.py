"""A second HPKE (base mode, receiving, HKDF-SHA256, ChaCha20), from RFC 9180 and the X-Wing draft alone."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

X_WING = 0x647A


def _extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    info = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, info + b"\x01", "sha256")[:size]


def x_wing(seed: bytes, ciphertext: bytes) -> bytes:
    """Decapsulate: SHA3-256 over both secrets, the X25519 ciphertext and key, and the label."""
    expanded = hashlib.shake_256(seed).digest(96)
    outer = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    inner_secret = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).decapsulate(ciphertext[:1088])
    outer_secret = outer.exchange(x25519.X25519PublicKey.from_public_bytes(ciphertext[1088:]))
    public = outer.public_key().public_bytes_raw()
    label = b"\x5c\x2e\x2f\x2f\x5e\x5c"
    return hashlib.sha3_256(inner_secret + outer_secret + ciphertext[1088:] + public + label).digest()


def _dh(private: bytes, enc: bytes) -> bytes:
    """DHKEM(X25519, HKDF-SHA256), RFC 9180 section 4.1."""
    suite = b"KEM" + (0x20).to_bytes(2, "big")
    key = x25519.X25519PrivateKey.from_private_bytes(private)
    secret = _extract(suite, b"", b"eae_prk", key.exchange(x25519.X25519PublicKey.from_public_bytes(enc)))
    return _expand(suite, secret, b"shared_secret", enc + key.public_key().public_bytes_raw(), 32)


def open_base(kem: int, private: bytes, info: bytes, enc: bytes, ciphertext: bytes, aad: bytes, sequence: int) -> bytes:
    shared = x_wing(private, enc) if kem == X_WING else _dh(private, enc)
    suite = b"HPKE" + kem.to_bytes(2, "big") + b"\x00\x01\x00\x03"
    context = b"\x00" + _extract(suite, b"", b"psk_id_hash", b"") + _extract(suite, b"", b"info_hash", info)
    secret = _extract(suite, shared, b"secret", b"")
    key = _expand(suite, secret, b"key", context, 32)
    base = int.from_bytes(_expand(suite, secret, b"base_nonce", context, 12), "big")
    return ChaCha20Poly1305(key).decrypt((base ^ sequence).to_bytes(12, "big"), ciphertext, aad)
