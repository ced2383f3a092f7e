"""Who may be meant: the people known here that fit what is typed, and the directory as the last row."""

from collections.abc import Sequence
from typing import Final

import msgspec
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from app.client.contacts import Known
from app.common import errors
from app.ui.theme import Theme
from app.ui.widgets import areas, avatars, painting, shadows

Index = QModelIndex | QPersistentModelIndex
ROW: Final = 52
LOOK_UP: Final = 46
WIDTH: Final = 420
SHADOW: Final = 36  # pixels around the popover


class LookUp(msgspec.Struct, frozen=True):
    """Ask the directory about these words."""

    words: str


Choice = Known | LookUp


_NOWHERE: Final = QModelIndex()


class _Model(QAbstractListModel):
    """The people, then the question to the directory."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Choice] = []

    def show(self, rows: Sequence[Choice]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.words(row)
        return None

    def words(self, row: Choice) -> str:
        """One sentence for whoever listens."""
        if isinstance(row, LookUp):
            return self.tr("Look up “{words}”").format(words=row.words)
        way = self.tr("Encrypted") if row.rich else ""
        return ", ".join(part for part in (row.name.name, row.address, way) if part)


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        known = isinstance(_row(index), Known)
        return QSize(0, self._theme.px(ROW if known else LOOK_UP))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, theme = _row(index), self._theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRect(option.rect)
        if isinstance(row, LookUp):
            painter.fillRect(QRect(rect.left(), rect.top() + theme.px(6) - 1, rect.width(), 1), theme.palette.separator)
            rect.setTop(rect.top() + theme.px(6))
            if index.row() == 0:
                painter.fillRect(option.rect, theme.palette.raised)
                rect = QRect(option.rect)
        state = option.state
        chosen, over = state & QStyle.StateFlag.State_Selected, state & QStyle.StateFlag.State_MouseOver
        if chosen or over:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.palette.selected if chosen else theme.palette.hover)
            painter.drawRoundedRect(rect, theme.px(8), theme.px(8))
            if chosen and theme.high_contrast:
                painting.ring(painter, QRectF(rect), theme.px(8), theme)
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        if isinstance(row, Known):
            self._known(painter, rect, row, rtl)
        else:
            self._look_up(painter, rect, row, rtl)
        painter.restore()

    def _known(self, painter: QPainter, rect: QRect, row: Known, rtl: bool) -> None:
        theme, colors = self._theme, self._theme.palette
        inset, avatar, icon = theme.px(12), theme.px(36), theme.px(14)
        place = QRect(rect.left() + inset, rect.center().y() - avatar // 2, avatar, avatar)
        way = self.tr("Encrypted") if row.rich else ""
        font = theme.font("caption", weight=500)
        wide = QFontMetrics(font).horizontalAdvance(way) if way else 0
        mark = QRect(rect.right() - inset - wide, rect.top(), wide + 1, rect.height())
        lock = QRect(mark.left() - theme.px(5) - icon, rect.center().y() - icon // 2, icon, icon)
        left = place.right() + 1 + inset
        room = (lock.left() if way else rect.right()) - inset - left
        body, caption = theme.line("body"), theme.line("caption")
        top = rect.center().y() - (body + caption) // 2
        name = QRect(left, top, room, body)
        address = QRect(left, top + body, room, caption)
        if rtl:
            place, mark, lock, name, address = (_mirrored(each, rect) for each in (place, mark, lock, name, address))
        avatars.paint(painter, QRectF(place), theme, row.conversation, row.name.name)
        _line(painter, name, theme.font("body", weight=600), colors.text, row.name.name)
        if row.address != row.name.name:
            _line(painter, address, theme.font("caption"), colors.text_secondary, f"\u2066{row.address}\u2069")
        if way:
            painter.drawPixmap(lock.topLeft(), theme.icon("lock", colors.blue_text, 14))
            _line(painter, mark, font, colors.blue_text, way)

    def _look_up(self, painter: QPainter, rect: QRect, row: LookUp, rtl: bool) -> None:
        theme, colors = self._theme, self._theme.palette
        inset, column, icon = theme.px(12), theme.px(36), theme.px(18)
        glyph = QRect(rect.left() + inset + (column - icon) // 2, rect.center().y() - icon // 2, icon, icon)
        left = rect.left() + 2 * inset + column
        words = QRect(left, rect.top(), rect.right() - inset - left, rect.height())
        if rtl:
            glyph, words = _mirrored(glyph, rect), _mirrored(words, rect)
        painter.drawPixmap(glyph.topLeft(), theme.icon("search", colors.text_secondary, 18))
        _line(painter, words, theme.font("body"), colors.text, self.tr("Look up “{words}”").format(words=row.words))


def _row(index: Index) -> Choice:
    model = index.model()
    if not isinstance(model, _Model):
        raise errors.Broken("foreign_model")
    return model.rows[index.row()]


def _mirrored(rect: QRect, within: QRect) -> QRect:
    return QRect(within.left() + within.right() - rect.right(), rect.top(), rect.width(), rect.height())


def _line(painter: QPainter, rect: QRect, font: QFont, ink: QColor, words: str) -> None:
    painter.setFont(font)
    painter.setPen(ink)
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, shown)


class Suggestions(QWidget):
    """A popover below the field; the keys stay in the field, which calls ``step`` and ``choose``."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = _Model(self)
        self.view = QListView(self)
        self.view.setModel(self._model)
        self.view.setItemDelegate(_Delegate(theme, self.view))
        self.view.setAccessibleName(self.tr("Suggestions"))
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setMouseTracking(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        areas.own_viewport(self.view)
        self.view.clicked.connect(self._clicked)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.view)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def current(self) -> Choice | None:
        """What Enter takes."""
        at = self.view.currentIndex().row()
        return self._model.rows[at] if self.isVisible() and 0 <= at < len(self._model.rows) else None

    def offer(self, rows: Sequence[Choice], *, width: int) -> None:
        """Show these, the first one chosen; none of them hides it."""
        self._model.show(rows)
        if not rows:
            self.hide()
            return
        self.view.setCurrentIndex(self._model.index(0, 0))
        edge = self._theme.px(6) + SHADOW
        known = sum(isinstance(row, Known) for row in rows)
        tall = known * self._theme.px(ROW) + (len(rows) - known) * self._theme.px(LOOK_UP)
        self.resize(min(self._theme.px(WIDTH) + 2 * SHADOW, width), tall + 2 * edge)
        self.show()
        self.raise_()

    def step(self, by: int) -> None:
        """The next or previous row, round the ends."""
        count = len(self._model.rows)
        if count:
            at = (self.view.currentIndex().row() + by) % count
            self.view.setCurrentIndex(self._model.index(at, 0))

    def _clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(self._model.rows[index.row()])

    def _restyle(self) -> None:
        edge = self._theme.px(6) + SHADOW
        self._column.setContentsMargins(edge, edge, edge, edge)
        self.view.doItemsLayout()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self._theme.palette
        box = QRectF(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        radius = self._theme.size("radius.popover")
        shadows.paint(painter, self._theme, box, radius)
        painting.surface(painter, box, radius, colors.raised)
