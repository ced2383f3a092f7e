"""One row of the conversation laid out: what stands above the bubble, the bubble with its parts, the line under it."""

import math
from dataclasses import dataclass, field
from typing import Final

import msgspec
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QFont, QFontMetricsF

from app.client.timeline import Item
from app.ui.content import catalog, clean
from app.ui.content.base import Context, Hit, Laid
from app.ui.content.pictures import Pictures
from app.ui.conversation.status import Part, Place, Tone
from app.ui.conversation.wording import Wording
from app.ui.theme import Theme

PILL: Final = 3  # different reactions drawn in one pill
DOT: Final = "·"  # between the parts of a line
QUOTED: Final = 160  # characters of a quote that are measured


class Column(msgspec.Struct, frozen=True):
    """What every row is laid out for: the width in px, one pane or more, the direction of the screen, the words."""

    theme: Theme
    width: int
    one_pane: bool
    mirrored: bool
    wording: Wording
    pictures: Pictures | None = None

    @property
    def padding(self) -> int:
        return self.theme.size("bubble.columnPaddingNarrow" if self.one_pane else "bubble.columnPadding")

    @property
    def widest(self) -> int:
        """Of a bubble."""
        inside = self.width - 2 * self.padding
        return int(0.8 * inside) if self.one_pane else min(self.theme.px(480), int(0.72 * inside))


class Quoted(msgspec.Struct, frozen=True):
    """The message that is answered, inside the bubble: its field, its author and its words."""

    area: QRect
    author: str
    words: str


class Spot(msgspec.Struct, frozen=True):
    """A part of the line under a bubble, and where it is."""

    area: QRect
    part: Part


class Pill(msgspec.Struct, frozen=True):
    """The reactions on the bubble's corner."""

    area: QRect
    emoji: str
    count: str
    own: bool


