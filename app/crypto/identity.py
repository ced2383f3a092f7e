"""Who an account is: its recovery code and root key, Ed25519 signatures, and the number two people compare."""

import hashlib
import secrets
import unicodedata
from typing import Final

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from app.common.errors import Malformed, Untrusted
from app.common.ids import AccountId
from app.crypto import primitives

SEED_SIZE: Final = 32
GROUPS: Final = 12
GROUP_DIGITS: Final = 5
SECRET_DIGITS: Final = (GROUPS - 1) * GROUP_DIGITS

SAFETY_ROUNDS: Final = 5200
SAFETY_VERSION: Final = b"kf/safety/1"

# The largest prime of five digits: a single wrong digit, or two neighbours exchanged, always change the remainder.
_CHECK: Final = 99_991
_SEPARATORS: Final = str.maketrans("", "", " -\u2010\u2011\u2012\u2013\u2014\u2212.,\t\r\n")


def new_code() -> str:
    """A fresh recovery code: 55 random digits (182 bits) and 5 check digits, as 12 groups of 5 with spaces between."""
    return format_code(f"{secrets.randbelow(10**SECRET_DIGITS):0{SECRET_DIGITS}d}")


def format_code(secret: str) -> str:
    """55 digits with their check group, in groups."""
    digits = f"{secret}{int(secret) % _CHECK:0{GROUP_DIGITS}d}"
    return " ".join(digits[at : at + GROUP_DIGITS] for at in range(0, len(digits), GROUP_DIGITS))


def parse_code(text: str) -> str:
    """The code in its one spelling, from what somebody typed: spaces, dashes and full-width digits are understood.

    Malformed("recovery_code") with detail ``length``, ``digits`` or ``check``.
    """
    if len(text) > 1000:
        raise Malformed("recovery_code", "length")
    digits = unicodedata.normalize("NFKC", text).translate(_SEPARATORS)
    if not digits.isascii() or not digits.isdigit():
        raise Malformed("recovery_code", "digits")
    if len(digits) != GROUPS * GROUP_DIGITS:
        raise Malformed("recovery_code", "length")
    secret, check = digits[:SECRET_DIGITS], digits[SECRET_DIGITS:]
    if int(secret) % _CHECK != int(check):
        raise Malformed("recovery_code", "check")
    return format_code(secret)


def root_seed(code: str) -> bytes:
    """The Ed25519 seed (32 bytes) of the account's root key; ``code`` as ``parse_code`` gives it or as typed."""
    return _derive(code, b"kf/root/1")


def recovery_key(code: str) -> bytes:
    """The 32-byte key of the recovery slot (``vault``)."""
    return _derive(code, b"kf/recovery/1")


def _derive(code: str, info: bytes) -> bytes:
    digits = parse_code(code).replace(" ", "")
    return primitives.hkdf(digits[:SECRET_DIGITS].encode(), info)


def new_seed() -> bytes:
    """A device's signing seed, 32 random bytes."""
    return secrets.token_bytes(SEED_SIZE)


def account_id(root_public: bytes) -> AccountId:
    """SHA-256("kf/account/1" || root public key)."""
    return AccountId(primitives.sha256(b"kf/account/1" + root_public))


def public_of(seed: bytes) -> bytes:
    """The Ed25519 public key (32 bytes) of a seed."""
    return bytes(SigningKey(seed).verify_key)


def sign(seed: bytes, message: bytes) -> bytes:
    """A 64-byte Ed25519 signature (RFC 8032)."""
    return SigningKey(seed).sign(message).signature


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Untrusted("bad_signature") unless the signature holds; low-order keys and unreduced signatures never do."""
    try:
        VerifyKey(public).verify(message, signature)
    except (BadSignatureError, ValueError, TypeError):
        raise Untrusted("bad_signature") from None


def safety_number(one: bytes, other: bytes) -> str:
    """The 60 digits two people compare; the same for both, whoever asks.

    For each account id: h = SHA-512(version || id) with version = "kf/safety/1", then 5,199 times h = SHA-512(h || id).
    The first 30 bytes of h are six big-endian numbers of 5 bytes; each, modulo 100,000, is written with five digits.
    The smaller of the two strings of 30 digits comes first.
    """
    return "".join(sorted((_half(one), _half(other))))


def _half(account: bytes) -> str:
    digest = hashlib.sha512(SAFETY_VERSION + account).digest()
    for _ in range(SAFETY_ROUNDS - 1):
        digest = hashlib.sha512(digest + account).digest()
    return "".join(f"{int.from_bytes(digest[at : at + 5], 'big') % 100_000:05d}" for at in range(0, 30, 5))
