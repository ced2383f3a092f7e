"""The outlined frame of the field: placeholder, text, emoji button and the line that says how it travels."""

from PySide6.QtCore import QCoreApplication, QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.composer import transport
from app.ui.composer.field import MessageField
from app.ui.composer.transport import Way
from app.ui.theme import Theme
from app.ui.widgets import lines, painting, rings
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored
from app.ui.widgets.motion import mixed


class RoundButton(IconButton):
    """An icon button in a circle, as the one for emoji; filled it is Send, blue unless it is said to be green."""

    def __init__(
        self, theme: Theme, icon: str, name: str, *, size: float, filled: bool = False, keys: str = ""
    ) -> None:
        self._filled, self._green = filled, False
        super().__init__(theme, icon, name, shortcut=keys, size=size)

    def outline(self) -> rings.Outline:
        return QRectF(self.rect()), self.height() / 2

    def turn(self, *, green: bool) -> None:
        """What it sends goes as a text, or encrypted."""
        self._green = green
        self.update()

    def _colors(self) -> tuple[QColor, QColor]:
        if not self._filled:
            return super()._colors()
        colors = self._theme.palette
        if not self.isEnabled():
            return colors.field_fill, colors.text_tertiary
        if self._green:
            pressed = colors.bubble_green_bottom.darker(115)
            over = mixed(colors.green_fill, colors.bubble_green_bottom, self._hover.value)
            return pressed if self.isDown() else over, colors.on_fill
        if self.isDown():
            return colors.blue_pressed, colors.on_fill
        return mixed(colors.blue_fill, colors.bubble_blue_bottom, self._hover.value), colors.on_fill

    def paintEvent(self, e: QPaintEvent) -> None:
        theme = self._theme
        ground, ink = self._colors()
        painter, box = QPainter(self), QRectF(self.rect())
        painting.surface(painter, box, box.width() / 2, ground)
        picture = theme.icon(self._glyph_name, ink, self._glyph, self.devicePixelRatioF())
        side = picture.width() / picture.devicePixelRatio()
        painter.drawPixmap(round((box.width() - side) / 2), round((box.height() - side) / 2), picture)


