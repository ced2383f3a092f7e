"""Adding an address: which one, then the six digits that were sent there; what is wrong is said where it was typed."""

from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client import changes
from app.client.own_addresses import AGAIN_AFTER
from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.widgets.buttons import ROOM, Button
from app.ui.widgets.code import CodeField
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.fields import Field
from app.ui.widgets.labels import Label

_WIDE: Final = 380
_LOST: Final = {
    "code_bounced": "There’s no such mailbox: the code came back. Check the address.",
    "code_not_delivered": "The code couldn’t be delivered. Check the address, or ask for a new one.",
}


class _Asking(Dialog):
    """A title, a sentence, something to fill in, and two buttons."""

    def __init__(self, desk: Desk, parent: QWidget, title: str, told: str, go: str) -> None:
        super().__init__(desk.theme, title, parent)
        theme, px = desk.theme, desk.theme.px
        self.desk = desk
        self.go, cancel = Button(theme, go, "primary"), Button(theme, self.tr("Cancel"))
        self.told = Label(theme, told, "body", "text_secondary")
        self.told.setMinimumWidth(max(0, min(px(_WIDE), parent.window().width() - px(96))))
        column = QVBoxLayout(self)
        column.setContentsMargins(px(24), px(24), px(24), px(20) - px(ROOM))
        column.setSpacing(0)
        column.addWidget(Label(theme, title, "heading"))
        column.addSpacing(px(6))
        column.addWidget(self.told)
        column.addSpacing(px(16))
        self.middle = QVBoxLayout()
        self.middle.setSpacing(px(10))
        column.addLayout(self.middle)
        column.addSpacing(px(16))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.go)
        column.addLayout(row)
        cancel.clicked.connect(self.reject)
        self.setAccessibleDescription(told)


