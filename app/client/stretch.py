"""A stretch of a conversation as read from the store: everything between two places, and what stands next to it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from app.client import records
from app.client.records import Record
from app.common import errors
from app.storage import messages
from app.storage.messages import Message, Position
from app.storage.transaction import View

PAGE: Final = 100
LONGEST: Final = 600
NEIGHBOURS: Final = 8  # read to find one that is visible


class Stretch(msgspec.Struct, frozen=True):
    """All visible messages from ``lower`` to ``upper``, both included; None where the conversation begins or ends.

    ``above`` and ``below`` are the visible ones next to it, ``sealed_upto`` is the order of the last sealed message (0
    when nothing in here waits to be sealed). Every function here is for the database's reader.
    """

    conversation: bytes
    records: tuple[Record, ...] = ()
    lower: Position | None = None
    upper: Position | None = None
    above: Record | None = None
    below: Record | None = None
    sealed_upto: int = 0

    def holds(self, position: Position) -> bool:
        return (self.lower is None or self.lower <= position) and (self.upper is None or position <= self.upper)


def newest(view: View, conversation: bytes, page: int) -> Stretch:
    """The last so many."""
    return _read(view, conversation, messages.before(view, conversation, None, page + 1), (), page, 0)


def around(view: View, conversation: bytes, position: Position, older: int, rest: int) -> Stretch:
    """So many before a place, and so many from it on, itself included; those that are not there are taken before."""
    found = messages.after(view, conversation, position._replace(row=position.row - 1), rest + 1)
    older += max(0, rest - len(found))
    return _read(view, conversation, messages.before(view, conversation, position, older + 1), found, older, rest)


def _read(
    view: View,
    conversation: bytes,
    older: Sequence[Message],
    rest: Sequence[Message],
    most_older: int,
    most_rest: int,
) -> Stretch:
    """From one more on each side than wanted, which tells whether there is an end, and is read with them."""
    cut = max(0, len(older) - most_older)
    over, kept, under = older[:cut], [*older[cut:], *rest[:most_rest]], rest[most_rest:]
    lower = kept[0].position if over and kept else None
    upper = kept[-1].position if under and kept else None
    found = records.read(view, [*over, *kept, *under])
    above, inside, below = found[:cut], found[cut : cut + len(kept)], found[cut + len(kept) :]
    stretch = Stretch(conversation, _visible(inside), lower, upper)
    return _beside(view, stretch, next(reversed(_visible(above)), None), next(iter(_visible(below)), None))


def older(view: View, stretch: Stretch) -> Stretch:
    """A page more at the beginning; what is then too much goes at the end."""
    if stretch.lower is None:
        return stretch
    page = messages.before(view, stretch.conversation, stretch.lower, PAGE + 1)
    lower = page[1].position if len(page) > PAGE else None
    return _with(view, replace(stretch, lower=lower), page[-PAGE:], (), keep_top=True)


def newer(view: View, stretch: Stretch) -> Stretch:
    """A page more at the end; what is then too much goes at the beginning."""
    if stretch.upper is None:
        return stretch
    page = messages.after(view, stretch.conversation, stretch.upper, PAGE + 1)
    upper = page[-2].position if len(page) > PAGE else None
    return _with(view, replace(stretch, upper=upper), page[:PAGE], (), keep_top=False)


def refreshed(view: View, stretch: Stretch, rows: Collection[int], *, keep_top: bool) -> Stretch:
    """The same stretch after something happened to those rows; ``keep_top`` says which end goes when it is too long.

    Quotes of those rows are read anew, and so are quotes of what was not here before.
    """
    named = set(rows)
    for record in stretch.records:
        if record.quote is not None and (record.quote.row == 0 or record.quote.row in named):
            named.add(record.row)
    stored = [each for each in messages.of_rows(view, sorted(named)) if each.conversation == stretch.conversation]
    return _with(view, stretch, stored, named, keep_top=keep_top)


def _with(
    view: View, stretch: Stretch, stored: Sequence[Message], named: Collection[int], *, keep_top: bool
) -> Stretch:
    """Put those messages in instead of what is known of them and of the named rows; read only what is kept."""
    fresh = {each.row: each for each in stored if stretch.holds(each.position)}
    staying = {each.row: each for each in stretch.records if each.row not in fresh and each.row not in named}
    places = sorted(each.position for each in (*fresh.values(), *staying.values()))
    if len(places) > LONGEST and keep_top:
        places = places[:LONGEST]
        stretch = replace(stretch, upper=places[-1])
    elif len(places) > LONGEST:
        places = places[-LONGEST:]
        stretch = replace(stretch, lower=places[0])
    read = {each.row: each for each in records.read(view, [fresh[at.row] for at in places if at.row in fresh])}
    kept = _visible(read.get(at.row) or staying[at.row] for at in places)
    return _beside(view, replace(stretch, records=kept))


def _beside(view: View, stretch: Stretch, above: Record | None = None, below: Record | None = None) -> Stretch:
    """With its neighbours, which days and runs at the edges depend on; those that are not known yet are read."""
    if stretch.lower is not None and above is None:
        found = messages.before(view, stretch.conversation, stretch.lower, NEIGHBOURS)
        above = next(reversed(_visible(records.read(view, found))), None)
    if stretch.upper is not None and below is None:
        found = messages.after(view, stretch.conversation, stretch.upper, NEIGHBOURS)
        below = next(iter(_visible(records.read(view, found))), None)
    sealed_upto = 0
    if any(each is not None and each.pending for each in (above, below, *stretch.records[-1:])):
        last = messages.before(view, stretch.conversation, Position(messages.PENDING, b"", 0), 1)
        sealed_upto = last[0].ord if last else 0
    return replace(stretch, above=above, below=below, sealed_upto=sealed_upto)


def _visible(found: Iterable[Record]) -> tuple[Record, ...]:
    return tuple(record for record in found if record.visible)


def row_position(view: View, conversation: bytes, row: int) -> Position:
    """Where a row stands; raises GiveUp ``no_message`` when it is not in that conversation."""
    stored = messages.get(view, row)
    if stored is None or stored.conversation != conversation:
        raise errors.GiveUp("no_message")
    return stored.position


def first_from(view: View, conversation: bytes, order: int) -> Position | None:
    """The first message from an order on, else the last there is; None in an empty conversation."""
    place = Position(order, b"", 0)
    found = messages.after(view, conversation, place, 1) or messages.before(view, conversation, place, 1)
    return found[0].position if found else None


def first_unread(view: View, conversation: bytes) -> Position | None:
    """The first that counts as unread."""
    found = messages.unread(view, conversation, None, limit=1)
    return found[0].position if found else None
