"""Cards to press and to choose between, rows that explain, and the box in which something that went wrong is said."""

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.onboarding.paragraph import Paragraph
from app.ui.theme import Theme
from app.ui.widgets import painting, rings, tags
from app.ui.widgets.buttons import Pressable
from app.ui.widgets.motion import mixed


class Card(Pressable):
    """A box with a title and a sentence that is one control: to press, or without an icon one of several to choose."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        text: str,
        *,
        icon: str = "",
        tint: str = "blue",
        tag: str = "",
        parent: QWidget | None = None,
    ) -> None:
        self._icon, self._tint, self._tag = icon, tint, tag
        super().__init__(theme, title, parent)
        self.setCheckable(not icon)
        self.setAccessibleDescription(f"{tag}. {text}" if tag else text)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        px = theme.px
        self._title = Paragraph(theme, title, "name")
        self._words = Paragraph(theme, text, "body", "text_secondary")
        self._row = QHBoxLayout(self)
        left, right = (px(16 + 40 + 14), px(12 + 16 + 14)) if icon else (px(16 + 18 + 14), px(16))
        self._row.setContentsMargins(1, px(14) + 1, 1, px(14) + 1)  # 1: the edge
        _fill(self._row, left, right, px(2), self._title, self._words)
        for label in (self._title, self._words):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.toggled.connect(self.update)

    def outline(self) -> rings.Outline:
        return QRectF(self.rect()), self._theme.size("radius.group")

    def sizeHint(self) -> QSize:
        return self._row.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._row.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        box, radius = QRectF(self.rect()), theme.size("radius.group")
        if self.isCheckable() and self.isChecked():
            painting.surface(painter, box, radius, colors.blue_tint, colors.blue_text, 1.5)
        else:
            ground = mixed(colors.background, colors.hover, 1.0 if self.isDown() else self._hover.value)
            painting.surface(painter, box, radius, ground, colors.border)
        if self._icon:
            self._paint_icon(painter, box)
        else:
            self._paint_mark(painter, box)

    def _mirror(self, left: float, width: float) -> float:
        return self.width() - left - width if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else left

    def _paint_icon(self, painter: QPainter, box: QRectF) -> None:
        theme, colors, px = self._theme, self._theme.palette, self._theme.px
        middle = box.center().y()
        left = self._mirror(box.left() + 1 + px(16), px(40))
        paint_icon(painter, theme, QRectF(left, middle - px(20), px(40), px(40)), self._icon, self._tint, 24)
        name = "chevron-left" if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else "chevron-right"
        arrow = theme.icon(name, colors.text_tertiary, 16)
        painter.drawPixmap(
            QPoint(round(self._mirror(box.right() - 1 - px(12 + 16), px(16))), round(middle - px(8))), arrow
        )

    def _paint_mark(self, painter: QPainter, box: QRectF) -> None:
        theme, colors, px = self._theme, self._theme.palette, self._theme.px
        side = px(18)
        mark = QRectF(self._mirror(box.left() + 1 + px(16), side), box.top() + 1 + px(15), side, side)
        if self.isChecked():
            painting.surface(painter, mark, side / 2, colors.blue_fill)
            edge = 5.5 * theme.scale
            inner = mark.adjusted(edge, edge, -edge, -edge)
            painting.surface(painter, inner, inner.width() / 2, colors.on_fill)
        else:
            painting.surface(painter, mark, side / 2, colors.background, colors.control_outline, 1.5)
        if self._tag:
            wide = tags.width(theme, self._tag)
            title, length = self._title.geometry(), self._title.sizeHint().width() + px(8)
            left = title.right() + 1 - length - wide if self.isRightToLeft() else title.left() + length
            chip = QRectF(left, title.center().y() + 0.5 - px(8), wide, px(16))
            painting.surface(painter, chip, theme.size("radius.tag"), colors.blue_fill)
            painter.setFont(theme.font("tag"))
            painter.setPen(colors.on_fill)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, self._tag)


def _fill(row: QHBoxLayout, before: int, after: int, gap: int, *labels: Paragraph) -> None:
    """Labels below each other with room at both sides, which changes sides where words run from the right."""
    column = QVBoxLayout()
    column.setSpacing(gap)
    for label in labels:
        column.addWidget(label)
    row.setSpacing(0)
    row.addSpacing(before)
    row.addLayout(column, 1)
    row.addSpacing(after)


def paint_icon(painter: QPainter, theme: Theme, box: QRectF, icon: str, tint: str, glyph: float) -> None:
    """An icon on a tinted square; ``tint``: blue, green or grey."""
    colors = theme.palette
    fill, ink = {
        "blue": (colors.blue_tint, colors.blue_text),
        "green": (colors.green_tint, colors.green_text),
        "grey": (colors.field_fill, colors.text_secondary),
    }[tint]
    painting.surface(painter, box, theme.size("radius.controlLarge"), fill, ink if theme.high_contrast else None)
    side = theme.px(glyph)
    at = QPoint(round(box.center().x() - side / 2), round(box.center().y() - side / 2))
    painter.drawPixmap(at, theme.icon(icon, ink, glyph))


class Feature(QWidget):
    """An icon, a title and a sentence: read, not operated."""

    def __init__(self, theme: Theme, icon: str, tint: str, title: str, text: str) -> None:
        super().__init__()
        self._theme, self._icon, self._tint = theme, icon, tint
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        words = Paragraph(theme, title, "name"), Paragraph(theme, text, "body", "text_secondary")
        _fill(row, theme.px(36 + 14), 0, 0, *words)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        side = self._theme.px(36)
        left = self.width() - side if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else 0
        paint_icon(QPainter(self), self._theme, QRectF(left, 0, side, side), self._icon, self._tint, 20)


class Note(QWidget):
    """An icon and a sentence: a hint, on red what went wrong, or with a green check what was found."""

    def __init__(
        self, theme: Theme, text: str = "", *, icon: str = "info", wrong: bool = False, good: bool = False
    ) -> None:
        super().__init__()
        self._theme, self._icon, self._wrong, self._good = theme, icon, wrong, good
        px = theme.px
        self._words = Paragraph(theme, text, "body", "text" if wrong else "green_text" if good else "text_secondary")
        row = QHBoxLayout(self)
        side, top = (px(14), px(10)) if wrong else (0, 0)
        row.setContentsMargins(0, top, 0, top)
        _fill(row, side + px(18 + 10), side, 0, self._words)
        if not text:
            self.hide()  # and never shown here: without a parent it would be a window for a moment
        theme.changed.connect(self.update)

    @property
    def text(self) -> str:
        return self._words.text()

    def say(self, text: str) -> None:
        """Show a sentence, or nothing."""
        self._words.setText(text)
        self.setVisible(bool(text))
        if text and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors, px = self._theme, self._theme.palette, self._theme.px
        painter = QPainter(self)
        inside = 0
        if self._wrong:
            box, edge = QRectF(self.rect()), colors.red_text if theme.high_contrast else None
            painting.surface(painter, box, theme.size("radius.controlLarge"), colors.red_tint, edge)
            inside = px(14)
        ink = colors.red_text if self._wrong else colors.green_text if self._good else colors.text_secondary
        left = self.width() - inside - px(18) if self.isRightToLeft() else inside
        name = "alert" if self._wrong else "check" if self._good else self._icon
        painter.drawPixmap(QPoint(left, px(10) if self._wrong else 0), theme.icon(name, ink, 18))
