"""Receipts: which received messages deserve one, and how the due ones are packed."""

from collections.abc import Iterable, Iterator
from itertools import islice

from app.common.ids import MessageId
from app.content import annotations, base
from app.content.annotations import Receipt, ReceiptState
from app.domain.people import Relation


def deserved(
    content: base.Content, *, outgoing: bool, relation: Relation, shown: bool, read_allowed: bool
) -> ReceiptState | None:
    """The furthest receipt a stored message may get now, or None.

    Only visible content of an accepted account earns one: *read* once it was shown in an active window and the user
    allows it, else *delivered*. Asked again on acceptance, it gives the receipts that were held back.
    """
    if outgoing or not content.visible or relation is not Relation.ACCEPTED:
        return None
    return ReceiptState.READ if shown and read_allowed else ReceiptState.DELIVERED


def still_due(due: ReceiptState, said: ReceiptState | None) -> bool:
    """Whether a receipt is news after what this or another own device already ``said`` for that message."""
    return said is None or (said is ReceiptState.DELIVERED and due is ReceiptState.READ)


def packed(state: ReceiptState, messages: Iterable[MessageId]) -> Iterator[Receipt]:
    """Receipts for all these messages, each named once, as many to a receipt as it holds."""
    waiting = iter(dict.fromkeys(messages))
    while batch := tuple(islice(waiting, annotations.RECEIPTS)):
        yield Receipt(state, batch)
