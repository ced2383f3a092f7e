"""The pane's own pieces: a safety number, sections with a line above, tiles and rows that can be pressed."""

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets import avatars, painting


class Digits(QLabel):
    """A safety number in lines of groups; read from left to right wherever it stands. ``line`` is a line's height."""

    def __init__(
        self, theme: Theme, role: str, color: str, *, line: float, weight: int | None = None, spacing: float = 0.4
    ) -> None:
        super().__init__()
        self._theme, self._role, self._color, self._weight = theme, role, color, weight
        self._line, self._spacing = line, spacing
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        font = self._theme.font(self._role, weight=self._weight, tabular=True)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, self._spacing * self._theme.scale)
        self.setFont(font)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        lines = self.text().split("\n")
        wide = max(self.fontMetrics().horizontalAdvance(line) for line in lines)
        return QSize(wide + 2, len(lines) * self._theme.px(self._line))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, arg__1: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setFont(self.font())
        ink: QColor = getattr(self._theme.palette, self._color)
        painter.setPen(ink)
        high = self._theme.px(self._line)
        for at, line in enumerate(self.text().split("\n")):
            painter.drawText(QRect(0, at * high, self.width(), high), Qt.AlignmentFlag.AlignCenter, line)


def lines_of(number: str, across: int = 4) -> str:
    """60 digits in groups of five, three lines of four unless there are to be fewer across."""
    groups = [number[at : at + 5] for at in range(0, len(number), 5)]
    return "\n".join(" ".join(groups[at : at + across]) for at in range(0, len(groups), across))


class Glyph(QLabel):
    """An icon beside words; decoration."""

    def __init__(self, theme: Theme, icon: str, color: str, size: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._icon, self._color, self._size = theme, icon, color, size
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        ink: QColor = getattr(self._theme.palette, self._color)
        self.setPixmap(self._theme.icon(self._icon, ink, self._size))


class Portrait(QWidget):
    """Somebody's avatar, for the eye alone: the name stands beside it."""

    def __init__(self, theme: Theme, size: int, key: bytes = b"", name: str = "") -> None:
        super().__init__()
        self._theme, self._size, self._key, self._name = theme, size, key, name
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_person(self, key: bytes, name: str) -> None:
        self._key, self._name = key, name
        self.update()

    def _restyle(self) -> None:
        side = self._theme.px(self._size)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        avatars.paint(QPainter(self), QRectF(self.rect()), self._theme, self._key, self._name)


class Section(QWidget):
    """A part of the pane with a line above; ``column`` takes its content."""

    def __init__(
        self, theme: Theme, parent: QWidget, *, line: bool = True, above: float = 12, below: float = 12
    ) -> None:
        super().__init__(parent)
        self._theme, self._line, self._above, self._below = theme, line, above, below
        self.column = QVBoxLayout(self)
        self.column.setSpacing(0)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        px, edge = self._theme.px, 1 if self._line else 0
        self.column.setContentsMargins(px(16), px(self._above) + edge, px(16), px(self._below))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._line:
            QPainter(self).fillRect(0, 0, self.width(), 1, self._theme.palette.separator)


class _Pressable(QAbstractButton):
    def __init__(self, theme: Theme, icon: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._icon = theme, icon
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.become(icon, text)
        theme.changed.connect(self._restyle)

    def become(self, icon: str, text: str) -> None:
        """Another icon and other words, which are the name too."""
        self._icon = icon
        self.setText(text)
        self.setAccessibleName(text)
        self._restyle()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()


class Tile(_Pressable):
    """An icon over a word, one of three side by side."""

    def sizeHint(self) -> QSize:
        theme = self._theme
        words = QFontMetrics(theme.font("status")).horizontalAdvance(self.text())
        return QSize(words + theme.px(16), theme.px(8 + 20 + 4 + 14 + 8))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        fill = colors.track if self.isDown() else colors.hover if self.underMouse() else colors.field_fill
        painter.setBrush(fill)
        half = 0.5 if theme.high_contrast else 0.0  # of the outline
        if half:
            painter.setPen(colors.border)
        radius = theme.size("radius.controlLarge")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius)
        icon = theme.px(20)
        painter.drawPixmap(
            QPoint((self.width() - icon) // 2, theme.px(8)), theme.icon(self._icon, colors.blue_text, 20)
        )
        painter.setFont(theme.font("status"))
        painter.setPen(colors.text)
        line = QRect(0, theme.px(32), self.width(), theme.line("status"))
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, self.text())
        if painting.shows_focus(self, theme):
            painting.ring(painter, QRectF(self.rect()), radius, theme)


class ActionRow(_Pressable):
    """A line of the pane that does something; red for what takes something away."""

    def __init__(
        self, theme: Theme, icon: str, text: str, parent: QWidget | None = None, *, danger: bool = False
    ) -> None:
        self.danger = danger
        super().__init__(theme, icon, text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(36))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isDown() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.hover)
            painter.drawRoundedRect(self.rect(), theme.size("radius.control"), theme.size("radius.control"))
        icon = theme.px(20)
        glyph = QRect(theme.px(4), (self.height() - icon) // 2, icon, icon)
        words = QRect(glyph.right() + 1 + theme.px(12), 0, self.width() - icon - theme.px(20), self.height())
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            glyph = QRect(self.width() - glyph.right() - 1, glyph.top(), icon, icon)
            words = QRect(theme.px(4), 0, words.width(), self.height())
        ink = colors.red_text if self.danger else colors.text
        tint = colors.red_text if self.danger else colors.text_secondary
        painter.drawPixmap(glyph.topLeft(), theme.icon(self._icon, tint, 20))
        painter.setFont(theme.font("body"))
        painter.setPen(ink)
        shown = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, shown)
        if painting.shows_focus(self, theme):
            painting.ring(painter, QRectF(self.rect()), theme.size("radius.control"), theme)
