"""The list of the outbox: rows painted by a delegate over a model that keeps its place while messages leave."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from app.client.unsent import Unsent
from app.ui.chat_list import painting, writing
from app.ui.chat_list.view import Rows, Standing
from app.ui.outbox.wording import Moment, Words, words_of
from app.ui.theme import Theme
from app.ui.widgets import avatars, rings

HIGH: Final = 84  # three lines
SIDE: Final = 36
GAP: Final = 12
NO_PARENT: Final = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class OutboxModel(QAbstractListModel):
    """What was read last, the first part of it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: list[Unsent] = []
        self._moment: Moment | None = None

    @property
    def rows(self) -> Sequence[Unsent]:
        return self._rows

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) and index.isValid():
            return self.words(index.row()).sentence
        return None

    def words(self, row: int) -> Words:
        """As it is painted."""
        moment = self._moment
        if moment is None:
            raise RuntimeError("nothing was taken yet")
        return words_of(self._rows[row], moment)

    def take(self, rows: Sequence[Unsent], moment: Moment) -> None:
        """Other rows: what has gone is removed, what came is added, what is left changes where it stands."""
        self._moment = moment
        kept = {each.key for each in rows}
        for at in range(len(self._rows) - 1, -1, -1):
            if self._rows[at].key not in kept:
                self.beginRemoveRows(QModelIndex(), at, at)
                del self._rows[at]
                self.endRemoveRows()
        old = len(self._rows)
        if [each.key for each in self._rows] != [each.key for each in rows[:old]]:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        if len(rows) > old:
            self.beginInsertRows(QModelIndex(), old, len(rows) - 1)
            self._rows = list(rows)
            self.endInsertRows()
        self._rows = list(rows)
        if old:
            self.dataChanged.emit(self.index(0), self.index(old - 1))


class OutboxDelegate(Standing):
    """Name and time, the words, and under them why it waits."""

    def __init__(self, theme: Theme, model: OutboxModel, rows: Rows) -> None:
        super().__init__(theme, self._current, rows)
        self._model, self._list = model, rows

    def _current(self, row: int) -> bool:
        return self._list.currentIndex().row() == row

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self._theme.px(100), self._theme.px(HIGH))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, state, said = self._theme, self.state(option, index.row()), self._model.words(index.row())
        colors, box = theme.palette, self.box(option)
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        inside = box.adjusted(theme.size("layout.rowInset"), 0, -theme.size("layout.rowInset"), 0)
        painting.ground(painter, inside, theme, state)
        padding = theme.size("layout.rowPadding")
        rest = inside.adjusted(padding, 0, -padding, 0)
        side = theme.px(SIDE)
        left = rest.right() - side if state.mirrored else rest.left()
        place = QRectF(left, round(rest.center().y() - side / 2), side, side)
        avatars.paint(painter, place, theme, said.key, said.name)
        move = side + theme.px(GAP)
        rest = rest.adjusted(0, 0, -move, 0) if state.mirrored else rest.adjusted(move, 0, 0, 0)
        high = theme.line("name") + theme.line("preview") + theme.line("caption") + 2 * theme.px(1)
        top = rest.center().y() - high / 2
        quiet = colors.text_secondary if state.selected else colors.text_tertiary
        first = QRectF(rest.left(), top, rest.width(), theme.line("name"))
        self._pair(painter, first, (said.name, "name", colors.text), (said.time, "caption", quiet), state.mirrored)
        second = QRectF(rest.left(), first.bottom() + theme.px(1), rest.width(), theme.line("preview"))
        writing.line(painter, second, said.words, theme.font("preview"), colors.text_secondary, mirrored=state.mirrored)
        third = QRectF(rest.left(), second.bottom() + theme.px(1), rest.width(), theme.line("caption"))
        ink = colors.red_text if said.failed else colors.text_secondary
        why = f"{said.when} · {said.cause}" if said.cause else said.when
        writing.line(painter, third, why, theme.font("caption"), ink, mirrored=state.mirrored)
        if state.focus:
            inner = painting.within(theme, state)
            ring = inside.adjusted(inner, inner, -inner, -inner)
            rings.stroke(painter, theme, ring, theme.size("radius.row") - inner)
        painter.restore()

    def _pair(
        self,
        painter: QPainter,
        box: QRectF,
        lead: tuple[str, str, Any],
        end: tuple[str, str, Any],
        mirrored: bool,
    ) -> None:
        """One line from both ends; the trailing words are whole."""
        theme = self._theme
        font = theme.font(end[1], tabular=True)
        wide = writing.width(end[0], font)
        rest, last = QRectF(box), QRectF(box)
        last.setWidth(wide)
        last.moveLeft(box.left() if mirrored else box.right() - wide)
        room = wide + theme.px(8)
        rest = rest.adjusted(room, 0, 0, 0) if mirrored else rest.adjusted(0, 0, -room, 0)
        writing.line(painter, last, end[0], font, end[2], mirrored=not mirrored)
        writing.line(painter, rest, lead[0], theme.font(lead[1]), lead[2], mirrored=mirrored)


class OutboxRows(Rows):
    """``entered`` and ``deleted``: those keys on a row."""

    entered = Signal()
    deleted = Signal()

    def __init__(self, theme: Theme, name: str, model: OutboxModel) -> None:
        super().__init__(theme, name)
        self.setModel(model)
        self.setItemDelegate(OutboxDelegate(theme, model, self))

    def _key(self, event: QKeyEvent) -> None:
        key, there = event.key(), self.currentIndex().isValid()
        if key == Qt.Key.Key_Delete and there:
            self.deleted.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and there:
            self.entered.emit()
        else:
            super()._key(event)
