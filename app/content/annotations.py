"""Things said about other messages, to one's own devices, and between devices to keep the conversation whole."""

import unicodedata
from enum import StrEnum
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from app.common import errors
from app.common.ids import AccountId
from app.content import base
from app.protocol import limits as protocol_limits

RECEIPTS: Final = 64  # messages in one receipt
GAPS: Final = 64  # messages in one request for a repeat
RESPONSE: Final = 8_192  # bytes

# Kinds that begin so are only taken from one's own devices, those of newer versions included.
OWN: Final = "own/"
# Kinds that begin so go from one device to one other, to keep what is between the two whole.
LINK: Final = "link/"
# Kinds that begin so are what this program notes down itself.
LOCAL: Final = "notice/"


class Reaction(base.Form, frozen=True, array_like=True):
    """The sender's one reaction to a message; an empty ``emoji`` takes it back."""

    kind: ClassVar[str] = "reaction"

    target: base.Reference
    emoji: Annotated[str, Meta(max_length=protocol_limits.REACTION)]

    def check(self) -> None:
        self.target.check()
        too_long = len(self.emoji.encode()) > protocol_limits.REACTION
        if too_long or any(unicodedata.category(part) in ("Cc", "Zl", "Zp", "Zs") for part in self.emoji):
            raise errors.Malformed("bad_emoji")


class Edit(base.Form, frozen=True, array_like=True):
    """The author's new words for a message; the earlier ones stay readable."""

    kind: ClassVar[str] = "edit"

    target: base.Reference
    text: base.Words
    spans: base.Spans = ()

    def check(self) -> None:
        self.target.check()
        base.check_spans(self.text, self.spans)

    def problems(self, limits: base.Limits) -> tuple[str, ...]:
        if not self.text.strip():
            return ("empty",)
        return super().problems(limits)


class Retraction(base.Form, frozen=True, array_like=True):
    """The author takes a message back; a note stays in its place."""

    kind: ClassVar[str] = "retraction"

    target: base.Reference

    def check(self) -> None:
        self.target.check()


class Response(base.Form, frozen=True, array_like=True):
    """Votes, payment answers and moving places: ``body`` is read by the kind of the message it answers."""

    kind: ClassVar[str] = "response"

    target: base.Reference
    body: Annotated[bytes, Meta(max_length=RESPONSE)]

    def check(self) -> None:
        self.target.check()


class ReceiptState(StrEnum):
    """How far a message came."""

    DELIVERED = "delivered"
    READ = "read"


class Receipt(base.Form, frozen=True, array_like=True):
    """These messages, all written by the account the payload is addressed to, are stored or were read."""

    kind: ClassVar[str] = "receipt"

    state: ReceiptState
    messages: Annotated[tuple[base.Message, ...], Meta(min_length=1, max_length=RECEIPTS)]


class Profile(base.Form, frozen=True, array_like=True):
    """Says who writes here before anything was written: name and address stand in the payload, as claims."""

    kind: ClassVar[str] = "profile"


class ReadMark(base.Form, frozen=True, array_like=True):
    """To own devices: everything up to this place (order, message) in this conversation was read."""

    kind: ClassVar[str] = "own/read"

    conversation: base.WireConversation
    order: base.Millis
    message: base.Message


class Setting(base.Form, frozen=True, array_like=True):
    """To own devices: one setting has a new value."""

    kind: ClassVar[str] = "own/setting"

    key: Annotated[str, Meta(min_length=1, max_length=64)]
    value: Annotated[str, Meta(max_length=4_096)]


class Unopened(msgspec.Struct, frozen=True, array_like=True):
    """An envelope that could not be opened: its sender device, submit id, and SHA-256 of the content ciphertext."""

    device: base.Device
    submit: base.Submit
    digest: Annotated[bytes, Meta(max_length=32)] = b""


class Hole(msgspec.Struct, frozen=True, array_like=True):
    """A message that never came: its number among what this device sent to this conversation."""

    device: base.Device
    conversation: base.WireConversation
    sequence: base.Sequence


class Repeat(base.Form, frozen=True, array_like=True):
    """Asks the addressed account to send these once more, the same content in new envelopes."""

    kind: ClassVar[str] = "link/repeat"

    unopened: Annotated[tuple[Unopened, ...], Meta(max_length=GAPS)] = ()
    holes: Annotated[tuple[Hole, ...], Meta(max_length=GAPS)] = ()

    def check(self) -> None:
        if not self.unopened and not self.holes:
            raise errors.Malformed("empty")
        if any(len(lost.digest) not in (0, 32) for lost in self.unopened):
            raise errors.Malformed("bad_digest")


class Nothing(base.Form, frozen=True, array_like=True):
    """An envelope that only carries confirmations of its own layer."""

    kind: ClassVar[str] = "link/nothing"


class Reset(base.Form, frozen=True, array_like=True):
    """Post-quantum chains: ``asks`` the peer to start anew (``epoch`` is not known here), or announces a new start."""

    kind: ClassVar[str] = "link/reset"

    asks: bool
    epoch: Annotated[bytes, Meta(max_length=32)] = b""


class Typing(base.Form, frozen=True, array_like=True):
    """An ephemeral, never a payload: the sender began or stopped writing in this conversation."""

    kind: ClassVar[str] = "typing"

    conversation: base.WireConversation
    on: bool


Targeted = Reaction | Edit | Retraction | Response


def targets(content: base.Content, conversation: bytes, to: AccountId) -> tuple[base.Reference, ...]:
    """The messages an annotation speaks about; empty for all other kinds.

    ``conversation`` and ``to`` are the payload's: a receipt names bare ids, their author is the account it is sent to.
    """
    match content:
        case Reaction() | Edit() | Retraction() | Response():
            return (content.target,)
        case Receipt():
            return tuple(base.Reference(conversation, to, message) for message in content.messages)
        case _:
            return ()
