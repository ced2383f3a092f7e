"""The page of the outbox: how many wait, the list, what can be done about the chosen one; it follows every change."""

from collections.abc import Awaitable, Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.client import changes, connectivity, unsent
from app.client.unsent import Unsent
from app.ui.chat_list.empty import Empty
from app.ui.desk import Desk
from app.ui.outbox import wording
from app.ui.outbox.bar import ActionBar
from app.ui.outbox.rows import OutboxModel, OutboxRows
from app.ui.outbox.wording import Moment
from app.ui.remedies import Remedies
from app.ui.widgets import menu as menus
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored

BAR: Final = 60
STEP: Final = 200  # rows read at once
_ICONS: Final = {
    "retry": "retry",
    "as_text": "sms",
    "rewrite": "edit",
    "invite": "user-plus",
    "plan": "settings",
    "settings": "settings",
    "new_conversation": "compose",
    "verify": "shield",
    "delete": "trash",
}
_CHANGES: Final = (
    changes.OutboxChanged,
    changes.DeliveryChanged,
    changes.ContactsChanged,
    changes.ConnectionChanged,
)


class OutboxPage(QWidget):
    """``left`` when it is closed, ``opened`` with the conversation whose composer has the words of a message again.

    ``invite`` and ``plan`` ask for the settings where what failed can be helped. ``keep`` stores what is half written,
    before such words are put in front of it.
    """

    left = Signal()
    opened = Signal(object)
    invite = Signal()
    plan = Signal()

    def __init__(self, desk: Desk, keep: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._desk, theme = desk, desk.theme
        self._limit, self._total = STEP, 0
        self._busy = self._stale = False
        self.setAccessibleName(_tr("Outbox"))
        self._title = Label(theme, _tr("Outbox"), "name", wrap=False)
        self._count = Label(theme, "", "caption", "text_secondary", wrap=False)
        self._close = Button(theme, _tr("Close"), kind="link")
        self._model = OutboxModel(self)
        self.rows = OutboxRows(theme, _tr("Unsent messages"), self._model)
        self._bar = ActionBar(theme)
        self._empty = Empty(theme, "check", _tr("Nothing waits"), _tr("Everything you wrote has been sent."))
        self._remedies = Remedies(desk, self, self.opened.emit, keep)
        self._lay_out()
        self._close.clicked.connect(self.left)
        self.rows.entered.connect(self._bar.focus_first)
        self.rows.deleted.connect(lambda: self._act("delete"))
        self.rows.asked.connect(self._menu)
        self.rows.near_end.connect(self._more)
        self.rows.left.connect(lambda: self._close.setFocus(Qt.FocusReason.BacktabFocusReason))
        self.rows.selectionModel().currentChanged.connect(self._moved)
        self._bar.chosen.connect(self._act)
        self._bar.more.connect(self._all)
        desk.bridge.bind(self, _CHANGES, lambda _: self._changed())
        theme.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self._head = QWidget(self)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._count)
        words.addStretch(1)
        self._row = QHBoxLayout(self._head)
        self._row.addLayout(words, 1)
        self._row.addWidget(self._close)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.rows)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self._stack, 1)
        column.addWidget(self._bar)
        self._stack.setMinimumHeight(1)

    def _restyle(self) -> None:
        px = self._desk.theme.px
        self._head.setFixedHeight(px(BAR))
        self._row.setContentsMargins(*mirrored(self, px(20), 0, px(14), 0))
        self.update()

    # What is there

    def _changed(self) -> None:
        """Something may be different: it is read again once what is being read is there."""
        if self.isVisible():
            self._stale = True
            if not self._busy:
                self._busy = True
                self._desk.bridge.spawn(self, self._read(), name="outbox")

    async def _read(self) -> None:
        try:
            while self._stale:
                self._stale = False
                found = await unsent.page(self._desk.messenger.database, self._limit)
                self._take(found)
        finally:
            self._busy = False

    def _take(self, found: unsent.Page) -> None:
        online = connectivity.of(self._desk.messenger).connected
        at = self.rows.currentIndex().row()
        self._total = found.total
        self._model.take(found.rows, Moment(online, self._desk.now(), self._desk.zone))
        self._count.setText(wording.total(found.total))
        self._stack.setCurrentWidget(self.rows if found.total else self._empty)
        if found.rows and not self.rows.currentIndex().isValid():
            with self.rows.by_hand():
                self.rows.setCurrentIndex(self._model.index(min(max(at, 0), len(found.rows) - 1)))
        if not found.total and self.rows.hasFocus():
            self._close.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_bar()

    def _more(self) -> None:
        if self._total > self._limit:
            self._limit += STEP
            self._changed()

    def _moved(self, *_: object) -> None:
        self.rows.viewport().update()
        self._show_bar()

    def _current(self) -> Unsent | None:
        index: QModelIndex = self.rows.currentIndex()
        return self._model.rows[index.row()] if index.isValid() else None

    def _show_bar(self) -> None:
        each = self._current()
        self._bar.setVisible(each is not None)
        if each is not None:
            self._bar.show_row(each, self._model.words(self.rows.currentIndex().row()))

    # What is done

    def _act(self, act: str) -> None:
        each = self._current()
        if each is None or act not in wording.acts(each):
            return
        match act:
            case "invite":
                self.invite.emit()
            case "plan" | "settings":
                self.plan.emit()
            case "new_conversation" | "verify":
                self.opened.emit(each.conversation)  # it says there what has happened, and asks
            case _:
                self._remedies.do(each.row, act)

    def _all(self, place: QPoint) -> None:
        self._menu(self.rows.currentIndex().row(), place)

    def _menu(self, row: int, place: QPoint) -> None:
        with self.rows.by_hand():
            self.rows.setCurrentIndex(self._model.index(row))
        menu = menus.make(self._desk.theme, self)
        menu.setAccessibleName(_tr("Message"))
        for act, name in wording.acts(self._model.rows[row]).items():
            action = menus.mark(QAction(name, menu), icon=_ICONS[act], danger=act == "delete")
            action.triggered.connect(lambda _=False, act=act: self._act(act))
            menu.addAction(action)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    # Looks and keys

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._changed()
        self.rows.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._desk.theme.palette
        painter.fillRect(event.rect(), colors.background)
        painter.fillRect(0, self._head.height() - 1, self.width(), 1, colors.separator)


def _tr(text: str) -> str:
    return QCoreApplication.translate("outbox", text)
