"""Stored rows made into what is shown: a message with all that was said about it, its quote, and people's names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from app.client import folding, undelivered
from app.client.offers import Offers
from app.common import ids
from app.content import base, text
from app.domain import delivery, message
from app.domain import people as persons
from app.domain.bearer import Bearer
from app.storage import annotations, ledger, messages, people, recipients
from app.storage.ledger import Entry
from app.storage.messages import Message, Position
from app.storage.recipients import Recipient
from app.storage.transaction import View

QUOTED: Final = 200  # characters of a message that is answered
NAME: Final = 128
BATCH: Final = 500

_RELATIONS: Final = {
    "stranger": persons.Relation.NONE,
    "accepted": persons.Relation.ACCEPTED,
    "blocked": persons.Relation.BLOCKED,
}
_REASONS: Final = {reason.value: reason for reason in delivery.Reason}
NOBODY: Final = persons.Shown("", claimed=False)


class Quote(msgspec.Struct, frozen=True):
    """The message that is answered: its row (0 when it is not here), author and words (empty when taken back)."""

    row: int
    author: persons.Shown
    outgoing: bool
    words: str


class Used(msgspec.Struct, frozen=True):
    """What a text of the user took: segments, and their price in minor units of a currency (0: in the plan)."""

    segments: int
    price: int
    currency: str
    mms: bool = False


class Record(msgspec.Struct, frozen=True):
    """A message as it is shown; ``author`` is empty for one's own.

    ``undelivered`` is the kind of what one said about it (edit, retraction, reaction) and could not be delivered.
    ``late``: it came in above what was read already, and was not seen yet. ``as_text``: it has not arrived, and can be
    sent as a text instead. ``used`` is there for an own text that left. ``incomplete``: parts of a text never came.
    """

    position: Position
    shown: message.Shown
    author: persons.Shown
    quote: Quote | None = None
    undelivered: str = ""
    late: bool = False
    as_text: bool = False
    used: Used | None = None
    incomplete: bool = False

    @property
    def row(self) -> int:
        return self.position.row

    @property
    def pending(self) -> bool:
        """Not sealed yet: its place is below all that are."""
        return self.position.ord >= messages.PENDING

    @property
    def visible(self) -> bool:
        """False for what this version has no words for at all."""
        return self.shown.content is None or self.shown.content.visible

    @property
    def words(self) -> str:
        """As text; empty when it was taken back."""
        return self.shown.content.as_text() if self.shown.content is not None else ""


def read(view: View, stored: Sequence[Message], names: "Names | None" = None) -> list[Record]:
    """What is shown of those messages, in the same order. Decodes: not for the event loop's thread."""
    names = names or Names(view)
    given_up = undelivered.kinds(view) if stored else {}
    found: list[Record] = []
    for at in range(0, len(stored), BATCH):
        part = stored[at : at + BATCH]
        notes = annotations.of_rows(view, [each.row for each in part])
        sent = [each.row for each in part if each.outgoing]
        late = messages.late_of(view, [each.row for each in part])
        offers = Offers(view, part)
        to, arrived = recipients.of_rows(view, sent), recipients.arrived(view, sent)
        used = ledger.of_rows(view, [each.row for each in part if each.outgoing and each.bearer == Bearer.TEXT])
        for each in part:
            shown = _delivered(folding.fold(each, notes[each.row]), to.get(each.row, ()), arrived)
            quote = _quote(view, names, each, shown)
            said = given_up.get((each.author, each.message), "")
            words = shown.content.as_text() if each.outgoing and shown.content is not None else ""
            as_text, took = offers.text(each, words), _used(used.get(each.row))
            lacks, author = each.reason == message.INCOMPLETE, names.author(each)
            found.append(Record(each.position, shown, author, quote, said, each.row in late, as_text, took, lacks))
    return found


def _used(entry: Entry | None) -> Used | None:
    gone = entry is None or entry.state == "released"
    return None if entry is None or gone else Used(entry.segments, entry.price, entry.currency, entry.mms)


