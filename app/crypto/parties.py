"""Who takes part in an encrypted exchange, and the public values they name to each other."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from app.crypto import primitives

Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]

KEY_ID_SIZE: Final = 8


class Party(msgspec.Struct, frozen=True, array_like=True):
    """One device of one account."""

    account: Hash
    device: Id

    def __post_init__(self) -> None:
        if len(self.account) != 32 or len(self.device) != 16:
            raise ValueError("a party is a 32-byte account and a 16-byte device")


class ListHead(msgspec.Struct, frozen=True, array_like=True):
    """The head of a device list as somebody knows it."""

    root_epoch: Count
    version: Count
    hash: Hash


class Lists(msgspec.Struct, frozen=True, array_like=True):
    """Both sides' device lists as the sender of an envelope knows them; judged by the recipient after opening."""

    sender: ListHead
    recipient: ListHead


class Kind(StrEnum):
    """The kinds of published keys, with the words the protocol signs for them."""

    OLM_ONE_TIME = "otk"
    OLM_FALLBACK = "fallback"
    PQ_ONE_TIME = "pq"
    PQ_LAST_RESORT = "pq-last"
    PQ_IN_BAND = "pq-band"


class PublicKey(msgspec.Struct, frozen=True, array_like=True):
    """A key for others: 32 bytes (Curve25519) or 1,216 (X-Wing). Times are milliseconds since 1970."""

    kind: Kind
    key_id: Annotated[bytes, msgspec.Meta(min_length=KEY_ID_SIZE, max_length=KEY_ID_SIZE)]
    public: Annotated[bytes, msgspec.Meta(min_length=32, max_length=1216)]
    created: Count
    expires: Count

    def valid(self, now: int) -> bool:
        return now < self.expires


class Bundle(msgspec.Struct, frozen=True):
    """A peer device's published keys; the caller has checked their signatures. ``olm`` is one-time or fallback."""

    olm: PublicKey | None
    pq: PublicKey | None


def key_id(public: bytes) -> bytes:
    """The name of a public key: the first 8 bytes of its SHA-256."""
    return primitives.sha256(public)[:KEY_ID_SIZE]


def names(sender: Party, recipient: Party) -> bytes:
    """Both parties in an order that cannot be read in two ways."""
    return primitives.join(sender.account, sender.device, recipient.account, recipient.device)
