"""The rows of the view: they follow the timeline's diffs, and keep what was laid out as long as it holds."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from app.client import diffs
from app.client.timeline import Item
from app.domain import delivery
from app.ui.conversation import status
from app.ui.conversation.row import Row
from app.ui.conversation.status import Place
from app.ui.conversation.wording import Wording

LEFT: Final = 192  # rows that are kept: those of the last eight or so places


class Taken(msgspec.Struct, frozen=True):
    """What some diffs did: rows that came at the very end, whether all is new, and the keys that are gone."""

    appended: tuple[Row, ...] = ()
    reset: bool = False
    gone: frozenset[int] = frozenset()


class Window:
    """At most 600 rows, by their key in order; keeps no truth of its own.

    Rows that were on the screen are kept for a while after they went: who comes back finds them laid out.
    """

    def __init__(self, wording: Wording) -> None:
        self.rows: list[Row] = []
        self._marks: tuple[str, ...] = ()
        self._left: OrderedDict[int, Row] = OrderedDict()
        self._wording = wording
        self._where: dict[int, int] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def index(self, key: int) -> int:
        """Where a row stands, -1 when it is not here."""
        if self._where is None:
            self._where = {row.key: at for at, row in enumerate(self.rows)}
        return self._where.get(key, -1)

    def get(self, key: int) -> Row | None:
        at = self.index(key)
        return self.rows[at] if at >= 0 else None

    def take(self, steps: Sequence[diffs.Diff[Item]], *, newest: bool, online: bool) -> Taken:
        """Follow some diffs; ``newest`` tells that the conversation ends here afterwards."""
        before = {row.key for row in self.rows}
        last = self.rows[-1].key if self.rows else 0
        reset = False
        for step in steps:
            match step:
                case diffs.Reset(items):
                    self.rows = [self._back(item) for item in items]
                    reset = True
                case diffs.Inserted(at, items):
                    self.rows[at:at] = [self._new(item) for item in items]
                case diffs.Removed(at, count):
                    del self.rows[at : at + count]
                case diffs.Replaced(at, item):
                    self.rows[at].item = item
                    self.rows[at].forget()
        self._where = None
        self.arrange(newest=newest, online=online)
        if reset:
            return Taken(reset=True, gone=frozenset(before))
        after = {row.key for row in self.rows}
        appended: list[Row] = []
        for row in reversed(self.rows):
            if row.key in before or row.key == last:
                break
            appended.append(row)
        return Taken(tuple(reversed(appended)), gone=frozenset(before - after))

    def leave(self, rows: Iterable[Row]) -> None:
        """These are on the screen, and another place is about to be shown."""
        for row in rows:
            self._left[row.key] = row
            self._left.move_to_end(row.key)
        while len(self._left) > LEFT:
            self._left.popitem(last=False)

    def _back(self, item: Item) -> Row:
        """The row that was kept, if it still shows the same; else a new one."""
        row = self._left.pop(item.row, None)
        if row is None or row.item != item:
            return self._new(item)
        _mark(row, self._marks)
        return row

    def _new(self, item: Item) -> Row:
        return Row(item, _FREE, marks=self._marks)

    def mark(self, words: tuple[str, ...]) -> None:
        """These words were searched for: they are marked in every row, also in those that come later."""
        self._marks = words
        for row in self.rows:
            _mark(row, words)

    def arrange(self, *, newest: bool, online: bool) -> None:
        """Who joins whom, and what stands under each; rows for which that changed are laid out anew."""
        items = [row.item for row in self.rows]
        wording = self._wording
        places = status.places(items, wording.since, newest=newest, online=online, now=wording.now)
        for row, place in zip(self.rows, places, strict=True):
            if row.place is not place and row.place != place:
                row.place = place
                row.forget()
        self._count_unread(newest=newest)

    def _count_unread(self, *, newest: bool) -> None:
        count = 0
        for row in reversed(self.rows):
            if not row.outgoing and not row.item.shown.retracted:
                count += 1
            if row.item.unread:
                row.unread = self._wording.unread(count if newest else 0)
                return

    def forget(self) -> None:
        """Every row has to be laid out anew."""
        for row in self.rows:
            row.forget()

    @property
    def waiting(self) -> bool:
        """Whether something here is still to be sent, so that the connection matters to it."""
        return any(row.item.shown.message.status is delivery.Status.QUEUED for row in self.rows[-100:])


def _mark(row: Row, words: tuple[str, ...]) -> None:
    if row.marks != words:
        row.marks = words
        row.forget()


_FREE = Place(joins_above=False, joins_below=False)
