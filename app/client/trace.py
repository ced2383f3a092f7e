"""The way of one message: everything known of it, and for each person it went to every step with its time."""

from dataclasses import dataclass

from app.client import folding, records
from app.common import errors
from app.domain import message
from app.domain import people as persons
from app.domain.bearer import Bearer
from app.domain.delivery import Status
from app.storage import messages, people, recipients
from app.storage.database import Database
from app.storage.recipients import Recipient, Step
from app.storage.transaction import View


@dataclass(frozen=True, slots=True)
class Leg:
    """The way to one person; ``address`` is where it was sent, ``steps`` in the order in which they last happened."""

    person: bytes
    name: persons.Shown
    address: str
    status: Status
    reason: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One message and its way; times in milliseconds.

    ``author`` is empty for one's own. ``accepted_at`` is the relay's time (0: not accepted yet), ``stored_at`` when it
    was written down here. ``legs`` are empty for a received message. ``words`` are empty when it was taken back.
    ``incomplete``: parts of a text never came.
    """

    row: int
    message: bytes
    conversation: bytes
    outgoing: bool
    author: persons.Shown
    words: str
    sent_at: int
    accepted_at: int
    stored_at: int
    bearer: Bearer
    legs: tuple[Leg, ...]
    incomplete: bool = False


async def of(database: Database, row: int) -> Trace:
    """Read it; raises GiveUp ``no_message``."""

    def look(view: View) -> Trace | None:
        stored = messages.get(view, row)
        return _trace(view, stored) if stored is not None else None

    found = await database.read(look)
    if found is None:
        raise errors.GiveUp("no_message")
    return found


def _trace(view: View, stored: messages.Message) -> Trace:
    content = folding.shown(view, stored).content
    steps = recipients.steps(view, stored.row)
    legs = [_leg(view, each, steps) for each in recipients.of_rows(view, [stored.row])[stored.row]]
    return Trace(
        stored.row,
        stored.message,
        stored.conversation,
        stored.outgoing,
        records.Names(view).author(stored),
        content.as_text() if content is not None else "",
        stored.sent_at,
        stored.received_at,
        stored.stored_at,
        Bearer(stored.bearer),
        tuple(legs),
        stored.reason == message.INCOMPLETE,
    )


def _leg(view: View, to: Recipient, steps: list[Step]) -> Leg:
    person = people.get(view, to.person)
    known = people.addresses(view, [to.person])
    return Leg(
        to.person,
        records.person(view, person) if person is not None else records.NOBODY,
        to.address or (known[0].address if known else ""),
        to.status,
        to.reason,
        tuple(step for step in steps if step.person == to.person),
    )
