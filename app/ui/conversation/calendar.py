"""A month at a time, to jump to a day of the conversation."""

from datetime import date, timedelta
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QLocale, QModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.composer.grid import HEADING, Cells, Grid, Index, Ink
from app.ui.composer.popover import Popover
from app.ui.theme import Theme
from app.ui.widgets import shadows
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import ElidedLabel

CELL: Final = 36
WEEK: Final = 7
ROWS: Final = 7  # the names of the days, and six weeks


class DayCells(Cells):
    """The days of one month, with the names of the days of the week above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(WEEK, parent)
        self.month = date(2000, 1, 1)
        self.range = (date.min, date.max)
        self.today = date(2000, 1, 1)

    def show_month(self, month: date) -> None:
        """The month of that day."""
        self.beginResetModel()
        self.month = month.replace(day=1)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else ROWS

    def day(self, index: Index) -> date | None:
        """What day a cell is; None outside of the month."""
        if index.row() < 1:
            return None
        before = (self.month.isoweekday() - _first()) % WEEK
        found = self.month + timedelta(days=(index.row() - 1) * WEEK + index.column() - before)
        return found if found.month == self.month.month else None

    def chosen(self, index: Index) -> date | None:
        found = self.day(index)
        return found if found is not None and self.range[0] <= found <= self.range[1] else None

    def place(self, day: date) -> QModelIndex:
        """Where that day of the month is."""
        before = (self.month.isoweekday() - _first()) % WEEK
        at = before + day.day - 1
        return self.index(1 + at // WEEK, at % WEEK)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        locale = QLocale()
        if index.row() == 0:
            number = (_first() - 1 + index.column()) % WEEK + 1
            if role == HEADING:
                return True
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return locale.standaloneDayName(number)
            short = locale.standaloneDayName(number, QLocale.FormatType.ShortFormat)
            return short[:2] if role == Qt.ItemDataRole.DisplayRole else None
        found = self.day(index)
        if found is None:
            return None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{found.day} {locale.standaloneMonthName(found.month)} {found.year}"
        return str(found.day) if role == Qt.ItemDataRole.DisplayRole else None


class DayInk(Ink):
    """A day: faint where there is nothing to jump to, blue today."""

    def draw(self, painter: QPainter, area: QRectF, index: Index, *, current: bool) -> None:
        theme, colors, grid = self.theme, self.theme.palette, self.parent()
        cells = index.model()
        text = index.data()
        if not text or not isinstance(cells, DayCells) or not isinstance(grid, Grid):
            return
        heading, open_day = bool(index.data(HEADING)), cells.chosen(index) is not None
        inner = area.adjusted(1, 1, -1, -1)
        self.back(painter, inner, current=current, hovered=open_day and grid.hovers(index))
        today = cells.day(index) == cells.today
        painter.setFont(theme.font("caption" if heading else "body", weight=600 if heading or today else None))
        ink = colors.text_secondary if heading else colors.text if open_day else colors.text_tertiary
        painter.setPen(colors.blue_text if today and open_day else ink)
        painter.setOpacity(1.0 if heading or open_day else 0.55)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        painter.setOpacity(1.0)


class Calendar(Popover):
    """``picked`` tells a day between the first message and today."""

    picked = Signal(object)

    def __init__(self, theme: Theme, anchor: QWidget) -> None:
        super().__init__(theme, anchor, _tr("Jump to Date"))
        self._cells = DayCells(self)
        self._grid = Grid(theme, _tr("Days"), self._cells, self)
        self._grid.setItemDelegate(DayInk(theme, self._grid))
        self._grid.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._grid.picked.connect(self._take)
        self._title = ElidedLabel(theme, role="name", centered=True)
        self._earlier = IconButton(theme, "chevron-left", _tr("Previous Month"), size=32, glyph=18)
        self._later = IconButton(theme, "chevron-right", _tr("Next Month"), size=32, glyph=18)
        self._earlier.clicked.connect(lambda: self._turn(-1))
        self._later.clicked.connect(lambda: self._turn(1))
        px = theme.px
        top = QHBoxLayout()
        for part in (self._earlier, self._title, self._later):
            top.addWidget(part)
        column = QVBoxLayout(self)
        rim = shadows.margins(theme)
        inset = px(10)
        column.setContentsMargins(rim.left() + inset, rim.top() + inset, rim.right() + inset, rim.bottom() + inset)
        column.setSpacing(px(4))
        column.addLayout(top)
        column.addWidget(self._grid)

    def open(self, first: date, today: date) -> None:
        """Show the month of today below the anchor; nothing before ``first`` can be picked."""
        self._cells.range, self._cells.today = (first, today), today
        self._show(today)
        px = self._theme.px
        self.pop(px(WEEK * CELL + 20), px(20 + 32 + 4 + ROWS * CELL), above=False)
        self._grid.setFocus(Qt.FocusReason.PopupFocusReason)

    def _show(self, day: date) -> None:
        first, today = self._cells.range
        day = max(first, min(day, today))
        self._cells.show_month(day)
        side = self._theme.px(CELL)
        self._grid.fit(side, side)
        month = QLocale().standaloneMonthName(day.month)
        self._title.setText(f"{month} {day.year}")
        self._earlier.setEnabled((first.year, first.month) < (day.year, day.month))
        self._later.setEnabled((day.year, day.month) < (today.year, today.month))
        self._grid.put(self._cells.place(day))

    def _turn(self, by: int) -> None:
        number = self._cells.month.year * 12 + self._cells.month.month - 1 + by
        self._show(date(number // 12, number % 12 + 1, 1))

    def _take(self, day: date) -> None:
        self.shut()
        self.picked.emit(day)


def _first() -> int:
    """The first day of the week where the user lives: 1 is Monday."""
    return QLocale().firstDayOfWeek().value


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
