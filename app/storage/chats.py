"""The rows of the chat list: each conversation with its name, last message and unread count."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from app.storage import messages
from app.storage.cipher import Row
from app.storage.record import Record, marks
from app.storage.transaction import View

UNREAD_CAP = 1000


class Place(NamedTuple):
    """Where a row stands: pinned ones first, then the most recently active."""

    pinned: bool
    active_at: int
    conversation: bytes


class Chat(msgspec.Struct, frozen=True):
    """One row; ``unread`` stops counting at 1000, ``last`` is None while nothing was said.

    ``name`` is the user's own name for the person, ``claimed_name`` what it says of itself; ``address`` one of its own.
    """

    conversation: bytes
    person: bytes | None
    account: bytes | None
    title: str
    name: str
    claimed_name: str
    address: str
    relation: str
    verified: bool
    muted_until: int
    pinned: bool
    archived: bool
    draft: str
    draft_at: int
    active_at: int
    marked_unread: bool
    unread: int
    last: messages.Message | None = None

    @property
    def gone(self) -> bool:
        """What is left of a request that was deleted: in no list until something comes in."""
        return self.archived and self.last is None and self.relation == "stranger"

    @property
    def place(self) -> Place:
        return Place(self.pinned, self.active_at, self.conversation)


_RECORD = Record(Chat)
# The index of what counts answers alone, and it stops at the cap: a chat never opened costs no more than another.
_COUNT = f"""min({UNREAD_CAP}, (SELECT count(*) FROM (SELECT 1 FROM messages m WHERE m.conversation = c.conversation
        AND (m.ord, m.message) > (c.read_order, c.read_message) AND m.countable LIMIT {UNREAD_CAP}))
        + (SELECT count(*) FROM {messages.LATE} AND m.conversation = c.conversation))"""
_SELECT = f"""
SELECT c.conversation, c.person, p.account, c.title, ifnull(p.name, ''), ifnull(p.claimed_name, ''),
    ifnull((SELECT min(a.address) FROM addresses a WHERE a.person = c.person), ''), ifnull(p.relation, 'accepted'),
    ifnull(p.verified, 0), c.muted_until, c.pinned, c.archived, c.draft, c.draft_at, c.active_at,
    c.marked_unread,
    {_COUNT},
    c.last_message
FROM conversations c LEFT JOIN people p ON p.person = c.person"""


# What is left of a request that was deleted: in no list until something comes in.
_GONE = "(c.archived AND c.last_message = 0 AND ifnull(p.relation, '') = 'stranger')"
# Whether there is anything unread, which costs less than how much.
_UNREAD = f"""(c.marked_unread OR EXISTS (SELECT 1 FROM messages m WHERE m.conversation = c.conversation
    AND (m.ord, m.message) > (c.read_order, c.read_message) AND m.countable)
    OR EXISTS (SELECT 1 FROM {messages.LATE} AND m.conversation = c.conversation))"""
# Whether what was said last went, or came, as a text: the tag of the row.
_BY_TEXT = "EXISTS (SELECT 1 FROM messages m WHERE m.row = c.last_message AND m.bearer = 'text')"


def listed(
    view: View,
    limit: int,
    after: Place | None = None,
    *,
    archived: bool = False,
    unread: bool = False,
    texts: bool = False,
    kept: bytes = b"",
) -> list[Chat]:
    """A page of the list, in its order; ``after`` continues behind the last row of the page before.

    With ``unread`` it holds only what is unread, with ``texts`` only what goes by text, and the conversation ``kept``.
    """
    where = f"WHERE c.archived = ? AND NOT {_GONE}"
    values: list[bool | bytes] = [archived]
    for wanted, rule in ((unread, _UNREAD), (texts, _BY_TEXT)):
        if wanted:
            where += f" AND ({rule} OR c.conversation = ?)"
            values.append(kept)
    place: list[int | bytes] = []
    if after is not None:
        where += (
            " AND (c.pinned < ? OR (c.pinned = ? AND (c.active_at < ? OR (c.active_at = ? AND c.conversation > ?))))"
        )
        place = [after.pinned, after.pinned, after.active_at, after.active_at, after.conversation]
    ordering = "ORDER BY c.pinned DESC, c.active_at DESC, c.conversation LIMIT ?"
    return _chats(view, view.rows(f"{_SELECT} {where} {ordering}", (*values, *place, limit)))


def of(view: View, conversations: Sequence[bytes]) -> list[Chat]:
    """The rows of those conversations, archived ones too, in the order of the list."""
    found: list[Row] = []
    for at in range(0, len(conversations), 500):
        part = conversations[at : at + 500]
        found += view.rows(f"{_SELECT} WHERE c.conversation IN ({marks(len(part))})", part)
    chats = _chats(view, found)
    return sorted(chats, key=lambda chat: (not chat.pinned, -chat.active_at, chat.conversation))


class Named(NamedTuple):
    """A conversation and the names it may be looked for by; all but the first may be empty."""

    conversation: bytes
    title: str
    name: str
    claimed_name: str
    claimed_address: str
    addresses: str


def names(view: View) -> list[Named]:
    """All conversations, archived ones too, in the order of the list; ``addresses`` has spaces between."""
    sql = f"""SELECT c.conversation, c.title, ifnull(p.name, ''), ifnull(p.claimed_name, ''),
        ifnull(p.claimed_address, ''),
        ifnull((SELECT group_concat(a.address, ' ') FROM addresses a WHERE a.person = c.person), '')
        FROM conversations c LEFT JOIN people p ON p.person = c.person WHERE NOT {_GONE}
        ORDER BY c.pinned DESC, c.active_at DESC, c.conversation"""
    return [Named(*row) for row in view.rows(sql)]


def unread_total(view: View) -> int:
    """Unread messages of all conversations that are neither muted nor archived, each counted up to 1000."""
    sql = f"""SELECT ifnull(sum(n), 0) FROM (SELECT {_COUNT} AS n FROM conversations c
        WHERE c.archived = 0 AND c.muted_until <= ?)"""
    return int(view.value(sql, (view.now,)))


def unread_conversations(view: View) -> int:
    """How many conversations that are neither muted nor archived have something unread or are marked so."""
    sql = f"SELECT count(*) FROM conversations c WHERE c.archived = 0 AND c.muted_until <= ? AND {_UNREAD}"
    return int(view.value(sql, (view.now,)))


def any_archived(view: View) -> bool:
    """Whether the archive holds anything."""
    people = "LEFT JOIN people p ON p.person = c.person"
    sql = f"SELECT 1 FROM conversations c {people} WHERE c.archived = 1 AND NOT {_GONE} LIMIT 1"
    return view.value(sql) is not None


def any_texts(view: View) -> bool:
    """Whether a listed conversation goes by text."""
    return view.value(f"SELECT 1 FROM conversations c WHERE c.archived = 0 AND {_BY_TEXT} LIMIT 1") is not None


def _chats(view: View, rows: list[Row]) -> list[Chat]:
    last = {message.row: message for message in messages.of_rows(view, [row[-1] for row in rows if row[-1]])}
    return [_RECORD.value((*row[:-1], last.get(row[-1]))) for row in rows]
