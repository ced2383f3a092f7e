"""The bird of the icon, painted: Qt's SVG knows no clip paths, and a picture is not crisp at every scale."""

import functools
import re
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPainterPath, QPen

_SIDE: Final = 256  # of the drawing
_HEAD, _INSET, _EYE = 94.0, 83.0, 19.0
_BEAK_UPPER: Final = "M-60 -50 C-98 -33 -140 -14 -187 2.5 C-190 3.6 -190.6 5.2 -190.6 6.4 L-60 6.4 Z"
_BEAK_LOWER: Final = "M-60 6 L-190.6 6 C-190.6 7.4 -190 8.8 -187 9.8 C-146 24 -104 40 -60 54 Z"
_THROAT: Final = "M-110 50 C-60 22 -10 46 34 72 C56 88 40 110 0 110 L-110 110 Z"
_CHEEK: Final = "M-16 8 C14 -10 62 -8 74 14 C84 34 60 50 32 46 C8 43 -14 30 -16 8 Z"
_BAND: Final = "M-96 14 C-60 12 -34 22 -10 40 C14 58 44 66 74 62 L66 84 C20 86 -22 66 -50 48 C-66 38 -82 34 -96 34 Z"
_FEATHERS: Final = (
    "M-40 -58 L-28 -64 M-10 -70 L2 -73 M22 -72 L34 -71 M50 -60 L60 -54 "
    "M-18 -44 L-6 -48 M12 -50 L24 -50 M40 -42 L50 -37 M66 -30 L72 -22"
)
_OUTLINE: Final = "M-60 -50 C-98 -33 -140 -14 -190 6 C-146 24 -104 40 -60 54 Z"
_RIM: Final = 22.0  # of the sticker's white edge
_SHADOW: Final = ((14.0, 8), (10.0, 10), (6.0, 12), (2.0, 14))  # widening and opacity of 255


def paint(painter: QPainter, rect: QRectF, *, sticker: bool = False) -> None:
    """Draw it into a square; as a sticker it has a white edge, which lies outside, and a shadow."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    painter.scale(rect.width() / _SIDE, rect.height() / _SIDE)
    if sticker:
        _paint_edge(painter)
    _turn(painter)
    _paint_bird(painter)
    painter.restore()


def _turn(painter: QPainter) -> None:
    painter.translate(153, 101)
    painter.rotate(-42)
    painter.scale(1.04, 1.04)


def _paint_edge(painter: QPainter) -> None:
    painter.save()
    outline = _path(_OUTLINE).united(_circle(_HEAD))
    for shadow in (True, False):
        painter.save()
        painter.translate(0, 2 * _SIDE / 190 if shadow else 0)
        _turn(painter)
        for wider, opacity in _SHADOW if shadow else ((0.0, 255),):
            color = QColor(0, 0, 0, opacity) if shadow else QColor("#FFFFFF")
            pen = QPen(color, _RIM + wider, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.setBrush(color if not shadow else Qt.BrushStyle.NoBrush)
            painter.drawPath(outline)
        painter.restore()
    painter.restore()


def _paint_bird(painter: QPainter) -> None:
    head = _circle(_HEAD)
    painter.setPen(Qt.PenStyle.NoPen)
    for shape, brush in (
        (_path(_BEAK_UPPER), _across(_path(_BEAK_UPPER), "#1553B4", "#2478E0")),
        (_path(_BEAK_LOWER), _across(_path(_BEAK_LOWER), "#0E7F86", "#12A38F")),
        (head, _gradient(head, (0.15, 0.05), (0.8, 1), ("#2F8DF5", "#0F6FDC", "#0A9A86"))),
        (_path(_THROAT).intersected(_circle(_INSET)), QBrush(QColor("#F7FAFC"))),
        (_path(_CHEEK), _gradient(_path(_CHEEK), (0, 0), (1, 1), ("#FFB35C", "#F07F2E"))),
        (_path(_BAND).intersected(head), QBrush(QColor("#0B5FC4"))),
    ):
        painter.fillPath(shape, brush)
    light = QColor("#8DE8F2")
    light.setAlphaF(0.9)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(light, 8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPath(_path(_FEATHERS))
    light.setAlphaF(0.85)
    painter.setBrush(QColor("#0B1E3C"))
    painter.setPen(QPen(light, 4))
    painter.drawEllipse(QPointF(-36, -6), _EYE, _EYE)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#FFFFFF"))
    painter.drawEllipse(QPointF(-38, -14), 6, 6)


@functools.cache
def _path(text: str) -> QPainterPath:
    """From the commands M, L, C and Z of an SVG path, with absolute numbers."""
    made = QPainterPath()
    for command, numbers in re.findall(r"([MLCZ])([^MLCZ]*)", text):
        values = [float(number) for number in numbers.split()]
        points = [QPointF(*values[at : at + 2]) for at in range(0, len(values), 2)]
        match command:
            case "M":
                made.moveTo(points[0])
            case "L":
                made.lineTo(points[0])
            case "C":
                made.cubicTo(points[0], points[1], points[2])
            case _:
                made.closeSubpath()
    return made


def _circle(radius: float) -> QPainterPath:
    made = QPainterPath()
    made.addEllipse(QPointF(0, 0), radius, radius)
    return made


def _across(shape: QPainterPath, first: str, last: str) -> QBrush:
    return _gradient(shape, (0, 0), (1, 0), (first, last))


def _gradient(
    shape: QPainterPath, start: tuple[float, float], end: tuple[float, float], colors: tuple[str, ...]
) -> QBrush:
    """A linear gradient between two places of the shape's bounding box."""
    box = shape.boundingRect()

    def place(at: tuple[float, float]) -> QPointF:
        return QPointF(box.left() + at[0] * box.width(), box.top() + at[1] * box.height())

    made = QLinearGradient(place(start), place(end))
    for number, each in enumerate(colors):
        made.setColorAt(number / (len(colors) - 1), QColor(each))
    return QBrush(made)
