"""What somebody writing needs to know: the draft, the message being answered, the last one that may be edited."""

from typing import Final

import msgspec

from app.client import folding, records
from app.common import ids
from app.content import base, text
from app.domain import message as rules
from app.domain import people as persons
from app.storage import conversations, messages
from app.storage.messages import Message, Position
from app.storage.transaction import View

QUOTED: Final = 200  # characters
LOOKED_AT: Final = 50  # messages back from the end, for one that may be edited
RECENT: Final = 300  # messages whose words say what was used of late


class Answered(msgspec.Struct, frozen=True):
    """A message that is being answered; ``author`` is empty for an own one."""

    row: int
    author: persons.Shown
    outgoing: bool
    words: str
    reference: base.Reference


class Draft(msgspec.Struct, frozen=True):
    """What is half written in a conversation, and what it answers."""

    text: str
    answered: Answered | None = None


class Editable(msgspec.Struct, frozen=True):
    """An own message whose words may still be changed."""

    row: int
    text: str


def answered(view: View, row: int) -> Answered | None:
    """None for what is gone, taken back, or has not been sent yet: nobody else could tell what is meant."""
    stored = messages.get(view, row)
    where = conversations.get(view, stored.conversation) if stored is not None else None
    if stored is None or where is None or where.wire is None or stored.retracted or stored.ord >= messages.PENDING:
        return None
    content = folding.shown(view, stored).content
    if content is None:
        return None
    reference = base.Reference(
        where.wire, ids.AccountId(stored.author), ids.MessageId(stored.message), stored.digest[:16]
    )
    words = base.one_line(content.as_text(), QUOTED)
    return Answered(row, records.Names(view).author(stored), stored.outgoing, words, reference)


def draft(view: View, conversation: bytes) -> Draft:
    """What was kept of it; empty when there is none."""
    where = conversations.get(view, conversation)
    if where is None:
        return Draft("")
    return Draft(where.draft, answered(view, where.draft_reply) if where.draft_reply else None)


def last_editable(view: View, conversation: bytes) -> Editable | None:
    """The newest own message that was sent and may still be edited."""
    sealed = Position(messages.PENDING, b"", 0)
    for stored in reversed(messages.before(view, conversation, sealed, LOOKED_AT)):
        if stored.outgoing and (found := _editable(view, stored)) is not None:
            return found
    return None


def editable(view: View, row: int) -> Editable | None:
    """That message, if it may still be edited."""
    stored = messages.get(view, row)
    return _editable(view, stored) if stored is not None and stored.ord < messages.PENDING else None


def _editable(view: View, stored: Message) -> Editable | None:
    shown = folding.shown(view, stored)
    if not isinstance(shown.content, text.Text) or not rules.may_edit(shown, view.now):
        return None
    return Editable(stored.row, shown.content.text)


def recent_words(view: View) -> tuple[str, ...]:
    """The texts the user sent of late in all conversations, newest first."""
    own = [each for each in reversed(messages.recent(view, RECENT)) if each.outgoing and not each.retracted]
    found = (folding.shown(view, each).content for each in own)
    return tuple(content.as_text() for content in found if content is not None)
