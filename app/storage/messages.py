"""Messages as sent or received: inserting, windows by (order, message id), and what happened to them since."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from app.common import errors
from app.common.discreet import Discreet
from app.storage.record import Record, marks
from app.storage.transaction import Tx, View

# Orders from here on are provisional: a message that is not sealed yet stands below all that are, in the order of
# writing, and takes its real place when it is sealed. No real order reaches this (it is the year 6429).
PENDING = 2**47


class Position(NamedTuple):
    """Where a message stands in its conversation; ``row`` only parts two that agree in everything else."""

    ord: int
    message: bytes
    row: int


class NewMessage(Discreet, frozen=True):
    """What is stored of a message; ``body`` as received, ``countable`` when it is incoming and counts as unread.

    ``received_at`` is when the relay accepted it, 0 when it has not; ``digest`` the hash of its content ciphertext.
    """

    _hidden: ClassVar = ("body", "fallback", "name_claim")

    conversation: bytes
    message: bytes
    author: bytes
    device: bytes
    kind: str
    body: bytes
    ord: int
    sent_at: int
    outgoing: bool = False
    countable: bool = False
    fallback: str = ""
    name_claim: str = ""
    sequence: int = 0
    received_at: int = 0
    digest: bytes = b""
    bearer: str = "rich"
    status: str = ""
    reason: str = ""


class Message(NewMessage, frozen=True):
    """A stored message; ``status`` and ``reason`` sum up its recipients, ``edited`` counts its edits."""

    row: int = 0
    stored_at: int = 0
    edited: int = 0
    retracted: bool = False

    @property
    def position(self) -> Position:
        return Position(self.ord, self.message, self.row)


class Inserted(NamedTuple):
    """``row`` of the message; ``fresh`` False when (author, message) was there, ``same`` False when it then differs."""

    row: int
    fresh: bool
    same: bool


_NEW = Record(NewMessage)
_RECORD = Record(Message)
_SELECT = f"SELECT {_RECORD.columns} FROM messages"
_INSERT = (
    f"INSERT INTO messages ({_NEW.columns}, stored_at) VALUES ({_NEW.marks}, ?) "
    "ON CONFLICT (message, author) DO NOTHING"
)
_TOUCH = (
    "UPDATE conversations SET last_order = max(last_order, ?), active_at = max(active_at, ?), last_message = "
    "iif(ifnull((SELECT (ord, message, row) > (?, ?, ?) FROM messages WHERE row = last_message), 0), last_message, ?), "
    "archived = archived AND muted_until > ? WHERE conversation = ?"
)
_READ = "SELECT (read_order, read_message) >= (?, ?) FROM conversations WHERE conversation = ?"
# What came in above the read position (repeated, or overtaken on its way) is unread all the same, until it is seen by
# itself: its place is kept until then. The read position only rises, so all of these stand before what is after it.
_KEEP_LATE = "INSERT OR IGNORE INTO places (name, conversation, row) VALUES ('late/' || ?1, ?2, ?1)"
LATE = "places p CROSS JOIN messages m ON m.row = p.row AND m.countable WHERE p.name GLOB 'late/*'"


def insert(tx: Tx, new: NewMessage) -> Inserted:
    """Store a message once; a second one by the same author under the same id is refused and said so."""
    row = tx.add(_INSERT, (*_NEW.values(new), tx.now))
    if row is None:
        return _double(tx, new)
    order, active = (0, tx.now) if new.ord >= PENDING else (new.ord, new.ord)
    tx.run(_TOUCH, (order, active, new.ord, new.message, row, row, tx.now, new.conversation))
    if new.countable and tx.value(_READ, (new.ord, new.message, new.conversation)):
        tx.run(_KEEP_LATE, (row, new.conversation))
    return Inserted(row, fresh=True, same=True)


def _double(tx: Tx, new: NewMessage) -> Inserted:
    known = find(tx, new.author, new.message)
    if known is None:
        raise errors.Broken("database", "a message was neither inserted nor there")
    return Inserted(known.row, fresh=False, same=known.digest == new.digest)


def get(view: View, row: int) -> Message | None:
    return _RECORD.of(view.row(f"{_SELECT} WHERE row = ?", (row,)))


def find(view: View, author: bytes, message: bytes) -> Message | None:
    return _RECORD.of(view.row(f"{_SELECT} WHERE message = ? AND author = ?", (message, author)))


def by_sequence(view: View, conversation: bytes, device: bytes, sequence: int) -> Message | None:
    """The sent message that carried this number of that own device in a conversation."""
    sql = f"{_SELECT} WHERE conversation = ? AND device = ? AND sequence = ? AND outgoing = 1 AND sequence > 0"
    return _RECORD.of(view.row(sql, (conversation, device, sequence)))


def of_kind(view: View, conversation: bytes, kind: str, limit: int) -> list[Message]:
    """The newest of that kind in a conversation, oldest first; reads all of it, so only where little was said."""
    sql = f"{_SELECT} WHERE conversation = ? AND kind = ? ORDER BY ord DESC, message DESC, row DESC LIMIT ?"
    return _RECORD.all(view.rows(sql, (conversation, kind, limit))[::-1])


def any_sent(view: View, conversation: bytes) -> bool:
    """Whether anything of one's own ever left there."""
    sql = "SELECT 1 FROM messages WHERE conversation = ? AND outgoing = 1 AND sequence > 0 LIMIT 1"
    return view.value(sql, (conversation,)) is not None


