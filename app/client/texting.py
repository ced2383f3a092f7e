"""Texts on their way out: written with their reservation, decided anew while the relay has nothing, and reported."""

import logging
from typing import Final

from msgspec.structs import replace

from app.client import changes, decided
from app.client.routing import Forecast, Routing, Wanted
from app.common import clock, errors
from app.content import catalog
from app.content.picture import Picture
from app.domain import delivery
from app.domain.bearer import Agreement, Bearer, TextRoute, Wish
from app.domain.delivery import Event, Reason
from app.net.connection import Connection
from app.protocol import codes, frames, limits, signed, texts
from app.storage import conversations, jobs, ledger, messages, pictures, recipients
from app.storage.database import Database
from app.storage.jobs import Job
from app.storage.messages import Message
from app.storage.transaction import Tx, View

log = logging.getLogger(__name__)

VALID: Final = 3 * limits.DAY  # how long a text may wait for its gateway
# The relay looks a submit up before either of these is said: it has none of that id. *busy* and *draining* come first.
NOTHING_KEPT: Final = frozenset({codes.Code.RATE_LIMITED, codes.Code.STORE_FULL})
REASONS: Final[dict[str, str]] = {
    codes.Code.TEXT_COSTS_MORE: Reason.NEEDS_CONSENT,
    codes.Code.NO_GATEWAY: Reason.NOT_ON_KINGFISHER,
    codes.Code.TEXT_NOT_PROVED: Reason.NOT_ON_KINGFISHER,
    codes.Code.TEXT_TOO_LARGE: Reason.TOO_LARGE,
    codes.Code.TEXT_UNSUPPORTED: Reason.NO_PICTURE_MESSAGE,
    codes.Code.TEXT_EXPIRED: Reason.EXPIRED,
    codes.Code.TEXT_BAD_NUMBER: Reason.TEXT_BAD_NUMBER,
    codes.Code.TEXT_OPTED_OUT: Reason.TEXT_OPTED_OUT,
    codes.Code.TEXT_REGION_OFF: Reason.TEXT_REGION_OFF,
    "text_outcome_unknown": Reason.TEXT_UNKNOWN,
}


