"""What a window draws: each run of text, each icon and each shape, with its place, found by painting it as SVG."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from xml.etree import ElementTree

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QRegion, QTransform
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

Kind = Literal["text", "image", "shape"]
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One thing that a widget draws; ``box`` lies in the window's coordinates, ``shown`` is the part of it in view.

    Text: ``box`` is tight around the ink, ``left`` and ``right`` are where it begins and ends, ``base`` what it is on.
    ``fill`` and ``edge`` are the colours asked for; ``shaded``: the fill is a gradient.
    """

    kind: Kind
    widget: QWidget
    box: QRectF
    shown: QRectF
    words: str = ""
    size: float = 0
    weight: int = 0
    base: float = 0
    fill: QColor | None = None
    edge: QColor | None = None
    pen: float = 0
    shaded: bool = False
    left: float = 0
    right: float = 0

    @property
    def outer(self) -> QRectF:
        """The box of a shape with its pen."""
        half = self.pen / 2
        return self.box.adjusted(-half, -half, half, half)

    @property
    def hidden(self) -> float:
        """How much of it lies out of view, from 0 to 1."""
        whole = self.box.width() * self.box.height()
        return 1 - self.shown.width() * self.shown.height() / whole if whole else 1.0

    def __str__(self) -> str:
        at = f"{self.box.x():.0f},{self.box.y():.0f} {self.box.width():.0f}x{self.box.height():.0f}"
        name = self.widget.accessibleName()[:40]
        return f"{self.kind} {self.words[:40]!r} at {at} in {type(self.widget).__name__} {name!r}"


def drawn(root: QWidget) -> Iterator[Drawn]:
    """Everything that ``root`` and what is visible in it draw, but for what something else lies over."""
    for widget in (root, *root.findChildren(QWidget)):
        if widget.isVisible() and (widget is root or widget.window() is root.window()):
            yield from _of(root, widget)


def _of(root: QWidget, widget: QWidget) -> Iterator[Drawn]:
    seen = widget.visibleRegion().boundingRect()
    if seen.isEmpty():
        return
    corner = QPoint(0, 0) if widget is root else widget.mapTo(root, QPoint(0, 0))
    view = QRectF(seen.translated(corner))
    for each in _parsed(_svg(widget), widget):
        box = each.box.translated(corner)
        part = box.intersected(view)
        if part.isEmpty() or _covered(root, widget, part.center().toPoint()):
            continue
        yield Drawn(
            each.kind,
            widget,
            box,
            part,
            each.words,
            each.size,
            each.weight,
            each.base + corner.y(),
            each.fill,
            each.edge,
            each.pen,
            each.shaded,
            each.left + corner.x(),
            each.right + corner.x(),
        )


def _covered(root: QWidget, widget: QWidget, point: QPoint) -> bool:
    """Whether something that is no part of it lies over that point."""
    top = root.childAt(point) or root
    return not (top is widget or top.isAncestorOf(widget) or widget.isAncestorOf(top))


def _svg(widget: QWidget) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    target = QSvgGenerator()
    target.setOutputDevice(buffer)
    target.setResolution(96)
    target.setSize(widget.size())
    target.setViewBox(widget.rect())
    widget.render(target, QPoint(0, 0), QRegion(widget.rect()), QWidget.RenderFlag(0))
    return bytes(buffer.data().data())


def _parsed(source: bytes, widget: QWidget) -> Iterator[Drawn]:
    text = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", source).decode(errors="replace")
    for group in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}g"):
        matrix = QTransform(*(float(each) for each in _NUMBER.findall(group.get("transform", "1 0 0 1 0 0"))))
        for node in group:
            kind = node.tag.rpartition("}")[2]
            if kind == "text":
                yield from _text(node, matrix, widget)
            elif kind == "image" and _solid(node.get("{http://www.w3.org/1999/xlink}href", "")):
                box = QRectF(*(float(node.get(each, "0")) for each in ("x", "y", "width", "height")))
                yield Drawn("image", widget, matrix.mapRect(box), QRectF())
            elif kind in ("path", "rect", "circle", "ellipse"):
                yield from _shape(node, group, matrix, widget)


@lru_cache(maxsize=1000)
def _solid(data: str) -> bool:
    """Whether it is a picture; a shadow has no pixel that is not nearly clear."""
    picture = QImage.fromData(base64.b64decode(data.partition(",")[2]))
    plain = picture.convertToFormat(QImage.Format.Format_RGBA8888)
    return max(bytes(plain.constBits())[3::4], default=0) > 128


def _text(node: ElementTree.Element, matrix: QTransform, widget: QWidget) -> Iterator[Drawn]:
    words = node.text or ""
    if not words.strip():
        return
    font = QFont(node.get("font-family", "Inter").split(","))
    size, weight = float(node.get("font-size", "13")), int(node.get("font-weight", "400"))
    font.setPixelSize(round(size))
    font.setWeight(QFont.Weight(weight))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    x, y = float(node.get("x", "0")), float(node.get("y", "0"))
    metrics = QFontMetricsF(font)
    box = metrics.tightBoundingRect(words).translated(x, y)
    at, end = matrix.map(QPointF(x, y)), matrix.map(QPointF(x + metrics.horizontalAdvance(words), y))
    ink = _color(node, "fill")
    yield Drawn(
        "text", widget, matrix.mapRect(box), QRectF(), words, size, weight, at.y(), ink, left=at.x(), right=end.x()
    )


def _shape(
    node: ElementTree.Element, group: ElementTree.Element, matrix: QTransform, widget: QWidget
) -> Iterator[Drawn]:
    numbers = [float(each) for each in _NUMBER.findall(node.get("d", ""))]
    if numbers:
        across, down = numbers[::2], numbers[1::2]
        box = QRectF(min(across), min(down), max(across) - min(across), max(down) - min(down))
    elif node.get("rx") and node.get("cx"):
        radii = float(node.get("rx", "0")), float(node.get("ry", "0"))
        middle = float(node.get("cx", "0")), float(node.get("cy", "0"))
        box = QRectF(middle[0] - radii[0], middle[1] - radii[1], 2 * radii[0], 2 * radii[1])
    elif node.get("r"):
        radius = float(node.get("r", "0"))
        box = QRectF(float(node.get("cx", "0")) - radius, float(node.get("cy", "0")) - radius, 2 * radius, 2 * radius)
    else:
        box = QRectF(*(float(node.get(each, "0")) for each in ("x", "y", "width", "height")))
    fill, edge = _color(group, "fill"), _color(group, "stroke")
    shaded = group.get("fill", "").startswith("url")
    if fill is not None or edge is not None or shaded:
        pen = float(group.get("stroke-width", "0")) if edge is not None else 0
        yield Drawn("shape", widget, matrix.mapRect(box), QRectF(), fill=fill, edge=edge, pen=pen, shaded=shaded)


def _color(node: ElementTree.Element, what: str) -> QColor | None:
    """None for no colour, for one that cannot be seen, and for a gradient."""
    given = node.get(what, "none")
    if not given.startswith("#") or float(node.get(f"{what}-opacity", "1")) == 0:
        return None
    made = QColor(given)
    made.setAlphaF(float(node.get(f"{what}-opacity", "1")))
    return made
