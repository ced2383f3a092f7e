"""A menu button: shows what is chosen, opens the choices, and works with the arrow keys alone."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import menu as menus
from app.ui.widgets import painting

_ROOM = 4


class Choice(QAbstractButton):
    """One of a few values; ``chosen`` carries the new one. The accessible name stays, its description is the value."""

    chosen = Signal(object)

    def __init__(
        self,
        theme: Theme,
        name: str,
        choices: Sequence[tuple[object, str]],
        value: object = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._choices = theme, tuple(choices)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.value: object = None
        self.show_value(value if value is not None else self._choices[0][0])
        self.clicked.connect(self.open)
        theme.changed.connect(self._again)

    def offer(self, choices: Sequence[tuple[object, str]]) -> None:
        """Other choices; which of them is chosen has to be said next."""
        self._choices = tuple(choices)

    def show_value(self, value: object) -> None:
        """Set it without saying so."""
        words = next((words for each, words in self._choices if each == value), "")
        self.value = value
        self.setText(words)
        self.setAccessibleDescription(words)
        self._again()

    def choose(self, value: object) -> None:
        """As the user does."""
        if value != self.value:
            self.show_value(value)
            self.chosen.emit(value)

    def open(self) -> None:
        """The choices, below the button."""
        menu = menus.make(self._theme, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for value, words in self._choices:
            action = QAction(words, menu)
            action.setCheckable(True)
            action.setChecked(value == self.value)
            action.triggered.connect(lambda _=False, value=value: self.choose(value))
            menu.addAction(action)
            if value == self.value:
                menu.setActiveAction(action)
        menu.popup(self.mapToGlobal(QPoint(self._theme.px(_ROOM), self.height())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        values = [value for value, _ in self._choices]
        at = values.index(self.value) + step if self.value in values else 0
        if 0 <= at < len(values):
            self.choose(values[at])

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = self._theme
        width = QFontMetrics(theme.font("body")).horizontalAdvance(self.text())
        room = 2 * theme.px(_ROOM)
        return QSize(width + theme.px(12 + 6 + 14 + 8) + 2 + room, theme.size("hit.button") + room)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        room, side = theme.px(_ROOM), theme.px(14)
        box = QRectF(self.rect()).adjusted(room, room, -room, -room)
        radius = theme.size("radius.control")
        rest = colors.field_fill if theme.dark or not self.isEnabled() else colors.background
        over = colors.segment_on if theme.dark else colors.hover
        fill = colors.track if self.isDown() else over if self.underMouse() and self.isEnabled() else rest
        painting.surface(painter, box, radius, fill, colors.border)
        ink = colors.text if self.isEnabled() else colors.text_tertiary
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        near, far = theme.px(12) + 1, theme.px(8) + 1
        inner = box.adjusted(far if mirrored else near, 0, -(near if mirrored else far), 0)
        arrow = inner.left() if mirrored else inner.right() - side
        painter.drawPixmap(
            round(arrow), round(box.center().y() - side / 2), theme.icon("chevron-down", colors.text_secondary, 14)
        )
        painter.setFont(theme.font("body"))
        painter.setPen(ink)
        flag = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        painter.drawText(inner, flag | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter, self.text())
        if painting.shows_focus(self, theme):
            painting.ring(painter, QRectF(self.rect()), radius + room, theme)
