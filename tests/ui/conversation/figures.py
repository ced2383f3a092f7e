"""Items of a conversation for the tests of the screen: short ways to say who wrote what, when, and how far it came."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.client.records import Quote, Record
from app.client.timeline import Item
from app.common import ids
from app.content import text
from app.domain import delivery, grouping, message
from app.domain.bearer import Bearer
from app.domain.people import Shown
from app.storage.messages import Position

ME = ids.AccountId(b"M" * 32)
BOB = ids.AccountId(b"B" * 32)
CAROL = ids.AccountId(b"C" * 32)
MINUTE = 60_000
NOW = 1_794_303_660_000  # Tuesday 2026-11-10T09:41Z

SINGLE, FIRST = grouping.Position.SINGLE, grouping.Position.FIRST
MIDDLE, LAST = grouping.Position.MIDDLE, grouping.Position.LAST


@dataclass(slots=True)
class Maker:
    """Makes items, each a minute after the one before; ``row`` numbers them from 1."""

    count: int = 0
    at: int = NOW - 60 * MINUTE
    made: list[Item] = field(default_factory=list)

    def say(
        self,
        words: str,
        *,
        own: bool = False,
        position: grouping.Position = SINGLE,
        status: delivery.Status | None = None,
        reason: delivery.Reason | None = None,
        read_at: int = 0,
        edited: bool = False,
        gone: bool = False,
        reactions: Sequence[tuple[str, Sequence[ids.AccountId]]] = (),
        bearer: Bearer = Bearer.RICH,
        quote: Quote | None = None,
        day: bool = False,
        unread: bool = False,
        name: str = "Bob Bright",
        undelivered: str = "",
        incomplete: bool = False,
    ) -> Item:
        self.count += 1
        self.at += MINUTE
        identity = ids.MessageId(self.count.to_bytes(16, "big"))
        content = text.Text(words) if words else text.Text("?")
        deliveries = (message.Delivery(BOB, status, reason, 0, read_at),) if status is not None else ()
        value = message.Message(
            identity,
            ids.ConversationId(b"c" * 16),
            ME if own else BOB,
            content,
            self.at,
            self.at,
            self.at,
            own,
            bearer,
            b"",
            deliveries,
        )
        shown = message.Shown(
            value,
            None if gone else content,
            (message.Version(content, self.at),) if edited else (),
            tuple(message.Reacted(emoji, tuple(who)) for emoji, who in reactions),
        )
        author = Shown("" if own else name, False)
        record = Record(
            Position(self.at, identity, self.count), shown, author, quote, undelivered, incomplete=incomplete
        )
        item = Item(record, position, grouping.DayLine(self.at, True) if day else None, unread)
        self.made.append(item)
        return item


def many(count: int) -> list[Item]:
    """A conversation of that many short messages."""
    maker = Maker(at=NOW - (count + 5) * MINUTE)
    for number in range(count):
        maker.say(f"message {number}", own=number % 3 == 0)
    return maker.made
