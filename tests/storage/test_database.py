"""The database: commits, notes, savepoints, group commit, wrong keys, damage, and what a killed process leaves."""

import asyncio
import contextlib
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.common.clock import ManualClock, SystemClock
from app.storage import cipher, conversations, messages, notices, own, people, search
from app.storage.database import Database
from app.storage.transaction import Tx
from tests.parts.examples import examples
from tests.storage import rows
from tests.storage.conftest import KEY


class Meant(Exception):
    """Raised on purpose by a work."""


async def test_a_write_is_there_for_the_next_read(database: Database) -> None:
    assert await database.write(lambda tx: notices.bump(tx, "dropped", 3)) == 3
    assert await database.read(lambda view: notices.counter(view, "dropped")) == 3


async def test_notes_come_after_the_commit_in_the_order_of_commits(profile: Path) -> None:
    published: list[object] = []
    seen: list[int] = []

    def publish(notes: object) -> None:
        assert isinstance(notes, list)
        published.extend(notes)

    database = await Database.open(profile / "store", KEY, SystemClock(), publish)

    def work(number: int):
        def run(tx: Tx) -> int:
            tx.note(number)
            if number % 5 == 0:
                raise Meant
            return notices.bump(tx, "works")

        return run

    async def one(number: int) -> None:
        try:
            await database.write(work(number))
        except Meant:
            assert number % 5 == 0
        else:
            assert number in published  # published before the caller goes on
        seen.append(number)

    await asyncio.gather(*(one(number) for number in range(300)))
    assert published == [number for number in range(300) if number % 5]
    assert sorted(seen) == list(range(300))
    assert await database.read(lambda view: notices.counter(view, "works")) == 240
    await database.close()


async def test_works_queued_together_share_a_commit_and_run_in_order(profile: Path) -> None:
    commits = 0

    class Counting(Database):
        def _commit(self) -> None:
            nonlocal commits
            commits += 1
            super()._commit()

    database = await Counting.open(profile / "store", KEY, ManualClock(), lambda notes: None)
    held = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(tx: Tx) -> None:
        asyncio.run_coroutine_threadsafe(held.wait(), loop).result()

    first = asyncio.ensure_future(database.write(hold))
    rest = [asyncio.ensure_future(database.write(lambda tx, n=n: (n, notices.bump(tx, "order")))) for n in range(100)]
    await asyncio.sleep(0)
    held.set()
    await first
    assert await asyncio.gather(*rest) == [(n, n + 1) for n in range(100)]
    assert commits <= 3
    await database.close()


