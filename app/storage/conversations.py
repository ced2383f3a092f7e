"""Conversations: where they lead, their order and sequence numbers, read position, draft and choices."""

import msgspec

from app.common import errors
from app.storage.record import Record
from app.storage.transaction import Tx, View


class Conversation(msgspec.Struct, frozen=True):
    """One conversation; a direct one has its person's id. ``wire`` is None until both accounts are known.

    ``last_message`` is the row of the newest message, 0 when empty. ``draft_reply`` is the row being answered, or 0.
    ``muted_until`` is a time, 0 when not muted. ``bearer`` is the user's policy (domain.conversation.Policy);
    ``receipts`` and ``typing`` say whether the other side is told.
    """

    conversation: bytes
    wire: bytes | None
    person: bytes | None
    title: str
    muted_until: int
    pinned: bool
    archived: bool
    bearer: str
    draft: str
    draft_reply: int
    draft_at: int
    active_at: int
    last_order: int
    last_message: int
    out_sequence: int
    read_order: int
    read_message: bytes
    marked_unread: bool
    receipts: bool
    typing: bool
    created: int


_RECORD = Record(Conversation)
_SELECT = f"SELECT {_RECORD.columns} FROM conversations"


def ensure_direct(tx: Tx, person: bytes, wire: bytes | None = None) -> bool:
    """Make the conversation with that person if there is none, and fill in its wire id; True when it is new."""
    fresh = tx.run(
        "INSERT INTO conversations (conversation, person, wire, active_at, created) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (conversation) DO NOTHING",
        (person, person, wire, tx.now, tx.now),
    )
    if not fresh and wire is not None:
        set_wire(tx, person, wire)
    return fresh > 0


def set_wire(tx: Tx, conversation: bytes, wire: bytes) -> None:
    """Raises Broken ``rebound`` when it has another one."""
    sql = "UPDATE conversations SET wire = ? WHERE conversation = ? AND (wire IS NULL OR wire = ?)"
    if not tx.run(sql, (wire, conversation, wire)):
        raise errors.Broken("rebound", "a conversation keeps its wire id")


def get(view: View, conversation: bytes) -> Conversation | None:
    return _RECORD.of(view.row(f"{_SELECT} WHERE conversation = ?", (conversation,)))


def by_wire(view: View, wire: bytes) -> Conversation | None:
    return _RECORD.of(view.row(f"{_SELECT} WHERE wire = ?", (wire,)))


def highest_order(view: View, conversation: bytes) -> int:
    """0 when nothing was said yet."""
    return int(view.value("SELECT last_order FROM conversations WHERE conversation = ?", (conversation,)) or 0)


def next_order(tx: Tx, conversation: bytes, now: int) -> int:
    """Take the order of what is sealed now: ``now``, or one above the highest so far."""
    sql = "UPDATE conversations SET last_order = max(?, last_order + 1) WHERE conversation = ? RETURNING last_order"
    return _known(tx.value(sql, (now, conversation)))


def raise_order(tx: Tx, conversation: bytes, order: int) -> None:
    """Something with that order was received; whatever is sent next comes after it."""
    tx.run("UPDATE conversations SET last_order = max(last_order, ?) WHERE conversation = ?", (order, conversation))


def next_sequence(tx: Tx, conversation: bytes) -> int:
    """Take the next number of this device in that conversation, from 1."""
    sql = "UPDATE conversations SET out_sequence = out_sequence + 1 WHERE conversation = ? RETURNING out_sequence"
    return _known(tx.value(sql, (conversation,)))


def _known(value: int | None) -> int:
    if value is None:
        raise errors.Broken("no_conversation")
    return value


def mark_read(tx: Tx, conversation: bytes, order: int, message: bytes) -> bool:
    """Move the own read position forward, never back; True when it moved."""
    sql = (
        "UPDATE conversations SET read_order = ?, read_message = ?, marked_unread = 0 "
        "WHERE conversation = ? AND (read_order, read_message) < (?, ?)"
    )
    return tx.run(sql, (order, message, conversation, order, message)) > 0


def set_draft(tx: Tx, conversation: bytes, text: str, reply: int = 0) -> None:
    """Keep what is half written; an empty text without reply is no draft."""
    at = tx.now if text or reply else 0
    tx.run(
        "UPDATE conversations SET draft = ?, draft_reply = ?, draft_at = ? WHERE conversation = ?",
        (text, reply, at, conversation),
    )


def set_title(tx: Tx, conversation: bytes, title: str) -> None:
    tx.run("UPDATE conversations SET title = ? WHERE conversation = ?", (title, conversation))


def set_muted(tx: Tx, conversation: bytes, until: int) -> None:
    tx.run("UPDATE conversations SET muted_until = ? WHERE conversation = ?", (until, conversation))


def set_pinned(tx: Tx, conversation: bytes, pinned: bool) -> None:
    tx.run("UPDATE conversations SET pinned = ? WHERE conversation = ?", (pinned, conversation))


def set_archived(tx: Tx, conversation: bytes, archived: bool) -> None:
    tx.run("UPDATE conversations SET archived = ? WHERE conversation = ?", (archived, conversation))


def put_away(tx: Tx, conversation: bytes) -> None:
    """Nothing was said there any more, and nothing was chosen: no list shows it until something comes in."""
    sql = "UPDATE conversations SET archived = 1, pinned = 0, muted_until = 0, marked_unread = 0 WHERE conversation = ?"
    tx.run(sql, (conversation,))
    set_draft(tx, conversation, "")


def set_marked_unread(tx: Tx, conversation: bytes, marked: bool) -> None:
    tx.run("UPDATE conversations SET marked_unread = ? WHERE conversation = ?", (marked, conversation))


def set_told(tx: Tx, conversation: bytes, *, receipts: bool, typing: bool) -> None:
    """Whether the other side gets read receipts and sees typing in this conversation."""
    tx.run("UPDATE conversations SET receipts = ?, typing = ? WHERE conversation = ?", (receipts, typing, conversation))


def set_bearer(tx: Tx, conversation: bytes, bearer: str) -> None:
    tx.run("UPDATE conversations SET bearer = ? WHERE conversation = ?", (bearer, conversation))
