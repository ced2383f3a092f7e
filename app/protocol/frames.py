"""Every frame of the WebSocket, and strict bytes <-> frames.

A WebSocket message is a msgpack array of frames; each frame is an array whose first element is its tag. New fields
come at the end with defaults. A frame with an unknown tag is skipped and counted, a malformed one is counted and
refused alone: neither touches its neighbours.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from app.common import errors
from app.protocol import bounds, limits, proofs
from app.protocol.batches import Batch, Frame, few, one_by_one
from app.protocol.signed import Signed
from app.protocol.text_frames import DeliverText, SubmitText, TextReport, TextTerms, WithdrawText

GONE = "gone"  # of an account asked for by its id: nobody has it any more, as far as the relay can tell

Request = Annotated[int, Meta(ge=0, le=2**32 - 1)]
EnvelopeBytes = Annotated[bytes, Meta(min_length=1, max_length=limits.ENVELOPE)]
Content = Annotated[bytes, Meta(max_length=limits.CONTENT)]
Chain = Annotated[tuple[Signed, ...], Meta(max_length=limits.CHAIN)]


class Addressed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One device's envelope."""

    device: bounds.Id
    envelope: EnvelopeBytes


class Login(Frame, frozen=True, tag=1):
    """Answer to Hello; ``signature`` is over login.login_bytes."""

    device: bounds.Id
    counter: bounds.Sequence
    start: bounds.Id
    signature: bounds.Signature


class Submit(Frame, frozen=True, tag=2):
    """One message to one account: its content once, an envelope per device, and the devices that got none.

    ``order`` is milliseconds; ``visible`` says that a person will see it (receipts and the like are not visible).
    """

    submit: bounds.Id
    to: bounds.Hash
    order: bounds.Millis
    visible: bool
    content: Content
    envelopes: Annotated[tuple[Addressed, ...], Meta(max_length=limits.ENVELOPES)]
    skipped: Annotated[tuple[bounds.Id, ...], Meta(max_length=limits.DEVICES)] = ()


class Ack(Frame, frozen=True, tag=3):
    """These entries of this connection's Deliver frames are committed; the relay may forget them."""

    entries: Annotated[tuple[bounds.Sequence, ...], Meta(max_length=limits.ACKS)]


class Withdraw(Frame, frozen=True, tag=4):
    """Take back a submit; ``boot`` is the boot id stored beside it before its first attempt."""

    submit: bounds.Id
    to: bounds.Hash
    boot: bounds.Id


class SendEphemeral(Frame, frozen=True, tag=5):
    """Typing and the like: to the connected devices of an account, never stored."""

    to: bounds.Hash
    items: Annotated[tuple[Addressed, ...], Meta(max_length=limits.DEVICES)]


class Lookup(Frame, frozen=True, tag=6):
    """Ask by address, or by account (32 bytes) when ``address`` is empty."""

    request: Request
    address: bounds.AddressText = ""
    account: bounds.OptionalHash = b""


class Watch(Frame, frozen=True, tag=7):
    """Tell me when one of these accounts changes its list; replaces what was watched before."""

    accounts: Annotated[tuple[bounds.Hash, ...], Meta(max_length=limits.WATCHED)]


class Relation(Frame, frozen=True, tag=8):
    """What this account is to me: 0 none, 1 accepted, 2 blocked."""

    account: bounds.Hash
    state: Annotated[int, Meta(ge=0, le=2)]


class Ping(Frame, frozen=True, tag=9):
    """Answered by Pong with the same mark."""

    mark: bounds.Sequence


class Hello(Frame, frozen=True, tag=64):
    """First frame of a connection: the relay's signed word, a single-use nonce and its clock."""

    statement: Signed
    nonce: bounds.Hash
    now: bounds.Millis
    oldest: bounds.Count = limits.VERSION
    newest: bounds.Count = limits.VERSION


