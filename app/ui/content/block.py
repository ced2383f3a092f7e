"""A stretch of words laid out: lines of even height, right to left where they run so, places, links and selection.

Long words are laid out in pieces, as a layout's cost grows faster than its length; pieces that were laid out before
are kept for a while, so that showing more of a message costs only what is new.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextOption

from app.ui.content import clean
from app.ui.content.base import Hit, Ink
from app.ui.content.links import Link

PIECE: Final = 2_000  # characters of one layout
KEPT: Final = 128  # pieces that are kept
TALL: Final = 2_000  # px from which only the lines that can be seen are drawn
TOO_HIGH: Final = 1.3  # a line of another script is given more room from here on


class Style(NamedTuple):
    """How some of the words are written: ``start`` and ``length`` in UTF-16 units; ``color`` as RGBA, -1 for none."""

    start: int
    length: int
    name: str
    color: int = -1
    size: int = 0


class Piece:
    """One layout; ``start`` of its words and ``top`` belong to whoever stacks it."""

    def __init__(self, words: str, font: QFont, pitch: int, room: int, right_to_left: bool, styles: Sequence[Style]):
        right, left = Qt.LayoutDirection.RightToLeft, Qt.LayoutDirection.LeftToRight
        option = QTextOption(Qt.AlignmentFlag.AlignRight if right_to_left else Qt.AlignmentFlag.AlignLeft)
        option.setTextDirection(right if right_to_left else left)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.layout = QTextLayout(words, font)
        self.layout.setTextOption(option)
        self.layout.setCacheEnabled(True)
        self.length = clean.units(words, len(words))
        if styles:
            self.layout.setFormats([_range(style.start, style.length, _format(style)) for style in styles])
        self.height = self._break(room, pitch, QFontMetricsF(font))
        self.natural = math.ceil(self.layout.maximumWidth())

    def _break(self, room: int, pitch: int, metrics: QFontMetricsF) -> int:
        layout, top = self.layout, 0.0
        rise = (pitch - metrics.ascent() - metrics.descent()) / 2 + metrics.ascent()
        layout.beginLayout()
        line = layout.createLine()
        while line.isValid():
            line.setLineWidth(room)
            if line.height() <= pitch * TOO_HIGH:
                line.setPosition(QPointF(0, round(top + rise) - line.ascent()))
                top += pitch
            else:
                line.setPosition(QPointF(0, top))
                top += math.ceil(line.height())
            line = layout.createLine()
        layout.endLayout()
        return round(top)

    def line_at(self, y: float) -> int:
        """The number of the line at a height."""
        low, high = 0, self.layout.lineCount() - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.layout.lineAt(middle).y() <= y + 2 else (low, middle - 1)
        return low

    def place(self, x: float, y: float) -> int:
        if not self.layout.lineCount():
            return 0
        return int(_number(self.layout.lineAt(self.line_at(y)).xToCursor(x)))

    def stretch(self, start: int, end: int, number: int) -> QRect:
        """The part of a line that words from one place to another take."""
        line = self.layout.lineAt(number)
        first = max(start, line.textStart())
        last = min(end, line.textStart() + line.textLength())
        ends = (_x(self.layout, number, first), _x(self.layout, number, last))
        width = max(1, round(max(ends) - min(ends)))
        return QRect(round(min(ends)), round(line.y()), width, math.ceil(line.height()))


def _x(layout: QTextLayout, number: int, at: int) -> float:
    return _number(layout.lineAt(number).cursorToX(at))


def _number(found: Any) -> float:
    """Qt's answer, which is a pair in some versions."""
    return float(found[0] if isinstance(found, tuple) else found)  # pyright: ignore[reportUnknownArgumentType] - the stubs lack the pair


def _range(start: int, length: int, how: QTextCharFormat) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, length, how
    return made


def _format(style: Style) -> QTextCharFormat:
    how = QTextCharFormat()
    match style.name:
        case "bold":
            how.setFontWeight(QFont.Weight.Bold)
        case "mention":
            how.setFontWeight(QFont.Weight.DemiBold)
        case "italic":
            how.setFontItalic(True)
        case "underline" | "link":
            how.setFontUnderline(True)
        case "strike":
            how.setFontStrikeOut(True)
        case "code":
            how.setFontFamilies(["DejaVu Sans Mono", "Menlo", "Consolas", "monospace"])
        case _:
            pass
    if style.color >= 0:
        how.setForeground(QColor.fromRgba(style.color))
    if style.size:
        how.setProperty(QTextCharFormat.Property.FontPixelSize, style.size)
    return how


@lru_cache(maxsize=KEPT)
def _piece(words: str, font: str, pitch: int, room: int, right_to_left: bool, styles: tuple[Style, ...]) -> Piece:
    made = QFont()
    made.fromString(font)
    return Piece(words, made, pitch, room, right_to_left, styles)


