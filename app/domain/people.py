"""People, accounts and devices, and how far each is trusted."""

from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from app.common.ids import AccountId, DeviceId, PersonId
from app.content import base


class Trust(StrEnum):
    """Whether the safety number was compared; CHANGED: it was, and the account was taken over by its root since."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    CHANGED = "changed"


class Relation(IntEnum):
    """What an account is to this one; the numbers are those of frames.Relation."""

    NONE = 0
    ACCEPTED = 1
    BLOCKED = 2


class Standing(StrEnum):
    """How well the relay knows that an address belongs to an account."""

    UNKNOWN = ""
    CLAIMED = "claimed"
    PROVED = "proved"


class Device(msgspec.Struct, frozen=True):
    """One entry of an account's verified list; ``listed`` is False after it was removed."""

    id: DeviceId
    account: AccountId
    name: str = ""
    listed: bool = True


class Account(msgspec.Struct, frozen=True):
    """An account as pinned here: version, root epoch and rich switch of its newest verified list, and our trust."""

    id: AccountId
    version: int = 0
    root_epoch: int = 0
    rich: bool = True
    trust: Trust = Trust.UNVERIFIED

    def verified(self) -> "Account":
        """Both have compared the safety number."""
        return replace(self, trust=Trust.VERIFIED)

    def pinned(self, version: int, root_epoch: int, rich: bool) -> "Account":
        """After a newer list was verified; a raised root epoch takes back what was compared, and nothing else does."""
        shaken = self.trust is Trust.VERIFIED and root_epoch > self.root_epoch
        return replace(
            self, version=version, root_epoch=root_epoch, rich=rich, trust=Trust.CHANGED if shaken else self.trust
        )


class Contact(msgspec.Struct, frozen=True):
    """A person: everything local is keyed by ``person``; at most one account, any number of addresses.

    ``name`` is the user's own word. ``claimed_name`` and ``claimed_address`` are the sender's, not checked; an address
    moves to ``addresses`` only after a lookup of it gave this account.
    """

    person: PersonId
    account: AccountId | None = None
    addresses: tuple[str, ...] = ()
    name: str = ""
    claimed_name: str = ""
    claimed_address: str = ""
    relation: Relation = Relation.NONE

    def joined(self, address: str) -> "Contact":
        """After a lookup of ``address`` gave this person's account."""
        if address in self.addresses:
            return self
        claim = "" if address == self.claimed_address else self.claimed_address
        return replace(self, addresses=(*self.addresses, address), claimed_address=claim)


class Shown(NamedTuple):
    """A name for the screen; ``claimed`` asks for "says it is" before it."""

    name: str
    claimed: bool


def shown_name(contact: Contact) -> Shown:
    """The user's own word, else a checked address, else the sender's claims; empty when there is nothing at all."""
    if own := base.one_line(contact.name, 128):
        return Shown(own, claimed=False)
    claim = base.one_line(contact.claimed_name, 128)
    if contact.addresses:
        accepted = contact.relation is Relation.ACCEPTED
        return Shown(claim if claim and accepted else contact.addresses[0], claimed=False)
    return Shown(claim or base.one_line(contact.claimed_address, 320), claimed=True)
