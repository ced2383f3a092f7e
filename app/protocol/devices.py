"""Device records, the signed chain of device lists, freshness and prekeys: what is signed, and how it is verified.

A list n+1 is signed by a device of list n. Only the root key starts a root epoch, and every list it signs starts one;
the higher epoch wins any fork, which is how an account is taken back. A chain begins with the last list of the root.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from app.common import errors, ids
from app.protocol import bounds, limits, signed
from app.protocol.signed import Context, Signed

NO_LIST: Final = bytes(32)
PQ: Final = "pq1"  # capability: takes post-quantum epochs; a device without it gets no envelope


class DeviceRecord(msgspec.Struct, frozen=True, array_like=True):
    """One device: its Olm identity key, its signing key, what it can do, and its own signature over all of it."""

    device: bounds.Id
    curve25519: bounds.PublicKey
    ed25519: bounds.PublicKey
    capabilities: Annotated[tuple[bounds.Word, ...], Meta(max_length=16)]
    created: bounds.Millis
    possession: bounds.Signature


class ListBody(msgspec.Struct, frozen=True, array_like=True):
    """The body of one signed device list."""

    context: bounds.Word
    relay: bounds.Hash
    account: bounds.Hash
    root_epoch: bounds.Count
    version: bounds.Count
    previous: bounds.Hash
    rich: bool
    issued: bounds.Millis
    devices: Annotated[tuple[DeviceRecord, ...], Meta(max_length=limits.DEVICES)]


class FreshnessBody(msgspec.Struct, frozen=True, array_like=True):
    """A listed device says that this list was still the newest when it looked."""

    context: bounds.Word
    relay: bounds.Hash
    account: bounds.Hash
    list_hash: bounds.Hash
    issued: bounds.Millis
    expires: bounds.Millis


class KeyKind(StrEnum):
    """The kinds of prekey."""

    ONE_TIME = "otk"
    FALLBACK = "fallback"
    PQ_ONE_TIME = "pq"
    PQ_LAST_RESORT = "pq-last"
    PQ_IN_BAND = "pq-band"


class PrekeyBody(msgspec.Struct, frozen=True, array_like=True):
    """One prekey, bound to its device: 32 bytes Curve25519, or 1,216 bytes X-Wing."""

    context: bounds.Word
    relay: bounds.Hash
    account: bounds.Hash
    device: bounds.Id
    kind: KeyKind
    key_id: Annotated[bytes, Meta(min_length=1, max_length=32)]
    created: bounds.Millis
    expires: bounds.Millis
    key: Annotated[bytes, Meta(min_length=32, max_length=1216)]


class Pin(msgspec.Struct, frozen=True, array_like=True):
    """Where an account's chain was seen last: what must never be gone behind."""

    root_epoch: int
    version: int
    digest: bytes


class DeviceList(msgspec.Struct, frozen=True):
    """A verified head of a chain."""

    relay: ids.RelayId
    account: ids.AccountId
    root_public: bytes
    root_epoch: int
    version: int
    digest: bytes
    rich: bool
    issued: int
    devices: tuple[DeviceRecord, ...]

    @property
    def pin(self) -> Pin:
        return Pin(self.root_epoch, self.version, self.digest)

    def find(self, device: bytes) -> DeviceRecord | None:
        """The record of this device, or None."""
        return next((record for record in self.devices if record.device == device), None)

    def find_curve(self, curve25519: bytes) -> DeviceRecord | None:
        """The record with this Olm identity key, or None."""
        return next((record for record in self.devices if record.curve25519 == curve25519), None)


_chain_encode = msgspec.msgpack.Encoder().encode
_chain_decoder = msgspec.msgpack.Decoder(tuple[Signed, ...])
_list_decoder = msgspec.msgpack.Decoder(ListBody)
_freshness_decoder = msgspec.msgpack.Decoder(FreshnessBody)
_prekey_decoder = msgspec.msgpack.Decoder(PrekeyBody)


def pack_chain(chain: Sequence[Signed]) -> bytes:
    """The bytes in which a chain is stored; the signed bodies stay as they came."""
    return _chain_encode(tuple(chain))


def unpack_chain(data: bytes) -> tuple[Signed, ...]:
    """A stored chain; raises errors.Broken (``damaged``)."""
    try:
        return _chain_decoder.decode(data)
    except bounds.MISFITS as error:
        raise errors.Broken("damaged", "stored chain") from error


