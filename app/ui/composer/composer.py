"""Writing a message: field, transport line, Send, what is answered or changed, drafts, emoji and spelling."""

import itertools
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.client import writing
from app.client.sending import Beside
from app.client.writing import Answered, Draft, Editable
from app.common import errors
from app.content.base import Form
from app.ui.composer import transport
from app.ui.composer.attaching import Attaching
from app.ui.composer.drafts import Drafts, words
from app.ui.composer.field import MessageField
from app.ui.composer.frame import FieldFrame, RoundButton
from app.ui.composer.going import Going
from app.ui.composer.picking import Picking
from app.ui.composer.reply_bar import ReplyBar
from app.ui.composer.signs import Signs
from app.ui.composer.spell_menu import SpellMenu
from app.ui.composer.spelling import Spelling, Waves
from app.ui.composer.transport import Consult, Way
from app.ui.desk import Desk
from app.ui.widgets.fading import CrossFade

SETTLE: Final = 1.0  # seconds until the dictionaries are looked for


class Composer(QWidget):
    """For one conversation at a time; ``written`` tells the row of each message that is in the store.

    ``words`` tells what would be sent now, empty while a message is being changed. ``consult`` is asked before a
    message is handed over.
    """

    written = Signal(int)
    words = Signal(str)
    carries = Signal(object)  # the Piece beside them, or None
    left = Signal()  # Escape, and there was nothing to take back

    def __init__(self, desk: Desk, parent: QWidget | None = None, *, consult: Consult = transport.unasked) -> None:
        super().__init__(parent)
        self._desk, theme = desk, desk.theme
        self._consult = consult
        self._conversation = b""
        self._answered: Answered | None = None
        self._editing: Editable | None = None
        self._aside = ""  # the draft, while a message is being changed
        self._going: Going | None = None
        self._filling = False
        self._marking = False
        self._text = ""  # as of the last change; a wave under a word is none
        self._bar = ReplyBar(theme)
        self._frame = FieldFrame(theme)
        self._field = self._frame.field
        self._send = RoundButton(theme, "send", _tr("Send"), size=36, filled=True, keys="Return")
        self._picking = Picking(desk, self._frame.emoji, self._field, self)
        self._attaching = Attaching(desk, self)
        self._drafts, self._signs = Drafts(desk, self), Signs(desk, self)
        self._spelling = Spelling(self)
        self._waves = Waves(self._field.document(), theme, self._spelling)
        self._menu = SpellMenu(desk.theme, desk.bridge, self._field, self._spelling)
        desk.bridge.spawn(self, self._find_dictionaries(), name="dictionaries")
        self._lay()
        self._fade = CrossFade(theme, self, "transportChange")
        self._listen()

    async def _find_dictionaries(self) -> None:
        """When there is time: the first message is not to wait for them."""
        await self._desk.clock.sleep(SETTLE)
        await self._spelling.load()

    def _lay(self) -> None:
        self._row = QHBoxLayout()
        self._row.addWidget(self._attaching.plus, 0, Qt.AlignmentFlag.AlignBottom)
        self._row.addWidget(self._frame, 1, Qt.AlignmentFlag.AlignBottom)
        self._row.addWidget(self._send, 0, Qt.AlignmentFlag.AlignBottom)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._bar)
        self._column.addWidget(self._attaching.chip)
        self._column.addLayout(self._row)
        # Not Maximum: that ends at the hint, which knows nothing of lines that wrap in a narrow window.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setFocusProxy(self._field)
        parts = (self._attaching.chip.remove, self._attaching.plus, self._field, self._frame.emoji, self._send)
        for before, after in itertools.pairwise(parts):
            QWidget.setTabOrder(before, after)
        self._desk.theme.changed.connect(self._dress)
        self._dress()
        self._tell()

    def _listen(self) -> None:
        field = self._field
        field.textChanged.connect(self._changed)
        field.submitted.connect(self.submit)
        field.recalled.connect(self._recall)
        field.cancelled.connect(self.cancel)
        field.refused.connect(self._refused)
        field.offered.connect(self._attaching.take)
        self._attaching.changed.connect(self._tell)
        self._send.clicked.connect(self.submit)
        self._bar.dropped.connect(self.cancel)
        self._frame.emoji_asked.connect(self._picking.toggle)

    # What the page asks for

    @property
    def field(self) -> MessageField:
        return self._field

    @property
    def spelling(self) -> Spelling:
        return self._spelling

    @property
    def busy(self) -> bool:
        """Esc here would drop something: an answer, a change or a picture."""
        return self._answered is not None or self._editing is not None or self._attaching.chosen is not None

    @property
    def attaching(self) -> Attaching:
        return self._attaching

    async def open(self, conversation: bytes, enter: Callable[[], bool] = lambda: True) -> bool:
        """A conversation, with what is half written there; whether that is open now. Again: all stays as it is.

        All of it changes in one moment, in which ``enter`` is called: it says whether this is still wanted.
        """
        before = self._drafts.stored
        draft = await self._drafts.read(conversation)
        if not enter():
            return False
        self._picking.shut()
        if conversation == self._conversation:
            if before is not None and before == self._drafts.stored and words(draft) != before:
                self._take_over(draft)
            return True
        self._signs.begin(conversation)
        if self._conversation:
            self._note()
        self._conversation = conversation
        self._attaching.follow(conversation)
        self._editing, self._aside = None, ""
        self._drafts.begin(conversation, draft)
        self._answer(draft.answered)
        self._fill(draft.text)
        return True

    def _take_over(self, draft: Draft) -> None:
        """Somebody else wrote it into the store, as the outbox does; a message that is being changed stays."""
        self._drafts.begin(self._conversation, draft)
        self._answered = draft.answered
        if self._editing is not None:
            self._aside = draft.text
        else:
            self._answer(draft.answered)
            self._fill(draft.text)

    async def keep(self) -> None:
        """Store what is half written; to be awaited before the program ends."""
        self._signs.stop()
        if self._conversation:
            self._note()
            await self._drafts.keep()

    def show_way(self, way: Way) -> None:
        """How it would travel now; another transport fades in."""
        if way.tone != self._frame.way.tone:
            self._fade.begin()
        self._frame.show_way(way)
        self._attaching.allow(way.green and self._desk.messenger.routing.terms.mms_octets > 0)
        self._send.turn(green=way.green)
        self._send.setAccessibleDescription(way.described or way.line)
        self._tell()

    def answer(self, row: int) -> None:
        """Begin an answer to a message."""
        self._desk.bridge.spawn(self, self._begin_answer(row), name="answer")

    def edit(self, row: int) -> None:
        """Begin to change an own message."""
        self._desk.bridge.spawn(self, self._begin_edit(row), name="edit")

    def cancel(self) -> None:
        """Drop the answer, or the change, but never what is written for a message of its own."""
        if self._editing is not None:
            self._end_edit()
        elif self._answered is not None:
            self._answer(None)
            self._note()
        elif self._attaching.chosen is not None:
            self._attaching.drop()
        else:
            self.left.emit()

    # Answers and changes

    async def _begin_answer(self, row: int) -> None:
        here = self._conversation
        found = await self._desk.messenger.database.read(lambda view: writing.answered(view, row))
        if self._conversation != here:
            return
        if found is None:
            self._desk.say(_tr("This message can’t be answered."))
            return
        if self._editing is not None:
            self._end_edit()
        self._answer(found)
        self._note()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _answer(self, answered: Answered | None) -> None:
        self._answered = answered
        if answered is not None:
            self._bar.answer(answered)
        elif self._editing is None:
            self._bar.hide()

    def _recall(self) -> None:
        """Up in an empty field."""
        self._desk.bridge.spawn(self, self._begin_edit(0), name="edit")

    async def _begin_edit(self, row: int) -> None:
        here = self._conversation

        found = await self._desk.messenger.database.read(
            lambda view: writing.editable(view, row) if row else writing.last_editable(view, here)
        )
        if found is None or self._conversation != here:
            if row:
                self._desk.say(_tr("Messages can be edited for 15 minutes."))
            return
        if self._editing is None:
            self._aside = self._field.text()
        self._editing = found
        self._bar.edit(found)
        self._fill(found.text)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _end_edit(self) -> None:
        self._editing = None
        text, self._aside = self._aside, ""
        self._answer(self._answered)
        self._fill(text)
        self._note()

    # Sending

    def submit(self) -> None:
        """Hand over what is written; the field lets go of it when the store has it."""
        text = self._field.text()
        something = bool(text.strip()) or (self._attaching.chosen is not None and self._editing is None)
        if self._field.composing or not something or not self._frame.way.open or not self._conversation:
            return
        if self._going is not None:
            self._going.upto = text
        elif self._editing is not None:
            self._desk.bridge.spawn(self, self._change(self._editing, text), name="change")
        else:
            self._begin_to_send(text)

    def _begin_to_send(self, text: str) -> None:
        self._going = Going(self._conversation, text)
        self._drafts.handed_over()
        reply = self._answered.reference if self._answered is not None else None
        content, beside = self._attaching.content(text.strip(), reply)
        self._desk.bridge.spawn(self, self._hand_over(self._going, content, beside), name="send")

    async def _hand_over(self, going: Going, content: Form, beside: Beside | None) -> None:
        here = self._conversation == going.conversation  # what is agreed to holds for what is open
        terms = await self._consult(going.text.strip()) if here else None
        if terms is None:
            self._going = None
            return
        going.given = True
        self._drafts.given(going.conversation)
        self._note()
        self._signs.sent()
        try:
            written = await self._desk.messenger.sending.send(
                going.conversation, content, terms.wish, terms.agreed, beside, drafted=True
            )
        except errors.KingfisherError as error:
            self._going = None
            if self._conversation == going.conversation:
                self._drafts.refused(*self._unsent())
            else:
                self._drafts.returned(going.conversation, going.text)
            self._desk.fail(error, _too_long() if error.code == "too_large" else "")
            return
        self._going = None
        if beside is not None:
            self._attaching.sent(going.conversation)
        if self._conversation == going.conversation:
            self._let_go(going)
        self.written.emit(written.row)

    def _let_go(self, going: Going) -> None:
        """What was typed since stays."""
        self._answer(None)
        now = self._field.text()
        rest = now[len(going.text) :] if now.startswith(going.text) else now
        if self._editing is None:
            self._fill(rest)
        self._drafts.sent(*self._unsent())
        more = going.upto[len(going.text) :] if going.upto.startswith(going.text) else ""
        if more.strip() and rest.startswith(more):
            self._begin_to_send(more)

    async def _change(self, editing: Editable, text: str) -> None:
        try:
            if text.strip() != editing.text:
                await self._desk.messenger.sending.edit(editing.row, text.strip())
        except errors.KingfisherError as error:
            late = _tr("Messages can be edited for 15 minutes.")
            self._desk.fail(error, late if error.code == "too_late" else "")
            return
        if self._editing is editing:
            self._end_edit()

    # The text

    def _fill(self, text: str) -> None:
        self._filling = True
        self._field.put(text)
        self._filling = False
        self._tell()

    def _changed(self) -> None:
        text = self._field.text()
        if text == self._text:
            return
        self._text = text
        if self._marking:
            return
        self._tell()
        self._marking = True  # Qt calls the waves under a word a change of the text, too
        self._waves.typed_at(self._field.textCursor().position())
        self._marking = False
        if self._filling:
            return
        if self._editing is None:
            self._note()
            if text:
                self._signs.typed()
            else:
                self._signs.stop()

    def _unsent(self) -> tuple[str, int]:
        """Text and answer that belong into the draft: not what is on its way already."""
        text = self._field.text() if self._editing is None else self._aside
        going = self._going
        mine = going is not None and going.given and going.conversation == self._conversation
        if going is not None and mine and text.startswith(going.text):
            return text[len(going.text) :], 0
        return text, self._answered.row if self._answered is not None else 0

    def _note(self) -> None:
        self._drafts.changed(*self._unsent())

    def _tell(self) -> None:
        """Send is there as soon as there is something to send."""
        chosen = self._attaching.chosen if self._editing is None else None
        self._send.setVisible(bool(self._field.toPlainText()) or chosen is not None)
        something = bool(self._field.text().strip()) or chosen is not None
        self._send.setEnabled(self._frame.way.open and something)
        self._frame.show_line(always=chosen is not None)
        self.carries.emit(chosen.content("").piece() if chosen is not None else None)
        self.words.emit(self._field.text() if self._editing is None else "")

    def _refused(self) -> None:
        self._desk.say(_too_long())

    # Looks

    def _dress(self) -> None:
        px = self._desk.theme.px
        self._column.setContentsMargins(px(14), px(9), px(14), px(10))
        self._column.setSpacing(px(6))
        self._row.setSpacing(px(6))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._desk.theme.palette
        painter.fillRect(event.rect(), colors.background)
        painter.fillRect(0, 0, self.width(), 1, colors.separator)


def _too_long() -> str:
    return _tr("That’s too long for one message. Send it in parts.")


def _tr(text: str) -> str:
    return QCoreApplication.translate("composer", text)