class Texting:
    """The outbox's hand for everything that goes, or is to go, as text."""

    def __init__(self, database: Database, connection: Connection, routing: Routing, time: clock.Clock) -> None:
        self._database = database
        self._connection = connection
        self._routing = routing
        self._clock = time

    async def way(self, job: Job) -> Forecast:
        """Which way this job goes now; the answer is kept when it is not the encrypted one.

        Raises AgainLater while it waits for the directory, GiveUp with the reason when there is no way.
        """
        found = await self._forecast(job)
        choice = found.choice
        if choice.bearer is Bearer.UNDECIDED:
            raise errors.AgainLater(choice.why)
        if choice.bearer is Bearer.NONE:
            await self._database.write(lambda tx: decided.keep(tx, job, found))
            raise errors.GiveUp(choice.why)
        return found

    async def _forecast(self, job: Job) -> Forecast:
        wanted = await self._database.read(lambda view: _wanted(view, job))
        return await self._routing.forecast(job.person, wanted, meet=True)

    async def write(self, job: Job, forecast: Forecast) -> Job | None:
        """The frame as it leaves, its reservation and its place, in one transaction.

        None when the job has gone, or is no text any more by what was decided since it was forecast.
        """

        def write(tx: Tx) -> Job | None:
            now, message = jobs.get(tx, job.job), messages.get(tx, job.row) if job.row is not None else None
            if now is None or now.state != "waiting" or now.lane != job.lane or now.wish != job.wish:
                return None
            found = self._routing.revised(tx, forecast, _wanted(tx, now))
            said, route = _said(tx, job), found.choice.route
            if found.choice.bearer is not Bearer.TEXT:
                return None
            if message is None or not said.something or route is None:
                raise errors.GiveUp("no_message")
            submit = submit_of(job.message, job.person, job.attempt)
            until = tx.now + VALID
            media = _media(tx, message.row) if said.piece is not None else ()
            frame = frames.SubmitText(submit, found.number, said.words or "", route.segments, until, media, route.mms)
            boot = now.boot or self._connection.boot
            jobs.save_sealed(tx, job.job, submit=submit, boot=boot, sealed=frames.encode_one(frame), way="text")
            jobs.mark_attempted(tx, job.job)
            order = message.ord
            if order >= messages.PENDING:
                order = conversations.next_order(tx, message.conversation, self._clock.now())
                tx.note(changes.ConversationsChanged(frozenset({message.conversation})))
            messages.set_sealed(tx, message.row, order, 0, b"")
            messages.set_bearer(tx, message.row, Bearer.TEXT)
            recipients.bind(tx, message.row, job.person, b"", found.number)
            recipients.set_attempt(tx, message.row, job.person, job.attempt, submit, boot=boot)
            recipients.apply(tx, message.row, job.person, Event.ATTEMPT)
            ledger.reserve(tx, _entry(tx, job, submit, found, route))
            decided.keep(tx, job, found)
            tx.note(changes.TextsChanged())
            tx.note(changes.MessagesChanged(message.conversation, rows=frozenset({message.row})))
            tx.note(changes.DeliveryChanged(frozenset({message.message})))
            return jobs.get(tx, job.job)

        return await self._database.write(write)

    async def submit(self, job: Job) -> frames.AcceptedItem:
        """Send it and wait. A refusal means that nothing was kept: the bytes go, and what was reserved is released.

        So it is with one that a limit has refused for now: at the next try it may be no text any more. Raises
        AgainLater, or GiveUp with the reason.
        """
        answer = await self._connection.submit(job.submit, job.sealed)
        if isinstance(answer, frames.AcceptedItem):
            return answer
        if isinstance(answer, frames.StaleDevices):
            raise errors.Broken("malformed")
        error = codes.error(answer.code, answer.limit, answer.retry_after)
        if isinstance(error, errors.AgainLater):
            if error.code in NOTHING_KEPT:
                await self._database.write(lambda tx: _not_kept(tx, job))
            raise error

        def write(tx: Tx) -> str:
            ledger.release(tx, job.submit)
            tx.note(changes.TextsChanged())
            if answer.code == codes.Code.WITHDRAWN:
                start_over(tx, job)
            else:
                jobs.drop_sealed(tx, job.job)
            jobs.wish(tx, job.job, job.wish, consented=False)
            return _reason(answer.code, messages.get(tx, job.row) if job.row is not None else None, Reason.REFUSED)

        raise errors.GiveUp(await self._database.write(write), answer.code)

    def prefer(self, tx: Tx, job: Job, found: Forecast) -> None:
        """From now on it is to go as this forecast says, by a yes there is already."""
        yes = Agreement.to(found.choice.route or TextRoute(0))
        jobs.wish(tx, job.job, Wish.TEXT, consented=True, segments=yes.segments, price=yes.price)

    async def taken_back(self, job: Job) -> Job | None:
        """The job, after what must not leave as it is sealed was taken back; None when nothing is to be sent now."""
        if job.wish == Wish.TEXT and job.way == Bearer.RICH:
            return await self._turned(job)
        if job.state == "sealed" and job.way == Bearer.TEXT:
            return await self._reconsidered(job)
        return job

    async def _reconsidered(self, job: Job) -> Job | None:
        """A text that may be with the relay already. Where it would be none any more, or another, the relay is asked.

        After *withdrawn* or *never had it* it starts over and is decided like any other. One that was handed over is
        submitted again, which only says so; and where the relay cannot say, nothing is sent by either way. Raises
        GiveUp then, AgainLater while the directory is silent. Dying in between is no harm: the relay answers alike.
        """
        try:
            found = await self._forecast(job)
        except errors.GiveUp:  # it is said why once it was taken back
            found = None
        if found is not None and found.choice.bearer is Bearer.UNDECIDED:
            raise errors.AgainLater(found.choice.why)
        reserved = await self._database.read(lambda view: ledger.entry(view, job.submit))
        if found is not None and _the_same(reserved, found):
            return job
        outcome = await self._connection.withdraw_text(job.submit, job.boot)
        if outcome == "not_known":
            raise errors.GiveUp(Reason.TEXT_UNKNOWN)
        if not delivery.may_turn_to_text(outcome):
            return job

        def write(tx: Tx) -> Job | None:
            now = jobs.get(tx, job.job)
            if now is not None and now.submit == job.submit:
                ledger.release(tx, job.submit)
                tx.note(changes.TextsChanged())
                start_over(tx, job)
            return jobs.get(tx, job.job)

        return await self._database.write(write)

    async def _turned(self, job: Job) -> Job | None:
        """An encrypted attempt that is to become a text: taken back first. None when it stays as it is.

        Only after *withdrawn* or *never had it* the message starts over, under another submit; after any other answer
        somebody has it or may have it, and it stays encrypted. Dying in between is no harm: the relay answers alike.
        """
        outcome = "never_had"
        if job.attempted:
            outcome = await self._connection.withdraw(job.submit, job.account, job.boot)

        def write(tx: Tx) -> Job | None:
            now = jobs.get(tx, job.job)
            if now is None or now.submit != job.submit:
                return None  # gone, or another attempt: that this one was erased was said before
            if delivery.may_turn_to_text(outcome):
                jobs.start_over(tx, job.job, job.kind)
                return jobs.get(tx, job.job)
            jobs.wish(tx, job.job, Wish.AUTO, consented=False)
            if not job.sealed and job.row is not None:  # it was with the relay already
                jobs.done(tx, job.job)
                recipients.apply(tx, job.row, job.person, Event.ACCEPTED)
                tx.note(changes.MessagesChanged(job.lane, rows=frozenset({job.row})))
                tx.note(changes.DeliveryChanged(frozenset({job.message})))
            tx.note(changes.OutboxChanged(frozenset({job.lane})))
            return None

        return await self._database.write(write)


def start_over(tx: Tx, job: Job) -> None:
    """It was taken back and is still here, because the program ended: under that submit id it never leaves."""
    if jobs.get(tx, job.job) is not None:
        jobs.start_over(tx, job.job, job.kind)


