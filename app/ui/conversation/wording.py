"""The words of the conversation: days, times, quotes, and the sentence that says a whole message to a screen reader."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from PySide6.QtCore import QCoreApplication

from app.client.records import Quote
from app.client.timeline import Item
from app.domain import grouping
from app.domain.bearer import Bearer
from app.domain.message import Reacted
from app.domain.people import Shown
from app.ui import format as formats
from app.ui.content import catalog, clean
from app.ui.conversation.status import LACKS, Line

SENTENCE = 600  # characters of a message that are read aloud at once


class Wording:
    """Says things as of now, in one time zone, to one account."""

    def __init__(self, now: Callable[[], int], zone: tzinfo, account: bytes) -> None:
        self._now = now
        self._zone = zone
        self._account = account

    @property
    def now(self) -> int:
        """The time, in milliseconds."""
        return self._now()

    def day(self, line: grouping.DayLine) -> tuple[str, str]:
        """The day, and the time after it."""
        return formats.day_line(line.at, self._now(), self._zone)

    def clock(self, at: int) -> str:
        """A time of day."""
        return formats.clock(at, self._zone)

    def since(self, at: int) -> str:
        """When something happened, inside of a line."""
        words = formats.time_of(at, self._now(), self._zone)
        return words.lower() if words == _say("Yesterday") else words

    def person(self, name: Shown) -> str:
        """Somebody's name, as far as it is theirs."""
        return clean.name(name.name) or _say("Someone")

    def first(self, name: Shown) -> str:
        """The first word of it; an address stays whole."""
        return self.person(name).split(" ")[0]

    def quoted(self, quote: Quote) -> tuple[str, str]:
        """Author and words of the message that is answered."""
        if not quote.row:
            return _say("Reply"), _say("This message is not here")
        author = _say("You") if quote.outgoing else self.person(quote.author)
        return author, clean.name(quote.words, 200) or _say("Unsent message")

    def gone(self, item: Item) -> str:
        """What stands where a message was taken back."""
        if item.shown.message.outgoing:
            return _say("You unsent a message")
        return _say("{name} unsent a message").format(name=self.first(item.record.author))

    def unread(self, count: int) -> str:
        """The line above the first unread message; 0: nobody counted them."""
        if count == 1:
            return _say("1 new message")
        return _say("{count} new messages").format(count=count) if count else _say("New messages")

    def own(self, reactions: Sequence[Reacted]) -> bool:
        """Whether one of them is the user's."""
        return any(self._account in each.authors for each in reactions)

    def sentence(self, item: Item, line: Line | None) -> str:
        """Sender, content, transport, time, state, reactions: all there is to hear of a message."""
        message = item.shown.message
        if item.shown.content is None:
            return f"{self.gone(item)}. {line.words}." if line is not None else f"{self.gone(item)}."
        said = catalog.describe(item.shown.content)
        said = said if len(said) <= SENTENCE else f"{said[:SENTENCE]}…"
        quote = item.record.quote
        if quote is not None:
            said = _say("in reply to {author}, {words}: {said}").format(
                author=self.quoted(quote)[0], words=self.quoted(quote)[1], said=said
            )
        parts = [
            self._way(item),
            *self._state(item, line),
            *self._reactions(item.shown.reactions),
        ]
        who = _say("You") if message.outgoing else self.person(item.record.author)
        stop = "" if said.endswith((".", "!", "?", "…")) else "."
        return f"{who}: {said}{stop} {'. '.join(parts)}."

    def _way(self, item: Item) -> str:
        message = item.shown.message
        if message.bearer is not Bearer.TEXT:
            return _say("Encrypted")
        return _say("Text message") if message.outgoing else _say("Text message, sender not proven")

    def _state(self, item: Item, line: Line | None) -> list[str]:
        """Time and state; one of the two is enough where the state tells a time."""
        message = item.shown.message
        told = line.words if line is not None else ""
        if (
            message.bearer is Bearer.TEXT and not message.outgoing
        ):  # its way says the rest of the line, for each of them
            told = _say(LACKS) if item.record.incomplete else ""
        if item.shown.edited and not told:
            told = _say("Edited")
        if message.outgoing and message.status is not None and not told:
            told = _STATES[message.status.value]
        time = self.clock(message.sent_at)
        if told.endswith(tuple("0123456789")):
            return [told]
        return [f"{told} {time}"] if told and message.outgoing else [time, *([told] if told else [])]

    def _reactions(self, reactions: Sequence[Reacted]) -> list[str]:
        if not reactions:
            return []
        said = (f"{clean.name(each.emoji, 12)} {len(each.authors)}" for each in reactions)
        own = [_say("One is yours")] if self.own(reactions) else []
        return [_say("Reactions: {said}").format(said=", ".join(said)), *own]


def _say(words: str) -> str:
    return QCoreApplication.translate("conversation", words)


_STATES = {
    "queued": "Waiting",
    "sending": "Sending",
    "sent": "Sent",
    "delivered": "Delivered",
    "read": "Read",
    "failed": "Not Delivered",
}
