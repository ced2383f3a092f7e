"""Painting a row: lines above, bubble with beak and fill, quote, words, reactions, status, focus and highlight."""

import unicodedata
from typing import Final

import msgspec
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QLinearGradient, QPainter, QPainterPath, QPen

from app.domain.bearer import Bearer
from app.ui.content.base import Ink
from app.ui.conversation import row as rows
from app.ui.conversation import shape
from app.ui.conversation.row import Row, Spot
from app.ui.conversation.shape import Beak, Corners
from app.ui.conversation.status import Tone
from app.ui.theme import Theme
from app.ui.widgets import lines

_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_CENTER: Final = Qt.AlignmentFlag.AlignCenter
_ABSOLUTE: Final = Qt.AlignmentFlag.AlignAbsolute


class Look(msgspec.Struct, frozen=True):
    """What one frame shows of a row beside the row itself. ``found`` has a ring too, and a second one by ``ring``."""

    selected: tuple[int, int] | None = None
    time: bool = False
    ring: bool = False
    found: bool = False
    glow: float = 0.0
    pressed: str = ""


class Brush:
    """Everything that is the same for all rows of a viewport; made anew when the theme or the viewport changes."""

    def __init__(self, theme: Theme, width: int, height: int) -> None:
        self.theme = theme
        self.width = width
        colors = theme.palette
        self._blue = self._gradient(colors.bubble_blue_top, colors.bubble_blue_bottom, height)
        self._green = self._gradient(colors.bubble_green_top, colors.bubble_green_bottom, height)
        self._received = QBrush(colors.bubble_received)
        self.tip = Beak(theme.size("bubble.tail.width"), theme.size("bubble.tail.height"))
        round_, joined = theme.size("radius.bubble"), theme.size("radius.bubbleJoined")
        self._corners = {
            (above, below): Corners(round_, joined if above else round_, joined if below else round_)
            for above in (False, True)
            for below in (False, True)
        }
        white = colors.on_fill
        self._out = Ink(white, white, white, white, colors.blue_fill, colors.search_hit_fill, colors.search_hit_text)
        self._in = Ink(
            colors.text,
            colors.blue_text,
            colors.text_secondary,
            colors.blue_fill,
            white,
            colors.search_hit_fill,
            colors.search_hit_text,
        )

    def _gradient(self, top: QColor, bottom: QColor, height: int) -> QBrush:
        if self.theme.high_contrast or top == bottom:
            return QBrush(bottom)
        made = QLinearGradient(0, 0, 0, max(1, height))
        made.setColorAt(0, top)
        made.setColorAt(1, bottom)
        return QBrush(made)

    def path(self, row: Row) -> QPainterPath:
        """The outline of a row's bubble, from its top left corner."""
        place = row.place
        beak = None if place.joins_below or self.theme.high_contrast else self.tip
        corners = self._corners[place.joins_above, place.joins_below]
        mirrored = row.column is not None and row.column.mirrored
        return shape.outline(
            row.bubble.width(), row.bubble.height(), corners, beak, outer_left=row.outgoing is mirrored
        )

    def fill(self, row: Row) -> QBrush:
        if not row.outgoing:
            return self._received
        return self._green if row.item.shown.message.bearer is Bearer.TEXT else self._blue

    def ink(self, row: Row) -> Ink:
        return self._out if row.outgoing and row.framed else self._in


def paint(painter: QPainter, row: Row, top: int, brush: Brush, look: Look) -> None:
    """A row that was laid out, with its upper edge at ``top`` of the viewport."""
    if look.glow:
        _glow(painter, row, top, brush, look.glow)
    _heads(painter, row, top, brush)
    if row.gone_at >= 0:
        _gone(painter, row, top, brush)
        _status(painter, row, top, brush, look)
    elif row.laid is not None:
        _body(painter, row, top, brush, look)
        _pill(painter, row, top, brush.theme)
        _status(painter, row, top, brush, look)
        if look.time:
            _time(painter, row, top, brush)
    if look.ring or look.found:
        _ring(painter, row, top, brush.theme, twice=look.ring and look.found)


