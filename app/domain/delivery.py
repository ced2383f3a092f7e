"""Delivery: the status of a message for one recipient, what moves it, and what a failure allows."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace


class Status(StrEnum):
    """Where a message is for one recipient; FAILED reads "not delivered"."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Event(StrEnum):
    """What happens to a message; late, doubled and overtaking events are normal."""

    ATTEMPT = "attempt"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    REJECTED = "rejected"
    RETRY = "retry"
    SEND_AS_TEXT = "send_as_text"


# Every move there is. A pair that is not here leaves the status as it was.
MOVES: Final[dict[Status, dict[Event, Status]]] = {
    Status.QUEUED: {
        Event.ATTEMPT: Status.SENDING,
        Event.ACCEPTED: Status.SENT,
        Event.DELIVERED: Status.DELIVERED,
        Event.READ: Status.READ,
        Event.REJECTED: Status.FAILED,
    },
    Status.SENDING: {
        Event.DEFERRED: Status.QUEUED,
        Event.ACCEPTED: Status.SENT,
        Event.DELIVERED: Status.DELIVERED,
        Event.READ: Status.READ,
        Event.REJECTED: Status.FAILED,
    },
    Status.SENT: {
        Event.DELIVERED: Status.DELIVERED,
        Event.READ: Status.READ,
        Event.REJECTED: Status.FAILED,
        Event.SEND_AS_TEXT: Status.QUEUED,
    },
    Status.DELIVERED: {Event.READ: Status.READ},
    Status.READ: {},
    Status.FAILED: {
        Event.ACCEPTED: Status.SENT,
        Event.DELIVERED: Status.DELIVERED,
        Event.READ: Status.READ,
        Event.RETRY: Status.QUEUED,
        Event.SEND_AS_TEXT: Status.QUEUED,
    },
}

# From least to most advanced, as one bubble for several recipients shows it: a failure is never hidden by a success.
RANK: Final = (Status.FAILED, Status.QUEUED, Status.SENDING, Status.SENT, Status.DELIVERED, Status.READ)


def advance(status: Status, event: Event) -> Status:
    """The status after the event."""
    return MOVES[status].get(event, status)


def summarise(statuses: Iterable[Status]) -> Status:
    """The least advanced status of all recipients; raises ValueError when there is none."""
    return min(statuses, key=RANK.index)


def reached(status: Status, goal: Status) -> bool:
    """Whether a message is at least as far as ``goal``; a failed one is nowhere."""
    return RANK.index(status) >= RANK.index(goal)


class Reason(StrEnum):
    """Why a message failed, as stored and shown."""

    GAVE_UP = "gave_up"
    RELAY_FULL = "relay_full"
    EXPIRED = "expired"
    STALE_DEVICES = "stale_devices"
    NO_LONGER_RICH = "no_longer_rich"
    TOO_LARGE = "too_large"
    NEEDS_CONSENT = "needs_consent"
    PLAN_USED_UP = "plan_used_up"
    FILE_GONE = "file_gone"
    OTHER_ACCOUNT = "other_account"
    NOT_ON_KINGFISHER = "not_on_kingfisher"
    TEXT_UNKNOWN = "text_unknown"
    TEXT_PARTLY = "text_partly"
    TEXT_FAILED = "text_failed"
    TEXT_BAD_NUMBER = "text_bad_number"
    TEXT_OPTED_OUT = "text_opted_out"
    TEXT_REGION_OFF = "text_region_off"
    NO_PICTURE_MESSAGE = "no_picture_message"
    PICTURE_ENCRYPTED = "picture_encrypted"
    NO_SUCH_ADDRESS = "no_such_address"
    BLOCKED = "blocked"
    UNTRUSTED_LIST = "untrusted_list"
    RICH_OFF = "rich_off"
    TEXTS_OFF = "texts_off"
    REFUSED = "refused"


class Permit(StrEnum):
    """How far an action is offered."""

    NO = "no"
    YES = "yes"
    WARNED = "warned"  # yes, after a warning that it may arrive twice
    PRICED = "priced"  # yes, after showing the price
    IF_WORDS = "if_words"  # yes, when there is a text to send


