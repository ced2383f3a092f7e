"""A label whose lines are as high as the design says, which Qt's own are not."""

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QTextLayout
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import lines


class Paragraph(QLabel):
    """Plain words in one role and colour, broken into lines; ``line`` is their height in px of the design."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        role: str = "body",
        color: str = "text",
        *,
        weight: int | None = None,
        line: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._role, self._color, self._weight, self._line = theme, role, color, weight, line
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setText(text)
        theme.changed.connect(self._again)

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def paint_in(self, color: str) -> None:
        """Another colour of the palette."""
        self._color = color
        self.update()

    def _pitch(self) -> int:
        return self._theme.line(self._role) if self._line is None else self._theme.px(self._line)

    def _laid_out(self, width: float) -> tuple[QTextLayout, int]:
        """The words broken at that width, and their height."""
        pitch, mirrored = self._pitch(), self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        font = self._theme.font(self._role, weight=self._weight)
        layout, count = lines.broken(self.text(), font, width, pitch, side, self.layoutDirection())
        return layout, count * pitch

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._laid_out(width)[1]

    def sizeHint(self) -> QSize:
        layout, height = self._laid_out(lines.WIDEST)
        return QSize(math.ceil(layout.maximumWidth()), height)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(40), self._pitch())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ink: QColor = getattr(self._theme.palette, self._color)
        painter.setPen(ink)
        area = QRectF(self.contentsRect())
        self._laid_out(area.width())[0].draw(painter, area.topLeft())
