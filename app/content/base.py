"""What every kind of content is made of: Content and its common base, Card, BlobRef, Reference, Unsupported."""

import unicodedata
from typing import Annotated, ClassVar, Final, Self

import msgspec
from msgspec import Meta

from app.common import errors
from app.common.ids import AccountId, DeviceId, MessageId, SubmitId
from app.content import wire
from app.protocol import limits as protocol_limits

BODY: Final = protocol_limits.BODY
FALLBACK: Final = 1_000  # characters
LATEST: Final = 253_402_300_799_999  # the last millisecond of the year 9999: beyond it, no calendar can show a time
SPANS: Final = 256

Account = Annotated[AccountId, Meta(min_length=32, max_length=32)]
Device = Annotated[DeviceId, Meta(min_length=16, max_length=16)]
Message = Annotated[MessageId, Meta(min_length=16, max_length=16)]
Submit = Annotated[SubmitId, Meta(min_length=16, max_length=16)]
WireConversation = Annotated[bytes, Meta(min_length=32, max_length=32)]
Millis = Annotated[int, Meta(ge=0, le=LATEST)]
Sequence = Annotated[int, Meta(ge=0, le=2**53)]
Kind = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_/.-]{0,31}\Z")]


class Limits(msgspec.Struct, frozen=True):
    """What may be sent now: bytes of one body, bytes of one attachment (the relay's word)."""

    body: int = BODY
    attachment: int = 2 * 1024 * protocol_limits.MIB


class Card(msgspec.Struct, frozen=True):
    """The plain face of any kind that has none of its own: a title, some lines, and the name of an icon."""

    title: str
    lines: tuple[str, ...] = ()
    icon: str = ""


class BlobRef(msgspec.Struct, frozen=True):
    """An attachment on the relay: id (16), key (32), size in bytes and SHA-256 of what lies there; never an address."""

    blob: bytes
    key: bytes
    size: int
    digest: bytes
    name: str = ""


class Piece(msgspec.Struct, frozen=True):
    """What lies beside a message in the store and goes to a phone as a piece of an MMS, with these words."""

    content_type: str
    octets: int
    name: str
    words: str


class Form(msgspec.Struct, frozen=True, array_like=True):
    """Base of all known kinds: a frozen msgspec array whose new fields come at the end with defaults.

    A subclass sets ``kind``, its name on the wire, and ``visible`` if a person sees it as a message of its own: only
    that counts as unread and earns receipts. It overrides ``as_text`` if it is visible, and ``check`` for rules across
    fields.
    """

    kind: ClassVar[str] = ""
    visible: ClassVar[bool] = False

    def to_wire(self) -> bytes:
        """The body; raises errors.Malformed (``not_text``) for strings that are no valid Unicode."""
        return wire.encode(self)

    @classmethod
    def from_wire(cls, raw: bytes) -> Self:
        """Strict and bounded; raises errors.Malformed and nothing else."""
        content = wire.decode(raw, cls, BODY)
        content.check()
        return content

    def check(self) -> None:
        """Raise errors.Malformed when the fields contradict each other."""

    def as_text(self) -> str:
        """Neutral words for lists, search, notifications, older versions and phone texts; empty when not visible."""
        return ""

    def problems(self, limits: Limits) -> tuple[str, ...]:
        """Codes of what forbids to send it; empty when nothing does."""
        try:
            raw = self.to_wire()
            if len(raw) > limits.body:
                return ("too_large",)
            self.from_wire(raw)
        except errors.Malformed as error:
            return (error.code,)
        return ()

    def as_card(self) -> Card | None:
        return None

    def blobs(self) -> tuple[BlobRef, ...]:
        return ()

    def piece(self) -> Piece | None:
        """What of it cannot be said in words; None for what can."""
        return None

    def edited(self, text: str, spans: "tuple[Span, ...]") -> "Content | None":
        """The same with other words, or None for a kind whose words cannot be edited."""
        return None


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of a text: ``start`` and ``length`` in code points, ``style`` a word, ``target`` what it points to.

    Styles of this version: bold, italic, underline, strike, code, spoiler, link (target: URL) and mention (target: the
    account id in hex). Others are kept and drawn plain.
    """

    start: Annotated[int, Meta(ge=0, le=BODY)]
    length: Annotated[int, Meta(ge=1, le=BODY)]
    style: Annotated[str, Meta(min_length=1, max_length=16)]
    target: Annotated[str, Meta(max_length=2_000)] = ""


Spans = Annotated[tuple[Span, ...], Meta(max_length=SPANS)]
Words = Annotated[str, Meta(min_length=1, max_length=BODY)]


def check_spans(text: str, spans: tuple[Span, ...]) -> None:
    """Every span lies inside the text, or errors.Malformed (``bad_span``)."""
    for span in spans:
        if span.start + span.length > len(text):
            raise errors.Malformed("bad_span")


class Reference(msgspec.Struct, frozen=True, array_like=True):
    """Names a message on every device: conversation, author, message id, and SHA-256(content ciphertext)[:16].

    The digest may be empty (not known); a different one means that two people were shown different messages.
    """

    conversation: WireConversation
    author: Account
    message: Message
    digest: Annotated[bytes, Meta(max_length=16)] = b""

    def check(self) -> None:
        if len(self.digest) not in (0, 16):
            raise errors.Malformed("bad_digest")

    def agrees(self, digest: bytes) -> bool:
        """False when both digests are known and differ."""
        return not self.digest or not digest or self.digest == digest[:16]


class Unsupported(msgspec.Struct, frozen=True):
    """What this version does not know: the bytes as they came, and the sender's words for it."""

    kind: str
    raw: bytes
    fallback: str = ""

    @property
    def visible(self) -> bool:
        return bool(self.fallback.strip())

    def to_wire(self) -> bytes:
        return self.raw

    def as_text(self) -> str:
        return self.fallback

    def problems(self, limits: Limits) -> tuple[str, ...]:
        return ("unsupported",)

    def as_card(self) -> Card | None:
        return Card(self.fallback) if self.visible else None

    def blobs(self) -> tuple[BlobRef, ...]:
        return ()

    def piece(self) -> Piece | None:
        return None

    def edited(self, text: str, spans: tuple[Span, ...]) -> "Content | None":
        return None


Content = Form | Unsupported

_HIDDEN: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def one_line(text: str, most: int) -> str:
    """Foreign words made safe for one line of ``most`` characters: no controls, no direction marks, single spaces."""
    kept = (
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Zs") else character
        for character in text[: 8 * most]
        if character not in _HIDDEN and unicodedata.category(character) != "Cs"
    )
    return " ".join("".join(kept).split())[:most].rstrip()
