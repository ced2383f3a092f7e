"""A grid of small things that are walked with the arrow keys: emoji, or the days of a month; drawn by ourselves."""

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QFrame, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting, rings

Index = QModelIndex | QPersistentModelIndex
HEADING = Qt.ItemDataRole.UserRole  # true for a row that is only a line of words


class Cells(QAbstractTableModel):
    """Rows of cells; a subclass says what a cell shows (DisplayRole) and is called (AccessibleTextRole)."""

    def __init__(self, columns: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else self._columns

    def chosen(self, index: Index) -> Any:
        """What picking that cell means; None where nothing can be picked, as everywhere unless a subclass says more."""
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.chosen(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class Ink(QStyledItemDelegate):
    """How a cell is drawn; the current one has a ring."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view = self.parent()
        if isinstance(view, Grid):
            here = view.cells.index(index.row(), index.column())
            self.draw(painter, QRectF(view.visualRect(here)), here, current=view.marks(here))

    def draw(self, painter: QPainter, area: QRectF, index: Index, *, current: bool) -> None:
        """Paint one cell in its area; a subclass paints what it holds over this."""
        self.back(painter, area, current=current)

    def back(self, painter: QPainter, area: QRectF, *, current: bool, hovered: bool = False) -> None:
        """What lies behind the current cell, or the one under the pointer."""
        colors, radius = self.theme.palette, self.theme.size("radius.control")
        if current:
            width = rings.width(self.theme)
            painting.surface(painter, area, radius, colors.blue_tint, colors.focus, width)
        elif hovered:
            painting.surface(painter, area, radius, colors.hover)


class Grid(QTableView):
    """Cells of one size without any frame; ``picked`` tells what the pressed or entered cell means."""

    picked = Signal(object)
    left_above = Signal()

    def __init__(self, theme: Theme, name: str, cells: Cells, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._cells = theme, cells
        self._hovered = QPersistentModelIndex()
        self._eager = False
        self.setAccessibleName(name)
        self.setModel(cells)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.viewport().setAutoFillBackground(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.clicked.connect(self._pick)

    @property
    def cells(self) -> Cells:
        return self._cells

    def fit(self, width: int, height: int) -> None:
        """The size of a cell, in px."""
        self.horizontalHeader().setDefaultSectionSize(width)
        self.verticalHeader().setDefaultSectionSize(height)
        for column in range(self._cells.columnCount()):
            self.setColumnWidth(column, width)
        for row in range(self._cells.rowCount()):
            self.setRowHeight(row, height)

    def be_eager(self, on: bool) -> None:
        """The current cell is marked although the keys go elsewhere, as to a search field."""
        self._eager = on
        self.viewport().update()

    def marks(self, index: Index) -> bool:
        """Whether that cell is shown as the current one."""
        here = self.currentIndex()
        same = here.isValid() and here.row() == index.row() and here.column() == index.column()
        return same and (self._eager or (self.hasFocus() and self._theme.keyboard_focus))

    def hovers(self, index: Index) -> bool:
        """Whether the pointer is over that cell."""
        over = self._hovered
        return over.isValid() and over.row() == index.row() and over.column() == index.column()

    def first(self) -> None:
        """Make the first cell that can be picked the current one."""
        for row in range(self._cells.rowCount()):
            for column in range(self._cells.columnCount()):
                index = self._cells.index(row, column)
                if self._cells.chosen(index) is not None:
                    self.put(index)
                    return

    def put(self, index: QModelIndex) -> None:
        """Make that one the current cell, and show it."""
        model = self.selectionModel()
        model.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.scrollTo(index)
        self.viewport().update()

    def step(self, rows: int, columns: int) -> bool:
        """Move the current cell over what cannot be picked; False where there is nothing more."""
        here = self.currentIndex()
        if not here.isValid():
            self.first()
            return True
        row, column = here.row() + rows, here.column() + columns
        if columns and not 0 <= column < self._cells.columnCount():
            row, column = row + columns, 0 if columns > 0 else self._cells.columnCount() - 1
        while 0 <= row < self._cells.rowCount():
            for tried in range(column, -1, -1):
                index = self._cells.index(row, tried)
                if self._cells.chosen(index) is not None:
                    self.put(index)
                    return True
            row += rows or columns
        return False

    def pick(self) -> None:
        """Take the current cell."""
        self._pick(self.currentIndex())

    def _pick(self, index: QModelIndex) -> None:
        chosen = self._cells.chosen(index) if index.isValid() else None
        if chosen is not None:
            self.picked.emit(chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        mirrored = -1 if self.isRightToLeft() else 1
        steps = {
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, -mirrored),
            Qt.Key.Key_Right: (0, mirrored),
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pick()
        elif key in steps:
            if not self.step(*steps[key]) and key == Qt.Key.Key_Up:
                self.left_above.emit()
        else:
            event.ignore()  # no search by typing, and Esc is the popover's

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if self._hovered != QPersistentModelIndex(index):
            self._hovered = QPersistentModelIndex(index)
            self.viewport().update()
        super().mouseMoveEvent(event)
