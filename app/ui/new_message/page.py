"""The page of Ctrl+N: a field for one person, who may be meant, and what the directory says of an address."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.client import contacts
from app.client.contacts import Known
from app.common import errors
from app.ui import format as formatting
from app.ui.conversation import elsewhere
from app.ui.desk import Desk
from app.ui.new_message.chip import Chip, Way
from app.ui.new_message.notice import Notice
from app.ui.new_message.suggestions import SHADOW, Choice, LookUp, Suggestions
from app.ui.widgets import menu as menus
from app.ui.widgets.buttons import Button
from app.ui.widgets.margins import mirrored

BAR: Final = 60


class NewMessagePage(QWidget):
    """Ends with ``started`` (the conversation, as bytes) or ``cancelled``; ``invite`` names who is not there yet."""

    started = Signal(object)
    cancelled = Signal()
    invite = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._asked = 0  # what comes back to an older question is dropped
        self._address = ""
        theme = desk.theme
        self.setAccessibleName(self.tr("New message"))
        self._label = QLabel(self.tr("To:"), self)
        self._chip = Chip(theme, self)
        self.field = QLineEdit(self)
        self.field.setAccessibleName(self.tr("To"))
        self.field.setPlaceholderText(self.tr("Name, e-mail or phone number"))
        self.field.setFrame(False)
        self.field.setMaxLength(320)
        self._label.setBuddy(self.field)
        self._cancel = Button(theme, self.tr("Cancel"), kind="plain")
        self.notice = Notice(theme, self)
        self._lay_out()
        self.suggestions = Suggestions(theme, self)
        self.field.installEventFilter(self)
        self.field.textEdited.connect(self._edited)
        self.field.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.field.customContextMenuRequested.connect(self._menu)
        self._chip.clicked.connect(self._take_out)
        self._cancel.clicked.connect(self.cancelled)
        self.suggestions.chosen.connect(self._choose)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _menu(self, at: QPoint) -> None:
        menus.of_line(self._desk.theme, self.field, self.field.mapToGlobal(at))

    def _lay_out(self) -> None:
        self._bar = QWidget(self)
        row = QHBoxLayout(self._bar)
        for part in (self._label, self._chip):
            row.addWidget(part)
        row.addWidget(self.field, 1)
        row.addWidget(self._cancel)
        self._row = row
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        column.addWidget(self.notice)
        column.addStretch(1)

    def _restyle(self) -> None:
        theme = self._desk.theme
        self._bar.setFixedHeight(theme.px(BAR))
        self._row.setContentsMargins(*mirrored(self, theme.px(20), 0, theme.px(8), 0))
        self._row.setSpacing(theme.px(8))
        for part, ink in ((self._label, theme.palette.text_secondary), (self.field, theme.palette.text)):
            part.setFont(theme.font("message"))
            colors = part.palette()
            colors.setColor(QPalette.ColorRole.WindowText, ink)
            colors.setColor(QPalette.ColorRole.Text, ink)
            part.setPalette(colors)
        self._place()
        self.update()

    def clear(self) -> None:
        """Nobody yet; the field has the focus."""
        self._address = ""
        self._take_out()
        self.field.clear()
        self.suggestions.offer((), width=0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self._desk.theme.palette
        painter.fillRect(self.rect(), colors.background)
        painter.fillRect(0, self._bar.height() - 1, self.width(), 1, colors.separator)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place(self) -> None:
        """The popover under the field's beginning, inside the page."""
        theme = self._desk.theme
        left = theme.px(52) - SHADOW
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            left = self.width() - theme.px(52) + SHADOW - self.suggestions.width()
        left = max(0, min(left, self.width() - self.suggestions.width()))
        self.suggestions.move(QPoint(left, theme.px(BAR - 4) - SHADOW))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        """True when it was ours."""
        match Qt.Key(event.key()):
            case Qt.Key.Key_Down:
                self.suggestions.step(1)
            case Qt.Key.Key_Up:
                self.suggestions.step(-1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._enter()
            case Qt.Key.Key_Backspace if not self.field.text() and self._chip.isVisible():
                self._take_out()
            case Qt.Key.Key_Escape:
                self._escape()
            case _:
                return False
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) and self._chip.hasFocus():
            self._take_out()
        else:
            super().keyPressEvent(event)

    def _enter(self) -> None:
        if self._chip.isVisible():
            self.notice.act()
        elif self.suggestions.current is not None:
            self._choose(self.suggestions.current)
        elif self.field.text().strip():
            self._choose(LookUp(self.field.text().strip()))

    def _escape(self) -> None:
        if self.suggestions.isVisible():
            self.suggestions.hide()
        elif self._chip.isVisible():
            self._take_out()
        else:
            self.cancelled.emit()

    def _edited(self, text: str) -> None:
        self.notice.clear()
        self._asked += 1
        self._desk.bridge.spawn(self, self._suggest(text.strip(), self._asked), name="suggest")

    async def _suggest(self, text: str, asked: int) -> None:
        found = await contacts.suggest(self._desk.messenger.database, text) if text else ()
        if asked == self._asked:
            rows: list[Choice] = [*found, LookUp(text)] if text else []
            self.suggestions.offer(rows, width=self.width())
            self._place()

    def _choose(self, choice: Choice) -> None:
        self.suggestions.hide()
        self._asked += 1
        if isinstance(choice, Known):
            self._take_in(choice.name.name, Way.ENCRYPTED if choice.rich else Way.ASKING)
            self.started.emit(choice.conversation)
            return
        self._address = choice.words
        self._take_in(choice.words, Way.ASKING)
        self._desk.bridge.spawn(self, self._look_up(choice.words, self._asked), name="look up")

    def _take_in(self, name: str, way: Way) -> None:
        self._chip.show_as(name, way)
        self.field.clear()
        self.field.setPlaceholderText("")
        self.field.setReadOnly(True)

    def _take_out(self) -> None:
        """Back to typing, with what was asked for."""
        self._asked += 1
        self.notice.clear()
        self._chip.hide()
        self.field.setReadOnly(False)
        self.field.setPlaceholderText(self.tr("Name, e-mail or phone number"))
        self.field.setText(self._address)
        self._address = ""
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    async def _look_up(self, typed: str, asked: int) -> None:
        """Ask the directory; whoever is there is written to."""
        messenger = self._desk.messenger
        region = messenger.settings.values.region or None
        try:
            found = await messenger.routing.lookup(typed, region)
            conversation = None
            text = found.rich is False and await messenger.routing.takes_texts(found.address)
            if (found.rich or text) and not found.moved and found.address != messenger.me.address:
                conversation = (await messenger.routing.person_for(found.address)).person
        except errors.KingfisherError as error:
            if asked == self._asked:
                self._refused(error)
            return
        if asked != self._asked:
            return
        if found.address == messenger.me.address:
            self._chip.show_as(found.address, Way.NONE)
            self.notice.say(self.tr("This is your own address."))
        elif conversation is not None:
            self._address = ""
            self._chip.show_as(found.address, Way.TEXT if text else Way.ENCRYPTED)
            self.started.emit(conversation)
        elif found.rich is None:
            self._silent()
        elif found.moved:
            self._moved(found.address)
        else:
            self._absent(found.address)

    def _refused(self, error: errors.KingfisherError) -> None:
        if error.code != "bad_address":
            self._chip.show_as(self._address, Way.NONE)
            self.notice.say(formatting.sentence(error))
            return
        self._take_out()
        self.notice.say(self.tr("Enter a full phone number or e-mail."), wrong=True)
        self.field.selectAll()

    def _silent(self) -> None:
        self.notice.say(
            self.tr("Can’t reach the relay, so it can’t say who this is."), self.tr("Try Again"), self._again
        )

    def _again(self) -> None:
        self._choose(LookUp(self._address))

    def _moved(self, address: str) -> None:
        """Somebody else has it by now, whom nobody has agreed to yet."""
        self._chip.show_as(address, Way.NONE)
        self.notice.say(elsewhere.words(address), self.tr("New Conversation"), lambda: self._anew(address))

    def _anew(self, address: str) -> None:
        self._asked += 1
        self._desk.bridge.spawn(self, self._meet(address, self._asked), name="new conversation")

    async def _meet(self, address: str, asked: int) -> None:
        try:
            conversation = (await self._desk.messenger.routing.person_for(address, anew=True)).person
        except errors.KingfisherError as error:
            self._refused(error)
            return
        if asked == self._asked:
            self._address = ""
            self.notice.clear()
            self._chip.show_as(address, Way.ENCRYPTED)
            self.started.emit(conversation)

    def _absent(self, address: str) -> None:
        self._chip.show_as(address, Way.NONE)
        if "@" in address:
            sentence = self.tr("{address} isn’t on Kingfisher, and texts need a phone number.")
        else:
            sentence = self.tr("{address} isn’t on Kingfisher.")
        self.notice.say(sentence.format(address=address), self.tr("Invite"), lambda: self.invite.emit(address))
