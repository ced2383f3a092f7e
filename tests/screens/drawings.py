"""The two measured drawings of the design, made with our own bubbles and controls at the same places."""

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.domain import delivery
from app.domain.bearer import Bearer
from app.ui.chat_list import face
from app.ui.chat_list.face import Moment
from app.ui.chat_list.painting import Pen, State
from app.ui.composer import transport
from app.ui.composer.composer import Composer
from app.ui.composer.field import MessageField
from app.ui.composer.frame import RoundButton
from app.ui.conversation import bubble, shape
from app.ui.conversation.bubble import Look
from app.ui.conversation.end_button import EndButton
from app.ui.conversation.scene import Scene
from app.ui.conversation.shape import Beak, Corners
from app.ui.conversation.wording import Wording
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets import tags
from app.ui.widgets.buttons import ROOM, Button, IconButton, Pill
from app.ui.widgets.choices import Choice
from app.ui.widgets.fields import Box, Field, Line
from app.ui.widgets.switch import Switch
from tests.parts.window import NOW, control
from tests.ui.chat_list.entries import entry, said
from tests.ui.conversation.figures import Maker
from tests.ui.widgets.gallery import hover

SIZE: Final = (1120, 760)

# Of the first drawing: its scale, and where in it which body stands: left, top, width and height of the design.
ALONE: Final = (4, 70, 130, 105, 36)
OWN: Final = ((2, 760, 110, 140, 36), (2, 820, 186, 110, 36), (2, 720, 262, 160, 36))
THEIRS: Final = ((2, 634, 354, 130, 36), (2, 634, 430, 100, 36))
FILLS: Final = (600, 790, 960)  # left edges of the three, 70 wide, from 564 to 684
STATES: Final = ((28, State()), (286, State(hover=True)), (544, State(selected=True)), (802, State(focus=True)))


