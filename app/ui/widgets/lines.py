"""Plain words broken into lines that are as high as the design says, which Qt's own are not."""

from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QTextLayout, QTextOption

WIDEST: Final = 100_000.0  # px, for the width of words that are not broken


def broken(
    text: str, font: QFont, width: float, pitch: int, side: Qt.AlignmentFlag, direction: Qt.LayoutDirection
) -> tuple[QTextLayout, int]:
    """The words laid out at that width, and how many lines they are; ``pitch`` is the height of a line in px."""
    layout = QTextLayout(text.replace("\n", "\u2028"), font)
    option = QTextOption(side)
    option.setTextDirection(direction)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    count = 0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        line.setPosition(QPointF(0, count * pitch + (pitch - line.height()) / 2))
        count += 1
    layout.endLayout()
    return layout, max(1, count)
