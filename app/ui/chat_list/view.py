"""The list of rows: one height for all, painted by a delegate, walked by keys, asking for more before its end."""

import contextlib
from collections.abc import Callable, Generator
from typing import Any, Final, cast

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QFrame,
    QListView,
    QScrollBar,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui.chat_list.face import Face
from app.ui.chat_list.painting import Pen, State
from app.ui.theme import Theme
from app.ui.widgets import areas

AHEAD: Final = 12  # rows from the end at which the next page is asked for


class Standing(QStyledItemDelegate):
    """Knows how a row stands; ``is_open`` tells whether it is the chosen one."""

    def __init__(self, theme: Theme, is_open: Callable[[int], bool], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._is_open = theme, is_open

    def box(self, option: QStyleOptionViewItem) -> QRectF:
        """All of the row's place."""
        return QRectF(cast(QRect, cast(Any, option).rect))

    def state(self, option: QStyleOptionViewItem, row: int) -> State:
        """How that row stands now."""
        given = cast(Any, option)  # the stubs know no fields of options
        return State(
            selected=self._is_open(row),
            hover=bool(given.state & QStyle.StateFlag.State_MouseOver),
            focus=bool(given.state & QStyle.StateFlag.State_HasFocus) and self._theme.keyboard_focus,
            mirrored=given.direction == Qt.LayoutDirection.RightToLeft,
        )


class RowDelegate(Standing):
    """Paints what ``face`` says of a row; ``is_open`` tells whether its conversation is on the screen."""

    def __init__(
        self, theme: Theme, face: Callable[[int], Face], is_open: Callable[[int], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, is_open, parent)
        self._face = face

    def avatar(self) -> int:
        """The side of an avatar, in pixels."""
        return self._theme.size("layout.rowAvatar")

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(self._theme.px(100), self._theme.size("layout.row"))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.row()
        Pen(painter, self._theme, self.state(option, row)).row(self.box(option), self._face(row), self.avatar())


class Overlay(QScrollBar):
    """A scroll bar over the edge of a list instead of beside it, so that rows are as wide with it as without."""

    def __init__(self, rows: QAbstractScrollArea) -> None:
        super().__init__(Qt.Orientation.Vertical, rows)
        self._rows, self._true = rows, rows.verticalScrollBar()
        self._true.rangeChanged.connect(self.follow)
        self._true.valueChanged.connect(self.setValue)
        self.valueChanged.connect(self._true.setValue)
        self.follow()

    def follow(self, *_: object) -> None:
        """Stand where the list ends, with its range."""
        rows, true = self._rows, self._true
        self.setRange(true.minimum(), true.maximum())
        self.setPageStep(true.pageStep())
        self.setSingleStep(true.singleStep())
        self.setValue(true.value())
        self.setVisible(true.maximum() > 0)
        wide = self.sizeHint().width()
        mirrored = rows.layoutDirection() is Qt.LayoutDirection.RightToLeft
        self.setGeometry(0 if mirrored else rows.width() - wide, 0, wide, rows.height())
        self.raise_()


class Rows(QListView):
    """``chosen`` and ``asked`` (for its menu, with a place on the screen) carry a row; ``left`` says that Up went
    beyond the first one; ``near_end`` that there should be more."""

    chosen = Signal(int)
    asked = Signal(int, QPoint)
    left = Signal()
    near_end = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        self._by_hand = 0  # within a key, a click, or a choice of the program's own
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        areas.own_viewport(self)  # the ground is the sidebar's
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(self._clicked)
        self._over = Overlay(self)
        self.verticalScrollBar().valueChanged.connect(self._moved)
        theme.walking.connect(self.viewport().update)
        theme.changed.connect(self._again)
        self._again()

    def _again(self) -> None:
        self.verticalScrollBar().setSingleStep(self._theme.size("layout.row") // 2)
        self.setViewportMargins(0, self._theme.px(4), 0, 0)
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def _clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())

    def walk_in(self) -> None:
        """The keyboard comes in from above: to the row it was at, else the first one."""
        self._theme.keyboard_focus = True
        if not self.currentIndex().isValid():
            with self.by_hand():
                self.setCurrentIndex(self.first())
        self.setFocus(Qt.FocusReason.TabFocusReason)

    def first(self) -> QModelIndex:
        """The first row that can be chosen; invalid when there is none."""
        model = self.model()
        indexes = (model.index(row, 0) for row in range(model.rowCount()))
        return next((index for index in indexes if model.flags(index) & Qt.ItemFlag.ItemIsSelectable), QModelIndex())

    @contextlib.contextmanager
    def by_hand(self) -> Generator[None]:
        """What is selected within is no wish to open it."""
        self._by_hand += 1
        try:
            yield
        finally:
            self._by_hand -= 1

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """A row that neither hand selected was pressed by a screen reader: that opens it, as a click does."""
        super().selectionChanged(selected, deselected)
        rows = selected.indexes()
        if rows and not self._by_hand:
            self.chosen.emit(rows[0].row())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        with self.by_hand():
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        with self.by_hand():
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        with self.by_hand():
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        with self.by_hand():
            self._key(event)

    def _key(self, event: QKeyEvent) -> None:
        key, row = event.key(), self.currentIndex().row()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and row >= 0:
            self.chosen.emit(row)
        elif key == Qt.Key.Key_Up and row <= self.first().row():
            self.left.emit()
        elif key == Qt.Key.Key_Escape:
            event.ignore()  # whoever holds the list knows what it goes back to
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            with self.by_hand():
                self.setCurrentIndex(self.first())
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            place = self.visualRect(index).center() if by_key else event.pos()
            self.asked.emit(index.row(), self.viewport().mapToGlobal(place))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._over.follow()
        self._moved()

    def rowsInserted(self, parent: QModelIndex | QPersistentModelIndex, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self._moved()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._over.follow()
            self.viewport().update()

    def _moved(self, *_: object) -> None:
        bar = self.verticalScrollBar()
        if bar.maximum() - bar.value() < AHEAD * self._theme.size("layout.row"):
            self.near_end.emit()
