"""One-line fields: for a name or an address, with an icon, an error line below, and the search field of the sidebar."""

from PySide6.QtCore import QMargins, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets import menu as menus
from app.ui.widgets import painting
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored

LONGEST = 2_000  # characters a one-line field takes


class Line(QLineEdit):
    """The bare line without a frame of its own; Escape is ``escaped``."""

    escaped = Signal()
    moved = Signal(int)  # +1 for Down, -1 for Up
    focused = Signal(bool)

    def __init__(self, theme: Theme, name: str, placeholder: str, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._role = theme, role
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setFrame(False)
        self.setMaxLength(LONGEST)
        self.setTextMargins(QMargins(-2, 0, -2, 0))
        self.setStyleSheet("QLineEdit { background: transparent; }")  # under the application's, no palette achieves it
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.setFont(self._theme.font(self._role))
        colors, look = self.palette(), self._theme.palette
        colors.setColor(colors.ColorRole.Text, look.text)
        colors.setColor(colors.ColorRole.PlaceholderText, look.text_tertiary)
        self.setPalette(colors)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.moved.emit(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:
        menus.of_line(self._theme, self, arg__1.globalPos())

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        """What can only be read and does not fit ends in an ellipsis, until somebody goes into it."""
        metrics = self.fontMetrics()
        cut = self.isReadOnly() and not self.hasFocus() and metrics.horizontalAdvance(self.text()) > self.width()
        if not cut:
            super().paintEvent(arg__1)
            return
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self._theme.palette.text)
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)


class Box(QWidget):
    """The frame around a line: outlined, or filled for a search; it shows focus and error."""

    def __init__(
        self,
        theme: Theme,
        line: Line,
        *,
        icon: str = "",
        height: float = 36,
        filled: bool = False,
        clear: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._icon, self._height, self._filled = theme, icon, height, filled
        self.line, self.wrong = line, False
        self._row = QHBoxLayout(self)
        self._row.addWidget(line)
        self._clear: IconButton | None = None
        if clear:
            button = self._clear = IconButton(theme, "close", clear, size=28, glyph=16)
            button.setVisible(False)
            button.clicked.connect(line.clear)
            line.textChanged.connect(self._offer_clear)
            self._row.addWidget(button)
        self.setFocusProxy(line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        line.focused.connect(self._again)
        theme.changed.connect(self._again)
        self._again()

    def _again(self, *_: object) -> None:
        px = self._theme.px
        before = self._side() + (px(16 + 8) if self._icon else 0)
        self._row.setContentsMargins(*mirrored(self, before, 0, px(2 if self._clear and self.line.text() else 12), 0))
        self.updateGeometry()
        self.update()

    def _side(self) -> int:
        """Between the edge and what comes first."""
        return self._theme.px(10) if self._filled else self._theme.px(12) + 1

    def _offer_clear(self, text: str) -> None:
        if self._clear is not None:
            self._clear.setVisible(bool(text))
            self._again()  # the button brings room of its own

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(220), self._theme.px(self._height))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(self._height))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        box, focused = QRectF(self.rect()), self.line.hasFocus()
        radius = theme.size("radius.control")
        quiet = not focused if self._filled else theme.dark or not self.isEnabled()
        fill = colors.field_fill if quiet else colors.background
        edge = colors.red_text if self.wrong else colors.focus if focused else colors.border
        strong = focused or self.wrong
        if self._filled and not strong and not theme.high_contrast:
            painting.surface(painter, box, radius, fill)
        else:
            width = painting.ring_width(theme) if strong else 1
            width += 1 if focused and self.wrong else 0  # it is red either way
            painting.surface(painter, box, radius, fill, edge, width)
        if self._icon:
            side = theme.px(16)
            left = self.width() - self._side() - side if self.isRightToLeft() else self._side()
            picture = theme.icon(self._icon, colors.text_tertiary, 16)
            painter.drawPixmap(left, round((self.height() - side) / 2), picture)


class Field(QWidget):
    """A labelled-from-outside field with room for one sentence below when something is wrong."""

    edited = Signal(str)
    entered = Signal()

    def __init__(
        self,
        theme: Theme,
        name: str,
        placeholder: str = "",
        *,
        icon: str = "",
        height: float = 36,
        secret: bool = False,
        role: str = "message",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.line = Line(theme, name, placeholder, role)
        if secret:
            self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self._box = Box(theme, self.line, icon=icon, height=height)
        self._problem = Label(theme, "", "caption", "red_text")
        self._problem.setVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(6))
        column.addWidget(self._box)
        column.addWidget(self._problem)
        self.setFocusProxy(self.line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.line.textChanged.connect(self._edited)
        self.line.returnPressed.connect(self.entered.emit)

    def text(self) -> str:
        return self.line.text()

    def setText(self, text: str) -> None:
        self.line.setText(text)

    @property
    def problem(self) -> str:
        """The sentence below, or nothing."""
        return self._problem.text()

    def complain(self, sentence: str) -> None:
        """Say what is wrong, until something else is typed; nothing takes it back."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))
        self._box.wrong = bool(sentence)
        self.line.setAccessibleDescription(sentence)
        self._box.update()

    def _edited(self, text: str) -> None:
        self.complain("")
        self.edited.emit(text)
