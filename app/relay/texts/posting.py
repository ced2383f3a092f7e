"""How the relay itself puts an entry into the mailboxes of an account: once, and answered when it is on the disk."""

import asyncio
from collections.abc import Callable, Mapping

from app.protocol import frames
from app.relay.accounts import Account
from app.relay.mailbox import ROW_COST, Post
from app.relay.store.base import Outcome, Record, Row

Make = Callable[[int], frames.Frame]  # the frame, given its entry

THE_RELAY = 0  # sender of its records; devices are numbered from one


async def post(post: Post, account: Account, id: bytes, makes: Mapping[bytes, Make], now: int) -> bool:
    """An entry for each of these devices that is still listed and has room; False when there was none.

    The same ``id`` (16 bytes) again changes nothing.
    """
    record = post.mail.known(THE_RELAY, id)
    if record is None:
        record = _put(post, account, id, makes, now)
    if record is None:
        return False
    durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    record.when_durable(lambda _: None if durable.done() else durable.set_result(None))
    await durable
    return True


def _put(post: Post, account: Account, id: bytes, makes: Mapping[bytes, Make], now: int) -> Record | None:
    rows: list[Row] = []
    for device, make in makes.items():
        box = account.mailbox.boxes.get(device)
        if box is None:
            continue
        entry = post.next + len(rows)
        body = frames.encode_one(make(entry))
        size = len(body) + ROW_COST
        # Counted as the account's own: no stranger's limit shall lose what an operator is paid to deliver.
        if not box.limit_met(account.number, size, post.limits, stranger=False, own=True, quiet=False):
            rows.append(Row(entry, box.number, account.number, now, size, body))
            box.add(account.number, size, stranger=False)
    if not rows:
        return None
    first, post.next = post.next, post.next + len(rows)
    record = Record(THE_RELAY, id, account.number, first, len(rows), now, Outcome.ACCEPTED)
    by_number = {box.number: box for box in account.mailbox.boxes.values()}
    for row in rows:
        receiver = by_number[row.device].receiver
        if receiver is not None:
            receiver.offer(row)
    post.mail.put(rows, record)
    return record