def _not_kept(tx: Tx, job: Job) -> None:
    """The relay has nothing of it: it is as if it had never been written."""
    now = jobs.get(tx, job.job)
    if now is not None and now.state == "sealed" and now.submit == job.submit:
        jobs.drop_sealed(tx, job.job)
        ledger.release(tx, job.submit)
        tx.note(changes.TextsChanged())


def _the_same(reserved: ledger.Entry | None, found: Forecast) -> bool:
    """Whether it would be written as it is: a text to that number, of that size."""
    route = found.choice.route
    if reserved is None or route is None or found.choice.bearer is not Bearer.TEXT or reserved.peer != found.number:
        return False
    return reserved.mms if route.mms else (reserved.segments, reserved.mms) == (route.segments, False)


def submit_of(message: bytes, person: bytes, attempt: int) -> bytes:
    """The submit id of a text: another one for each attempt, the same at every try."""
    return signed.submit_id(message, b"text" + person, attempt)


def report(tx: Tx, frame: frames.TextReport) -> None:
    """What became of a text: the ledger is settled, the message moves; one of another device is passed over."""
    tx.note(changes.TextsChanged())
    segments = frame.segments
    if frame.state == "unknown" and not segments:
        known = ledger.entry(tx, frame.submit)
        segments = known.segments + known.mms if known is not None else 0  # perhaps sent is counted as sent
    if segments or frame.state in ("sent", "delivered"):
        ledger.settle(tx, frame.submit, segments, frame.price, frame.currency)
    else:
        ledger.release(tx, frame.submit)
    job = jobs.by_submit(tx, frame.submit)
    if job is not None:  # the report has overtaken the relay's answer: who says what became of it has it
        jobs.done(tx, job.job)
        if job.row is not None and job.attempt == 0:
            messages.set_accepted(tx, job.row, frame.at)
        tx.note(changes.OutboxChanged(frozenset({job.lane})))
    found = recipients.by_submit(tx, frame.submit)
    stored = messages.get(tx, found.row) if found is not None else None
    if found is None or stored is None:
        return
    event, reason = _event(frame, stored)
    moved = recipients.apply(tx, found.row, found.person, event, reason, frame.at)
    if moved is not None and moved.changed:
        tx.note(changes.MessagesChanged(stored.conversation, rows=frozenset({found.row})))
        tx.note(changes.DeliveryChanged(frozenset({stored.message})))


def _reason(code: str, stored: Message | None, other: Reason) -> str:
    """Of a refusal; words that are not taken as an MMS, as they were too long for a text, are still too long."""
    reason = REASONS.get(code, other)
    words = stored is not None and stored.kind != Picture.kind
    return Reason.TOO_LARGE if reason == Reason.NO_PICTURE_MESSAGE and words else reason


def _event(frame: frames.TextReport, stored: Message) -> tuple[Event, str]:
    match frame.state:
        case "delivered":
            return Event.DELIVERED, ""
        case "failed":
            return Event.REJECTED, _reason(frame.reason, stored, Reason.TEXT_FAILED)
        case "partly":
            return Event.REJECTED, Reason.TEXT_PARTLY
        case "unknown":
            return Event.REJECTED, Reason.TEXT_UNKNOWN
        case _:
            return Event.ACCEPTED, ""


def _wanted(view: View, job: Job) -> Wanted:
    """The same with the wish and the yes it carries, and under the submit it has or would have."""
    agreed = Agreement(job.agreed_segments, job.agreed_price) if job.consented else None
    submit = submit_of(job.message, job.person, job.attempt)
    return replace(_said(view, job), wish=Wish(job.wish), agreed=agreed, submit=submit)


def _said(view: View, job: Job) -> Wanted:
    """What a text of this job says; nothing for what is no message of its own, or cannot be said to a phone."""
    message = messages.get(view, job.row) if job.row is not None else None
    if message is None or message.retracted:
        return Wanted(None)
    said = Wanted.of(catalog.decode(message.kind, message.body, message.fallback))
    return said if said.something and len(said.words or "") <= limits.TEXT else Wanted(None)


def _media(view: View, row: int) -> tuple[texts.Media, ...]:
    """The one piece, as it lies in the store; raises GiveUp ``file_gone``."""
    stored = pictures.get(view, row)
    if stored is None:
        raise errors.GiveUp(Reason.FILE_GONE)
    return (texts.Media(stored.kind, stored.name, stored.octets),)


def _entry(tx: Tx, job: Job, submit: bytes, found: Forecast, route: TextRoute) -> ledger.Entry:
    """What it is reserved as: segments, of which some are beyond the allowance, or one MMS at its own price."""
    plan = found.plan
    if route.mms:
        segments, over, each = 0, 1 if route.price else 0, plan.mms_price
    else:
        segments, over, each = route.segments, route.price // max(1, plan.price) if route.price else 0, plan.price
    return ledger.Entry(
        submit, job.message, found.number, True, tx.now, "reserved", segments, over, each, plan.currency, mms=route.mms
    )
