"""The line under the name in the header: how it travels, and pressed, why."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from app.ui.theme import Theme
from app.ui.widgets import lines, rings
from app.ui.widgets.buttons import Pressable

_GLYPH = 14
_GAP = 4


class TransportLine(Pressable):
    """Words with their glyph, cut with an ellipsis; the name says what pressing it answers, the words are described."""

    def __init__(self, theme: Theme) -> None:
        self._icon, self._tone = "", "text_secondary"
        super().__init__(theme, "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_way(self, words: str, icon: str, tone: str, asked: str) -> None:
        """Other words, the colour of their glyph, and the question behind it."""
        self._icon, self._tone = icon, tone
        self.setText(words)
        self.setAccessibleName(asked)
        self.setAccessibleDescription(words)
        self.setToolTip(asked)
        self._restyle()

    def outline(self) -> rings.Outline:
        """Around the words alone."""
        inset, wide = self._theme.px(3), min(self.width(), self._wide())
        left = self.width() - wide if self.isRightToLeft() else 0
        high = self._theme.line("caption")
        return QRectF(left - inset, -1, wide + 2 * inset, high + 2), self._theme.size("radius.control") / 2

    def _wide(self) -> int:
        glyph = self._theme.px(_GLYPH + _GAP) if self._icon else 0
        return QFontMetrics(self._theme.font("caption")).horizontalAdvance(self.text()) + glyph

    def sizeHint(self) -> QSize:
        return QSize(self._wide(), self._theme.line("caption"))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(_GLYPH + _GAP), self._theme.line("caption"))

    def paintEvent(self, e: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        font = theme.font("caption")
        font.setUnderline(self.underMouse() and self.isEnabled())
        painter.setFont(font)
        high, side = theme.line("caption"), theme.px(_GLYPH) if self._icon else 0
        gap = theme.px(_GAP) if side else 0
        back = self.isRightToLeft()
        if side:
            picture = theme.icon(self._icon, getattr(colors, self._tone), _GLYPH, self.devicePixelRatioF())
            painter.drawPixmap(self.width() - side if back else 0, (high - side) // 2, picture)
        painter.setPen(colors.text_secondary)
        room = self.width() - side - gap
        shown = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        flag = Qt.AlignmentFlag.AlignRight if back else Qt.AlignmentFlag.AlignLeft
        box = QRectF(0 if back else side + gap, 0, room, high)
        painter.drawText(
            box, flag | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter, lines.read(painter, shown)
        )