def with_id(view: View, message: bytes) -> list[Message]:
    """All messages under that id: two only when somebody copied another's id."""
    return _RECORD.all(view.rows(f"{_SELECT} WHERE message = ? ORDER BY row LIMIT 16", (message,)))


def of_rows(view: View, rows: Sequence[int]) -> list[Message]:
    """Those that still exist, in their order in a conversation."""
    found: list[Message] = []
    for at in range(0, len(rows), 500):
        part = rows[at : at + 500]
        found += _RECORD.all(view.rows(f"{_SELECT} WHERE row IN ({marks(len(part))})", part))
    return sorted(found, key=lambda message: message.position)


def before(view: View, conversation: bytes, position: Position | None, limit: int) -> list[Message]:
    """The last ``limit`` messages before a position (before the end when None), oldest first."""
    ordering = "ORDER BY ord DESC, message DESC, row DESC LIMIT ?"
    if position is None:
        rows = view.rows(f"{_SELECT} WHERE conversation = ? {ordering}", (conversation, limit))
    else:
        where = "WHERE conversation = ? AND (ord, message, row) < (?, ?, ?)"
        rows = view.rows(f"{_SELECT} {where} {ordering}", (conversation, *position, limit))
    return _RECORD.all(rows[::-1])


def after(view: View, conversation: bytes, position: Position | None, limit: int) -> list[Message]:
    """The first ``limit`` messages after a position (from the beginning when None), oldest first."""
    ordering = "ORDER BY ord, message, row LIMIT ?"
    if position is None:
        rows = view.rows(f"{_SELECT} WHERE conversation = ? {ordering}", (conversation, limit))
    else:
        where = "WHERE conversation = ? AND (ord, message, row) > (?, ?, ?)"
        rows = view.rows(f"{_SELECT} {where} {ordering}", (conversation, *position, limit))
    return _RECORD.all(rows)


def every(view: View, conversation: bytes, after: Position | None, step: int, limit: int) -> list[Position]:
    """The places of every ``step``-th message after a position (from the beginning when None), at most ``limit``."""
    found: list[Position] = []
    while len(found) < limit:
        part = places(view, conversation, after, 1, step - 1)
        if not part:
            break
        found += part
        after = part[0]
    return found


def places(view: View, conversation: bytes, after: Position | None, limit: int, skip: int = 0) -> list[Position]:
    """The places of messages after a position, without reading them; ``skip`` leaves out so many at first."""
    sql = "SELECT ord, message, row FROM messages WHERE conversation = ? "
    values: tuple[int | bytes, ...] = (conversation,)
    if after is not None:
        sql += "AND (ord, message, row) > (?, ?, ?) "
        values += tuple(after)
    rows = view.rows(f"{sql} ORDER BY ord, message, row LIMIT ? OFFSET ?", (*values, limit, skip))
    return [Position(int(order), bytes(message), int(row)) for order, message, row in rows]


