"""A row as it is drawn: avatar, name with its marks and the time, one line of preview with what is unread."""

from typing import Final

import msgspec
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from app.ui.chat_list import face, writing
from app.ui.chat_list.face import DOT, Face
from app.ui.theme import Theme
from app.ui.widgets import avatars, painting, rings, tags

INSET: Final = 8  # from the edges of the list to a row's tint; equals layout.rowInset
GAP: Final = 12  # between avatar and words
BETWEEN: Final = 6  # between the parts of a line
MARK: Final = 14  # bell and shield
ALERT: Final = 16
DISC: Final = 10  # the dot of what is marked as unread
OUTLINE: Final = 2.5  # of a selected row in high contrast


class State(msgspec.Struct, frozen=True):
    """How a row stands: chosen, under the pointer, with the keyboard; ``mirrored`` for right-to-left."""

    selected: bool = False
    hover: bool = False
    focus: bool = False
    mirrored: bool = False


class Pen:
    """Draws one row; lines fill from both ends towards the middle."""

    def __init__(self, painter: QPainter, theme: Theme, state: State) -> None:
        self._painter, self._theme, self._state = painter, theme, state

    def row(self, box: QRectF, shown: Face, avatar: int) -> None:
        """``box`` is all of the row's place, ``avatar`` a side in pixels."""
        theme, painter = self._theme, self._painter
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        inside = box.adjusted(theme.size("layout.rowInset"), 0, -theme.size("layout.rowInset"), 0)
        ground(painter, inside, theme, self._state)
        padding = theme.size("layout.rowPadding")
        inside.adjust(padding, 0, -padding, 0)
        top = round(inside.center().y() - avatar / 2)
        place = QRectF(0, top, avatar, avatar)
        avatars.paint(painter, self._take(inside, avatar, theme.px(GAP), place), theme, shown.key, shown.name)
        first, second = theme.line("name"), theme.line("preview")
        high = first + theme.px(1) + second
        top = inside.center().y() - high / 2
        self._names(QRectF(inside.left(), top, inside.width(), first), shown)
        self._preview(QRectF(inside.left(), top + first + theme.px(1), inside.width(), second), shown)
        if self._state.focus:
            edge = box.adjusted(theme.size("layout.rowInset"), 0, -theme.size("layout.rowInset"), 0)
            inner = within(theme, self._state)
            rings.stroke(painter, theme, edge.adjusted(inner, inner, -inner, -inner), theme.size("radius.row") - inner)
        painter.restore()

    def _names(self, rest: QRectF, shown: Face) -> None:
        theme, colors = self._theme, self._theme.palette
        font = theme.font("caption", tabular=True)
        ink = colors.text_secondary if self._state.selected else colors.text_tertiary
        if shown.time:
            needed = writing.width(shown.time, font)
            box = self._take(rest, needed, theme.px(BETWEEN), QRectF(rest), end=True)
            writing.line(self._painter, box, shown.time, font, ink, mirrored=not self._state.mirrored)
        font = theme.font("name")
        marks = [name for name, has in (("shield-check", shown.verified), ("bell-off", shown.muted)) if has]
        said: tuple[tuple[bool, str, tags.Tone], ...] = (
            (shown.green, face.tr("SMS"), "green"),
            (shown.request, face.tr("Request"), "amber"),
        )
        tagged: list[tuple[str, tags.Tone]] = [(words, tone) for there, words, tone in said if there]
        beside = len(marks) * theme.px(MARK + BETWEEN)
        beside += sum(tags.width(theme, words) + theme.px(BETWEEN) for words, _ in tagged)
        room = max(0.0, rest.width() - beside)
        used = min(room, writing.width(shown.name, font))
        box = self._take(rest, used, theme.px(BETWEEN), QRectF(rest))
        if shown.name_marks:
            writing.marked(
                self._painter,
                box,
                shown.name,
                shown.name_marks,
                font,
                theme,
                colors.text,
                mirrored=self._state.mirrored,
            )
        else:
            writing.line(self._painter, box, shown.name, font, colors.text, mirrored=self._state.mirrored)
        for words, tone in tagged:
            box = self._take(rest, tags.width(theme, words), theme.px(BETWEEN), QRectF(rest))
            tags.paint(self._painter, box.left(), box.center().y(), theme, words, tone)
        for name in marks:
            self._icon(rest, name, colors.blue_text if name == "shield-check" else colors.text_tertiary, MARK)

    def _preview(self, rest: QRectF, shown: Face) -> None:
        theme, colors = self._theme, self._theme.palette
        self._badge(rest, shown)
        font, ink = theme.font("preview"), colors.text_secondary
        if shown.unread:
            font, ink = theme.font("preview", weight=500), colors.text
        if shown.mood == "failed":
            self._icon(rest, "alert", colors.red_text, ALERT)
            self._line(rest, f"{shown.lead} {shown.words}".strip(), theme.font("preview"), colors.red_text)
            return
        if shown.mood == "typing":
            self._line(rest, shown.words, theme.font("preview"), colors.blue_text)
            return
        if shown.mood == "waiting":
            self._icon(rest, "clock", colors.text_tertiary, MARK)
        if shown.lead:
            draft = shown.mood == "draft"
            lead = theme.font("preview", weight=500) if draft else font
            blank = writing.width(" ", font)
            box = self._take(rest, min(rest.width(), writing.width(shown.lead, lead)), int(blank), QRectF(rest))
            tint = colors.amber_text if draft else ink
            writing.line(self._painter, box, shown.lead, lead, tint, mirrored=self._state.mirrored)
        self._line(rest, shown.words, font, ink, shown.marks)

    def _line(self, box: QRectF, text: str, font: QFont, ink: QColor, marks: tuple[tuple[int, int], ...] = ()) -> None:
        mirrored = self._state.mirrored
        if marks:
            writing.marked(self._painter, box, text, marks, font, self._theme, ink, mirrored=mirrored)
        else:
            writing.line(self._painter, box, text, font, ink, mirrored=mirrored)

    def _badge(self, rest: QRectF, shown: Face) -> None:
        if not shown.badge:
            return
        theme = self._theme
        if shown.badge == DOT:
            side = theme.px(DISC)
            box = self._take(rest, side, theme.px(BETWEEN), QRectF(rest), end=True)
            disc(self._painter, box.center(), side, theme, muted=shown.muted)
            return
        high = theme.size("layout.unreadCount")
        wide = max(high, round(writing.width(shown.badge_text, count_font(theme))) + 2 * theme.px(5))
        box = self._take(rest, wide, theme.px(BETWEEN), QRectF(rest), end=True)
        middle = box.center().y()
        place = QRectF(box.left(), writing.nearest(middle - high / 2), wide, high)
        count(self._painter, place, theme, shown, hover=self._state.hover and not self._state.selected)

    def _icon(self, rest: QRectF, name: str, ink: QColor, side: int) -> None:
        theme = self._theme
        if rest.width() < theme.px(side):
            return
        box = self._take(rest, theme.px(side), theme.px(BETWEEN), QRectF(rest))
        at = QPointF(writing.nearest(box.left()), writing.nearest(box.center().y() - theme.px(side) / 2))
        self._painter.drawPixmap(at, theme.icon(name, ink, side))

    def _take(self, rest: QRectF, wide: float, gap: int, place: QRectF, *, end: bool = False) -> QRectF:
        """``place`` moved to the leading end of what is left (the trailing one at the ``end``), which shrinks by it."""
        left = end is self._state.mirrored
        place.setWidth(wide)
        place.moveLeft(rest.left() if left else rest.right() - wide)
        if left:
            rest.setLeft(min(rest.right(), rest.left() + wide + gap))
        else:
            rest.setRight(max(rest.left(), rest.right() - wide - gap))
        return place