class Welcome(Frame, frozen=True, tag=65):
    """Logged in. ``boot`` changes when the relay restarts without a clean drain.

    ``hidden``: by its address the account is found by those it has accepted, and by nobody else.
    """

    account: bounds.Hash
    boot: bounds.Id
    token: Annotated[bytes, Meta(max_length=64)]
    now: bounds.Millis
    waiting: bounds.Count
    one_time_keys: bounds.Count
    pq_keys: bounds.Count
    list_digest: bounds.Hash
    limits: dict[bounds.Word, int] = msgspec.field(default_factory=dict[bounds.Word, int])
    hidden: bool = False


class Token(Frame, frozen=True, tag=66):
    """A new token for HTTP, before the old one ends."""

    token: Annotated[bytes, Meta(max_length=64)]


class AcceptedItem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One submit that is durably accepted, and when."""

    submit: bounds.Id
    at: bounds.Millis


class Accepted(Frame, frozen=True, tag=67):
    """The commit is on disk; the relay answers for these from now on."""

    items: Annotated[tuple[AcceptedItem, ...], Meta(max_length=limits.FRAMES)]


class StaleDevices(Frame, frozen=True, tag=68):
    """The envelopes do not fit the account's devices of today; nothing was kept. ``list_digest`` is the newest list."""

    submit: bounds.Id
    to: bounds.Hash
    list_digest: bounds.Hash


class Refused(Frame, frozen=True, tag=69):
    """A submit (``submit`` set), a request (``request`` set) or the connection (neither) was refused.

    ``code`` has a sentence on the client's side, ``limit`` names the limit that was met, times are milliseconds.
    """

    code: bounds.Word
    submit: Annotated[bytes, Meta(max_length=16)] = b""
    request: Request = 0
    retry_after: bounds.Millis = 0
    limit: bounds.Word = ""
    now: bounds.Millis = 0


class Deliver(Frame, frozen=True, tag=70):
    """One entry of the mailbox; ``entry`` counts up and is acknowledged on this connection only."""

    entry: bounds.Sequence
    account: bounds.Hash
    device: bounds.Id
    submit: bounds.Id
    order: bounds.Millis
    accepted_at: bounds.Millis
    visible: bool
    content: Content
    envelope: EnvelopeBytes


class CaughtUp(Frame, frozen=True, tag=71):
    """The mailbox was handed over to its end once in this session."""


class Withdrawn(Frame, frozen=True, tag=72):
    """Answer to Withdraw: ``withdrawn``, ``never_had``, ``handed_over`` or ``not_known``."""

    submit: bounds.Id
    outcome: bounds.Word


class DeliverEphemeral(Frame, frozen=True, tag=73):
    """Somebody's ephemeral."""

    account: bounds.Hash
    device: bounds.Id
    body: Annotated[bytes, Meta(min_length=1, max_length=limits.EPHEMERAL)]


class Found(Frame, frozen=True, tag=74):
    """Answer to Lookup. ``state``: ``found`` or ``not_found``; ``standing``: ``claimed`` or ``proved``.

    Of an account asked for by its id the standing is empty, or ``gone``: its last address was taken away by none of its
    devices, and none has come since.
    """

    request: Request
    state: bounds.Word
    account: bounds.OptionalHash = b""
    chain: Chain = ()
    freshness: Signed | None = None
    standing: bounds.Word = ""


class Changed(Frame, frozen=True, tag=75):
    """A watched account has a new list."""

    account: bounds.Hash


class Expired(Frame, frozen=True, tag=76):
    """These submits were kept for 30 days and never fetched."""

    submits: Annotated[tuple[bounds.Id, ...], Meta(max_length=limits.FRAMES)]


class Pong(Frame, frozen=True, tag=77):
    """Answer to Ping."""

    mark: bounds.Sequence


class Drain(Frame, frozen=True, tag=78):
    """The relay is going down in order; come back a little later."""

    retry_after: bounds.Millis = 0


