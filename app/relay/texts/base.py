"""What a gateway to the phone network is: what goes in, what comes out, and how it may fail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from app.common import errors
from app.protocol import segments
from app.protocol.segments import Alphabet, Concatenation, Encoding


class Kind(StrEnum):
    """What a gateway carries."""

    SMS = "sms"
    MMS = "mms"


class MessageState(StrEnum):
    """Where a text is, in the words of SMPP 3.4 (5.2.28), and one more: the network knows no such number."""

    ENROUTE = "enroute"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    DELETED = "deleted"
    UNDELIVERABLE = "undeliverable"
    REJECTED = "rejected"
    NO_SUCH_NUMBER = "no_such_number"

    @property
    def final(self) -> bool:
        """Whether nothing more will be heard; a state that is not final never overwrites one that is."""
        return self not in (MessageState.ENROUTE, MessageState.ACCEPTED, MessageState.UNKNOWN)


class LinkState(StrEnum):
    """How a gateway's session stands."""

    BOUND = "bound"
    DOWN = "down"  # it is tried again
    BIND_REFUSED = "bind_refused"  # wrong name or password: the operator has to act; tried again slowly


class Reason(StrEnum):
    """Why a gateway did not take a text; also the code of ``Refused``."""

    BAD_NUMBER = "text_bad_number"
    BAD_SENDER = "text_bad_sender"
    TOO_LARGE = "text_too_large"
    UNREACHABLE = "text_unreachable"
    REGION_OFF = "text_region_off"
    OPTED_OUT = "text_opted_out"
    FILTERED = "text_filtered"
    UNREGISTERED = "text_unregistered_sender"
    NO_CREDIT = "text_no_credit"
    EXPIRED = "text_expired"  # its time was over before it could be handed over
    UNSUPPORTED = "text_unsupported"
    REFUSED = "text_refused"  # anything else; ``detail`` has the gateway's own number


class Refused(errors.GiveUp):
    """The gateway did not take it, and says so; ``permanent`` is False when another try may do."""

    def __init__(self, reason: Reason, detail: str = "", *, permanent: bool = True) -> None:
        super().__init__(str(reason), detail)
        self.reason = reason
        self.permanent = permanent


class Throttled(errors.AgainLater):
    """Not taken, the gateway is busy: queue it for ``retry_after`` seconds."""

    def __init__(self, detail: str = "", *, retry_after: float) -> None:
        super().__init__("text_throttled", detail, retry_after=retry_after)


class NotSent(errors.AgainLater):
    """Nothing was written to the gateway: queue it, with the same ids."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("text_not_sent", detail)


class OutcomeUnknown(errors.GiveUp):
    """Written, and no answer came: it may have been taken. Never repeated by itself; the user decides."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("text_outcome_unknown", detail)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one gateway can do, and with which of our numbers (E.164, short codes or names)."""

    sources: tuple[str, ...]
    kinds: frozenset[Kind] = frozenset({Kind.SMS})
    receipts: bool = True
    mobile_originated: bool = True
    revocation: bool = False
    splits: bool = False  # takes an Sms and cuts it itself; otherwise it is given Segments
    alphabet: Alphabet = Alphabet.GSM  # for ``segments.plan``: GSM or LATIN_1
    most_segments: int = segments.MOST_SENT
    mms_octets: int = 0  # of one whole MMS: words and pieces
    mms_types: frozenset[str] = frozenset()  # of its pieces
    mms_fetched: bool = False  # the gateway is told where the pieces are and fetches them, after it has taken the MMS


@dataclass(frozen=True, slots=True)
class Sms:
    """A whole text to one number; ``client_ref`` (16 bytes) stays the same over all tries."""

    source: str
    destination: str  # E.164
    text: str = field(repr=False)
    client_ref: bytes
    valid_until: int = 0  # milliseconds since 1970; 0: as long as the gateway keeps it


