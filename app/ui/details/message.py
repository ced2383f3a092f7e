"""The dialog about one message: its words, how it travelled, and for each recipient every step with its time."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.client import changes, trace
from app.client.trace import Leg, Trace
from app.common import errors
from app.content import base
from app.domain import delivery
from app.domain import message as rules
from app.domain.bearer import Bearer
from app.domain.delivery import Permit, Status
from app.ui import format as formatting
from app.ui.desk import Desk
from app.ui.details.parts import Portrait
from app.ui.details.steps import Moment, moment, steps_of
from app.ui.remedies import Remedies
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored

WIDE: Final = 440
HIGHEST: Final = 420
WORDS: Final = 400  # characters shown of a long message


class MessageDetails(Dialog):
    """Follows the message while it is open; ``read`` fills it the first time."""

    def __init__(self, desk: Desk, row: int, parent: QWidget | None = None) -> None:
        theme = desk.theme
        self._desk, self._row = desk, row
        self._trace: Trace | None = None
        super().__init__(theme, QWidget().tr("Message Details"), parent)
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(*mirrored(self, 0, 0, theme.px(8), 0))
        self._column.setSpacing(theme.px(4))
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body)
        self._scroll.setAccessibleName(self.tr("Message details"))
        column = QVBoxLayout(self)
        column.setContentsMargins(*mirrored(self, theme.px(24), theme.px(20), theme.px(16), theme.px(14)))
        column.setSpacing(theme.px(10))
        column.addWidget(Label(theme, self.windowTitle(), "heading"))
        column.addWidget(self._scroll, 1)
        column.addLayout(self._buttons())
        desk.bridge.bind(self, (changes.MessagesChanged, changes.DeliveryChanged), self._heard)
        desk.bridge.spawn(self, self.read(), name="message details")

    def _buttons(self) -> QHBoxLayout:
        theme = self._desk.theme
        copy = Button(theme, self.tr("Copy Details"), "link", icon="copy")
        copy.clicked.connect(self._copy)
        self._retry = Button(theme, self.tr("Retry"))
        self._retry.clicked.connect(self._try_again)
        self._retry.hide()
        close = Button(theme, self.tr("Close"), "primary")
        close.clicked.connect(lambda: self.end(None))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(copy)
        row.addStretch(1)
        row.addWidget(self._retry)
        row.addWidget(close)
        return row

    def _heard(self, change: changes.Change) -> None:
        known = self._trace
        match change:
            case changes.MessagesChanged():
                ours = self._row in change.rows
            case changes.DeliveryChanged():
                ours = known is not None and known.message in change.messages
            case _:
                ours = False
        if ours:
            self._desk.bridge.spawn(self, self.read(), name="message details")

    async def read(self) -> None:
        """Read it again; a message that is gone closes the dialog."""
        try:
            self._trace = await trace.of(self._desk.messenger.database, self._row)
        except errors.GiveUp:
            self.end(None)
            return
        self._show(self._trace)

    def _show(self, shown: Trace) -> None:
        while (item := self._column.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.deleteLater()
        theme = self._desk.theme
        words = base.one_line(shown.words, WORDS) or self.tr("This message was taken back.")
        self._column.addWidget(Label(theme, words, "message", wrap=True))
        for name, value in self._facts(shown):
            self._column.addWidget(self._line(name, value, "text_secondary"))
        if shown.incomplete:
            lacks = formatting.for_code(rules.INCOMPLETE)
            self._column.addWidget(Label(theme, lacks, "body", "text_secondary", wrap=True))
        for leg in shown.legs:
            self._column.addSpacing(theme.px(8))
            self._column.addWidget(self._person(leg))
            for step in steps_of(leg, shown.stored_at):
                self._column.addWidget(self._line(step.words, self._when(step), "text"))
            if leg.reason and leg.status in (Status.FAILED, Status.QUEUED):
                ink = "red_text" if leg.status is Status.FAILED else "text_secondary"
                self._column.addWidget(Label(theme, formatting.for_code(leg.reason), "body", ink, wrap=True))
        self._column.addStretch(1)
        self._retry.setVisible(any(_may_retry(leg) for leg in shown.legs))
        for at in range(self._column.count()):
            item = self._column.itemAt(at)
            part = item.widget() if item is not None else None
            if part is not None:
                part.show()  # at once, or the layout counts it only in the next turn
        self._column.activate()
        room = theme.px(WIDE - 24 - 16)
        high = (
            self._column.heightForWidth(room) if self._column.hasHeightForWidth() else self._column.sizeHint().height()
        )
        self._scroll.setMinimumHeight(min(high, theme.px(HIGHEST)))
        self.place()

    def sizeHint(self) -> QSize:
        return QSize(self._desk.theme.px(WIDE), super().sizeHint().height())

    def _facts(self, shown: Trace) -> list[tuple[str, str]]:
        facts = [(self.tr("From"), self.tr("You") if shown.outgoing else shown.author.name)]
        facts.append((self.tr("Written"), self._time(shown.sent_at)))
        if not shown.outgoing:
            if shown.accepted_at:
                facts.append((self.tr("Taken by the relay"), self._time(shown.accepted_at)))
            facts.append((self.tr("Arrived here"), self._time(shown.stored_at)))
        facts.append((self.tr("Travels"), self._bearer(shown.bearer)))
        if shown.bearer is Bearer.TEXT and not shown.outgoing:
            facts.append((self.tr("Sender"), self.tr("Not proven")))
        return facts

    def _bearer(self, bearer: Bearer) -> str:
        return self.tr("As a text message") if bearer is Bearer.TEXT else self.tr("End-to-end encrypted")

    def _person(self, leg: Leg) -> QWidget:
        theme = self._desk.theme
        line = QWidget(self._body)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(10))
        row.addWidget(Portrait(theme, 28, leg.person, leg.name.name))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(theme, leg.name.name, "body", weight=600, wrap=True))
        if leg.address and leg.address != leg.name.name:
            words.addWidget(Label(theme, leg.address, "caption", "text_secondary", wrap=True))
        row.addLayout(words, 1)
        return line

    def _line(self, name: str, value: str, color: str) -> QWidget:
        theme = self._desk.theme
        line = QWidget(self._body)
        line.setAccessibleName(f"{name}: {value}")
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(12))
        row.addWidget(Label(theme, name, "body", color, wrap=False))
        row.addStretch(1)
        row.addWidget(Label(theme, value, "body", "text_secondary", wrap=False))
        return line

    def _time(self, at: int) -> str:
        return moment(at, self._desk.now(), self._desk.zone)

    def _when(self, step: Moment) -> str:
        time = self._time(step.at)
        return self.tr("by {time}").format(time=time) if step.implied else time

    def _copy(self) -> None:
        """Everything a report about it needs; no words of the message."""
        shown = self._trace
        if shown is None:
            return
        lines = [f"Message {shown.message.hex()}"]
        lines += [f"{name}: {value}" for name, value in self._facts(shown) if name != self.tr("From")]
        for leg in shown.legs:
            lines += [f"{step.words}: {self._when(step)}" for step in steps_of(leg, shown.stored_at)]
            lines += [f"Reason: {leg.reason}"] if leg.reason else []
        QGuiApplication.clipboard().setText("\n".join(lines))
        self._desk.say(self.tr("Details copied"))

    def _try_again(self) -> None:
        Remedies(self._desk, self).do(self._row, "retry")


def _may_retry(leg: Leg) -> bool:
    known = {reason.value: reason for reason in delivery.Reason}.get(leg.reason)
    allowed = delivery.ACTIONS[known].retry if known is not None else Permit.YES
    return leg.status is Status.FAILED and allowed is not Permit.NO
