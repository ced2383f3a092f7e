"""A text from a phone, sealed by the relay to one device as soon as it arrives.

The relay has read it; from then on only the device can. It is sealed once, so nothing ratchets: the prekey it is sealed
to is used for this alone, unless the device had none left.
"""

from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from msgspec import Meta

from app.common import errors
from app.protocol import bounds, limits, segments

_PUBLIC: Final = 1216
_MLKEM_PUBLIC: Final = 1184
_SUITE: Final = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


Parts = Annotated[int, Meta(ge=0, le=segments.MOST_RECEIVED)]


class Media(msgspec.Struct, frozen=True, array_like=True):
    """One piece of an MMS."""

    content_type: bounds.Word
    name: Annotated[str, Meta(max_length=255)]
    octets: Annotated[bytes, Meta(max_length=limits.TEXT_SEALED)]


class TextBody(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed. Nothing here proves who sent it: ``peer`` is what the phone network said.

    ``missing`` are parts that never came, ``segments`` those that did; ``answered``: it was STOP, START or HELP, and
    the relay or its provider has answered it. ``pieces`` are those an MMS had, 0 where it was none: where ``media``
    has fewer, the words end with a line for each that is missing.
    """

    ours: bounds.AddressText
    peer: bounds.AddressText
    text: Annotated[str, Meta(max_length=limits.TEXT_RECEIVED)]
    at: bounds.Millis
    missing: Parts = 0
    media: Annotated[tuple[Media, ...], Meta(max_length=limits.TEXT_MEDIA)] = ()
    answered: bool = False
    segments: Parts = 1
    pieces: Parts = 0


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(TextBody)


def encode(body: TextBody) -> bytes:
    """The bytes that are sealed."""
    return _encode(body)


def decode(data: bytes) -> TextBody:
    """The reverse of ``encode``; errors.Malformed."""
    if len(data) > limits.TEXT_SEALED:
        raise errors.Malformed("too_large")
    try:
        return _decoder.decode(data)
    except bounds.MISFITS as error:
        raise errors.Malformed("malformed") from error


def info(relay: bytes, account: bytes, device: bytes) -> bytes:
    """What a sealed text is bound to: relay id and account id (32 bytes each), device id (16)."""
    return b"kf/text/1" + relay + account + device


def seal(public: bytes, bound: bytes, body: TextBody) -> bytes:
    """HPKE base mode (RFC 9180), X-Wing, HKDF-SHA256, ChaCha20-Poly1305; Untrusted ``bad_key`` for an invalid key.

    ``public`` is an X-Wing key (1,216 bytes), ``bound`` comes from ``info``. The device opens it with its seed.
    """
    if len(public) != _PUBLIC:
        raise errors.Untrusted("bad_key")
    try:
        key = hpke.MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
            x25519.X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
        )
        return _SUITE.encrypt(encode(body), key, info=bound)
    except ValueError:
        raise errors.Untrusted("bad_key") from None