@dataclass(frozen=True, slots=True)
class Segment:
    """One short message of a text: ``sequence`` of ``total``, both from 1."""

    source: str
    destination: str  # E.164
    user_data: bytes = field(repr=False)  # without the header; septets unpacked, or UTF-16BE
    header: bytes  # user data header with its length octet; empty for a text of one segment
    encoding: Encoding
    client_ref: bytes
    sequence: int = 1
    total: int = 1
    valid_until: int = 0

    @property
    def text(self) -> str:
        """The words of this segment."""
        alphabet = Alphabet.GSM if self.encoding is Encoding.GSM_7 else Alphabet.UCS_2
        return segments.decode(self.user_data, alphabet)


@dataclass(frozen=True, slots=True)
class MmsPart:
    """A piece of an MMS: its octets, or where the gateway fetches them (out: a path at this relay) or we do (in)."""

    content_type: str
    name: str = ""
    octets: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mms:
    """A whole multimedia message to one number."""

    source: str
    destination: str
    text: str = field(repr=False)
    parts: tuple[MmsPart, ...]
    client_ref: bytes
    subject: str = field(default="", repr=False)
    valid_until: int = 0


@dataclass(frozen=True, slots=True)
class Submitted:
    """Taken: ``message_id`` is what its receipts name; ``price`` in millionths of ``currency``, None when not said."""

    message_id: str
    billed_segments: int = 1
    price: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a text that a gateway had taken; it may come before ``Submitted``, twice, and out of order."""

    gateway: str
    message_id: str
    state: MessageState
    network_error: str = ""  # the network's own number, for the operator
    done_at: int | None = None  # milliseconds since 1970


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text, or one part of it, from a phone; parts come unjoined and in any order.

    The octets of all parts are joined first and decoded after, with ``segments.decode(octets, alphabet)``.
    """

    gateway: str
    source: str  # E.164 where the network said so, otherwise a short code or a name; never a proof of identity
    destination: str  # one of our numbers, as the operator wrote it, or a number we do not own
    octets: bytes = field(repr=False)  # without the user data header
    alphabet: Alphabet
    part: Concatenation | None = None
    gateway_ref: str = ""  # the gateway's own id, empty where it has none
    media: tuple[MmsPart, ...] = ()
    keyword_answered: bool = False  # the provider itself has answered STOP, START or HELP
    segments: int = 0  # of a text that came whole, as the gateway counts them; 0: it does not say


class Sink(Protocol):
    """Where a gateway brings what it hears. True means: it is on disk, the gateway may be told so."""

    async def receipt(self, receipt: Receipt) -> bool: ...

    async def mobile_originated(self, incoming: Incoming) -> bool: ...

    async def link_state(self, gateway: str, state: LinkState, detail: str) -> None: ...


@runtime_checkable
class Fetches(Protocol):
    """A gateway that brings an MMS by the addresses of its pieces."""

    async def fetch(self, part: MmsPart, most: int) -> bytes:
        """The octets of a piece, at most so many; Refused when they are not to be had, AgainLater when not now."""
        ...


class Gateway(Protocol):
    """One way into the phone network."""

    @property
    def name(self) -> str:
        """As the operator calls it; part of every key that is stored."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def run(self, sink: Sink) -> None:
        """Hold sessions and take callbacks until cancelled."""
        ...

    async def submit(self, item: Segment | Sms | Mms) -> Submitted:
        """Hand over one item; raises Refused, Throttled, NotSent or OutcomeUnknown."""
        ...

    async def revoke(self, message_id: str, source: str, destination: str) -> bool:
        """Call back what is not delivered yet; False when it is too late, unknown or not to be had here.

        Raises NotSent or OutcomeUnknown.
        """
        ...


def cut(sms: Sms, reference: int, alphabet: Alphabet = Alphabet.GSM) -> Sequence[Segment]:
    """The segments of a text as ``segments.plan`` has them; ``reference`` is counted per destination, modulo 256."""
    plan = segments.plan(sms.text, alphabet)
    total = len(plan.segments)
    return tuple(
        Segment(
            source=sms.source,
            destination=sms.destination,
            user_data=segments.encode(part, plan.encoding),
            header=segments.concatenation_header(reference, total, sequence) if total > 1 else b"",
            encoding=plan.encoding,
            client_ref=sms.client_ref,
            sequence=sequence,
            total=total,
            valid_until=sms.valid_until,
        )
        for sequence, part in enumerate(plan.segments, 1)
    )