class Joined(Frame, frozen=True, tag=79):
    """These accounts came by an invite of this one: the two are accepted to each other from the start.

    ``addresses`` are theirs, in the same order, empty where there is none any more.
    """

    accounts: Annotated[tuple[bounds.Hash, ...], Meta(max_length=limits.WATCHED)]
    addresses: Annotated[tuple[bounds.AddressText, ...], Meta(max_length=limits.WATCHED)] = ()


class OwnAddresses(Frame, frozen=True, tag=83):
    """All addresses of this account as they stand, after Welcome and after each change; see proofs.Addresses."""

    held: proofs.AllHeld
    checks: proofs.Checks = ()


ClientFrame = (
    Login | Submit | Ack | Withdraw | SendEphemeral | Lookup | Watch | Relation | Ping | SubmitText | WithdrawText
)
RelayFrame = (
    Hello
    | Welcome
    | Token
    | Accepted
    | StaleDevices
    | Refused
    | Deliver
    | CaughtUp
    | Withdrawn
    | DeliverEphemeral
    | Found
    | Changed
    | Expired
    | Pong
    | Drain
    | Joined
    | TextTerms
    | DeliverText
    | TextReport
    | OwnAddresses
)

_encode = msgspec.msgpack.Encoder().encode
_client_fast = msgspec.msgpack.Decoder(list[ClientFrame])
_client_one = msgspec.msgpack.Decoder(ClientFrame)
_relay_fast = msgspec.msgpack.Decoder(list[RelayFrame])
_relay_one = msgspec.msgpack.Decoder(RelayFrame)
_CLIENT_TAGS = frozenset(range(1, 12))
_RELAY_TAGS = frozenset(range(64, 84))


def encode(frames: Iterable[Frame]) -> bytes:
    """One WebSocket message; the caller keeps it under limits.FRAME."""
    return _encode(list(frames))


def encode_one(frame: Frame) -> bytes:
    """One frame without the message around it: for `join`, and for the relay's mailbox."""
    return _encode(frame)


def join(parts: Sequence[bytes]) -> bytes:
    """One WebSocket message of frames that `encode_one` made; at most 65,535 of them."""
    count = len(parts)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    return head + b"".join(parts)


def decode_client(data: bytes) -> Batch[ClientFrame]:
    """Frames from a client; raises errors.Malformed when the message itself cannot be read or is too large."""
    _bounded(data)
    try:
        frames = _client_fast.decode(data)
    except bounds.MISFITS:
        return one_by_one(data, _client_one, _CLIENT_TAGS)
    return Batch(few(frames))


def decode_relay(data: bytes) -> Batch[RelayFrame]:
    """Frames from the relay; raises errors.Malformed when the message itself cannot be read or is too large."""
    _bounded(data)
    try:
        frames = _relay_fast.decode(data)
    except bounds.MISFITS:
        return one_by_one(data, _relay_one, _RELAY_TAGS)
    return Batch(few(frames))


def _bounded(data: bytes) -> None:
    if len(data) > limits.FRAME:
        raise errors.Malformed("too_large")


_submit = msgspec.msgpack.Decoder(Submit)


def decode_submit(data: bytes) -> Submit:
    """A stored Submit, as `encode_one` made it; raises errors.Broken (``damaged``)."""
    try:
        return _submit.decode(data)
    except bounds.MISFITS as error:
        raise errors.Broken("damaged", "stored submit") from error


Entry = Deliver | DeliverText | TextReport  # what lies in a mailbox
_entry: msgspec.msgpack.Decoder[Entry] = msgspec.msgpack.Decoder(Entry)


def decode_entry(data: bytes) -> Entry:
    """A stored entry, as `encode_one` made it; raises errors.Broken (``damaged``)."""
    try:
        return _entry.decode(data)
    except bounds.MISFITS as error:
        raise errors.Broken("damaged", "stored entry") from error
