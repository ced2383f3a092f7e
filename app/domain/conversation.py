"""A conversation: its settings, its read position, and what counts as unread."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from app.common.ids import ConversationId, MessageId, PersonId
from app.content import base
from app.domain.ordering import Place

BEGINNING: Final[Place] = (0, MessageId(b""))
FOREVER: Final = base.LATEST


class Policy(StrEnum):
    """Which bearers the user allows in this conversation."""

    AUTOMATIC = "automatic"  # rich; text only as agreed
    ONLY_ENCRYPTED = "only_encrypted"
    ALWAYS_TEXT = "always_text"  # a recorded yes: text whenever there is no rich way


class Conversation(msgspec.Struct, frozen=True):
    """``wire`` is the 32-byte name both ends compute; ``muted_until`` is in milliseconds, 0 for not muted."""

    id: ConversationId
    wire: bytes
    person: PersonId | None = None
    title: str = ""
    policy: Policy = Policy.AUTOMATIC
    ever_rich: bool = False
    muted_until: int = 0
    pinned: bool = False
    archived: bool = False
    read_upto: Place = BEGINNING
    marked_unread: bool = False
    receipts: bool = True
    typing: bool = True
    draft: str = ""

    def read(self, place: Place) -> "Conversation":
        """After everything up to ``place`` was seen, here or on an own device; never goes back."""
        return replace(self, read_upto=max(self.read_upto, place), marked_unread=False)

    def muted(self, now: int) -> bool:
        return now < self.muted_until


class Arrival(msgspec.Struct, frozen=True):
    """What unread rules need of a message."""

    place: Place
    outgoing: bool
    visible: bool


def is_unread(arrival: Arrival, read_upto: Place) -> bool:
    """Visible, from somebody else, and after the read position."""
    return arrival.visible and not arrival.outgoing and arrival.place > read_upto


def unread(arrivals: Iterable[Arrival], read_upto: Place) -> int:
    """How many are unread; derived from the position, never stored."""
    return sum(is_unread(arrival, read_upto) for arrival in arrivals)


def rings(conversation: Conversation, arrival: Arrival, now: int) -> bool:
    """Whether an arrival deserves a notification."""
    return is_unread(arrival, conversation.read_upto) and not conversation.muted(now) and not conversation.archived
