"""Everything that was written and has not left: its cause, the next try, and what can be done about it."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from app.client import folding, records, undelivered
from app.client.offers import Offers
from app.domain import delivery
from app.domain import people as persons
from app.domain.bearer import Bearer
from app.domain.delivery import Actions, Permit, Status
from app.storage import annotations, jobs, messages, people
from app.storage.database import Database
from app.storage.jobs import Job
from app.storage.messages import Message
from app.storage.transaction import View

BATCH: Final = 500


class Unsent(msgspec.Struct, frozen=True):
    """One row of the outbox page.

    ``reason`` is a word of domain.delivery.Reason or of an error, empty while nothing stands in the way; ``next_try``
    is in milliseconds, 0: as soon as there is a connection, or after a word of the user when it has ``failed``.
    ``actions`` are those that make sense; ``asks``: it may have left, so the relay is asked before it is removed.
    ``about`` is the kind of what was said about the message (edit, reaction, retraction) and failed, empty for the
    message itself: that can be tried again and nothing else.
    """

    row: int
    message: bytes
    conversation: bytes
    name: persons.Shown
    address: str
    words: str
    bearer: str
    failed: bool
    reason: str
    next_try: int
    tries: int
    written_at: int
    actions: Actions
    edit: bool
    asks: bool
    about: str = ""

    @property
    def key(self) -> tuple[int, str]:
        return self.row, self.about


class Page(NamedTuple):
    """The first of them, and how many there are in all."""

    rows: tuple[Unsent, ...]
    total: int


class Failed(NamedTuple):
    """A message that could not be delivered: its id, who it was for, and its words (empty when it was taken back)."""

    message: bytes
    name: persons.Shown
    words: str


async def failed(database: Database, ids: frozenset[bytes]) -> list[Failed]:
    """Those of these messages, by id, that were given up."""
    return await database.read(lambda view: _failed(view, ids))


def _failed(view: View, ids: frozenset[bytes]) -> list[Failed]:
    facing, found = _Facing(view), list[Failed]()
    for each in (stored for one in sorted(ids) for stored in messages.with_id(view, one)):
        if each.outgoing and each.status == Status.FAILED.value:
            content = folding.shown(view, each).content
            words = content.as_text() if content is not None else ""
            found.append(Failed(each.message, facing.of(each.conversation).name, words))
    return found


async def unsent(database: Database, limit: int = -1) -> list[Unsent]:
    """Oldest first; `Sending.retry`, `as_text` and the methods of `TakingBack` act on a row."""
    return await database.read(lambda view: list(_look(view, limit)))


async def page(database: Database, limit: int) -> Page:
    """At most so many, with the number of all."""

    def read(view: View) -> Page:
        return Page(tuple(_look(view, limit)), messages.count_unsent(view) + len(_said(view)))

    return await database.read(read)


def _look(view: View, limit: int) -> Iterator[Unsent]:
    stored = messages.unsent(view, limit)
    facing = _Facing(view)
    for at in range(0, len(stored), BATCH):
        yield from _part(view, stored[at : at + BATCH], facing)
    if limit < 0 or len(stored) < limit:
        yield from _beside(view, facing, limit - len(stored))


def _beside(view: View, facing: "_Facing", most: int) -> Iterator[Unsent]:
    """What was said about messages and failed, behind the messages themselves; all of it where ``most`` is below 0."""
    found = _said(view)
    for about, job in found if most < 0 else found[:most]:
        content, facts = folding.shown(view, about).content, facing.of(about.conversation)
        yield Unsent(
            about.row, about.message, about.conversation, facts.name, facts.address,
            content.as_text() if content is not None else "", job.way or job.wish, True, job.reason, 0, job.tries,
            job.created, Actions(retry=Permit.YES), False, False, job.kind,
        )  # fmt: skip


def _said(view: View) -> list[tuple[Message, Job]]:
    found = undelivered.newest(view).items()
    return [(about, job) for where, job in found if (about := messages.find(view, *where)) is not None]


def _part(view: View, stored: Sequence[Message], facing: "_Facing") -> Iterator[Unsent]:
    rows = [each.row for each in stored]
    notes, waiting, offers = annotations.of_rows(view, rows), jobs.of_messages(view, rows), Offers(view, stored)
    for each in stored:
        content = folding.fold(each, notes[each.row]).content
        words = content.as_text() if content is not None else ""
        edit = bool(words) and content is not None and content.piece() is None  # a draft holds nothing but words
        other = facing.of(each.conversation)
        yield _row(each, waiting.get(each.row), words, other, as_text=offers.text(each, words), edit=edit)


def _row(stored: Message, job: Job | None, words: str, facing: "_Other", *, as_text: bool, edit: bool) -> Unsent:
    status = Status(stored.status)
    failed = status is Status.FAILED
    actions = delivery.offers(status, stored.reason, encrypted=stored.bearer != Bearer.TEXT)
    actions = replace(
        actions, retry=actions.retry if failed else Permit.YES, text=actions.text if as_text else Permit.NO
    )
    known = facing.address
    return Unsent(
        stored.row, stored.message, stored.conversation, facing.name, known, words,
        (job.way or job.wish) if job is not None else stored.bearer, failed,
        stored.reason or (job.reason if job is not None else ""),
        job.due_at if job is not None and not failed else 0, job.tries if job is not None else 0, stored.sent_at,
        actions, edit and actions.retry is not Permit.WARNED, job is not None and job.attempted,
    )  # fmt: skip


class _Other(NamedTuple):
    name: persons.Shown
    address: str


class _Facing:
    """Who conversations are with, each looked up once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[bytes, _Other] = {}

    def of(self, conversation: bytes) -> _Other:
        if conversation not in self._known:
            stored = people.get(self._view, conversation)
            addresses = people.addresses(self._view, [conversation])
            name = records.person(self._view, stored) if stored is not None else records.NOBODY
            self._known[conversation] = _Other(name, addresses[0].address if addresses else "")
        return self._known[conversation]
