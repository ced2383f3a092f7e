"""Repeats: asking for what could not be read or never came, and answering such a request, both within limits.

An answer goes only to the very account and device that was a recipient and is still listed: the same content in a new
envelope. PROTOCOL section 4.4 gives the limits: one an hour for a device, twenty a day for a peer, 30 days back.
"""

import secrets
from collections.abc import Callable, Iterator

from app.client import changes
from app.client.me import Me
from app.common import ids
from app.content import annotations, catalog
from app.content.payload import Payload
from app.domain import ordering
from app.protocol import devices, limits
from app.storage import conversations, jobs, keys, messages, notices, own, people, recipients
from app.storage import repeats as table
from app.storage.transaction import Tx

A_DAY = 20
HOLES_AT_ONCE = 16
SHOWN_FROM = 3  # resets of one device in a day before the user hears of it
REPEATED = 2**31  # attempts from here on are repeats; below are the sender's own


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
    account is blocked.
    """
    known = people.by_account(tx, account)
    if known is not None and known.relation == "blocked":
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


def _subject(hole: annotations.Hole) -> bytes:
    return hole.device + hole.sequence.to_bytes(8, "big") + hole.conversation


def wanted(tx: Tx, me: Me, account: bytes, device: bytes, request: annotations.Repeat) -> Iterator[int]:
    """The rows that a request may get once more; each is counted as answered."""
    if table.count(tx, "answered", account, tx.now - limits.HOUR, device):
        return
    left = A_DAY - table.count(tx, "answered", account, tx.now - limits.DAY)
    rows = dict.fromkeys((*_unopened(tx, me, account, device, request), *_holes(tx, me, account, device, request)))
    for row in rows:
        stored = messages.get(tx, row)
        if left <= 0 or stored is None or stored.retracted or tx.now - stored.sent_at > limits.RETENTION:
            continue
        if jobs.of_message(tx, row):  # it is still on its way
            continue
        left -= 1
        table.record(tx, "answered", account, device, stored.message)
        yield row


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


def next_attempt() -> int:
    """A number for a repeat: far above the sender's own attempts, random so that two repeats never share one."""
    return REPEATED + secrets.randbelow(REPEATED)


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
