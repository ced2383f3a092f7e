"""A picture in its rounded frame, with its words under it; what cannot be shown is a line with its name."""

from typing import ClassVar, Final

from PySide6.QtCore import QCoreApplication, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap

from app.content import picture
from app.ui import format
from app.ui.content import clean, text
from app.ui.content.base import Context, Hit, Ink
from app.ui.content.text import LaidText

WIDE: Final = 190
HIGH: Final = 240
LEAST: Final = 44
GAP: Final = 6


class LaidPicture:
    """``opens``: pressing it shows it large, or saves it where it cannot be shown."""

    opens = True
    more = False

    def __init__(self, shown: QRect, words: LaidText | None, context: Context, label: str) -> None:
        self._at = shown
        self._text = words
        self._context = context
        self._label = label  # of what has no picture
        self.words = words.words if words is not None else ""
        self.right_to_left = words is not None and words.right_to_left
        self.framed = words is not None
        self._below = shown.height() + (context.theme.px(GAP) if words is not None else 0)
        self.width = max(shown.width(), words.width if words is not None else 0)
        self.height = self._below + (words.height if words is not None else 0)

    def paint(self, painter: QPainter, at: QPoint, ink: Ink, selected: tuple[int, int] | None) -> None:
        theme, area = self._context.theme, self._at.translated(at)
        path = QPainterPath()
        inner = theme.px(10) if self.framed else theme.size("radius.bubble")
        path.addRoundedRect(QRectF(area), inner, inner)
        found = None
        if self._context.pictures is not None and not self._label:
            found = self._context.pictures.of(self._context.key)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
        if found is not None:
            painter.drawPixmap(QRectF(area), found, _middle(found, area))
        else:
            painter.fillPath(path, theme.palette.field_fill)
            self._paint_label(painter, area)
        painter.restore()
        if self._text is not None:
            self._text.paint(painter, at + QPoint(0, self._below), ink, selected)

    def _paint_label(self, painter: QPainter, area: QRect) -> None:
        theme = self._context.theme
        icon = theme.icon("file" if self._label else "photo", theme.palette.text_secondary, 20)
        side = theme.px(20)
        if not self._label:
            painter.drawPixmap(area.center() - QPoint(side // 2, side // 2), icon)
            return
        gap = theme.px(12)
        left = area.right() + 1 - gap - side if self._context.mirrored else area.left() + gap
        painter.drawPixmap(QPoint(left, area.center().y() - side // 2), icon)
        painter.setPen(QColor(theme.palette.text))
        painter.setFont(theme.font("caption"))
        inside = area.adjusted(gap + side + theme.px(8), 0, -gap, 0)
        if self._context.mirrored:
            inside = area.adjusted(gap, 0, -gap - side - theme.px(8), 0)
        words = painter.fontMetrics().elidedText(self._label, Qt.TextElideMode.ElideMiddle, inside.width())
        side_ = Qt.AlignmentFlag.AlignRight if self._context.mirrored else Qt.AlignmentFlag.AlignLeft
        painter.drawText(inside, side_ | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute, words)

    def hit(self, point: QPoint) -> Hit | None:
        if self._at.contains(point):
            return Hit(opens=True)
        return self._text.hit(point - QPoint(0, self._below)) if self._text is not None else None

    def place(self, point: QPoint) -> int:
        return self._text.place(point - QPoint(0, self._below)) if self._text is not None else 0

    def area(self, at: int) -> QRect:
        return self._text.area(at).translated(0, self._below) if self._text is not None else self._at

    def step(self, at: int, by: int, *, word: bool) -> int:
        return self._text.step(at, by, word=word) if self._text is not None else 0

    def links(self) -> tuple[str, ...]:
        return self._text.links() if self._text is not None else ()


class PictureView:
    """The face of pictures, and of what else came with a text."""

    kind: ClassVar[str] = picture.Picture.kind

    def lay(self, content: picture.Picture, context: Context) -> LaidPicture:
        words = text.lay(clean.clean(content.text, context.looks), context) if content.text.strip() else None
        return LaidPicture(_room(content, context), words, context, "" if content.shown else _name(content))

    def describe(self, content: picture.Picture) -> str:
        said = _say("Picture") if content.shown else _say("File {name}").format(name=_name(content))
        words = clean.clean(content.text).words.replace(clean.LINE, " ")
        return f"{said}, {words}" if words else said


def _room(content: picture.Picture, context: Context) -> QRect:
    """As large as it will be, before it is there; what is very long or very wide shows its middle."""
    px = context.theme.px
    wide = min(px(WIDE), context.width)
    if not content.shown:
        return QRect(0, 0, wide, px(LEAST))
    scale = min(wide / content.width, px(HIGH) / content.height)
    sides = (max(min(px(LEAST), wide), round(each * scale)) for each in (content.width, content.height))
    return QRect(0, 0, *sides)


def _middle(found: QPixmap, area: QRect) -> QRectF:
    """The part of a picture that fills an area without being drawn out of shape."""
    scale = max(area.width() / max(1, found.width()), area.height() / max(1, found.height()))
    width, height = area.width() / scale, area.height() / scale
    return QRectF((found.width() - width) / 2, (found.height() - height) / 2, width, height)


def _name(content: picture.Picture) -> str:
    name = clean.name(content.name, 60) or clean.name(content.content_type, 60)
    return f"{name} · {format.size(content.octets)}"


def _say(words: str) -> str:
    return QCoreApplication.translate("bubble", words)
