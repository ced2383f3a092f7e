"""Repeats: asking for what could not be read or never came, and answering such a request, both within limits.

Only accepted people are asked: whoever is not must not learn from a request that somebody is there.
An answer goes only to the very account and device that was a recipient and is still listed: the same content in a new
envelope. PROTOCOL section 4.4 gives the limits: one an hour for a device, twenty a day for a peer, 30 days back.
"""

import secrets
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from app.client import changes, peers
from app.client.me import Me
from app.common import ids
from app.content import annotations, catalog
from app.content.payload import Payload
from app.domain import ordering
from app.protocol import devices, limits, signed
from app.storage import annotations as annotation_table
from app.storage import conversations, jobs, keys, messages, notices, own, people, receipts, recipients
from app.storage import repeats as table
from app.storage.transaction import Tx

A_DAY = 20
HOLES_AT_ONCE = 16
SHOWN_FROM = 3  # resets of one device in a day before the user hears of it
# Whoever asks counts the hour; half of it here, or a request that took its time on the way would be lost.
ANSWERED_ANEW = limits.HOUR // 2
REPEATED = 2**31  # attempts from here on are repeats; below are the sender's own
UNREADABLE = annotations.LOCAL + "unreadable"  # stands where a message will be, under the submit id that is asked for


def ask(
    tx: Tx,
    account: bytes,
    device: bytes,
    *,
    unopened: tuple[annotations.Unopened, ...] = (),
    holes: tuple[annotations.Hole, ...] = (),
    message: bytes,
) -> bool:
    """Ask that device for these; joined to a request that waits, else a new one, at most one an hour.

    ``message`` is the id of a new request. False when the day's number is used up, everything was asked before, or the
    account is not accepted.
    """
    known = people.by_account(tx, account)
    if known is None or known.relation != "accepted":
        return False
    unopened = tuple(each for each in unopened if not table.known(tx, "asked", account, each.submit))
    holes = tuple(each for each in holes if not table.known(tx, "asked", account, _subject(each)))
    if not unopened and not holes:
        return False
    if table.count(tx, "asked", account, tx.now - limits.DAY) >= A_DAY:
        return False
    lately = table.count(tx, "asked", account, tx.now - limits.HOUR, device)
    waiting = jobs.unsealed(tx, device, annotations.Repeat.kind)
    if waiting is not None:
        before = annotations.Repeat.from_wire(waiting.payload)
        joined = annotations.Repeat(
            (*before.unopened, *unopened)[: annotations.GAPS], (*before.holes, *holes)[: annotations.GAPS]
        )
        jobs.set_payload(tx, waiting.job, joined.to_wire())
    else:
        due = tx.now + limits.HOUR if lately else 0
        kind, body = catalog.encode(annotations.Repeat(unopened, holes))
        jobs.enqueue(tx, jobs.NewJob(device, message, kind, account=account, payload=body, due_at=due))
        tx.note(changes.OutboxChanged(frozenset({device})))
    for each in unopened:
        table.record(tx, "asked", account, device, each.submit)
    for each in holes:
        table.record(tx, "asked", account, device, _subject(each))
    if unopened and table.count(tx, "asked", account, tx.now - limits.DAY, device) >= SHOWN_FROM:
        notices.add(tx, "repeat", "often_unreadable", account=account, device=device)
    return True


def ask_once_accepted(tx: Tx, account: bytes, conversation: bytes, message: Callable[[], bytes]) -> None:
    """What somebody sent before they were accepted and could not be read; ``message`` makes ids."""
    lost: dict[bytes, list[annotations.Unopened]] = {}
    for each in messages.of_kind(tx, conversation, UNREADABLE, A_DAY):
        if each.author == account:
            unopened = annotations.Unopened(ids.DeviceId(each.device), ids.SubmitId(each.message), each.digest)
            lost.setdefault(each.device, []).append(unopened)
    for device, unopened in lost.items():
        ask(tx, account, device, unopened=tuple(unopened), message=message())