async def test_a_failing_work_takes_back_only_its_own(database: Database, notes: list[object]) -> None:
    def fails(tx: Tx) -> None:
        notices.bump(tx, "failed")
        tx.note("never")
        raise Meant

    results = await asyncio.gather(
        database.write(lambda tx: notices.bump(tx, "before")),
        database.write(fails),
        database.write(lambda tx: notices.bump(tx, "after")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [int, Meant, int]
    assert await database.read(notices.counters) == {"before": 1, "after": 1}
    assert notes == []


async def test_a_savepoint_takes_back_its_changes_and_its_notes(database: Database, notes: list[object]) -> None:
    def taken_back(tx: Tx) -> None:
        with tx.savepoint():
            notices.bump(tx, "outer")
            tx.note("outer")
            with tx.savepoint():
                notices.bump(tx, "inner")
            raise Meant

    def work(tx: Tx) -> None:
        notices.bump(tx, "kept")
        tx.note("kept")
        with pytest.raises(Meant):
            taken_back(tx)
        with tx.savepoint():
            notices.bump(tx, "second")

    await database.write(work)
    assert await database.read(notices.counters) == {"kept": 1, "second": 1}
    assert notes == ["kept"]


async def test_what_is_put_off_runs_at_the_end_in_its_order_and_goes_with_its_savepoint(database: Database) -> None:
    def put_off(tx: Tx, name: str) -> None:
        tx.run_last("UPDATE counters SET value = 10 * value + ? WHERE name = 'all'", (int(name),))

    def work(tx: Tx) -> object:
        put_off(tx, "1")
        with contextlib.suppress(Meant), tx.savepoint():
            put_off(tx, "2")
            raise Meant
        tx.run_last("UPDATE counters SET value = value + 100 WHERE name = 'all'", ())
        put_off(tx, "3")
        notices.bump(tx, "all")
        return dict(notices.counters(tx))

    assert await database.write(work) == {"all": 1}
    assert await database.read(notices.counters) == {"all": (1 * 10 + 1 + 100) * 10 + 3}


async def test_a_cancelled_caller_does_not_stop_its_work(database: Database, notes: list[object]) -> None:
    def work(tx: Tx) -> None:
        notices.bump(tx, "done")
        tx.note("done")

    caller = asyncio.ensure_future(database.write(work))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await database.write(lambda tx: notices.counter(tx, "done")) == 1
    assert notes == ["done"]


async def test_a_cancelled_caller_is_let_go_when_its_work_is_done(database: Database) -> None:
    """A ratchet's lock is held until then: whoever takes it next must not read the state of before."""
    going, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    lock = asyncio.Lock()

    def work(tx: Tx) -> None:
        loop.call_soon_threadsafe(begun.set)
        going.wait(10)
        notices.bump(tx, "done")

    async def first() -> None:
        async with lock:
            await database.write(work)

    async def second() -> int:
        async with lock:
            return await database.read(lambda view: notices.counter(view, "done"))

    caller, behind = asyncio.ensure_future(first()), asyncio.ensure_future(second())
    await begun.wait()
    for _ in range(2):
        caller.cancel()
        await database.read(notices.counters)
        assert not caller.done()
    going.set()
    assert await behind == 1
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_whatever_a_work_raises_comes_out_and_the_threads_live_on(database: Database) -> None:
    def stops(tx: Tx) -> None:
        next(iter(()))

    def ends(tx: Tx) -> None:
        tx.run("ROLLBACK")

    with pytest.raises(errors.Broken, match="StopIteration"):
        await database.write(stops)
    with pytest.raises(errors.Broken, match="database"):
        await database.write(ends)
    with pytest.raises(errors.Broken, match="database"):
        await database.read(lambda view: view.rows("SELECT nothing FROM nowhere"))
    with pytest.raises(errors.Broken, match="ReadOnlyError"):
        await database.read(lambda view: view.rows("DELETE FROM counters"))  # the reader cannot write
    assert await database.write(lambda tx: notices.bump(tx, "alive")) == 1


async def test_a_commit_that_fails_fails_all_its_works(profile: Path) -> None:
    class Failing(Database):
        failing = True

        def _commit(self) -> None:
            if self.failing:
                raise Meant
            super()._commit()

    published: list[object] = []
    database = await Failing.open(profile / "store", KEY, SystemClock(), published.extend)

    def work(tx: Tx) -> int:
        tx.note("lost")
        return notices.bump(tx, "lost")

    results = await asyncio.gather(*(database.write(work) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [Meant] * 3
    assert published == []
    database.failing = False
    assert await database.write(lambda tx: notices.bump(tx, "lost")) == 1
    await database.close()


async def test_close_finishes_what_is_queued_and_refuses_what_comes_later(profile: Path) -> None:
    database = await Database.open(profile / "store", KEY, SystemClock(), lambda notes: None)
    queued = [asyncio.ensure_future(database.write(lambda tx: notices.bump(tx, "n"))) for _ in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    assert sorted([await one for one in queued]) == list(range(1, 21))
    with pytest.raises(errors.Broken, match="closed"):
        await database.write(lambda tx: None)
    assert [file.name for file in profile.iterdir()] == ["store"]


async def test_the_loop_is_never_blocked(profile: Path, no_blocking: None) -> None:
    database = await Database.open(profile / "store", KEY, SystemClock(), lambda notes: None)
    await database.write(lambda tx: notices.bump(tx, "n"))
    await database.read(lambda view: notices.counter(view, "n"))
    await database.close()


async def test_files_are_closed_to_others(database: Database, profile: Path) -> None:
    await database.write(lambda tx: notices.bump(tx, "n"))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in profile.iterdir()}
    assert modes == {"store": 0o600, "store-wal": 0o600, "store-shm": 0o600}


async def _filled(path: Path) -> None:
    database = await Database.open(path, KEY, SystemClock(), lambda notes: None)
    await database.write(lambda tx: [notices.bump(tx, f"counter {n}" * 20) for n in range(200)])
    await database.close()


async def test_a_wrong_key_is_named_and_changes_nothing(profile: Path) -> None:
    path = profile / "store"
    await _filled(path)
    before = path.read_bytes()
    with pytest.raises(errors.GiveUp) as raised:
        await Database.open(path, bytes(32), SystemClock(), lambda notes: None)
    assert raised.value.code == "wrong_key"
    assert path.read_bytes() == before
    assert [file.name for file in profile.iterdir()] == ["store"]


async def test_a_missing_file_is_not_made_when_one_is_expected(profile: Path) -> None:
    with pytest.raises(errors.GiveUp) as raised:
        await Database.open(profile / "store", KEY, SystemClock(), lambda notes: None, create=False)
    assert raised.value.code == "missing"
    assert not list(profile.iterdir())


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"short"])
async def test_a_file_that_is_no_database_is_damaged(profile: Path, content: bytes) -> None:
    (profile / "store").write_bytes(content)
    with pytest.raises(errors.Broken) as raised:
        await Database.open(profile / "store", KEY, SystemClock(), lambda notes: None)
    assert raised.value.code == "damaged"
    assert (profile / "store").read_bytes() == content


async def _read_all(path: Path) -> None:
    database = await Database.open(path, KEY, SystemClock(), lambda notes: None, create=False)
    try:
        if found := await database.check():
            raise errors.Broken("damaged", found[0])
    finally:
        await database.close()


@pytest.mark.expect_log  # that the log could not be folded in, where the damage lets it get so far
@settings(max_examples=examples(30))
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, place: float, bit: int) -> None:
    path = tmp_path_factory.mktemp("damaged") / "store"
    asyncio.run(_filled(path))
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(data)
    with pytest.raises((errors.Broken, errors.GiveUp)) as raised:
        asyncio.run(_read_all(path))
    assert raised.value.code in ("damaged", "wrong_key")


MARK = "Eichhoernchen"


async def test_no_word_is_readable_in_any_file(database: Database, profile: Path) -> None:
    def fill(tx: Tx) -> None:
        talk = rows.conversation(tx, name=f"{MARK} name")
        people.set_claims(tx, talk, f"{MARK} claim", f"{MARK}@example.com")
        people.put_address(tx, f"{MARK}@example.com", talk)
        conversations.set_draft(tx, talk, f"{MARK} draft")
        conversations.set_title(tx, talk, f"{MARK} title")
        for order in range(300):
            stored = messages.insert(tx, rows.message(talk, order, words=f"{MARK} message {order}"))
            search.index(tx, stored.row, f"{MARK} message {order}")
        code = MARK + " code"
        own.create(tx, own.Own(account=MARK.encode(), root_public=b"", device=b"", device_seed=b"", recovery_code=code))

    await database.write(fill)
    found = await database.read(lambda view: search.find(view, MARK))
    assert len(found) == 50
    traces = [MARK.encode(), MARK.lower().encode(), MARK.encode("utf-16-le"), KEY, KEY.hex().encode()]
    files = list(profile.iterdir())
    assert {file.name for file in files} == {"store", "store-wal", "store-shm"}
    await database.close()
    for file in [*files, *profile.iterdir()]:
        data = file.read_bytes() if file.exists() else b""
        assert not [trace for trace in traces if trace in data], file


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from typing import Any, cast
from app.common.clock import SystemClock
from app.storage import notices
from app.storage.database import Database

class Killed(Database):
    left = int(sys.argv[2])

    def _commit(self):
        self.left -= 1
        if self.left == 0 and sys.argv[3] == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        super()._commit()
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def work(tx):
    for name in "abc":
        notices.bump(tx, name)

async def main():
    database = await Killed.open(Path(sys.argv[1]), bytes(range(32)), SystemClock(), lambda notes: None)
    while True:
        await database.write(work)
        print("written", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize(("when", "kept"), [("before", 2), ("after", 3)])
async def test_a_killed_process_leaves_all_of_a_work_or_nothing(profile: Path, when: str, kept: int) -> None:
    path = profile / "store"
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, str(path), "3", when],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == "written\n" * 2
    database = await Database.open(path, KEY, SystemClock(), lambda notes: None, create=False)
    assert await database.read(notices.counters) == {"a": kept, "b": kept, "c": kept}
    assert await database.check() == []
    await database.close()


async def test_the_log_is_folded_into_the_file_while_reading_and_writing_go_on(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cipher, "WAL_PAGES", 50)
    sizes, fold = list[int](), Database._fold

    def watched(self: Database, connection: cipher.Connection) -> None:
        fold(self, connection)
        sizes.append((profile / "store").stat().st_size)

    monkeypatch.setattr(Database, "_fold", watched)
    for _ in range(2):
        database = await Database.open(profile / "store", KEY, SystemClock(), lambda _: None)
        try:
            known = len(await database.read(notices.counters))
            for number in range(known, known + 200):
                await database.write(lambda tx, number=number: notices.bump(tx, f"{number}/{'x' * 2000}"))
                assert len(await database.read(notices.counters)) == number + 1
            assert await database.check() == []
        finally:
            await database.close()
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]  # more than once, and each time with more


class Holding:
    """A connection all of whose cursors somebody keeps, as a debugger does, or whoever counts what there is."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.held: list[Any] = []

    def execute(self, *asked: Any) -> Any:
        self.held.append(self.connection.execute(*asked))
        return self.held[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def __enter__(self) -> Any:
        return self.connection.__enter__()

    def __exit__(self, *raised: Any) -> Any:
        return self.connection.__exit__(*raised)


async def test_who_holds_a_cursor_holds_no_snapshot(database: Database) -> None:
    """With one statement of the reader still going, all that is read later would be what was there then, for ever."""
    holding = Holding(database._reader)
    database._reader = cast(Any, holding)
    counts = [await database.write(lambda tx: notices.bump(tx, "dropped", 1)) for _ in range(3)]
    for _ in range(3):
        assert await database.read(lambda view: view.row("SELECT * FROM sqlite_master")) is not None
        assert await database.read(lambda view: view.value("SELECT count(*) FROM sqlite_master"))
    counts.append(await database.write(lambda tx: notices.bump(tx, "dropped", 1)))
    assert await database.read(lambda view: notices.counter(view, "dropped")) == counts[-1] == 4
    assert len(holding.held) > 6
