"""Where the view stands: an anchor, the message and the place of its top, from which all rows on the screen follow."""

import msgspec

from app.ui.conversation.row import Column, Row
from app.ui.conversation.window import Window


class Shown(msgspec.Struct, frozen=True):
    """A row on the screen: its index, and the y of its upper edge in the viewport."""

    index: int
    row: Row
    top: int

    @property
    def bottom(self) -> int:
        return self.top + self.row.height


class Course:
    """Turns the anchor into rows on the screen; content shorter than the screen stands at its bottom.

    ``stick``: the end of the conversation stays at the lower edge whatever happens. ``head`` and ``tail`` are the px
    above the first and below the last row.
    """

    def __init__(self) -> None:
        self.key = 0
        self.top = 0
        self.stick = True
        self.head = 0
        self.tail = 0

    def walk(self, window: Window, column: Column, height: int, *, ends: bool) -> list[Shown]:
        """The rows on a screen ``height`` px high, laid out; the anchor is moved so that no gap opens at either end.

        ``ends``: the window ends where the conversation does; only there the view can stick.
        """
        if not window.rows or height <= 0:
            return []
        at = window.index(self.key)
        if (self.stick and ends) or at < 0:
            at = len(window) - 1 if at < 0 or ends else at
            self.key = window.rows[at].key
            self.top = height - self.tail - window.rows[at].lay(column)
        top = self._settled(window, column, height, at)
        found = _down(window, column, at, top, height)
        while found[0].index > 0 and found[0].top > 0:
            row = window.rows[found[0].index - 1]
            found.insert(0, Shown(found[0].index - 1, row, found[0].top - row.lay(column)))
        while len(found) > 1 and found[0].bottom <= 0:
            found.pop(0)
        while len(found) > 1 and found[-1].top >= height:
            found.pop()
        if not (self.stick and ends):
            self._hold(found)
        return found

    def _settled(self, window: Window, column: Column, height: int, at: int) -> int:
        """The anchor's top after closing gaps below the last and above the first row."""
        top = self.top
        lowest, below = top, at
        while below < len(window) and lowest < height - self.tail:
            lowest += window.rows[below].lay(column)
            below += 1
        gap = height - self.tail - lowest
        if below == len(window) and gap > 0:
            top += gap
        highest, above = top, at
        while above > 0 and highest > self.head:
            above -= 1
            highest -= window.rows[above].lay(column)
        if above == 0 and highest > self.head:
            room = _room_below(window, column, at, top, height - self.tail, highest - self.head)
            top -= min(highest - self.head, room)
        return top

    def _hold(self, found: list[Shown]) -> None:
        """Hold on to the first row that begins on the screen: what is above it may change its height."""
        for shown in found:
            if shown.top >= 0:
                self.key, self.top = shown.row.key, shown.top
                return
        self.key, self.top = found[-1].row.key, found[-1].top

    def scroll(self, by: int) -> None:
        """Move the rows down by so many px (up when negative)."""
        self.top += by
        self.stick = False

    def at_end(self, found: list[Shown], window: Window, height: int, *, ends: bool) -> bool:
        """Whether the end of the conversation is on the screen."""
        if not found:
            return True
        last = found[-1]
        return ends and last.index == len(window) - 1 and last.bottom + self.tail <= height + 1


def _down(window: Window, column: Column, at: int, top: int, height: int) -> list[Shown]:
    found = [Shown(at, window.rows[at], top)]
    window.rows[at].lay(column)
    while found[-1].bottom < height and found[-1].index + 1 < len(window):
        row = window.rows[found[-1].index + 1]
        row.lay(column)
        found.append(Shown(found[-1].index + 1, row, found[-1].bottom))
    return found


def _room_below(window: Window, column: Column, at: int, top: int, floor: int, wanted: int) -> int:
    """How far the rows can move up, at most ``wanted``, before their end leaves the floor."""
    lowest = top
    for row in window.rows[at:]:
        lowest += row.lay(column)
        if lowest - floor >= wanted:
            return wanted
    return max(0, lowest - floor)
