"""Hello and login: what the relay says of itself, what a device signs to come in, and how both are checked."""

from typing import Annotated

import msgspec
from msgspec import Meta

from app.common import errors, ids
from app.protocol import bounds, limits, signed
from app.protocol.signed import Context, Signed

PLAIN_LEAF = bytes(32)  # the leaf hash where there is no TLS: loopback only


class HelloBody(msgspec.Struct, frozen=True, array_like=True):
    """What the relay key vouches for: certificates (SHA-256 of the DER leaf), where it is reached, until when."""

    context: bounds.Word
    relay_public: bounds.PublicKey
    leaves: Annotated[tuple[bounds.Hash, ...], Meta(min_length=1, max_length=8)]
    urls: Annotated[tuple[bounds.Url, ...], Meta(max_length=16)]
    issued: bounds.Millis
    expires: bounds.Millis


_hello_decoder = msgspec.msgpack.Decoder(HelloBody)


def make_hello(seed: bytes, leaves: tuple[bytes, ...], urls: tuple[str, ...], now: int) -> Signed:
    """The signed part of Hello; good for seven days, so that a client's wrong clock does little harm."""
    body = HelloBody(Context.HELLO.value, signed.public_of(seed), leaves, urls, now, now + limits.HELLO)
    return signed.sign(seed, signed.encode(body))


def verify_hello(item: Signed, leaf: bytes, now: int, pinned: bytes | None) -> tuple[ids.RelayId, HelloBody]:
    """Check the relay's word before anything is sent to it.

    ``leaf`` is SHA-256 of the certificate seen on this connection (32 zero bytes on plain loopback), ``pinned`` the
    relay id known before, if any. Raises errors.Untrusted: ``another_relay``, ``wrong_certificate``, ``hello_expired``.
    """
    body = signed.open_signed(item, _hello_decoder, limits.LIST)
    if body.context != Context.HELLO:
        raise errors.Untrusted("wrong_context")
    relay = signed.relay_id(body.relay_public)
    if item.signer != body.relay_public or (pinned is not None and relay != pinned):
        raise errors.Untrusted("another_relay")
    if leaf not in body.leaves:
        raise errors.Untrusted("wrong_certificate")
    if body.expires < now:
        raise errors.Untrusted("hello_expired")
    return relay, body


def login_bytes(relay: bytes, leaf: bytes, nonce: bytes, device: bytes, counter: int, start: bytes) -> bytes:
    """What the device signs: it names the relay and the very certificate, so that nobody in between can pass it on."""
    return signed.encode((Context.LOGIN.value, relay, leaf, nonce, device, counter, start))


def register_bytes(relay: bytes, account: bytes, address: str, invite: bytes, list_digest: bytes) -> bytes:
    """What the root signs to register: ``invite`` is the secret of an invite or empty."""
    return signed.encode((Context.REGISTER.value, relay, account, address, invite, list_digest))