@dataclass(slots=True, eq=False)
class Row:
    """An item and, once it was laid out for a column, where everything is: px from the row's own top left corner."""

    item: Item
    place: Place
    key: int = field(init=False)
    looks: int = 0
    marks: tuple[str, ...] = ()
    unread: str = ""  # the words of the line above the first unread message
    column: Column | None = None
    height: int = 0
    day_at: int = -1
    unread_at: int = -1
    gone_at: int = -1
    bubble: QRect = field(default_factory=QRect)
    laid: Laid | None = None
    words_at: QPoint = field(default_factory=QPoint)
    quote: Quoted | None = None
    pill: Pill | None = None
    icon: QRect | None = None
    mark: QRect | None = None
    spots: tuple[Spot, ...] = ()

    def __post_init__(self) -> None:
        self.key = self.item.row

    @property
    def outgoing(self) -> bool:
        return self.item.shown.message.outgoing

    @property
    def framed(self) -> bool:
        """Whether there is a bubble around it."""
        return self.laid is not None and (self.laid.framed or self.quote is not None)

    @property
    def words(self) -> str:
        """What can be selected; laid out before."""
        return self.laid.words if self.laid is not None else ""

    def forget(self) -> None:
        """It has to be laid out anew."""
        self.column = None

    def lay(self, column: Column) -> int:
        """Lay it out, if that was not done for this column; the height."""
        if self.column is not column:
            if self.column is not None and self.column.width != column.width:
                self.looks = min(self.looks, 1)  # all of a very long message is not laid out for every width
            self.column = column
            self._lay(column)
        return self.height

    def _lay(self, column: Column) -> None:
        theme = column.theme
        top = self._heads(theme)
        self.laid = self.quote = self.pill = self.icon = self.mark = None
        self.spots, self.gone_at = (), -1
        content = self.item.shown.content
        if content is None:
            self.gone_at = top + theme.px(10)
            self.bubble = QRect(0, self.gone_at, column.width, theme.line("caption"))
            self.height = self._line(column, self.bubble.bottom() + 1) + theme.px(10)
            return
        if self.item.shown.reactions:
            top += theme.px(20)
        else:
            top += theme.px(2) if self.place.joins_above else theme.px(10)
        failed = self.place.line is not None and self.place.line.failed
        beside = theme.px(30) if failed else 0
        padding = theme.size("bubble.paddingX")
        room = max(theme.px(24), column.widest - beside - 2 * padding)
        context = Context(
            theme, room, self.outgoing, column.mirrored, self.looks, self.marks, self.key, column.pictures
        )
        self.laid = catalog.lay(content, context)
        self._bubble(column, top, room, beside)
        self._pill(column)
        if failed:
            side = theme.px(22)
            across = self.bubble.right() + 1 + theme.px(8) if not column.mirrored else self.bubble.left() - beside
            self.mark = QRect(across, self.bubble.center().y() - side // 2 + 1, side, side)
        self.height = self._line(column, self.bubble.bottom() + 1)

    def _heads(self, theme: Theme) -> int:
        """The lines above; how far down they reach."""
        top, line = 0, theme.line("dateSeparator")
        self.day_at = self.unread_at = -1
        if self.item.day is not None:
            self.day_at = top + theme.px(16)
            top = self.day_at + line + theme.px(8)
        if self.item.unread:
            self.unread_at = top + theme.px(16)
            top = self.unread_at + line + theme.px(6)
        return top

    def _bubble(self, column: Column, top: int, room: int, beside: int) -> None:
        theme, laid = column.theme, self.laid
        if laid is None:
            return
        across, down = theme.size("bubble.paddingX"), theme.size("bubble.paddingY")
        width, above = laid.width, 0
        quote = self.item.record.quote
        if quote is not None:
            author, words = column.wording.quoted(quote)
            bar = theme.px(3) + theme.px(8)
            bold = QFontMetricsF(theme.font("caption", weight=600)).horizontalAdvance(author)
            plain = QFontMetricsF(theme.font("caption")).horizontalAdvance(words[:QUOTED])
            width = min(room, max(width, bar + math.ceil(max(bold, plain)) + 1))
            above = theme.px(2) + 2 * theme.line("caption") + theme.px(6)
        if laid.framed or quote is not None:
            size = (
                max(theme.px(44), width + 2 * across),
                max(theme.px(36), above + laid.height + 2 * down),
            )
            inside = QPoint(across, down + above)
        else:
            size, inside = (laid.width, laid.height), QPoint(0, 0)
        on_the_right = self.outgoing is not column.mirrored
        left = column.width - column.padding - beside - size[0] if on_the_right else column.padding
        if not on_the_right and self.outgoing:
            left += beside
        self.bubble = QRect(left, top, *size)
        self.words_at = self.bubble.topLeft() + inside
        if column.mirrored and (laid.framed or quote is not None):
            self.words_at.setX(self.bubble.right() + 1 - across - laid.width)
        if quote is not None:
            author, words = column.wording.quoted(quote)
            field_ = QRect(left + across, top + down + theme.px(2), size[0] - 2 * across, 2 * theme.line("caption"))
            self.quote = Quoted(field_, author, words[:QUOTED])

    def _pill(self, column: Column) -> None:
        reactions, theme = self.item.shown.reactions, column.theme
        if not reactions:
            return
        emoji = "".join(clean.name(each.emoji, 12) for each in reactions[:PILL])
        everyone = sum(len(each.authors) for each in reactions)
        count = str(everyone) if everyone > 1 else ""
        width = 2 * theme.px(7) + math.ceil(QFontMetricsF(pill_font(theme)).horizontalAdvance(emoji))
        if count:
            width += theme.px(4) + math.ceil(QFontMetricsF(count_font(theme)).horizontalAdvance(count))
        height, out = theme.px(24), theme.px(12)
        on_the_left = self.outgoing is not column.mirrored
        left = self.bubble.left() - out if on_the_left else self.bubble.right() + 1 + out - width
        left = max(0, min(left, column.width - width))
        own = column.wording.own(reactions)
        self.pill = Pill(QRect(left, self.bubble.top() - theme.px(15), width, height), emoji, count, own)

    def _line(self, column: Column, top: int) -> int:
        """The line under the bubble, on more lines where it has no room; how far down the row reaches."""
        theme, line = column.theme, self.place.line
        if line is None:
            return top
        gap, height = theme.px(8 if line.failed else 4), theme.line("caption" if line.failed else "status")
        room = column.width - 2 * column.padding - theme.px(4)
        lines: list[list[tuple[int, Part | None]]] = [[]]
        used = 0
        if line.icon:
            lines[0].append((theme.px(14), None))
            used = theme.px(14) + gap
        for part in line.parts:
            width = math.ceil(
                QFontMetricsF(part_font(theme, part.tone, failed=line.failed)).horizontalAdvance(part.words)
            )
            if used and used + width > room:
                if (last := lines[-1][-1][1]) is not None and last.words == DOT:
                    lines[-1].pop()  # what is parted by the break needs no dot
                lines.append([])
                used = 0
            if not used and part.words == DOT:
                continue
            lines[-1].append((width, part))
            used += width + gap
        spots: list[Spot] = []
        top += theme.px(4)
        for pieces in lines:
            spots += self._spots(column, pieces, top, gap, height)
            top += height
        self.spots = tuple(spots)
        return top

    def _spots(
        self, column: Column, pieces: list[tuple[int, Part | None]], top: int, gap: int, height: int
    ) -> list[Spot]:
        whole = sum(width for width, _ in pieces) + gap * (len(pieces) - 1)
        edge = column.padding + column.theme.px(2)
        on_the_right = self.outgoing is not column.mirrored
        left = column.width - edge - whole if on_the_right else edge
        if self.gone_at >= 0:
            left = (column.width - whole) // 2
        made: list[Spot] = []
        for width, part in reversed(pieces) if column.mirrored else pieces:
            area = QRect(left, top, width, height)
            if part is None:
                self.icon = area
            else:
                made.append(Spot(area, part))
            left += width + gap
        return made

    def hit(self, point: QPoint) -> Hit | str | int | None:
        """What can be pressed at a point of the row: a link, an act, or the row number of the quoted message."""
        for spot in self.spots:
            if spot.part.act and spot.area.adjusted(-4, -6, 4, 6).contains(point):
                return spot.part.act
        if self.quote is not None and self.quote.area.contains(point):
            quote = self.item.record.quote
            return quote.row if quote is not None and quote.row else None
        if self.laid is not None and self.bubble.contains(point):
            return self.laid.hit(point - self.words_at)
        return None


def part_font(theme: Theme, tone: Tone, *, failed: bool) -> QFont:
    """The font of a part of the line under a bubble."""
    heavy = 600 if tone is not Tone.QUIET else None
    return theme.font("caption" if failed else "status", weight=heavy, tabular=tone is Tone.QUIET)


def pill_font(theme: Theme) -> QFont:
    """The font of reactions."""
    font = QFont(theme.font("body"))
    font.setPixelSize(theme.px(16))
    return font


def count_font(theme: Theme) -> QFont:
    """The font of the number beside them."""
    return theme.font("status", weight=600)