class Block:
    """Words in one font, at most ``room`` px wide; it is as wide as ``room`` as soon as a line had to be broken."""

    def __init__(
        self,
        words: str,
        font: QFont,
        pitch: int,
        room: int,
        *,
        styles: Sequence[Style] = (),
        links: Sequence[Link] = (),
        marks: Sequence[tuple[int, int]] = (),
    ) -> None:
        """``pitch`` is the height of a line; ``links`` and ``marks`` (start, length) in UTF-16 units."""
        self.words = words
        self.links = tuple(links)
        self.right_to_left = clean.runs_right_to_left(words)
        self._marks = tuple(marks)
        self._room = room
        self._pieces: list[tuple[int, int, Piece]] = []  # first unit, top, piece
        if len(words) <= PIECE:
            piece = Piece(words, font, pitch, room, self.right_to_left, styles)
            self._pieces.append((0, 0, piece))
        else:
            self._stack(words, font.toString(), pitch, room, styles)
        _, top, last = self._pieces[-1]
        self.height = top + last.height
        self.width = min(room, max(piece.natural for _, _, piece in self._pieces))

    def _stack(self, words: str, font: str, pitch: int, room: int, styles: Sequence[Style]) -> None:
        start = top = 0
        for part in _parts(words):
            length = clean.units(part, len(part))
            inside = tuple(
                style._replace(
                    start=max(style.start, start) - start,
                    length=min(style.start + style.length, start + length) - max(style.start, start),
                )
                for style in styles
                if style.start < start + length and style.start + style.length > start
            )
            piece = _piece(part, font, pitch, room, self.right_to_left, inside)
            self._pieces.append((start, top, piece))
            start, top = start + length, top + piece.height

    @property
    def length(self) -> int:
        """In UTF-16 units."""
        start, _, last = self._pieces[-1]
        return start + last.length

    def shift(self, width: int) -> int:
        """How far to the right the lines begin when the words are given ``width`` px."""
        return width - self._room if self.right_to_left else 0

    def paint(
        self, painter: QPainter, at: QPoint, width: int, ink: Ink, selected: tuple[int, int] | None = None
    ) -> None:
        """At a top left corner, in a field ``width`` px wide."""
        painter.setPen(ink.text)
        clip = painter.clipBoundingRect() if self.height > TALL else QRectF()
        for start, top, piece in self._pieces:
            where = QPointF(at.x() + self.shift(width), at.y() + top)
            if not clip.isEmpty() and (where.y() > clip.bottom() or where.y() + piece.height < clip.top()):
                continue
            over = self._over(ink, selected, start, piece.length) if self._marks or selected else []
            piece.layout.draw(painter, where, over, clip)

    def _over(
        self, ink: Ink, selected: tuple[int, int] | None, first: int, length: int
    ) -> list[QTextLayout.FormatRange]:
        over: list[QTextLayout.FormatRange] = []
        found = [(start, start + size, ink.mark, ink.marked_text) for start, size in self._marks]
        if selected is not None:
            found.append((*selected, ink.selection, ink.selected_text))
        for start, end, ground, text in found:
            start, end = max(start - first, 0), min(end - first, length)
            if start < end:
                how = QTextCharFormat()
                how.setBackground(ground)
                how.setForeground(text)
                over.append(_range(start, end - start, how))
        return over

    def _at(self, place: int) -> tuple[int, int, Piece]:
        """The piece in which a place is."""
        for start, top, piece in self._pieces:
            if place < start + piece.length:
                return start, top, piece
        return self._pieces[-1]

    def place(self, point: QPoint, width: int) -> int:
        """The place between two characters nearest to a point."""
        if point.y() < 0:
            return 0
        for start, top, piece in self._pieces:
            if point.y() < top + piece.height:
                return start + piece.place(point.x() - self.shift(width), point.y() - top)
        return self.length

    def hit(self, point: QPoint, width: int) -> Hit | None:
        """The link under a point."""
        if not self.links or not 0 <= point.y() < self.height:
            return None
        at = self.place(point, width)
        for link in self.links:
            if link.start <= at <= link.end and any(part.contains(point) for part in self.areas(link, width)):
                return Hit(url=link.url)
        return None

    def areas(self, link: Link, width: int) -> list[QRect]:
        """The pieces of lines a link takes."""
        areas: list[QRect] = []
        for start, top, piece in self._pieces:
            first, last = max(link.start - start, 0), min(link.end - start, piece.length)
            if first >= last:
                continue
            lines = (piece.layout.lineForTextPosition(at).lineNumber() for at in (first, last - 1))
            for number in range(next(lines), next(lines) + 1):
                areas.append(piece.stretch(first, last, number).translated(self.shift(width), top))
        return areas

    def area(self, at: int, width: int) -> QRect:
        """Where the character at a place is."""
        start, top, piece = self._at(at)
        line = piece.layout.lineForTextPosition(min(at - start, piece.length))
        if not line.isValid():
            return QRect(0, top, 1, 1)
        found = piece.stretch(at - start, min(at - start + 1, piece.length), line.lineNumber())
        return found.translated(self.shift(width), top)

    def step(self, at: int, by: int, *, word: bool) -> int:
        """The place one character or word on, or back."""
        mode = QTextLayout.CursorMode.SkipWords if word else QTextLayout.CursorMode.SkipCharacters
        start, _, piece = self._at(at if by > 0 else max(0, at - 1))
        if by > 0:
            return start + piece.layout.nextCursorPosition(at - start, mode)
        return start + piece.layout.previousCursorPosition(at - start, mode)


def _parts(words: str) -> list[str]:
    """Pieces of at most PIECE characters, cut behind a new line, else behind a space, where there is one."""
    parts: list[str] = []
    at = 0
    while len(words) - at > PIECE:
        cut = words.rfind(clean.LINE, at + PIECE // 2, at + PIECE)
        cut = cut if cut >= 0 else words.rfind(" ", at + PIECE // 2, at + PIECE)
        end = cut + 1 if cut >= 0 else at + PIECE
        parts.append(words[at:end])
        at = end
    return [*parts, words[at:]]
