"""Find in one conversation: the words, which of how many it is, one up or down, and a jump to a day."""

from datetime import date, datetime, time
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.client import facing, search
from app.client.timeline import AtOrder, AtRow
from app.ui.composer.frame import Glyph
from app.ui.conversation.calendar import Calendar
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.fields import Line
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored

MOMENT: Final = 120  # milliseconds after a key before it is searched


class FindLine(Line):
    """The words; Enter goes to the next older message, Shift+Enter to the next newer one."""

    entered = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, _tr("Find in conversation"), _tr("Find in conversation"), "body")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if Qt.Key(event.key()) in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            newer = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.entered.emit(-1 if newer else 1)
        else:
            super().keyPressEvent(event)


class FindBar(QWidget):
    """44 high; ``go`` tells where to (a Target of the timeline) and what to mark, ``done`` that it was closed."""

    go = Signal(object, str)
    done = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, theme = desk, desk.theme
        self._conversation = b""
        self._rows: tuple[int, ...] = ()
        self._at = 0
        self._turn = 0
        self._calendar: Calendar | None = None
        self._glyph = Glyph(theme, "search", "text_secondary", 16)
        self._line = FindLine(theme)
        self._count = Label(theme, "", "body", "text_secondary", wrap=False)
        self._date = IconButton(theme, "calendar", _tr("Jump to Date"), glyph=18)
        self._older = IconButton(theme, "chevron-up", _tr("Previous Match"), shortcut="Return", glyph=18)
        self._newer = IconButton(theme, "chevron-down", _tr("Next Match"), shortcut="Shift+Return", glyph=18)
        self._done = Button(theme, _tr("Done"), "plain")
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._glyph)
        self._row.addWidget(self._line, 1)
        for part in (self._count, self._date, self._older, self._newer, self._done):
            self._row.addWidget(part)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MOMENT)
        self._timer.timeout.connect(self._due)
        self._listen()
        self._dress()
        self._tell()
        self.hide()

    def _listen(self) -> None:
        self._line.textChanged.connect(lambda: self._timer.start())
        self._line.entered.connect(self._entered)
        self._line.moved.connect(self._moved)
        self._line.escaped.connect(self.close_bar)
        self._older.clicked.connect(lambda: self.step(1))
        self._newer.clicked.connect(lambda: self.step(-1))
        self._done.clicked.connect(self.close_bar)
        self._date.clicked.connect(self._ask_date)
        self._desk.theme.changed.connect(self._dress)

    def open(self, conversation: bytes, words: str = "") -> None:
        """Search in that conversation, for these words if there are any."""
        self._conversation = conversation
        self.show()
        if words:
            self._line.setText(words)
        self._line.selectAll()
        self._line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if self._line.text():
            self._due()

    def show_found(self, conversation: bytes, words: str, row: int) -> None:
        """A search elsewhere led to that message: say which of how many it is here; nothing moves."""
        self._conversation = conversation
        self.show()
        self._line.setText(words)
        self._timer.stop()
        self._turn += 1
        self._desk.bridge.spawn(self, self._search(words, self._turn, row), name="find")

    def close_bar(self) -> None:
        """No longer search."""
        if self.isHidden():
            return
        self._turn += 1
        self._timer.stop()
        if self._calendar is not None:
            self._calendar.shut()
        self._line.clear()
        self._timer.stop()
        self._rows = ()
        self._tell()
        self.hide()
        self.done.emit()

    def step(self, by: int) -> None:
        """To the next older (1) or newer (-1) message; after the last one it begins again."""
        if self._rows:
            self._at = (self._at + by) % len(self._rows)
            self._jump()

    def _moved(self, by: int) -> None:
        self.step(-by)

    def _entered(self, by: int) -> None:
        if self._timer.isActive():
            self._timer.stop()
            self._due()
        else:
            self.step(by)

    def _due(self) -> None:
        self._turn += 1
        self._desk.bridge.spawn(self, self._search(self._line.text(), self._turn), name="find")

    async def _search(self, words: str, turn: int, row: int = 0) -> None:
        """``row`` is in view already, 0 for none: then it goes to the newest one."""
        where = self._conversation
        found = await self._desk.messenger.database.read(lambda view: search.in_conversation(view, where, words))
        if turn != self._turn:
            return
        self._rows, self._at = found, found.index(row) if row in found else 0
        self._tell()
        if found and not row:
            self._jump()

    def _jump(self) -> None:
        self._tell()
        self.go.emit(AtRow(self._rows[self._at]), self._line.text())

    def _tell(self) -> None:
        count = len(self._rows)
        if count:
            of = f"{count}+" if count >= search.IN_ONE else str(count)
            words = _tr("{at} of {count} in this conversation").format(at=self._at + 1, count=of)
        else:
            words = _tr("No results") if self._line.text().strip() else ""
        self._count.setText(words)
        self._line.setAccessibleDescription(words)
        for button in (self._older, self._newer):
            button.setEnabled(count > 0)

    # Dates

    def _ask_date(self) -> None:
        self._desk.bridge.spawn(self, self._open_calendar(), name="calendar")

    async def _open_calendar(self) -> None:
        first = await facing.began(self._desk.messenger.database, self._conversation)
        today = self._day(self._desk.now())
        if self._calendar is None:
            self._calendar = Calendar(self._desk.theme, self._date)
            self._calendar.picked.connect(self._to_day)
        self._calendar.open(self._day(first) if first is not None else today, today)

    def _day(self, ms: int) -> date:
        return datetime.fromtimestamp(ms / 1000, self._desk.zone).date()

    def _to_day(self, day: date) -> None:
        begins = datetime.combine(day, time.min, self._desk.zone)
        self.go.emit(AtOrder(round(begins.timestamp() * 1000)), "")

    # Looks

    def _dress(self) -> None:
        px = self._desk.theme.px
        self.setFixedHeight(self._desk.theme.size("layout.findBar"))
        self._row.setContentsMargins(*mirrored(self, px(20), 0, px(4), 0))
        self._row.setSpacing(px(8))
        self._count.setFont(self._desk.theme.font("body", tabular=True))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._desk.theme.palette
        painter.fillRect(self.rect(), colors.sidebar)
        painter.fillRect(0, self.height() - 1, self.width(), 1, colors.separator)


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
