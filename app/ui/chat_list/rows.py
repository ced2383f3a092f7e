"""The rows of conversations: they keep their place, their choice and the keyboard while the list changes under them."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex
from PySide6.QtWidgets import QWidget

from app.ui.chat_list.model import ChatModel
from app.ui.chat_list.view import RowDelegate, Rows
from app.ui.theme import Theme


class ChatRows(Rows):
    """``hold`` before and ``settle`` after a change: what was looked at stays where it was."""

    def __init__(self, theme: Theme, name: str, model: ChatModel, parent: QWidget | None = None) -> None:
        super().__init__(theme, name, parent)
        self._chats = model
        self._open: bytes | None = None
        self._walked: bytes | None = None  # where the keyboard is
        self._top: tuple[bytes, int] | None = None  # the first row in sight and its place, unless that is the beginning
        self.setModel(model)
        self.setItemDelegate(RowDelegate(theme, model.face, self._is_open, self))

    def _is_open(self, row: int) -> bool:
        return self._chats.entry(row).conversation == self._open

    def show_open(self, conversation: bytes | None) -> None:
        """Its row is tinted, and in sight."""
        self._open = conversation
        self._choose()
        row = self._chats.row(conversation) if conversation is not None else -1
        if row >= 0:
            self.scrollTo(self._chats.index(row))
        self.viewport().update()

    def hold(self) -> None:
        """Remember what is looked at; a change is about to come."""
        current = self.currentIndex()
        self._walked = self._chats.entry(current.row()).conversation if current.isValid() else None
        self._top = None
        if self.verticalScrollBar().value():
            index = self.indexAt(self.viewport().rect().topLeft())
            if index.isValid():
                self._top = (self._chats.entry(index.row()).conversation, self.visualRect(index).top())

    def settle(self, conversation: bytes | None) -> None:
        """The change is taken in."""
        self._open = conversation
        self._choose()
        if self._walked is not None:
            self._go_to(self._chats.row(self._walked), QItemSelectionModel.SelectionFlag.NoUpdate)
        if self._top is not None:
            row = self._chats.row(self._top[0])
            if row >= 0:
                self.executeDelayedItemsLayout()
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + self.visualRect(self._chats.index(row)).top() - self._top[1])

    def _choose(self) -> None:
        chosen = self.selectionModel()
        row = self._chats.row(self._open) if self._open is not None else -1
        with self.by_hand():
            if row < 0:
                chosen.clearSelection()
                return
            chosen.select(self._chats.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _go_to(self, row: int, how: QItemSelectionModel.SelectionFlag) -> None:
        """Without scrolling."""
        self.setAutoScroll(False)
        with self.by_hand():
            self.selectionModel().setCurrentIndex(self._chats.index(row) if row >= 0 else QModelIndex(), how)
        self.setAutoScroll(True)
