"""The list of pages at the side of the dialog: one of them is chosen, arrows move, and a narrow dialog shows icons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui import tokens
from app.ui.theme import Theme
from app.ui.widgets import painting
from app.ui.widgets.margins import mirrored

_NARROW = 54  # pixels wide: an icon and its padding


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: its key, its title and its icon."""

    key: str
    title: str
    icon: str


class _Item(QAbstractButton):
    stepped = Signal(int)  # +1 for Down, -1 for Up

    def __init__(self, theme: Theme, entry: Entry) -> None:
        super().__init__()
        self._theme, self._entry = theme, entry
        self.narrow = False
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setText(entry.title)
        self.setAccessibleName(entry.title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.restyle)

    def restyle(self) -> None:
        self.setToolTip(self._entry.title if self.narrow else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = self._theme
        words = QFontMetrics(theme.font("body", weight=600)).horizontalAdvance(self._entry.title)
        return QSize(theme.px(34) if self.narrow else words + theme.px(10 + 18 + 10 + 10), theme.px(34))

    def keyPressEvent(self, e: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(e.key()))
        if step is None:
            super().keyPressEvent(e)
        else:
            self.stepped.emit(step)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, e: QPaintEvent) -> None:
        theme, palette = self._theme, self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius, chosen = theme.size("radius.control"), self.isChecked()
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or self.underMouse():
            painter.setBrush(palette.selected if chosen else palette.hover)
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        if chosen and theme.high_contrast:
            painter.setPen(QPen(palette.text, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)
        edge, size, gap = theme.px(10), theme.px(18), theme.px(10)
        backwards = self.isRightToLeft()
        left = (self.width() - size) // 2 if self.narrow else self.width() - edge - size if backwards else edge
        tint = palette.blue_text if chosen else palette.text_secondary
        icon = theme.icon(self._entry.icon, tint, 18, self.devicePixelRatio())
        painter.drawPixmap(left, (self.height() - size) // 2, icon)
        if not self.narrow:
            font = theme.font("body", weight=600 if chosen else 400)
            painter.setFont(font)
            painter.setPen(palette.text)
            used = edge + size + gap
            box = self.rect().adjusted(edge if backwards else used, 0, -used if backwards else -edge, 0)
            side = Qt.AlignmentFlag.AlignRight if backwards else Qt.AlignmentFlag.AlignLeft
            text = QFontMetrics(font).elidedText(self._entry.title, Qt.TextElideMode.ElideRight, box.width())
            flags = side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
            painter.drawText(box, int(flags.value), text)
        if painting.shows_focus(self, theme):
            painting.ring(painter, QRectF(self.rect()), radius, theme)
        painter.end()


class Navigation(QWidget):
    """The pages; ``picked`` tells the key of the one that was chosen."""

    picked = Signal(str)

    def __init__(self, theme: Theme, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._theme = theme
        self._items = {entry.key: _Item(theme, entry) for entry in entries}
        self._column = QVBoxLayout(self)
        for key, item in self._items.items():
            self._column.addWidget(item)
            item.stepped.connect(partial(self._step, key))
            item.toggled.connect(partial(self._toggled, key))
            item.clicked.connect(partial(self._toggled, key, True))  # also the one that is chosen: back from within it
        self._column.addStretch(1)
        self.setAccessibleName(self.tr("Pages"))
        theme.changed.connect(self._restyle)
        self._restyle()

    def _toggled(self, key: str, on: bool, *_: object) -> None:
        if on:
            self.picked.emit(key)

    def _step(self, key: str, by: int) -> None:
        keys = list(self._items)
        at = keys.index(key) + by
        if 0 <= at < len(keys):
            self.choose(keys[at])
            self.focus()

    def choose(self, key: str) -> None:
        """Go there."""
        self._items[key].setChecked(True)

    def focus(self) -> None:
        """The keyboard goes to the page that is shown."""
        for item in self._items.values():
            if item.isChecked():
                item.setFocus(Qt.FocusReason.TabFocusReason)

    def set_narrow(self, narrow: bool) -> None:
        """Icons only, with their names as tooltips."""
        for item in self._items.values():
            if item.narrow != narrow:
                item.narrow = narrow
                item.restyle()
        self._restyle()

    def _restyle(self) -> None:
        px = self._theme.px
        narrow = any(item.narrow for item in self._items.values())
        self.setFixedWidth(px(_NARROW) if narrow else px(tokens.number("layout.settingsNav")))
        self._column.setContentsMargins(*mirrored(self, px(10), px(16), px(10) + 1, px(16)))  # the line at the edge
        self._column.setSpacing(px(2))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.palette.sidebar)
        at = 0 if self.isRightToLeft() else self.width() - 1
        painter.fillRect(at, 0, 1, self.height(), self._theme.palette.separator)
        painter.end()
