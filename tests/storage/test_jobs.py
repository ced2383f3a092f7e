"""The outbox: lanes against a plain model, and one job's life."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.common.clock import ManualClock
from app.storage import jobs, messages
from app.storage.database import Database
from app.storage.transaction import Tx
from tests.parts.examples import examples
from tests.storage import rows
from tests.storage.test_messages import on_disk

LANES = [b"one", b"two", b"three"]
STEPS = ["enqueue", "seal", "defer", "ask", "consent", "fail", "retry", "done", "hurry", "start_over"]


class Model:
    """The same outbox as a list: (lane, state, due) by job."""

    def __init__(self) -> None:
        self.jobs: dict[int, dict[str, Any]] = {}

    def heads(self) -> list[jobs.Lane]:
        found: dict[bytes, jobs.Lane] = {}
        for job, kept in sorted(self.jobs.items(), key=lambda item: (item[1]["state"] != "sealed", item[0])):
            if kept["state"] in ("waiting", "sealed"):
                found.setdefault(kept["lane"], jobs.Lane(kept["lane"], job, kept["due"]))
        return sorted(found.values(), key=lambda lane: lane.job)


def _step(tx: Tx, model: Model, name: str, lane: bytes, pick: int) -> None:
    if name == "enqueue":
        job = jobs.enqueue(tx, jobs.NewJob(lane=lane, message=b"m" * 16, kind="rich", due_at=tx.now + pick))
        model.jobs[job] = {"lane": lane, "state": "waiting", "due": tx.now + pick, "bytes": False, "tried": False}
        return
    if name == "hurry":
        jobs.hurry(tx, lane)
        for kept in model.jobs.values():
            if kept["lane"] == lane and kept["state"] in ("waiting", "sealed") and kept["tried"]:
                kept["due"] = 0
        return
    if not model.jobs:
        return
    job = sorted(model.jobs)[pick % len(model.jobs)]
    kept = model.jobs[job]
    match name:
        case "seal":
            jobs.save_sealed(tx, job, submit=b"s" * 16, boot=b"b" * 16, sealed=b"bytes")
            kept.update(state="sealed", bytes=True)
        case "defer":
            jobs.defer(tx, job, tx.now + pick, connected=False)
            kept.update(due=tx.now + pick, tried=True)
        case "ask":
            jobs.ask(tx, job, "needs_consent")
            kept["state"] = "consent"
        case "consent":
            jobs.consent(tx, job)
            if kept["state"] == "consent":
                kept.update(state="waiting", due=0)
        case "fail":
            jobs.fail(tx, job, "gave_up")
            kept["state"] = "failed"
        case "retry":
            jobs.retry(tx, job)
            if kept["state"] in ("failed", "consent"):
                kept.update(state="sealed" if kept["bytes"] else "waiting", due=0, tried=False)
        case "start_over":
            jobs.start_over(tx, job, "text")
            kept.update(state="waiting", due=0, bytes=False, tried=False)
        case _:
            assert jobs.done(tx, job)
            del model.jobs[job]


@settings(max_examples=examples(40))
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(LANES), st.integers(0, 9)), max_size=40))
def test_each_lane_goes_in_order_behind_its_head(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bytes, int]]
) -> None:
    def work(tx: Tx) -> None:
        model = Model()
        for name, lane, pick in [("enqueue", LANES[0], 0), ("enqueue", LANES[1], 1), *steps]:
            _step(tx, model, name, lane, pick)
            heads = model.heads()
            assert jobs.lanes(tx) == heads
            assert [job.job for job in jobs.due(tx)] == [head.job for head in heads if head.due_at <= tx.now]
            assert jobs.next_due_at(tx) == min((head.due_at for head in heads), default=None)
            for at in LANES:
                head = jobs.head(tx, at)
                assert (head.job if head else None) == next((one.job for one in heads if one.lane == at), None)
            assert jobs.waiting(tx) == sum(kept["state"] in ("waiting", "sealed") for kept in model.jobs.values())

    on_disk(tmp_path_factory.mktemp("jobs"), work)


def _one(tx: Tx) -> jobs.Job:
    (job,) = jobs.due(tx)
    return job


async def test_a_job_goes_out_with_the_same_bytes_until_it_is_accepted(database: Database, time: ManualClock) -> None:
    def make(tx: Tx) -> None:
        talk = rows.conversation(tx)
        row = messages.insert(tx, rows.message(talk, 1)).row
        job = jobs.enqueue(tx, jobs.NewJob(lane=talk, message=b"m" * 16, kind="rich", row=row, visible=True))
        jobs.bind(tx, job, rows.BOB)
        jobs.bind(tx, job, rows.BOB)
        with pytest.raises(errors.GiveUp, match="other_account"):
            jobs.bind(tx, job, rows.CAROL)
        jobs.save_sealed(tx, job, submit=b"s" * 16, boot=b"b" * 16, sealed=b"frame", content_key=b"k", skipped=b"d")
        jobs.mark_attempted(tx, job)
        jobs.defer(tx, job, tx.now + 1000, connected=False, reason="offline")
        assert jobs.due(tx) == []
        assert jobs.next_due_at(tx) == tx.now + 1000
        assert jobs.of_message(tx, row) == [jobs.get(tx, job)]

    await database.write(make)
    time.advance(1)
    first = await database.write(_one)
    assert (first.account, first.sealed, first.submit, first.boot) == (rows.BOB, b"frame", b"s" * 16, b"b" * 16)
    assert (first.content_key, first.skipped, first.visible, first.attempted) == (b"k", b"d", True, True)
    assert (first.tries, first.connected_tries_since, first.reason) == (1, 0, "offline")
    assert b"frame" not in repr(first).encode()
    await database.write(lambda tx: jobs.defer(tx, first.job, tx.now, connected=True))
    since = time.now()
    time.advance(5)
    await database.write(lambda tx: jobs.defer(tx, first.job, tx.now, connected=True))
    again = await database.write(_one)
    assert (again.sealed, again.tries, again.connected_tries_since) == (b"frame", 3, since)
    assert await database.read(lambda view: jobs.by_submit(view, b"s" * 16)) == again
    assert await database.write(lambda tx: jobs.done(tx, first.job))
    assert not await database.write(lambda tx: jobs.done(tx, first.job))


async def test_a_new_attempt_forgets_the_old_bytes(database: Database) -> None:
    def work(tx: Tx) -> None:
        job = jobs.enqueue(tx, jobs.NewJob(lane=b"l", message=b"m" * 16, kind="rich"))
        jobs.save_sealed(tx, job, submit=b"s" * 16, boot=b"b" * 16, sealed=b"frame", content_key=b"k")
        jobs.mark_attempted(tx, job)
        assert jobs.start_over(tx, job, "text") == 1
        found = jobs.get(tx, job)
        assert found is not None
        assert (found.kind, found.state, found.attempted) == ("text", "waiting", False)
        assert (found.submit, found.boot, found.sealed, found.content_key) == (b"", b"", b"", b"")
        assert jobs.by_submit(tx, b"") is None
        with pytest.raises(errors.Broken, match="no_job"):
            jobs.start_over(tx, job + 1, "text")

    await database.write(work)


async def test_refused_bytes_are_sealed_anew_in_the_same_attempt(database: Database) -> None:
    def work(tx: Tx) -> None:
        job = jobs.enqueue(tx, jobs.NewJob(lane=b"l", message=b"m" * 16, kind="rich", attempt=2))
        jobs.save_sealed(tx, job, submit=b"s" * 16, boot=b"b" * 16, sealed=b"frame")
        jobs.drop_sealed(tx, job)
        found = jobs.get(tx, job)
        assert found is not None
        assert (found.state, found.sealed, found.attempt, found.submit) == ("waiting", b"", 2, b"s" * 16)

    await database.write(work)


async def test_quiet_jobs_to_a_blocked_account_go_unless_they_may_have_left(database: Database) -> None:
    def work(tx: Tx) -> None:
        quiet = jobs.NewJob(lane=rows.BOB, message=b"m" * 16, kind="receipt", account=rows.BOB)
        first, second = jobs.enqueue(tx, quiet), jobs.enqueue(tx, quiet)
        jobs.mark_attempted(tx, second)
        assert jobs.drop_quiet(tx, rows.BOB, ["receipt", "repeat"]) == 1
        assert jobs.get(tx, first) is None

    await database.write(work)


async def test_time_without_a_try_is_no_trying(database: Database, time: ManualClock) -> None:
    job = await database.write(lambda tx: jobs.enqueue(tx, jobs.NewJob(b"lane", b"m" * 16, "text")))
    began = time.now()

    async def since() -> int:
        found = await database.read(lambda view: jobs.get(view, job))
        assert found is not None
        return found.connected_tries_since - began

    await database.write(lambda tx: jobs.defer(tx, job, tx.now + 1000, connected=True))
    assert await since() == 0
    time.advance(3601)
    await database.write(jobs.hurry)
    assert await since() == 3_600_000
    await database.write(lambda tx: jobs.defer(tx, job, tx.now, connected=True, away=500))
    assert await since() == 3_600_500
