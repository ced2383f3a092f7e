"""People as the screen shows them: who is meant while an address is being typed, and all there is about one person."""

from typing import Final

import msgspec

from app.client import records, search
from app.client.me import Me
from app.common import errors, ids
from app.crypto import identity
from app.domain import people as persons
from app.domain.conversation import Policy
from app.storage import conversations, notices, people
from app.storage.conversations import Conversation
from app.storage.database import Database
from app.storage.notices import Notice
from app.storage.people import Address, Person
from app.storage.transaction import View

SUGGESTED: Final = 6


class Known(msgspec.Struct, frozen=True):
    """Somebody there is a conversation with; ``address`` may be what they only claim.

    ``rich``: encrypted messages lead there.
    """

    conversation: bytes
    name: persons.Shown
    address: str
    rich: bool
    verified: bool


class Card(msgspec.Struct, frozen=True):
    """One person and the conversation with them; ``own_name`` is the user's word, ``number`` the safety number.

    ``number`` is empty as long as no account is known. ``told`` says whether read receipts are sent here, as far as
    this conversation decides it, and ``policy`` which ways its messages may go. ``notices`` are open ones about this
    person's account, newest last.
    """

    conversation: bytes
    person: bytes
    name: persons.Shown
    own_name: str
    claimed_name: str
    addresses: tuple[Address, ...]
    claimed_address: str
    blocked: bool
    stranger: bool
    verified: bool
    rich: bool
    number: str
    muted_until: int
    pinned: bool
    told: bool
    policy: Policy
    notices: tuple[Notice, ...]

    def muted(self, now: int) -> bool:
        return now < self.muted_until


async def suggest(database: Database, words: str, limit: int = SUGGESTED) -> tuple[Known, ...]:
    """Whose name or address begins with each of these words, the most recently spoken with first; nobody for none."""

    def look(view: View) -> tuple[Known, ...]:
        found = (_known(view, each) for each in search.conversations(view, words, 2 * limit))
        return tuple(each for each in found if each is not None)[:limit]

    return await database.read(look)


async def known(database: Database, conversation: bytes) -> Known:
    """The person of one conversation; raises GiveUp ``no_conversation``."""
    found = await database.read(lambda view: _known(view, conversation))
    if found is None:
        raise errors.GiveUp("no_conversation")
    return found


def _known(view: View, conversation: bytes) -> Known | None:
    where = conversations.get(view, conversation)
    person = people.get(view, where.person) if where is not None and where.person is not None else None
    if person is None or person.relation == "blocked":
        return None
    addresses = people.addresses(view, [person.person])
    address = addresses[0].address if addresses else person.claimed_address
    return Known(conversation, records.person(view, person), address, _rich(person), person.verified)


def _rich(person: Person) -> bool:
    """An account takes encrypted messages until its own list says otherwise."""
    return person.account is not None and person.rich != "no"


async def card(database: Database, me: Me, conversation: bytes) -> Card:
    """All there is about the person of a conversation; raises GiveUp ``no_conversation``."""

    def look(view: View) -> Card | None:
        where = conversations.get(view, people.current(view, conversation))
        person = people.get(view, where.person) if where is not None and where.person is not None else None
        return None if where is None or person is None else _card(view, me, where, person)

    found = await database.read(look)
    if found is None:
        raise errors.GiveUp("no_conversation")
    return found


def _card(view: View, me: Me, where: Conversation, person: Person) -> Card:
    account = person.account
    return Card(
        where.conversation,
        person.person,
        records.person(view, person),
        person.name,
        person.claimed_name,
        tuple(people.addresses(view, [person.person])),
        person.claimed_address,
        person.relation == "blocked",
        person.relation == "stranger",
        person.verified,
        _rich(person),
        identity.safety_number(me.account, ids.AccountId(account)) if account is not None else "",
        where.muted_until,
        where.pinned,
        where.receipts,
        Policy(where.bearer),
        tuple(each for each in notices.pending(view) if account is not None and each.account == account),
    )