def recent(view: View, limit: int) -> list[Message]:
    """The last stored ones of all conversations, oldest first."""
    return _RECORD.all(view.rows(f"{_SELECT} ORDER BY row DESC LIMIT ?", (limit,))[::-1])


_UNSENT = "outgoing = 1 AND status IN ('queued', 'sending', 'failed')"


def unsent(view: View, limit: int = -1) -> list[Message]:
    """Own ones that wait or failed, in the order of writing."""
    return _RECORD.all(view.rows(f"{_SELECT} WHERE {_UNSENT} ORDER BY row LIMIT ?", (limit,)))


def count_unsent(view: View) -> int:
    """How many there are of them."""
    return int(view.value(f"SELECT count(*) FROM messages WHERE {_UNSENT}"))


def since(view: View, row: int, limit: int) -> list[Message]:
    """What was stored after that row, in the order of storing: sent ones too."""
    return _RECORD.all(view.rows(f"{_SELECT} WHERE row > ? ORDER BY row LIMIT ?", (row, limit)))


def unread(
    view: View, conversation: bytes, upto: Position | None, limit: int = 1000, since: Position | None = None
) -> list[Message]:
    """Incoming messages after the own read position, up to and with ``upto`` (the end when None), oldest first.

    Before them those that came late, above that position; from ``since`` on when it is given.
    """
    found = [each for each in late(view, conversation) if upto is None or each.position <= upto]
    found = [each for each in found if since is None or each.position >= since][:limit]
    return found + _after_read(view, conversation, upto, limit - len(found))


def late(view: View, conversation: bytes) -> list[Message]:
    """What came in above the read position and was not seen yet, oldest first; at most 1000."""
    sql = f"SELECT {_RECORD.prefixed('m')} FROM {LATE} AND m.conversation = ? ORDER BY m.ord, m.message, m.row LIMIT ?"
    return _RECORD.all(view.rows(sql, (conversation, 1000)))


def late_of(view: View, rows: Sequence[int]) -> frozenset[int]:
    """Which of those rows (at most 500) came late and were not seen yet."""
    names = [f"late/{row}" for row in rows]
    return frozenset(row for (row,) in view.rows(f"SELECT row FROM places WHERE name IN ({marks(len(names))})", names))


def saw_late(tx: Tx, rows: Sequence[int]) -> frozenset[int]:
    """These were seen: those of them that had come late count no more."""
    gone = frozenset[int]()
    for at in range(0, len(rows), 500):
        part = late_of(tx, rows[at : at + 500])
        gone |= part
        for row in part:
            tx.run("DELETE FROM places WHERE name = ?", (f"late/{row}",))
    return gone


def _after_read(view: View, conversation: bytes, upto: Position | None, limit: int) -> list[Message]:
    sql = (
        f"SELECT {_RECORD.prefixed('m')} FROM conversations c JOIN messages m ON m.conversation = c.conversation "
        "AND (m.ord, m.message) > (c.read_order, c.read_message) AND m.countable WHERE c.conversation = ? "
    )
    values: tuple[int | bytes, ...] = (conversation,)
    if upto is not None:
        sql += "AND (m.ord, m.message, m.row) <= (?, ?, ?) "
        values += tuple(upto)
    return _RECORD.all(view.rows(f"{sql} ORDER BY m.ord, m.message, m.row LIMIT ?", (*values, limit)))


def set_status(tx: Tx, row: int, status: str, reason: str = "") -> bool:
    """The summary of its recipients; True when it changed."""
    sql = "UPDATE messages SET status = ?, reason = ? WHERE row = ? AND (status, reason) <> (?, ?)"
    return tx.run(sql, (status, reason, row, status, reason)) > 0


def set_accepted(tx: Tx, row: int, accepted_at: int) -> None:
    tx.run("UPDATE messages SET received_at = ? WHERE row = ?", (accepted_at, row))


