"""The strip that says what is wrong with the connection, and what can be done about it: under a header, over a pane."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QCoreApplication, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.client import changes, connectivity
from app.client.connectivity import Connectivity
from app.ui import format
from app.ui.conversation.strip import BannerAction, Strip
from app.ui.desk import Desk
from app.ui.outbox import wording


class Notice(msgspec.Struct, frozen=True):
    """What the strip says, and whether it offers to try at once."""

    words: str
    retry: bool = False


def notice(state: Connectivity, now: int) -> Notice | None:
    """The words for a state of the connection; None while nothing is wrong, a first try included."""
    if state.phase == "connected":
        return None
    if state.phase == "refused":
        return Notice(format.for_code(state.code), retry=not state.final)
    if state.retry_at is not None:
        seconds = max(1, -((now - state.retry_at) // 1000))
        words = _tr("Can’t reach the relay. Trying again in {seconds} s.").format(seconds=seconds)
        return Notice(words, retry=True)
    if state.phase == "connecting":
        return Notice(_tr("Can’t reach the relay. Trying again…")) if state.code else None
    return Notice(_tr("You’re offline. Messages will be sent when you reconnect."), retry=True)


class ConnectionBanner(Strip):
    """There while there is something to say; it counts down by itself.

    ``outbox``: what waits meanwhile is to be shown. ``wanted`` False: something else in sight says it already, and
    ``look`` is called when that changes.
    """

    outbox = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None, *, wanted: Callable[[], bool] = lambda: True) -> None:
        self._retry = BannerAction(desk.theme, _tr("Retry Now"))
        self._waiting = BannerAction(desk.theme, "")
        self._waiting.hide()
        super().__init__(desk.theme, "wifi-off", self._waiting, self._retry, parent=parent)
        self._desk, self._wanted = desk, wanted
        self._retry.clicked.connect(lambda: connectivity.retry_now(desk.messenger))
        self._waiting.clicked.connect(self.outbox)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.look)
        desk.bridge.bind(self, changes.ConnectionChanged, lambda _: self.look())
        desk.bridge.bind(self, changes.OutboxChanged, self._count)
        self.look()

    def _count(self, _: object) -> None:
        """How many messages wait is said only while there is something else to say."""
        if not self.isHidden():
            self._desk.bridge.spawn(self, self._read(), name="waiting")

    async def _read(self) -> None:
        count = await self._desk.messenger.unsent()
        self._waiting.rename(wording.count(count))
        self._waiting.setVisible(count > 0)
        self.fit()

    def look(self) -> None:
        """Read the state again."""
        state = connectivity.of(self._desk.messenger)
        found = notice(state, self._desk.now()) if self._wanted() else None
        if found is None:
            self._timer.stop()
        else:
            self.words.setText(found.words)
            self._retry.setVisible(found.retry)
            self.fit()
            if state.retry_at is None:
                self._timer.stop()
            elif not self._timer.isActive():
                self._timer.start()
        before = self.isHidden()
        self.setVisible(found is not None)
        if before:
            self._count(None)


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
