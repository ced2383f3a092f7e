"""Buttons: with words, with an icon, and the pills that filter."""

from typing import Final, Literal

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QTransform,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import lines, painting, rings
from app.ui.widgets.motion import Level, mixed
from app.ui.widgets.toggling import Toggling

Kind = Literal["primary", "green", "secondary", "danger", "link", "plain"]

ROOM: Final = 4  # around a button, for its focus ring: 2 wide, 2 away
_FILLED: Final = ("primary", "green")
_FLAT: Final = ("link", "plain")
_POINTING: Final = ("chevron-left", "chevron-right", "details", "reply", "forward")  # to a side, the other one mirrored


class Pressable(Toggling):
    """What all buttons share: a level of hover, a ring, Enter as well as Space, and a name said aloud."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None, *, ring: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self._hover = Level(theme, self, "hover", fade=True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self._ring = rings.Frame(self, theme, self.outline) if ring else None
        theme.changed.connect(self._restyle)

    def outline(self) -> rings.Outline:
        """What the focus ring goes around."""
        return QRectF(self.rect()), self._theme.size("radius.control")

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover.aim(1)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover.aim(0)
        super().leaveEvent(event)

    def changeEvent(self, e: QEvent) -> None:
        if e.type() is QEvent.Type.EnabledChange and not self.isEnabled():
            self._hover.aim(0, at_once=True)
        super().changeEvent(e)

    def keyPressEvent(self, e: QKeyEvent) -> None:
        if e.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not e.isAutoRepeat():
            self.click()
            return
        super().keyPressEvent(e)


class Button(Pressable):
    """A push button with words; ``large`` is the size of the first run. Its box stands ``ROOM`` inside its edges."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        kind: Kind = "secondary",
        *,
        icon: str = "",
        large: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self._kind, self._icon, self._large = kind, icon, large
        super().__init__(theme, text, parent, ring=False)
        self.setText(text)
        if kind == "link":
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def rename(self, text: str) -> None:
        """Other words, and the accessible name with them."""
        self.setText(text)
        self.setAccessibleName(text)
        self._restyle()

    def _face(self) -> QFont:
        font = self._theme.font("control", weight=600 if self._kind in _FILLED and self.isEnabled() else None)
        if self._large:
            font.setPixelSize(self._theme.px(14))
        return font

    def _inside(self) -> int:
        """Between the edge and the words."""
        return 0 if self._kind == "link" else self._theme.px(20 if self._large else 14) + 1

    def sizeHint(self) -> QSize:
        theme, room = self._theme, 2 * self._theme.px(ROOM)
        width = QFontMetrics(self._face()).horizontalAdvance(self.text()) + 2 * self._inside()
        if self._icon:
            width += theme.px(16) + theme.px(6)
        return QSize(width + room, theme.size("hit.buttonLarge" if self._large else "hit.button") + room)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, room = self._theme, self._theme.px(ROOM)
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(room, room, -room, -room)
        radius = theme.size("radius.controlLarge" if self._large else "radius.control")
        ink = self._paint_box(painter, box, radius)
        font = self._face()
        if self._kind == "link" and self.underMouse() and self.isEnabled():
            font.setUnderline(True)
        painter.setFont(font)
        painter.setPen(ink)
        self._write(painter, box.toRect(), ink)
        if rings.wanted(self, theme):
            rings.stroke(painter, theme, QRectF(self.rect()), radius + room, self._ring_ink())

    def _ring_ink(self) -> QColor:
        """The colour of its focus ring."""
        return self._theme.palette.focus

    def _write(self, painter: QPainter, box: QRect, ink: QColor) -> None:
        """Icon and words, together in the middle; words that do not fit end in an ellipsis."""
        theme, metrics = self._theme, painter.fontMetrics()
        side, gap = (theme.px(16), theme.px(6)) if self._icon else (0, 0)
        words = self.text()
        room = box.width() - side - gap
        if metrics.horizontalAdvance(words) > room:
            words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        if not self._icon:
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, lines.read(painter, words))
            return
        whole = side + gap + metrics.horizontalAdvance(words)
        left = box.left() + (box.width() - whole) // 2
        back = self.isRightToLeft()
        at = QPoint(left + whole - side if back else left, box.top() + (box.height() - side) // 2)
        painter.drawPixmap(at, theme.icon(self._icon, ink, 16))
        text = QRect(left if back else left + side + gap, box.top(), whole - side - gap, box.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, lines.read(painter, words))

    def _paint_box(self, painter: QPainter, box: QRectF, radius: int) -> QColor:
        """The box behind the words; the colour of the words."""
        colors, down = self._theme.palette, self.isDown() or self.isChecked()
        if not self.isEnabled():
            if self._kind not in _FLAT:
                edge = colors.border if self._theme.high_contrast else None
                painting.surface(painter, box, radius, colors.field_fill, edge)
            return colors.text_tertiary
        if self._kind in _FILLED:
            rest, over, pressed = self._fills()
            painting.surface(painter, box, radius, pressed if down else mixed(rest, over, self._hover.value))
            return colors.on_fill
        if self._kind == "link":
            return colors.blue_pressed if down and not self._theme.dark else colors.blue_text
        if self._kind == "plain":
            over = QColor(colors.hover)
            over.setAlphaF(self._hover.value)
            painting.surface(painter, box, radius, colors.track if down else over)
            return colors.blue_text
        rest = colors.field_fill if self._theme.dark else colors.background
        over = colors.segment_on if self._theme.dark else colors.hover
        fill = colors.track if down else mixed(rest, over, self._hover.value)
        painting.surface(painter, box, radius, fill, colors.border)
        return colors.red_text if self._kind == "danger" else colors.text

    def _fills(self) -> tuple[QColor, QColor, QColor]:
        """A filled button at rest, under the pointer and pressed."""
        colors = self._theme.palette
        if self._kind == "green":
            return colors.green_fill, colors.bubble_green_bottom, colors.bubble_green_bottom.darker(115)
        return colors.blue_fill, colors.bubble_blue_bottom, colors.blue_pressed


class IconButton(Pressable):
    """A glyph of 20 px in a target of 32; checkable ones show that they are on.

    ``name`` says the action and is the tooltip as well unless another is given; the shortcut follows it.
    """

    def __init__(
        self,
        theme: Theme,
        icon: str,
        name: str,
        tooltip: str = "",
        shortcut: str = "",
        *,
        size: float = 32,
        glyph: float = 20,
        parent: QWidget | None = None,
    ) -> None:
        self._glyph_name, self._size, self._glyph = icon, size, glyph
        super().__init__(theme, name, parent)
        self._tooltip, self._shortcut = tooltip or name, shortcut
        self._tell()

    def _tell(self) -> None:
        keys = QKeySequence(self._shortcut).toString(QKeySequence.SequenceFormat.NativeText) if self._shortcut else ""
        self.setToolTip(f"{self._tooltip} ({keys})" if keys else self._tooltip)

    def show_icon(self, icon: str) -> None:
        """Another icon for the same button."""
        self._glyph_name = icon
        self.update()

    def rename(self, name: str) -> None:
        """Another action, in the tooltip too."""
        self._tooltip = name
        self.setAccessibleName(name)
        self._tell()

    def outline(self) -> rings.Outline:
        return QRectF(self.rect()), self._theme.size("radius.control")

    def sizeHint(self) -> QSize:
        side = self._theme.px(self._size)
        return QSize(side, side)

    def _colors(self) -> tuple[QColor, QColor]:
        """Ground and ink of the present state."""
        colors = self._theme.palette
        if not self.isEnabled():
            faint = QColor(colors.text_tertiary)
            faint.setAlphaF(0.75)
            return QColor(0, 0, 0, 0), faint
        if self.isChecked():
            return colors.selected, colors.blue_text
        if self.isDown():
            return colors.track, colors.text
        ground = QColor(colors.hover)
        ground.setAlphaF(self._hover.value)
        return ground, mixed(colors.text_secondary, colors.text, self._hover.value)

    def paintEvent(self, e: QPaintEvent) -> None:
        theme = self._theme
        ground, ink = self._colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        radius = theme.size("radius.control")
        area = QRectF(self.rect())
        painter.drawRoundedRect(area, radius, radius)
        if theme.high_contrast and (self.isChecked() or self.underMouse()) and self.isEnabled():
            painter.setPen(QPen(theme.palette.text, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)
        glyph = theme.px(self._glyph)
        at = QPointF((self.width() - glyph) // 2, (self.height() - glyph) // 2)
        picture = theme.icon(self._glyph_name, ink, self._glyph, self.devicePixelRatioF())
        if self.isRightToLeft() and self._glyph_name in _POINTING:
            picture = picture.transformed(QTransform.fromScale(-1, 1))
        painter.drawPixmap(at, picture)


class Pill(Pressable):
    """A filter that is on or off; ``count`` stands behind its words."""

    def __init__(self, theme: Theme, text: str, parent: QWidget | None = None) -> None:
        self._words, self._count = text, 0
        super().__init__(theme, text, parent)
        self.setCheckable(True)

    def set_count(self, count: int) -> None:
        """How many there are behind it; 0 shows none."""
        if count != self._count:
            self._count = count
            self._restyle()

    def outline(self) -> rings.Outline:
        return QRectF(self.rect()), self.height() / 2

    def _said(self) -> str:
        return f"{self._words} {self._count}" if self._count else self._words

    def _face(self) -> QFont:
        return self._theme.font("caption", weight=500, tabular=True)

    def sizeHint(self) -> QSize:
        theme = self._theme
        words = QFontMetrics(self._face()).horizontalAdvance(self._said())
        return QSize(words + 2 * theme.px(11), theme.size("layout.pill"))

    def paintEvent(self, e: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        on = self.isChecked()
        fill = colors.blue_fill if on else mixed(colors.field_fill, colors.track, self._hover.value * 0.5)
        if self.isDown():
            fill = colors.bubble_blue_bottom if on else colors.track
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        area, round_ = QRectF(self.rect()), self.height() / 2
        painter.drawRoundedRect(area, round_, round_)
        if theme.high_contrast and not on:
            painter.setPen(QPen(colors.border, 1.5))
            painter.drawRoundedRect(area.adjusted(0.75, 0.75, -0.75, -0.75), round_ - 0.75, round_ - 0.75)
        painter.setFont(self._face())
        painter.setPen(colors.on_fill if on else colors.text_secondary if self.isEnabled() else colors.text_tertiary)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._said())
