"""The filters above the list: round buttons of which one is on."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.chat_list import writing
from app.ui.theme import Theme
from app.ui.widgets import painting, rings
from app.ui.widgets.toggling import Toggling

_APART: Final = 6
_INSIDE: Final = 11
_GAP: Final = 5  # before the number
_MARGINS: Final = (16, 7, 16, 8)  # the field above has 3 below it for its ring


class Pill(Toggling):
    """One filter: its name, and a number beside it when there is one."""

    stepped = Signal(int)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._number = theme, ""
        self.setText(name)
        self.setAccessibleName(name)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        rings.Frame(self, theme, lambda: (QRectF(self.rect()), self.height() / 2))
        theme.changed.connect(self._again)

    def show_number(self, number: str, spoken: str) -> None:
        """The number beside the name; ``spoken`` is what it means."""
        self.setAccessibleDescription(spoken)
        if number != self._number:
            self._number = number
            self._again()

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def _fonts(self) -> tuple[QFont, QFont]:
        return self._theme.font("caption", weight=500), self._theme.font("caption", weight=500, tabular=True)

    def sizeHint(self) -> QSize:
        px = self._theme.px
        words, digits = self._fonts()
        wide = writing.width(self.text(), words)
        if self._number:
            wide += px(_GAP) + writing.width(self._number, digits)
        return QSize(round(wide) + 2 * px(_INSIDE), self._theme.size("layout.pill"))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors, px = self._theme, self._theme.palette, self._theme.px
        painter = QPainter(self)
        box = QRectF(self.rect())
        on = self.isChecked()
        fill = colors.blue_fill if on else colors.track if self.underMouse() or self.isDown() else colors.field_fill
        painting.surface(painter, box, box.height() / 2, fill, colors.border if theme.high_contrast else None, 1.5)
        ink = colors.on_fill if on else colors.text_secondary
        words, digits = self._fonts()
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        inside = box.adjusted(px(_INSIDE), 0, -px(_INSIDE), 0)
        writing.line(painter, inside, self.text(), words, ink, mirrored=mirrored)
        if self._number:
            writing.line(painter, inside, self._number, digits, ink, mirrored=not mirrored)

    def nextCheckState(self) -> None:
        self.setChecked(True)  # one of them is always on; another one takes it off

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ahead = -1 if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else 1
        step = {Qt.Key.Key_Left: -ahead, Qt.Key.Key_Right: ahead}.get(Qt.Key(event.key()))
        if step is not None:
            self.stepped.emit(step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class Pills(QWidget):
    """A row of filters; ``chosen`` carries the number of the one that is on now."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, name: str, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(name)
        self.pills = [Pill(theme, each, self) for each in names]
        self._row = QHBoxLayout(self)
        for number, pill in enumerate(self.pills):
            pill.clicked.connect(partial(self._clicked, number))
            pill.stepped.connect(partial(self._step, number))
            self._row.addWidget(pill)
        self._row.addStretch(1)
        self.pills[0].setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._again)
        self._again()

    @property
    def current(self) -> int:
        return next(number for number, pill in enumerate(self.pills) if pill.isChecked())

    def _clicked(self, number: int, _: bool = False) -> None:
        self.choose(number)

    def choose(self, number: int) -> None:
        """Switch to one; the same as clicking it."""
        for each, pill in enumerate(self.pills):
            pill.setChecked(each == number)
        self.chosen.emit(number)

    def _step(self, number: int, by: int) -> None:
        there = number + by
        while 0 <= there < len(self.pills):
            if self.pills[there].isVisibleTo(self):
                self.pills[there].setFocus(Qt.FocusReason.TabFocusReason)
                return
            there += by

    def _again(self) -> None:
        px = self._theme.px
        left, top, right, bottom = _MARGINS
        self._row.setSpacing(px(_APART))
        self._row.setContentsMargins(px(left), px(top), px(right), px(bottom))
