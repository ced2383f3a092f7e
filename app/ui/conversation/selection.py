"""What is selected: from a place in one message to a place in another, in UTF-16 units of what is drawn."""

import msgspec

from app.ui.content import catalog, clean
from app.ui.conversation.row import Row
from app.ui.conversation.window import Window


class Place(msgspec.Struct, frozen=True):
    """A place in the words of a message."""

    key: int
    at: int


class Selection(msgspec.Struct, frozen=True):
    """From where it was begun to where it is now; the same place twice is nothing."""

    start: Place
    head: Place

    @property
    def empty(self) -> bool:
        return self.start == self.head

    def _ends(self, window: Window) -> tuple[int, int, int, int] | None:
        """First index and place, last index and place."""
        one, two = window.index(self.start.key), window.index(self.head.key)
        if one < 0 or two < 0:
            return None
        first, last = sorted(((one, self.start.at), (two, self.head.at)))
        return (*first, *last)

    def of(self, window: Window, index: int) -> tuple[int, int] | None:
        """The part of one message that is selected."""
        ends = self._ends(window)
        if ends is None or self.empty or not ends[0] <= index <= ends[2]:
            return None
        length = size(window.rows[index])
        start = ends[1] if index == ends[0] else 0
        end = ends[3] if index == ends[2] else length
        return (min(start, length), min(end, length))

    def words(self, window: Window) -> str:
        """For the clipboard: a message that is selected whole gives all of its words, also those not shown."""
        ends = self._ends(window)
        if ends is None or self.empty:
            return ""
        lines: list[str] = []
        for index in range(ends[0], ends[2] + 1):
            row, part = window.rows[index], self.of(window, index)
            if row.item.shown.content is None or part is None:
                continue
            if part == (0, size(row)):
                lines.append(row.item.record.words)
            elif part[0] < part[1]:
                lines.append(clean.between(_words(row), *part).replace(clean.LINE, "\n"))
        return "\n".join(lines)


def _words(row: Row) -> str:
    if row.laid is not None:
        return row.words
    return catalog.describe(row.item.shown.content) if row.item.shown.content is not None else ""


def part(row: Row, start: int, end: int) -> str:
    """The words of a message from one place to another."""
    return clean.between(_words(row), start, end)


def size(row: Row) -> int:
    """How long the words of a message are."""
    words = _words(row)
    return clean.units(words, len(words))


def whole(row: Row) -> Selection:
    """All of one message."""
    return Selection(Place(row.key, 0), Place(row.key, size(row)))
