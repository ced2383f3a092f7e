"""What the user does with messages: send, edit, react, take back, try again, discard. Each is one transaction."""

from collections.abc import Callable
from typing import ClassVar

import msgspec

from app.client import changes, folding, undelivered, unfetched
from app.client.me import Me
from app.common import clock, errors, ids
from app.common.discreet import Discreet
from app.content import annotations, base, catalog
from app.domain import delivery
from app.domain import message as rules
from app.domain.bearer import Agreement, Bearer, Wish
from app.storage import annotations as annotation_table
from app.storage import conversations, jobs, ledger, messages, people, pictures, receipts, recipients, removed, search
from app.storage.conversations import Conversation
from app.storage.database import Database
from app.storage.jobs import Job
from app.storage.messages import Message, NewMessage
from app.storage.removed import Removed
from app.storage.transaction import Tx

Maker = Callable[[base.Reference], base.Form]
Allowed = Callable[[rules.Shown, int], bool]


class Written(msgspec.Struct, frozen=True):
    """A message that is in the store and in the outbox."""

    row: int
    message: bytes


class Beside(Discreet, frozen=True):
    """The octets that a content has a piece of, and the thumbnail they are shown by."""

    _hidden: ClassVar = ("thumbnail", "octets")

    content_type: str
    name: str
    thumbnail: bytes
    octets: bytes