def ground(painter: QPainter, box: QRectF, theme: Theme, state: State, radius: str = "radius.row") -> None:
    """The tint behind a row; an outline instead in high contrast."""
    colors, round_ = theme.palette, theme.size(radius)
    if state.selected and theme.high_contrast:
        painting.surface(painter, box, round_, None, colors.text, OUTLINE)
    elif state.selected:
        painting.surface(painter, box, round_, colors.selected)
    elif state.hover and theme.high_contrast:
        painting.surface(painter, box, round_, None, colors.border)
    elif state.hover:
        painting.surface(painter, box, round_, colors.hover)


def within(theme: Theme, state: State) -> int:
    """How far inside the row its focus ring lies: in high contrast the outline of a chosen row stays to be seen."""
    return theme.px(4) if state.selected and theme.high_contrast else 0


def count_font(theme: Theme) -> QFont:
    """Of the number of unread messages."""
    return theme.font("status", weight=600)


def count(painter: QPainter, box: QRectF, theme: Theme, shown: Face, *, hover: bool = False) -> None:
    """The number of unread messages on its pill: blue, and grey while the conversation is muted."""
    colors = theme.palette
    grey = colors.track if hover and not theme.high_contrast else colors.field_fill
    fill, ink = (grey, colors.text_secondary) if shown.muted else (colors.blue_fill, colors.on_fill)
    edge = colors.border if shown.muted and theme.high_contrast else None
    painting.surface(painter, box, box.height() / 2, fill, edge, 1.5)
    font = count_font(theme)
    needed = writing.width(shown.badge_text, font)
    middle = QRectF(box.center().x() - needed / 2, box.top(), needed, box.height())
    writing.line(painter, middle, shown.badge_text, font, ink)


def disc(painter: QPainter, middle: QPointF, side: float, theme: Theme, *, muted: bool = False) -> None:
    """The dot of what is unread without a number."""
    box = QRectF(writing.nearest(middle.x() - side / 2), writing.nearest(middle.y() - side / 2), side, side)
    painting.surface(painter, box, side / 2, theme.palette.text_tertiary if muted else theme.palette.unread_dot)
