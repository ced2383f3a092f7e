"""A message, and how edits, retractions and reactions fold into what is shown of it."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from app.common.ids import AccountId, ConversationId, MessageId
from app.content import annotations, base
from app.domain import delivery
from app.domain.bearer import Bearer
from app.domain.ordering import Place
from app.protocol import limits

EDITABLE: Final = 15 * limits.MINUTE
EDITS: Final = 5
RETRACTABLE: Final = 2 * limits.MINUTE
INCOMPLETE: Final = "text_incomplete"  # stands where the reason of a failure does, for a text with parts missing
ARRIVAL: Final = limits.DAY  # how long after its target an edit or retraction may reach the relay


class Delivery(msgspec.Struct, frozen=True):
    """How far a sent message is for one recipient; ``reason`` says why it failed.

    ``at`` is when it was delivered or read, in milliseconds; 0 in every other state.
    """

    recipient: AccountId
    status: delivery.Status
    reason: delivery.Reason | None = None
    attempt: int = 0
    at: int = 0


class Message(msgspec.Struct, frozen=True):
    """One message as stored.

    ``sent_at`` is the author's time and the one shown. ``arrived_at`` is the relay's accepted_at, which all devices
    share (None: not accepted yet). ``digest`` is SHA-256 of the content ciphertext, or empty.
    """

    id: MessageId
    conversation: ConversationId
    author: AccountId
    content: base.Content
    sent_at: int
    order: int
    arrived_at: int | None = None
    outgoing: bool = False
    bearer: Bearer = Bearer.RICH
    digest: bytes = b""
    deliveries: tuple[Delivery, ...] = ()

    @property
    def place(self) -> Place:
        return (self.order, self.id)

    @property
    def status(self) -> delivery.Status | None:
        """The least advanced of all recipients; None for a message without one (received, or a note to oneself)."""
        return delivery.summarise(entry.status for entry in self.deliveries) if self.deliveries else None


class Annotation(msgspec.Struct, frozen=True):
    """Something said about a message, under its authenticated ``author``."""

    id: MessageId
    author: AccountId
    content: annotations.Targeted
    sent_at: int
    order: int
    arrived_at: int | None = None


class Version(msgspec.Struct, frozen=True):
    """Earlier words, and when they were written."""

    content: base.Content
    sent_at: int


class Reacted(msgspec.Struct, frozen=True):
    """One emoji and who chose it, in the order they did."""

    emoji: str
    authors: tuple[AccountId, ...]


class Shown(msgspec.Struct, frozen=True):
    """What is shown of a message: ``content`` is None after it was taken back; ``history`` is oldest first."""

    message: Message
    content: base.Content | None
    history: tuple[Version, ...] = ()
    reactions: tuple[Reacted, ...] = ()
    disputed: bool = False  # somebody's annotation names another ciphertext than ours

    @property
    def edited(self) -> bool:
        return bool(self.history)

    @property
    def retracted(self) -> bool:
        return self.content is None


def fold(message: Message, notes: Iterable[Annotation]) -> Shown:
    """What is shown of ``message`` with these annotations, whatever order they come in.

    Edits and retractions by somebody else, too late or too many, and what is about another message have no effect.
    A phone text folds nothing.
    """
    if message.bearer is Bearer.TEXT:
        return Shown(message, message.content)
    unique = {(note.author, note.id): note for note in notes if _concerns(message, note)}
    ordered = sorted(unique.values(), key=lambda note: (note.order, note.id, note.author))
    disputed = any(not note.content.target.agrees(message.digest) for note in ordered)
    if any(_retracts(message, note) for note in ordered):
        return Shown(message, None, disputed=disputed)
    content, history = _edited(message, ordered)
    return Shown(message, content, history, _reactions(ordered), disputed)


def _concerns(message: Message, note: Annotation) -> bool:
    target = note.content.target
    return target.message == message.id and target.author == message.author


def _timely(message: Message, note: Annotation, window: int) -> bool:
    """By the author's own two times, and a cheap check of them by the relay's."""
    if abs(note.sent_at - message.sent_at) > window:
        return False
    if note.arrived_at is None or message.arrived_at is None:
        return True
    return note.arrived_at - message.arrived_at <= ARRIVAL


def _retracts(message: Message, note: Annotation) -> bool:
    return (
        isinstance(note.content, annotations.Retraction)
        and note.author == message.author
        and _timely(message, note, RETRACTABLE)
    )


def _edited(message: Message, notes: Sequence[Annotation]) -> tuple[base.Content, tuple[Version, ...]]:
    content, written = message.content, message.sent_at
    history: list[Version] = []
    for note in notes:
        if not isinstance(note.content, annotations.Edit) or note.author != message.author:
            continue
        after = content.edited(note.content.text, note.content.spans)
        if after is None or len(history) == EDITS or not _timely(message, note, EDITABLE):
            continue
        history.append(Version(content, written))
        content, written = after, note.sent_at
    return content, tuple(history)


def _reactions(notes: Sequence[Annotation]) -> tuple[Reacted, ...]:
    """The last of each sender's first ``limits.REACTIONS`` counts."""
    latest: dict[AccountId, str] = {}
    count: dict[AccountId, int] = {}
    for note in notes:
        if isinstance(note.content, annotations.Reaction) and count.get(note.author, 0) < limits.REACTIONS:
            count[note.author] = count.get(note.author, 0) + 1
            latest.pop(note.author, None)  # so that the newest choice comes last
            latest[note.author] = note.content.emoji
    chosen: dict[str, list[AccountId]] = {}
    for author, emoji in latest.items():
        if emoji:
            chosen.setdefault(emoji, []).append(author)
    return tuple(Reacted(emoji, tuple(authors)) for emoji, authors in chosen.items())


def may_edit(shown: Shown, now: int) -> bool:
    """Whether the user may still edit it."""
    message = shown.message
    return (
        message.outgoing
        and message.bearer is Bearer.RICH
        and shown.content is not None
        and shown.content.edited("?", ()) is not None
        and len(shown.history) < EDITS
        and 0 <= now - message.sent_at <= EDITABLE
    )


def may_retract(shown: Shown, now: int) -> bool:
    """Whether the user may still take it back."""
    message = shown.message
    in_time = 0 <= now - message.sent_at <= RETRACTABLE
    return message.outgoing and message.bearer is Bearer.RICH and not shown.retracted and in_time
