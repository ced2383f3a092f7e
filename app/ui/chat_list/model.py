"""The rows as a Qt model: driven only by the client's diffs, pinned ones apart while they are shown as avatars."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.client import diffs
from app.client.chat_list import Entry
from app.client.diffs import Diff
from app.ui.chat_list import face
from app.ui.chat_list.face import Face, Moment

Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()


class ChatModel(QAbstractListModel):
    """``entries`` is what the diffs told so far add up to; the rows are all of them, or all but the pinned ones."""

    pins_changed = Signal()
    settled = Signal()  # the diffs of one change have been taken in

    def __init__(
        self, moment: Callable[[], Moment], typing: Callable[[bytes], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._moment, self._typing = moment, typing
        self._entries: list[Entry] = []
        self._rows: list[Entry] = []
        self._apart = 0
        self._faces: dict[bytes, tuple[Entry, Face]] = {}

    @property
    def entries(self) -> Sequence[Entry]:
        """All that are loaded, pinned ones first."""
        return self._entries

    @property
    def pinned(self) -> list[Entry]:
        """Those that are shown apart from the rows."""
        return self._entries[: self._pins()]

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.face(index.row()).name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.face(index.row()).sentence
        return None

    def entry(self, row: int) -> Entry:
        """The conversation of a row."""
        return self._rows[row]

    def row(self, conversation: bytes) -> int:
        """Where it stands among the rows; -1 when it does not."""
        return next((row for row, entry in enumerate(self._rows) if entry.conversation == conversation), -1)

    def face(self, row: int) -> Face:
        """What a row says."""
        return self.face_of(self._rows[row])

    def face_of(self, entry: Entry) -> Face:
        """What the row or avatar of an entry says; made when it is first asked for."""
        found = self._faces.get(entry.conversation)
        if found is None or found[0] is not entry:
            typing = self._typing(entry.conversation)
            found = self._faces[entry.conversation] = (entry, face.of(entry, self._moment(), typing=typing))
        return found[1]

    def set_apart(self, most: int) -> None:
        """How many pinned conversations are shown somewhere else."""
        if most != self._apart:
            self._apart = most
            self._tell(diffs.between(self._rows, self._entries[self._pins() :], key=_conversation))
            self.pins_changed.emit()

    def forget(self, conversation: bytes | None = None) -> None:
        """What a row says (all rows when None) depends on something that changed: it is put together anew."""
        if conversation is None:
            self._faces.clear()
            if self._rows:
                self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
            self.pins_changed.emit()
            return
        self._faces.pop(conversation, None)
        row = self.row(conversation)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))
        else:
            self.pins_changed.emit()

    def take(self, steps: Sequence[Diff[Entry]]) -> None:
        """The diffs of one change, in their order."""
        before = self._pins()
        for step in steps:
            self._follow(step)
        pins = self._pins()
        if pins == before and all(not isinstance(step, diffs.Reset) and step.at >= pins for step in steps):
            self._tell([_moved(step, -pins) for step in steps])
        elif pins or before:
            self._tell(diffs.between(self._rows, self._entries[pins:], key=_conversation))
            self.pins_changed.emit()
        else:
            self._tell(steps)
        self.settled.emit()

    def _pins(self) -> int:
        """How many stand apart from the rows."""
        most = min(self._apart, len(self._entries))
        return next((at for at in range(most) if not self._entries[at].pinned), most)

    def _follow(self, step: Diff[Entry]) -> None:
        match step:
            case diffs.Inserted(at, items):
                self._entries[at:at] = items
            case diffs.Replaced(at, item):
                self._entries[at] = item
            case diffs.Removed(at, count):
                for entry in self._entries[at : at + count]:
                    self._faces.pop(entry.conversation, None)
                del self._entries[at : at + count]
            case diffs.Reset(items):
                self._entries[:] = items
                self._faces.clear()

    def _tell(self, steps: Sequence[Diff[Entry]]) -> None:
        """Take steps into the rows, each told to whoever shows them."""
        for step in steps:
            match step:
                case diffs.Inserted(at, items):
                    self.beginInsertRows(QModelIndex(), at, at + len(items) - 1)
                    self._rows[at:at] = items
                    self.endInsertRows()
                case diffs.Replaced(at, item):
                    self._rows[at] = item
                    self.dataChanged.emit(self.index(at), self.index(at))
                case diffs.Removed(at, count):
                    self.beginRemoveRows(QModelIndex(), at, at + count - 1)
                    del self._rows[at : at + count]
                    self.endRemoveRows()
                case diffs.Reset(items):
                    self.beginResetModel()
                    self._rows[:] = items
                    self.endResetModel()


def _conversation(entry: Entry) -> bytes:
    return entry.conversation


def _moved(step: Diff[Entry], by: int) -> Diff[Entry]:
    match step:
        case diffs.Inserted(at, items):
            return diffs.Inserted(at + by, items)
        case diffs.Replaced(at, item):
            return diffs.Replaced(at + by, item)
        case diffs.Removed(at, count):
            return diffs.Removed(at + by, count)
        case diffs.Reset():
            return step
