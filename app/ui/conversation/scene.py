"""What the view shows right now: rows and where they stand, what is selected, under the pointer or in focus."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, QPoint, QRect, QTimer, Signal

from app.client.diffs import Diff, Reset
from app.client.timeline import Item
from app.ui.content.pictures import Pictures
from app.ui.conversation import selection as selections
from app.ui.conversation.bubble import Brush
from app.ui.conversation.course import Course, Shown
from app.ui.conversation.row import Column, Row
from app.ui.conversation.selection import Place, Selection
from app.ui.conversation.window import Taken, Window
from app.ui.conversation.wording import Wording
from app.ui.theme import Theme

LATER: Final = 100  # milliseconds until what another place had laid out is given up
UPPER_PART: Final = 0.25  # of the screen: where a message stands that was jumped to


class Scene(QObject):
    """Everything about the view that is no widget; ``changed`` asks for one repaint."""

    changed = Signal()
    selected = Signal()
    steered = Signal()  # it was told where to stand: what scrolls by itself has nothing to say any more

    def __init__(self, theme: Theme, wording: Wording, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme
        self.wording = wording
        self.window = Window(wording)
        self.course = Course()
        self.shown: list[Shown] = []
        self.width = self.height = 0
        self.one_pane = self.mirrored = False
        self.ends = True  # the window ends where the conversation does
        self.online = True
        self.typing = False
        self.pictures: Pictures | None = None
        self.hovered = self.current = 0
        self.selection: Selection | None = None
        self.column = Column(theme, 0, one_pane=False, mirrored=False, wording=wording)
        self.brush = Brush(theme, 0, 0)

    def fit(self, width: int, height: int) -> None:
        """The viewport has another size, or everything may look different."""
        self.width, self.height = width, height
        self.column = Column(self.theme, width, self.one_pane, self.mirrored, self.wording, self.pictures)
        self.brush = Brush(self.theme, width, height)
        self.course.head = self.theme.px(8)
        self.walk()

    def walk(self) -> list[Shown]:
        """Find out anew which rows are on the screen."""
        tail = self.theme.size("bubble.bottomPadding")
        self.course.tail = tail + (self.theme.px(46) if self.typing else 0)
        self.shown = self.course.walk(self.window, self.column, self.height, ends=self.ends)
        if self.shown and self.at_end:
            self.course.stick = True
        self.changed.emit()
        return self.shown

    @property
    def at_end(self) -> bool:
        return self.course.at_end(self.shown, self.window, self.height, ends=self.ends)

    def take(self, steps: Sequence[Diff[Item]], *, arriving: bool = False) -> Taken:
        """Follow diffs; the rows on the screen stay where they are.

        ``arriving``: whoever asks will say at once where to stand, so nothing is laid out for another place.
        """
        if any(isinstance(step, Reset) for step in steps):
            self.window.leave(shown.row for shown in self.shown)
            QTimer.singleShot(LATER, self, self.window.rows.clear)  # to end so many layouts takes a moment
        taken = self.window.take(steps, newest=self.ends, online=self.online)
        if self.window.index(self.course.key) < 0:
            self._find_anchor()
        gone = self.selection is not None and (
            self.window.index(self.selection.start.key) < 0 or self.window.index(self.selection.head.key) < 0
        )
        if gone:
            self.select(None)
        if self.current and self.window.index(self.current) < 0:
            self.current = 0
        if arriving:
            self.shown = []
        else:
            self.walk()
        return taken

    def arrange(self) -> None:
        """What stands under the rows may be another by the time or the connection."""
        self.window.arrange(newest=self.ends, online=self.online)
        self.walk()

    def _find_anchor(self) -> None:
        """Whoever was on the screen and still is takes the place of an anchor that is gone."""
        for shown in self.shown:
            if self.window.index(shown.row.key) >= 0:
                self.course.key, self.course.top = shown.row.key, shown.top
                return

    def scroll(self, by: int) -> None:
        """Move the rows down by so many px."""
        if by:
            self.course.scroll(by)
            self.walk()

    def show_row(self, key: int, *, part: float = UPPER_PART) -> None:
        """Put a row at that part of the screen, as far as there is something around it."""
        row = self.window.get(key)
        if row is None:
            return
        self.steered.emit()
        row.lay(self.column)
        self.course.key, self.course.stick = key, False
        self.course.top = int(self.height * part) - (row.bubble.top() if row.day_at < 0 and row.unread_at < 0 else 0)
        self.walk()

    def stand_at(self, key: int, offset: float) -> None:
        """Put a row's upper edge at the top, less a part of its height: where the scroll bar was drawn to."""
        row = self.window.get(key)
        if row is None:
            return
        self.steered.emit()
        self.course.key, self.course.stick = key, False
        self.course.top = -int(row.lay(self.column) * offset)
        self.walk()

    def reveal(self, key: int) -> None:
        """Scroll no more than needed to see a row."""
        self.steered.emit()
        for shown in self.shown:
            if shown.row.key != key:
                continue
            over = shown.bottom + self.theme.px(8) - self.height
            if over > 0 and shown.row.height < self.height:
                self.scroll(-over)
            elif shown.top < 0:
                self.scroll(-shown.top + self.theme.px(8))
            return
        at = self.window.index(key)
        if at >= 0 and self.shown:
            self.show_row(key, part=0.0 if at < self.shown[0].index else 0.7)

    def at(self, point: QPoint) -> Shown | None:
        """The row under a point."""
        for shown in self.shown:
            if shown.top <= point.y() < shown.bottom:
                return shown
        return None

    def near(self, point: QPoint) -> Shown | None:
        """The row under a point, else the nearest one."""
        found = self.at(point)
        if found is None and self.shown:
            found = self.shown[0] if point.y() < self.shown[0].top else self.shown[-1]
        return found

    def place(self, point: QPoint) -> Place | None:
        """The place in a message's words nearest to a point."""
        shown = self.near(point)
        if shown is None:
            return None
        inside = point - QPoint(0, shown.top) - shown.row.words_at
        if shown.row.laid is None:
            return Place(shown.row.key, 0)
        if inside.y() >= shown.row.laid.height:
            return Place(shown.row.key, selections.size(shown.row))
        return Place(shown.row.key, shown.row.laid.place(inside))

    def select(self, selection: Selection | None) -> None:
        """Another selection; None or an empty one is none."""
        if selection != self.selection:
            self.selection = selection
            self.changed.emit()
            self.selected.emit()

    def selected_words(self) -> str:
        return self.selection.words(self.window) if self.selection is not None else ""

    def focus(self, key: int) -> None:
        """Another message has the keyboard."""
        if key != self.current:
            self.current = key
            self.changed.emit()

    def area(self, key: int) -> QRect:
        """Where a row's bubble is in the viewport; empty when it is not on the screen."""
        for shown in self.shown:
            if shown.row.key == key:
                return shown.row.bubble.translated(0, shown.top)
        return QRect()

    def current_row(self) -> Row | None:
        return self.window.get(self.current) if self.current else None
