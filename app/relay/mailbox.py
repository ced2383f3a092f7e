"""The rules of the queues: accept once, keep, hand over, withdraw, forget. No input or output of its own.

Everything here runs on the loop, one call after the other; that order is the mailbox's serial order. The store gets the
changes in the same order and says when they are durable.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from app.common import errors
from app.protocol import frames
from app.protocol import limits as protocol_limits
from app.relay.limits import Limits
from app.relay.store.base import IN_SESSION, MailStore, Outcome, Record, Relation, Row
from app.relay.store.lifetime import Boot

ROW_COST: Final = 200  # bytes an entry costs besides content and envelope
FULL_RETRY: Final = 60.0  # seconds


class Answer(StrEnum):
    """What Withdrawn says."""

    WITHDRAWN = "withdrawn"
    NEVER_HAD = "never_had"
    HANDED_OVER = "handed_over"
    NOT_KNOWN = "not_known"


class Author(NamedTuple):
    """Who submits: numbers for the store, ids for the recipient."""

    account: int
    device: int
    account_id: bytes
    device_id: bytes


class Receiver(Protocol):
    """The connection of a recipient's device."""

    def offer(self, row: Row) -> None:
        """A new entry, which may not be durable yet."""
        ...


class Tally:
    """What one sender has in one box."""

    __slots__ = ("entries", "size", "stranger")

    def __init__(self, stranger: bool, entries: int = 0, size: int = 0) -> None:
        self.stranger = stranger
        self.entries = entries
        self.size = size


class Box:
    """The queue of one device. ``handed`` is the highest entry that was handed to it by this process."""

    __slots__ = ("entries", "handed", "number", "receiver", "size", "strangers", "tallies")

    def __init__(self, number: int) -> None:
        self.number = number
        self.entries = 0
        self.size = 0
        self.strangers = 0
        self.tallies: dict[int, Tally] = {}
        self.receiver: Receiver | None = None
        self.handed = 0

    def add(self, sender: int, size: int, stranger: bool) -> None:
        tally = self.tallies.get(sender)
        if tally is None:
            tally = self.tallies[sender] = Tally(stranger)
        tally.entries += 1
        tally.size += size
        self.entries += 1
        self.size += size
        if tally.stranger:
            self.strangers += 1

    def drop(self, sender: int, size: int) -> None:
        tally = self.tallies.get(sender)
        if tally is None:
            return
        self.entries -= 1
        self.size -= size
        tally.entries -= 1
        tally.size -= size
        if tally.stranger:
            self.strangers -= 1
        if tally.entries <= 0:
            del self.tallies[sender]

    def judge(self, sender: int, stranger: bool) -> None:
        """The owner's relation to this sender has changed."""
        tally = self.tallies.get(sender)
        if tally is not None and tally.stranger != stranger:
            tally.stranger = stranger
            self.strangers += tally.entries if stranger else -tally.entries

    def limit_met(self, sender: int, size: int, limits: Limits, stranger: bool, own: bool, quiet: bool) -> str:
        """The limit that keeps an entry of this size out, or nothing."""
        reserve = 0 if own or quiet else limits.quiet_reserve
        if self.entries >= limits.mailbox_entries - reserve:
            return "mailbox_entries"
        if self.size + size > limits.mailbox_bytes:
            return "mailbox_bytes"
        if own or (not self.entries and not stranger):
            return ""
        tally = self.tallies.get(sender)
        if not stranger:
            return "contact_entries" if tally is not None and tally.entries >= limits.contact_entries else ""
        if self.strangers >= limits.strangers_entries:
            return "strangers_entries"
        return _stranger_limit(tally or Tally(True), size, limits)


def _stranger_limit(tally: Tally, size: int, limits: Limits) -> str:
    if tally.entries >= limits.stranger_entries:
        return "stranger_entries"
    return "stranger_bytes" if tally.size + size > limits.stranger_bytes else ""


