"""Turns a job into the bytes that leave: order, payload, content once, an envelope per device, in one transaction."""

import contextlib
import hashlib
from collections.abc import AsyncGenerator

import msgspec

from app.client import changes, decided, peers, repeats
from app.client.me import Me
from app.client.routing import Forecast
from app.client.sessions import NOT_READY, Plan, Sessions
from app.common import clock, errors, ids
from app.content import annotations, payload
from app.crypto import envelope
from app.crypto.envelope import SealedContent
from app.domain import ordering
from app.domain.bearer import Bearer
from app.domain.delivery import Event
from app.protocol import frames, signed
from app.protocol.devices import DeviceList
from app.storage import annotations as annotation_table
from app.storage import conversations, jobs, messages, own, recipients
from app.storage.database import Database
from app.storage.jobs import Job
from app.storage.messages import Message
from app.storage.transaction import Tx


class Place(msgspec.Struct, frozen=True):
    """Where a payload stands: its order in milliseconds and its number among what this device sent there."""

    order: int
    sequence: int


class Sealing:
    """Seals jobs; the order of things in here is what a crash at any line relies on."""

    def __init__(
        self, database: Database, directory: peers.Peers, sessions: Sessions, me: Me, time: clock.Clock
    ) -> None:
        self._database = database
        self._peers = directory
        self._sessions = sessions
        self._me = me
        self._clock = time
        self.offset = 0  # milliseconds: the relay's word, taken only after it refused our own clock

    def now(self) -> int:
        """The time that orders are made from."""
        return self._clock.now() + self.offset

    async def seal(
        self, job: Job, head: DeviceList, boot: bytes, *, again: bool = False, by: Forecast | None = None
    ) -> Job:
        """Seal a job for every device of ``head`` and store bytes and moved ratchets together, with what decided it.

        ``again``: the bytes of before were refused because of their devices; the content stays the same. The own
        other devices get their copy in a job of its own, right behind. Raises as Sessions.plan does.
        """
        mine = await self._peers.current(self._me.account)
        if head.account == mine.account and not self._sessions.recipients(mine):
            raise errors.GiveUp("no_device")
        told = job.visible or job.kind == annotations.Receipt.kind
        copied = not again and told and _only(job) is None and len(mine.devices) > 1
        targets = [head, mine] if copied and head.account != mine.account else [head]
        async with self._sessions.holding([party for each in targets for party in self._sessions.recipients(each)]):
            only = _only(job)
            reset = _resets(job)
            plans = [await self._sessions.plan(head, only=only, reset=reset)]
            if len(targets) > 1:
                plans += await self._copy_plan(mine)
            async with self._settled(plans):
                return await self._database.write(lambda tx: self._write(tx, job, plans, boot, again=again, by=by))

    async def _copy_plan(self, mine: DeviceList) -> list[Plan]:
        """For the own other devices; one that cannot be sealed for now gets its history later, from its siblings."""
        try:
            return [await self._sessions.plan(mine)]
        except errors.AgainLater as error:
            if error.code not in {*NOT_READY, "rate_limited"}:
                raise
            return []

    @contextlib.asynccontextmanager
    async def _settled(self, plans: list[Plan]) -> AsyncGenerator[None]:
        committed = False
        try:
            yield
            committed = True
        finally:
            for plan in plans:
                self._sessions.settle(plan, committed=committed)

    def _write(
        self, tx: Tx, job: Job, plans: list[Plan], boot: bytes, *, again: bool, by: Forecast | None = None
    ) -> Job:
        message = messages.get(tx, job.row) if job.row is not None else None
        if job.row is not None and message is None:
            raise errors.GiveUp("no_message")
        account = plans[0].head.account
        jobs.bind(tx, job.job, account)
        content, order = self._content(tx, job, message, account, again=again)
        self._store(tx, job, plans[0], content, order, boot)
        if not again:
            jobs.drop_copies(tx, job.message, self._me.account, job.job)
        for plan in plans[1:]:
            # Of the same attempt: other bytes under the submit id of the copy before would look like a forgery.
            copy = jobs.NewJob(job.lane, job.message, job.kind, account=plan.head.account, attempt=job.attempt)
            number = jobs.enqueue(tx, copy)
            stored = jobs.get(tx, number)
            if stored is not None:
                self._store(tx, stored, plan, content, order, boot)
        if message is not None and job.person:
            submit = signed.submit_id(job.message, account, job.attempt)
            recipients.bind(tx, message.row, job.person, account, "")
            devices = b"".join(party.device for party in plans[0].pairs)
            recipients.set_attempt(tx, message.row, job.person, job.attempt, submit, devices, job.boot or boot)
            recipients.apply(tx, message.row, job.person, Event.ATTEMPT)
            if by is not None:
                decided.keep(tx, job, by)
            tx.note(changes.MessagesChanged(message.conversation, rows=frozenset({message.row})))
            tx.note(changes.DeliveryChanged(frozenset({message.message})))
        sealed = jobs.get(tx, job.job)
        if sealed is None:
            raise errors.GiveUp("no_message")
        return sealed

    def _store(self, tx: Tx, job: Job, plan: Plan, content: SealedContent, order: int, boot: bytes) -> None:
        envelopes = self._sessions.seal(tx, plan, content)
        submit = signed.submit_id(job.message, plan.head.account, job.attempt)
        frame = frames.Submit(
            submit, plan.head.account, order, job.visible, content.ciphertext, envelopes, plan.skipped
        )
        jobs.save_sealed(
            tx,
            job.job,
            submit=submit,
            boot=job.boot or boot,
            sealed=frames.encode_one(frame),
            content_key=content.key,
            skipped=b"".join(plan.skipped),
        )
        jobs.mark_attempted(tx, job.job)

    def _content(
        self, tx: Tx, job: Job, message: Message | None, account: ids.AccountId, *, again: bool
    ) -> tuple[SealedContent, int]:
        """The content ciphertext and its order: that of before, or a new one at the place the message takes now."""
        if again and job.sealed:
            before = frames.decode_submit(job.sealed)
            digest = hashlib.sha256(before.content).digest()
            return SealedContent(job.message, job.content_key, before.content, digest), before.order
        place = self._place(tx, job, message)
        kind, body, fallback = (
            (message.kind, message.body, message.fallback) if message is not None else (job.kind, job.payload, "")
        )
        said = message or annotation_table.find(tx, self._me.account, job.message)
        sent_at = said.sent_at if said is not None else tx.now
        raw = payload.encode(
            payload.Payload(
                kind=kind,
                to=account,
                conversation=peers.wire_of(self._me.account, account),
                sequence=place.sequence,
                sent_at=sent_at,
                order=place.order,
                sender_name=own.name(tx)[:128],  # as it is now: it may have changed since the start
                sender_address=own.address(tx),
                fallback=fallback,
                body=body,
            )
        )
        content = envelope.seal_content(raw, self._me.party, job.message)
        if message is not None:
            # After a repeat there are two ciphertexts of it out there: nobody can be held to one of them.
            digest = b"" if job.attempt >= repeats.REPEATED else content.digest
            messages.set_sealed(tx, message.row, place.order, place.sequence, digest)
            if message.bearer != Bearer.RICH:
                messages.set_bearer(tx, message.row, Bearer.RICH)
            if message.ord >= messages.PENDING:
                tx.note(changes.ConversationsChanged(frozenset({message.conversation})))
        return content, place.order

    def _place(self, tx: Tx, job: Job, message: Message | None) -> Place:
        """A sealed message keeps its place for good unless the relay refused its clock; quiet payloads take none."""
        if message is None:
            highest = conversations.highest_order(tx, job.lane) if job.visible else 0
            return Place(ordering.next_order(self.now(), highest) if job.visible else self.now(), 0)
        if message.ord < messages.PENDING and job.attempt > 0:
            return Place(message.ord, message.sequence)
        order = conversations.next_order(tx, message.conversation, self.now())
        return Place(order, message.sequence or conversations.next_sequence(tx, message.conversation))


def _only(job: Job) -> tuple[bytes, ...] | None:
    """The one device meant, where it is one: that asked for a repeat (the payload of a job with a message), or that a
    quiet job has its lane for."""
    if job.row is not None:
        return (job.payload,) if job.payload else None
    to_device = job.kind.startswith(annotations.LINK) or job.attempt >= repeats.REPEATED
    return (job.lane,) if to_device and job.lane != job.account else None


def _resets(job: Job) -> bool:
    """Whether what we have with that device is broken, so that this goes through a new session."""
    if job.kind == annotations.Repeat.kind and job.row is None:
        return bool(annotations.Repeat.from_wire(job.payload).unopened)
    return job.kind == annotations.Reset.kind
