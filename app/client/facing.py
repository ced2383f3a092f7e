"""Who a conversation is with and which way a message would go there, as the page around it shows it."""

from typing import Final

import msgspec

from app.client import records
from app.common import errors
from app.domain import bearer
from app.domain import people as persons
from app.domain.conversation import Policy
from app.protocol import address as addresses
from app.storage import conversations, messages, notices, own, people
from app.storage.database import Database
from app.storage.people import Person
from app.storage.transaction import View

_CAPABILITIES: Final = {
    "yes": bearer.Capability.RICH,
    "no": bearer.Capability.NOT_RICH,
    "unconfirmed": bearer.Capability.UNCONFIRMED,
    "unknown": bearer.Capability.UNKNOWN,
}


class Facing(msgspec.Struct, frozen=True):
    """The other side of a conversation.

    ``conversation`` is the id it goes by now, which a merge may have changed. ``known``: there is an account behind it.
    ``way`` is what the last answer of the directory allows; ``address`` may be what they only claim. ``empty``: nothing
    was said yet. ``new_devices``: the notices of devices they added, until these are seen. ``number`` is where a text
    would go, ``policy`` which ways its messages may go. ``rich_on``: this account sends encrypted messages at all.
    """

    conversation: bytes
    person: bytes
    name: persons.Shown
    address: str
    known: bool
    verified: bool
    stranger: bool
    blocked: bool
    empty: bool
    way: bearer.Choice
    new_devices: tuple[int, ...] = ()
    policy: Policy = Policy.AUTOMATIC
    number: str = ""
    rich_on: bool = True


async def of(database: Database, conversation: bytes) -> Facing:
    """As the store knows it; raises GiveUp ``no_conversation``."""
    found = await database.read(lambda view: _facing(view, people.current(view, conversation)))
    if found is None:
        raise errors.GiveUp("no_conversation")
    return found


def _facing(view: View, conversation: bytes) -> Facing | None:
    where = conversations.get(view, conversation)
    person = people.get(view, where.person) if where is not None and where.person is not None else None
    if where is None or person is None:
        return None
    found, stored = people.addresses(view, [person.person]), own.load(view)
    return Facing(
        where.conversation,
        person.person,
        records.person(view, person),
        found[0].address if found else person.claimed_address,
        person.account is not None,
        person.verified,
        person.relation == "stranger",
        person.relation == "blocked",
        where.last_message == 0,
        _way(person),
        _new_devices(view, person),
        Policy(where.bearer),
        next((each.address for each in found if each.address.startswith("+")), ""),
        stored is None or stored.rich in ("on", "returning"),
    )


def _new_devices(view: View, person: Person) -> tuple[int, ...]:
    if person.account is None or person.relation == "blocked":
        return ()
    return tuple(each.notice for each in notices.about(view, person.account, "devices", "device_added"))


def _way(person: Person) -> bearer.Choice:
    return bearer.choose(_CAPABILITIES[person.rich], bearer.Rules(ever_rich=person.ever_rich))


async def began(database: Database, conversation: bytes) -> int | None:
    """The order (milliseconds) of the first message there, for a calendar; None while nothing was said."""

    def look(view: View) -> int | None:
        first = messages.after(view, conversation, None, 1)
        return first[0].ord if first and first[0].ord < messages.PENDING else None

    return await database.read(look)


def spaced(address: str) -> str:
    """A phone number with the spaces people write in it; anything else as it is."""
    return addresses.spaced(address)
