"""What a search found: conversations by name, then messages with the words, under one keyboard."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from app.client import search, timeline
from app.client.chat_list import ChatList, Results
from app.client.search import Found
from app.ui.chat_list import face, writing
from app.ui.chat_list.face import Face, Moment
from app.ui.chat_list.view import RowDelegate, Rows
from app.ui.desk import Desk
from app.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
ROW: Final = 60
AVATAR: Final = 40
_ABOVE: Final = (6, 10)  # the first heading, and others
_BELOW: Final = 2


class Heading(msgspec.Struct, frozen=True):
    """Over the results of one kind; ``found`` says how many there are, or nothing."""

    title: str
    found: str = ""


class Hit(msgspec.Struct, frozen=True):
    """One result and where it leads."""

    face: Face
    conversation: bytes
    target: timeline.Target


class ResultModel(QAbstractListModel):
    """Headings and hits in one list; headings cannot be chosen."""

    def __init__(self, moment: Callable[[], Moment], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._moment = moment
        self._rows: list[Heading | Hit] = []
        self.words = ""
        self.last: Found | None = None  # the message that more would follow
        self._messages = 0

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        hit = index.isValid() and isinstance(self._rows[index.row()], Hit)
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if hit else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        row = self._rows[index.row()]
        if isinstance(row, Heading):
            return f"{row.title}, {row.found}" if row.found else row.title
        return row.face.name if role == Qt.ItemDataRole.DisplayRole else row.face.sentence

    def row(self, row: int) -> Heading | Hit:
        return self._rows[row]

    def hits(self) -> Sequence[Hit]:
        """All results, in their order."""
        return [row for row in self._rows if isinstance(row, Hit)]

    def show_results(self, words: str, results: Results) -> None:
        """These instead of what was found before."""
        moment = self._moment()
        rows: list[Heading | Hit] = []
        if results.conversations:
            rows.append(Heading(face.tr("Conversations")))
            start = timeline.Start.FIRST_UNREAD
            rows += [Hit(face.named(each, words, moment), each.conversation, start) for each in results.conversations]
        self._messages = len(results.messages)
        self.last = results.messages[-1] if self._messages >= search.MESSAGES else None
        if results.messages:
            rows.append(self._heading())
            rows += [_hit(each, moment) for each in results.messages]
        self.beginResetModel()
        self._rows, self.words = rows, words
        self.endResetModel()

    def show_more(self, messages: Sequence[Found]) -> None:
        """These messages follow."""
        self.last = messages[-1] if len(messages) >= search.MESSAGES else None
        self._messages += len(messages)
        at = len(self._rows)
        if messages:
            moment = self._moment()
            self.beginInsertRows(QModelIndex(), at, at + len(messages) - 1)
            self._rows += [_hit(each, moment) for each in messages]
            self.endInsertRows()
        for row, each in enumerate(self._rows):
            if isinstance(each, Heading) and each.found:
                self._rows[row] = self._heading()
                self.dataChanged.emit(self.index(row), self.index(row))

    def _heading(self) -> Heading:
        count = f"{self._messages}+" if self.last is not None else str(self._messages)
        return Heading(face.tr("Messages"), face.tr("{count} found").replace("{count}", count))


def _hit(found: Found, moment: Moment) -> Hit:
    return Hit(face.hit(found, moment), found.conversation, timeline.AtRow(found.record.row))


class ResultDelegate(RowDelegate):
    """Hits like the rows of the list, a little smaller, and headings."""

    def __init__(self, theme: Theme, model: ResultModel, is_open: Callable[[int], bool], parent: QWidget) -> None:
        super().__init__(theme, self._face_of, is_open, parent)
        self._model = model

    def _face_of(self, row: int) -> Face:
        found = self._model.row(row)
        return found.face if isinstance(found, Hit) else Face(b"", found.title, "", "", "")

    def avatar(self) -> int:
        return self._theme.px(AVATAR)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        theme, row = self._theme, index.row()
        if isinstance(self._model.row(row), Hit):
            return QSize(theme.px(100), theme.px(ROW))
        return QSize(theme.px(100), theme.px(_ABOVE[min(row, 1)]) + theme.line("caption") + theme.px(_BELOW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found = self._model.row(index.row())
        if isinstance(found, Hit):
            super().paint(painter, option, index)
            return
        theme = self._theme
        side = theme.size("layout.rowInset") + theme.size("layout.rowPadding")
        box = self.box(option).adjusted(side, 0, -side, -theme.px(_BELOW))
        box.setTop(box.bottom() - theme.line("caption"))
        mirrored = self.state(option, index.row()).mirrored
        ink = theme.palette.text_secondary
        writing.line(painter, box, found.title, theme.font("caption", weight=600), ink, mirrored=mirrored)
        if found.found:
            font = theme.font("caption", weight=500, tabular=True)
            writing.line(painter, QRectF(box), found.found, font, ink, mirrored=not mirrored)


class ResultRows(Rows):
    """The list of results; ``found`` says that the newest words have been searched for.

    ``opened`` carries a conversation, the place in it, and the words to mark there.
    """

    opened = Signal(object, object, str)
    found = Signal()

    def __init__(
        self,
        desk: Desk,
        source: Callable[[], ChatList | None],
        moment: Callable[[], Moment],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(desk.theme, face.tr("Search results"), parent)
        self._desk, self._source = desk, source
        self._wanted: str | None = None
        self._busy = False
        self._opened: tuple[bytes, timeline.Target] | None = None
        self.results = ResultModel(moment, self)
        self.setUniformItemSizes(False)
        self.setModel(self.results)
        self.setItemDelegate(ResultDelegate(desk.theme, self.results, self._is_open, self))
        self.chosen.connect(self.open_row)
        self.near_end.connect(self._more)

    def _is_open(self, row: int) -> bool:
        hit = self.results.row(row)
        return isinstance(hit, Hit) and (hit.conversation, hit.target) == self._opened

    def open_row(self, row: int) -> None:
        """Go to what was found."""
        hit = self.results.row(row)
        if isinstance(hit, Hit):
            self._opened = (hit.conversation, hit.target)
            self.viewport().update()
            mark = self.results.words if isinstance(hit.target, timeline.AtRow) else ""
            self.opened.emit(hit.conversation, hit.target, mark)

    def search(self, words: str) -> None:
        """Search for these words; while one search runs, only the newest words wait for the next."""
        self._wanted = words
        if not self._busy:
            self._busy = True
            self._desk.bridge.spawn(self, self._search(), name="search")

    async def _search(self) -> None:
        try:
            while (words := self._wanted) is not None:
                source = self._source()
                self._wanted = None
                if source is None:
                    break
                results = await source.search(words)
                if self._wanted is None:
                    self._opened = None
                    self.results.show_results(words, results)
                    self.scrollToTop()
                    self.found.emit()
        finally:
            self._busy = False

    def _more(self) -> None:
        if self.results.last is not None and not self._busy:
            self._busy = True
            self._desk.bridge.spawn(self, self._search_more(self.results.words, self.results.last), name="search")

    async def _search_more(self, words: str, last: Found) -> None:
        try:
            source = self._source()
            if source is not None and self._wanted is None:
                more = await source.search_more(words, last)
                if self.results.words == words and self._wanted is None:
                    self.results.show_more(more)
        finally:
            self._busy = False
        if self._wanted is not None:
            self.search(self._wanted)
