"""Keeps what is half written: a moment after each change, and at once when another conversation is opened."""

import asyncio
from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.client import writing
from app.client.writing import Draft
from app.common import errors
from app.storage.transaction import View
from app.ui.desk import Desk

MOMENT: Final = 400  # milliseconds after the last change; what a sudden end may cost


class Drafts(QObject):
    """The draft of one conversation at a time; it lives in the encrypted store, and here until the store has it.

    So nobody who opens another conversation waits for a store that is slow, or loses what one refuses.
    """

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._conversation = b""
        self._stored: tuple[str, int] | None = ("", 0)  # None: not known until what is owed was written
        self._owed: dict[bytes, tuple[str, int]] = {}  # what the store does not have yet, of any conversation
        self._writing = asyncio.Lock()  # one at a time: what is owed is compared with the last one written
        self._handed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MOMENT)
        self._timer.timeout.connect(self._due)

    async def read(self, conversation: bytes) -> Draft:
        """What is half written there, whether or not the store has it yet."""
        owed = self._owed.get(conversation)

        def look(view: View) -> Draft:
            if owed is None:
                return writing.draft(view, conversation)
            text, reply = owed
            return Draft(text, writing.answered(view, reply) if reply else None)

        return await self._desk.messenger.database.read(look)

    @property
    def stored(self) -> tuple[str, int] | None:
        """What the store has of it; None while something else is on its way there."""
        return None if self._handed or self._conversation in self._owed else self._stored

    def begin(self, conversation: bytes, draft: Draft) -> None:
        """Follow that conversation, where this was read; what is owed to the one before is written now."""
        self._timer.stop()
        self._handed = False
        self._conversation = conversation
        self._stored = None if conversation in self._owed else words(draft)
        if self._owed:
            self._due()

    def changed(self, text: str, reply: int) -> None:
        """Something else is written there now."""
        if not self._conversation:
            return
        if (text, reply) == self._stored:
            self._owed.pop(self._conversation, None)
            self._timer.stop()
            return
        self._owed[self._conversation] = (text, reply)
        if not self._handed and not self._timer.isActive():
            self._timer.start()

    def handed_over(self) -> None:
        """The message is on its way to the store, which drops the draft with it: nothing older may come behind."""
        self._handed = True
        self._timer.stop()

    def given(self, conversation: bytes) -> None:
        """The same of a conversation that was left meanwhile."""
        if conversation != self._conversation:
            self._owed.pop(conversation, None)

    def returned(self, conversation: bytes, text: str) -> None:
        """And the store did not take it."""
        self._owed.setdefault(conversation, (text, 0))
        self._due()

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
            try:
                await self.keep()
            except errors.KingfisherError as error:
                self._desk.fail(error)  # it is still owed: the next change, the next switch and the end try again

    async def keep(self) -> None:
        """Write it now, if it is not there yet, and what is owed to other conversations."""
        self._timer.stop()
        async with self._writing:
            for conversation in tuple(self._owed):
                await self._write(conversation)

    async def _write(self, conversation: bytes) -> None:
        owed = self._owed.get(conversation)
        if owed is None:
            return
        if conversation == self._conversation:
            self._stored = None  # else going back to what was stored before would be taken for nothing to write
        await self._desk.messenger.conversations.set_draft(conversation, *owed)
        if self._owed.get(conversation) == owed:
            del self._owed[conversation]
        if conversation == self._conversation:
            self._stored = owed


def words(draft: Draft) -> tuple[str, int]:
    """Text, and the row of what it answers."""
    return draft.text, draft.answered.row if draft.answered is not None else 0