class AddDialog(_Asking):
    """Ends with the address to which a code is on its way."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        kinds = sorted(desk.messenger.addresses.checks)
        if kinds == ["phone"]:
            told = _tr("You get six digits as a text message. People reach you at the number once you’ve entered them.")
        elif kinds == ["email"]:
            told = _tr("You get six digits by e-mail. People reach you at the address once you’ve entered them.")
        else:
            told = _tr("You get six digits there. People reach you at it once you’ve entered them.")
        super().__init__(desk, parent, _tr("Add a number or e-mail"), told, _tr("Send Code"))
        name = _tr("Phone number or e-mail")
        self.field = Field(desk.theme, name, name)
        self.middle.addWidget(self.field)
        self.go.clicked.connect(self._start)
        self.field.entered.connect(self._start)
        self.field.line.escaped.connect(self.reject)
        self.field.setFocus()

    def _start(self) -> None:
        if self.go.isEnabled():
            self.go.setEnabled(False)
            self.desk.bridge.spawn(self, self._work(), name="start address")

    async def _work(self) -> None:
        messenger = self.desk.messenger
        try:
            found = await messenger.addresses.start(self.field.text(), messenger.settings.values.region or None)
        except errors.KingfisherError as error:
            self.field.complain(sentence(error))
            self.field.setFocus()
        else:
            self.end(found)
        finally:
            self.go.setEnabled(True)


class CodeDialog(_Asking):
    """Asks for the digits sent to one address, and for new ones after a while; ends with what came of it."""

    def __init__(self, desk: Desk, parent: QWidget, address: str, asked_at: int) -> None:
        told = _tr("We sent six digits to {address}.").format(address=address)
        super().__init__(desk, parent, _tr("Enter the code"), told, _tr("Continue"))
        theme = desk.theme
        self._address, self._asked_at = address, asked_at
        self.code = CodeField(theme, _tr("Code"))
        self._wrong = Label(theme, "", "body", "red_text")
        self._wrong.hide()
        self._later = Label(theme, "", "body", "text_secondary", tabular=True)
        self.again = Button(theme, _tr("Send a New Code"), "link")
        line = self._line = QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(self._later)
        line.addWidget(self.again)
        line.addStretch(1)
        self.middle.addWidget(self.code)
        self.middle.addWidget(self._wrong)
        self.middle.addLayout(line)
        self.go.setEnabled(False)
        self.code.complete.connect(self._typed)
        self.code.returnPressed.connect(self._prove)
        self.go.clicked.connect(self._prove)
        self.again.clicked.connect(self._renew)
        self._timer = QTimer(self)
        self._timer.setInterval(1_000)
        self._timer.timeout.connect(self._count)
        self._timer.start()
        self._count()
        self.code.setFocus()
        desk.bridge.bind(
            self, (changes.AddressesChanged,), lambda _: desk.bridge.spawn(self, self._look(), name="lost")
        )

    async def _look(self) -> None:
        """Whether the code that is waited for will come at all."""
        found = await self.desk.messenger.addresses.one(self._address)
        if found is not None and found.why in _LOST:
            self._complain(_tr(_LOST[found.why]))

    def _typed(self, complete: bool) -> None:
        self.go.setEnabled(complete)
        self._complain("")

    def _count(self) -> None:
        left = (self._asked_at + AGAIN_AFTER - self.desk.now() + 999) // 1000
        self.again.setVisible(left <= 0)
        words = _tr("Didn’t get it? You can ask for a new code in {time}.").format(time=f"{left // 60}:{left % 60:02}")
        self._later.setText(words if left > 0 else _tr("Didn’t get it?"))
        self._line.setStretch(0, 1 if left > 0 else 0)
        self._later.setWordWrap(left > 0)

    def _complain(self, words: str) -> None:
        self._wrong.setText(words)
        self._wrong.setVisible(bool(words))
        self.code.complain(bool(words), words)

    def _prove(self) -> None:
        if self.go.isEnabled():
            self.go.setEnabled(False)
            self.desk.bridge.spawn(self, self._work(self.code.text()), name="prove address")

    async def _work(self, code: str) -> None:
        try:
            found = await self.desk.messenger.addresses.prove(self._address, code)
        except errors.KingfisherError as error:
            self._complain(sentence(error))
            self.go.setEnabled(True)
            return
        if found.outcome in ("proved", "moving"):
            self.end(found.outcome)
            return
        self.code.selectAll()
        if found.outcome == "wrong" and found.tries_left > 1:
            words = _tr("That code didn’t match. Check the digits and try again. %n tries left.", found.tries_left)
            self._complain(words)
        elif found.outcome == "wrong" and found.tries_left:
            self._complain(_tr("That code didn’t match. Check the digits and try again. One try left."))
        elif found.outcome == "wrong":
            self._complain(_tr("That code was wrong too often. Ask for a new one."))
        else:
            self._complain(_tr("That code has expired. Ask for a new one."))
        self.code.setFocus()

    def _renew(self) -> None:
        async def work() -> None:
            try:
                await self.desk.messenger.addresses.start(self._address)
            except errors.KingfisherError as error:
                self._complain(sentence(error))
            else:
                self._asked_at = self.desk.now()
                self.code.clear()
                self._complain("")
                self.code.setFocus()
                self._count()

        self.desk.bridge.spawn(self, work(), name="new code")


def sentence(error: errors.KingfisherError) -> str:
    """What went wrong with an address, and what to do."""
    match error.code:
        case "bad_address":
            return _tr("Enter a full phone number or e-mail.")
        case "not_checked":
            return _tr("This relay can’t send a code there. Use another address, or ask whoever runs it.")
        case "rate_limited" if error.retry_after and error.retry_after <= AGAIN_AFTER / 1000:
            return _tr("A code was sent just now. You can ask for a new one in %n seconds.", round(error.retry_after))
        case "rate_limited":
            return _tr("Too many codes were asked for. Try again tomorrow.")
        case "too_many":
            return _tr("You have as many addresses as this relay allows. Remove one first.")
        case "bad_code":
            return _tr("A code has six digits.")
        case "no_code":
            return _tr("No code is on its way. Ask for a new one.")
        case "proof_old":
            return _tr("You verified this address more than 6 months ago, so you can’t refuse. Verify it again.")
        case _:
            return formats.sentence(error)


def _tr(text: str, count: int = -1) -> str:
    return formats.plural("Addresses", text, count)


async def prove(desk: Desk, parent: QWidget, address: str, asked_at: int) -> None:
    """Ask for the code of an address, and say what came of it."""
    outcome = await CodeDialog(desk, parent, address, asked_at).shown()
    if outcome == "proved":
        desk.say(_tr("People can reach you at {address}").format(address=address))
    elif outcome == "moving":
        desk.say(_tr("{address} is yours in 72 hours, unless its other account refuses").format(address=address))


async def add(desk: Desk, parent: QWidget) -> None:
    """From the address to its proof."""
    found = await AddDialog(desk, parent).shown()
    if isinstance(found, str):
        await prove(desk, parent, found, desk.now())
