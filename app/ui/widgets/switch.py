"""The switch of the settings: on or off, at once."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import Theme
from app.ui.widgets import painting
from app.ui.widgets.toggling import Toggling

_WIDE, _HIGH, _ROOM = 38, 22, 4


class Switch(Toggling):
    """A check box that looks like what it does; ``toggled`` says the new state."""

    def __init__(self, theme: Theme, name: str, *, on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setCheckable(True)
        self.setChecked(on)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self._again)

    def _again(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        px = self._theme.px
        return QSize(px(_WIDE) + 2 * px(_ROOM), px(_HIGH) + 2 * px(_ROOM))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        room = theme.px(_ROOM)
        box = QRectF(self.rect()).adjusted(room, room, -room, -room)
        on = self.isChecked()
        fill = colors.blue_fill if on else colors.control_outline
        if not self.isEnabled():
            fill = colors.track
        outlined = theme.high_contrast and not (on and self.isEnabled())
        if outlined:
            painting.surface(painter, box, box.height() / 2, colors.background, colors.control_outline, 2)
        else:
            painting.surface(painter, box, box.height() / 2, fill)
        knob = colors.control_outline if outlined else colors.on_fill
        inset = theme.px(4 if outlined else 2)
        side = box.height() - 2 * inset
        right = on is not (self.layoutDirection() is Qt.LayoutDirection.RightToLeft)
        left = box.right() - inset - side if right else box.left() + inset
        painting.surface(painter, QRectF(left, box.top() + inset, side, side), side / 2, knob)
        if painting.shows_focus(self, theme):
            painting.ring(painter, QRectF(self.rect()), self.height() / 2, theme)
