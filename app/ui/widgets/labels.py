"""Words on the screen: a label in a role of the design's type, and one that ends in an ellipsis."""

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QShowEvent, QTextLayout
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QWidget

from app.ui.theme import Theme
from app.ui.widgets import lines

_ACROSS: Final = Qt.AlignmentFlag.AlignHorizontal_Mask
_DOWN: Final = Qt.AlignmentFlag.AlignVertical_Mask
_LEADING: Final = Qt.AlignmentFlag.AlignLeading


class Label(QLabel):
    """Plain text in one role and colour of the look, wrapped; never rich text, whatever is in it.

    Where it takes more than one line, its lines are as far apart as the design says.
    """

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        role: str = "body",
        color: str = "text",
        *,
        weight: int | None = None,
        wrap: bool = True,
        tabular: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._role, self._color, self._weight, self._tabular = theme, role, color, weight, tabular
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setText(text)
        theme.changed.connect(self._dress)
        self._dress()
        self._lead()

    def paint_in(self, color: str) -> None:
        """Another colour of the palette."""
        self._color = color
        self._dress()

    def _dress(self) -> None:
        self.setFont(self._theme.font(self._role, weight=self._weight, tabular=self._tabular))
        colors = self.palette()
        ink: QColor = getattr(self._theme.palette, self._color)
        colors.setColor(self.foregroundRole(), ink)
        self.setPalette(colors)

    def showEvent(self, event: QShowEvent) -> None:
        """A style sheet gives a widget the colours back that it was made with, when it is first shown."""
        super().showEvent(event)
        if self.palette().color(self.foregroundRole()) != getattr(self._theme.palette, self._color):
            self._dress()

    def _spread(self, width: float) -> tuple[QTextLayout, int] | None:
        """The words in their lines and the height of those; None where Qt's own way of drawing is right."""
        if not self.wordWrap() or self.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse:
            return None
        pitch = self._theme.line(self._role)
        side = QWidget.style(self).visualAlignment(self.layoutDirection(), self.alignment()) & _ACROSS
        layout, count = lines.broken(self.text(), self.font(), width, pitch, side, self.layoutDirection())
        return (layout, count * pitch) if count > 1 else None

    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        spread = self._spread(width - margins.left() - margins.right())
        return super().heightForWidth(width) if spread is None else spread[1] + margins.top() + margins.bottom()

    def paintEvent(self, event: QPaintEvent) -> None:
        area = self.contentsRect()
        spread = self._spread(area.width())
        if spread is None:
            super().paintEvent(event)
            return
        layout, height = spread
        place = QStyle.alignedRect(self.layoutDirection(), self.alignment() & _DOWN, QSize(area.width(), height), area)
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        layout.draw(painter, QPointF(area.left(), max(place.top(), area.top())))
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._lead()

    def _lead(self) -> None:
        """To the side where reading begins; by itself Qt asks the words, and Latin ones would stand at the end."""
        align, flag = self.alignment(), Qt.AlignmentFlag
        if align & (flag.AlignHCenter | flag.AlignJustify):
            return
        side = flag.AlignRight if self.isRightToLeft() else flag.AlignLeft
        self.setAlignment(side | flag.AlignAbsolute | align & flag.AlignVertical_Mask)


class ElidedLabel(QWidget):
    """One line that is cut with an ellipsis where there is no room; the tooltip has it whole."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        role: str = "body",
        color: str = "text",
        *,
        weight: int | None = None,
        centered: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._role, self._color, self._weight, self._centered = theme, role, color, weight, centered
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(text)
        theme.changed.connect(self._again)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        """Line ends become spaces; a very long text is cut before it is measured."""
        self._text = " ".join(text[:1000].split())
        self.setAccessibleName(self._text)
        self._again()

    def paint_in(self, color: str) -> None:
        """Another colour of the palette."""
        self._color = color
        self.update()

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._theme.font(self._role, weight=self._weight))
        return QSize(metrics.horizontalAdvance(self._text) + 2, self._theme.line(self._role))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._theme.line(self._role))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = self._theme.font(self._role, weight=self._weight)
        painter.setFont(font)
        ink: QColor = getattr(self._theme.palette, self._color)
        painter.setPen(ink)
        shown = QFontMetrics(font).elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        if shown != self._text and self.toolTip() != self._text:
            self.setToolTip(self._text)
        side = Qt.AlignmentFlag.AlignHCenter if self._centered else _LEADING
        flags = QWidget.style(self).visualAlignment(self.layoutDirection(), side) | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(0, 0, self.width(), self.height()), flags, lines.read(painter, shown))
