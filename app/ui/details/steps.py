"""The steps of a delivery in words and in order, with those that a later one proves."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from PySide6.QtCore import QCoreApplication

from app.client.trace import Leg
from app.domain.delivery import Event
from app.ui import format as words

_FORWARD: Final = (Event.ACCEPTED, Event.DELIVERED, Event.READ)
_ORDER: Final = {event: at for at, event in enumerate(Event)}


@dataclass(frozen=True, slots=True)
class Moment:
    """A step and when it last happened; ``implied``: nobody said when, but it was by then."""

    words: str
    at: int
    implied: bool = False


def steps_of(leg: Leg, queued_at: int) -> list[Moment]:
    """From *queued* on, in the order of time."""
    known = {step.event: step for step in leg.steps}
    found: list[tuple[int, int, Moment]] = []
    for event, step in known.items():
        said = _words(event)
        if step.times > 1:
            said = _tr("{step}, {count} times").format(step=said, count=step.times)
        found.append((step.last_at, _ORDER[event], Moment(said, step.last_at)))
    for at, event in enumerate(_FORWARD):
        later = [known[each].first_at for each in _FORWARD[at + 1 :] if each in known]
        if event not in known and later:
            found.append((min(later), _ORDER[event], Moment(_words(event), min(later), implied=True)))
    found.sort(key=lambda each: each[:2])
    queued_at = min([queued_at, *(step.first_at for step in leg.steps)])  # a clock may have been put right since
    return [Moment(_tr("Queued"), queued_at), *(each[2] for each in found)]


def _words(event: Event) -> str:
    return {
        Event.ATTEMPT: _tr("Sending"),
        Event.DEFERRED: _tr("Waiting"),
        Event.ACCEPTED: _tr("Sent"),
        Event.DELIVERED: _tr("Delivered"),
        Event.READ: _tr("Read"),
        Event.REJECTED: _tr("Not Delivered"),
        Event.RETRY: _tr("Tried again"),
        Event.SEND_AS_TEXT: _tr("Sent as text message"),
    }[event]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Steps", text)


def moment(at: int, now: int, zone: tzinfo) -> str:
    """In full and to the second: ``Today 9:41:07``."""
    return f"{words.moment(at, now, zone)}:{at // 1000 % 60:02}"
