"""A pane that says itself what is wrong with the connection, over all of it, as long as nothing in sight says so."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.client import changes
from app.ui.conversation.banners import ConnectionBanner
from app.ui.desk import Desk


class Bannered(QWidget):
    """``wanted`` tells whether it is to be said here; ``look`` asks again. ``outbox``: what waits is to be shown.

    Before the first try to connect nothing is wrong: a window that opens would say so for a moment.
    """

    outbox = Signal()

    def __init__(self, desk: Desk, pane: QWidget, wanted: Callable[[], bool]) -> None:
        super().__init__()
        self._tried = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        desk.bridge.bind(self, changes.ConnectionChanged, self._begin)  # heard before the strip hears it
        self._banner = ConnectionBanner(desk, wanted=lambda: self._tried and wanted())
        self._banner.outbox.connect(self.outbox)
        column.addWidget(self._banner)
        column.addWidget(pane, 1)

    def _begin(self, _: object) -> None:
        self._tried = True

    def look(self, *_: object) -> None:
        """Something else is in sight."""
        self._banner.look()
