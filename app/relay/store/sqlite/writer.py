"""The writer thread: everything that becomes durable goes through one group commit at a time.

A batch is whatever came in while the last one was syncing; two commits are at least ``LINGER`` apart. What is only
erased waits up to ``LAZY`` for something that is inserted, because losing it means no more than a redelivery.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from app.relay.store.base import Record, Row
from app.relay.store.sqlite.connection import Connection, Value

T = TypeVar("T")

LINGER: Final = 0.010  # seconds
LAZY: Final = 0.200
LAZY_MOST: Final = 2_000  # erasures that wait; more are written at once

log = logging.getLogger(__name__)


class _Call(Generic[T]):
    """A piece of work in a savepoint of its own, and what became of it."""

    def __init__(self, work: Callable[[Connection], T], waiter: "asyncio.Future[T]") -> None:
        self.work = work
        self.waiter = waiter
        self.answer: list[T] = []
        self.error: BaseException | None = None

    def run(self, connection: Connection) -> None:
        with connection:  # a savepoint inside the transaction
            self.answer.append(self.work(connection))

    def settle(self) -> None:
        if self.waiter.done():
            return
        if self.error is not None:
            self.waiter.set_exception(self.error)
        else:
            self.waiter.set_result(self.answer[0])


@dataclass(slots=True)
class Batch:
    """What one transaction writes."""

    rows: list[Row] = field(default_factory=list[Row])
    records: list[Record] = field(default_factory=list[Record])
    record_rows: list[tuple[Value, ...]] = field(default_factory=list[tuple[Value, ...]])
    marks: list[tuple[Value, ...]] = field(default_factory=list[tuple[Value, ...]])
    calls: list[_Call[Any]] = field(default_factory=list[_Call[Any]])
    statements: list[tuple[str, tuple[Value, ...]]] = field(default_factory=list[tuple[str, tuple[Value, ...]]])
    gone: list[tuple[int]] = field(default_factory=list[tuple[int]])
    last: bool = False
    error: BaseException | None = None

    @property
    def urgent(self) -> bool:
        return bool(self.records or self.calls)

    @property
    def empty(self) -> bool:
        return not (self.urgent or self.statements or self.gone)


class Writer:
    """The one connection that writes; its methods are called on the loop, its transactions run on its thread.

    ``failed`` is called on the loop when a commit fails: nothing more is written or answered then.
    """

    def __init__(self, connection: Connection, failed: Callable[[BaseException], None]) -> None:
        self._connection = connection
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._next = Batch()
        self._writing: Batch | None = None
        self._timer: asyncio.Handle | None = None
        self._lazy: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._broken = False
        self._queue: SimpleQueue[Batch] = SimpleQueue()
        self.commits = 0
        self.dead: set[int] = set()  # entries whose erasure is not on the disk yet
        self.fresh: dict[tuple[int, bytes], Record] = {}  # records that are not on the disk yet
        self._thread = threading.Thread(target=self._run, name="relay store", daemon=True)
        self._thread.start()

    def put(self, rows: Sequence[Row], record: Record, *, over: bool = False) -> None:
        """Rows and their record; ``over`` writes over an earlier record of the same submit."""
        batch = self._next
        batch.rows.extend(rows)
        record.durable = False
        record.writes += 1
        batch.records.append(record)
        # A tuple now: what the record becomes later belongs to a later transaction.
        (batch.marks if over else batch.record_rows).append(
            (record.sender, record.submit, record.to, record.entry, record.count, record.at, record.outcome)
        )
        self.fresh[record.sender, record.submit] = record
        if self._timer is None and self._writing is None:
            self._schedule()

    def erase(self, entries: Sequence[int]) -> None:
        self.dead.update(entries)
        self._next.gone.extend((entry,) for entry in entries)
        self._wait()

    def later(self, sql: str, values: tuple[Value, ...]) -> None:
        """One statement with the next commit, in at most ``LAZY`` seconds; nobody waits for it."""
        self._next.statements.append((sql, values))
        self._wait()

    def call(self, work: Callable[[Connection], T]) -> "asyncio.Future[T]":
        """Run ``work`` in the next transaction; the answer comes after the commit."""
        waiter: asyncio.Future[T] = self._loop.create_future()
        self._next.calls.append(_Call(work, waiter))
        self._schedule()
        return waiter

    def unwritten(self, device: int, after: int) -> list[Row]:
        """Rows of this device that may not be on the disk yet, in order."""
        writing = self._writing.rows if self._writing is not None else ()
        return [row for rows in (writing, self._next.rows) for row in rows if row[1] == device and row[0] > after]

    async def close(self, work: Callable[[Connection], None]) -> None:
        """Write what is queued, run ``work`` in the last transaction, and end the thread."""
        if not self._broken:
            last = self.call(work)
            self._next.last = True
            await last
        await asyncio.to_thread(self._thread.join)

    def _wait(self) -> None:
        if self._timer is not None or self._writing is not None:
            return
        if len(self._next.gone) >= LAZY_MOST:
            self._schedule()
        elif self._lazy is None:
            self._lazy = self._loop.call_later(LAZY, self._fire_lazy)

    def _schedule(self) -> None:
        if self._timer is not None or self._writing is not None:
            return
        wait = self._last + LINGER - self._loop.time()
        # Never at once: what comes in this turn of the loop shall share the commit.
        self._timer = self._loop.call_later(wait, self._fire) if wait > 0 else self._loop.call_soon(self._fire)

    def _fire_lazy(self) -> None:
        self._lazy = None
        if self._timer is None and self._writing is None:
            self._fire()

    def _fire(self) -> None:
        self._timer = None
        if self._writing is not None or self._broken or self._next.empty:
            return
        if self._lazy is not None:
            self._lazy.cancel()
            self._lazy = None
        self._writing, self._next = self._next, Batch()
        self._queue.put(self._writing)

    def _run(self) -> None:
        going = True
        while going:
            batch = self._queue.get()
            try:
                self._write(batch)
            except Exception as error:  # whatever it is, the loop must hear of it before this thread is gone
                batch.error = error
            going = not batch.last and batch.error is None
            if not going:
                self._connection.close()
            self._loop.call_soon_threadsafe(self._finished, batch)

    def _write(self, batch: Batch) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        if batch.rows:
            connection.executemany("INSERT INTO mail VALUES (?, ?, ?, ?, ?, ?)", batch.rows)
        if batch.record_rows:
            connection.executemany("INSERT INTO submit VALUES (?, ?, ?, ?, ?, ?, ?)", batch.record_rows)
        if batch.marks:
            connection.executemany("INSERT OR REPLACE INTO submit VALUES (?, ?, ?, ?, ?, ?, ?)", batch.marks)
        for sql, values in batch.statements:
            connection.execute(sql, values)
        for call in batch.calls:
            try:
                call.run(connection)
            except Exception as error:  # belongs to whoever asked; the others' work stays
                call.error = error
        if batch.gone:
            connection.executemany("DELETE FROM mail WHERE entry = ?", batch.gone)
        self._commit()

    def _commit(self) -> None:
        """The one place where anything becomes durable; tests end the process before and after it."""
        self._connection.execute("COMMIT")

    def _finished(self, batch: Batch) -> None:
        self._writing = None
        if batch.error is not None:
            self._give_up(batch, batch.error)
            return
        self._last = self._loop.time()
        self.commits += 1
        self.dead.difference_update([entry for (entry,) in batch.gone])
        fresh = self.fresh
        for record in batch.records:
            record.writes -= 1
            if record.writes == 0:
                record.durable = True
                del fresh[record.sender, record.submit]
                waiting, record.waiting = record.waiting, None
                if waiting is not None:
                    waiting(record)
        for call in batch.calls:
            call.settle()
        if self._next.urgent:
            self._schedule()
        elif not self._next.empty:
            self._wait()

    def _give_up(self, batch: Batch, error: BaseException) -> None:
        """Nothing was promised for what is lost here; the relay ends, and comes back under a new boot id."""
        self._broken = True
        log.error("the store failed: %s", type(error).__name__)
        for call in [*batch.calls, *self._next.calls]:
            call.error = call.error or error
            call.settle()
        self._failed(error)
