"""Bodies of the relay's HTTP requests and answers: msgpack arrays, strictly decoded."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from app.common import errors
from app.protocol import bounds, limits
from app.protocol.signed import Signed

CONTENT_TYPE = "application/msgpack"


class Register(msgspec.Struct, frozen=True, array_like=True):
    """Make an account: POST accounts. ``proof`` is the root's signature over login.register_bytes."""

    address: bounds.AddressText
    first_list: Signed
    freshness: Signed
    proof: bounds.Signature
    invite: Annotated[bytes, Meta(max_length=32)] = b""


class Registered(msgspec.Struct, frozen=True, array_like=True):
    """The account stands; ``inviter`` (32 bytes or empty) is accepted on both sides, and found by that address."""

    account: bounds.Hash
    standing: bounds.Word
    inviter: bounds.OptionalHash = b""
    inviter_address: bounds.AddressText = ""


class Invited(msgspec.Struct, frozen=True, array_like=True):
    """Answer to POST invites, which has no body: the secret of a new invite of the asking account, good until then."""

    secret: Annotated[bytes, Meta(min_length=16, max_length=32)]
    expires: bounds.Millis


class PutList(msgspec.Struct, frozen=True, array_like=True):
    """Append a list to one's own chain: PUT lists; refused with ``list_forked`` unless it follows the head."""

    item: Signed
    freshness: Signed


class PutFreshness(msgspec.Struct, frozen=True, array_like=True):
    """PUT freshness."""

    item: Signed


class PutFoundBy(msgspec.Struct, frozen=True, array_like=True):
    """PUT found-by: whether anybody may find the account by its address, or only those it has accepted."""

    everyone: bool


class PutPrekeys(msgspec.Struct, frozen=True, array_like=True):
    """PUT prekeys of the own device: one-time keys are added, fallback and last-resort key replaced where given."""

    one_time: Annotated[tuple[Signed, ...], Meta(max_length=limits.ONE_TIME_KEYS)] = ()
    pq: Annotated[tuple[Signed, ...], Meta(max_length=limits.PQ_KEYS)] = ()
    fallback: Signed | None = None
    pq_last: Signed | None = None


class PrekeyCounts(msgspec.Struct, frozen=True, array_like=True):
    """How many one-time keys the relay holds for this device."""

    one_time: bounds.Count
    pq: bounds.Count


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """POST prekeys/claim: a bundle for each of these devices of one account."""

    account: bounds.Hash
    devices: Annotated[tuple[bounds.Id, ...], Meta(min_length=1, max_length=limits.DEVICES)]


class Bundle(msgspec.Struct, frozen=True, array_like=True):
    """Prekeys of one device: a one-time key, popped exactly once, else the fallback; the same for X-Wing."""

    device: bounds.Id
    olm: Signed | None
    pq: Signed | None


class Claimed(msgspec.Struct, frozen=True, array_like=True):
    """Answer to Claim, in the order asked."""

    bundles: Annotated[tuple[Bundle, ...], Meta(max_length=limits.DEVICES)]


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """Body of every refusal: a code, which limit it was, and when to come back (milliseconds)."""

    code: bounds.Word
    limit: bounds.Word = ""
    retry_after: bounds.Millis = 0


_BEARER = "Bearer "


def bearer(token: bytes) -> str:
    """The Authorization header of a request: the token of Welcome or Token, in hex."""
    return _BEARER + token.hex()


def read_bearer(header: str) -> bytes:
    """The token in an Authorization header, or nothing."""
    try:
        return bytes.fromhex(header.removeprefix(_BEARER)) if header.startswith(_BEARER) else b""
    except ValueError:
        return b""


Body = msgspec.Struct  # every request and every answer
T = TypeVar("T", bound=Body)

_encode = msgspec.msgpack.Encoder().encode


def encode(body: Body) -> bytes:
    """The bytes of a body."""
    return _encode(body)


def decode(data: bytes, kind: type[T]) -> T:
    """Strict; raises errors.Malformed (``malformed`` or ``too_large``)."""
    if len(data) > limits.REQUEST:
        raise errors.Malformed("too_large")
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except bounds.MISFITS as error:
        raise errors.Malformed("malformed") from error