def set_bearer(tx: Tx, row: int, bearer: str) -> None:
    tx.run("UPDATE messages SET bearer = ? WHERE row = ?", (bearer, row))


def set_sealed(tx: Tx, row: int, order: int, sequence: int, digest: bytes) -> None:
    """What sealing decided; the message moves to its order, everything else stays."""
    tx.run("UPDATE messages SET ord = ?, sequence = ?, digest = ? WHERE row = ?", (order, sequence, digest, row))
    _settle_newest(tx, row)


def take_back_order(tx: Tx, row: int) -> None:
    """Its order was refused: it stands below all that are sealed again, and what comes next follows those."""
    found = tx.row("SELECT conversation, ord FROM messages WHERE row = ?", (row,))
    if found is None or found[1] >= PENDING:
        return
    conversation = found[0]
    tx.run("UPDATE messages SET ord = ? WHERE row = ?", (PENDING + tx.now, row))
    tx.run(
        "UPDATE conversations SET last_order = highest, active_at = min(active_at, max(highest, ?2)) FROM (SELECT "
        "ifnull((SELECT max(ord) FROM messages WHERE conversation = ?1 AND ord < ?3), 0) AS highest) "
        "WHERE conversation = ?1",
        (conversation, tx.now, PENDING),
    )
    find_newest(tx, conversation)


def set_edited(tx: Tx, row: int, fallback: str) -> None:
    """One more edit; the body stays as received, the edit itself is an annotation."""
    tx.run("UPDATE messages SET edited = edited + 1, fallback = ? WHERE row = ?", (fallback, row))


def retract(tx: Tx, row: int) -> bool:
    """Its words are gone for good, its place stays; True when they were there. The caller removes it from search."""
    sql = "UPDATE messages SET retracted = 1, countable = 0, body = x'', fallback = '' WHERE row = ? AND retracted = 0"
    return tx.run(sql, (row,)) > 0


def remove(tx: Tx, row: int) -> bool:
    """Discard a message with its job, recipients and annotations. The caller removes it from search."""
    conversation = tx.value("SELECT conversation FROM messages WHERE row = ?", (row,))
    if conversation is None:
        return False
    tx.run("DELETE FROM messages WHERE row = ?", (row,))
    tx.run("DELETE FROM places WHERE name = ?", (f"late/{row}",))
    find_newest(tx, conversation)
    return True


def remove_all(tx: Tx, conversation: bytes) -> list[int]:
    """Discard all that was said there; the rows, which the caller removes from search."""
    rows = [row for (row,) in tx.rows("DELETE FROM messages WHERE conversation = ? RETURNING row", (conversation,))]
    tx.run("DELETE FROM places WHERE conversation = ?", (conversation,))
    find_newest(tx, conversation)
    return rows


def move_all(tx: Tx, source: bytes, target: bytes) -> list[int]:
    """Everything of one conversation into another, whose newest message is found anew; the rows that moved."""
    rows = [row for (row,) in tx.rows("SELECT row FROM messages WHERE conversation = ?", (source,))]
    tx.run("UPDATE messages SET conversation = ? WHERE conversation = ?", (target, source))
    find_newest(tx, target)
    return rows


def _settle_newest(tx: Tx, row: int) -> None:
    found = tx.row("SELECT conversation, ord FROM messages WHERE row = ?", (row,))
    if found is not None:
        conversation, order = found
        raised = "last_order = max(last_order, ?), active_at = max(active_at, ?)"
        tx.run(f"UPDATE conversations SET {raised} WHERE conversation = ?", (order, order, conversation))
        find_newest(tx, conversation)


def find_newest(tx: Tx, conversation: bytes) -> None:
    """Which message a conversation shows as its last, after one of them moved, went or came back."""
    tx.run(
        "UPDATE conversations SET last_message = ifnull((SELECT row FROM messages m WHERE m.conversation = ?1 "
        "ORDER BY ord DESC, message DESC, row DESC LIMIT 1), 0) WHERE conversation = ?1",
        (conversation,),
    )
