"""One line of foreign words: cut where there is no room, in its own direction, with what was found on a tint."""

from collections.abc import Sequence
from math import floor
from typing import Final, cast

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextLayout, QTextLine, QTextOption

from app.common.recent import Recent
from app.ui.content import clean
from app.ui.theme import Theme
from app.ui.widgets import painting

ELLIPSIS: Final = "…"
LEADING: Final = 0.6  # of the room that the words up to the first mark may take when those before are cut
KEPT: Final = 512  # lines that were laid out and may be painted again, and widths that were measured
_widths: Recent[tuple[object, ...], float] = Recent(KEPT)
_lines: Recent[tuple[object, ...], QTextLayout] = Recent(KEPT)
_NOT_BROKEN: Final = QTextOption.WrapMode.NoWrap


def width(text: str, font: QFont) -> float:
    """What ``text`` needs, in pixels; whole, so that what fits is never cut."""
    key = (text, font.key(), tuple(font.featureTags()))
    found = _widths.get(key)
    if found is None:
        found = _widths[key] = float(-(-QFontMetricsF(font).horizontalAdvance(text) // 1))
    return found


def line(painter: QPainter, box: QRectF, text: str, font: QFont, ink: QColor, *, mirrored: bool = False) -> float:
    """Write within ``box``, from its leading edge, in the middle of its height; the width that was used."""
    if not text or box.width() < 1:
        return 0.0
    key = (text, font.key(), tuple(font.featureTags()), box.width())
    layout = _lines.get(key)
    if layout is None:
        layout, laid = _laid(text, font)
        if laid.naturalTextWidth() > box.width():  # cutting costs as much as laying out, and most lines fit
            layout, _ = _laid(QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width()), font)
        _lines[key] = layout
    laid = layout.lineAt(0)
    _draw(painter, box, layout, laid, ink, mirrored)
    return min(box.width(), laid.naturalTextWidth())


def marked(
    painter: QPainter,
    box: QRectF,
    text: str,
    marks: Sequence[tuple[int, int]],
    font: QFont,
    theme: Theme,
    ink: QColor,
    *,
    mirrored: bool = False,
) -> None:
    """The same with ``marks`` (start, length in code points) on the tint of what was found, the first one in sight."""
    if not text or box.width() < 1:
        return
    metrics = QFontMetricsF(font)
    text, marks = _around_first(text, marks, metrics, box.width())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    layout, laid = _laid(shown, font)
    whole = len(shown) - (shown != text)
    left = _left(box, laid, mirrored)
    found: list[QTextLayout.FormatRange] = []
    for start, length in marks:
        start, end = clean.units(shown, min(start, whole)), clean.units(shown, min(start + length, whole))
        if end <= start:
            continue
        edges = sorted((_x(laid, start), _x(laid, end)))
        top = _baseline(box, laid) - nearest(laid.ascent())
        tint = QRectF(left + edges[0] - 1, top, edges[1] - edges[0] + 2, nearest(laid.height()))
        painting.surface(painter, tint, theme.px(3), theme.palette.search_hit_fill)
        each = QTextLayout.FormatRange()
        each.start, each.length = start, end - start
        each.format.setForeground(theme.palette.search_hit_text)
        found.append(each)
    _draw(painter, box, layout, laid, ink, mirrored, found)


def _around_first(
    text: str, marks: Sequence[tuple[int, int]], metrics: QFontMetricsF, room: float
) -> tuple[str, Sequence[tuple[int, int]]]:
    """Without the words before the first mark that would push it out of sight."""
    if not marks:
        return text, marks
    start, length = marks[0]
    if metrics.horizontalAdvance(text[: start + length]) + metrics.horizontalAdvance(ELLIPSIS) <= room:
        return text, marks
    cut = before = start
    while before > 0 and metrics.horizontalAdvance(text[before : start + length]) < room * LEADING:
        cut, before = before, text.rfind(" ", 0, before - 1) + 1
    lead = len(ELLIPSIS)
    moved = [(at - cut + lead, count) for at, count in marks if at >= cut]
    return ELLIPSIS + text[cut:], moved


def _laid(text: str, font: QFont) -> tuple[QTextLayout, QTextLine]:
    option = QTextOption()
    option.setWrapMode(_NOT_BROKEN)
    backwards = clean.runs_right_to_left(text)
    option.setTextDirection(Qt.LayoutDirection.RightToLeft if backwards else Qt.LayoutDirection.LeftToRight)
    option.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    layout = QTextLayout(text, font)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    layout.beginLayout()
    laid = layout.createLine()
    laid.setLineWidth(1_000_000)
    layout.endLayout()
    return layout, laid


def _x(laid: QTextLine, at: int) -> float:
    found = cast("float | tuple[float, int]", laid.cursorToX(at))  # the stubs say object
    return float(found[0] if isinstance(found, tuple) else found)


def nearest(at: float) -> int:
    """The whole pixel next to it; halves go down the screen."""
    return floor(at + 0.5)


def _baseline(box: QRectF, laid: QTextLine) -> int:
    """Half of what the line's height leaves goes above the words, as the design was measured."""
    ascent, descent = nearest(laid.ascent()), nearest(laid.descent())
    return nearest(box.top() + floor((box.height() - ascent - descent) / 2) + ascent)


def _left(box: QRectF, laid: QTextLine, mirrored: bool) -> float:
    """Where the layout's own left edge belongs."""
    used = laid.naturalTextWidth()
    return (box.right() - used if mirrored else box.left()) - laid.naturalTextRect().left()


def _draw(
    painter: QPainter,
    box: QRectF,
    layout: QTextLayout,
    laid: QTextLine,
    ink: QColor,
    mirrored: bool,
    found: Sequence[QTextLayout.FormatRange] = (),
) -> None:
    text = layout.text()
    tall = not text.isascii() or laid.height() > box.height()
    if tall:  # marks that stand on each other reach far beyond their line
        painter.save()
        painter.setClipRect(box.adjusted(-2, -1, 2, 1), Qt.ClipOperation.IntersectClip)
    painter.setPen(ink)
    layout.draw(painter, QPointF(_left(box, laid, mirrored), _baseline(box, laid) - laid.ascent()), list(found))
    if tall:
        painter.restore()
