"""The recipient as a chip: lock and name in the colour of the way there, and a cross that takes it out."""

from enum import Enum

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting

WIDEST = 320


class Way(Enum):
    """What is known of the way to somebody."""

    ASKING = "asking"
    ENCRYPTED = "encrypted"
    TEXT = "text"
    NONE = "none"


class Chip(QAbstractButton):
    """Pressing it, or Delete and Backspace on it, takes the recipient out (``clicked``)."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = ""
        self.way = Way.ASKING
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)
        self.hide()

    def show_as(self, name: str, way: Way) -> None:
        """Stand for somebody."""
        self._name, self.way = name, way
        self.setAccessibleName(self.tr("Remove {name}").format(name=name))
        words = {
            Way.ASKING: self.tr("Looking up…"),
            Way.ENCRYPTED: self.tr("Encrypted"),
            Way.TEXT: self.tr("Text message"),
            Way.NONE: self.tr("Not on Kingfisher"),
        }
        self.setAccessibleDescription(words[way])
        self.setToolTip(name)
        self._restyle()
        self.show()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = self._theme
        words = QFontMetrics(theme.font("control")).horizontalAdvance(self._name)
        return QSize(min(words + theme.px(10 + 14 + 5 + 5 + 14 + 8) + 1, theme.px(WIDEST)), theme.px(28))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(96), self._theme.px(28))

    def _colors(self) -> tuple[QColor, QColor]:
        palette = self._theme.palette
        if self.way is Way.ENCRYPTED:
            return palette.blue_tint, palette.blue_text
        if self.way is Way.TEXT:
            return palette.green_tint, palette.green_text
        if self.way is Way.NONE:
            return palette.amber_tint, palette.amber_text
        return palette.field_fill, palette.text_secondary

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        fill, ink = self._colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.palette.hover if self.underMouse() and self.way is Way.ASKING else fill)
        painter.drawRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        icon = theme.px(14)
        top = (self.height() - icon) // 2
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        near, far = QRect(theme.px(10), top, icon, icon), QRect(self.width() - theme.px(8) - icon, top, icon, icon)
        words = QRect(near.right() + 1 + theme.px(5), 0, far.left() - near.right() - 1 - theme.px(10), self.height())
        if rtl:
            near, far, words = (self._mirrored(each) for each in (near, far, words))
        glyph = {Way.ASKING: "search", Way.ENCRYPTED: "lock", Way.TEXT: "sms", Way.NONE: "alert"}[self.way]
        painter.drawPixmap(QPoint(near.left(), near.top()), theme.icon(glyph, ink, 14))
        painter.drawPixmap(QPoint(far.left(), far.top()), theme.icon("close", ink, 14))
        painter.setFont(theme.font("control"))
        painter.setPen(ink)
        shown = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, shown)
        if painting.shows_focus(self, theme):
            painting.ring(painter, QRectF(self.rect()), self.height() / 2, theme)

    def _mirrored(self, rect: QRect) -> QRect:
        return QRect(self.width() - rect.right() - 1, rect.top(), rect.width(), rect.height())
