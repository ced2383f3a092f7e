"""Sends the receipts that are due: packed, a little late when there is no hurry, at once before the program ends."""

import asyncio
import logging
from collections import defaultdict

from app.client import changes
from app.common import clock, errors, ids, tasks
from app.content import catalog
from app.content.annotations import ReceiptState
from app.domain import receipts as rules
from app.storage import jobs, receipts
from app.storage.database import Database
from app.storage.transaction import Tx

log = logging.getLogger(__name__)

AT_ONCE = 1_000  # receipts in one transaction
COMPANY = 2_000  # milliseconds: what is due that soon goes along with the first that is
FARTHEST = 60_000  # milliseconds: no receipt is put off that long
ALL = 2**62
UNREADABLE = 5.0  # seconds until another try when the store did not answer


class Receipting:
    """Turns due receipts into quiet jobs, one lane per account."""

    def __init__(self, database: Database, hub: changes.Hub, time: clock.Clock, emptied: asyncio.Event) -> None:
        """``emptied`` is set while the mailbox has been read to its end: before that, receipts wait for company."""
        self._database = database
        self._hub = hub
        self._clock = time
        self._emptied = emptied
        self._owner = tasks.TaskOwner("receipts")
        self._wake = asyncio.Event()

    def start(self) -> None:
        """Begin, with whatever an earlier run left."""
        self._hub.subscribe(self._changed)
        self._owner.spawn(self._run(), name="send")

    async def close(self) -> None:
        """Stop; what is due stays due."""
        self._hub.unsubscribe(self._changed)
        await self._owner.close()

    def _changed(self, change: changes.Change) -> None:
        if isinstance(change, changes.ReceiptsDue):
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._emptied.wait()
            self._wake.clear()
            try:
                wait = await self._next()
            except errors.KingfisherError as error:
                # No receipt would ever leave again if this ended the worker.
                log.error("the due receipts could not be sent: %s", error.code)
                wait = UNREADABLE
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _next(self) -> float | None:
        """Queue what is due; how many seconds until the next is, None without any."""
        while (due := await self._database.read(receipts.next_due_at)) is not None:
            now = self._clock.now()
            if now < due <= now + FARTHEST:
                return (due - now) / 1000
            # Farther than any receipt is put off: the clock was put back, and it would wait for the old one's time.
            await self.flush(now + COMPANY if due <= now else None)
        return None

    async def flush(self, upto: int | None = None) -> None:
        """Queue everything due by ``upto`` (milliseconds; all of it when None), in one transaction."""
        await self._database.write(lambda tx: self._queue(tx, upto if upto is not None else ALL))

    def _queue(self, tx: Tx, upto: int) -> None:
        waiting: defaultdict[tuple[bytes, ReceiptState], list[ids.MessageId]] = defaultdict(list)
        for receipt in receipts.due(tx, upto, AT_ONCE):
            waiting[receipt.account, ReceiptState(receipt.state)].append(ids.MessageId(receipt.message))
        for (account, state), messages in waiting.items():
            for packed in rules.packed(state, messages):
                kind, body = catalog.encode(packed)
                jobs.enqueue(tx, jobs.NewJob(account, ids.new_id(self._clock), kind, account=account, payload=body))
            receipts.drop(tx, account, messages, state)
        if waiting:
            tx.note(changes.OutboxChanged(frozenset(account for account, _ in waiting)))


def mark(tx: Tx, account: bytes, message: bytes, due_at: int, *, held: bool) -> None:
    """A message was shown: its *read* receipt replaces a *delivered* one that has not left yet.

    ``held``: its author is not accepted and is told nothing until then.
    """
    receipts.drop(tx, account, [message], ReceiptState.DELIVERED)
    receipts.add(tx, account, message, ReceiptState.READ, due_at, held=held)
