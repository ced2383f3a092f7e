"""A label whose lines are as high as the design says, which Qt's own are not."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.theme import Theme

_WIDEST = 100_000.0  # px, for the width of words that are not broken


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
        pitch = self._pitch()
        layout = QTextLayout(self.text(), self._theme.font(self._role, weight=self._weight))
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        option.setTextDirection(self.layoutDirection())
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            option.setAlignment(Qt.AlignmentFlag.AlignRight)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        count = 0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, count * pitch + (pitch - line.height()) / 2))
            count += 1
        layout.endLayout()
        return layout, max(1, count) * pitch

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._laid_out(width)[1]

    def sizeHint(self) -> QSize:
        layout, height = self._laid_out(_WIDEST)
        return QSize(math.ceil(layout.maximumWidth()), height)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(40), self._pitch())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ink: QColor = getattr(self._theme.palette, self._color)
        painter.setPen(ink)
        area = QRectF(self.contentsRect())
        self._laid_out(area.width())[0].draw(painter, area.topLeft())
