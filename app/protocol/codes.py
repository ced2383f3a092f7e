"""Every code a relay may answer with, its family, and how a code becomes an error.

A code is a stable word, never a sentence; the screen and the command line have a sentence for each.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.common import errors


class Family(StrEnum):
    """What the one who asked should do."""

    AGAIN_LATER = "again_later"
    GIVE_UP = "give_up"
    BROKEN = "broken"


class Code(StrEnum):
    """The relay's codes, in Refused frames and Failure bodies."""

    # wait and repeat
    RATE_LIMITED = "rate_limited"
    MAILBOX_FULL = "mailbox_full"
    STORE_FULL = "store_full"
    BUSY = "busy"
    DRAINING = "draining"
    CLOCK = "clock"
    NONCE_EXPIRED = "nonce_expired"
    TOKEN_EXPIRED = "token_expired"
    REPLACED = "replaced"
    # registration and addresses
    TAKEN = "taken"
    CLOSED = "closed"
    BAD_ADDRESS = "bad_address"
    BAD_INVITE = "bad_invite"
    INVITE_USED = "invite_used"
    INVITE_EXPIRED = "invite_expired"
    NO_INVITES = "no_invites"  # only the relay's owner invites
    NOT_CHECKED = "not_checked"  # this relay can send no code to that kind of address
    PROOF_OLD = "proof_old"  # only a proof younger than six months refuses another
    # login and authority
    COPIED = "copied"
    COPIED_ELSEWHERE = "copied_elsewhere"  # another copy of this profile tried to log in and was refused
    NOT_A_DEVICE = "not_a_device"
    NOT_LOGGED_IN = "not_logged_in"
    NO_ACCOUNT = "no_account"
    # signatures and lists
    BAD_SIGNATURE = "bad_signature"
    BAD_CHAIN = "bad_chain"
    DEVICE_CHANGED = "device_changed"
    DEVICE_TWICE = "device_twice"
    EXPIRES_TOO_LATE = "expires_too_late"
    LIST_FORKED = "list_forked"
    LIST_WENT_BACK = "list_went_back"
    NOT_THE_ROOT = "not_the_root"
    PREKEY_EXPIRED = "prekey_expired"
    WRONG_CONTEXT = "wrong_context"
    WRONG_NAMES = "wrong_names"
    # submits
    WITHDRAWN = "withdrawn"
    SUBMIT_CHANGED = "submit_changed"
    DEVICE_REPEATED = "device_repeated"
    # text messages
    NO_GATEWAY = "no_gateway"
    TEXT_NOT_PROVED = "text_not_proved"
    TEXT_COSTS_MORE = "text_costs_more"
    TEXT_BAD_NUMBER = "text_bad_number"
    TEXT_REGION_OFF = "text_region_off"
    TEXT_OPTED_OUT = "text_opted_out"
    TEXT_TOO_LARGE = "text_too_large"
    TEXT_EXPIRED = "text_expired"
    TEXT_UNSUPPORTED = "text_unsupported"  # an MMS, or a piece in it, that this way does not carry
    # form
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    TOO_MANY_FRAMES = "too_many_frames"
    MALFORMED = "malformed"
    WRONG_VERSION = "wrong_version"
    NOT_FOUND = "not_found"
    # a fault of the relay
    INTERNAL = "internal"


_AGAIN_LATER = frozenset(
    {
        Code.RATE_LIMITED,
        Code.MAILBOX_FULL,
        Code.STORE_FULL,
        Code.BUSY,
        Code.DRAINING,
        Code.CLOCK,
        Code.NONCE_EXPIRED,
        Code.TOKEN_EXPIRED,
        Code.REPLACED,
        Code.INTERNAL,
    }
)
_BROKEN = frozenset({Code.MALFORMED, Code.WRONG_CONTEXT, Code.NOT_LOGGED_IN, Code.SUBMIT_CHANGED, Code.DEVICE_REPEATED})

FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        code.value: Family.AGAIN_LATER if code in _AGAIN_LATER else Family.BROKEN if code in _BROKEN else Family.GIVE_UP
        for code in Code
    }
)


def family(code: str) -> Family:
    """The family of a code; one that a newer relay invented is *again later*, so that nothing is given up for it."""
    return FAMILIES.get(code, Family.AGAIN_LATER)


def error(code: str, limit: str = "", retry_after: int = 0) -> errors.KingfisherError:
    """The error for a relay's refusal; ``limit`` names which limit it was, ``retry_after`` is in milliseconds.

    A code that is not in the table becomes ``unknown_refusal``: the relay's words never become ours.
    """
    known = code if code in FAMILIES else "unknown_refusal"
    detail = limit if limit.isidentifier() else ""
    wait = retry_after / 1000 if retry_after else None
    match family(code):
        case Family.AGAIN_LATER:
            return errors.AgainLater(known, detail, retry_after=wait)
        case Family.GIVE_UP:
            return errors.GiveUp(known, detail, retry_after=wait)
        case Family.BROKEN:
            return errors.Broken(known, detail, retry_after=wait)
