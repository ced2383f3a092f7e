"""What was really seen: messages on the screen of an active window, told once and only forwards."""

from collections.abc import Callable, Iterator

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.client.records import Record
from app.ui.conversation.scene import Scene

MOMENT = 200  # milliseconds a message has to be there


class Seen(QObject):
    """Tells the position of the newest received message whose end was on the screen, and of each that came late."""

    def __init__(self, view: QWidget, scene: Scene, tell: Callable[[object], None]) -> None:
        super().__init__(view)
        self._view = view
        self._scene = scene
        self._tell = tell
        self._last: Record | None = None
        self._told: set[int] = set()  # rows that came late
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MOMENT)
        self._timer.timeout.connect(self._say)
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A window that becomes the active one is not painted for that."""
        if event.type() is QEvent.Type.WindowActivate:
            self.look()
        return False

    def forget(self) -> None:
        """Another conversation."""
        self._timer.stop()
        self._last = None
        self._told.clear()

    def look(self) -> None:
        """After every painting, and when its user turns to the window."""
        newest = self._newest()
        further = newest is not None and (self._last is None or newest.position > self._last.position)
        if (further or self._late()) and not self._timer.isActive():
            self._timer.start()

    def _newest(self) -> Record | None:
        return next(self._inside(), None)

    def _late(self) -> list[Record]:
        return [record for record in self._inside() if record.late and record.row not in self._told]

    def _inside(self) -> Iterator[Record]:
        """Received messages whose end is on the screen, the newest first."""
        if not self._view.isVisible() or not self._view.window().isActiveWindow():
            return
        for shown in reversed(self._scene.shown):
            end = shown.top + shown.row.bubble.bottom()
            inside = 0 <= end <= self._scene.height
            if inside and not shown.row.outgoing and not shown.row.item.record.pending:
                yield shown.row.item.record

    def _say(self) -> None:
        newest = self._newest()
        if newest is not None and (self._last is None or newest.position > self._last.position):
            self._last = newest
            self._told.add(newest.row)
            self._tell(newest.position)
        for record in self._late():
            self._told.add(record.row)
            self._tell(record.position)