class Post:
    """What all mailboxes of a relay share: the store, the counter of entries, the boot ids that still count."""

    def __init__(self, mail: MailStore, limits: Limits, first: int, boots: Sequence[Boot]) -> None:
        self.mail = mail
        self.limits = limits
        self.first = first  # entries below were accepted before this process
        self.next = first
        self._boots: list[Boot] = []
        self.set_boots(boots)

    def set_boots(self, boots: Sequence[Boot]) -> None:
        """The boot ids of the last month."""
        self._boots = sorted(boots, key=lambda boot: (boot.run, boot.began))

    @property
    def boots(self) -> Sequence[Boot]:
        """Oldest first; the last one is given to whoever logs in."""
        return self._boots

    def withdraw(
        self, author: Author, frame: frames.Withdraw, mailbox: "Mailbox | None", now: int
    ) -> tuple[Answer, Record | None]:
        """Take a submit back; WITHDRAWN and NEVER_HAD may only be said once the record that comes with them is durable.

        ``mailbox`` is that of the account the sender names. The frame's boot id tells when the submit was tried first.
        """
        boot = self._boot(frame.boot, now)
        record = self.mail.known(author.device, frame.submit)
        if record is not None and record.outcome == Outcome.WITHDRAWN:
            return Answer.WITHDRAWN, record
        if boot is None:
            return Answer.NOT_KNOWN, None
        if record is None:
            return self._never_had(author, frame, boot, mailbox.number if mailbox is not None else 0, now)
        if mailbox is None or mailbox.number != record.to:
            return Answer.NOT_KNOWN, None
        if self._run_of(record.entry) != boot.run and mailbox.seen >= boot.first:
            # The relay died between the first try and this acceptance: what it pushed then, it forgot.
            return Answer.HANDED_OVER, None
        answer = mailbox.withdraw(record)
        return answer, record if answer == Answer.WITHDRAWN else None

    def _boot(self, name: bytes, now: int) -> Boot | None:
        """A boot id that still counts; they age out before any record does."""
        oldest = now - protocol_limits.RETENTION
        return next((boot for boot in self._boots if boot.boot == name and boot.began >= oldest), None)

    def _run_of(self, entry: int) -> int:
        return max((boot.run for boot in self._boots if boot.first <= entry), default=0)

    def _never_had(
        self, author: Author, frame: frames.Withdraw, boot: Boot, to: int, now: int
    ) -> tuple[Answer, Record | None]:
        """Only if it was first tried in this unbroken run of the relay: else it may have been pushed and forgotten."""
        if boot.run != self._boots[-1].run:
            return Answer.NOT_KNOWN, None
        record = Record(author.device, frame.submit, to, 0, 0, now, Outcome.WITHDRAWN)
        self.mail.mark(record, ())
        return Answer.NEVER_HAD, record


