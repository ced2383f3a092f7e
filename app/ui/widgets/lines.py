"""Plain words broken into lines that are as high as the design says, which Qt's own are not."""

import unicodedata
from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QPainter, QTextLayout, QTextOption

WIDEST: Final = 100_000.0  # px, for the width of words that are not broken
_LEFTWARD: Final = ("R", "AL")


def reading(text: str, screen: Qt.LayoutDirection) -> Qt.LayoutDirection:
    """The direction in which words of the program are read: the screen's, but never against all of their letters.

    Not that of their first letter: a sentence that begins with a foreign name is still one of the screen's language.
    """
    left = Qt.LayoutDirection.LeftToRight
    if screen is left or any(unicodedata.bidirectional(sign) in _LEFTWARD for sign in text):
        return screen
    return left


def read(painter: QPainter, text: str) -> str:
    """The same words, with the painter set to read them so; where they stand has to be said absolutely."""
    painter.setLayoutDirection(reading(text, painter.layoutDirection()))
    return text


def broken(
    text: str, font: QFont, width: float, pitch: int, side: Qt.AlignmentFlag, direction: Qt.LayoutDirection
) -> tuple[QTextLayout, int]:
    """The words laid out at that width, and how many lines they are; ``pitch`` is the height of a line in px."""
    layout = QTextLayout(text.replace("\n", "\u2028"), font)
    option = QTextOption(side)
    option.setTextDirection(reading(text, direction))
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
