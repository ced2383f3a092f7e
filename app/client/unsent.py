"""Everything that was written and has not left: its cause, the next try, and what can be done about it."""

from dataclasses import dataclass

from app.client import folding
from app.domain.delivery import ACTIONS, Actions, Permit, Reason, Status, may_discard
from app.storage import jobs, messages, people
from app.storage.database import Database
from app.storage.jobs import Job
from app.storage.messages import Message
from app.storage.transaction import View


@dataclass(frozen=True, slots=True)
class Unsent:
    """One row of the outbox page.

    ``reason`` is a word of domain.delivery.Reason or of an error, empty while nothing stands in the way; ``next_try``
    is in milliseconds, 0: as soon as there is a connection, or after a word of the user when it has ``failed``.
    """

    row: int
    message: bytes
    conversation: bytes
    address: str
    words: str
    bearer: str
    failed: bool
    reason: str
    next_try: int
    tries: int
    written_at: int
    actions: Actions
    discard: bool


async def unsent(database: Database) -> list[Unsent]:
    """Oldest first; `Sending.retry`, `as_text` and `discard` act on a row."""
    return await database.read(_look)


def _look(view: View) -> list[Unsent]:
    found: list[Unsent] = []
    for stored in messages.unsent(view):
        waiting = jobs.of_message(view, stored.row)
        found.append(_row(view, stored, waiting[0] if waiting else None))
    return found


def _row(view: View, stored: Message, job: Job | None) -> Unsent:
    content = folding.shown(view, stored).content
    failed = stored.status == Status.FAILED
    reason = stored.reason or (job.reason if job is not None else "")
    known = [each.address for each in people.addresses(view, [stored.conversation])]
    actions = Actions(text=Permit.PRICED)
    if failed:
        actions = ACTIONS[Reason(reason)] if reason in {each.value for each in Reason} else Actions(retry=Permit.YES)
    untouched = job is None or not job.attempted
    return Unsent(
        stored.row, stored.message, stored.conversation, known[0] if known else "",
        content.as_text() if content is not None else "",
        (job.way or job.wish) if job is not None else stored.bearer, failed, reason,
        job.due_at if job is not None and not failed else 0, job.tries if job is not None else 0, stored.sent_at,
        actions, may_discard(Status(stored.status)) and (failed or untouched),
    )  # fmt: skip