class Sending:
    """Writes messages and their jobs; the outbox does the rest, now or after the next start."""

    def __init__(self, database: Database, me: Me, time: clock.Clock) -> None:
        self._database = database
        self._me = me
        self._clock = time

    async def send(
        self,
        conversation: bytes,
        content: base.Form,
        wish: Wish = Wish.AUTO,
        agreed: Agreement | None = None,
        beside: Beside | None = None,
        *,
        drafted: bool = False,
    ) -> Written:
        """Store the message and its job together; raises errors.GiveUp with the first problem of the content.

        ``agreed`` is the user's yes to a text as it was forecast to them; it holds for this message only. What lies
        ``beside`` a content that has a piece is stored with it. What was ``drafted`` takes the draft of its
        conversation along; else that is what somebody has half written meanwhile, and stays.
        """
        if problems := content.problems(base.Limits()):
            raise errors.GiveUp(problems[0])
        kind, body = catalog.encode(content)
        message = ids.new_id(self._clock)
        green = beside is not None or (agreed is not None and wish is not Wish.RICH)

        def write(tx: Tx) -> Written:
            where = _conversation(tx, people.current(tx, conversation))
            new = NewMessage(
                where.conversation, message, self._me.account, self._me.device, kind, body, messages.PENDING + tx.now,
                tx.now,
                outgoing=True,
                fallback=catalog.fallback(content),
                # Green at once where the user has said yes to that; if it goes encrypted after all, it turns blue.
                bearer=Bearer.TEXT if green else Bearer.RICH,
                status=delivery.Status.QUEUED,
            )  # fmt: skip
            row = messages.insert(tx, new).row
            if beside is not None:
                _put(tx, row, beside)
            person = where.person or b""
            account = _accepted(tx, person)
            recipients.add(tx, row, person, account=account)
            job = jobs.NewJob(where.conversation, message, kind, row=row, person=person, account=account, visible=True)
            queued = jobs.enqueue(tx, job)
            if agreed is not None or wish is not Wish.AUTO:
                _wish(tx, queued, wish, agreed)
            search.index(tx, row, content.as_text())
            if drafted:
                conversations.set_draft(tx, where.conversation, "")
            _added(tx, where.conversation, row)
            return Written(row, message)

        return await self._database.write(write)

    async def edit(self, row: int, text: str) -> None:
        """New words for an own message; raises errors.GiveUp (``too_late``) outside the rules of domain.message."""
        await self._annotate(row, lambda target: annotations.Edit(target, text), rules.may_edit)

    async def retract(self, row: int) -> None:
        """Take an own message back; raises errors.GiveUp (``too_late``)."""
        await self._annotate(row, annotations.Retraction, rules.may_retract)

    async def react(self, row: int, emoji: str) -> None:
        """One reaction to a message; an empty one takes it back."""
        await self._annotate(row, lambda target: annotations.Reaction(target, emoji), None)

    async def _annotate(self, row: int, make: Maker, allowed: Allowed | None) -> None:
        identity = ids.new_id(self._clock)

        def write(tx: Tx) -> None:
            message = _message(tx, row)
            where = _conversation(tx, message.conversation)
            if message.bearer == Bearer.TEXT:
                raise errors.GiveUp("text_message")
            if where.wire is None or message.ord >= messages.PENDING:
                raise errors.GiveUp("not_sent_yet")
            if allowed is not None and not allowed(folding.shown(tx, message), self._clock.now()):
                raise errors.GiveUp("too_late")
            target = base.Reference(
                where.wire, ids.AccountId(message.author), ids.MessageId(message.message), message.digest[:16]
            )
            content = make(target)
            if problems := content.problems(base.Limits()):
                raise errors.GiveUp(problems[0])
            kind, body = catalog.encode(content)
            annotation_table.insert(
                tx,
                annotation_table.NewAnnotation(
                    row, self._me.account, identity, kind, body, self._clock.now(), self._clock.now()
                ),
            )
            folding.refold(tx, row)
            person = where.person or b""
            account = _accepted(tx, person)  # the relay takes it for an answer too
            jobs.enqueue(
                tx,
                jobs.NewJob(
                    message.conversation, identity, kind, person=person, account=account, payload=body, visible=True
                ),
            )
            tx.note(changes.MessagesChanged(message.conversation, rows=frozenset({row})))
            tx.note(changes.OutboxChanged(frozenset({message.conversation})))

        await self._database.write(write)

    async def retry(self, row: int) -> None:
        """Try a failed message again, and what was said about it and failed; under the same ids, so that a copy that
        did arrive stays the only one. What nobody fetched is another attempt. One that waits is tried now."""

        def write(tx: Tx) -> None:
            message = _message(tx, row)
            waiting = jobs.of_message(tx, row)
            for job in waiting:
                jobs.retry(tx, job.job)
                recipients.apply(tx, row, job.person, delivery.Event.RETRY)
            if not waiting and message.bearer == Bearer.TEXT:
                _another(tx, message)
            unfetched.anew(tx, message, delivery.Event.RETRY)
            for job in undelivered.about(tx, message):
                jobs.retry(tx, job.job)
            jobs.hurry(tx, message.conversation)
            tx.note(changes.MessagesChanged(message.conversation, rows=frozenset({row})))
            tx.note(changes.OutboxChanged(frozenset({message.conversation})))

        await self._database.write(write)

    async def hurry(self) -> None:
        """Everything that waits is due now."""

        def write(tx: Tx) -> None:
            jobs.hurry(tx)
            tx.note(changes.OutboxChanged(frozenset()))

        await self._database.write(write)

    async def as_text(self, row: int, agreed: Agreement) -> None:
        """Send a failed, waiting or undelivered message as text instead: the encrypted one is taken back first.

        Only when the relay says that nobody can get it any more it starts over as text, else it stays as it is. Of
        what nobody fetched it has said so already.
        Raises GiveUp (``already_sent``) for what was delivered, or is a text already.
        """

        def write(tx: Tx) -> None:
            message = _message(tx, row)
            if delivery.Status(message.status) in (delivery.Status.DELIVERED, delivery.Status.READ):
                raise errors.GiveUp("already_sent")
            unfetched.anew(tx, message, delivery.Event.SEND_AS_TEXT)
            waiting = jobs.of_message(tx, row)
            if message.bearer == Bearer.TEXT and (not waiting or waiting[0].way == Bearer.TEXT):
                raise errors.GiveUp("already_sent")
            if not waiting:
                waiting = [_taken_back(tx, message)]
            for job in waiting:
                _wish(tx, job.job, Wish.TEXT, agreed)
                jobs.retry(tx, job.job)
                recipients.apply(tx, row, job.person, delivery.Event.SEND_AS_TEXT)
            jobs.hurry(tx, message.conversation)
            tx.note(changes.MessagesChanged(message.conversation, rows=frozenset({row})))
            tx.note(changes.OutboxChanged(frozenset({message.conversation})))

        await self._database.write(write)

    async def discard(self, row: int, *, withdrawn: bytes = b"") -> Removed:
        """Remove what nobody can have: queued and never attempted, or failed; else GiveUp (``already_sent``).

        ``withdrawn`` is a submit id that the relay has taken back: restored, it goes under another.
        What is returned can be given to ``restore`` as long as the program runs.
        """

        def write(tx: Tx) -> Removed:
            message = _message(tx, row)
            if withdrawn:
                self._withdrawn(tx, message, withdrawn)
                message = _message(tx, row)
            if not delivery.may_discard(delivery.Status(message.status)):
                raise errors.GiveUp("already_sent")
            if message.status == delivery.Status.QUEUED and any(job.attempted for job in jobs.of_message(tx, row)):
                raise errors.GiveUp("already_sent")
            for job in jobs.of_message(tx, row):
                ledger.release(tx, job.submit)
            kept = removed.copy(tx, message.conversation, row)
            search.remove(tx, row)
            messages.remove(tx, row)
            tx.note(changes.MessagesChanged(message.conversation, removed=frozenset({row})))
            tx.note(changes.ConversationsChanged(frozenset({message.conversation})))
            tx.note(changes.OutboxChanged(frozenset({message.conversation})))
            return kept

        return await self._database.write(write)

    def _withdrawn(self, tx: Tx, message: Message, submit: bytes) -> None:
        """Nobody gets that attempt: the message waits for another one, also if it was accepted in between."""
        ledger.release(tx, submit)
        tx.note(changes.TextsChanged())
        job, entry = jobs.by_submit(tx, submit), recipients.by_submit(tx, submit)
        if job is not None and job.row == message.row:
            jobs.start_over(tx, job.job, job.kind)
            jobs.drop_copies(tx, job.message, self._me.account, job.job)
            recipients.apply(tx, message.row, job.person, delivery.Event.DEFERRED)
        elif entry is not None and entry.row == message.row and entry.status is delivery.Status.SENT:
            jobs.enqueue(tx, unfetched.next_attempt(message, entry))
            recipients.apply(tx, message.row, entry.person, delivery.Event.SEND_AS_TEXT)

    async def restore(self, kept: Removed) -> None:
        """Put back what was discarded, as it was; doing it twice is no error."""

        def write(tx: Tx) -> None:
            where = people.current(tx, kept.conversation)
            if messages.get(tx, kept.row) is not None or where != kept.conversation:
                return
            kept.put_back(tx)
            content = folding.shown(tx, _message(tx, kept.row)).content
            search.index(tx, kept.row, content.as_text() if content is not None else "")
            _added(tx, kept.conversation, kept.row)

        await self._database.write(write)


