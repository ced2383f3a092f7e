"""The strip under the header that says what is wrong with the connection, and what can be done about it."""

import msgspec
from PySide6.QtCore import QCoreApplication, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.client import changes, connectivity
from app.client.connectivity import Connectivity
from app.ui import format
from app.ui.composer.frame import Glyph
from app.ui.desk import Desk
from app.ui.outbox import wording
from app.ui.theme import Theme
from app.ui.widgets.buttons import Pressable
from app.ui.widgets.labels import Label


class Notice(msgspec.Struct, frozen=True):
    """What the strip says, and whether it offers to try at once."""

    words: str
    retry: bool = False


def notice(state: Connectivity, now: int) -> Notice | None:
    """The words for a state of the connection; None while nothing is wrong, a first try included."""
    if state.phase == "connected":
        return None
    if state.phase == "refused":
        return Notice(format.for_code(state.code), retry=not state.final)
    if state.retry_at is not None:
        seconds = max(1, -((now - state.retry_at) // 1000))
        words = _tr("Can’t reach the relay. Trying again in {seconds} s.").format(seconds=seconds)
        return Notice(words, retry=True)
    if state.phase == "connecting":
        return Notice(_tr("Can’t reach the relay. Trying again…")) if state.code else None
    return Notice(_tr("You’re offline. Messages will be sent when you reconnect."), retry=True)


class BannerAction(Pressable):
    """A link on a banner: underlined, in the banner's own colour."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text)
        self.setText(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def rename(self, text: str) -> None:
        """Other words, and the accessible name with them."""
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()

    def _face(self) -> QFont:
        font = self._theme.font("control")
        font.setUnderline(True)
        return font

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self._face()).horizontalAdvance(self.text()) + 2, self._theme.size("hit.minimum"))

    def paintEvent(self, e: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._face())
        colors = self._theme.palette
        painter.setPen(colors.text if self.underMouse() else colors.amber_text)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class ConnectionBanner(QWidget):
    """36 high while there is something to say, and not there otherwise; it counts down by itself.

    ``outbox``: what waits meanwhile is to be shown.
    """

    outbox = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._glyph = Glyph(desk.theme, "wifi-off", "amber_text", 16)
        self._words = Label(desk.theme, role="control", color="amber_text")
        self._retry = BannerAction(desk.theme, _tr("Retry Now"))
        self._retry.clicked.connect(lambda: connectivity.retry_now(desk.messenger))
        self._waiting = BannerAction(desk.theme, "")
        self._waiting.clicked.connect(self.outbox)
        self._waiting.hide()
        self._announced = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._glyph)
        self._row.addWidget(self._words, 1)
        self._row.addWidget(self._waiting)
        self._row.addWidget(self._retry)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.look)
        desk.bridge.bind(self, changes.ConnectionChanged, self._connection)
        desk.bridge.bind(self, changes.OutboxChanged, self._count)
        desk.theme.changed.connect(self._dress)
        self._dress()
        self.hide()
        self.look()
        self._count(None)

    def _connection(self, _: object) -> None:
        self.look()
        self._count(_)

    def _count(self, _: object) -> None:
        """How many messages wait is said only while there is something else to say."""
        if not self.isHidden():
            self._desk.bridge.spawn(self, self._read(), name="waiting")

    async def _read(self) -> None:
        count = await self._desk.messenger.unsent()
        self._waiting.rename(wording.count(count))
        self._waiting.setVisible(count > 0)

    def look(self) -> None:
        """Read the state again."""
        state = connectivity.of(self._desk.messenger)
        found = notice(state, self._desk.now())
        if found is None:
            self._timer.stop()
            self._announced = ""
        else:
            self._words.setText(found.words)
            self._retry.setVisible(found.retry)
            if state.retry_at is None:
                self._timer.stop()
            elif not self._timer.isActive():
                self._timer.start()
            self._announce(state.phase, found.words)
        self.setVisible(found is not None)

    def _announce(self, phase: str, words: str) -> None:
        """Said aloud once, not each second."""
        if phase != self._announced and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        self._announced = phase

    def _dress(self) -> None:
        px = self._desk.theme.px
        self.setMinimumHeight(self._desk.theme.size("layout.banner"))
        left, right = (px(16), px(20)) if self.isRightToLeft() else (px(20), px(16))
        self._row.setContentsMargins(left, px(4), right, px(4))
        self._row.setSpacing(px(8))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._desk.theme.palette
        painter.fillRect(self.rect(), colors.amber_tint)
        if self._desk.theme.high_contrast:
            painter.fillRect(0, self.height() - 1, self.width(), 1, colors.separator)


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
