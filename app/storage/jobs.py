"""The outbox: what has to be sent to whom, one lane after another, with its sealed bytes and its waiting time."""

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

from app.common import errors
from app.common.discreet import Discreet
from app.storage.record import Record, marks
from app.storage.transaction import Tx, View

State = Literal["waiting", "sealed", "consent", "failed"]


class NewJob(Discreet, frozen=True):
    """Something to send. ``row`` is its message, None for what nobody sees; ``account`` is empty until it is bound.

    A lane is worked off in order: ``lane`` is a conversation, or a peer account for what belongs to none.
    ``payload`` is unsealed content for jobs without a row. ``wish`` is the bearer the user asked for (domain.bearer).
    ``consented`` is their yes: to a text of at most ``agreed_segments`` that costs at most ``agreed_price`` (-1: to one
    whose price is not known).
    """

    _hidden: ClassVar = ("payload",)

    lane: bytes
    message: bytes
    kind: str
    row: int | None = None
    person: bytes = b""
    account: bytes = b""
    payload: bytes = b""
    visible: bool = False
    attempt: int = 0
    due_at: int = 0
    wish: str = "auto"
    consented: bool = False
    agreed_segments: int = 0
    agreed_price: int = 0


class Job(NewJob, frozen=True):
    """A job in the outbox. ``sealed`` is the whole frame as it leaves, the same bytes at every try.

    ``way`` is the bearer that frame is for, empty before there is one.
    ``attempted`` says that those bytes may have left; ``boot`` is the relay's boot id of that time.
    ``connected_tries_since`` is when the first try under a connection failed, 0 when none did.
    """

    _hidden: ClassVar = (*NewJob._hidden, "sealed", "content_key")

    job: int = 0
    state: State = "waiting"
    way: str = ""
    submit: bytes = b""
    boot: bytes = b""
    sealed: bytes = b""
    content_key: bytes = b""
    skipped: bytes = b""
    created: int = 0
    attempted: bool = False
    tries: int = 0
    connected_tries_since: int = 0
    reason: str = ""


class Lane(NamedTuple):
    """A lane with something to do, the job at its head, and when that may go."""

    lane: bytes
    job: int
    due_at: int


_NEW, _RECORD = Record(NewJob), Record(Job)
_SELECT = f"SELECT {_RECORD.columns} FROM jobs"
_MOVING = "state IN ('waiting', 'sealed')"


def enqueue(tx: Tx, new: NewJob) -> int:
    sql = f"INSERT INTO jobs ({_NEW.columns}, created) VALUES ({_NEW.marks}, ?) RETURNING job"
    return int(tx.value(sql, (*_NEW.values(new), tx.now)))


def lanes(view: View) -> list[Lane]:
    """Every lane with a job that is neither failed nor waiting for the user, oldest head first.

    The head blocks its lane: while its time has not come, nothing behind it goes. What is sealed goes before what is
    not: a ratchet remembers few keys of messages that are overtaken, so none may be left behind by many.
    """
    heads: dict[bytes, Lane] = {}
    # min() makes due_at that of the head; per state, so that the index alone answers.
    sql = "SELECT lane, min(job), due_at FROM jobs WHERE state = ? GROUP BY lane"
    for state in ("waiting", "sealed"):
        for row in view.rows(sql, (state,)):
            lane = Lane(*row)
            heads[lane.lane] = lane
    return sorted(heads.values(), key=lambda lane: lane.job)


def head(view: View, lane: bytes) -> Job | None:
    """The job of a lane that goes next, due or not: the oldest sealed one, else the oldest that waits."""
    for state in ("sealed", "waiting"):
        found = view.value("SELECT min(job) FROM jobs WHERE state = ? AND lane = ?", (state, lane))
        if found is not None:
            return get(view, found)
    return None


def due(view: View) -> list[Job]:
    """The head of every lane whose time has come, oldest first."""
    found = [get(view, lane.job) for lane in lanes(view) if lane.due_at <= view.now]
    return [job for job in found if job is not None]


def next_due_at(view: View) -> int | None:
    """When the next head is due; None when there is nothing to send."""
    return min((lane.due_at for lane in lanes(view)), default=None)


def get(view: View, job: int) -> Job | None:
    return _RECORD.of(view.row(f"{_SELECT} WHERE job = ?", (job,)))


