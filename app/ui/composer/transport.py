"""How what is written will travel, in words: the placeholder of the field and the line under the text."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.client.facing import Facing
from app.domain import bearer, delivery


@dataclass(frozen=True, slots=True)
class Way:
    """What the composer says: ``hint`` in the empty field, ``line`` under the text, and whether Send does anything.

    ``tone`` names a colour of the palette. ``described`` is for screen readers. A ``line`` that must be read before
    anything is written is ``always`` there.
    """

    hint: str
    line: str
    icon: str
    tone: str
    described: str
    open: bool = True
    always: bool = False


def way(facing: Facing, choice: bearer.Choice) -> Way:
    """The words for a way; blue goes with a lock."""
    if choice.bearer is bearer.Bearer.RICH:
        return encrypted()
    if choice.bearer is bearer.Bearer.UNDECIDED:
        if facing.known:
            return encrypted()
        line = _tr("Encrypted · waits until the relay has answered")
        return Way(_tr("Message · encrypted"), line, "lock", "blue_text", _tr("encrypted"))
    if choice.bearer is bearer.Bearer.TEXT:
        return text(choice.route)
    return Way(_tr("Message"), _closed(facing, choice), "info", "amber_text", "", open=False, always=True)


def encrypted() -> Way:
    """The way everything goes now."""
    return Way(_tr("Message · encrypted"), _tr("Encrypted"), "lock", "blue_text", _tr("encrypted"))


def text(route: bearer.TextRoute | None) -> Way:
    """Green, with what is left of the plan where there is such a number."""
    left = route.left if route is not None else None
    line = _tr("Text message") if left is None else _tr("Text message · {left} left").format(left=left)
    return Way(_tr("Text message"), line, "sms", "green_text", _tr("text message"), always=left is not None)


def _closed(facing: Facing, choice: bearer.Choice) -> str:
    name = facing.address or facing.name.name
    if choice.why is delivery.Reason.NO_LONGER_RICH:
        return _tr("{name} no longer uses Kingfisher, so nothing can be sent.").format(name=facing.name.name or name)
    if "@" in name:
        return _tr("{name} isn’t on Kingfisher, and texts need a phone number.").format(name=name)
    return _tr("{name} isn’t on Kingfisher, and texts can’t be sent from here.").format(name=name)


def _tr(text: str) -> str:
    return QCoreApplication.translate("composer", text)
