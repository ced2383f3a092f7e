"""The list of texts in a period: two lines and a price each, painted, so that thousands of them cost nothing."""

from collections.abc import Sequence
from typing import Any, Final, cast

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.client import text_plan
from app.client.text_plan import Text
from app.domain.plan import Period
from app.ui import format as formats
from app.ui.chat_list import writing
from app.ui.chat_list.view import Overlay
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets import painting, rings

Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_ROW: Final = 52
_AHEAD: Final = 12  # rows from the end at which more is asked for
_LEAST: Final = 240  # pixels of height, where the window has no room

_ROLES: Final = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.ToolTipRole,
)
_STATES: Final[dict[text_plan.State, str]] = {
    "sending": "Sending…",
    "sent": "Sent",
    "not_sent": "Not sent",
    "received": "Received",
}


def _tr(text: str) -> str:
    return QCoreApplication.translate("Ledger", text)


def counted(segments: int) -> str:
    """How many texts that is."""
    return _tr("1 text") if segments == 1 else _tr("{count} texts").format(count=segments)


class LedgerModel(QAbstractListModel):
    """The texts of ``period`` that were read so far, of ``whole``."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._texts: list[Text] = []
        self.period: Period | None = None
        self.whole = 0

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._texts)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in _ROLES:
            return None
        text = self._texts[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text.name
        who = _tr("To {name}") if text.outgoing else _tr("From {name}")
        return ". ".join(part for part in (who.format(name=text.name), self.below(text), self.price(text)) if part)

    def text(self, row: int) -> Text:
        return self._texts[row]

    @property
    def last(self) -> Text:
        return self._texts[-1]

    def below(self, text: Text) -> str:
        """What became of it, how many it counted as, and when: that is cut first."""
        when = formats.moment(text.at, self._desk.now(), self._desk.zone)
        what = _tr("MMS") if text.picture else counted(text.segments)
        return " · ".join((_tr(_STATES[text.state]), what, when))

    def price(self, text: Text) -> str:
        """What it cost beyond the plan."""
        return formats.money(text.price, text.currency) if text.price else ""

    def show_texts(self, period: Period, texts: Sequence[Text], whole: int) -> None:
        """These instead of those before; where nothing has changed, nothing moves."""
        self.whole = whole
        if period == self.period and list(texts) == self._texts:
            return
        same = period == self.period and [each.place for each in texts] == [each.place for each in self._texts]
        if same:
            self._texts = list(texts)
            self.dataChanged.emit(self.index(0), self.index(len(texts) - 1))
            return
        self.beginResetModel()
        self.period, self._texts = period, list(texts)
        self.endResetModel()

    def add(self, texts: Sequence[Text]) -> None:
        """These follow."""
        if texts:
            at = len(self._texts)
            self.beginInsertRows(QModelIndex(), at, at + len(texts) - 1)
            self._texts += texts
            self.endInsertRows()
        else:
            self.whole = len(self._texts)


class LedgerRows(QListView):
    """``near_end`` says that there should be more."""

    near_end = Signal()

    def __init__(self, theme: Theme, model: LedgerModel) -> None:
        super().__init__()
        self._theme = theme
        self._ring = rings.Frame(self, theme, self._outline)
        self.setAccessibleName(_tr("Texts"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.viewport().setAutoFillBackground(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._over = Overlay(self)
        self.setModel(model)
        self.setItemDelegate(_Delegate(theme, model, self))
        self.verticalScrollBar().valueChanged.connect(self._moved)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _outline(self) -> rings.Outline:
        return QRectF(self.rect()), self._theme.size("radius.group")

    def _restyle(self) -> None:
        self.setMinimumHeight(self._theme.px(_LEAST))
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def _moved(self, *_: object) -> None:
        bar = self.verticalScrollBar()
        if bar.maximum() - bar.value() < _AHEAD * self._theme.px(_ROW):
            self.near_end.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._over.follow()
        self._moved()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._over.follow()
            self.viewport().update()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self._moved()

    def paintEvent(self, e: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self.viewport())
        fill = theme.palette.sidebar if theme.dark else theme.palette.background
        box = QRectF(self.viewport().rect())
        painting.surface(painter, box, theme.size("radius.group"), fill, theme.palette.separator)
        painter.end()
        super().paintEvent(e)


class _Delegate(QStyledItemDelegate):
    """Two lines and a price."""

    def __init__(self, theme: Theme, model: LedgerModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._model = theme, model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self._theme.px(100), self._theme.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, colors, given = self._theme, self._theme.palette, cast(Any, option)
        box = QRectF(cast(QRect, given.rect))
        text = self._model.text(index.row())
        mirrored = given.direction == Qt.LayoutDirection.RightToLeft
        if index.row():
            painter.fillRect(QRectF(box.left() + 1, box.top(), box.width() - 2, 1), colors.separator)
        inner = box.adjusted(theme.px(16), theme.px(7), -theme.px(16), -theme.px(7))
        price, font = self._model.price(text), theme.font("body", tabular=True)
        used = writing.width(price, font) if price else 0
        if price:
            writing.line(painter, inner, price, font, colors.text, mirrored=not mirrored)
        room = (
            inner.adjusted(used + theme.px(12), 0, 0, 0) if mirrored else inner.adjusted(0, 0, -used - theme.px(12), 0)
        )
        upper, lower = QRectF(room), QRectF(room)
        upper.setHeight(theme.line("body"))
        lower.setTop(upper.bottom() + theme.px(2))
        writing.line(painter, upper, text.name, theme.font("body", weight=600), colors.text, mirrored=mirrored)
        ink = colors.red_text if text.state == "not_sent" else colors.text_secondary
        words = self._model.below(text)
        writing.line(painter, lower, words, theme.font("caption", tabular=True), ink, mirrored=mirrored)
        if given.state & QStyle.StateFlag.State_HasFocus and theme.keyboard_focus:
            painting.ring(painter, box.adjusted(2, 2, -2, -2), theme.size("radius.row"), theme)