def by_submit(view: View, submit: bytes) -> Job | None:
    return _RECORD.of(view.row(f"{_SELECT} WHERE submit = ? AND submit <> x''", (submit,)))


def of_message(view: View, row: int) -> list[Job]:
    return _RECORD.all(view.rows(f"{_SELECT} WHERE row = ? ORDER BY job", (row,)))


def of_messages(view: View, rows: Sequence[int]) -> dict[int, Job]:
    """The oldest job of each of those messages (at most 500) that has one."""
    found = _RECORD.all(view.rows(f"{_SELECT} WHERE row IN ({marks(len(rows))}) ORDER BY job DESC", rows))
    return {job.row: job for job in found if job.row is not None}


def becoming_texts(view: View, rows: Sequence[int]) -> frozenset[int]:
    """Those of the messages (at most 500) that are to go as texts by a yes there is already."""
    sql = f"SELECT row FROM jobs WHERE row IN ({marks(len(rows))}) AND wish = 'text' AND consented = 1 AND {_MOVING}"
    return frozenset(row for (row,) in view.rows(sql, rows))


def failed_beside(view: View) -> list[Job]:
    """What was given up and is no message of its own, oldest first."""
    return _RECORD.all(view.rows(f"{_SELECT} WHERE state = 'failed' AND row IS NULL AND person <> x'' ORDER BY job"))


def unsealed(view: View, lane: bytes, kind: str) -> Job | None:
    """A job of this kind in a lane that may still be added to: nothing of it has been sealed."""
    sql = f"{_SELECT} WHERE state = 'waiting' AND lane = ? AND kind = ? AND row IS NULL ORDER BY job LIMIT 1"
    return _RECORD.of(view.row(sql, (lane, kind)))


def set_payload(tx: Tx, job: int, payload: bytes) -> None:
    """Other content for a job that is not sealed yet."""
    tx.run("UPDATE jobs SET payload = ? WHERE job = ? AND state = 'waiting'", (payload, job))


def waiting(view: View) -> int:
    """How many jobs may still move."""
    return int(view.value(f"SELECT count(*) FROM jobs WHERE {_MOVING}"))


def unsent(view: View) -> int:
    """How many messages wait to be sent; what nobody sees, such as receipts, is not counted."""
    return int(view.value(f"SELECT count(DISTINCT row) FROM jobs WHERE row NOT NULL AND {_MOVING}"))


def bind(tx: Tx, job: int, account: bytes) -> None:
    """Fix whom the job goes to; raises GiveUp ``other_account`` when it is fixed to somebody else."""
    sql = "UPDATE jobs SET account = ? WHERE job = ? AND account IN (x'', ?)"
    if not tx.run(sql, (account, job, account)):
        raise errors.GiveUp("other_account", "a job is never bound again")


def save_sealed(
    tx: Tx,
    job: int,
    *,
    submit: bytes,
    boot: bytes,
    sealed: bytes,
    content_key: bytes = b"",
    skipped: bytes = b"",
    way: str = "rich",
) -> None:
    """Keep the bytes that will leave, in the transaction of the moved ratchets and before the first byte does."""
    tx.run(
        "UPDATE jobs SET state = 'sealed', submit = ?, boot = ?, sealed = ?, content_key = ?, skipped = ?, way = ? "
        "WHERE job = ?",
        (submit, boot, sealed, content_key, skipped, way, job),
    )


def drop_sealed(tx: Tx, job: int) -> None:
    """The bytes were refused before anything was taken (stale devices, clock): seal anew, under the same attempt."""
    tx.run(
        "UPDATE jobs SET state = 'waiting', sealed = x'', skipped = x'', way = '', attempted = 0 WHERE job = ?", (job,)
    )


def mark_attempted(tx: Tx, job: int) -> None:
    """From now on the bytes may have left: only a Withdraw tells."""
    tx.run("UPDATE jobs SET attempted = 1 WHERE job = ?", (job,))


