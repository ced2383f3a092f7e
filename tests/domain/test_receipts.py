"""Which messages earn receipts, and how they are packed."""

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.common.ids import MessageId
from app.content import annotations, base
from app.content.annotations import ReceiptState
from app.domain import receipts
from app.domain.people import Relation
from tests.content import samples

WORDS = samples.SAMPLES["text/plain"]


def deserved(content: base.Content = WORDS, **other: Any) -> ReceiptState | None:
    facts = {"outgoing": False, "relation": Relation.ACCEPTED, "shown": False, "read_allowed": True} | other
    return receipts.deserved(content, **facts)


def test_visible_content_of_an_accepted_account() -> None:
    assert deserved() is ReceiptState.DELIVERED
    assert deserved(shown=True) is ReceiptState.READ
    assert deserved(shown=True, read_allowed=False) is ReceiptState.DELIVERED
    assert deserved(base.Unsupported("hologram", b"", "a hologram")) is ReceiptState.DELIVERED


def test_nothing_for_strangers_blocked_own_or_invisible() -> None:
    for relation, shown in product((Relation.NONE, Relation.BLOCKED), (True, False)):
        assert deserved(relation=relation, shown=shown) is None
    assert deserved(outgoing=True) is None
    assert deserved(base.Unsupported("hologram", b"")) is None
    for content in samples.SAMPLES.values():
        assert (deserved(content) is None) == (not content.visible)


def test_what_a_sibling_said_is_not_said_again() -> None:
    delivered, read = ReceiptState.DELIVERED, ReceiptState.READ
    assert receipts.still_due(delivered, None)
    assert receipts.still_due(read, delivered)
    assert not receipts.still_due(delivered, delivered)
    assert not receipts.still_due(delivered, read)
    assert not receipts.still_due(read, read)


@given(st.lists(st.integers(0, 200).map(samples.message_id), max_size=300))
def test_each_message_is_named_once_in_receipts_that_can_be_sent(messages: list[MessageId]) -> None:
    packed = list(receipts.packed(ReceiptState.READ, messages))
    assert [one for receipt in packed for one in receipt.messages] == list(dict.fromkeys(messages))
    assert all(receipt.problems(base.Limits()) == () for receipt in packed)
    assert len(packed) == -(-len(set(messages)) // annotations.RECEIPTS)
