"""What a row says: name, time, one line of preview in its order of importance, marks, and the same as a sentence."""

import unicodedata
from collections.abc import Sequence
from datetime import tzinfo
from typing import Final, Literal

import msgspec
from PySide6.QtCore import QCoreApplication

from app.client import search
from app.client.chat_list import Entry
from app.client.records import Record
from app.client.search import Found
from app.content import base
from app.domain import delivery
from app.domain import people as persons
from app.domain.bearer import Bearer
from app.ui import format as words
from app.ui.content import clean

NAME: Final = 128  # characters; what no row has room for is not even measured
PREVIEW: Final = 200
DOT: Final = -1  # a badge without a number: marked as unread
MOST: Final = 999

Mood = Literal["plain", "typing", "failed", "draft", "waiting"]
Marks = tuple[tuple[int, int], ...]


class Face(msgspec.Struct, frozen=True):
    """One row for the painter; ``key`` gives the avatar its colours, ``lead`` stands before the words.

    ``badge`` is the number of unread messages, 0 for none, DOT when it is only marked. Marks are (start, length) in
    code points. ``green``: the last message was a text. ``sentence`` is what a screen reader says.
    """

    key: bytes
    name: str
    time: str
    lead: str
    words: str
    mood: Mood = "plain"
    badge: int = 0
    muted: bool = False
    verified: bool = False
    request: bool = False
    green: bool = False
    sentence: str = ""
    name_marks: Marks = ()
    marks: Marks = ()

    @property
    def unread(self) -> bool:
        """Whether it is written in bold: what is muted stays quiet."""
        return self.badge != 0 and not self.muted

    @property
    def badge_text(self) -> str:
        return "" if self.badge <= 0 else f"{MOST}+" if self.badge > MOST else str(self.badge)


class Moment(msgspec.Struct, frozen=True):
    """What a row depends on besides its entry: the time, whether there is a connection, whether words are hidden."""

    now: int
    zone: tzinfo
    connected: bool = True
    hidden: bool = False


def tr(text: str) -> str:
    """In the language of the screen."""
    return QCoreApplication.translate("Sidebar", text)


def name_of(title: persons.Shown) -> str:
    """A name as a row shows it; never empty, also when it consists of nothing that can be seen."""
    name = clean.name(base.one_line(title.name, NAME), NAME)
    seen = any(unicodedata.category(each)[0] in "LNPS" for each in name)
    return name if seen else tr("Unknown person")


def of(entry: Entry, moment: Moment, *, typing: bool) -> Face:
    """The row of a conversation."""
    name, muted = name_of(entry.title), entry.muted_until > moment.now
    mood, lead, said = _preview(entry, moment, typing)
    at = entry.last.shown.message.sent_at if entry.last is not None else entry.draft_at or entry.place.active_at
    time = words.time_of(at, moment.now, moment.zone) if at else ""
    badge = entry.unread or (DOT if entry.marked_unread else 0)
    green = entry.last is not None and entry.last.shown.message.bearer is Bearer.TEXT
    preview = _spoken(mood, lead, said)
    sentence = _sentence(
        name,
        tr("Verified") if entry.verified else "",
        tr("Text message") if green else "",
        tr("Message request") if entry.request else "",
        tr("Blocked") if entry.blocked else "",
        preview,
        time,
        _unread(badge),
        tr("Muted") if muted else "",
        tr("Pinned") if entry.pinned else "",
    )
    return Face(
        entry.conversation,
        name,
        time,
        lead,
        said,
        mood,
        badge,
        muted=muted,
        verified=entry.verified,
        request=entry.request,
        green=green,
        sentence=sentence,
    )


def _preview(entry: Entry, moment: Moment, typing: bool) -> tuple[Mood, str, str]:
    if typing:
        return "typing", "", tr("typing…")
    if _status(entry.last) is delivery.Status.FAILED:
        failed = tr("Not Delivered")
        return ("failed", "", failed) if moment.hidden else ("failed", f"{failed}:", _cut(entry.preview))
    if entry.draft.strip():
        return "draft", tr("Draft:"), "" if moment.hidden else _cut(entry.draft)
    lead, said = _said(entry, name_of(entry.title))
    waits = _status(entry.last) in (delivery.Status.QUEUED, delivery.Status.SENDING) and not moment.connected
    mood: Mood = "waiting" if waits else "plain"
    return (mood, "", "") if moment.hidden else (mood, lead, said)


def _said(entry: Entry, name: str) -> tuple[str, str]:
    """The last message: whose it is, and its words."""
    if entry.last is None:
        return "", ""
    outgoing = entry.last.shown.message.outgoing
    if entry.last.shown.retracted:
        if outgoing:
            return "", tr("You unsent a message")
        return "", tr("{name} unsent a message").replace("{name}", name.split()[0])
    if not entry.preview:
        return "", tr("This version can’t show this message")
    return tr("You:") if outgoing else "", _cut(entry.preview)


def _status(last: Record | None) -> delivery.Status | None:
    if last is None or not last.shown.message.outgoing or last.shown.retracted:
        return None
    return last.shown.message.status


def _cut(text: str) -> str:
    return clean.name(text, PREVIEW)


def _spoken(mood: Mood, lead: str, said: str) -> str:
    preview = f"{lead} {said}".strip()
    return f"{preview} ({tr('Waiting for network…')})" if mood == "waiting" else preview


def _unread(badge: int) -> str:
    if badge == DOT:
        return tr("Marked as unread")
    if badge == 1:
        return tr("1 unread message")
    return tr("{count} unread messages").replace("{count}", f"{MOST}+" if badge > MOST else str(badge)) if badge else ""


def _sentence(*parts: str) -> str:
    """The parts, each ended once."""
    return " ".join(part if part.endswith((".", "!", "?", "…")) else f"{part}." for part in parts if part)


def named(entry: Entry, asked: str, moment: Moment) -> Face:
    """A conversation that a search found by its name."""
    face = of(entry, moment, typing=False)
    cut = search.snippet(face.name, asked)
    return Face(
        face.key, cut.words, face.time, face.lead, face.words, face.mood, sentence=face.sentence, name_marks=cut.marks
    )


def hit(found: Found, moment: Moment) -> Face:
    """A message that a search found."""
    name, message = name_of(found.title), found.record.shown.message
    time = words.time_of(message.sent_at, moment.now, moment.zone)
    said, marks = _marked(found.snippet.words, found.snippet.marks)
    lead = tr("You:") if message.outgoing else ""
    sentence = _sentence(name, f"{lead} {said}".strip(), time)
    return Face(found.conversation, name, time, lead, said, sentence=sentence, marks=marks)


def _marked(text: str, marks: Sequence[tuple[int, int]]) -> tuple[str, Marks]:
    """The words without what is dangerous to draw, the marks moved along; they begin near the first mark."""
    kept = clean.clean(text)
    moved = tuple((kept.place(start), kept.place(start + length) - kept.place(start)) for start, length in marks)
    return kept.words.replace(clean.LINE, " "), tuple(mark for mark in moved if mark[1] > 0)