class Mailbox:
    """The queues of one account's devices. ``seen`` is the highest entry that may have been handed to any of them."""

    __slots__ = ("_phantoms", "_post", "boxes", "number", "seen", "sessions")

    def __init__(self, post: Post, number: int, seen: int) -> None:
        self._post = post
        self.number = number
        self.seen = seen
        self.sessions = 0
        self.boxes: dict[bytes, Box] = {}
        self._phantoms: dict[int, Tally] = {}

    def open_box(self, device: bytes, number: int, relations: Mapping[int, int]) -> Box:
        """Begin to look after the queue of a listed device, with what the store holds for it."""
        box = self.boxes[device] = Box(number)
        box.handed = self.seen  # whatever lies here may have been handed over before it was loaded
        for sender, entries, size in self._post.mail.shares(number):
            known = sender == self.number or relations.get(sender) == Relation.ACCEPTED
            box.tallies[sender] = Tally(not known, entries, size)
            box.entries += entries
            box.size += size
            box.strangers += 0 if known else entries
        return box

    def begin_session(self) -> None:
        self.sessions += 1
        self.seen = IN_SESSION
        self._phantoms.clear()

    def end_session(self) -> bool:
        """True when that was the account's last one; what comes from now on has been seen by nobody."""
        self.sessions -= 1
        if self.sessions:
            return False
        self.seen = self._post.next - 1
        return True

    def accept(self, author: Author, frame: frames.Submit, relation: int, now: int) -> Record:
        """Take one submit for the devices it has envelopes for: all of them or none.

        The caller has compared the devices with the list and asked for a record of the submit id. Connected devices
        get their entries at once; the record turns durable later. AgainLater ``mailbox_full`` with the limit's name.
        """
        account = author.account
        own = account == self.number
        if relation == Relation.BLOCKED and not own:
            return self._accept_in_vain(author, frame, now)
        stranger = relation != Relation.ACCEPTED and not own
        post = self._post
        boxes = self.boxes
        common = len(frame.content) + ROW_COST
        for item in frame.envelopes:
            size = common + len(item.envelope)
            limit = boxes[item.device].limit_met(account, size, post.limits, stranger, own, not frame.visible)
            if limit:
                raise errors.AgainLater("mailbox_full", limit, retry_after=FULL_RETRY)
        first = entry = post.next
        rows: list[Row] = []
        for item in frame.envelopes:
            box = boxes[item.device]
            size = common + len(item.envelope)
            row = Row(entry, box.number, account, now, size, _deliver(author, frame, item.envelope, entry, now))
            rows.append(row)
            box.add(account, size, stranger)
            if box.receiver is not None:
                box.receiver.offer(row)
            entry += 1
        post.next = entry
        record = Record(author.device, frame.submit, self.number, first, entry - first, now, Outcome.ACCEPTED)
        post.mail.put(rows, record)
        return record

    def _accept_in_vain(self, author: Author, frame: frames.Submit, now: int) -> Record:
        """From somebody blocked: every answer is the one a stranger would get, and nothing is kept."""
        post = self._post
        entry = 0  # handed over, as far as anybody is told
        if not self.sessions:
            tally = self._phantoms.setdefault(author.account, Tally(True))
            size = len(frame.content) + ROW_COST + max(len(item.envelope) for item in frame.envelopes)
            limit = _stranger_limit(tally, size, post.limits)
            if limit:
                raise errors.AgainLater("mailbox_full", limit, retry_after=FULL_RETRY)
            tally.entries += 1
            tally.size += size
            entry = post.next
            post.next += 1
        record = Record(author.device, frame.submit, self.number, entry, 0, now, Outcome.ACCEPTED)
        post.mail.put((), record)
        return record

    def acknowledge(self, box: Box, entries: Sequence[tuple[int, int, int]]) -> None:
        """The device has these (entry, sender, size): the relay forgets them."""
        for _, sender, size in entries:
            box.drop(sender, size)
        self._post.mail.forget([entry for entry, _, _ in entries])

    def withdraw(self, record: Record) -> Answer:
        """Take back an accepted submit if nobody can have had it; nothing changes otherwise.

        Either no device of the account had a session since, or this process accepted it and has not pushed it. After
        WITHDRAWN the record is a mark, durable before the answer may leave.
        """
        post = self._post
        rows = {
            device: post.mail.rows(box.number, record.entry, record.count) if record.count else []
            for device, box in self.boxes.items()
        }
        if record.entry <= self.seen and not self._unpushed(record, rows):
            return Answer.HANDED_OVER
        gone: list[int] = []
        for device, found in rows.items():
            for row in found:
                self.boxes[device].drop(row.sender, row.size)
                gone.append(row.entry)
        record.outcome = Outcome.WITHDRAWN
        post.mail.mark(record, gone)
        return Answer.WITHDRAWN

    def _unpushed(self, record: Record, rows: Mapping[bytes, list[Row]]) -> bool:
        """Whether this process accepted it and all of it still waits behind what was handed over."""
        if record.entry < self._post.first or not record.count:
            return False
        if sum(len(found) for found in rows.values()) != record.count:
            return False
        return all(row.entry > self.boxes[device].handed for device, found in rows.items() for row in found)


def _deliver(author: Author, frame: frames.Submit, envelope: bytes, entry: int, now: int) -> bytes:
    """The frame as it will lie in the store and go over the wire."""
    return frames.encode_one(
        frames.Deliver(
            entry,
            author.account_id,
            author.device_id,
            frame.submit,
            frame.order,
            now,
            frame.visible,
            frame.content,
            envelope,
        )
    )
