"""What the relay asks of a store for text messages: those that leave, those that arrive, and whose number is whose.

Reading calls answer at once and see what has been committed; writing calls answer after their commit.
"""

import hashlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol


class Handed(StrEnum):
    """How far one item of a text has come on its way to the gateway."""

    WAITING = "waiting"
    HANDING = "handing"  # given to the gateway, whose answer is not here yet: after a crash nobody knows
    TAKEN = "taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Text:
    """A text on its way out; ``text`` is empty as soon as no item waits any more.

    ``items`` are handed over one by one: the segments, or one where the gateway splits. ``account`` is empty for the
    relay's own answers. ``reported`` is the id of the last report about it, ``changes`` counts what came after.
    ``mms`` is how many pieces it has, words alone being one, and 0 for a text.
    """

    account: bytes
    device: int
    submit: bytes
    source: str
    destination: str
    gateway: str
    alphabet: str
    segments: int
    items: int
    at: int
    valid_until: int
    text: str = field(repr=False)
    number: int = 0
    reference: int = 0
    withdrawn: bool = False
    reported: bytes = b""
    changes: int = 0
    mms: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an MMS; who has ``token`` may fetch it while it is out for that."""

    content_type: str
    name: str = field(repr=False)
    octets: bytes = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One short message of a text: what the gateway said, and the last receipt. ``price`` -1: not said."""

    sequence: int
    handed: Handed = Handed.WAITING
    message_id: str = ""
    billed: int = 0
    price: int = -1
    currency: str = ""
    reason: str = ""
    receipt: str = ""
    final: bool = False


class Counts(NamedTuple):
    """What was sent already: segments by this account in a minute and a day, and so on. ``last`` is a time.

    ``mms`` are this account's of a day, ``mms_waiting`` the octets of those of them that are still kept.
    """

    minute: int
    day: int
    new_numbers: int
    to_number: int
    last: int
    to_prefix: int
    mms: int = 0
    mms_waiting: int = 0


class Heard(NamedTuple):
    """A receipt: ``state`` as in base.MessageState of the gateways."""

    gateway: str
    message_id: str
    state: str
    final: bool
    network_error: str
    done_at: int


class OutgoingTexts(Protocol):
    """Texts on their way out, their items, and receipts that nobody waited for yet."""

    def known(self, device: int, submit: bytes) -> Text | None:
        """The text with this submit id, for as long as `sweep` leaves it."""
        ...

    def text(self, number: int) -> Text | None: ...

    def items(self, number: int) -> list[Item]: ...

    def unfinished(self) -> list[Text]:
        """Those of which an item waits, oldest first."""
        ...

    def unreported(self) -> list[Text]:
        """Those that have changed since their last report."""
        ...

    def counts(self, account: bytes, destination: str, prefix: str, now: int) -> Counts: ...

    def spent(self, since: int, each: int, mms: int, currency: str = "") -> int:
        """What everybody's texts since then cost; ``each`` for a segment, ``mms`` for an MMS no price was said of.

        A price in another ``currency`` counts as none. Without one the prices of the dearest currency count: there is
        no adding them up.
        """
        ...

    def add(self, text: Text, media: Sequence[Piece] = ()) -> Awaitable[Text | None]:
        """Keep it, with its items and the number it goes out from; None when the submit id was here before."""
        ...

    def mark_withdrawn(self, text: Text) -> Awaitable[str]:
        """Nothing of this submit may leave any more: ``withdrawn``, ``never_had`` or ``handed_over``."""
        ...

    def move(self, number: int, text: Text) -> Awaitable[None]:
        """Untouched so far: another gateway, number and alphabet."""
        ...

    def begin(self, number: int, sequence: int, fetched_until: int = 0) -> Awaitable[bool]:
        """This item is about to be written to the gateway; False when it must not.

        Where the gateway fetches the pieces it may do so until that time, or until the text's end is known.
        """
        ...

    def release(self, number: int, sequence: int) -> Awaitable[None]:
        """It was not written: it waits again."""
        ...

    def settle(self, number: int, item: Item) -> Awaitable[None]:
        """What the gateway answered; receipts that came before are matched."""
        ...

    def give_up(self, number: int, reason: str) -> Awaitable[None]:
        """What waits never leaves."""
        ...

    def lose(self) -> Awaitable[int]:
        """At start: whatever was just being handed over, nobody knows what became of it. Answers how many items."""
        ...

    def receipt(self, heard: Heard, now: int) -> Awaitable[int | None]:
        """Keep it; the number of the text it changed, None when it waits for one or changes nothing."""
        ...

    def reported(self, text: Text, report: bytes) -> Awaitable[None]:
        """Everything is reported up to ``text.changes``."""
        ...

    def sweep(self, before: int, receipts_before: int, now: int) -> Awaitable[int]: ...

    def overview(self) -> dict[str, int]:
        """Numbers for the owner: waiting, handing, unknown, receipts nobody waits for."""
        ...


