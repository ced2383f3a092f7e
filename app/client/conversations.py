"""What the user decides about people and conversations: accept, block, read, draft, mute, pin, verify."""

import contextlib
import logging
from collections.abc import Callable

from app.client import changes, peers, receipting, records, repeats
from app.client.me import Me
from app.client.settings import Settings
from app.common import clock, errors, ids
from app.content import annotations, base, catalog
from app.crypto import identity
from app.domain.conversation import Policy
from app.domain.people import Relation, Shown
from app.net.connection import Connection
from app.protocol import address as addresses
from app.storage import conversations, jobs, messages, notices, people, receipts, search
from app.storage.database import Database
from app.storage.messages import Position
from app.storage.people import Person
from app.storage.transaction import Tx, View

log = logging.getLogger(__name__)


class Conversations:
    """Use cases over people and conversations; each is one transaction."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        directory: peers.Peers,
        settings: Settings,
        me: Me,
        time: clock.Clock,
    ) -> None:
        self._database = database
        self._clock = time
        self._peers = directory
        self._connection = connection
        self._settings = settings
        self._me = me

    async def find(self, text: str, region: str | None = None) -> Person:
        """The person behind an address, known here; raises GiveUp (``unknown_person``).

        The address may be one the person only claims, as long as nobody else has it.
        """
        address = addresses.parse(text, region).text

        def look(view: View) -> Person | None:
            known = people.by_address(view, address)
            if known is not None:
                return known
            claiming = [person for person in people.every(view) if person.claimed_address == address]
            return claiming[0] if len(claiming) == 1 else None

        found = await self._database.read(look)
        if found is None:
            raise errors.GiveUp("unknown_person")
        return found

    async def accept(self, person: bytes) -> None:
        """Take messages from this person; the receipts held back are sent."""

        def write(tx: Tx) -> bytes:
            known = peers.required(people.get(tx, person))
            people.set_relation(tx, person, "accepted")
            account = known.account or b""
            if account:
                receipts.release(tx, account, tx.now)
                tx.note(changes.ReceiptsDue(frozenset({account})))
                repeats.ask_once_accepted(tx, account, person, lambda: ids.new_id(self._clock))
            tx.note(changes.ContactsChanged(frozenset({person})))
            tx.note(changes.ConversationsChanged(frozenset({person})))
            return account

        await self._tell(await self._database.write(write), Relation.ACCEPTED)

    async def block(self, person: bytes) -> None:
        """Take nothing more from this person, and tell them nothing more."""

        def write(tx: Tx) -> bytes:
            known = peers.required(people.get(tx, person))
            people.set_relation(tx, person, "blocked")
            account = known.account or b""
            if account:
                receipts.drop_all(tx, account)
                jobs.drop_quiet(tx, account, (annotations.Receipt.kind, annotations.Nothing.kind))
            tx.note(changes.ContactsChanged(frozenset({person})))
            return account

        await self._tell(await self._database.write(write), Relation.BLOCKED)

    async def delete_request(self, person: bytes) -> bool:
        """Delete what a stranger wrote, from this device alone; False when they were accepted meanwhile.

        The person stays known, with the pinned device list, and comes back as a stranger with their next message.
        """

        def write(tx: Tx) -> bool:
            known = peers.required(people.get(tx, person))
            if known.relation != "stranger":
                return False
            rows = messages.remove_all(tx, person)
            for row in rows:
                search.remove(tx, row)
            if known.account:
                receipts.drop_all(tx, known.account)
            conversations.put_away(tx, person)
            tx.note(changes.MessagesChanged(person, removed=frozenset(rows)))
            tx.note(changes.ConversationsChanged(frozenset({person})))
            return True

        return await self._database.write(write)

    async def unblock(self, person: bytes) -> None:
        """Take messages again: as before from somebody one has written to, else as from a stranger."""

        def write(tx: Tx) -> tuple[bytes, Relation]:
            known = peers.required(people.get(tx, person))
            relation = Relation.ACCEPTED if messages.any_sent(tx, person) else Relation.NONE
            if known.relation == "blocked":
                people.set_relation(tx, person, "accepted" if relation is Relation.ACCEPTED else "stranger")
                tx.note(changes.ContactsChanged(frozenset({person})))
                tx.note(changes.ConversationsChanged(frozenset({person})))
            return known.account or b"", relation

        await self._tell(*await self._database.write(write))

    async def blocked(self) -> tuple[tuple[bytes, Shown, str], ...]:
        """Everybody blocked: the person, the name to show, and an address or nothing; by name."""

        def look(view: View) -> list[tuple[bytes, Shown, str]]:
            found: list[tuple[bytes, Shown, str]] = []
            for each in people.every(view):
                if each.relation == "blocked":
                    own = people.addresses(view, [each.person])
                    found.append((each.person, records.person(view, each), own[0].address if own else ""))
            return found

        return tuple(sorted(await self._database.read(look), key=lambda each: each[1].name.casefold()))

    async def _tell(self, account: bytes, relation: Relation) -> None:
        """The relay enforces it too; offline, the next login says it."""
        if account:
            with contextlib.suppress(errors.AgainLater):
                await self._connection.relation(account, int(relation))

    async def mark_read(
        self, conversation: bytes, upto: Position | None = None, *, since: Position | None = None
    ) -> int:
        """Everything up to a place (all when None) was shown in an active window; how many messages that were new.

        What came late, above the place that was read up to, may have been out of sight: of that only what stands from
        ``since`` on counts, all when None.
        """
        told = self._settings.values.send_read_receipts
        mine = await self._peers.known(self._me.account)
        siblings = mine is not None and len(mine.devices) > 1

        def write(tx: Tx) -> int:
            unread = messages.unread(tx, conversation, upto, since=since)
            where = conversations.get(tx, conversation)
            if where is not None and where.marked_unread:
                conversations.set_marked_unread(tx, conversation, False)
                tx.note(changes.ConversationsChanged(frozenset({conversation})))
            if not unread:
                return 0
            last = unread[-1]
            conversations.mark_read(tx, conversation, last.ord, last.message)
            if late := messages.saw_late(tx, [each.row for each in unread]):
                tx.note(changes.MessagesChanged(conversation, rows=late))
            if siblings and where is not None and where.wire:
                read_mark(tx, self._me, where.wire, last.ord, last.message, ids.new_id(self._clock))
            hears = told and where is not None and where.receipts
            known = people.get(tx, where.person) if where is not None and where.person and hears else None
            if known is not None and known.relation != "blocked" and known.account:
                held = known.relation != "accepted"
                for message in unread:
                    receipting.mark(tx, message.author, message.message, tx.now, held=held)
                tx.note(changes.ReceiptsDue(frozenset({known.account})))
            tx.note(changes.ConversationsChanged(frozenset({conversation})))
            return len(unread)

        count = await self._database.write(write)
        while count and count % 1000 == 0 and upto is None:
            more = await self._database.write(write)
            if not more:
                break
            count += more
        return count

    async def set_draft(self, conversation: bytes, text: str, reply: int = 0) -> None:
        """Keep what is half written."""

        def write(tx: Tx) -> None:
            conversations.set_draft(tx, conversation, text, reply)
            tx.note(changes.ConversationsChanged(frozenset({conversation})))

        await self._database.write(write)

    async def mute(self, conversation: bytes, until: int) -> None:
        """No alerts until then, in milliseconds: 0 ends it, conversation.FOREVER leaves it so."""
        await self._change(conversation, lambda tx: conversations.set_muted(tx, conversation, until))

    async def pin(self, conversation: bytes, pinned: bool) -> None:
        """Keep it above all others, or no longer."""
        await self._change(conversation, lambda tx: conversations.set_pinned(tx, conversation, pinned))

    async def mark_unread(self, conversation: bytes) -> None:
        """Keep it in sight although it was read; reading it takes the mark away. Nobody is told."""
        await self._change(conversation, lambda tx: conversations.set_marked_unread(tx, conversation, True))

    async def archive(self, conversation: bytes, archived: bool) -> None:
        """Put it away, or take it back; what comes in later brings it back unless it is muted."""
        await self._change(conversation, lambda tx: conversations.set_archived(tx, conversation, archived))

    async def tell_read(self, conversation: bytes, told: bool) -> None:
        """Whether the other side hears what was read here; the setting for all conversations comes first."""

        def write(tx: Tx) -> None:
            where = conversations.get(tx, conversation)
            if where is not None:
                conversations.set_told(tx, conversation, receipts=told, typing=where.typing)

        await self._change(conversation, write)

    async def allow(self, conversation: bytes, policy: Policy) -> None:
        """Which ways may be gone here, from what has not left yet on."""

        def write(tx: Tx) -> None:
            where = people.current(tx, conversation)
            conversations.set_bearer(tx, where, policy)
            tx.note(changes.OutboxChanged(frozenset({where})))

        await self._change(conversation, write)

    async def _change(self, conversation: bytes, write: Callable[[Tx], None]) -> None:
        def noted(tx: Tx) -> None:
            write(tx)
            tx.note(changes.ConversationsChanged(frozenset({conversation})))

        await self._database.write(noted)

    async def rename(self, person: bytes, name: str) -> None:
        """The user's own word for somebody, on this device; an empty one leaves it to what they say."""
        word = base.one_line(name, 128)

        def write(tx: Tx) -> None:
            people.set_name(tx, person, word)
            tx.note(changes.ContactsChanged(frozenset({person})))
            tx.note(changes.ConversationsChanged(frozenset({person})))

        await self._database.write(write)

    async def safety_number(self, person: bytes) -> tuple[str, bool]:
        """The 60 digits two people compare, and whether they have; raises GiveUp (``no_account``)."""
        known = await self._database.read(lambda view: people.get(view, person))
        if known is None or known.account is None:
            raise errors.GiveUp("no_account")
        return identity.safety_number(self._me.account, ids.AccountId(known.account)), known.verified

    async def set_verified(self, person: bytes, verified: bool) -> None:
        """The safety numbers were compared and are the same (or that is taken back)."""

        def write(tx: Tx) -> None:
            people.set_verified(tx, person, verified)
            tx.note(changes.ContactsChanged(frozenset({person})))

        await self._database.write(write)

    async def settle(self, *read: int) -> None:
        """The user has read these notices."""

        def write(tx: Tx) -> None:
            for number in read:
                notices.settle(tx, number)
                told = notices.get(tx, number)
                known = people.by_account(tx, told.account) if told is not None and told.account else None
                if known is not None:
                    tx.note(changes.ContactsChanged(frozenset({known.person})))

        await self._database.write(write)


def read_mark(tx: Tx, me: Me, wire: bytes, order: int, message: bytes, job: bytes) -> None:
    """Tell the own other devices what was read here; a mark that has not left yet is moved on."""
    kind, body = catalog.encode(annotations.ReadMark(wire, order, ids.MessageId(message)))
    waiting = jobs.unsealed(tx, wire, kind)
    if waiting is not None:
        jobs.set_payload(tx, waiting.job, body)
        return
    jobs.enqueue(tx, jobs.NewJob(wire, job, kind, account=me.account, payload=body))
    tx.note(changes.OutboxChanged(frozenset({wire})))
