"""The round button that leads back to the newest message, and says how many came meanwhile."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.ui.conversation.wording import Wording
from app.ui.theme import Theme


class EndButton(QAbstractButton):
    """40 px high; grows to the side while it tells a number."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._wording = wording
        self.count = -1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_count(0)
        self.hide()
        theme.changed.connect(self._fit)

    def set_count(self, count: int) -> None:
        """How many messages came that were not seen."""
        if count == self.count:
            return
        self.count = count
        self.setAccessibleName(self.tr("Jump to newest"))
        self.setAccessibleDescription(self._wording.unread(count) if count else "")
        self.setToolTip(self.tr("Jump to newest (End)"))
        self._fit()

    @property
    def _words(self) -> str:
        return self.tr("{count} new").format(count=self.count) if self.count else ""

    def _fit(self) -> None:
        self.resize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        side = self._theme.size("layout.scrollButton")
        words = self._words
        font = self._theme.font("control", weight=600)
        more = round(QFontMetricsF(font).horizontalAdvance(words)) + self._theme.px(14) if words else 0
        return QSize(side + more + 2, side + 2)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        half = area.height() / 2
        painter.setPen(QPen(colors.text if theme.high_contrast else colors.border, 1))
        fill = colors.track if self.isDown() else colors.hover if self.underMouse() else colors.raised
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(area, half, half)
        icon = theme.icon("arrow-down", colors.text_secondary, 20)
        side = theme.px(20)
        left = round(area.right() - half - side / 2)
        painter.drawPixmap(left, round(area.center().y() - side / 2), icon)
        if self._words:
            painter.setFont(theme.font("control", weight=600))
            painter.setPen(colors.blue_text)
            inside = area.adjusted(theme.px(14), 0, -half - side / 2, 0)
            painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._words)
        if self.hasFocus() and theme.keyboard_focus:
            painter.setPen(QPen(colors.focus, 3 if theme.high_contrast else 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), half - 2, half - 2)
        painter.end()
