"""The sidebar as a whole: header, search, filters, pinned avatars and rows, and what stands there when they lack."""

from itertools import pairwise
from typing import Final

from PySide6.QtCore import QModelIndex, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.client.chat_list import Counts
from app.client.timeline import Start
from app.ui.chat_list.actions import Actions
from app.ui.chat_list.empty import Empty
from app.ui.chat_list.face import tr
from app.ui.chat_list.feed import Feed, Filter
from app.ui.chat_list.header import Header
from app.ui.chat_list.pills import Pills
from app.ui.chat_list.pinned import COLUMNS, PinnedGrid
from app.ui.chat_list.results import ResultRows
from app.ui.chat_list.rows import ChatRows
from app.ui.chat_list.search_field import SearchField, ring_room
from app.ui.desk import Desk

LOWEST: Final = 520  # pixels at 100 % below which there is no room for avatars
_ABOVE: Final = 56 + 32 + 44  # header, search and filters
_SOME_ROWS: Final = 4 * 64  # that the avatars leave room for
_AVATARS: Final = 106  # one row of them
_MOST: Final = 3  # rows of avatars


class ChatListPanel(QWidget):
    """The list of conversations and the search over everything.

    ``opened`` carries a conversation, the place in it (timeline.Target) and what was searched for, to be marked there.
    ``left`` says that Escape was pressed where there was nothing to take back: the keyboard may go to the conversation.
    """

    opened = Signal(object, object, str)
    compose = Signal()
    settings = Signal()
    invite = Signal()
    left = Signal()
    menu_made = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._theme = desk, desk.theme
        self._open: bytes | None = None
        self._feed = Feed(desk, self)
        self._actions = Actions(desk, self)
        self._header = Header(desk)
        self._field = SearchField(desk.theme)
        self._pills = Pills(desk.theme, tr("Filters"), (tr("All"), tr("Unread"), tr("SMS"), tr("Archived")))
        self._pins = PinnedGrid(desk.theme, tr("Pinned"))
        self._rows = ChatRows(desk.theme, tr("Conversations"), self._feed.model)
        self._results = ResultRows(desk, lambda: self._feed.list, self._feed.moment)
        self._empty = Empty(desk.theme, "bubble", "", "")
        self._build()
        self._connect()
        self._again()
        self._show()

    def _build(self) -> None:
        self._around = QHBoxLayout()
        self._around.addWidget(self._field)
        self._stack = QStackedWidget()
        for each in (self._rows, self._results, self._empty):
            self._stack.addWidget(each)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addLayout(self._around)
        column.addWidget(self._pills)
        column.addWidget(self._pins)
        column.addWidget(self._stack, 1)
        for each in (Filter.TEXTS, Filter.ARCHIVED):
            self._pills.pills[each].setVisible(False)

    def _connect(self) -> None:
        feed, line = self._feed, self._field.line
        self._header.compose.connect(self.compose)
        self._header.settings.connect(self.settings)
        self._header.invite.connect(self.invite)
        self._header.menu_made.connect(self.menu_made)
        line.textChanged.connect(self._typed)
        line.escaped.connect(self._escape)
        line.moved.connect(self._walk_down)
        line.returnPressed.connect(self._enter)
        self._pills.chosen.connect(self._filter)
        self._pins.chosen.connect(self._go_pinned)
        self._pins.asked.connect(self._ask_pinned)
        self._pins.left_up.connect(self._to_pills)
        self._pins.left_down.connect(self._rows.walk_in)
        self._rows.chosen.connect(self._go_row)
        self._rows.asked.connect(self._ask_row)
        self._rows.left.connect(self._above_rows)
        self._rows.near_end.connect(feed.more)
        self._results.opened.connect(self.opened)
        self._results.left.connect(self.focus_search)
        self._results.found.connect(self._show)
        feed.before.connect(self._rows.hold)
        feed.after.connect(self._taken)
        feed.counted.connect(self._counted)
        feed.model.pins_changed.connect(self._show_pins)
        self._theme.changed.connect(self._again)

    # what others ask for

    def select(self, conversation: bytes | None) -> None:
        """This conversation is on the screen now, or none."""
        self._open = conversation
        self._feed.keep(conversation)
        self._rows.show_open(conversation)
        self._show_pins()

    def focus_rows(self) -> None:
        """The keyboard goes to the list; a focus proxy would also draw Tab past the header."""
        self._rows.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_search(self) -> None:
        """The keyboard goes to the search; what is in it is about to be replaced."""
        self._field.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.line.selectAll()

    def step(self, by: int) -> None:
        """Open the conversation that many places below the open one, in the order of the list."""
        listed = [entry.conversation for entry in self._feed.model.entries]
        outside = 0 if by > 0 else len(listed) - 1
        there = listed.index(self._open) + by if self._open in listed else outside
        if there >= len(listed) - 1:
            self._feed.more()
        if 0 <= there < len(listed):
            self._go(listed[there])

    def nth(self, number: int) -> None:
        """Open the pinned or listed conversation with that number, from 1."""
        listed = self._feed.model.entries
        if 1 <= number <= len(listed):
            self._go(listed[number - 1].conversation)

    def _go_pinned(self, number: int) -> None:
        self._go(self._feed.model.pinned[number].conversation)

    def _go_row(self, row: int) -> None:
        self._go(self._feed.model.entry(row).conversation)

    def _ask_pinned(self, number: int, place: QPoint) -> None:
        self._actions.menu(self, self._feed.model.pinned[number], place)

    def _ask_row(self, row: int, place: QPoint) -> None:
        self._actions.menu(self, self._feed.model.entry(row), place)

    def _go(self, conversation: bytes) -> None:
        self.opened.emit(conversation, Start.FIRST_UNREAD, "")

    # search

    @property
    def searching(self) -> bool:
        """Whether the search has the place of the list."""
        return bool(self._field.line.text().strip())

    def _typed(self, words: str) -> None:
        if words.strip():
            self._results.search(words)
        else:
            self._show()

    def _escape(self) -> None:
        if self._field.line.text():
            self._field.line.clear()
        else:
            self.left.emit()

    def _enter(self) -> None:
        if self.searching and self._results.first().isValid():
            self._results.open_row(self._results.first().row())

    def _walk_down(self, step: int) -> None:
        if step < 0:
            return
        shown = self._stack.currentWidget()
        if shown is self._results:
            self._results.setCurrentIndex(QModelIndex())
            self._results.walk_in()
        elif self._pins.isVisibleTo(self) and self._pins.buttons:
            self._theme.keyboard_focus = True
            self._pins.buttons[0].setFocus(Qt.FocusReason.TabFocusReason)
        elif shown is self._rows:
            self._rows.walk_in()

    def _above_rows(self) -> None:
        if self._pins.isVisibleTo(self) and self._pins.buttons:
            self._pins.buttons[-1].setFocus(Qt.FocusReason.BacktabFocusReason)
        else:
            self._to_pills()

    def _to_pills(self) -> None:
        self._pills.pills[self._pills.current].setFocus(Qt.FocusReason.BacktabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.searching:
                self._field.line.clear()
                self.focus_search()
            else:
                self.left.emit()
        else:
            super().keyPressEvent(event)

    # the list

    def _filter(self, number: int) -> None:
        self._feed.show_only(Filter(number))
        self._spread()

    def _counted(self, counts: Counts) -> None:
        unread = str(counts.unread) if counts.unread else ""
        spoken = tr("1 conversation") if counts.unread == 1 else tr("{count} conversations").replace("{count}", unread)
        self._pills.pills[Filter.UNREAD].show_number(unread, spoken if unread else "")
        for chosen, there in ((Filter.TEXTS, counts.texts), (Filter.ARCHIVED, counts.archive)):
            self._pills.pills[chosen].setVisible(there)
            if not there and self._feed.filter is chosen:
                self._pills.choose(Filter.ALL)
        self._show()

    def _taken(self) -> None:
        self._rows.settle(self._open)
        self._show()

    def _show(self) -> None:
        """Rows, results or the words for their absence; filters and avatars belong to the rows."""
        listed = self._feed.list
        entries, chosen = self._feed.model.entries, self._feed.filter
        nothing = self._feed.filled and not entries and listed is not None and listed.complete
        archive = self._pills.pills[Filter.ARCHIVED].isVisibleTo(self._pills)
        bare = nothing and chosen is Filter.ALL and not archive
        searching = self.searching
        self._pills.setVisible(not searching and not bare)
        self._pins.setVisible(not searching and bool(self._feed.model.pinned))
        if searching and not self._results.results.hits() and self._results.results.words:
            words = self._field.line.text().strip()
            self._say(
                tr('No results for "{words}"').replace("{words}", words), "Check the spelling or try fewer words."
            )
        elif searching:
            self._stack.setCurrentWidget(self._results)
        elif nothing and chosen is Filter.UNREAD:
            self._say(tr("No unread messages"), "You’re up to date.")
        elif nothing:
            self._say(tr("No conversations yet"), "They’ll appear here as soon as you send or receive a message.")
        else:
            self._stack.setCurrentWidget(self._rows)

    def _say(self, heading: str, sentence: str) -> None:
        self._empty.say(heading, tr(sentence))
        self._stack.setCurrentWidget(self._empty)

    def _show_pins(self) -> None:
        model, before = self._feed.model, len(self._pins.buttons)
        self._pins.show_people([(model.face_of(entry), entry.conversation == self._open) for entry in model.pinned])
        self._pins.setVisible(not self.searching and bool(model.pinned))
        if len(self._pins.buttons) != before:
            chain = [self._pills.pills[-1], *self._pins.buttons, self._rows, self._results]
            for one, next_one in pairwise(chain):
                QWidget.setTabOrder(one, next_one)

    def _spread(self) -> None:
        """How many pinned conversations have room as avatars."""
        high = self.height() / self._theme.scale
        rows = int((high - _ABOVE - _SOME_ROWS) // _AVATARS) if high >= LOWEST else 0
        rows = 0 if self._feed.filter is Filter.ARCHIVED else max(0, min(_MOST, rows))
        self._feed.model.set_apart(rows * COLUMNS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._spread()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), self._theme.palette.sidebar)

    def _again(self) -> None:
        room, side = ring_room(self._theme), self._theme.px(16)
        self._around.setContentsMargins(side - room, 0, side - room, 0)
        self._spread()
        self._show_pins()
        self.update()
