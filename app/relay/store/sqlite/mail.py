"""Mailboxes and submit records in SQLite."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Final

from app.relay.store.base import Outcome, Record, Row, Share
from app.relay.store.sqlite.connection import Connection
from app.relay.store.sqlite.filter import Filter
from app.relay.store.sqlite.writer import Writer

SWEEP_DEVICES: Final = 20
PREPARE_ROWS: Final = 5_000
_PAGE = "SELECT sender, submit FROM submit WHERE (sender, submit) > (?, ?) ORDER BY sender, submit LIMIT ?"
_KNOWN = "SELECT account, entry, count, at, outcome FROM submit WHERE sender = ? AND submit = ?"
_READ = "SELECT entry, device, sender, at, size, body FROM mail WHERE device = ? AND entry > ? ORDER BY entry LIMIT ?"
_ROWS = "SELECT entry, device, sender, at, size, body FROM mail WHERE device = ? AND entry BETWEEN ? AND ?"
_SHARES = "SELECT sender, count(*), sum(size) FROM mail WHERE device = ? GROUP BY sender"
_NEWEST = "SELECT ifnull(max(entry), 0) FROM mail WHERE device = ?"


class SqliteMail:
    """The MailStore over one file."""

    def __init__(self, writer: Writer, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader
        (records,) = reader.execute("SELECT count(*) FROM submit").fetchall()[0]
        self._filter = Filter(records)

    async def prepare(self) -> None:
        """A page of records in a turn of the loop; what is put meanwhile adds itself."""
        sender, submit = 0, b""
        while page := self._reader.execute(_PAGE, (sender, submit, PREPARE_ROWS)).fetchall():
            for _, name in page:
                self._filter.add(name)
            sender, submit = page[-1]
            await asyncio.sleep(0)
        self._filter.complete = True

    def put(self, rows: Sequence[Row], record: Record) -> None:
        self._filter.add(record.submit)
        self._writer.put(rows, record)

    def mark(self, record: Record, forget: Sequence[int]) -> None:
        self._filter.add(record.submit)
        self._writer.put((), record, over=True)
        if forget:
            self._writer.erase(forget)

    def forget(self, entries: Sequence[int]) -> None:
        self._writer.erase(entries)

    def known(self, sender: int, submit: bytes) -> Record | None:
        record = self._writer.fresh.get((sender, submit))
        if record is not None:
            return record
        if not self._filter.may_have(submit):
            return None
        found = self._reader.execute(_KNOWN, (sender, submit)).fetchone()
        if found is None:
            return None
        to, entry, count, at, outcome = found
        record = Record(sender, submit, to, entry, count, at, Outcome(outcome))
        record.durable = True
        return record

    def read(self, device: int, after: int, limit: int, size: int) -> list[Row]:
        dead = self._writer.dead
        rows: list[Row] = []
        last = after
        for entry, box, sender, at, length, body in self._reader.execute(_READ, (device, after, limit + len(dead))):
            last = entry
            if entry in dead:
                continue
            rows.append(Row(entry, box, sender, at, length, body))
            size -= length
            if size <= 0 or len(rows) >= limit:
                return rows
        for row in self._writer.unwritten(device, last):
            if row.entry in dead:
                continue
            rows.append(row)
            size -= row.size
            if size <= 0 or len(rows) >= limit:
                break
        return rows

    def shares(self, device: int) -> list[Share]:
        entries: Counter[int] = Counter()
        sizes: Counter[int] = Counter()
        with self._reader:  # one snapshot: what is committed meanwhile counts as unwritten
            (newest,) = self._reader.execute(_NEWEST, (device,)).fetchall()[0]
            for sender, count, size in self._reader.execute(_SHARES, (device,)):
                entries[sender], sizes[sender] = count, size
        for entry in self._writer.dead:
            for sender, size in self._reader.execute(
                "SELECT sender, size FROM mail WHERE entry = ? AND device = ?", (entry, device)
            ):
                entries[sender] -= 1
                sizes[sender] -= size
        for row in self._writer.unwritten(device, newest):
            if row.entry not in self._writer.dead:
                entries[row.sender] += 1
                sizes[row.sender] += row.size
        return [Share(sender, count, sizes[sender]) for sender, count in entries.items() if count > 0]

    def rows(self, device: int, first: int, count: int) -> list[Row]:
        found = {row[0]: Row(*row) for row in self._reader.execute(_ROWS, (device, first, first + count - 1))}
        found.update((row.entry, row) for row in self._writer.unwritten(device, first - 1) if row.entry < first + count)
        return [found[entry] for entry in sorted(found.keys() - self._writer.dead)]

    def sweep_mail(self, before: int, limit: int) -> Awaitable[list[Row]]:
        def work(connection: Connection) -> list[Row]:
            # Entries grow with time, so the oldest mail is at the front of the table.
            sql = "SELECT entry, device, sender, at, size, body FROM mail ORDER BY entry LIMIT ?"
            rows = [Row(*found) for found in connection.execute(sql, (limit,)) if found[3] < before]
            connection.executemany("DELETE FROM mail WHERE entry = ?", [(row.entry,) for row in rows])
            return rows

        return self._writer.call(work)

    async def sweep_records(self, before: int) -> int:
        """A few devices at a time, so that nobody's mail waits behind it."""
        devices = [(before, number) for (number,) in self._reader.execute("SELECT 0 UNION SELECT number FROM device")]
        swept = 0
        for start in range(0, len(devices), SWEEP_DEVICES):
            swept += await self._sweep_records(devices[start : start + SWEEP_DEVICES])
        return swept

    def _sweep_records(self, part: Sequence[tuple[int, int]]) -> Awaitable[int]:
        def work(connection: Connection) -> int:
            before = connection.total_changes()
            connection.executemany("DELETE FROM submit WHERE at < ? AND sender = ?", part)
            connection.executemany("DELETE FROM expired WHERE at < ? AND sender = ?", part)
            return connection.total_changes() - before

        return self._writer.call(work)

    def add_expired(self, sender: int, submit: bytes, at: int) -> None:
        self._writer.later("INSERT OR REPLACE INTO expired VALUES (?, ?, ?)", (sender, submit, at))

    def expired(self, sender: int) -> list[bytes]:
        return [submit for (submit,) in self._reader.execute("SELECT submit FROM expired WHERE sender = ?", (sender,))]
