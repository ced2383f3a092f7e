"""What the answers of a gateway and its receipts, item by item, make of the whole text; the report that says so."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.protocol import frames
from app.relay.store.texts import Handed, Item, Text
from app.relay.texts.base import MessageState, Reason


class State(StrEnum):
    """What a TextReport says."""

    SENT = "sent"
    DELIVERED = "delivered"
    PARTLY = "partly"
    FAILED = "failed"
    UNKNOWN = "unknown"


_WHY: Final = {
    MessageState.EXPIRED.value: Reason.EXPIRED,
    MessageState.UNDELIVERABLE.value: Reason.UNREACHABLE,
    MessageState.NO_SUCH_NUMBER.value: Reason.BAD_NUMBER,
}
_UNKNOWN: Final = "text_outcome_unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """State, reason and bill of a text: the segments the gateway took, their price in millionths, -1 when not said."""

    state: State
    reason: str
    segments: int
    price: int
    currency: str


def outcome(items: Sequence[Item]) -> Outcome | None:
    """None while an item is still on its way to the gateway. No receipt is no news: the text stays sent."""
    if not items or any(item.handed in (Handed.WAITING, Handed.HANDING) for item in items):
        return None
    taken = [item for item in items if item.handed is Handed.TAKEN]
    state, reason = _state(items, taken)
    currencies = {item.currency for item in taken if item.price >= 0}
    said = len(currencies) == 1 and all(item.price >= 0 for item in taken)
    price = sum(item.price for item in taken) if said else -1
    return Outcome(state, reason, sum(item.billed for item in taken), price, currencies.pop() if said else "")


def _state(items: Sequence[Item], taken: Sequence[Item]) -> tuple[State, str]:
    if any(item.handed is Handed.UNKNOWN for item in items):
        return State.UNKNOWN, _UNKNOWN
    refused = next((item.reason for item in items if item.handed is Handed.REFUSED), "")
    if refused or len(taken) < len(items):
        return (State.PARTLY if taken else State.FAILED), refused
    lost = next((item for item in taken if item.final and item.receipt != MessageState.DELIVERED.value), None)
    if lost is not None:
        return State.FAILED, str(_WHY.get(lost.receipt, Reason.REFUSED))
    return (State.DELIVERED if all(item.final for item in taken) else State.SENT), ""


def report_id(text: Text, found: Outcome) -> bytes:
    """16 bytes; the same report has the same id, so that it is posted once."""
    said = f"{found.state}/{found.reason}/{found.segments}/{found.price}/{found.currency}"
    return hashlib.sha256(b"kf/text-report/1" + text.device.to_bytes(8, "big") + text.submit + said.encode()).digest()[
        :16
    ]


def report(text: Text, found: Outcome, entry: int, now: int) -> frames.TextReport:
    """The entry of one device."""
    return frames.TextReport(
        entry,
        report_id(text, found),
        text.submit,
        found.state.value,
        found.reason,
        found.segments,
        found.price,
        found.currency[:3],
        now,
    )