def possession_bytes(relay: bytes, account: bytes, record: DeviceRecord) -> bytes:
    """What a new device signs itself, so that nobody lists a key they do not hold."""
    return signed.encode(
        (
            Context.DEVICE.value,
            relay,
            account,
            record.device,
            record.curve25519,
            record.ed25519,
            record.capabilities,
            record.created,
        )
    )


def make_record(
    relay: bytes, account: bytes, device: bytes, curve25519: bytes, device_seed: bytes, created: int
) -> DeviceRecord:
    """A record signed by its own device key; ``device_seed`` is the device's 32-byte Ed25519 seed."""
    record = DeviceRecord(device, curve25519, signed.public_of(device_seed), (PQ,), created, bytes(64))
    signature = signed.sign_bytes(device_seed, possession_bytes(relay, account, record))
    return msgspec.structs.replace(record, possession=signature)


def first_list(relay: bytes, root_seed: bytes, records: Sequence[DeviceRecord], issued: int) -> Signed:
    """The list an account begins with, signed by the root."""
    account = signed.account_id(signed.public_of(root_seed))
    body = ListBody(Context.LIST.value, relay, account, 0, 1, NO_LIST, True, issued, tuple(records))
    return signed.sign(root_seed, signed.encode(body))


def next_list(
    head: DeviceList,
    seed: bytes,
    issued: int,
    *,
    records: Sequence[DeviceRecord] | None = None,
    rich: bool | None = None,
) -> Signed:
    """The successor of ``head``: signed by a device of it, or by the root, which raises the root epoch."""
    by_root = signed.public_of(seed) == head.root_public
    body = ListBody(
        Context.LIST.value,
        head.relay,
        head.account,
        head.root_epoch + int(by_root),
        head.version + 1,
        head.digest,
        head.rich if rich is None else rich,
        issued,
        head.devices if records is None else tuple(records),
    )
    return signed.sign(seed, signed.encode(body))


def verify_first(relay: bytes, account: bytes, item: Signed) -> DeviceList:
    """A list signed by the root; raises errors.Untrusted or errors.Malformed."""
    body = _open_list(relay, account, item)
    if signed.account_id(item.signer) != account:
        raise errors.Untrusted("not_the_root")
    if body.root_epoch == 0 and (body.version != 1 or body.previous != NO_LIST):
        raise errors.Untrusted("list_forked")
    _check_records(relay, account, body, None)
    return _head(item.signer, body, item)


def verify_next(head: DeviceList, item: Signed) -> DeviceList:
    """The successor of a verified list; raises errors.Untrusted (``list_went_back``, ``list_forked``, ...)."""
    body = _open_list(head.relay, head.account, item)
    if item.signer == head.root_public:
        if body.root_epoch <= head.root_epoch:
            raise errors.Untrusted("list_went_back")
        _check_records(head.relay, head.account, body, None)
        return _head(head.root_public, body, item)
    if body.root_epoch != head.root_epoch or body.version <= head.version:
        raise errors.Untrusted("list_went_back")
    if body.version != head.version + 1 or body.previous != head.digest:
        raise errors.Untrusted("list_forked")
    if all(record.ed25519 != item.signer for record in head.devices):
        raise errors.Untrusted("not_a_device")
    _check_records(head.relay, head.account, body, head)
    return _head(head.root_public, body, item)


def verify_chain(relay: bytes, account: bytes, chain: Sequence[Signed], pinned: Pin | None = None) -> DeviceList:
    """Verify every list from the root's on and hold the head against what was pinned.

    Raises errors.Untrusted (``list_went_back``, ``list_forked``, ``not_the_root``, ``bad_signature``, ``wrong_names``)
    or errors.Malformed.
    """
    if not 1 <= len(chain) <= limits.CHAIN:
        raise errors.Malformed("bad_chain")
    head = verify_first(relay, account, chain[0])
    pins = {head.version: head.digest}
    for item in chain[1:]:
        following = verify_next(head, item)
        if following.root_epoch != head.root_epoch:
            raise errors.Malformed("bad_chain")
        head = following
        pins[head.version] = head.digest
    if pinned is not None:
        _hold_against(pinned, head, pins)
    return head