def _glow(painter: QPainter, row: Row, top: int, brush: Brush, strength: float) -> None:
    color = QColor(brush.theme.palette.search_hit_fill)
    color.setAlphaF(min(1.0, strength) * 0.55)
    reach = brush.theme.px(6)
    painter.fillRect(QRect(0, top + row.bubble.top() - reach, brush.width, row.bubble.height() + 2 * reach), color)


def _heads(painter: QPainter, row: Row, top: int, brush: Brush) -> None:
    theme, column = brush.theme, row.column
    if column is None:
        return
    if row.day_at >= 0 and row.item.day is not None:
        _day(painter, column.wording.day(row.item.day), top + row.day_at, brush)
    if row.unread_at >= 0:
        font = theme.font("caption", weight=600)
        width = round(QFontMetricsF(font).horizontalAdvance(row.unread)) + 1
        line = theme.line("caption")
        left = (brush.width - width) // 2
        painter.setFont(font)
        painter.setPen(theme.palette.blue_text)
        painter.drawText(QRect(left, top + row.unread_at, width, line), _CENTER, row.unread)
        faint = QColor(theme.palette.blue_text)
        if not theme.high_contrast:
            faint.setAlphaF(0.35)
        middle, gap, edge = top + row.unread_at + line // 2, theme.px(10), column.padding
        thick = max(1, theme.px(1))
        painter.fillRect(QRect(edge, middle, left - gap - edge, thick), faint)
        painter.fillRect(QRect(left + width + gap, middle, left - gap - edge, thick), faint)


def _day(painter: QPainter, words: tuple[str, str], top: int, brush: Brush) -> None:
    """The time stands after the day as that is read, whatever direction the screen has."""
    theme, backwards = brush.theme, any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in words[0])
    strong, plain = theme.font("dateSeparator", weight=600, tabular=True), theme.font("dateSeparator", tabular=True)
    first = QFontMetricsF(strong).horizontalAdvance(words[0])
    space = QFontMetricsF(plain).horizontalAdvance(" ") if words[1] else 0.0
    rest = QFontMetricsF(plain).horizontalAdvance(words[1])
    left, line = (brush.width - first - space - rest) / 2, theme.line("dateSeparator")
    places = (left + rest + space, left) if backwards else (left, left + first + space)
    painter.setFont(strong)
    painter.setPen(theme.palette.text_secondary)
    painter.drawText(QRectF(places[0], top, first + 1, line), _LEFT | _ABSOLUTE, words[0])
    painter.setFont(plain)
    painter.setPen(theme.palette.text_tertiary)
    painter.drawText(QRectF(places[1], top, rest + 1, line), _LEFT | _ABSOLUTE, words[1])


def _gone(painter: QPainter, row: Row, top: int, brush: Brush) -> None:
    theme, column = brush.theme, row.column
    if column is None:
        return
    font = theme.font("caption")
    painter.setFont(font)
    painter.setPen(theme.palette.text_tertiary)
    room = brush.width - 2 * column.padding
    words = QFontMetricsF(font).elidedText(column.wording.gone(row.item), Qt.TextElideMode.ElideMiddle, room)
    painter.drawText(QRect(column.padding, top + row.gone_at, room, theme.line("caption")), _CENTER, words)