def _added(tx: Tx, conversation: bytes, row: int) -> None:
    tx.note(changes.MessagesChanged(conversation, added=frozenset({row})))
    tx.note(changes.ConversationsChanged(frozenset({conversation})))
    tx.note(changes.OutboxChanged(frozenset({conversation})))


def _put(tx: Tx, row: int, beside: Beside) -> None:
    pictures.put(tx, pictures.Stored(row, beside.content_type, beside.name, beside.thumbnail, beside.octets))


def _wish(tx: Tx, job: int, wish: Wish, agreed: Agreement | None) -> None:
    yes = agreed or Agreement(0)
    jobs.wish(tx, job, wish, consented=agreed is not None, segments=yes.segments, price=yes.price)


def _another(tx: Tx, message: Message) -> None:
    """A failed text whose job is done goes once more, as another attempt: the one before will not come again."""
    for entry in recipients.of_rows(tx, [message.row])[message.row]:
        if entry.status is not delivery.Status.FAILED:
            continue
        jobs.enqueue(tx, unfetched.next_attempt(message, entry))
        recipients.apply(tx, message.row, entry.person, delivery.Event.RETRY)


def _taken_back(tx: Tx, message: Message) -> Job:
    """A job for what the relay has accepted, with which that attempt can be withdrawn; GiveUp ``already_sent``."""
    entry = recipients.of_rows(tx, [message.row])[message.row][0]
    if not entry.boot or not entry.account:
        raise errors.GiveUp("already_sent")
    new = jobs.NewJob(
        message.conversation, message.message, message.kind, row=message.row, person=entry.person,
        account=entry.account, visible=True, attempt=entry.attempt,
    )  # fmt: skip
    job = jobs.enqueue(tx, new)
    jobs.save_sealed(tx, job, submit=entry.submit, boot=entry.boot, sealed=b"")
    jobs.mark_attempted(tx, job)
    made = jobs.get(tx, job)
    if made is None:
        raise errors.Broken("no_job")
    return made


def _accepted(tx: Tx, person: bytes) -> bytes:
    """Whoever is written to is accepted by it, with the receipts held back; the account, empty while unknown."""
    known = people.get(tx, person)
    if known is None:
        return b""
    account = known.account or b""
    if known.relation == "stranger":
        people.set_relation(tx, person, "accepted")
        tx.note(changes.ContactsChanged(frozenset({person})))
        if account and receipts.release(tx, account, tx.now):
            tx.note(changes.ReceiptsDue(frozenset({account})))
    return account


def _conversation(tx: Tx, conversation: bytes) -> Conversation:
    found = conversations.get(tx, conversation)
    if found is None:
        raise errors.GiveUp("no_conversation")
    return found


def _message(tx: Tx, row: int) -> Message:
    found = messages.get(tx, row)
    if found is None:
        raise errors.GiveUp("no_message")
    return found
