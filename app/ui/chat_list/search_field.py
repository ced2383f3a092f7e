"""The sidebar's search field: filled until it is used, with its shortcut written in it."""

from typing import Final

from PySide6.QtCore import QEvent, QKeyCombination, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.chat_list import face, writing
from app.ui.theme import Theme
from app.ui.widgets import painting, rings
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.fields import Line

_INSIDE: Final = 10
_ICON: Final = 16
_GAP: Final = 8
_CLEAR: Final = 28
ROOM: Final = 3
SHORTCUT: Final = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_K)


class SearchField(QWidget):
    """A line with an icon, the shortcut while it is empty, a button that clears it, and a ring while it is used.

    There is room for the ring around it.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.line = Line(theme, face.tr("Search"), face.tr("Search"), "body", self)
        self.line.setAccessibleDescription(face.tr("Conversations and messages"))
        self._clear = IconButton(theme, "close", face.tr("Clear Search"), size=_CLEAR, glyph=14, parent=self)
        self._clear.setVisible(False)
        self._clear.clicked.connect(self._cleared)
        self._hint = QKeySequence(SHORTCUT).toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
        self._row = QHBoxLayout(self)
        self._row.setSpacing(0)
        self._row.addWidget(self.line)
        self._row.addWidget(self._clear)
        self.setFocusProxy(self.line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.line.textChanged.connect(self._again)
        self.line.focused.connect(self._again)
        theme.changed.connect(self._again)
        self._again()

    def _cleared(self) -> None:
        self.line.clear()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _hint_width(self) -> int:
        return round(writing.width(self._hint, self._theme.font("status")))

    def _again(self, *_: object) -> None:
        px, empty = self._theme.px, not self.line.text()
        self._clear.setVisible(not empty)
        room = ring_room(self._theme)
        end = px(_INSIDE + _GAP) + self._hint_width() if empty else px(2)
        left, right = room + px(_INSIDE + _ICON + _GAP), room + end
        side = Qt.AlignmentFlag.AlignLeft
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            left, right, side = right, left, Qt.AlignmentFlag.AlignRight
        self.line.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        self._row.setContentsMargins(left, room, right, room)
        self.updateGeometry()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._again()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self._theme.size("layout.search") + 2 * ring_room(self._theme))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(100), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors, px = self._theme, self._theme.palette, self._theme.px
        painter = QPainter(self)
        room = ring_room(theme)
        box = QRectF(self.rect()).adjusted(room, room, -room, -room)
        radius = theme.size("radius.control")
        if self.line.hasFocus():
            thick = rings.width(theme)
            painting.surface(painter, box.adjusted(-thick, -thick, thick, thick), radius + thick, colors.focus)
            painting.surface(painter, box, radius, colors.background)
        else:
            edge = colors.border if theme.high_contrast else None
            painting.surface(painter, box, radius, colors.field_fill, edge, 1.5)
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        side = px(_ICON)
        left = round(box.right() - px(_INSIDE) - side if mirrored else box.left() + px(_INSIDE))
        ink = colors.text if self.line.hasFocus() else colors.text_tertiary
        painter.drawPixmap(QPoint(left, round(box.center().y() - side / 2)), theme.icon("search", ink, _ICON))
        if not self.line.text():
            wide = self._hint_width()
            at = box.left() + px(_INSIDE) if mirrored else box.right() - px(_INSIDE) - wide
            place = QRectF(at, box.top(), wide + 1, box.height())
            writing.line(painter, place, self._hint, theme.font("status"), colors.text_tertiary)


def ring_room(theme: Theme) -> int:
    """Around the field, for the ring; the same with and without contrast, so that nothing moves."""
    return theme.px(ROOM)
