"""Push buttons and icon buttons, painted in all their states."""

from typing import Final, Literal

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting

Kind = Literal["primary", "secondary", "danger", "link", "plain"]

ROOM: Final = 4  # around a button, for its focus ring: 2 wide, 2 away


class Button(QAbstractButton):
    """A push button with words; ``large`` is the size of the first run."""

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
        super().__init__(parent)
        self._theme, self._kind, self._icon, self._large = theme, kind, icon, large
        self.setText(text)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        if kind == "link":
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self._again)

    def rename(self, text: str) -> None:
        """Other words, and the accessible name with them."""
        self.setText(text)
        self.setAccessibleName(text)
        self._again()

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def _font(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font("control", weight=600 if self._kind == "primary" else None))

    def sizeHint(self) -> QSize:
        theme = self._theme
        width = self._font().horizontalAdvance(self.text())
        if self._icon:
            width += theme.px(16 + 6)
        inside = theme.px(0 if self._kind == "link" else 16 if self._large else 14)
        height = theme.size("hit.buttonLarge" if self._large else "hit.button")
        return QSize(width + 2 * inside + 2 * theme.px(ROOM), height + 2 * theme.px(ROOM))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        room = theme.px(ROOM)
        box = QRectF(self.rect()).adjusted(room, room, -room, -room)
        radius = theme.size("radius.controlLarge" if self._large else "radius.control")
        ink = self._paint_box(painter, box, radius)
        font = theme.font("control", weight=600 if self._kind == "primary" else None)
        if self._kind == "link" and self.underMouse() and self.isEnabled():
            font.setUnderline(True)
        painter.setFont(font)
        painter.setPen(ink)
        width = self._font().horizontalAdvance(self.text())
        inside = QRect(box.toRect())
        if self._icon:
            picture = theme.icon(self._icon, ink, 16)
            side, gap = theme.px(16), theme.px(6)
            left = round(box.left() + (box.width() - width - side - gap) / 2)
            mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
            at = round(box.right()) - (left - round(box.left())) - side if mirrored else left
            painter.drawPixmap(QPoint(at, round(box.center().y() - side / 2)), picture)
            inside.adjust(*((0, 0, -(side + gap), 0) if mirrored else (side + gap, 0, 0, 0)))
        painter.drawText(inside, Qt.AlignmentFlag.AlignCenter, self.text())
        if painting.shows_focus(self, theme):
            painting.ring(painter, QRectF(self.rect()), radius + room, theme)

    def _paint_box(self, painter: QPainter, box: QRectF, radius: int) -> QColor:
        """The box behind the words; the colour of the words."""
        colors, down = self._theme.palette, self.isDown() or self.isChecked()
        hover = self.underMouse()
        if not self.isEnabled():
            if self._kind not in ("link", "plain"):
                painting.surface(painter, box, radius, colors.field_fill)
            return colors.text_tertiary
        if self._kind == "primary":
            fill = colors.blue_pressed if down else colors.blue_fill
            painting.surface(painter, box, radius, colors.bubble_blue_bottom if hover and not down else fill)
            return colors.on_fill
        if self._kind == "link":
            return colors.blue_pressed if down and not self._theme.dark else colors.blue_text
        fill = colors.track if down else colors.hover if hover else colors.raised
        if self._kind == "plain":
            if down or hover:
                painting.surface(painter, box, radius, fill)
            return colors.blue_text
        painting.surface(painter, box, radius, fill, colors.border)
        return colors.red_text if self._kind == "danger" else colors.text


class IconButton(QAbstractButton):
    """A button that shows only an icon; its tooltip says what it does, with the shortcut."""

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
        super().__init__(parent)
        self._theme, self._icon, self._size, self._glyph = theme, icon, size, glyph
        self.setAccessibleName(name)
        keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText) if shortcut else ""
        said = tooltip or name
        self.setToolTip(f"{said} ({keys})" if keys else said)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self._again)

    def show_icon(self, icon: str) -> None:
        """Another icon for the same button."""
        self._icon = icon
        self.update()

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        side = self._theme.px(self._size)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        box = QRectF(self.rect())
        radius = theme.size("radius.control")
        ink = colors.text_secondary
        if not self.isEnabled():
            ink = colors.text_tertiary
        elif self.isChecked():
            painting.surface(painter, box, radius, colors.selected)
            ink = colors.blue_text
        elif self.isDown():
            painting.surface(painter, box, radius, colors.track)
            ink = colors.text
        elif self.underMouse():
            painting.surface(painter, box, radius, colors.hover)
            ink = colors.text
        side = theme.px(self._glyph)
        at = QPoint(round((self.width() - side) / 2), round((self.height() - side) / 2))
        painter.drawPixmap(at, theme.icon(self._icon, ink, self._glyph))
        if painting.shows_focus(self, theme):
            painting.ring(painter, box, radius, theme)
