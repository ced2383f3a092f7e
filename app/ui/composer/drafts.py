"""Keeps what is half written: a moment after each change, and at once when another conversation is opened."""

from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.ui.desk import Desk

MOMENT: Final = 400  # milliseconds after the last change; what a sudden end may cost


class Drafts(QObject):
    """The draft of one conversation at a time; it lives in the encrypted store and nowhere else."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._conversation = b""
        self._stored: tuple[str, int] = ("", 0)
        self._fresh: tuple[str, int] = ("", 0)
        self._handed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MOMENT)
        self._timer.timeout.connect(self._due)

    def begin(self, conversation: bytes, text: str, reply: int) -> None:
        """Follow that conversation, where this is stored already."""
        self._timer.stop()
        self._handed = False
        self._conversation = conversation
        self._stored = self._fresh = (text, reply)

    def changed(self, text: str, reply: int) -> None:
        """Something else is written there now."""
        self._fresh = (text, reply)
        if self._fresh == self._stored:
            self._timer.stop()
        elif not self._handed and not self._timer.isActive():
            self._timer.start()

    def handed_over(self) -> None:
        """The message is on its way to the store, which drops the draft with it: nothing older may come behind."""
        self._handed = True
        self._timer.stop()

    def sent(self, text: str, reply: int) -> None:
        """The store dropped the draft with the message; this is left."""
        self._handed, self._stored = False, ("", 0)
        self.changed(text, reply)

    def refused(self, text: str, reply: int) -> None:
        """The store did not take it: it is half written again."""
        self._handed = False
        self.changed(text, reply)

    def _due(self) -> None:
        self._desk.bridge.spawn(self, self._keep_due(), name="draft")

    async def _keep_due(self) -> None:
        if not self._handed:
            await self.keep()

    async def keep(self) -> None:
        """Write it now, if it is not there yet."""
        self._timer.stop()
        if self._conversation and self._fresh != self._stored:
            self._stored = self._fresh
            await self._desk.messenger.conversations.set_draft(self._conversation, *self._fresh)