def new_start(tx: Tx, account: bytes, device: bytes, message: bytes) -> None:
    """That device could not follow us: an empty envelope starts our new chain without waiting for words.

    At most one an hour; our next words start it in any case. From the third in a day on the user hears of it.
    ``message`` is the id of that envelope.
    """
    lately = table.count(tx, "reset", account, tx.now - limits.HOUR, device)
    today = table.count(tx, "reset", account, tx.now - limits.DAY, device)
    if today < A_DAY:
        table.record(tx, "reset", account, device, message)
    if today + 1 >= SHOWN_FROM:
        notices.add(tx, "repeat", "often_reset", account=account, device=device)
    if lately or jobs.unsealed(tx, device, annotations.Nothing.kind) is not None:
        return
    kind, body = catalog.encode(annotations.Nothing())
    jobs.enqueue(tx, jobs.NewJob(device, message, kind, account=account, payload=body))
    tx.note(changes.OutboxChanged(frozenset({device})))


def confirm(tx: Tx, me: Me, message: Callable[[], bytes]) -> None:
    """An empty envelope to each account that has waited a day for us to name its epoch; ``message`` makes ids.

    Whoever writes, or only gets receipts from here, has been told by those; but an edit, a reaction or a receipt has no
    receipt, and a device may learn all there is from its sibling's. At most one a day for an account, own devices too;
    a stranger gets no sign that somebody is here.
    """
    for account in table.owed(tx, tx.now - limits.DAY):
        table.settle(tx, account)  # from the next such envelope on it is another day
        known = people.by_account(tx, account)
        if account != me.account and (known is None or known.relation != "accepted"):
            continue
        kind, body = catalog.encode(annotations.Nothing())
        jobs.enqueue(tx, jobs.NewJob(account, message(), kind, account=account, payload=body))
        tx.note(changes.OutboxChanged(frozenset({account})))


def _subject(hole: annotations.Hole) -> bytes:
    return hole.device + hole.sequence.to_bytes(8, "big") + hole.conversation


def answer(
    tx: Tx, me: Me, account: bytes, device: bytes, request: annotations.Repeat, *, tells_read: bool = False
) -> None:
    """Queue for that one device what it may get once more, within the limits: messages, what was said about them, and
    receipts. Those leave no trace that a submit could be found by, so the newest ones are simply said again: as *read*
    what was, if the user ``tells_read``.
    """
    if table.count(tx, "answered", account, tx.now - ANSWERED_ANEW, device):
        return
    left = max(0, A_DAY - table.count(tx, "answered", account, tx.now - limits.DAY))
    found = [_message(tx, account, row) for row in _rows(tx, me, account, device, request)]
    named = [bytes(each.submit) for each in request.unopened if each.device == me.device]
    missing = {submit for submit in named if recipients.by_submit(tx, submit) is None}
    found += _annotations(tx, me, account, device, missing)
    for job in [job for job in found if job is not None][:left]:
        again = replace(job, account=account, visible=True, attempt=REPEATED + secrets.randbelow(REPEATED))
        table.record(tx, "answered", account, device, job.message)
        jobs.enqueue(tx, replace(again, payload=device) if job.row is not None else replace(again, lane=device))
        tx.note(changes.OutboxChanged(frozenset({job.lane, device})))
    if missing:
        table.record(tx, "answered", account, device, b"")
        _receipts(tx, me, account, tells_read=tells_read)


def _rows(tx: Tx, me: Me, account: bytes, device: bytes, request: annotations.Repeat) -> dict[int, None]:
    return dict.fromkeys((*_unopened(tx, me, account, device, request), *_holes(tx, me, account, device, request)))


def _message(tx: Tx, account: bytes, row: int) -> jobs.NewJob | None:
    """The job for a message, unless there is nothing to repeat: taken back, too old, or still on its way."""
    stored = messages.get(tx, row)
    if stored is None or stored.retracted or tx.now - stored.sent_at > limits.RETENTION or jobs.of_message(tx, row):
        return None
    return jobs.NewJob(stored.conversation, stored.message, stored.kind, row=row, account=account)


def _annotations(tx: Tx, me: Me, account: bytes, device: bytes, submits: set[bytes]) -> list[jobs.NewJob | None]:
    """What was said about messages under these submit ids, taken out of them."""
    where = conversations.by_wire(tx, peers.wire_of(me.account, account)) if submits else None
    found: list[jobs.NewJob | None] = []
    if where is None:
        return found
    for note in annotation_table.said(tx, me.account, where.conversation, tx.now - limits.RETENTION):
        submit = signed.submit_id(note.message, account, 0)
        if submit not in submits:
            continue
        submits.discard(submit)
        target = messages.get(tx, note.target)
        sent_to = recipients.of_rows(tx, [note.target])[note.target]
        if target is None or (target.outgoing and not any(entry.sent_to(account, device) for entry in sent_to)):
            continue
        found.append(jobs.NewJob(where.conversation, note.message, note.kind, account=account, payload=note.body))
    return found