class Other(StrEnum):
    """The third button, beside retry and send as text."""

    PLAN = "plan"
    CHOOSE_AGAIN = "choose_again"
    NEW_CONVERSATION = "new_conversation"
    INVITE = "invite"
    DISCARD = "discard"
    VERIFY = "verify"
    SETTINGS = "settings"


class Actions(msgspec.Struct, frozen=True):
    """What a failed message offers."""

    retry: Permit = Permit.NO
    text: Permit = Permit.NO
    other: Other | None = None


ACTIONS: Final[dict[Reason, Actions]] = {
    Reason.GAVE_UP: Actions(retry=Permit.YES, text=Permit.YES),
    Reason.RELAY_FULL: Actions(retry=Permit.YES, text=Permit.YES),
    Reason.EXPIRED: Actions(retry=Permit.YES, text=Permit.YES),
    Reason.STALE_DEVICES: Actions(retry=Permit.YES, text=Permit.YES),
    Reason.NO_LONGER_RICH: Actions(text=Permit.YES),
    Reason.TOO_LARGE: Actions(text=Permit.YES),
    Reason.NEEDS_CONSENT: Actions(retry=Permit.YES, text=Permit.PRICED, other=Other.PLAN),
    Reason.PLAN_USED_UP: Actions(retry=Permit.YES, text=Permit.PRICED, other=Other.PLAN),
    Reason.FILE_GONE: Actions(text=Permit.IF_WORDS, other=Other.CHOOSE_AGAIN),
    Reason.OTHER_ACCOUNT: Actions(other=Other.NEW_CONVERSATION),
    Reason.NOT_ON_KINGFISHER: Actions(other=Other.INVITE),
    Reason.TEXT_UNKNOWN: Actions(retry=Permit.WARNED),
    Reason.TEXT_PARTLY: Actions(retry=Permit.WARNED),
    Reason.TEXT_FAILED: Actions(retry=Permit.YES, other=Other.DISCARD),
    Reason.TEXT_BAD_NUMBER: Actions(other=Other.DISCARD),
    Reason.TEXT_OPTED_OUT: Actions(other=Other.DISCARD),
    Reason.TEXT_REGION_OFF: Actions(other=Other.DISCARD),
    Reason.NO_PICTURE_MESSAGE: Actions(other=Other.DISCARD),
    Reason.PICTURE_ENCRYPTED: Actions(text=Permit.PRICED, other=Other.DISCARD),
    Reason.NO_SUCH_ADDRESS: Actions(other=Other.DISCARD),
    Reason.BLOCKED: Actions(other=Other.DISCARD),
    Reason.UNTRUSTED_LIST: Actions(other=Other.VERIFY),
    Reason.RICH_OFF: Actions(retry=Permit.YES, other=Other.SETTINGS),
    Reason.TEXTS_OFF: Actions(retry=Permit.YES, other=Other.SETTINGS),
    Reason.REFUSED: Actions(retry=Permit.YES, other=Other.DISCARD),
}


_KNOWN: Final = {reason.value: actions for reason, actions in ACTIONS.items()}


def offers(status: Status, reason: str, *, encrypted: bool) -> Actions:
    """What a message in that state offers. ``encrypted``: what is or was under way is no text yet."""
    if status is Status.FAILED:
        found = _KNOWN.get(reason) or Actions(retry=Permit.YES)
        # What went as a text already is not sent as another one, but for what was never agreed to.
        return found if encrypted or found.text is Permit.PRICED else replace(found, text=Permit.NO)
    if encrypted and status in (Status.QUEUED, Status.SENDING, Status.SENT):
        return Actions(text=Permit.PRICED)
    return Actions()


def may_discard(status: Status) -> bool:
    """Discarding removes message and job; only what nobody has may go."""
    return status in (Status.QUEUED, Status.FAILED)


def after_restart(status: Status) -> Status:
    """What the program was sending when it ended waits again, under the same ids."""
    return advance(status, Event.DEFERRED)


def may_turn_to_text(outcome: str) -> bool:
    """Whether the relay's answer to a Withdraw (frames.Withdrawn) rules out that the encrypted message ever arrives."""
    return outcome in ("withdrawn", "never_had")
