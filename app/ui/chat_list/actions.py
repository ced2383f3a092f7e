"""What the menu of a conversation does: read, pin, mute and put away, each with its way back."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.client.chat_list import Entry
from app.domain import conversation
from app.ui.chat_list import face
from app.ui.desk import Desk
from app.ui.widgets import menu as menus

HOUR: Final = 3_600_000  # milliseconds
MUTES: Final = (
    ("For 1 Hour", HOUR, "Muted for 1 hour"),
    ("For 8 Hours", 8 * HOUR, "Muted for 8 hours"),
    ("For 1 Week", 168 * HOUR, "Muted for 1 week"),
    ("Until I Turn It Back On", 0, "Muted"),
)


class Actions(QObject):
    """Use cases of the sidebar; each result comes back as a change of the list."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk

    def menu(self, parent: QWidget, entry: Entry, place: QPoint) -> QMenu:
        """The menu of a conversation, opened at a place on the screen."""
        menu = menus.make(self._desk.theme, parent)
        menu.setAccessibleName(face.name_of(entry.title))
        if entry.unread or entry.marked_unread:
            self._add(menu, "check", "Mark as Read", lambda: self.mark_read(entry))
        else:
            self._add(menu, "bubble", "Mark as Unread", lambda: self.mark_unread(entry))
        pin = "Unpin" if entry.pinned else "Pin"
        self._add(menu, "pin", pin, lambda: self.pin(entry.conversation, not entry.pinned))
        if entry.muted_until > self._desk.now():
            self._add(menu, "bell", "Unmute", lambda: self.mute(entry, 0))
        else:
            lengths = menus.make(self._desk.theme, menu, face.tr("Mute"))
            menu.addMenu(lengths)
            menus.mark(lengths.menuAction(), icon="bell-off")
            for words, length, said in MUTES:
                self._add(lengths, "", words, lambda length=length, said=said: self._mute_for(entry, length, said))
        menu.addSeparator()
        archive = "Unarchive" if entry.archived else "Archive"
        self._add(menu, "archive", archive, lambda: self.archive(entry, not entry.archived))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)
        return menu

    def _add(self, menu: QMenu, icon: str, words: str, act: Callable[[], None]) -> QAction:
        action = menus.mark(menu.addAction(face.tr(words)), icon=icon)
        action.triggered.connect(lambda _=False: act())
        return action

    def mark_read(self, entry: Entry) -> None:
        """Everything in it, as if it had been shown; the other side hears of it."""
        self._do(self._desk.messenger.conversations.mark_read(entry.conversation), "read")

    def mark_unread(self, entry: Entry) -> None:
        self._do(self._desk.messenger.conversations.mark_unread(entry.conversation), "unread")

    def pin(self, conversation_id: bytes, pinned: bool) -> None:
        self._do(self._desk.messenger.conversations.pin(conversation_id, pinned), "pin")

    def mute(self, entry: Entry, until: int) -> None:
        self._do(self._desk.messenger.conversations.mute(entry.conversation, until), "mute")

    def _mute_for(self, entry: Entry, length: int, said: str) -> None:
        self.mute(entry, self._desk.now() + length if length else conversation.FOREVER)
        self._desk.say(face.tr(said), face.tr("Undo"), lambda: self.mute(entry, entry.muted_until))

    def archive(self, entry: Entry, archived: bool) -> None:
        """Put away, or taken back."""
        self._do(self._desk.messenger.conversations.archive(entry.conversation, archived), "archive")
        if archived:
            said = face.tr("Conversation archived")
            self._desk.say(said, face.tr("Undo"), lambda: self.archive(entry, False))

    def _do(self, work: Coroutine[Any, Any, object], name: str) -> None:
        self._desk.bridge.spawn(self, work, name=name)