def _receipts(tx: Tx, me: Me, account: bytes, *, tells_read: bool) -> None:
    """Say again that the newest messages of an accepted account are here, or were read."""
    known = people.by_account(tx, account)
    where = conversations.by_wire(tx, peers.wire_of(me.account, account))
    if known is None or known.relation != "accepted" or where is None:
        return
    newest = messages.before(tx, where.conversation, None, annotations.RECEIPTS)
    unread = messages.late_of(tx, [each.row for each in newest])
    upto = (where.read_order, where.read_message) if tells_read and where.receipts else (0, b"")
    for stored in newest:
        if stored.author != account or not stored.countable:
            continue
        if (stored.ord, stored.message) <= upto and stored.row not in unread:
            receipts.drop(tx, account, [stored.message], annotations.ReceiptState.DELIVERED)
            receipts.add(tx, account, stored.message, annotations.ReceiptState.READ, tx.now)
        else:
            receipts.add(tx, account, stored.message, annotations.ReceiptState.DELIVERED, tx.now)
    tx.note(changes.ReceiptsDue(frozenset({account})))


def _unopened(tx: Tx, me: Me, account: bytes, device: bytes, request: annotations.Repeat) -> Iterator[int]:
    for each in request.unopened:
        entry = recipients.by_submit(tx, each.submit) if each.device == me.device else None
        if entry is not None and entry.sent_to(account, device):
            yield entry.row


def _holes(tx: Tx, me: Me, account: bytes, device: bytes, request: annotations.Repeat) -> Iterator[int]:
    for each in request.holes:
        where = conversations.by_wire(tx, each.conversation) if each.device == me.device else None
        if where is None:
            continue
        stored = messages.by_sequence(tx, where.conversation, me.device, each.sequence)
        if stored is None:
            continue
        if any(entry.sent_to(account, device) for entry in recipients.of_rows(tx, [stored.row])[stored.row]):
            yield stored.row


def count(tx: Tx, me: Me, device: bytes, payload: Payload) -> None:
    """Keep the numbers of a sender device, so that a hole is seen and asked for."""
    if not payload.sequence:
        return
    stored = keys.sequence(tx, device, payload.conversation)
    if stored is not None:
        before = ordering.Sequences(stored.highest, _unpacked(stored.holes))
    elif _late(tx, me):
        before = ordering.Sequences.joined(payload.sequence)
    else:
        before = ordering.Sequences()
    after = before.add(payload.sequence)
    packed = b"".join(number.to_bytes(8, "big") for number in after.missing)
    keys.save_sequence(tx, keys.Sequence(device, payload.conversation, after.highest, packed))


def _late(tx: Tx, me: Me) -> bool:
    """Whether this device came to its account later: what was sent before was never meant for it."""
    stored = own.load(tx)
    if stored is None:
        return False
    first = devices.read_list(stored.root_public, devices.unpack_chain(stored.chain)[0])
    return first.find(me.device) is None


def ask_for_holes(tx: Tx, me: Me, message: Callable[[], bytes]) -> None:
    """Ask for what a sender counted and we never got, once nothing more is on its way; ``message`` makes ids."""
    for sequence in keys.with_holes(tx, HOLES_AT_ONCE):
        pair = next((each for each in keys.pairs_of_device(tx, sequence.device) if not each.removed), None)
        if pair is None or pair.account == me.account:
            continue
        holes = tuple(
            annotations.Hole(ids.DeviceId(sequence.device), sequence.wire, number)
            for number in _unpacked(sequence.holes)[-annotations.GAPS :]
        )
        ask(tx, pair.account, sequence.device, holes=holes, message=message())


def _unpacked(holes: bytes) -> tuple[int, ...]:
    """Missing numbers as stored: eight bytes each."""
    return tuple(int.from_bytes(holes[at : at + 8], "big") for at in range(0, len(holes) - 7, 8))
