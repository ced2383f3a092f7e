"""Leaving Kingfisher: what that means, then each address given back with what came of it, and signing out."""

from typing import Final

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.client import leaving
from app.client.leaving import DIRECTORY, Step
from app.ui.desk import Desk
from app.ui.settings import proving
from app.ui.settings.rows import Card, Dot, Picture, Row
from app.ui.theme import Theme
from app.ui.widgets import rings
from app.ui.widgets.buttons import ROOM, Button
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import Label

_INKS: Final = {"working": "amber_text", "done": "green_text", "failed": "red_text"}


def _tr(text: str) -> str:
    return QCoreApplication.translate("Leaving", text)


class LeaveDialog(Dialog):
    """Ends with True when everything is given back, or is to be left as it is, and its user signs out."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk.theme, _tr("Leave Kingfisher"), parent)
        theme, px = desk.theme, desk.theme.px
        self._desk = desk
        self._failed = False
        self._rows: dict[str, tuple[Row, Dot]] = {}
        self._told = Label(theme, "", "body", "text_secondary")
        self._told.setMinimumWidth(max(0, min(px(420), parent.window().width() - px(96))))
        self._card = Card(theme)
        self._cancel = Button(theme, _tr("Cancel"))
        self._go = Button(theme, _tr("Give Back Addresses"), "danger")
        self._out = Button(theme, _tr("Sign Out"), "danger")
        self._out.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(px(24), px(24), px(24), px(20) - px(ROOM))
        column.setSpacing(0)
        column.addWidget(Label(theme, _tr("Leave Kingfisher"), "heading"))
        column.addSpacing(px(6))
        column.addWidget(self._told)
        column.addSpacing(px(16))
        self._list = _List(theme, self._card)
        self._list.hide()
        column.addWidget(self._list)
        column.addSpacing(px(12))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        for each in (self._cancel, self._go, self._out):
            row.addWidget(each)
        column.addLayout(row)
        self._cancel.clicked.connect(self.reject)
        self._go.clicked.connect(self._begin)
        self._out.clicked.connect(lambda: self.end(True))
        self._say(
            _tr(
                "Others are told first that you’re not here any more, so their next messages don’t wait for you. Then "
                "your addresses are given back one by one. Messages already on their way still arrive until you sign "
                "out."
            )
        )

    def _say(self, words: str) -> None:
        self._told.setText(words)
        self.setAccessibleDescription(words)

    def _begin(self) -> None:
        self._go.setEnabled(False)
        self._failed = False
        self._desk.bridge.spawn(self, self._work(), name="leave")

    async def _work(self) -> None:
        messenger = self._desk.messenger
        async for step in leaving.leave(messenger.rich, messenger.addresses):
            self._show(step)
        self._go.setEnabled(True)
        self._out.show()
        if self._failed:
            self._go.rename(_tr("Try Again"))
            self._say(_tr("Not everything is given back yet. Try again, or sign out and leave it as it is."))
            self._go.setFocus()
            return
        self._go.hide()
        self._say(_tr("Your addresses are given back. Signing out removes your messages from this computer."))
        self._out.setFocus()

    def _show(self, step: Step) -> None:
        if step.address not in self._rows:
            theme = self._desk.theme
            icon = "user" if step.address == DIRECTORY else "phone" if step.address.startswith("+") else "at"
            name = _tr("Your entry in the directory") if step.address == DIRECTORY else step.address
            dot = Dot(theme)
            row = Row(theme, name, " ", lead=Picture(theme, icon), dot=dot)
            self._rows[step.address] = row, dot
            self._card.add(row)
            self._list.show()
            self._list.updateGeometry()
        row, dot = self._rows[step.address]
        dot.paint_with(_INKS[step.state])
        row.say(self._words(step))
        row.setAccessibleName(f"{row.label.text()}: {row.help.text()}")

    def _words(self, step: Step) -> str:
        if step.state == "working":
            return _tr("Telling the directory…") if step.address == DIRECTORY else _tr("Giving it back…")
        if step.error is None:
            return _tr("Says you’re not here any more") if step.address == DIRECTORY else _tr("Given back")
        self._failed = True
        return proving.sentence(step.error)


class _List(QScrollArea):
    """As high as what is in it, and less where the window has no room."""

    def __init__(self, theme: Theme, inside: QWidget) -> None:
        super().__init__()
        self._theme, self._inside = theme, inside
        self._ring = rings.Frame(self, theme, self._outline)
        self.setAccessibleName(_tr("What is given back"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        self.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)

    def _outline(self) -> rings.Outline:
        return QRectF(self.rect()), self._theme.size("radius.group")

    def sizeHint(self) -> QSize:
        return self._inside.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, min(self.sizeHint().height(), 120))


async def leave(desk: Desk, parent: QWidget) -> bool:
    """Whether its user is to be signed out now."""
    return bool(await LeaveDialog(desk, parent).shown())
