"""Tags: the small words on a tint that qualify a name, such as Verified."""

from typing import Final, Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting

Tone = Literal["blue", "green", "amber", "red", "grey"]

_HIGH: Final = 16
_INSIDE: Final = 5


def colors(theme: Theme, tone: Tone) -> tuple[QColor, QColor]:
    """Tint and ink."""
    look = theme.palette
    return {
        "blue": (look.blue_tint, look.blue_text),
        "green": (look.green_tint, look.green_text),
        "amber": (look.amber_tint, look.amber_text),
        "red": (look.red_tint, look.red_text),
        "grey": (look.field_fill, look.text_secondary),
    }[tone]


def width(theme: Theme, text: str) -> int:
    """What a tag needs."""
    return QFontMetrics(theme.font("tag")).horizontalAdvance(text) + 2 * theme.px(_INSIDE)


def paint(painter: QPainter, left: float, middle: float, theme: Theme, text: str, tone: Tone) -> None:
    """A tag whose left edge and vertical middle are given."""
    tint, ink = colors(theme, tone)
    box = QRectF(left, middle - theme.px(_HIGH) / 2, width(theme, text), theme.px(_HIGH))
    painting.surface(painter, box, theme.size("radius.tag"), tint, ink if theme.high_contrast else None)
    painter.setFont(theme.font("tag"))
    painter.setPen(ink)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class Tag(QWidget):
    """A tag as a part of a page."""

    def __init__(self, theme: Theme, text: str, tone: Tone = "blue", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._text = theme, text
        self._tone: Tone = tone
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return QSize(width(self._theme, self._text), self._theme.px(_HIGH))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint(painter, 0, self.height() / 2, self._theme, self._text, self._tone)
