"""What stands under a message: how far it came, or what can be done about it; and which messages say it at all."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

import msgspec
from PySide6.QtCore import QCoreApplication

from app.client.timeline import Item
from app.content import annotations
from app.domain import delivery, grouping
from app.domain.bearer import Bearer
from app.domain.delivery import Other, Permit, Status
from app.ui import format


class Tone(Enum):
    """How a part of the line is written."""

    QUIET = "quiet"
    STRONG = "strong"
    BAD = "bad"
    ACTION = "action"
    GREEN = "green"


class Part(msgspec.Struct, frozen=True):
    """Some words; ``act`` names what pressing them does."""

    words: str
    tone: Tone = Tone.QUIET
    act: str = ""


class Line(msgspec.Struct, frozen=True):
    """The line under a bubble; ``failed`` adds the red mark beside it."""

    parts: tuple[Part, ...]
    icon: str = ""
    failed: bool = False

    @property
    def words(self) -> str:
        """As one sentence, without what can be pressed."""
        return " ".join(part.words for part in self.parts if not part.act).rstrip(" ·")


class Place(msgspec.Struct, frozen=True):
    """How a row stands among its neighbours, and what it says under itself."""

    joins_above: bool
    joins_below: bool
    line: Line | None = None


_ABOVE: Final = frozenset((grouping.Position.MIDDLE, grouping.Position.LAST))
_BELOW: Final = frozenset((grouping.Position.FIRST, grouping.Position.MIDDLE))
_PLAIN: Final = {(above, below): Place(above, below) for above in (False, True) for below in (False, True)}
ELSEWHERE: Final = {  # acts of other pages
    Other.INVITE: "Invite",
    Other.PLAN: "Plan…",
    Other.SETTINGS: "Settings…",
    Other.NEW_CONVERSATION: "New Conversation",
    Other.VERIFY: "Verify…",
}
LACKS: Final = "Part of this text did not arrive"
WAITED: Final = 60_000  # milliseconds after which another way is offered under a message that waits
_State = tuple[Status, Bearer]
When = Callable[[int], str]  # says when something was read


def places(items: Sequence[Item], read_at: When, *, newest: bool, online: bool, now: int) -> list[Place]:
    """For each item. ``newest``: the list ends where the conversation does, so the newest here is the newest of all."""
    telling = _telling(items) if newest else frozenset[int]()
    made: list[Place] = []
    broken = False  # a line under a bubble ends its run for the eye
    for at, item in enumerate(items):
        line = _line(item, read_at, tells=at in telling, online=online, now=now)
        joins_above = item.position in _ABOVE and not broken
        joins_below = item.position in _BELOW and line is None and not item.shown.retracted
        broken = not joins_below
        made.append(_PLAIN[joins_above, joins_below] if line is None else Place(joins_above, joins_below, line))
    return made


def _telling(items: Sequence[Item]) -> frozenset[int]:
    """The newest item in each state."""
    seen: dict[_State, int] = {}
    for at in range(len(items) - 1, -1, -1):
        message = items[at].shown.message
        if not message.deliveries:
            continue
        status = message.status if message.outgoing and not items[at].shown.retracted else None
        if status is not None and status is not Status.FAILED:
            same = Status.SENDING if status is Status.QUEUED else status
            seen.setdefault((same, message.bearer), at)
    return frozenset(seen.values())


def _line(item: Item, read_at: When, *, tells: bool, online: bool, now: int) -> Line | None:
    shown = item.shown
    message = shown.message
    if shown.content is not None and message.outgoing and message.status is Status.FAILED:
        return _failed(item)
    if item.record.undelivered:
        return _undelivered(item.record.undelivered)
    if shown.content is not None and message.bearer is Bearer.TEXT and not message.outgoing:
        return _unproven(item)
    if shown.content is None or not (message.deliveries or shown.history):
        return None
    parts: list[Part] = []
    icon = ""
    if shown.edited:
        parts.append(Part(_say("Edited")))
    if tells and message.status is not None:
        said, icon = _state(item, read_at, online=online)
        parts += [Part("·"), *said] if parts else said
        if 0 < patient_until(item) <= now:
            parts += [Part("·"), _as_text()]
    return Line(tuple(parts), icon) if parts else None


def _unproven(item: Item) -> Line | None:
    """A text from a phone: once for a run of them, and where it came in part."""
    lacks = item.record.incomplete
    if item.position in _BELOW and not lacks:
        return None
    mark = Part(_say("Text message · sender not proven"))
    return Line((mark, Part("·"), Part(_say(LACKS), Tone.STRONG)) if lacks else (mark,), "sms")


def _state(item: Item, read_at: When, *, online: bool) -> tuple[list[Part], str]:
    message = item.shown.message
    match message.status:
        case Status.QUEUED if not online:
            return [Part(_say("Waiting for network…"))], "clock"
        case Status.QUEUED | Status.SENDING:
            return [Part(_say("Sending…"))], "clock"
        case Status.SENT if item.record.used is not None and item.record.used.mms:
            return [Part(_say("Sent")), *_used(item)], ""
        case Status.SENT if message.bearer is Bearer.TEXT:
            return [Part(_say("Sent as text message")), *_used(item)], "sms"
        case Status.SENT:
            return [Part(_say("Sent"))], ""
        case Status.READ:
            at = max((each.at for each in message.deliveries), default=0)
            return [Part(_say("Read"), Tone.STRONG), *([Part(read_at(at))] if at else [])], ""
        case _:
            return [Part(_say("Delivered")), *_used(item)], ""


def _used(item: Item) -> list[Part]:
    """How many texts it was, and what they cost where they cost something."""
    used = item.record.used
    if used is None:
        return []
    said = _say("1 text") if used.segments == 1 else _say("{count} texts").format(count=used.segments)
    if used.mms:
        pictured = item.shown.content is not None and item.shown.content.piece() is not None
        said = _say("picture message") if pictured else _say("MMS")
    price = [Part("·"), Part(format.money(used.price, used.currency))] if used.price else []
    return [Part("·"), Part(said), *price]


def _failed(item: Item) -> Line:
    parts = [Part(_say("Not Delivered"), Tone.BAD)]
    if may_retry(item):
        parts += [Part("·"), Part(_say("Retry"), Tone.ACTION, "retry")]
    if item.record.as_text:
        parts += [Part("·"), _as_text()]
    if (other := elsewhere(item)) is not None:
        parts += [Part("·"), Part(_say(ELSEWHERE[other]), Tone.ACTION, other.value)]
    parts += [Part("·"), Part(_say("Delete"), Tone.BAD, "delete")]
    return Line(tuple(parts), failed=True)


def _as_text() -> Part:
    return Part(_say("Send as Text Message"), Tone.GREEN, "as_text")


def patient_until(item: Item) -> int:
    """From when on the other way is offered under a message that waits, in milliseconds; 0 for all others."""
    waits = item.shown.message.status in (Status.QUEUED, Status.SENDING)
    return item.shown.message.sent_at + WAITED if waits and item.record.as_text else 0


def _undelivered(kind: str) -> Line:
    """Here it is edited, unsent or reacted to; there it is not."""
    said = {
        annotations.Edit.kind: _say("Edit Not Delivered"),
        annotations.Retraction.kind: _say("Not Unsent"),
        annotations.Reaction.kind: _say("Reaction Not Delivered"),
    }.get(kind, _say("Not Delivered"))
    return Line((Part(said, Tone.BAD), Part("·"), Part(_say("Retry"), Tone.ACTION, "retry")))


def may_retry(item: Item) -> bool:
    """Whether trying again makes sense for why it failed, or for what was said about it and failed."""
    if item.record.undelivered:
        return True
    for each in item.shown.message.deliveries:
        if each.status is Status.FAILED:
            actions = delivery.ACTIONS.get(each.reason) if each.reason is not None else None
            return actions is None or actions.retry is not Permit.NO
    return False


def elsewhere(item: Item) -> Other | None:
    """What helps against why it failed and is done on another page."""
    for each in item.shown.message.deliveries:
        if each.status is Status.FAILED and each.reason is not None:
            other = delivery.ACTIONS[each.reason].other
            return other if other in ELSEWHERE else None
    return None


def _say(words: str) -> str:
    return QCoreApplication.translate("bubble", words)
