"""The database: one writer thread with group commit, one reader thread, and notes handed on after each commit.

A third thread folds the log into the file, for which otherwise some commit would have to wait.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

import apsw

from app.common import clock, errors
from app.storage import cipher, schema
from app.storage.attempt import Attempt
from app.storage.transaction import Tx, View

T = TypeVar("T")
Publish = Callable[[Sequence[object]], None]

GROUP_SIZE = 128
GROUP_SECONDS = 0.02
LONG_LOG = 4 * cipher.WAL_PAGES

log = logging.getLogger(__name__)


class _Call(Generic[T]):
    """One queued piece of work and what became of it; settled on the loop that waits for it."""

    def __init__(self, work: Callable[[Any], T], waiter: asyncio.Future[T]) -> None:
        self.work = work
        self.waiter = waiter
        self.answer: list[T] = []
        self.error: BaseException | None = None
        self.notes: list[object] = []

    def settle(self) -> None:
        if self.waiter.done():  # whoever asked was cancelled; the work stays done
            return
        if self.error is not None:
            self.waiter.set_exception(self.error)
        else:
            self.waiter.set_result(self.answer[0])


class Database:
    """The encrypted store of one profile; see `open`."""

    def __init__(self, connections: "_Connections", time: clock.Clock, publish: Publish) -> None:
        self._writer, self._reader, self._folder = connections
        self._clock = time
        self._publish = publish
        self._loop = asyncio.get_running_loop()
        self._writes: SimpleQueue[_Call[Any] | None] = SimpleQueue()
        self._reads: SimpleQueue[_Call[Any] | None] = SimpleQueue()
        self._closed = False
        self._folds: SimpleQueue[bool] = SimpleQueue()
        self._folding = False
        self._log = 0  # pages in the log, after the last commit
        self._writer.set_wal_hook(self._committed)
        # Daemon threads: a profile that was never closed must not keep the program from ending; that is then a crash.
        self._threads = [
            threading.Thread(target=self._write_loop, name="database writer", daemon=True),
            threading.Thread(target=self._read_loop, name="database reader", daemon=True),
            threading.Thread(target=self._fold_loop, name="database log", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @classmethod
    async def open(
        cls, path: Path, key: bytes, time: clock.Clock, publish: Publish, *, create: bool = True
    ) -> "Database":
        """Open the file under its raw 32-byte key, bring its tables up to date and start the threads.

        ``publish`` gets the notes of committed works on the running loop, in commit order. With ``create=False`` a
        missing file is GiveUp ``missing`` instead of a new one. Raises GiveUp ``wrong_key`` and ``newer_version``,
        Broken ``damaged`` and ``disk``.
        """
        return cls(await asyncio.to_thread(_open_all, path, key, create), time, publish)

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run ``work`` in a transaction on the writer thread and return its answer after the commit.

        Works run in the order of the calls. Several may share one commit, each in its own savepoint: what one raises
        takes back only that one. The work is done even if the caller is cancelled meanwhile, who is let go only then:
        whatever lock the caller holds, nobody behind it reads what was there before.
        """
        answer = self._queue(self._writes, work)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            while not answer.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([answer])
            raise

    async def read(self, work: Callable[[View], T]) -> T:
        """Run ``work`` on the reader thread over one snapshot that holds every write answered so far."""
        return await self._queue(self._reads, work)

    async def check(self) -> list[str]:
        """What SQLite finds wrong when it reads every page; empty when all is well. Slow: for the doctor."""

        def look(view: View) -> list[str]:
            found = [str(line) for (line,) in view.rows("PRAGMA integrity_check(20)")]
            return [] if found == ["ok"] else found

        return await self.read(look)

    async def close(self) -> None:
        """Finish what is queued, fold the log into the file and end the threads. Closing twice is harmless."""
        if not self._closed:
            self._closed = True
            self._folds.put(False)
            self._writes.put(None)
            self._reads.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _queue(self, queue: "SimpleQueue[_Call[Any] | None]", work: Callable[[Any], T]) -> asyncio.Future[T]:
        if self._closed:
            raise errors.Broken("closed", "the database is closed")
        waiter: asyncio.Future[T] = self._loop.create_future()
        queue.put(_Call(work, waiter))
        return waiter

    def _write_loop(self) -> None:
        going = True
        while going:
            group, going = self._next_group()
            if group:
                self._write_group(group)
                self._hand_over(group)
            del group
            if self._log > LONG_LOG:  # so much is written that the other thread never comes to its end
                self._fold(self._writer)
        with Attempt(cipher.ours) as end:
            self._writer.pragma("optimize")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if end.error is not None:
            log.warning("the log could not be folded in: %s", end.error)
        self._writer.close()

    def _next_group(self) -> tuple[list[_Call[Any]], bool]:
        """Wait for one work, then take along what is already queued; False when closing."""
        first = self._writes.get()
        if first is None:
            return [], False
        group = [first]
        while len(group) < GROUP_SIZE:
            try:
                call = self._writes.get_nowait()
            except Empty:
                break
            if call is None:
                return group, False
            group.append(call)
        return group, True

    def _write_group(self, group: list[_Call[Any]]) -> None:
        """Run the group in as few commits as its time allows; a commit that fails fails all its works."""
        waiting = list(group)
        while waiting:
            started = self._clock.monotonic()
            ran: list[_Call[Any]] = []
            with Attempt(cipher.ours) as attempt:
                self._begin()
                while not ran or (waiting and self._clock.monotonic() - started < GROUP_SECONDS):
                    ran.append(waiting.pop(0))
                    self._run_one(ran[-1])
                self._commit()
            if attempt.error is not None:
                self._take_back(ran or [waiting.pop(0)], attempt.error)

    def _run_one(self, call: _Call[Any]) -> None:
        tx = Tx(self._writer, self._clock.now())
        with Attempt(cipher.ours) as attempt, tx.savepoint():
            call.answer.append(call.work(tx))
            tx.finish()
        call.error, call.notes = attempt.error, tx.notes
        if not self._writer.in_transaction:
            raise attempt.error or errors.Broken("database", "a work ended the transaction")

    def _begin(self) -> None:
        self._writer.execute("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        """The one place where anything becomes durable; tests end the process before and after it."""
        self._writer.execute("COMMIT")

    def _committed(self, _connection: object, _name: str, pages: int) -> int:
        """SQLite says how long the log is, instead of folding it into the file within the very commit."""
        self._log = pages
        if pages >= cipher.WAL_PAGES and not self._folding:
            self._folding = True
            self._folds.put(True)
        return apsw.SQLITE_OK

    def _fold_loop(self) -> None:
        while self._folds.get():
            self._fold(self._folder)
            self._folding = False
        self._folder.close()

    def _fold(self, connection: cipher.Connection) -> None:
        """Nobody who reads or writes has to wait for it; the log begins anew once all of it was folded in."""
        with Attempt(cipher.ours) as attempt:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._log = 0  # until the next commit says otherwise
        if attempt.error is not None:
            log.warning("the log could not be folded in: %s", attempt.error)

    def _take_back(self, calls: list[_Call[Any]], error: BaseException) -> None:
        if self._writer.in_transaction:
            with Attempt(cipher.ours):
                self._writer.execute("ROLLBACK")
        for call in calls:
            call.error, call.notes = call.error or error, []

    def _read_loop(self) -> None:
        while (call := self._reads.get()) is not None:
            view = View(self._reader, self._clock.now())
            with Attempt(cipher.ours) as attempt, self._reader:
                call.answer.append(call.work(view))
            call.error = attempt.error
            self._hand_over([call])
            del call  # whoever asked is the last to hold what it asked with: widgets end on their own thread
        self._reader.close()

    def _hand_over(self, calls: list[_Call[Any]]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, calls)
        except RuntimeError:
            log.warning("the loop ended before %d answers of the database", len(calls))

    def _settle(self, calls: list[_Call[Any]]) -> None:
        notes = [note for call in calls for note in call.notes]
        try:
            if notes:
                self._publish(notes)
        finally:
            for call in calls:
                call.settle()


_Connections = tuple[cipher.Connection, cipher.Connection, cipher.Connection]


def _open_all(path: Path, key: bytes, create: bool) -> _Connections:
    """One for each thread: to write, to read, to fold in the log."""
    writer = cipher.open_database(path, key, create=create)
    opened = [writer]
    try:
        schema.migrate(writer)
        opened += [cipher.open_database(path, key, create=False, reading=True) for _ in range(2)]
    except apsw.Error as error:
        _close(opened)
        raise cipher.translate(error) from error
    except errors.KingfisherError:
        _close(opened)
        raise
    return opened[0], opened[1], opened[2]


def _close(connections: Sequence[cipher.Connection]) -> None:
    for each in connections:
        each.close()