class OutgoingMedia(Protocol):
    """The pieces of MMS on their way out; they are erased with the words, or when nobody may fetch them any more."""

    def pieces(self, number: int) -> list[Piece]:
        """Those of this text, in order; none when they are erased."""
        ...

    def fetched(self, token: str, now: int) -> Piece | None:
        """The piece with this token, if it is out to be fetched at this time."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a text from a phone. ``exact``: ``key`` names this very text, not one that looks like it.

    Such a text has the id `exact_id`. ``segments``: as the gateway counts a whole one, 0 where it does not say.
    """

    key: bytes
    exact: bool
    gateway: str
    source: str
    destination: str
    total: int
    sequence: int
    octets: bytes = field(repr=False)
    alphabet: str
    media: bytes = field(repr=False)
    answered: bool
    at: int
    segments: int = 0


def exact_id(key: bytes) -> bytes:
    """16 bytes, the same for every repeat."""
    return hashlib.sha256(key).digest()[:16]


@dataclass(frozen=True, slots=True)
class PartSet:
    """The parts of one text as far as they came: (sequence, octets, alphabet), in order."""

    number: int
    id: bytes
    gateway: str
    source: str
    destination: str
    total: int
    at: int
    answered: bool
    media: bytes = field(repr=False)
    segments: int
    parts: tuple[tuple[int, bytes, str], ...] = field(repr=False)

    @property
    def whole(self) -> bool:
        """Whether no part is missing."""
        return len(self.parts) == self.total


class IncomingTexts(Protocol):
    """Texts from phones, in parts, until they are in their mailboxes."""

    def add(self, part: Part, id: bytes, bound_at: int) -> Awaitable[int]:
        """Keep a part; the number of its set. A repeat is not kept again, other octets in its place begin a new set.

        ``id`` is the text's if a set begins with it. What looks like a part of a set that is done is a repeat only if
        that was done before ``bound_at``, when the link to the gateway was made: then the gateway may not know. What is
        ``exact`` is a repeat for as long as `sweep` leaves its set, whatever is in it.
        """
        ...

    def part_set(self, number: int) -> PartSet | None:
        """A set that is not done."""
        ...

    def open_sets(self) -> list[int]:
        """All that are not done, oldest first."""
        ...

    def keep_media(self, number: int, media: bytes) -> Awaitable[None]:
        """In place of what it had."""
        ...

    def finish(self, number: int, now: int) -> Awaitable[None]:
        """Delivered, or nobody's: the words are erased, and what remains tells repeats."""
        ...

    def sweep(self, before: int, exact_before: int) -> Awaitable[int]:
        """Forget sets that were done before then; of an exact one only whose it was, until ``exact_before``.

        Answers how many of those are gone.
        """
        ...


class TextNumbers(Protocol):
    """Which of our numbers somebody sees, who has asked not to hear from it, and how the gateways stand."""

    def source_of(self, account: bytes, peer: str) -> str:
        """The number this account writes to ``peer`` from; empty when it never did."""
        ...

    def holders(self, ours: str, peer: str) -> list[bytes]:
        """The accounts that write to ``peer`` from this number, the latest first."""
        ...

    def blocked(self, peer: str) -> frozenset[str]:
        """Our numbers that must not write to ``peer``."""
        ...

    def block(self, ours: str, peer: str, now: int) -> Awaitable[bool]:
        """False when it was so already."""
        ...

    def unblock(self, ours: str, peer: str) -> Awaitable[bool]:
        """False when it was not blocked."""
        ...

    def note_link(self, gateway: str, state: str, detail: str, now: int) -> None:
        """Written with the next commit."""
        ...

    def links(self) -> Sequence[tuple[str, str, str, int]]:
        """(gateway, state, detail, since)."""
        ...


@dataclass(frozen=True, slots=True)
class TextStore:
    """All of it."""

    out: OutgoingTexts
    media: OutgoingMedia
    incoming: IncomingTexts
    numbers: TextNumbers