class FieldFrame(QWidget):
    """Grows with the field; ``emoji`` is its button."""

    emoji_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._way, self._always = transport.encrypted(), False
        self.field = MessageField(theme, self)
        self.emoji = RoundButton(theme, "emoji", _tr("Emoji"), size=28)
        self.emoji.clicked.connect(self.emoji_asked)
        self._line = QWidget(self)
        self._words = Label(theme, "", "status", "blue_text", weight=500)
        self._line_row = QHBoxLayout(self._line)
        self._glyph = Glyph(theme)
        self._line_row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        self._line_row.addWidget(self._words, 1)
        self._aside = Label(theme, "", "status", "green_text", wrap=False, tabular=True)
        self._line_row.addWidget(self._aside, 0, Qt.AlignmentFlag.AlignTop)
        self._row = QHBoxLayout()
        self._row.addWidget(self.field, 1, Qt.AlignmentFlag.AlignBottom)
        self._row.addWidget(self.emoji, 0, Qt.AlignmentFlag.AlignBottom)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._row)
        self._column.addWidget(self._line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.field.focused.connect(self.update)
        self.field.textChanged.connect(self._tell)
        self.field.resized.connect(self._tell)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def way(self) -> Way:
        return self._way

    def show_way(self, way: Way) -> None:
        """Say how it travels."""
        self._way = way
        self._words.paint_in(way.tone)
        self._aside.paint_in("amber_text" if way.warns else way.tone)
        self._glyph.show_glyph(way.icon, way.tone)
        self._line_row.setAlignment(self._glyph, Qt.AlignmentFlag.AlignTop)
        self.field.setAccessibleDescription(way.described or way.line)
        self._tell()

    def _tell(self) -> None:
        self._write_line()
        self._line.setVisible(self._way.always or self._always or bool(self.field.toPlainText()))
        self.update()

    def show_line(self, *, always: bool) -> None:
        """Whether the line is there also while nothing is written."""
        if always is not self._always:
            self._always = always
            self._tell()

    def _write_line(self) -> None:
        """What stands aside goes where there is no room for both, but a warning joins the line."""
        way, gap = self._way, self._theme.px(12)
        metrics = self._words.fontMetrics()
        needed = metrics.horizontalAdvance(way.line) + self._aside.fontMetrics().horizontalAdvance(way.aside) + gap
        room = self.width() - self._theme.px(15 + 14 + 14 + 2 * 5)
        both = bool(way.aside) and needed <= room
        self._aside.setText(way.aside if both else "")
        self._aside.setVisible(both)
        self._words.setText(f"{way.line} · {way.aside}" if way.warns and not both else way.line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write_line()

    def _dress(self) -> None:
        px = self._theme.px
        inset = (self._theme.size("layout.composerField") - self._theme.line("message")) // 2
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._row.setSpacing(px(8))
        # The button is higher than a line of text; it must not make the field higher.
        over = (px(28) - self._theme.line("message")) // 2
        self._row.setContentsMargins(*mirrored(self, px(15), inset - over, px(4), inset - over))
        self._row.setAlignment(self.field, Qt.AlignmentFlag.AlignVCenter)
        self._line_row.setContentsMargins(*mirrored(self, px(15), 0, px(14), px(7)))
        self._line_row.setSpacing(px(5))
        # Words in a label turn to the side of their own letters; these belong beside their glyph.
        side = Qt.AlignmentFlag.AlignRight if self.isRightToLeft() else Qt.AlignmentFlag.AlignLeft
        self._words.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        self.show_way(self._way)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._dress()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.field.setFocus(Qt.FocusReason.MouseFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter, box = QPainter(self), QRectF(self.rect())
        radius = theme.size("layout.composerField") / 2
        focused = self.field.hasFocus()
        ground = colors.sidebar if theme.dark else colors.background
        edge = getattr(colors, self._way.tone) if focused else colors.text if theme.high_contrast else colors.border
        width = rings.width(theme) if focused else 2 if theme.high_contrast else 1
        painting.surface(painter, box, radius, ground, edge, width)
        if not self.field.toPlainText() and not self.field.composing:
            self._paint_hint(painter)

    def _paint_hint(self, painter: QPainter) -> None:
        theme, way = self._theme, self._way
        tone = getattr(theme.palette, way.tone if way.open else "text_tertiary")
        area = QRect(self.field.geometry())
        beside = theme.px(3)  # the caret stands before it
        area.adjust(0 if self.isRightToLeft() else beside, 0, -beside if self.isRightToLeft() else 0, 0)
        left = area.left()
        if way.open:
            side = theme.px(16)
            picture = theme.icon(way.icon, tone, 16)
            at = area.right() + 1 - side if self.isRightToLeft() else left
            painter.drawPixmap(at, area.top() + round((area.height() - side) / 2), picture)
            gap = side + theme.px(6)
            area.adjust(0 if self.isRightToLeft() else gap, 0, -gap if self.isRightToLeft() else 0, 0)
        painter.setFont(theme.font("message"))
        painter.setPen(tone)
        shown = painter.fontMetrics().elidedText(way.hint, Qt.TextElideMode.ElideRight, area.width())
        near = Qt.AlignmentFlag.AlignRight if self.isRightToLeft() else Qt.AlignmentFlag.AlignLeft
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute | near
        painter.drawText(area, flags, lines.read(painter, shown))


class Glyph(QWidget):
    """A small icon beside words that say the same."""

    def __init__(self, theme: Theme, icon: str = "lock", tone: str = "blue_text", size: float = 14) -> None:
        super().__init__()
        self._theme, self._icon, self._tone, self._size = theme, icon, tone, size
        theme.changed.connect(self._again)
        self._again()

    def show_glyph(self, icon: str, tone: str) -> None:
        """Another one."""
        self._icon, self._tone = icon, tone
        self._again()

    def _again(self) -> None:
        side = self._theme.px(self._size)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tint = getattr(self._theme.palette, self._tone)
        QPainter(self).drawPixmap(0, 0, self._theme.icon(self._icon, tint, self._size))


def _tr(text: str) -> str:
    return QCoreApplication.translate("composer", text)
