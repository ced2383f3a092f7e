"""Folds what was said about a stored message into it: words, search index and what is gone for good."""

from collections.abc import Sequence

from app.common import errors, ids
from app.content import annotations, base, catalog
from app.domain import bearer, message
from app.storage import annotations as annotation_table
from app.storage import messages, search
from app.storage.annotations import Annotation
from app.storage.messages import Message
from app.storage.transaction import Tx, View


def shown(view: View, stored: Message) -> message.Shown:
    """What is shown of a stored message with everything that was said about it."""
    return fold(stored, annotation_table.of_rows(view, [stored.row])[stored.row])


def fold(stored: Message, notes: Sequence[Annotation]) -> message.Shown:
    """The same from rows already read; what cannot be decoded any more has no effect."""
    value = message.Message(
        ids.MessageId(stored.message),
        ids.ConversationId(stored.conversation),
        ids.AccountId(stored.author),
        _content(stored) if not stored.retracted else _GONE,
        stored.sent_at,
        stored.ord,
        stored.received_at or None,
        stored.outgoing,
        bearer.Bearer(stored.bearer),
        stored.digest,
    )
    if stored.retracted:
        return message.Shown(value, None)
    return message.fold(value, [note for each in notes if (note := _annotation(each)) is not None])


_GONE = annotations.Nothing()


def _content(stored: Message) -> base.Content:
    """As received; what no longer decodes keeps its place, with the sender's words for it."""
    try:
        return catalog.decode(stored.kind, stored.body, stored.fallback)
    except errors.Malformed:
        return base.Unsupported(stored.kind, stored.body, stored.fallback)


def _annotation(stored: Annotation) -> message.Annotation | None:
    try:
        content = catalog.decode(stored.kind, stored.body)
    except errors.Malformed:
        return None
    if not isinstance(content, annotations.Targeted):
        return None
    return message.Annotation(
        ids.MessageId(stored.message),
        ids.AccountId(stored.author),
        content,
        stored.sent_at,
        stored.ord,
        stored.received_at or None,
    )


def refold(tx: Tx, row: int) -> bool:
    """After an annotation was stored: bring words and index up to date; True when the message shows something else."""
    stored = messages.get(tx, row)
    if stored is None or stored.retracted:
        return False
    after = shown(tx, stored)
    if after.content is None:
        messages.retract(tx, row)
        search.remove(tx, row)
        return True
    if len(after.history) > stored.edited:
        words = after.content.as_text()
        messages.set_edited(tx, row, words[:1000] if stored.fallback else "")
        search.index(tx, row, words)
        return True
    return bool(after.reactions)
