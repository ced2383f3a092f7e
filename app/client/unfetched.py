"""What nobody fetched in thirty days: the relay has erased it, so only another attempt of it can arrive.

Under its old submit id it would be *accepted* without being kept, and a Withdraw would be answered *not known*.
"""

from collections.abc import Sequence

from app.client import changes
from app.domain.bearer import Bearer, Wish
from app.domain.delivery import Event, Reason, Status
from app.storage import jobs, messages, recipients
from app.storage.messages import Message
from app.storage.recipients import Recipient
from app.storage.transaction import Tx


def told(tx: Tx, submits: Sequence[bytes]) -> None:
    """The relay's word, which it repeats at every login for a while. One of an attempt before the last is passed over.

    What was to be taken back first and go as a text needs that no more, and goes; all else has failed.
    """
    for submit in submits:
        entry, job = recipients.by_submit(tx, submit), jobs.by_submit(tx, submit)
        stored = messages.get(tx, entry.row) if entry is not None else None
        if entry is None or stored is None:
            continue
        if job is not None and job.wish == Wish.TEXT and job.consented and job.way == Bearer.RICH:
            jobs.start_over(tx, job.job, job.kind)
            _forget(tx, entry)
        else:
            if job is not None:
                jobs.done(tx, job.job)  # its bytes would be *accepted*, and nobody would get them
            recipients.apply(tx, entry.row, entry.person, Event.REJECTED, Reason.EXPIRED)
        tx.note(changes.MessagesChanged(stored.conversation, rows=frozenset({entry.row})))
        tx.note(changes.DeliveryChanged(frozenset({stored.message})))
        tx.note(changes.OutboxChanged(frozenset({stored.conversation})))


def anew(tx: Tx, message: Message, event: Event) -> None:
    """Queue an encrypted one as the next attempt, for those for whom it expired and for nobody else."""
    if message.bearer == Bearer.TEXT:
        return
    held = {job.person for job in jobs.of_message(tx, message.row)}
    for entry in recipients.of_rows(tx, [message.row])[message.row]:
        if entry.status is Status.FAILED and entry.reason == Reason.EXPIRED and entry.person not in held:
            jobs.enqueue(tx, next_attempt(message, entry))
            _forget(tx, entry)
            recipients.apply(tx, message.row, entry.person, event)


def next_attempt(message: Message, entry: Recipient) -> jobs.NewJob:
    """A job for that recipient under a submit id the relay has not heard yet."""
    return jobs.NewJob(
        message.conversation, message.message, message.kind, row=message.row, person=entry.person,
        account=entry.account, visible=True, attempt=entry.attempt + 1,
    )  # fmt: skip


def _forget(tx: Tx, entry: Recipient) -> None:
    """Said once more of the attempt before, it must not fail the one that waits and has no submit id of its own yet."""
    recipients.set_attempt(tx, entry.row, entry.person, entry.attempt + 1, b"")
