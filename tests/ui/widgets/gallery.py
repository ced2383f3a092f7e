"""A page with every control in every state, where the drawing of the components has them."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.ui.theme import Theme
from app.ui.widgets import avatars, painting, shadows, tags
from app.ui.widgets.buttons import ROOM, Button, IconButton
from app.ui.widgets.choices import Choice
from app.ui.widgets.fields import Box, Field, Line
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.switch import Switch


def hover(widget: QWidget) -> None:
    """The pointer is over it."""
    middle = QPointF(widget.rect().center())
    widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    QApplication.sendEvent(widget, QEnterEvent(middle, middle, middle))
    widget.update()


def leave(widget: QWidget) -> None:
    """The pointer has gone."""
    widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))


class Gallery(QWidget):
    """Built once for a look."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.resize(theme.px(1120), theme.px(560))
        self._buttons()
        self._icons()
        self._selection()
        self._fields()

    def put(self, widget: QWidget, left: float, top: float) -> QWidget:
        """A widget with its upper left corner there."""
        px = self.theme.px
        widget.setParent(self)
        widget.adjustSize()
        widget.resize(widget.sizeHint())
        start = px(left)
        if self.isRightToLeft():
            start = self.width() - start - widget.width()
        widget.move(QPoint(start, px(top)))
        widget.show()
        return widget

    def _button(self, left: float, text: str, kind: str, state: str = "") -> None:
        button = Button(self.theme, text, kind)  # type: ignore[arg-type]
        self.put(button, left - ROOM, 48 - ROOM)
        self._state(button, state)

    def _state(self, widget: QAbstractButton, state: str) -> None:
        if state == "hover":
            hover(widget)
        elif state == "pressed":
            widget.setDown(True)
        elif state == "disabled":
            widget.setEnabled(False)
        elif state == "on":
            widget.setCheckable(True)
            widget.setChecked(True)

    def _buttons(self) -> None:
        rows = (
            (28, "Send", "primary", ""),
            (116, "Send", "primary", "hover"),
            (205, "Send", "primary", "pressed"),
            (381, "Send", "primary", "disabled"),
            (469, "Cancel", "secondary", ""),
            (568, "Cancel", "secondary", "hover"),
            (668, "Remove", "danger", ""),
            (773, "Not Now", "plain", ""),
            (880, "Not Now", "plain", "hover"),
            (984, "Learn more", "link", ""),
        )
        for left, text, kind, state in rows:
            self._button(left, text, kind, state)
        self.focus_button = self.put(Button(self.theme, "Send", "primary"), 293 - ROOM, 48 - ROOM)
        self.put(Button(self.theme, "Continue", "primary", large=True), 28 - ROOM, 100 - ROOM)
        self.put(Button(self.theme, "Copy", icon="copy"), 160 - ROOM, 104 - ROOM)

    def _icons(self) -> None:
        for left, state in ((28, ""), (95, "hover"), (155, "pressed"), (227, "on"), (285, "disabled")):
            icon = IconButton(self.theme, "details" if state == "on" else "search", "Search")
            self.put(icon, left, 160)
            self._state(icon, state)

    def _selection(self) -> None:
        for left, on, state in ((28, False, ""), (112, True, ""), (176, True, "hover"), (240, False, "disabled")):
            switch = Switch(self.theme, "Switch", on=on)
            self.put(switch, left - ROOM, 220 - ROOM)
            self._state(switch, state)
        for left, state in ((330, ""), (460, "hover"), (590, "disabled")):
            choice = Choice(self.theme, "Ask", ((1, "Ask first"), (2, "Always")))
            self.put(choice, left - ROOM, 215 - ROOM)
            self._state(choice, state)

    def _fields(self) -> None:
        self.put(Field(self.theme, "Name", "Name"), 28, 280).setFixedWidth(self.theme.px(190))
        wrong = Field(self.theme, "Address", "Address")
        self.put(wrong, 460, 280).setFixedWidth(self.theme.px(230))
        wrong.setText("noor@")
        wrong.complain("Enter a full phone number or e-mail.")
        wrong.adjustSize()
        wrong.setFixedWidth(self.theme.px(230))
        search = Box(
            self.theme,
            Line(self.theme, "Search", "Search", "body"),
            icon="search",
            height=32,
            filled=True,
            clear="Clear",
        )
        self.put(search, 716, 280).setFixedWidth(self.theme.px(190))
        self.put(Label(self.theme, "Applies to messages and lists", "caption", "text_secondary", wrap=False), 28, 360)
        long = ElidedLabel(self.theme, "A name that is much longer than the room there is for it", "name")
        self.put(long, 240, 358).setFixedWidth(self.theme.px(180))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, px = self.theme, self.theme.px
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.palette.background)
        left = float(px(28))
        for number, name in enumerate(("Maya Okafor", "Jonas Lind", "נועה ברקוביץ", "+12025550143")):
            avatars.paint(
                painter, QRectF(left + number * px(60), px(400), px(44), px(44)), theme, bytes([number]), name
            )
        for number, (words, tone) in enumerate((("SMS", "green"), ("Verified", "blue"), ("Metered", "amber"))):
            tags.paint(painter, px(300) + number * px(70), px(422), theme, words, tone)  # type: ignore[arg-type]
        for at, small in ((560, True), (760, False)):
            body = QRectF(px(at), px(400), px(140), px(80))
            shadows.paint(painter, theme, body, theme.size("radius.popover"), small=small)
            painting.surface(painter, body, theme.size("radius.popover"), theme.palette.raised)
