"""Cards of rows: what each page is made of."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QSpacerItem, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets import buttons, painting
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.choices import Choice
from app.ui.widgets.labels import Label
from app.ui.widgets.switch import Switch

_START: Final = Qt.AlignmentFlag.AlignLeading
_MIDDLE: Final = Qt.AlignmentFlag(0)


class Picture(QWidget):
    """An icon of the resources in one colour, ``size`` pixels of the design in each direction.

    ``tile`` names the fill of the rounded square it stands on, which is 36 pixels wide; empty for none.
    """

    def __init__(self, theme: Theme, icon: str, ink: str = "text_secondary", size: float = 20, tile: str = "") -> None:
        super().__init__()
        self._theme, self._icon, self._ink, self._size, self._tile = theme, icon, ink, size, tile
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        side = self._theme.px(36 if self._tile else self._size)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._tile:
            fill: QColor = getattr(self._theme.palette, self._tile)
            painting.surface(painter, QRectF(self.rect()), self._theme.size("radius.controlLarge"), fill)
        inset = (self.width() - self._theme.px(self._size)) // 2
        tint: QColor = getattr(self._theme.palette, self._ink)
        painter.drawPixmap(inset, inset, self._theme.icon(self._icon, tint, self._size, self.devicePixelRatio()))
        painter.end()


class Dot(QWidget):
    """The coloured point before a state; the words beside it say the same."""

    def __init__(self, theme: Theme, ink: str = "text_tertiary") -> None:
        super().__init__()
        self._theme, self._ink = theme, ink
        theme.changed.connect(self._restyle)
        self._restyle()

    def paint_with(self, ink: str) -> None:
        """Another colour from now on."""
        self._ink = ink
        self.update()

    def _restyle(self) -> None:
        self.setFixedSize(self._theme.px(8), self._theme.line("caption"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(getattr(self._theme.palette, self._ink))
        side = self._theme.px(8)
        painter.drawEllipse(QRectF(0, (self.height() - side) / 2, side, side))
        painter.end()


class Row(QWidget):
    """A label with a line of help at the start, controls at the end; ``lead`` stands before it."""

    def __init__(
        self,
        theme: Theme,
        label: str,
        help: str = "",
        *controls: QWidget,
        lead: QWidget | None = None,
        dot: Dot | None = None,
        role: str = "body",
        weight: int | None = None,
        margin: float = 11,
    ) -> None:
        super().__init__()
        self._theme, self._margin, self._role = theme, margin, role
        self.first = True
        self.label = Label(theme, label, role, weight=weight)
        self.help = Label(theme, help, "caption", "text_secondary")
        if not help:
            self.help.hide()  # never shown here: without a parent it would be a window for a moment
        _widen(self.label, self.help)
        self._words = QVBoxLayout()
        self._words.setContentsMargins(0, 0, 0, 0)
        self._words.addStretch(1)
        self._words.addWidget(self.label)
        self._below = QHBoxLayout()
        if dot is not None:
            self._below.addWidget(dot)
        self._below.addWidget(self.help, 1)
        self._words.addLayout(self._below)
        self._words.addStretch(1)
        self._line = QHBoxLayout(self)
        self._line.setSpacing(0)
        self._gaps: list[tuple[QSpacerItem, float]] = []  # rather than margins, which do not follow the direction
        self._gap(16)
        self._lead = QVBoxLayout()
        if lead is not None:
            self._lead.addWidget(lead)
            self._line.addLayout(self._lead)
            self._gap(12)
        self._line.addLayout(self._words, 1)
        self._controls: list[tuple[int, QWidget]] = []
        self._upright = False
        self._put(controls)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self.restyle)
        self.restyle()

    def _put(self, controls: Sequence[QWidget]) -> None:
        room = 0.0
        for control in controls:
            self._gap(12 - room - _room(control))
            room = _room(control)
            self._controls.append((self._line.count(), control))
            self._line.addWidget(control)
        self._gap(16 - room)

    def _gap(self, wide: float) -> None:
        spacer = QSpacerItem(0, 0)
        self._line.addSpacerItem(spacer)
        self._gaps.append((spacer, wide))

    def stand(self, upright: bool) -> None:
        """With its controls below its words, where there is no room beside them; a switch always has it."""
        if upright is self._upright:
            return
        self._upright = upright
        for at, control in self._controls:
            if isinstance(control, Switch):
                continue
            here, there = (self._line, self._words) if upright else (self._words, self._line)
            here.removeWidget(control)
            there.insertWidget(there.count() - 1 if upright else at, control, 0, _START if upright else _MIDDLE)

    def say(self, help: str) -> None:
        """Another line of help; none hides it."""
        self.help.setText(help)
        self.help.setVisible(bool(help))

    def restyle(self) -> None:
        """Margins and distances of this look."""
        px, edge, room = self._theme.px, 0 if self.first else 1, self._theme.px(buttons.ROOM)
        above = px(self._margin) - room
        self._line.setContentsMargins(0, above + edge, 0, above)
        for spacer, wide in self._gaps:
            spacer.changeSize(px(wide), 0, QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        self._lead.setContentsMargins(0, room, 0, room)
        self._words.setContentsMargins(0, room, 0, room)
        self._words.setSpacing(px(2))
        self._below.setSpacing(px(6))
        self.label.setMinimumHeight(self._theme.line(self._role))
        self.help.setMinimumHeight(self._theme.line("caption"))
        self.setMinimumHeight(px(44))
        self._line.invalidate()


def _widen(*labels: Label) -> None:
    """They take the width there is, and the height that their words then need."""
    policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    for each in labels:
        each.setSizePolicy(policy)


def _room(control: QWidget) -> float:
    """What a control has around itself: for its focus ring, or to be large enough to be hit."""
    if isinstance(control, Chevron):
        return 6
    return buttons.ROOM if isinstance(control, Button | Switch | Choice) else 0


class Value(Label):
    """What stands at the end of a row: as wide as its words, its figures under each other."""

    def __init__(self, theme: Theme, color: str = "text_secondary") -> None:
        super().__init__(theme, "", "body", color, wrap=False, tabular=True)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)


class Way(Row):
    """A row that leads to another page: a value and a chevron at the end; a click anywhere on it goes there."""

    def __init__(self, theme: Theme, label: str, then: Callable[[], None]) -> None:
        self.value = Value(theme)
        self.button = Chevron(theme, label)
        super().__init__(theme, label, "", self.value, self.button, margin=8)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.clicked.connect(lambda: then())

    def show_value(self, value: str) -> None:
        """What stands before the chevron."""
        self.value.setText(value)
        self.button.setAccessibleDescription(value)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.button.click()


class Chevron(IconButton):
    """Points the way the screen is read, or against it."""

    def __init__(self, theme: Theme, name: str, *, back: bool = False, shortcut: str = "") -> None:
        self._points_back = back
        size, glyph = (32, 20) if back else (28, 16)
        super().__init__(theme, "chevron-right", name, shortcut=shortcut, size=size, glyph=glyph)

        self._turn()

    def _turn(self) -> None:
        right = self._points_back is self.isRightToLeft()
        self.show_icon("chevron-right" if right else "chevron-left")

    def changeEvent(self, e: QEvent) -> None:
        super().changeEvent(e)
        if e.type() is QEvent.Type.LayoutDirectionChange:
            self._turn()


class Card(QWidget):
    """Rows in a rounded frame with a line between them."""

    def __init__(self, theme: Theme, *rows: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._rows: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._column.setSpacing(0)
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetMinimumSize)
        theme.changed.connect(self.update)
        for row in rows:
            self.add(row)

    def add(self, row: QWidget) -> None:
        """One more at the end."""
        if isinstance(row, Row):
            row.first = not self._rows
            row.restyle()
        self._rows.append(row)
        self._column.addWidget(row)

    def clear(self) -> None:
        """Take all rows out."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows.clear()

    @property
    def rows(self) -> tuple[QWidget, ...]:
        return tuple(self._rows)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, palette = self._theme, self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(palette.separator, 1))
        painter.setBrush(palette.sidebar if theme.dark else palette.background)
        radius = theme.size("radius.group")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        for row in self._rows[1:]:
            if row.isVisibleTo(self):
                painter.fillRect(1, row.y(), self.width() - 2, 1, palette.separator)
        painter.end()
