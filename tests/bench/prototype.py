"""The yardstick: a bare relay that stores and forwards, with no accounts, no limits and no memory of duplicates.

It does only what every relay must: aiohttp reads, one msgpack message per connection and turn of the loop, group commit
with fsync before the sender is told, lazy deletes. A WebSocket message is a list of operations:

    client  [1, number, to, payload] send          [2, entry, ...] received and kept
    server  [3, number, ...] sent                  [4, entry, from, number, payload]       [5, number, ...] delivered
"""

import argparse
import asyncio
import gc
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import WSMsgType, web

LINGER = 0.010  # seconds between two commits at least
LAZY = 0.200  # seconds a delete waits for an insert to share its commit
CHECKPOINT = 4_000  # pages
BATCH = 64  # operations in one message
DELETES = 2_000  # waiting deletes that are worth a commit of their own

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode

Row = tuple[int, str, str, int, bytes]  # entry, to, from, number, payload


class Store:
    """Group commit on a thread: one batch is being written while the next one gathers."""

    def __init__(self, path: Path, durable: Callable[[list[int]], None]) -> None:
        self._path = path
        self._durable = durable
        self._loop = asyncio.get_running_loop()
        self.puts: list[Row] = []
        self.deletes: list[tuple[int]] = []
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._lazy: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._queue: queue.SimpleQueue[tuple[list[Row], list[tuple[int]]]] = queue.SimpleQueue()
        self._writer = self._open()
        self._writer.execute("create table m(mid integer primary key, dev text, frm text, cid int, p blob)")
        self._writer.execute("create index mi on m(dev, mid)")
        self._reader = self._open()
        threading.Thread(target=self._run, daemon=True).start()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=64)
        for pragma in ("journal_mode=wal", "synchronous=full", f"wal_autocheckpoint={CHECKPOINT}", "cache_size=-65536"):
            database.execute(f"pragma {pragma}")
        return database

    def fetch(self, device: str) -> list[Row]:
        return self._reader.execute("select mid,dev,frm,cid,p from m where dev=? order by mid", (device,)).fetchall()

    def kick(self) -> None:
        """Something may have been queued in this turn of the loop."""
        if self._busy or self._timer is not None or not (self.puts or self.deletes):
            return
        if not self.puts and len(self.deletes) < DELETES:
            if self._lazy is None:
                self._lazy = self._loop.call_later(LAZY, self._delete_alone)
            return
        wait = self._last + LINGER - self._loop.time()
        if wait > 0:
            self._timer = self._loop.call_later(wait, self._fire)
        else:
            self._fire()

    def _delete_alone(self) -> None:
        self._lazy = None
        if not self._busy:
            self._fire()

    def _fire(self) -> None:
        self._timer = None
        if self._busy or not (self.puts or self.deletes):
            return
        puts, deletes, self.puts, self.deletes = self.puts, self.deletes, [], []
        self._busy = True
        self._queue.put((puts, deletes))

    def _run(self) -> None:
        database = self._writer
        while True:
            puts, deletes = self._queue.get()
            database.execute("begin immediate")
            if puts:
                database.executemany("insert into m(mid,dev,frm,cid,p) values(?,?,?,?,?)", puts)
            if deletes:
                database.executemany("delete from m where mid=?", deletes)
            database.execute("commit")
            self._loop.call_soon_threadsafe(self._finished, [row[0] for row in puts])

    def _finished(self, entries: list[int]) -> None:
        self._busy = False
        self._last = self._loop.time()
        self._durable(entries)
        self.kick()


class Link:
    """What one connection has to write."""

    __slots__ = ("_relay", "_transport", "delivered", "device", "operations", "sent")

    def __init__(self, relay: "Relay", device: str, transport: asyncio.Transport) -> None:
        self._relay = relay
        self._transport = transport
        self.device = device
        self.operations: list[list[Any]] = []
        self.sent: list[int] = []
        self.delivered: list[int] = []

    def flush(self) -> None:
        """One unmasked frame with all of this turn, or a few when it is much."""
        operations, sent, delivered = self.operations, self.sent, self.delivered
        self.operations, self.sent, self.delivered = [], [], []
        if sent:
            operations.append([3, *sent])
        if delivered:
            operations.append([5, *delivered])
        bodies = [_encode(operations[at : at + BATCH]) for at in range(0, len(operations), BATCH)]
        if bodies and not self._transport.is_closing():
            self._transport.write(b"".join(part for body in bodies for part in (_head(len(body)), body)))


def _head(size: int) -> bytes:
    if size < 126:
        return bytes((0x82, size))
    if size < 65_536:
        return b"\x82\x7e" + size.to_bytes(2, "big")
    return b"\x82\x7f" + size.to_bytes(8, "big")


class Relay:
    """Who is connected, what was handed over, what is not on the disk yet."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._links: dict[str, Link] = {}
        self._pending: dict[int, tuple[str, int]] = {}  # entry: sender, number; until its recipient has it
        self._fresh: dict[int, tuple[Link, int]] = {}  # until it is durable
        self._entry = time.time_ns()
        self._dirty: set[Link] = set()
        self._scheduled = False
        self._store = Store(folder / "prototype.db", self._durable)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 22)
        await socket.prepare(request)
        transport: Any = request.transport
        link = self._join(request.query["d"], transport)
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    self._handle(link, message.data)
        finally:
            if self._links.get(link.device) is link:
                del self._links[link.device]
        return socket

    def _join(self, device: str, transport: asyncio.Transport) -> Link:
        link = self._links[device] = Link(self, device, transport)
        for entry, _, sender, number, payload in self._store.fetch(device):
            self._pending[entry] = (sender, number)
            link.operations.append([4, entry, sender, number, payload])
        link.flush()
        return link

    def _handle(self, link: Link, data: bytes) -> None:
        for operation in _decode(data):
            if operation[0] == 1:
                self._submit(link, operation)
            elif operation[0] == 2:
                self._acknowledged(operation)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn)

    def _submit(self, link: Link, operation: list[Any]) -> None:
        _, number, to, payload = operation
        self._entry += 1
        entry = self._entry
        recipient = self._links.get(to)
        if recipient is not None:
            self._pending[entry] = (link.device, number)
            recipient.operations.append([4, entry, link.device, number, payload])
            self._dirty.add(recipient)
        self._fresh[entry] = (link, number)
        self._store.puts.append((entry, to, link.device, number, payload))

    def _acknowledged(self, operation: list[Any]) -> None:
        for entry in operation[1:]:
            known = self._pending.pop(entry, None)
            if known is None:
                continue
            self._store.deletes.append((entry,))
            sender = self._links.get(known[0])
            if sender is not None:
                sender.delivered.append(known[1])
                self._dirty.add(sender)

    def _turn(self) -> None:
        self._scheduled = False
        self._store.kick()
        self._flush()

    def _durable(self, entries: list[int]) -> None:
        for entry in entries:
            link, number = self._fresh.pop(entry)
            link.sent.append(number)
            self._dirty.add(link)
        self._flush()

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, set()
        for link in dirty:
            link.flush()


async def main(folder: Path) -> None:
    app = web.Application()
    app.router.add_get("/ws", Relay(folder).serve)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The yardstick relay, on loopback; a folder for its database.")
    parser.add_argument("folder", type=Path)
    uvloop.run(main(parser.parse_args().folder))
