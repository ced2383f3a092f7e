"""The emoji picker: recent ones, all of them by category, found by name, in the skin tone of one's choice."""

from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.composer import emoji
from app.ui.composer.emoji import Emoji
from app.ui.composer.grid import HEADING, Cells, Grid, Index, Ink
from app.ui.composer.popover import Popover
from app.ui.theme import Theme
from app.ui.widgets import painting, shadows
from app.ui.widgets.buttons import IconButton, Pressable
from app.ui.widgets.fields import Box, Line
from app.ui.widgets.margins import mirrored

COLUMNS: Final = 8
WIDTH: Final = 368
HEIGHT: Final = 397
_CELL: Final = (43, 40)
_GLYPH: Final = 24


class EmojiCells(Cells):
    """Sections with a line of words above each; what is found has none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._rows: list[str | tuple[Emoji, ...]] = []
        self.tone = ""

    def show_sections(self, sections: list[tuple[str, tuple[Emoji, ...]]]) -> dict[str, int]:
        """Take these; the row where each begins."""
        self.beginResetModel()
        self._rows = []
        begins: dict[str, int] = {}
        for title, those in sections:
            begins[title] = len(self._rows)
            if title:
                self._rows.append(title)
            self._rows += [those[at : at + COLUMNS] for at in range(0, len(those), COLUMNS)]
        self.endResetModel()
        return begins

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def is_heading(self, row: int) -> bool:
        return isinstance(self._rows[row], str)

    def chosen(self, index: Index) -> Emoji | None:
        row = self._rows[index.row()] if 0 <= index.row() < len(self._rows) else ()
        return row[index.column()] if not isinstance(row, str) and index.column() < len(row) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == HEADING:
            return isinstance(row, str)
        if isinstance(row, str):
            shown = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) and index.column() == 0
            return row if shown else None
        found = self.chosen(index)
        if found is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return found.in_tone(self.tone)
        named = role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
        return found.name if named else None


class EmojiInk(Ink):
    """An emoji in its cell, or the line above a section."""

    def draw(self, painter: QPainter, area: QRectF, index: Index, *, current: bool) -> None:
        text, theme = index.data(), self.theme
        if not text:
            return
        if index.data(HEADING):
            painter.setFont(theme.font("caption", weight=600))
            painter.setPen(theme.palette.text_secondary)
            over = area.width() * (COLUMNS - 1)
            mirrored = painter.layoutDirection() is Qt.LayoutDirection.RightToLeft
            wide = area.adjusted(-over if mirrored else theme.px(2), 0, -theme.px(2) if mirrored else over, 0)
            painter.drawText(wide, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, text)
            return
        grid = self.parent()
        self.back(painter, area, current=current, hovered=isinstance(grid, Grid) and grid.hovers(index))
        font = QFont(theme.font("message"))
        font.setPixelSize(theme.px(_GLYPH))
        painter.setFont(font)
        painter.setPen(theme.palette.text)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)


class SearchLine(Line):
    """The field for names: Up and Down walk the grid meanwhile, Enter takes what is marked there."""

    def __init__(self, theme: Theme, name: str, grid: Grid) -> None:
        super().__init__(theme, name, name, "body")
        self._grid = grid

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, empty = Qt.Key(event.key()), not self.text()
        sideways = -1 if self.isRightToLeft() else 1
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._grid.pick()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._grid.step(1 if key == Qt.Key.Key_Down else -1, 0)
        elif empty and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._grid.step(0, sideways if key == Qt.Key.Key_Right else -sideways)
        elif key == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)


class Face(Pressable):
    """A button that shows an emoji: a category of the picker, or a skin tone."""

    def __init__(self, theme: Theme, face: str, name: str) -> None:
        super().__init__(theme, name)
        self.face = face
        self.setToolTip(name)
        self.setCheckable(True)

    def sizeHint(self) -> QSize:
        side = self._theme.size("hit.icon")
        return QSize(side, side)

    def paintEvent(self, e: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter, box = QPainter(self), QRectF(self.rect())
        if self.isChecked():
            painting.surface(painter, box, theme.size("radius.control"), colors.selected)
        elif self.underMouse():
            painting.surface(painter, box, theme.size("radius.control"), colors.hover)
        font = QFont(theme.font("message"))
        font.setPixelSize(theme.px(18))
        painter.setFont(font)
        painter.setPen(colors.text)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.face)


class EmojiPicker(Popover):
    """``picked`` tells the text to insert; the picker stays open until it is closed."""

    picked = Signal(str)

    def __init__(self, theme: Theme, anchor: QWidget) -> None:
        super().__init__(theme, anchor, _tr("Emoji"))
        self._recent: tuple[Emoji, ...] = ()
        self._begins: dict[str, int] = {}
        self._cells = EmojiCells(self)
        self._grid = Grid(theme, _tr("Emoji"), self._cells, self)
        self._grid.setItemDelegate(EmojiInk(theme, self._grid))
        self._grid.picked.connect(self._take)
        self._line = SearchLine(theme, _tr("Search emoji"), self._grid)
        self._line.textChanged.connect(self._find)
        self._grid.left_above.connect(self._line.setFocus)
        self._grid.verticalScrollBar().valueChanged.connect(self._mark)
        self._tones = [Face(theme, _HAND.in_tone(tone), name) for tone, name in _tones()]
        self._faces = self._categories()
        self._lay()

    def _lay(self) -> None:
        px = self._theme.px
        top = QHBoxLayout()
        top.setContentsMargins(px(12), px(12), px(12), px(4))
        top.setSpacing(0)
        top.addWidget(Box(self._theme, self._line, icon="search", height=32, filled=True), 1)
        top.addSpacing(px(4))
        for number, button in enumerate(self._tones):
            button.clicked.connect(lambda _=False, n=number: self._tint(n))
            top.addWidget(button)
        self._tint(0)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(px(12), px(6), px(12), px(6))
        for number, button in enumerate(self._faces):
            if number:
                bottom.addStretch(1)
            bottom.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(shadows.margins(self._theme))
        column.setSpacing(0)
        column.addLayout(top)
        middle = QHBoxLayout()
        middle.setContentsMargins(*mirrored(self, px(12), 0, 0, 0))
        middle.addWidget(self._grid)
        column.addLayout(middle, 1)
        column.addLayout(bottom)

    def _categories(self) -> list[Pressable]:
        recent = IconButton(self._theme, "clock", _tr("Recent"))
        recent.setCheckable(True)
        found: list[Pressable] = [recent]
        found += [Face(self._theme, each.face, each.title) for each in emoji.categories()]
        for button in found:
            title = button.accessibleName()
            button.clicked.connect(lambda _=False, title=title: self.go(title))
        return found

    def open(self, recent: tuple[Emoji, ...]) -> None:
        """Show it above its anchor, with these first."""
        self._recent = recent
        self._faces[0].setVisible(bool(recent))
        self._line.clear()
        self._find("")
        px = self._theme.px
        self.pop(px(WIDTH), px(HEIGHT), above=True)
        self._line.setFocus(Qt.FocusReason.PopupFocusReason)

    def go(self, title: str) -> None:
        """To the beginning of a section."""
        self._line.clear()
        row = self._begins.get(title, 0)
        self._grid.verticalScrollBar().setValue(self._grid.rowViewportPosition(row) + self._grid.verticalOffset())
        self._grid.put(self._cells.index(min(row + 1, self._cells.rowCount() - 1), 0))
        self._grid.verticalScrollBar().setValue(self._grid.rowViewportPosition(row) + self._grid.verticalOffset())
        self._mark()

    def _find(self, words: str) -> None:
        if words.strip():
            found = emoji.search(words)
            title = _tr("Found") if found else _tr("No emoji is called that")
            sections = [(title, found)]
        else:
            recent = [(_tr("Recent"), self._recent)] if self._recent else []
            sections = [*recent, *((each.title, each.emoji) for each in emoji.categories())]
        self._begins = self._cells.show_sections(sections)
        px = self._theme.px
        self._grid.fit(px(_CELL[0]), px(_CELL[1]))
        for row in range(self._cells.rowCount()):
            if self._cells.is_heading(row):
                self._grid.setRowHeight(row, px(28))
        self._grid.be_eager(bool(words.strip()))
        self._grid.first()
        self._grid.verticalScrollBar().setValue(0)
        self._mark()

    def _mark(self, *_: object) -> None:
        """The button of the section that is at the top."""
        at = max(0, self._grid.rowAt(self._theme.px(20)))
        titles = [title for title, row in self._begins.items() if row <= at]
        for button in self._faces:
            button.setChecked(bool(titles) and button.accessibleName() == titles[-1])

    def _tint(self, number: int) -> None:
        for other, button in enumerate(self._tones):
            button.setChecked(other == number)
        self._cells.tone = emoji.TONES[_SHOWN_TONES[number]]
        self._grid.viewport().update()

    def _take(self, chosen: Emoji) -> None:
        self.picked.emit(chosen.in_tone(self._cells.tone))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        box = self.surface()
        line = box.bottom() - self._theme.px(32 + 12)
        painter.fillRect(box.left(), line, box.width(), 1, self._theme.palette.separator)


_HAND: Final = Emoji("✋", "raised hand", toned=True)
_SHOWN_TONES: Final = (0, 1, 3, 5)


def _tones() -> tuple[tuple[str, str], ...]:
    names = (_tr("No Skin Tone"), _tr("Light Skin Tone"), _tr("Medium Skin Tone"), _tr("Dark Skin Tone"))
    return tuple((emoji.TONES[at], name) for at, name in zip(_SHOWN_TONES, names, strict=True))


def _tr(text: str) -> str:
    return QCoreApplication.translate("emoji", text)
