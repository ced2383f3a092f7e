"""What one said about a message (an edit, a retraction, a reaction) and its recipients could not be given."""

from collections.abc import Iterator

from app.common import errors
from app.content import annotations, catalog
from app.storage import jobs, messages
from app.storage.jobs import Job
from app.storage.messages import Message
from app.storage.transaction import View

Target = tuple[bytes, bytes]  # author and id of the message it is about


def kinds(view: View) -> dict[Target, str]:
    """Of every message with something like that the kind of it, the newest of several."""
    return {target: job.kind for target, job in newest(view).items()}


def newest(view: View) -> dict[Target, Job]:
    """Of every message with something like that its job, the newest of several."""
    return dict(_failed(view))


def about(view: View, message: Message) -> list[Job]:
    """The jobs that were given up, oldest first."""
    return [job for target, job in _failed(view) if target == (message.author, message.message)]


def target(view: View, job: Job) -> Message | None:
    """The message a job without a row speaks about, if it does and the message is here."""
    found = _target(job)
    return messages.find(view, *found) if found is not None else None


def _failed(view: View) -> Iterator[tuple[Target, Job]]:
    for job in jobs.failed_beside(view):
        found = _target(job)
        if found is not None:
            yield found, job


def _target(job: Job) -> Target | None:
    try:
        content = catalog.decode(job.kind, job.payload)
    except errors.Malformed:
        return None
    return (content.target.author, content.target.message) if isinstance(content, annotations.Targeted) else None
