"""The worker that sends: one lane per conversation, one job at a time, the same bytes under the same ids at every try.

A job is sealed once and stored before its first byte leaves; from then on every retry, also after a crash, repeats
those bytes. Only the relay's word *accepted* removes it, and only the relay's word *withdrawn* or *never had it* lets
it start anew on another way; a text that a limit has refused was not kept, and is decided anew at each try.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from app.client import changes, undelivered, unfetched
from app.client.routing import Routing
from app.client.sealing import Sealing
from app.client.sessions import NOT_READY
from app.client.texting import Texting, start_over
from app.common import clock, errors, tasks
from app.content import annotations
from app.domain import bearer
from app.domain.bearer import Bearer, Wish
from app.domain.delivery import Event, Reason
from app.net.connection import Connection, Phase
from app.protocol import codes, frames
from app.protocol.devices import DeviceList
from app.storage import jobs, messages, own, recipients, usage
from app.storage.database import Database
from app.storage.jobs import Job
from app.storage.transaction import Tx

log = logging.getLogger(__name__)

GIVE_UP_AFTER = 24 * 3_600_000  # milliseconds of trying while connected
STALE_ROUNDS = 3
SLACK = 60_000  # milliseconds: later than this a try was kept back by something else than its own waiting time
UNREADABLE = 5.0  # seconds until the lanes are looked at again when the store did not answer

# Codes of refusals as reasons of a failure; what is not here is *refused*.
REASONS: dict[str, str] = {
    "too_large": Reason.TOO_LARGE,
    "not_found": Reason.NO_SUCH_ADDRESS,
    "no_account": Reason.NO_SUCH_ADDRESS,
    "list_forked": Reason.UNTRUSTED_LIST,
    "list_went_back": Reason.UNTRUSTED_LIST,
    "bad_signature": Reason.UNTRUSTED_LIST,
    "not_the_root": Reason.UNTRUSTED_LIST,
    "wrong_names": Reason.UNTRUSTED_LIST,
    "device_changed": Reason.UNTRUSTED_LIST,
    "device_twice": Reason.UNTRUSTED_LIST,
    "not_a_device": Reason.UNTRUSTED_LIST,
    "wrong_context": Reason.UNTRUSTED_LIST,
    "bad_chain": Reason.UNTRUSTED_LIST,
    "malformed": Reason.UNTRUSTED_LIST,
    "mailbox_full": Reason.RELAY_FULL,
}


@dataclass(slots=True)
class _Rest:
    """How long a lane stays alone after its work broke off; ``until`` is monotonic."""

    backoff: clock.Backoff
    until: float = 0.0


class Outbox:
    """Works off the lanes whenever there is a connection; wake it when something was queued."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        routing: Routing,
        sealing: Sealing,
        hub: changes.Hub,
        time: clock.Clock,
    ) -> None:
        self._database = database
        self._connection = connection
        self._routing = routing
        self._sealing = sealing
        self._texting = Texting(database, connection, routing, time)
        self._hub = hub
        self._clock = time
        self._owner = tasks.TaskOwner("outbox")
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._running: set[bytes] = set()
        self._backoffs: dict[bytes, clock.Backoff] = {}
        self._broken: dict[bytes, _Rest] = {}
        self._ahead = time.now() - time.monotonic() * 1000  # of the monotonic clock
        self._network = "unknown"

    async def start(self) -> None:
        """What was being sent when the program ended waits again; then work begins."""
        await self._database.write(self._after_start)
        self._hub.subscribe(self._changed)
        self._owner.spawn(self._dispatch(), name="dispatch")

    def _after_start(self, tx: Tx) -> None:
        recipients.after_start(tx)
        jobs.hurry(tx)

    async def close(self) -> None:
        """Stop; whatever is under way stays queued with its bytes."""
        self._hub.unsubscribe(self._changed)
        await self._owner.close(grace=2.0)

    async def idle(self) -> None:
        """Wait until nothing is due and no lane is running, or the connection is gone."""
        while self._connection.state.phase is Phase.CONNECTED:
            self._settled.clear()
            due = await self._database.read(jobs.due)
            if not due and not self._running:
                return
            await self._settled.wait()

    async def expired(self, submits: Sequence[bytes]) -> None:
        """The relay kept these for 30 days and nobody came for them."""
        await self._database.write(lambda tx: unfetched.told(tx, submits))

    def wake(self) -> None:
        """Look for something to do: after a reconnect, or when somebody says so."""
        self._backoffs.clear()
        self._wake.set()
        self._settled.set()

    def _changed(self, change: changes.Change) -> None:
        if isinstance(change, changes.OutboxChanged):
            self._wake.set()

    async def _dispatch(self) -> None:
        """Start a task for each lane whose head is due; sleep until the next one is, or until woken."""
        while True:
            self._wake.clear()
            wait: float | None = None
            if self._connection.state.phase is Phase.CONNECTED:
                try:
                    wait = await self._start_lanes()
                except errors.KingfisherError as error:
                    # Nothing would ever be sent again if this ended the worker.
                    log.error("the outbox could not be read: %s", error.code)
                    wait = UNREADABLE
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _start_lanes(self) -> float | None:
        if self._put_back():
            await self._database.write(jobs.hurry)
        lanes = await self._database.read(jobs.lanes)
        now, monotonic = self._clock.now(), self._clock.monotonic()
        soonest: float | None = None
        for lane in lanes:
            if lane.lane in self._running:
                continue
            rest = self._broken.get(lane.lane)
            wait = max((lane.due_at - now) / 1000, rest.until - monotonic if rest is not None else 0.0)
            if wait <= 0:
                self._running.add(lane.lane)
                self._owner.spawn(self._run_lane(lane.lane), name="lane")
            else:
                soonest = wait if soonest is None else min(soonest, wait)
        return soonest

    def _put_back(self) -> bool:
        """Whether the computer's clock was put back: what was deferred by the old one could wait for years."""
        before, self._ahead = self._ahead, self._clock.now() - self._clock.monotonic() * 1000
        return self._ahead < before - SLACK

    async def _run_lane(self, lane: bytes) -> None:
        """Work a lane off; what breaks it (the disk, a bug) is logged by the owner and must not start it at once."""
        rest = self._broken.pop(lane, None) or _Rest(clock.Backoff(first=1.0))
        whole = False
        try:
            await self._work_off(lane)
            whole = True
        finally:
            if not whole:
                rest.until = self._clock.monotonic() + rest.backoff.next()
                self._broken[lane] = rest
            self._running.discard(lane)
            self._wake.set()
            self._settled.set()

    async def _work_off(self, lane: bytes) -> None:
        """The oldest job of the lane, then the next, until one has to wait or none is left."""
        while self._connection.state.phase is Phase.CONNECTED:
            job = await self._database.read(lambda view: jobs.head(view, lane))
            if job is None or job.due_at > self._clock.now():
                return
            if not await self._send(job):
                return

    async def _send(self, job: Job) -> bool:
        """One try of one job; True when the lane may go on with the next."""
        try:
            await self._attempt(job)
        except errors.AgainLater as error:
            await self._again_later(job, error)
            return False
        except errors.GiveUp as error:
            reason = REASONS.get(error.code, error.code)
            await self._database.write(lambda tx: self._failed(tx, job, reason))
        except errors.Broken as error:
            log.error("a job could not be sent: %s", error)
            await self._again_later(job, errors.AgainLater(error.code))
            return False
        self._backoffs.pop(job.lane, None)
        return True

    async def _seal(self, job: Job) -> Job | None:
        """The job with the bytes that leave, by the way it goes now; None when it has gone or changed meanwhile."""
        found = await self._texting.way(job) if job.person and job.row is not None else None
        if found is not None and found.choice.bearer is Bearer.TEXT:
            return await self._texting.write(job, found)
        head = found.head if found is not None else None
        head = await (self._head(job) if head is None else self._routing.current(head.account))
        now = await self._database.read(lambda view: jobs.get(view, job.job))
        if head is None or now is None or now.lane != job.lane or now.wish != job.wish:
            # Discarded; or who answers is somebody already known, and the message has moved to their lane. That
            # one may have begun with it by now, and whoever sealed it a second time would put other bytes under
            # the same submit id.
            return None
        return await self._sealing.seal(now, head, self._connection.boot, by=found)

    async def _attempt(self, job: Job) -> None:
        turned = await self._texting.taken_back(job)
        if turned is None:
            return
        if turned.state == "sealed":
            await self._database.write(lambda tx: self._attempting(tx, turned))
        sealed = turned if turned.state == "sealed" else await self._seal(turned)
        if sealed is None:
            return
        if sealed.way == Bearer.TEXT:
            await self._accepted(sealed, await self._texting.submit(sealed))
        else:
            await self._submit(sealed)

    async def _submit(self, job: Job) -> None:
        """An encrypted one."""
        early = False
        for _ in range(STALE_ROUNDS):
            answer = await self._connection.submit(job.submit, job.sealed)
            if isinstance(answer, frames.AcceptedItem):
                await self._accepted(job, answer)
                return
            if isinstance(answer, frames.StaleDevices):
                await self._routing.refresh(job.account)
                head = await self._head(job)  # the newest list may say that the account wants no more of this
                if head is None:
                    return
                job = await self._sealing.seal(job, head, self._connection.boot, again=True)
            elif answer.code == codes.Code.CLOCK and not early:
                early = True
                job = await self._take_time(job, answer.now)
                head = await self._head(job)
                if head is None:
                    return
                job = await self._sealing.seal(job, head, self._connection.boot)
            else:
                if answer.code == codes.Code.WITHDRAWN:
                    await self._database.write(partial(start_over, job=job))
                raise _refusal(answer)
        raise errors.GiveUp(Reason.STALE_DEVICES)

    async def _head(self, job: Job) -> DeviceList | None:
        """The list to seal for: the bound account's, or that of whoever answers for the person now.

        None when it goes as text from now on, by a yes there is already: what was sealed is taken back first.
        """
        if not job.person:
            return await self._routing.current(job.account)
        if job.row is None:
            return await self._routing.confirm(job.person)
        found = await self._texting.way(job)
        if found.choice.bearer is Bearer.RICH and found.head is not None:
            return found.head
        await self._database.write(lambda tx: self._texting.prefer(tx, job, found))
        return None

    async def _take_time(self, job: Job, relay_now: int) -> Job:
        """Our clock is too far ahead: orders follow the relay's from now on, and this job has none yet.

        The relay's word only ever puts ours back: one that lies must not lead orders into the future.
        """
        offset = min(self._sealing.offset, relay_now - self._clock.now())
        self._sealing.offset = offset
        log.warning("the clock of this computer is %d s off the relay's", -offset // 1000)

        def write(tx: Tx) -> Job:
            own.set_clock_offset(tx, offset)
            jobs.drop_sealed(tx, job.job)
            if job.row is not None and job.attempt == 0:
                messages.take_back_order(tx, job.row)
            return jobs.get(tx, job.job) or job

        return await self._database.write(write)

    def _attempting(self, tx: Tx, job: Job) -> None:
        jobs.mark_attempted(tx, job.job)
        self._apply(tx, job, Event.ATTEMPT)

    async def _accepted(self, job: Job, item: frames.AcceptedItem) -> None:
        """The relay answers for it from now on: one transaction ends the job and moves the status."""

        def write(tx: Tx) -> None:
            stored = jobs.get(tx, job.job)
            if stored is None:
                return  # what became of it was said before, and a failure stays one
            if stored.wish == Wish.TEXT and job.way == Bearer.RICH:
                return  # wanted as text meanwhile: it is taken back next, if nobody has it yet
            jobs.done(tx, job.job)
            self._apply(tx, job, Event.ACCEPTED, at=item.at)
            if job.row is not None and job.attempt == 0:
                messages.set_accepted(tx, job.row, item.at)
            usage.add(tx, self._network, job.lane if job.row is not None else b"", "sent", len(job.sealed))
            tx.note(changes.OutboxChanged(frozenset({job.lane})))

        await self._database.write(write)

    async def _again_later(self, job: Job, error: errors.AgainLater) -> None:
        """Back to *queued*: soon when the connection broke, later and later while the relay says no."""
        connected = self._connection.state.phase is Phase.CONNECTED
        wait = 0.0
        if connected:
            backoff = self._backoffs.setdefault(job.lane, clock.Backoff())
            wait = max(backoff.next(), error.retry_after or 0.0)
        due = self._clock.now() + round(wait * 1000)

        def write(tx: Tx) -> None:
            stored = jobs.get(tx, job.job)
            if stored is None:
                return
            # What passed between the time of this try and the try was spent offline or asleep: it does not count.
            away = tx.now - stored.due_at if stored.due_at and tx.now - stored.due_at > SLACK else 0
            since = stored.connected_tries_since
            waits = error.code in NOT_READY and bool(job.person)  # as long as it takes, never text
            if connected and since and tx.now - since - away > GIVE_UP_AFTER and not waits:
                self._failed(tx, stored, REASONS.get(error.code, Reason.GAVE_UP))
                return
            if error.code in NOT_READY and _beside(stored):
                self._failed(tx, stored, error.code)
                return
            reason = f"{error.code} {error.detail}" if error.code == codes.Code.RATE_LIMITED else error.code
            jobs.defer(tx, job.job, due, connected=connected, reason=reason.strip(), away=away)
            self._apply(tx, job, Event.DEFERRED, reason.strip())

        await self._database.write(write)

    def _failed(self, tx: Tx, job: Job, reason: str) -> None:
        """Given up: what a person sees stays and says why; what nobody sees is dropped."""
        if not job.person and (job.row is not None or not job.visible or _beside(job)):
            jobs.done(tx, job.job)
        else:
            jobs.fail(tx, job.job, reason)
            about = undelivered.target(tx, job) if job.row is None else None
            if about is not None:
                tx.note(changes.MessagesChanged(about.conversation, rows=frozenset({about.row})))
        self._apply(tx, job, Event.REJECTED, reason)
        tx.note(changes.OutboxChanged(frozenset({job.lane})))

    def _apply(self, tx: Tx, job: Job, event: Event, reason: str = "", at: int = 0) -> None:
        if job.row is None or not job.person:
            return
        moved = recipients.apply(tx, job.row, job.person, event, reason, at)
        if moved is not None and moved.changed:
            tx.note(changes.MessagesChanged(job.lane, rows=frozenset({job.row})))
            tx.note(changes.DeliveryChanged(frozenset({job.message})))


def _beside(job: Job) -> bool:
    """Whether it goes beside the messages of a conversation, as a copy or a repeat: it holds nobody up."""
    return not job.person and job.lane != job.account and not job.kind.startswith(annotations.LINK)


def _refusal(answer: frames.Refused) -> errors.KingfisherError:
    """The relay's refusal as an error that is again later or give up, never a crash of the lane."""
    error = codes.error(answer.code, answer.limit, answer.retry_after)
    if answer.code == codes.Code.NO_ACCOUNT:  # an account never goes; only its signed list says *off*
        return errors.AgainLater(bearer.Why.UNCONFIRMED)
    return errors.GiveUp(Reason.REFUSED, answer.code) if isinstance(error, errors.Broken) else error