def defer(tx: Tx, job: int, due_at: int, *, connected: bool, reason: str = "", away: int = 0) -> None:
    """It did not work out: try again at ``due_at``; only tries under a connection count towards giving up.

    ``away`` milliseconds since the last try were spent without one.
    """
    since = tx.now if connected else 0
    tx.run(
        "UPDATE jobs SET due_at = ?, tries = tries + 1, reason = ?, "
        "connected_tries_since = iif(connected_tries_since = 0, ?, connected_tries_since + ?) WHERE job = ?",
        (due_at, reason, since, away, job),
    )


def hurry(tx: Tx, lane: bytes | None = None) -> int:
    """Everything deferred (in one lane, or in all) is due now, as after a reconnect; how many jobs.

    What was never tried has its time for a reason: a request that comes too early is not answered.
    """
    # The time since it should have been tried was spent without trying.
    deferred = (
        "UPDATE jobs SET due_at = 0, connected_tries_since = iif(connected_tries_since = 0, 0, "
        "min(?1, connected_tries_since + max(0, ?1 - due_at))) "
        f"WHERE {_MOVING} AND due_at > 0 AND tries > 0"
    )
    return tx.run(deferred, (tx.now,)) if lane is None else tx.run(f"{deferred} AND lane = ?2", (tx.now, lane))


def wish(tx: Tx, job: int, bearer: str, *, consented: bool, segments: int = 0, price: int = 0) -> None:
    """Another bearer is wanted from now on, with the user's yes to a text of that size and price, or without."""
    tx.run(
        "UPDATE jobs SET wish = ?, consented = ?, agreed_segments = ?, agreed_price = ? WHERE job = ?",
        (bearer, consented, segments, price, job),
    )


def ask(tx: Tx, job: int, reason: str) -> None:
    """The job waits for the user's yes and no longer blocks its lane."""
    tx.run("UPDATE jobs SET state = 'consent', reason = ? WHERE job = ?", (reason, job))


def consent(tx: Tx, job: int) -> None:
    """The user's yes, for this job only."""
    tx.run(
        "UPDATE jobs SET state = 'waiting', consented = 1, due_at = 0, reason = '' WHERE job = ? AND state = 'consent'",
        (job,),
    )


def fail(tx: Tx, job: int, reason: str) -> None:
    """Given up: it stays, with its bytes, for a retry under the same ids, and no longer blocks its lane."""
    tx.run("UPDATE jobs SET state = 'failed', reason = ? WHERE job = ?", (reason, job))


def retry(tx: Tx, job: int) -> None:
    """A failed job goes on with the bytes it has, or is sealed when it has none."""
    tx.run(
        "UPDATE jobs SET state = iif(sealed = x'', 'waiting', 'sealed'), due_at = 0, tries = 0, "
        "connected_tries_since = 0, reason = '' WHERE job = ? AND state IN ('failed', 'consent')",
        (job,),
    )


def start_over(tx: Tx, job: int, kind: str) -> int:
    """A new attempt after the relay withdrew the old one: sealed bytes dropped; the new attempt's number."""
    attempt = tx.value(
        "UPDATE jobs SET kind = ?, attempt = attempt + 1, state = 'waiting', submit = x'', boot = x'', "
        "sealed = x'', content_key = x'', skipped = x'', way = '', attempted = 0, due_at = 0, tries = 0, "
        "connected_tries_since = 0, reason = '' WHERE job = ? RETURNING attempt",
        (kind, job),
    )
    if attempt is None:
        raise errors.Broken("no_job")
    return int(attempt)


def done(tx: Tx, job: int) -> bool:
    """Accepted, or not wanted any more: the job is gone; False when it was not there."""
    return tx.run("DELETE FROM jobs WHERE job = ?", (job,)) > 0


def drop_copies(tx: Tx, message: bytes, account: bytes, but: int) -> int:
    """Forget the copies of a message for the own devices that are still behind its job ``but``; it is sealed anew."""
    sql = "DELETE FROM jobs WHERE row IS NULL AND message = ? AND account = ? AND job > ?"
    return tx.run(sql, (message, account, but))


def drop_quiet(tx: Tx, account: bytes, kinds: Sequence[str]) -> int:
    """Forget jobs without a message to an account (blocked, removed), unless their bytes may have left."""
    gone = 0
    for kind in kinds:
        sql = "DELETE FROM jobs WHERE row IS NULL AND account = ? AND kind = ? AND attempted = 0"
        gone += tx.run(sql, (account, kind))
    return gone
