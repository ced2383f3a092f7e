"""Pinned conversations as avatars in three columns; each is a button."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.ui import tokens
from app.ui.chat_list import writing
from app.ui.chat_list.face import Face
from app.ui.chat_list.painting import State, disc, ground, within
from app.ui.theme import Theme
from app.ui.widgets import avatars, rings

COLUMNS: Final = int(tokens.number("layout.pinnedColumns"))
_SIDE: Final = 12  # of the grid, left and right
_END: Final = 8  # above and below it, and between its rows
_INSIDE: Final = 6  # above the avatar, between it and the name, below the name
_DOT: Final = 8
_BESIDE: Final = 5  # between dot and name
_MARK: Final = 14

Person = tuple[Face, bool]  # what it says, and whether it is open


def cell(theme: Theme) -> int:
    """The height of one avatar with its name."""
    return theme.size("layout.pinnedAvatar") + theme.line("caption") + 3 * theme.px(_INSIDE)


class PinnedButton(QAbstractButton):
    """One pinned conversation: avatar, first name, and whether something is unread."""

    stepped = Signal(object)  # a Qt.Key: the keyboard goes to a neighbour
    asked = Signal(QPoint)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._face = Face(b"", "", "", "", "")
        self._open = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def show_person(self, face: Face, *, is_open: bool) -> None:
        """Who it is now."""
        self._face, self._open = face, is_open
        self.setAccessibleName(face.name)
        self.setAccessibleDescription(face.sentence)
        self.setToolTip(face.name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, face = self._theme, self._face
        painter = QPainter(self)
        box = QRectF(self.rect())
        state = State(selected=self._open, hover=self.underMouse())
        ground(painter, box, theme, state, "radius.group")
        side = theme.size("layout.pinnedAvatar")
        top = theme.px(_INSIDE)
        avatars.paint(painter, QRectF(round((box.width() - side) / 2), top, side, side), theme, face.key, face.name)
        line = QRectF(theme.px(4), 2 * top + side, box.width() - 2 * theme.px(4), theme.line("caption"))
        self._write(painter, line)
        if rings.wanted(self, theme):
            inner = within(theme, state)
            rings.stroke(painter, theme, box.adjusted(inner, inner, -inner, -inner), theme.size("radius.group") - inner)

    def _write(self, painter: QPainter, line: QRectF) -> None:
        theme, face, colors = self._theme, self._face, self._theme.palette
        font = theme.font("caption", weight=600 if face.unread else None)
        ink = colors.text if face.unread or self._open else colors.text_secondary
        text = face.name.split()[0]
        if face.mood == "typing":
            text, ink = face.words, colors.blue_text
        failed = face.mood == "failed"
        mark = theme.px(_MARK) if failed else theme.px(_DOT) if face.badge else 0
        beside = mark + theme.px(_BESIDE) if mark else 0
        wide = min(line.width() - beside, writing.width(text, font))
        left = round(line.left() + (line.width() - beside - wide) / 2)
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        words = QRectF(left if mirrored else left + beside, line.top(), wide, line.height())
        middle = left + wide + beside - mark / 2 if mirrored else left + mark / 2
        if failed:
            picture = theme.icon("alert", colors.red_text, _MARK)
            painter.drawPixmap(QPoint(round(middle - mark / 2), round(line.center().y() - mark / 2)), picture)
        elif face.badge:
            at = QRectF(middle, line.top(), 0, line.height()).center()
            disc(painter, at, theme.px(_DOT), theme, muted=face.muted)
        writing.line(painter, words, text, font, ink, mirrored=mirrored)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(key)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        self.asked.emit(self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())


class PinnedGrid(QWidget):
    """``chosen`` and ``asked`` carry the number of an avatar; ``left_up``, ``left_down``: an arrow key led out."""

    chosen = Signal(int)
    asked = Signal(int, QPoint)
    left_up = Signal()
    left_down = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons: list[PinnedButton] = []
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._arrange)

    @property
    def buttons(self) -> Sequence[PinnedButton]:
        return self._buttons

    def show_people(self, people: Sequence[Person]) -> None:
        """These, in this order; a button keeps its place, so that the keyboard keeps it too."""
        while len(self._buttons) > len(people):
            gone = self._buttons.pop()
            gone.hide()
            gone.deleteLater()
        while len(self._buttons) < len(people):
            self._buttons.append(self._made(len(self._buttons)))
        for button, (face, is_open) in zip(self._buttons, people, strict=True):
            button.show_person(face, is_open=is_open)
        self._arrange()

    def _made(self, number: int) -> PinnedButton:
        button = PinnedButton(self._theme, self)
        button.clicked.connect(lambda: self.chosen.emit(number))
        button.asked.connect(partial(self.asked.emit, number))
        button.stepped.connect(partial(self._step, number))
        button.show()
        return button

    def _step(self, number: int, key: Qt.Key) -> None:
        ahead = -1 if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else 1
        by = {Qt.Key.Key_Left: -ahead, Qt.Key.Key_Right: ahead, Qt.Key.Key_Up: -COLUMNS, Qt.Key.Key_Down: COLUMNS}[key]
        there = number + by
        if 0 <= there < len(self._buttons):
            self._buttons[there].setFocus(Qt.FocusReason.TabFocusReason)
        elif key is Qt.Key.Key_Up:
            self.left_up.emit()
        elif key is Qt.Key.Key_Down:
            self.left_down.emit()

    def sizeHint(self) -> QSize:
        rows = -(-len(self._buttons) // COLUMNS)
        end = self._theme.px(_END)
        return QSize(self._theme.px(200), rows * (cell(self._theme) + end) + end if rows else 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._place()

    def _arrange(self) -> None:
        self.updateGeometry()
        self._place()

    def _place(self) -> None:
        side, end, high = self._theme.px(_SIDE), self._theme.px(_END), cell(self._theme)
        room = self.width() - 2 * side
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        edges = [side + round(room * column / COLUMNS) for column in range(COLUMNS + 1)]
        for number, button in enumerate(self._buttons):
            row, column = divmod(number, COLUMNS)
            column = COLUMNS - 1 - column if mirrored else column
            top = end + row * (high + end)
            button.setGeometry(edges[column], top, edges[column + 1] - edges[column], high)
            button.update()
