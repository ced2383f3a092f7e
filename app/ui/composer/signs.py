"""Tells the other side that one is writing: again every few seconds while it goes on, and when it ends."""

from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.ui.desk import Desk

AGAIN: Final = 4.0  # seconds until the sign is given once more; it holds six
PAUSE: Final = 5_000  # milliseconds without a key after which nobody is writing


class Signs(QObject):
    """The signs of one conversation at a time."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._conversation = b""
        self._said = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.stop)

    def begin(self, conversation: bytes) -> None:
        """Another conversation; the one before hears that it is over."""
        self.stop()
        self._conversation = conversation

    def typed(self) -> None:
        """A key was pressed that changed the text."""
        if not self._conversation:
            return
        self._timer.start()
        now = self._desk.clock.monotonic()
        if not self._said or now - self._said >= AGAIN:
            self._said = now
            self._say(on=True)

    def stop(self) -> None:
        """Nobody is writing any more."""
        self._timer.stop()
        if self._said:
            self._said = 0.0
            self._say(on=False)

    def sent(self) -> None:
        """The message itself says that it is over."""
        self._timer.stop()
        self._said = 0.0

    def _say(self, *, on: bool) -> None:
        typing = self._desk.messenger.typing.say(self._conversation, on=on)
        self._desk.bridge.spawn(self, typing, name="typing")