def _delivered(
    shown: message.Shown, to: Iterable[Recipient], arrived: Mapping[tuple[int, bytes], int]
) -> message.Shown:
    deliveries = tuple(
        message.Delivery(
            ids.AccountId(each.account),
            each.status,
            _REASONS.get(each.reason),
            each.attempt,
            arrived.get((each.row, each.person), 0),
        )
        for each in to
    )
    return replace(shown, message=replace(shown.message, deliveries=deliveries)) if deliveries else shown


def _quote(view: View, names: "Names", stored: Message, shown: message.Shown) -> Quote | None:
    """What it answers. Another conversation's message, or another ciphertext than meant, is never quoted."""
    if not isinstance(shown.content, text.Text) or shown.content.reply is None:
        return None
    reference = shown.content.reply
    target = messages.find(view, reference.author, reference.message)
    if target is None or target.conversation != stored.conversation or not reference.agrees(target.digest):
        return Quote(0, NOBODY, outgoing=False, words="")
    content = folding.shown(view, target).content
    words = base.one_line(content.as_text(), QUOTED) if content is not None else ""
    return Quote(target.row, names.author(target), target.outgoing, words)


class Names:
    """Names to show, each looked up once for one piece of work; those of ``together`` (person ids) at once."""

    def __init__(self, view: View, together: Sequence[bytes] = ()) -> None:
        self._view = view
        self._known: dict[bytes, persons.Shown] = {}
        self._people: dict[bytes, persons.Shown] = {}
        if together:
            self._learn(together)

    def _learn(self, wanted: Sequence[bytes]) -> None:
        addresses: dict[bytes, list[str]] = {}
        for each in people.addresses(self._view, wanted):
            addresses.setdefault(each.person, []).append(each.address)
        for stored in people.of(self._view, wanted):
            shown = persons.shown_name(contact(stored, tuple(addresses.get(stored.person, ()))))
            self._people[stored.person] = shown
            if stored.account is not None:
                self._known[stored.account] = shown

    def title(self, own: str, person_id: bytes | None) -> persons.Shown:
        """Of a conversation, as the function of that name."""
        known = self._people.get(person_id) if person_id is not None and not own else None
        return known if known is not None else title(self._view, own, person_id)

    def author(self, stored: Message) -> persons.Shown:
        """Of who wrote it; empty for one's own. A text is of whoever has the number, though nobody has proved that."""
        if stored.outgoing:
            return NOBODY
        return self._texted(stored.conversation) if stored.bearer == Bearer.TEXT else self.account(stored.author)

    def _texted(self, person_id: bytes) -> persons.Shown:
        if person_id not in self._known:
            self._known[person_id] = self.title("", person_id)
        return self._known[person_id]

    def account(self, account: bytes) -> persons.Shown:
        """Of the person behind an account; empty when there is none."""
        if account not in self._known:
            found = people.by_account(self._view, account)
            self._known[account] = NOBODY if found is None else person(self._view, found)
        return self._known[account]


def title(view: View, own: str, person_id: bytes | None) -> persons.Shown:
    """Of a conversation: its own title, else the name of the person it is with."""
    stored = people.get(view, person_id) if person_id is not None and not own else None
    if stored is None:
        return persons.Shown(base.one_line(own, NAME), claimed=False)
    return person(view, stored)


def person(view: View, stored: people.Person) -> persons.Shown:
    """A name for the screen."""
    addresses = tuple(each.address for each in people.addresses(view, [stored.person]))
    return persons.shown_name(contact(stored, addresses))


def contact(stored: people.Person, addresses: tuple[str, ...]) -> persons.Contact:
    """The person as the rules know it."""
    return persons.Contact(
        ids.PersonId(stored.person),
        ids.AccountId(stored.account) if stored.account is not None else None,
        addresses,
        stored.name,
        stored.claimed_name,
        stored.claimed_address,
        _RELATIONS[stored.relation],
    )
