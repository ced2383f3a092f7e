"""Signed objects: the registry of context strings, the one verifier, and the (bytes, signature) pair they travel as.

The received bytes are verified first and parsed afterwards; they are stored as they came and never encoded again.
Each signed body starts with its context string, the relay id and the account id.
"""

import hashlib
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from app.common import errors, ids
from app.protocol import bounds


class Context(StrEnum):
    """First field of everything that is signed or hashed into an id; no two uses share one."""

    ACCOUNT = "kf/account/1"
    RELAY = "kf/relay/1"
    SUBMIT = "kf/submit/1"
    DEVICE = "kf/device/1"
    LIST = "kf/list/1"
    FRESHNESS = "kf/fresh/1"
    PREKEY = "kf/prekey/1"
    LOGIN = "kf/login/1"
    HELLO = "kf/hello/1"
    REGISTER = "kf/register/1"
    ADDRESS = "kf/address/1"


class Signed(msgspec.Struct, frozen=True, array_like=True):
    """``body`` as it was signed, who signed it (Ed25519 public key), and the signature over the body."""

    body: bytes
    signer: bounds.PublicKey
    signature: bounds.Signature

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body without the signature: what lists and freshness refer to."""
        return hashlib.sha256(self.body).digest()


Body = TypeVar("Body")

_encode = msgspec.msgpack.Encoder().encode
_signed_decoder = msgspec.msgpack.Decoder(Signed)


def account_id(root_public: bytes) -> ids.AccountId:
    """SHA-256("kf/account/1" || root public key)."""
    return ids.AccountId(hashlib.sha256(Context.ACCOUNT.encode() + root_public).digest())


def relay_id(relay_public: bytes) -> ids.RelayId:
    """SHA-256("kf/relay/1" || relay public key)."""
    return ids.RelayId(hashlib.sha256(Context.RELAY.encode() + relay_public).digest())


def submit_id(message: bytes, recipient: bytes, attempt: int) -> ids.SubmitId:
    """First 16 bytes of SHA-256("kf/submit/1" || message id || recipient account || attempt as 4 bytes)."""
    return ids.SubmitId(
        hashlib.sha256(Context.SUBMIT.encode() + message + recipient + attempt.to_bytes(4, "big")).digest()[:16]
    )


def encode(body: msgspec.Struct | tuple[Any, ...]) -> bytes:
    """The bytes that are signed: a msgpack array."""
    return _encode(body)


def pack(item: Signed) -> bytes:
    """A signed object as one byte string, for whoever keeps it."""
    return _encode(item)


def unpack(data: bytes) -> Signed:
    """What `pack` made; raises errors.Broken (``damaged``)."""
    try:
        return _signed_decoder.decode(data)
    except bounds.MISFITS as error:
        raise errors.Broken("damaged", "a stored signed object") from error


def public_of(seed: bytes) -> bytes:
    """Ed25519 public key of a 32-byte seed."""
    return bytes(SigningKey(seed).verify_key)


def sign_bytes(seed: bytes, message: bytes) -> bytes:
    """A 64-byte Ed25519 signature (RFC 8032)."""
    return SigningKey(seed).sign(message).signature


def sign(seed: bytes, body: bytes) -> Signed:
    """Sign ``body`` with the Ed25519 key of ``seed``."""
    key = SigningKey(seed)
    return Signed(body, bytes(key.verify_key), key.sign(body).signature)


def check(public: bytes, message: bytes, signature: bytes) -> None:
    """Verify an Ed25519 signature; raises errors.Untrusted (``bad_signature``)."""
    try:
        VerifyKey(public).verify(message, signature)
    except (BadSignatureError, ValueError) as error:
        raise errors.Untrusted("bad_signature") from error


def open_signed(signed: Signed, decoder: "msgspec.msgpack.Decoder[Body]", limit: int) -> Body:
    """Verify, then parse; raises errors.Untrusted (``bad_signature``) or errors.Malformed (``malformed``)."""
    if len(signed.body) > limit:
        raise errors.Malformed("too_large")
    check(signed.signer, signed.body, signed.signature)
    try:
        return decoder.decode(signed.body)
    except bounds.MISFITS as error:
        raise errors.Malformed("malformed", type(error).__name__) from error