def _hold_against(pinned: Pin, head: DeviceList, known: dict[int, bytes]) -> None:
    if head.root_epoch > pinned.root_epoch:
        return
    if head.root_epoch < pinned.root_epoch or head.version < pinned.version:
        raise errors.Untrusted("list_went_back")
    if known.get(pinned.version) != pinned.digest:
        raise errors.Untrusted("list_forked")


def _open_list(relay: bytes, account: bytes, item: Signed) -> ListBody:
    body = signed.open_signed(item, _list_decoder, limits.LIST)
    if body.context != Context.LIST:
        raise errors.Untrusted("wrong_context")
    if body.relay != relay or body.account != account:
        raise errors.Untrusted("wrong_names")
    return body


def _check_records(relay: bytes, account: bytes, body: ListBody, before: DeviceList | None) -> None:
    """Each device once, each key once, each proved by the device itself, and none changed under the same name."""
    seen: set[bytes] = set()
    for record in body.devices:
        for name in (record.device, record.curve25519, record.ed25519):
            if name in seen:
                raise errors.Untrusted("device_twice")
            seen.add(name)
        old = before.find(record.device) if before is not None else None
        if old is not None and old != record:
            raise errors.Untrusted("device_changed")
        if old is None:
            signed.check(record.ed25519, possession_bytes(relay, account, record), record.possession)


def read_list(root_public: bytes, item: Signed) -> DeviceList:
    """A list that was verified before it was stored; raises errors.Broken (``damaged``) if it cannot be read."""
    try:
        body = _list_decoder.decode(item.body)
    except bounds.MISFITS as error:
        raise errors.Broken("damaged", "a stored device list") from error
    return _head(root_public, body, item)


def _head(root_public: bytes, body: ListBody, item: Signed) -> DeviceList:
    return DeviceList(
        ids.RelayId(body.relay),
        ids.AccountId(body.account),
        root_public,
        body.root_epoch,
        body.version,
        item.digest,
        body.rich,
        body.issued,
        body.devices,
    )


def make_freshness(head: DeviceList, device_seed: bytes, issued: int) -> Signed:
    """Say that ``head`` is the newest list, for the next 45 days."""
    body = FreshnessBody(
        Context.FRESHNESS.value, head.relay, head.account, head.digest, issued, issued + limits.FRESHNESS
    )
    return signed.sign(device_seed, signed.encode(body))


def verify_freshness(head: DeviceList, item: Signed) -> FreshnessBody:
    """Check that a listed device signed it for this very list; the caller judges the times."""
    body = signed.open_signed(item, _freshness_decoder, limits.LIST)
    if body.context != Context.FRESHNESS:
        raise errors.Untrusted("wrong_context")
    if (body.relay, body.account, body.list_hash) != (head.relay, head.account, head.digest):
        raise errors.Untrusted("wrong_names")
    if all(record.ed25519 != item.signer for record in head.devices):
        raise errors.Untrusted("not_a_device")
    if body.expires - body.issued > limits.FRESHNESS:
        raise errors.Untrusted("expires_too_late")
    return body


def make_prekey(
    head: DeviceList, device: bytes, seed: bytes, kind: KeyKind, key_id: bytes, key: bytes, created: int, expires: int
) -> Signed:
    """A prekey signed by its device."""
    body = PrekeyBody(Context.PREKEY.value, head.relay, head.account, device, kind, key_id, created, expires, key)
    return signed.sign(seed, signed.encode(body))


def verify_prekey(head: DeviceList, device: bytes, item: Signed, kinds: Sequence[KeyKind], now: int) -> PrekeyBody:
    """Check name, kind, date and the device's own signature before a key is used; raises errors.Untrusted."""
    record = head.find(device)
    if record is None:
        raise errors.Untrusted("not_a_device")
    if item.signer != record.ed25519:
        raise errors.Untrusted("bad_signature")
    body = signed.open_signed(item, _prekey_decoder, limits.LIST)
    if body.context != Context.PREKEY:
        raise errors.Untrusted("wrong_context")
    if (body.relay, body.account, body.device) != (head.relay, head.account, device) or body.kind not in kinds:
        raise errors.Untrusted("wrong_names")
    if body.expires < now:
        raise errors.Untrusted("prekey_expired")
    return body
