"""The frames of text messages: what leaves for the phone network, what became of it, and what came from there."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from app.protocol import bounds, limits, segments, texts
from app.protocol.batches import Frame

Currency = Annotated[str, Meta(max_length=3)]  # ISO 4217
Price = Annotated[int, Meta(ge=-1, le=2**53)]  # millionths of the currency; -1: nobody said
Sealed = Annotated[bytes, Meta(min_length=1, max_length=limits.TEXT_SEALED)]


class SubmitText(Frame, frozen=True, tag=10):
    """One text to one number (E.164), as it was shown: in so many segments, and not after ``valid_until``.

    Answered by Accepted once it is on the relay's disk, or by Refused; known again by (device, submit). Unlike a
    Submit it is readable for the relay, which forgets its words as soon as they are handed over.

    With ``media`` it is one MMS, whatever its words: ``segments`` is 1, and ``text`` may be empty. So it is with
    ``mms``, for words that are too long for a text. Only where the terms have ``mms_octets``; a relay that never said
    so would send the words alone.
    """

    submit: bounds.Id
    destination: bounds.AddressText
    text: Annotated[str, Meta(max_length=limits.TEXT)]
    segments: Annotated[int, Meta(ge=1, le=segments.MOST_SENT)]
    valid_until: bounds.Millis
    media: Annotated[tuple[texts.Media, ...], Meta(max_length=limits.MMS_PIECES)] = ()
    mms: bool = False


class WithdrawText(Frame, frozen=True, tag=11):
    """Take back a text; ``boot`` is the boot id stored beside it before its first attempt. Answered by Withdrawn."""

    submit: bounds.Id
    boot: bounds.Id


class TextTerms(Frame, frozen=True, tag=80):
    """Whether and how this account sends texts; after Welcome, and when it changes.

    ``own`` is the number new people see, perhaps none yet; ``alphabet`` is ``gsm`` or ``latin_1``, for segments.plan;
    ``mms_octets`` 0: no MMS, else what ``mms_octets`` of one may come to; ``mms_types`` are the kinds of pieces it may
    have. ``why`` not: ``no_gateway``, ``text_not_proved`` or ``gateway_down``.
    """

    available: bool
    own: bounds.AddressText = ""
    alphabet: bounds.Word = "gsm"
    most_segments: bounds.Count = segments.MOST_SENT
    mms_octets: bounds.Count = 0
    why: bounds.Word = ""
    mms_types: Annotated[tuple[bounds.Word, ...], Meta(max_length=limits.MMS_TYPES)] = ()


class DeliverText(Frame, frozen=True, tag=81):
    """A text from a phone, as an entry of the mailbox: acknowledged with Ack, one ``id`` however often it comes.

    ``sealed`` is a texts.TextBody under the prekey ``key_id`` of the device, see texts.seal.
    """

    entry: bounds.Sequence
    id: bounds.Id
    accepted_at: bounds.Millis
    key_id: Annotated[bytes, Meta(max_length=32)]
    sealed: Sealed


class TextReport(Frame, frozen=True, tag=82):
    """What became of a text, as an entry of the mailbox of every device of the account; a later one replaces it.

    ``state`` is ``sent``, ``delivered``, ``partly``, ``failed`` or ``unknown`` (perhaps sent, nobody answered);
    ``reason`` says why not; ``segments`` are those the gateway took, ``price`` is theirs in all. An MMS is one.
    """

    entry: bounds.Sequence
    id: bounds.Id
    submit: bounds.Id
    state: bounds.Word
    reason: bounds.Word
    segments: bounds.Count
    price: Price
    currency: Currency
    at: bounds.Millis


def mms_octets(text: str, pieces: Iterable[bytes]) -> int:
    """What counts against ``TextTerms.mms_octets``: the words in UTF-8 and all pieces, as they are."""
    return len(text.encode("utf-8", "replace")) + sum(map(len, pieces))