def _body(painter: QPainter, row: Row, top: int, brush: Brush, look: Look) -> None:
    bubble = row.bubble.translated(0, top)
    ink = brush.ink(row)
    if row.framed:
        if brush.theme.high_contrast and not row.outgoing:
            _outlined(painter, row, bubble, brush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(brush.fill(row))
            painter.drawPath(brush.path(row).translated(bubble.x(), bubble.y()))
    if row.laid is None:
        return
    painter.save()
    painter.setClipRect(bubble, Qt.ClipOperation.IntersectClip)
    if row.quote is not None:
        _quote(painter, row, top, brush, ink)
    row.laid.paint(painter, row.words_at + QPoint(0, top), ink, look.selected)
    painter.restore()
    if row.mark is not None:
        _mark(painter, row.mark.translated(0, top), brush.theme)


def _outlined(painter: QPainter, row: Row, bubble: QRect, brush: Brush) -> None:
    """High contrast: an outline inside of the bubble's edge."""
    width = 1.5 * brush.theme.scale
    inset = QRectF(bubble).adjusted(width / 2, width / 2, -width / 2, -width / 2)
    path = brush.path(row)
    across, down = inset.width() / max(1, bubble.width()), inset.height() / max(1, bubble.height())
    painter.save()
    painter.translate(inset.topLeft())
    painter.scale(across, down)
    pen = QPen(brush.theme.palette.text, width)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setBrush(brush.fill(row))
    painter.drawPath(path)
    painter.restore()


def _quote(painter: QPainter, row: Row, top: int, brush: Brush, ink: Ink) -> None:
    quote, column, theme = row.quote, row.column, brush.theme
    if quote is None or column is None:
        return
    area = quote.area.translated(0, top)
    bar, line = theme.size("bubble.quote.bar"), theme.line("caption")
    inset = bar + theme.size("bubble.quote.inset")
    room = area.width() - inset
    left = area.left() if column.mirrored else area.left() + inset
    side = Qt.AlignmentFlag.AlignRight if column.mirrored else Qt.AlignmentFlag.AlignLeft
    align = side | Qt.AlignmentFlag.AlignVCenter | _ABSOLUTE
    painter.fillRect(
        QRect(area.right() + 1 - bar if column.mirrored else area.left(), area.top(), bar, area.height()), ink.link
    )
    for number, (words, font, color) in enumerate(
        ((quote.author, theme.font("caption", weight=600), ink.link), (quote.words, theme.font("caption"), ink.faint))
    ):
        painter.setFont(font)
        painter.setPen(color)
        shown = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, area.top() + number * line, room, line), align, shown)


