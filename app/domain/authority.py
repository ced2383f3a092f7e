"""The one table of who may say what: kind of content -> allowed sender, checked before anything has an effect."""

from enum import Enum, StrEnum
from typing import Final

import msgspec

from app.common.ids import AccountId, DeviceId
from app.content import annotations, payload
from app.domain.people import Relation


class Role(StrEnum):
    """What the authenticated sender is to this account."""

    CONTACT = "contact"  # an accepted account
    STRANGER = "stranger"
    OWN = "own"  # another listed device of this account
    BLOCKED = "blocked"
    REMOVED = "removed"  # a device that is not in the newest verified list of its account


class Verdict(StrEnum):
    """ALLOWED, or why it is dropped and counted; UNKNOWN_TARGET is parked instead."""

    ALLOWED = "allowed"
    UNKNOWN_TARGET = "unknown_target"
    REMOVED_DEVICE = "removed_device"
    BLOCKED = "blocked"
    NEVER_SENT = "never_sent"
    NOT_FOR_STRANGERS = "not_for_strangers"
    OWN_DEVICES_ONLY = "own_devices_only"
    NOT_FROM_OWN_DEVICE = "not_from_own_device"
    WRONG_ADDRESSEE = "wrong_addressee"
    WRONG_CONVERSATION = "wrong_conversation"
    NOT_AUTHOR = "not_author"
    NOT_RECIPIENT = "not_recipient"
    TOO_MANY = "too_many"


class Bond(Enum):
    """What a sender must be to the message that is spoken about."""

    NONE = "none"  # it speaks about no message
    SEES = "sees"  # the message is in the conversation they share
    AUTHOR = "author"
    RECIPIENT = "recipient"  # its account was sent the message
    DEVICE = "device"  # that very device was sent it


class Rule(msgspec.Struct, frozen=True):
    """Who may send one kind. ``copies``: own devices may send it under a peer's name, as the copy of what they sent."""

    contact: bool
    stranger: bool
    own: bool
    copies: bool = False
    bond: Bond = Bond.NONE


# Every kind that is a message of its own, those of later versions included, follows this one rule.
MESSAGE: Final = Rule(contact=True, stranger=True, own=True, copies=True)
OWN: Final = Rule(contact=False, stranger=False, own=True)
LINK: Final = Rule(contact=True, stranger=True, own=True)

TABLE: Final[dict[str, Rule]] = {
    annotations.Reaction.kind: Rule(contact=True, stranger=True, own=True, copies=True, bond=Bond.SEES),
    annotations.Response.kind: Rule(contact=True, stranger=True, own=True, copies=True, bond=Bond.SEES),
    annotations.Edit.kind: Rule(contact=True, stranger=True, own=True, copies=True, bond=Bond.AUTHOR),
    annotations.Retraction.kind: Rule(contact=True, stranger=True, own=True, copies=True, bond=Bond.AUTHOR),
    annotations.Receipt.kind: Rule(contact=True, stranger=True, own=True, copies=True, bond=Bond.RECIPIENT),
    # A stranger is heard of with the first message and not before.
    annotations.Profile.kind: Rule(contact=True, stranger=False, own=False),
    annotations.ReadMark.kind: OWN,
    annotations.Setting.kind: OWN,
    annotations.Repeat.kind: Rule(contact=True, stranger=True, own=True, bond=Bond.DEVICE),
    annotations.Nothing.kind: LINK,
    annotations.Reset.kind: LINK,
    annotations.Typing.kind: Rule(contact=True, stranger=False, own=False),
}


def rule(kind: str) -> Rule:
    """The row of a kind; kinds not listed are messages, unless their name keeps them to own devices."""
    return TABLE.get(kind, OWN if kind.startswith(annotations.OWN) else MESSAGE)


class Target(msgspec.Struct, frozen=True):
    """The message that is spoken about, as stored here.

    ``conversation`` is the 32-byte wire name. ``recipients`` are the accounts it was sent to (the own one for what came
    in), ``devices`` those that got an envelope of it from here.
    """

    conversation: bytes
    author: AccountId
    recipients: frozenset[AccountId] = frozenset()
    devices: frozenset[DeviceId] = frozenset()


class Facts(msgspec.Struct, frozen=True):
    """What is known beside kind and role.

    ``sender`` and ``device`` are the authenticated ones, never the payload's claims; ``to`` and ``conversation`` are
    the payload's. ``target`` is None when the kind has none or it is not here.
    """

    own: AccountId
    sender: AccountId
    device: DeviceId
    to: AccountId
    conversation: bytes
    target: Target | None = None


def sent(kind: str) -> bool:
    """False for a kind that never comes in a payload: ephemerals, and what this program notes down itself."""
    return kind != annotations.Typing.kind and not kind.startswith(annotations.LOCAL)


def role_of(own: AccountId, sender: AccountId, relation: Relation, *, listed: bool) -> Role:
    """The role of an authenticated sender; ``listed``: its device is in the newest verified list."""
    if not listed:
        return Role.REMOVED
    if sender == own:
        return Role.OWN
    return {Relation.ACCEPTED: Role.CONTACT, Relation.BLOCKED: Role.BLOCKED, Relation.NONE: Role.STRANGER}[relation]


def allowed(kind: str, role: Role, facts: Facts) -> Verdict:
    """May this sender say this? For an annotation about several messages, ask once for each target."""
    row = rule(kind)
    return _by_role(row, role) or _by_address(row, role, facts) or _by_target(row, facts) or Verdict.ALLOWED


def _by_role(row: Rule, role: Role) -> Verdict | None:
    match role:
        case Role.REMOVED:
            return Verdict.REMOVED_DEVICE
        case Role.BLOCKED:
            return Verdict.BLOCKED
        case Role.OWN:
            return None if row.own else Verdict.NOT_FROM_OWN_DEVICE
        case Role.CONTACT | Role.STRANGER:
            if not (row.contact or row.stranger):
                return Verdict.OWN_DEVICES_ONLY
            fits = row.contact if role is Role.CONTACT else row.stranger
            return None if fits else Verdict.NOT_FOR_STRANGERS


def _by_address(row: Rule, role: Role, facts: Facts) -> Verdict | None:
    """The payload was written for this account (or is an own copy), in the one conversation of its two ends."""
    if (role is Role.OWN) != (facts.sender == facts.own):
        return Verdict.WRONG_ADDRESSEE
    if facts.to != facts.own and not (role is Role.OWN and row.copies):
        return Verdict.WRONG_ADDRESSEE
    if facts.conversation != payload.direct_conversation(facts.sender, facts.to):
        return Verdict.WRONG_CONVERSATION
    return None


def _by_target(row: Rule, facts: Facts) -> Verdict | None:
    if row.bond is Bond.NONE:
        return None
    if row.bond is Bond.DEVICE:  # what was never sent to it is no secret worth waiting for
        known = facts.target is not None and facts.device in facts.target.devices
        return None if known else Verdict.NOT_RECIPIENT
    if facts.target is None:
        return Verdict.UNKNOWN_TARGET
    if facts.target.conversation != facts.conversation:
        return Verdict.WRONG_CONVERSATION
    match row.bond:
        case Bond.AUTHOR:
            return None if facts.sender == facts.target.author else Verdict.NOT_AUTHOR
        case Bond.RECIPIENT:
            return None if facts.sender in facts.target.recipients else Verdict.NOT_RECIPIENT
        case Bond.SEES:
            return None
