"""Two pictures as one, ours left and the mockup right, and single pixels for who wants to measure."""

from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

MOCKUPS = Path(__file__).parent / "mockups"
GAP = 16


def grabbed(widget: QWidget) -> QImage:
    """What it shows now, one pixel for each logical one."""
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def mockup(name: str) -> QImage:
    """The design's picture of that name, such as ``01-main-text-light``."""
    found = QImage(str(MOCKUPS / f"{name}.png"))
    assert not found.isNull(), name
    return found


def join(ours: QImage, theirs: QImage) -> QImage:
    """Side by side on grey."""
    made = QImage(
        ours.width() + theirs.width() + 3 * GAP,
        max(ours.height(), theirs.height()) + 2 * GAP,
        QImage.Format.Format_RGB32,
    )
    made.fill(QColor("#808080"))
    painter = QPainter(made)
    painter.drawImage(GAP, GAP, ours)
    painter.drawImage(ours.width() + 2 * GAP, GAP, theirs)
    painter.end()
    return made


def share(one: QImage, two: QImage, tolerance: int = 24) -> float:
    """The share of pixels, from 0 to 1, that differ by more than ``tolerance`` in a channel; other sizes are 1."""
    if one.size() != two.size():
        return 1.0
    small_one, small_two = (
        each.scaled(each.size() / 2, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
        for each in (one, two)
    )
    different = 0
    for y in range(small_one.height()):
        for x in range(small_one.width()):
            a, b = small_one.pixel(x, y), small_two.pixel(x, y)
            different += any(abs((a >> bits & 255) - (b >> bits & 255)) > tolerance for bits in (0, 8, 16))
    return different / (small_one.width() * small_one.height())


def place(widget: QWidget, inside: QWidget) -> QRect:
    """Where a widget is, in the coordinates of another above it."""
    return QRect(widget.mapTo(inside, widget.rect().topLeft()), widget.size())
