"""Rows of the list for tests: an entry in any state in one line."""

from app.client.chat_list import Entry
from app.client.records import Record
from app.common import ids
from app.content import base, text
from app.domain import delivery, message
from app.domain.bearer import Bearer
from app.domain.people import Shown
from app.storage.chats import Place
from app.storage.messages import Position

NOW = 1_794_303_660_000  # Tuesday 2026-11-10T09:41Z
MINUTE = 60_000
DAY = 1440 * MINUTE
ME, BOB = ids.AccountId(b"M" * 32), ids.AccountId(b"B" * 32)


def said(
    words: str = "See you at the weir",
    *,
    own: bool = False,
    status: delivery.Status = delivery.Status.READ,
    at: int = NOW - 3 * MINUTE,
    gone: bool = False,
    bearer: Bearer = Bearer.RICH,
) -> Record:
    """A last message."""
    deliveries = (message.Delivery(BOB, status),) if own else ()
    stored = message.Message(
        ids.MessageId(bytes(16)),
        ids.ConversationId(bytes(16)),
        ME if own else BOB,
        text.Text(words),
        at,
        at,
        outgoing=own,
        bearer=bearer,
        deliveries=deliveries,
    )
    shown = message.Shown(stored, None if gone else text.Text(words))
    return Record(Position(at, bytes(16), 1), shown, Shown("", claimed=False))


def entry(
    name: str = "Jonas Lind",
    last: Record | None = None,
    *,
    number: int = 0,
    pinned: bool = False,
    unread: int = 0,
    marked: bool = False,
    muted: bool = False,
    draft: str = "",
    verified: bool = False,
    request: bool = False,
    blocked: bool = False,
    archived: bool = False,
) -> Entry:
    """A conversation; the ``number`` makes its id."""
    last = last if last is not None else said()
    return Entry(
        Place(pinned, NOW - number * MINUTE, number.to_bytes(16, "big")),
        Shown(name, claimed=False),
        verified,
        request,
        blocked,
        NOW + DAY if muted else 0,
        archived,
        draft,
        NOW - MINUTE if draft else 0,
        marked,
        unread,
        last,
        base.one_line(last.words, 200),
    )
