"""The pointer in the conversation: hovering, pressing links and acts, and selecting by words, messages or dragging."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import QGuiApplication

from app.ui.content.base import Hit
from app.ui.conversation import selection as selections
from app.ui.conversation.course import Shown
from app.ui.conversation.row import Row
from app.ui.conversation.scene import Scene
from app.ui.conversation.selection import Place, Selection

Target = Hit | str | int | None
EDGE = 16  # milliseconds between two steps of scrolling while a selection is drawn beyond the edge


class Pointing(QObject):
    """Turns presses into targets and drags into selections."""

    def __init__(self, scene: Scene, use: Callable[[Row, Target], None], parent: QObject) -> None:
        """``use`` is told of what was pressed and let go at the same place."""
        super().__init__(parent)
        self._scene = scene
        self._use = use
        self._down: tuple[int, Target] | None = None
        self._from: QPoint | None = None
        self._start: Place | None = None
        self._point = QPoint()
        self._clicks = 0
        self._scrolling = QTimer(self)
        self._scrolling.setInterval(EDGE)
        self._scrolling.timeout.connect(self._pull)
        self.over: tuple[int, Target] = (0, None)

    def target(self, point: QPoint) -> tuple[Shown | None, Target]:
        """The row under a point, and what can be pressed there."""
        shown = self._scene.at(point)
        return shown, shown.row.hit(point - QPoint(0, shown.top)) if shown is not None else None

    def hover(self, point: QPoint) -> Target:
        """The pointer moved without a button; what it is over now."""
        shown, target = self.target(point)
        inside = shown is not None and shown.row.bubble.translated(0, shown.top).contains(point)
        key = shown.row.key if shown is not None and (inside or target is not None) else 0
        if key != self._scene.hovered or (key, target) != self.over:
            self._scene.hovered = key
            self.over = (key, target)
            self._scene.changed.emit()
        return target

    def leave(self) -> None:
        self.hover(QPoint(-1, -1))

    def press(self, point: QPoint, *, extend: bool) -> None:
        """A press of the left button; with ``extend`` the selection so far goes on to here."""
        shown, target = self.target(point)
        self._down = (shown.row.key, target) if shown is not None and target is not None else None
        self._from, self._clicks = point, 1
        place = self._scene.place(point)
        if shown is not None and shown.row.bubble.translated(0, shown.top).contains(point):
            self._scene.focus(shown.row.key)
        if extend and place is not None and self._scene.selection is not None:
            self._start = self._scene.selection.start
            self._scene.select(Selection(self._start, place))
            return
        self._start = place
        self._scene.select(None)

    def again(self, point: QPoint) -> None:
        """A double click selects the word; a press right after it all of the message."""
        shown, place = self._scene.at(point), self._scene.place(point)
        if shown is None or place is None or shown.row.laid is None:
            return
        self._clicks = 2
        self._down = None
        laid = shown.row.laid
        start = laid.step(min(place.at + 1, selections.size(shown.row)), -1, word=True)
        end = start + _length(shown.row, start)
        self._start = Place(place.key, start)
        self._scene.select(Selection(self._start, Place(place.key, end)))

    def all_of_it(self, point: QPoint) -> None:
        """A third click."""
        shown = self._scene.at(point)
        if shown is not None and shown.row.laid is not None:
            self._down, self._start = None, Place(shown.row.key, 0)
            self._scene.select(selections.whole(shown.row))

    def drag(self, point: QPoint) -> None:
        """The pointer moved with the button held."""
        self._point = point
        if self._start is None or self._from is None:
            return
        if (point - self._from).manhattanLength() < QGuiApplication.styleHints().startDragDistance():
            return
        self._down = None
        self._select(point)
        outside = point.y() < 0 or point.y() > self._scene.height
        if outside and not self._scrolling.isActive():
            self._scrolling.start()
        elif not outside:
            self._scrolling.stop()

    def _select(self, point: QPoint) -> None:
        head = self._scene.place(point)
        if head is not None and self._start is not None:
            self._scene.select(Selection(self._start, head))

    def _pull(self) -> None:
        beyond = self._point.y() if self._point.y() < 0 else self._point.y() - self._scene.height
        self._scene.scroll(-max(-40, min(40, beyond // 2)))
        self._select(self._point)

    def release(self, point: QPoint) -> None:
        """The button was let go."""
        self._scrolling.stop()
        down, self._down, self._from = self._down, None, None
        shown, target = self.target(point)
        if down is not None and shown is not None and down == (shown.row.key, target):
            self._use(shown.row, target)


def _length(row: Row, start: int) -> int:
    """Of the word that begins there, without the spaces after it."""
    laid = row.laid
    if laid is None:
        return 0
    end = laid.step(start, 1, word=True)
    words = selections.part(row, start, end)
    return end - start - (len(words) - len(words.rstrip()))