def _mark(painter: QPainter, area: QRect, theme: Theme) -> None:
    """The red mark beside what was not delivered."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.palette.red_fill)
    painter.drawEllipse(area)
    painter.setPen(theme.palette.on_fill)
    painter.setFont(theme.font("name", weight=700))
    painter.drawText(area, _CENTER, "!")


def _pill(painter: QPainter, row: Row, top: int, theme: Theme) -> None:
    pill = row.pill
    if pill is None:
        return
    colors = theme.palette
    area = QRectF(pill.area.translated(0, top))
    half = area.height() / 2
    width = (2.0 if pill.own else 1.5) if theme.high_contrast else 1.0
    if not theme.high_contrast and not theme.dark and not pill.own:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(10, 20, 35, 20))
        painter.drawRoundedRect(area.adjusted(-1, 1, 1, 2), half, half)
    ring = colors.blue_text if pill.own else colors.border if theme.high_contrast else colors.separator
    painter.setPen(QPen(ring, width))
    painter.setBrush(colors.blue_tint if pill.own else colors.raised)
    painter.drawRoundedRect(area.adjusted(-width / 2, -width / 2, width / 2, width / 2), half + 0.5, half + 0.5)
    inside = area.adjusted(theme.px(7), 0, -theme.px(7), 0)
    painter.setPen(colors.blue_text if pill.own else colors.text_secondary)
    painter.setFont(rows.pill_font(theme))
    painter.drawText(inside, _LEFT | _ABSOLUTE, pill.emoji)
    if pill.count:
        painter.setFont(rows.count_font(theme))
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | _ABSOLUTE, pill.count)


def _status(painter: QPainter, row: Row, top: int, brush: Brush, look: Look) -> None:
    theme, line = brush.theme, row.place.line
    if line is None:
        return
    if row.icon is not None:
        at = row.icon.translated(0, top)
        picture = theme.icon(line.icon, theme.palette.text_tertiary, 14)
        painter.drawPixmap(QPoint(at.left(), at.center().y() - theme.px(14) // 2 + 1), picture)
    for spot in row.spots:
        _part(
            painter, spot, top, theme, failed=line.failed, pressed=spot.part.act != "" and spot.part.act == look.pressed
        )


def _part(painter: QPainter, spot: Spot, top: int, theme: Theme, *, failed: bool, pressed: bool) -> None:
    colors, part = theme.palette, spot.part
    color = {
        Tone.QUIET: colors.text_tertiary,
        Tone.STRONG: colors.text_secondary,
        Tone.BAD: colors.red_text,
        Tone.ACTION: colors.blue_text,
        Tone.GREEN: colors.green_text,
    }[part.tone]
    font = rows.part_font(theme, part.tone, failed=failed)
    font.setUnderline(pressed)
    painter.setFont(font)
    painter.setPen(color)
    area = spot.area.translated(0, top).adjusted(0, 0, 2, 0)
    screen = painter.layoutDirection()
    painter.drawText(area, _LEFT | _ABSOLUTE, lines.read(painter, part.words))
    painter.setLayoutDirection(screen)


def _time(painter: QPainter, row: Row, top: int, brush: Brush) -> None:
    """Beside the bubble, on its inner side."""
    theme, column = brush.theme, row.column
    if column is None:
        return
    font = theme.font("status", tabular=True)
    words = column.wording.clock(row.item.shown.message.sent_at)
    width, line = round(QFontMetricsF(font).horizontalAdvance(words)) + 2, theme.line("status")
    bubble, gap = row.bubble.translated(0, top), theme.px(8)
    on_the_left = row.outgoing is not column.mirrored
    left = bubble.left() - gap - width if on_the_left else bubble.right() + 1 + gap
    if row.pill is not None and bubble.height() <= theme.px(40):
        line += theme.px(2)
    foot = bubble.bottom() + 1 - theme.px(11)
    painter.setFont(font)
    painter.setPen(theme.palette.text_tertiary)
    painter.drawText(QRect(left, foot - line, width, line), _LEFT | _ABSOLUTE, words)


def _ring(painter: QPainter, row: Row, top: int, theme: Theme, *, twice: bool) -> None:
    width = (3 if theme.high_contrast else theme.size("focusRing.width")) * (2 if twice else 1)
    reach = theme.size("focusRing.offset") + width / 2
    area = QRectF(row.bubble.translated(0, top)).adjusted(-reach, -reach, reach, reach)
    corner = min(theme.size("radius.bubble") + reach, area.height() / 2)
    painter.setPen(QPen(theme.palette.focus, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(area, corner, corner)


def typing(painter: QPainter, top: int, brush: Brush, padding: int, phase: float, mirrored: bool) -> None:
    """The dots of somebody who is writing; ``phase`` counts cycles, below 0 they are steady."""
    theme = brush.theme
    width, height = theme.px(57), theme.px(36)
    left = brush.width - padding - width if mirrored else padding
    round_ = theme.size("radius.bubble")
    tip = None if theme.high_contrast else brush.tip
    path = shape.outline(width, height, Corners(round_, round_, round_), tip, outer_left=not mirrored)
    painter.setBrush(theme.palette.bubble_received)
    painter.setPen(QPen(theme.palette.text, 1.5 * theme.scale) if theme.high_contrast else Qt.PenStyle.NoPen)
    painter.drawPath(path.translated(left, top))
    painter.setPen(Qt.PenStyle.NoPen)
    size, step = theme.px(7), theme.px(11)
    for number, steady in enumerate((0.95, 0.65, 0.35)):
        dot = QColor(theme.palette.text_tertiary)
        dot.setAlphaF(steady if phase < 0 else _pulse(phase - number * 160 / 1200))
        painter.setBrush(dot)
        center = QPointF(left + theme.px(14) + number * step + size / 2, top + height / 2)
        painter.drawEllipse(center, size / 2, size / 2)


def _pulse(phase: float) -> float:
    """Between faint and full, once a cycle."""
    part = phase % 1.0
    return 0.35 + 0.6 * (1 - abs(2 * part - 1))
