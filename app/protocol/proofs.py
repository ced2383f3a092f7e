"""Addresses of one's own over HTTP: asking for a code, proving, withdrawing, and answering who else wants one."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from app.protocol import bounds, limits, signed
from app.protocol.signed import Context

DIGITS: Final = 6
BOUNCED, NOT_DELIVERED = "code_bounced", "code_not_delivered"
LOST: Final = (BOUNCED, NOT_DELIVERED)
STANDINGS: Final = ("claimed", "proved", "moving", "coming", "refused", "lapsed", "lost")


class Held(msgspec.Struct, frozen=True, array_like=True):
    """One address of an account.

    ``standing``: claimed (not checked) or proved; moving: ``other``, an account, has proved it too and has it from
    ``until`` on, which may be refused where ``refusable``; coming: the same seen from the other side; refused: it was
    coming and stays where it was; lapsed: to be proved again; lost: it belongs to another account now. One of LOST,
    which may stand beside another: the code that was asked for at ``since`` did not arrive, for there is no such
    mailbox, or for another reason.
    """

    address: bounds.AddressText
    standing: bounds.Word
    since: bounds.Millis
    until: bounds.Millis = 0
    other: bounds.OptionalHash = b""
    refusable: bool = False


AllHeld = Annotated[tuple[Held, ...], Meta(max_length=limits.OWN_ADDRESSES)]
Checks = Annotated[tuple[bounds.Word, ...], Meta(max_length=8)]


class Addresses(msgspec.Struct, frozen=True, array_like=True):
    """Answer to GET addresses; ``checks``: the kinds of address this relay sends codes to (``phone``, ``email``)."""

    held: AllHeld
    checks: Checks = ()


class Start(msgspec.Struct, frozen=True, array_like=True):
    """POST addresses/start: send a code there. The answer is the same whether or not the address is known."""

    address: bounds.AddressText


class Prove(msgspec.Struct, frozen=True, array_like=True):
    """POST addresses/prove: the digits that came."""

    address: bounds.AddressText
    code: Annotated[str, Meta(min_length=DIGITS, max_length=DIGITS, pattern="^[0-9]+$")]


class Proved(msgspec.Struct, frozen=True, array_like=True):
    """Answer to Prove. ``outcome``: proved, moving (ours at ``until``), wrong or expired (a new code is needed)."""

    outcome: bounds.Word
    tries_left: Annotated[int, Meta(ge=0, le=limits.CODE_TRIES)] = 0
    until: bounds.Millis = 0


class Withdraw(msgspec.Struct, frozen=True, array_like=True):
    """POST addresses/withdraw: ``signature`` is the device's over `withdraw_bytes`. Twice is no error."""

    address: bounds.AddressText
    at: bounds.Millis
    signature: bounds.Signature


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """POST addresses/answer: a device of the old account hands the address to ``to`` at once, or refuses."""

    address: bounds.AddressText
    to: bounds.Hash
    agree: bool
    at: bounds.Millis
    signature: bounds.Signature


def withdraw_bytes(relay: bytes, account: bytes, device: bytes, address: str, at: int) -> bytes:
    """What a device signs to take an address away from its own account."""
    return signed.encode((Context.ADDRESS.value, relay, account, device, "withdraw", address, b"", at))


def answer_bytes(
    relay: bytes, account: bytes, device: bytes, address: str, to: bytes, at: int, *, agree: bool
) -> bytes:
    """What a device of the old account signs."""
    verb = "agree" if agree else "refuse"
    return signed.encode((Context.ADDRESS.value, relay, account, device, verb, address, to, at))
