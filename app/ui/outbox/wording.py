"""The words of a row: to whom, what, why it has not left, and when it is tried again."""

from datetime import tzinfo
from typing import Final

import msgspec
from PySide6.QtCore import QCoreApplication

from app.client.unsent import Unsent
from app.content import annotations, base
from app.domain.delivery import Other, Permit
from app.ui import format
from app.ui.content import clean

WORDS: Final = 300  # characters of a message that are shown
_BESIDE: Final[dict[str, str]] = {  # as under the message
    annotations.Edit.kind: "Edit Not Delivered",
    annotations.Retraction.kind: "Not Unsent",
    annotations.Reaction.kind: "Reaction Not Delivered",
}


class Moment(msgspec.Struct, frozen=True):
    """What decides over the words beside the row itself."""

    online: bool
    now: int
    zone: tzinfo


class Words(msgspec.Struct, frozen=True):
    """As a row shows them; ``cause`` is a whole sentence or empty, ``when`` the state or the time of the next try."""

    key: bytes
    name: str
    words: str
    time: str
    cause: str
    when: str
    failed: bool

    @property
    def sentence(self) -> str:
        """All of it, for a screen reader."""
        parts = (_tr("To {name}: {words}").format(name=self.name, words=self.words), self.when, self.cause, self.time)
        return ". ".join(part.rstrip(".") for part in parts if part) + "."


def words_of(each: Unsent, at: Moment) -> Words:
    """Of one row at that moment."""
    name = clean.name(each.name.name) or each.address or _tr("Someone")
    said = clean.name(base.one_line(each.words, WORDS), WORDS) or _tr("A message you unsent")
    time = format.time_of(each.written_at, at.now, at.zone)
    return Words(each.conversation, name, said, time, _cause(each, at), _when(each, at), each.failed)


def _cause(each: Unsent, at: Moment) -> str:
    if each.failed or (each.reason and at.online):
        return format.for_code(each.reason)
    if not at.online:
        return _tr("You’re offline. It is sent when you reconnect.")
    return ""


def _when(each: Unsent, at: Moment) -> str:
    if each.failed:
        return _tr(_BESIDE.get(each.about, "Not Delivered"))
    if not at.online:
        return _tr("Waiting for network…")
    if each.next_try > at.now:
        return _tr("Next try {time}").format(time=format.clock(each.next_try, at.zone))
    return _tr("Sending…")


def acts(each: Unsent) -> dict[str, str]:
    """What can be done about it, in order: the act and its name."""
    offered = {
        "retry": (_tr("Try Now"), each.actions.retry is not Permit.NO),
        "as_text": (_tr("Send as Text Message"), each.actions.text is not Permit.NO),
        "rewrite": (_tr("Edit"), each.edit),
        "invite": (_tr("Invite"), each.failed and each.actions.other is Other.INVITE),
        "plan": (_tr("Plan…"), each.failed and each.actions.other is Other.PLAN),
        "settings": (_tr("Settings…"), each.failed and each.actions.other is Other.SETTINGS),
        "new_conversation": (_tr("New Conversation"), each.failed and each.actions.other is Other.NEW_CONVERSATION),
        "verify": (_tr("Verify…"), each.failed and each.actions.other is Other.VERIFY),
        "delete": (_tr("Delete"), not each.about),
    }
    return {act: name for act, (name, there) in offered.items() if there}


def total(number: int) -> str:
    """How many there are, those that failed too."""
    return _tr("1 message") if number == 1 else _tr("{count} messages").format(count=number)


def count(number: int) -> str:
    """How many wait for a connection."""
    return _tr("1 message waits") if number == 1 else _tr("{count} messages wait").format(count=number)


def _tr(text: str) -> str:
    return QCoreApplication.translate("outbox", text)