class Bubbles(QWidget):
    """Bubbles at 4 and 2 times their size, and the three fills."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.resize(*SIZE)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), colors.background)
        painter.setPen(Qt.PenStyle.NoPen)
        tip = Beak(theme.size("bubble.tail.width"), theme.size("bubble.tail.height"))
        whole, joined = theme.size("radius.bubble"), theme.size("radius.bubbleJoined")
        last = Corners(whole, joined, whole)
        every = (
            (ALONE, Corners(whole, whole, whole), tip, False, colors.blue_fill),
            (OWN[0], Corners(whole, whole, joined), None, False, colors.blue_fill),
            (OWN[1], Corners(whole, joined, joined), None, False, colors.blue_fill),
            (OWN[2], last, tip, False, colors.blue_fill),
            (THEIRS[0], Corners(whole, whole, joined), None, True, colors.bubble_received),
            (THEIRS[1], last, tip, True, colors.bubble_received),
        )
        for (times, left, top, wide, high), corners, beak, outer_left, fill in every:
            painter.save()
            painter.translate(left, top)
            painter.scale(times, times)
            painter.fillPath(shape.outline(wide, high, corners, beak, outer_left=outer_left), fill)
            painter.restore()
        self._words(painter)
        self._fills(painter)

    def _words(self, painter: QPainter) -> None:
        font = QFont(self._theme.font("message"))
        font.setPixelSize(4 * font.pixelSize())
        painter.setFont(font)
        painter.setPen(self._theme.palette.on_fill)
        painter.drawText(118, 218, "See you")
        painter.setPen(Qt.PenStyle.NoPen)

    def _fills(self, painter: QPainter) -> None:
        colors = self._theme.palette
        ends = (
            (colors.bubble_blue_top, colors.bubble_blue_bottom),
            (colors.bubble_green_top, colors.bubble_green_bottom),
            (colors.bubble_received, colors.bubble_received),
        )
        for left, (above, below) in zip(FILLS, ends, strict=True):
            gradient = QLinearGradient(0, 564, 0, 684)
            gradient.setColorAt(0, above)
            gradient.setColorAt(1, below)
            painter.setBrush(gradient)
            painter.drawRoundedRect(QRectF(left, 564, 70, 120), 12, 12)


class Components(QWidget):
    """Each control in each of its states, at the place the drawing gives it."""

    def __init__(self, desk: Desk, wording: Wording) -> None:
        super().__init__()
        self._desk, self.theme = desk, desk.theme
        self.resize(*SIZE)
        self._lines = _lines(self.theme, wording, self)
        self.ringed: list[QWidget] = []
        self._buttons(wording)
        self._selection()
        self._fields()
        self._composers()

    def put(self, widget: QWidget, left: int, top: int, wide: int = 0) -> None:
        """With the upper left corner of all of it there."""
        widget.setParent(self)
        size = widget.sizeHint()
        widget.setGeometry(left, top, wide or size.width(), size.height())
        widget.show()

    def _buttons(self, wording: Wording) -> None:
        theme = self.theme
        for left, words, kind, state in (
            (28, "Send", "primary", ""),
            (116, "Send", "primary", "hover"),
            (205, "Send", "primary", "pressed"),
            (293, "Send", "primary", "focus"),
            (381, "Send", "primary", "disabled"),
            (469, "Cancel", "secondary", ""),
            (568, "Cancel", "secondary", "hover"),
            (668, "Remove", "danger", ""),
            (773, "Not Now", "plain", ""),
        ):
            button = Button(theme, words, kind)  # type: ignore[arg-type]
            self.put(button, left - ROOM, 70 - ROOM)
            self._state(button, state)
        for left, state in ((28, ""), (95, "hover"), (155, "pressed"), (227, "on"), (285, "focus")):
            icon = IconButton(theme, "details" if state == "on" else "search", "Search")
            self.put(icon, left, 175)
            self._state(icon, state)
        self.put(RoundButton(theme, "send", "Send", size=36, filled=True), 344, 173)
        end = EndButton(theme, wording, self)
        end.set_count(7)
        end.stand(self.size(), 0, mirrored=True)
        end.move(end.x() + 525, end.y() - self.height() + 214)
        end.show()

    def _state(self, widget: QWidget, state: str) -> None:
        match state:
            case "hover":
                hover(widget)
            case "pressed":
                widget.setDown(True)  # type: ignore[attr-defined]
            case "disabled":
                widget.setEnabled(False)
            case "on":
                widget.setCheckable(True)  # type: ignore[attr-defined]
                widget.setChecked(True)  # type: ignore[attr-defined]
            case "focus":
                self.ringed.append(widget)
            case _:
                pass

    def _selection(self) -> None:
        theme = self.theme
        for left, on, state in ((28, False, ""), (112, True, ""), (176, True, "focus"), (240, False, "disabled")):
            switch = Switch(theme, "Switch", on=on)
            self.put(switch, left - ROOM, 285 - ROOM)
            self._state(switch, state)
        for left, words, on in ((605, "Unread", False), (705, "All", True)):
            pill = Pill(theme, words)
            pill.set_count(0 if on else 2)
            pill.setChecked(on)
            self.put(pill, left, 283)
        self.put(Choice(theme, "Ask", ((1, "Ask first"), (2, "Always"))), 769 - ROOM, 280 - ROOM)

    def _fields(self) -> None:
        theme = self.theme
        self.put(Field(theme, "Name", "Name"), 28, 378, 190)
        typed = Field(theme, "Group", "Name")
        typed.setText("Dawn Patrol")
        self.put(typed, 244, 378, 190)
        wrong = Field(theme, "Address", "Address")
        wrong.setText("noor@")
        wrong.complain("Enter a full phone number or e-mail.")
        self.put(wrong, 460, 378, 204)
        search = Box(theme, Line(theme, "Search", "Search", "body"), icon="search", height=32, filled=True)
        self.put(search, 676, 378, 190)

    def _composers(self) -> None:
        empty, written = Composer(self._desk), Composer(self._desk)
        for each, left, way in ((empty, 28, transport.encrypted()), (written, 562, transport.text(None))):
            each.show_way(way)
            self.put(each, left, 0, 508)
        self._written = (empty, written)

    def write(self) -> None:
        """Words in the second composer; both stand on the line of the drawing when they have grown."""
        control(self._written[1], "Message", MessageField).setPlainText("On my way")
        QApplication.sendPostedEvents()
        for each in self._written:
            high = each.sizeHint().height()
            each.setGeometry(each.x(), 737 - high, 508, high)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.palette.background)
        left = 887.0
        for words, tone in (("SMS", "green"), ("Verified", "blue"), ("Metered", "amber"), ("Admin", "grey")):
            tags.paint(painter, left, 296, theme, words, tone)  # type: ignore[arg-type]
            left += tags.width(theme, words) + 6
        shown = face.of(
            entry(last=said("See you there", at=NOW - 29 * 60_000)), Moment(NOW, self._desk.zone, True), typing=False
        )
        inset = theme.size("layout.rowInset")
        for at, state in STATES:
            box = QRectF(at - inset, 502, 236 + 2 * inset, theme.size("layout.row"))
            Pen(painter, theme, state).row(box, shown, theme.size("layout.rowAvatar"))
        self._status_lines(painter)

    def _status_lines(self, painter: QPainter) -> None:
        """Of messages painted far out of view, so that only what stands under them is in it."""
        for scene, left in self._lines:
            row = scene.window.rows[-1]
            row.lay(scene.column)
            first = min(each.area.left() for each in row.spots)
            first = min(first, row.icon.left()) if row.icon is not None else first
            at = row.spots[0].area.center().y()
            painter.save()
            painter.setClipRect(QRectF(left - 2, 606, 1120 - left, 22))
            painter.translate(left - first, 616 - at)
            bubble._status(painter, row, 0, scene.brush, Look())
            painter.restore()


def _lines(theme: Theme, wording: Wording, host: QWidget) -> list[tuple[Scene, int]]:
    from app.client import diffs

    status = delivery.Status
    made: list[tuple[Scene, int]] = []
    for left, state, bearer in (
        (28, status.SENDING, Bearer.RICH),
        (129, status.QUEUED, Bearer.RICH),
        (292, status.SENT, Bearer.RICH),
        (345, status.DELIVERED, Bearer.RICH),
        (424, status.READ, Bearer.RICH),
        (510, status.SENT, Bearer.TEXT),
        (720, status.FAILED, Bearer.RICH),
    ):
        scene = Scene(theme, wording, host)
        maker = Maker()
        reason = delivery.Reason.GAVE_UP if state is status.FAILED else None
        maker.say("x", own=True, status=state, reason=reason, read_at=maker.at, bearer=bearer)
        scene.online = state is not status.QUEUED
        scene.take((diffs.Reset(tuple(maker.made)),))
        scene.fit(600, 400)
        made.append((scene, left))
    return made
