"""The sealed payload: whom it is for, where it belongs, its place in the order, the sender's claims, one content."""

import hashlib
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from app.common import errors
from app.common.ids import AccountId
from app.content import base, catalog, wire
from app.protocol import limits

VERSION: Final = 1
PAYLOAD: Final = limits.CONTENT - limits.KIB  # bytes; the rest is padding and tag


class Payload(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The plaintext of a content ciphertext.

    ``to`` is the account it was written for: under the own account's key with another account in ``to`` it is the copy
    of a sent message. ``conversation`` is the 32-byte name both ends compute. ``sequence`` counts from 1 what this
    device sent to this conversation; 0 is not counted. Times are milliseconds. Name and address of the sender are
    claims. The message id is not in here: the content ciphertext is bound to it.
    """

    version: Annotated[int, Meta(ge=VERSION, le=VERSION)] = VERSION
    kind: base.Kind
    to: base.Account
    conversation: base.WireConversation
    sequence: base.Sequence
    sent_at: base.Millis
    order: base.Millis
    sender_name: Annotated[str, Meta(max_length=128)] = ""
    sender_address: Annotated[str, Meta(max_length=320)] = ""
    fallback: Annotated[str, Meta(max_length=base.FALLBACK)] = ""
    body: Annotated[bytes, Meta(max_length=base.BODY)] = b""

    @property
    def content(self) -> base.Content:
        """Decoded on reading; raises errors.Malformed."""
        return catalog.decode(self.kind, self.body, self.fallback)


class _Head(msgspec.Struct, frozen=True, array_like=True):
    """What every later version will keep."""

    version: int


def encode(payload: Payload) -> bytes:
    """Bytes to seal; raises errors.Malformed when ``decode`` would refuse them."""
    raw = wire.encode(payload)
    decode(raw)
    return raw


def decode(raw: bytes) -> Payload:
    """Strict and bounded; raises errors.Malformed, with code ``newer_version`` for a payload of a later protocol."""
    try:
        return wire.decode(raw, Payload, PAYLOAD)
    except errors.Malformed as error:
        if error.code == "malformed" and wire.decode(raw, _Head, PAYLOAD).version > VERSION:
            raise errors.Malformed("newer_version") from error
        raise


def of(
    content: base.Content,
    *,
    to: AccountId,
    conversation: bytes,
    sequence: int,
    sent_at: int,
    order: int,
    sender_name: str = "",
    sender_address: str = "",
) -> Payload:
    """The payload around a content; raises errors.Malformed."""
    kind, body = catalog.encode(content)
    return Payload(
        kind=kind,
        to=to,
        conversation=conversation,
        sequence=sequence,
        sent_at=sent_at,
        order=order,
        sender_name=sender_name,
        sender_address=sender_address,
        fallback=catalog.fallback(content),
        body=body,
    )


@lru_cache(maxsize=1024)
def direct_conversation(one: AccountId, other: AccountId) -> bytes:
    """The conversation of two accounts, 32 bytes, the same from both ends: receivers compute it and compare."""
    first, second = sorted((one, other))
    return hashlib.sha256(b"kf/direct/1" + first + second).digest()
