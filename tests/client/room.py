"""A real store with its hub and a few people, and short ways to let something happen in it as the use cases do."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from app.client import changes, diffs, folding
from app.common import ids
from app.common.clock import ManualClock
from app.content import annotations, base, catalog, text
from app.domain import delivery
from app.storage import annotations as annotation_table
from app.storage import conversations, messages, people, recipients, search
from app.storage.database import Database
from app.storage.transaction import Tx

T = TypeVar("T")

ALICE = ids.AccountId(b"A" * 32)  # the own account
BOB = ids.AccountId(b"B" * 32)
CAROL = ids.AccountId(b"C" * 32)
DEVICE = b"d" * 16
KEY = bytes(range(32))
NOON = 1_800_014_400_000  # 2027-01-15T12:00Z
MINUTE = 60_000


def follow(shown: list[T], steps: Iterable[diffs.Diff[T]]) -> None:
    """Take diffs into a list, as a screen does."""
    for step in steps:
        match step:
            case diffs.Inserted(at, items):
                assert 0 <= at <= len(shown)
                shown[at:at] = items
            case diffs.Replaced(at, item):
                assert shown[at] != item
                shown[at] = item
            case diffs.Removed(at, count):
                assert count > 0
                assert at + count <= len(shown)
                del shown[at : at + count]
            case diffs.Reset(items):
                shown[:] = items


class Room:
    """The store of Alice; every method is one transaction with its notes."""

    def __init__(self, database: Database, hub: changes.Hub, clock: ManualClock) -> None:
        self.database = database
        self.hub = hub
        self.clock = clock
        self._annotated = 0  # so that what is said later has a later order

    async def meet(
        self, name: str = "Bob", account: bytes | None = BOB, address: str = "", relation: people.Relation = "accepted"
    ) -> bytes:
        """A person and the conversation with it, both under the same id."""
        person = ids.random_id()

        def write(tx: Tx) -> None:
            people.create(tx, person, account=account, name=name, relation=relation)
            if address:
                people.put_address(tx, address, person)
            conversations.ensure_direct(tx, person, bytes(reversed(person)) * 2)
            tx.note(changes.ContactsChanged(frozenset({person})))
            tx.note(changes.ConversationsChanged(frozenset({person})))

        await self.database.write(write)
        return person

    async def say(
        self,
        conversation: bytes,
        order: int,
        words: str = "hello",
        *,
        author: ids.AccountId = BOB,
        content: base.Form | None = None,
        raw: tuple[str, bytes, str] | None = None,
        message: bytes | None = None,
    ) -> int:
        """A message of ``author`` with that order; its row."""
        kind, body = catalog.encode(content or text.Text(words))
        fallback = ""
        if raw is not None:
            kind, body, fallback = raw
        outgoing = author == ALICE
        pending = order >= messages.PENDING
        new = messages.NewMessage(
            conversation,
            message or ids.new_id(self.clock),
            author,
            DEVICE,
            kind,
            body,
            order,
            order - messages.PENDING if pending else order,
            outgoing=outgoing,
            countable=not outgoing,
            fallback=fallback,
            received_at=0 if pending else order,
            status=delivery.Status.QUEUED if outgoing else "",
        )

        def write(tx: Tx) -> int:
            row = messages.insert(tx, new).row
            if outgoing:
                recipients.add(tx, row, conversation, account=BOB)
            search.index(tx, row, words if raw is None else fallback)
            tx.note(changes.MessagesChanged(conversation, added=frozenset({row})))
            tx.note(changes.ConversationsChanged(frozenset({conversation})))
            return row

        return await self.database.write(write)

    async def change(self, conversation: bytes, row: int, work: Callable[[Tx], object], *, gone: bool = False) -> None:
        """Something that happens to one message, noted as such."""

        def write(tx: Tx) -> None:
            work(tx)
            named = frozenset({row})
            if gone:
                tx.note(changes.MessagesChanged(conversation, removed=named))
            else:
                tx.note(changes.MessagesChanged(conversation, rows=named))

        await self.database.write(write)

    async def settle_conversation(self, conversation: bytes, work: Callable[[Tx], object]) -> None:
        """A choice about one conversation: pin, draft, read position."""

        def write(tx: Tx) -> None:
            work(tx)
            tx.note(changes.ConversationsChanged(frozenset({conversation})))

        await self.database.write(write)

    async def rename(self, person: bytes, name: str) -> None:
        def write(tx: Tx) -> None:
            people.set_name(tx, person, name)
            tx.note(changes.ContactsChanged(frozenset({person})))

        await self.database.write(write)

    async def event(self, conversation: bytes, row: int, event: delivery.Event, reason: str = "") -> None:
        """A step in the delivery of an own message."""
        await self.change(conversation, row, lambda tx: recipients.apply(tx, row, conversation, event, reason))

    async def seal(self, conversation: bytes, row: int, order: int) -> None:
        """A pending message takes its place."""
        await self.change(conversation, row, lambda tx: messages.set_sealed(tx, row, order, 1, b"h" * 32))

    async def annotate(
        self,
        conversation: bytes,
        row: int,
        make: Callable[[base.Reference], base.Form],
        author: ids.AccountId | None = None,
    ) -> None:
        """Somebody says something about a message; its own author when nobody is named."""
        self._annotated += 1

        def write(tx: Tx) -> None:
            stored = messages.get(tx, row)
            assert stored is not None
            target = base.Reference(b"w" * 32, ids.AccountId(stored.author), ids.MessageId(stored.message))
            kind, body = catalog.encode(make(target))
            by = author or ids.AccountId(stored.author)
            identity = ids.new_id(self.clock)
            at = stored.sent_at + self._annotated
            annotation_table.insert(tx, annotation_table.NewAnnotation(row, by, identity, kind, body, at, at))
            folding.refold(tx, row)

        await self.change(conversation, row, write)

    async def edit(self, conversation: bytes, row: int, words: str) -> None:
        await self.annotate(conversation, row, lambda target: annotations.Edit(target, words))

    async def retract(self, conversation: bytes, row: int) -> None:
        await self.annotate(conversation, row, annotations.Retraction)

    async def react(self, conversation: bytes, row: int, emoji: str, author: ids.AccountId = ALICE) -> None:
        await self.annotate(conversation, row, lambda target: annotations.Reaction(target, emoji), author)

    async def remove(self, conversation: bytes, row: int) -> None:
        def work(tx: Tx) -> None:
            search.remove(tx, row)
            messages.remove(tx, row)

        await self.change(conversation, row, work, gone=True)

    async def mark_read(self, conversation: bytes, row: int) -> None:
        def work(tx: Tx) -> None:
            stored = messages.get(tx, row)
            assert stored is not None
            conversations.mark_read(tx, conversation, stored.ord, stored.message)

        await self.settle_conversation(conversation, work)

    async def stored(self, conversation: bytes) -> Sequence[messages.Message]:
        """All of a conversation, in order."""
        return await self.database.read(lambda view: messages.after(view, conversation, None, 100_000))


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Room]:
    """A room with a store of its own in that folder."""
    hub, clock = changes.Hub(), ManualClock(NOON)

    def publish(notes: Sequence[object]) -> None:
        known: list[changes.Change] = [note for note in notes if isinstance(note, changes.Change)]
        assert len(known) == len(notes)
        hub.publish(known)

    database = await Database.open(folder / "store", KEY, clock, publish)
    try:
        yield Room(database, hub, clock)
    finally:
        await database.close()
