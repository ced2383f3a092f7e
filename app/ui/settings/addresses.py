"""Where one is reached: each address with how it stands and what can be done about it, and the way to another one."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client import changes
from app.client.own_addresses import Activation
from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings import proving
from app.ui.settings.rows import Card, Dot, Picture, Row, Value
from app.ui.theme import Theme
from app.ui.widgets import dialog
from app.ui.widgets.buttons import ROOM, Button
from app.ui.widgets.choices import Choice

_NARROW: Final = 600  # effective pixels of the window
_AGAIN = ("code_expired", "code_spent", "code_bounced", "code_not_delivered", "no_gateway", "lapsed", "lost", "refused")
_REACH = ("proved", "claimed", "moving")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Addresses", text)


def standing(found: Activation, now: int, desk: Desk) -> str:
    """One sentence: how an address stands and, where something is to be done, what."""
    since = formats.moment(found.since, now, desk.zone)
    until = formats.moment(found.until, now, desk.zone)
    match found.state, found.why:
        case "active", "proved":
            return _tr("Verified")
        case "active", "moving" if not any(found.other):
            words = _tr("Somebody asked to withdraw it. It leaves you {time}, unless you refuse.")
        case "active", "moving" if found.refusable:
            words = _tr("Another account claims it. It moves there {time}, unless you refuse.")
        case "active", "moving":
            words = _tr("Another account claims it. It moves there {time}, unless you verify it again.")
        case "active", _:
            return _tr("This address was not checked by the relay.")
        case "waiting", "code":
            return _tr("Waiting for its code since {time}. Enter the six digits.").format(time=since)
        case "waiting", _:
            words = _tr("Verified, but another account has it. It is yours {time}, unless they refuse.")
        case _:
            return _tr(_FAILED.get(found.why, "It couldn’t be verified. Try again, or remove it."))
    return words.format(time=until)


_FAILED = {
    "code_expired": "The code has expired. Ask for a new one.",
    "code_bounced": "There is no such mailbox: the code came back. Remove it, or ask for a new one.",
    "code_not_delivered": "The code couldn’t be delivered. Check the address, or ask for a new one.",
    "text_region_off": "This relay sends no texts to that country. Remove it, or ask whoever runs the relay.",
    "text_bad_number": "No texts can be sent to this number. Check it, then remove it.",
    "no_gateway": "This relay can’t send texts now. Try again later, or ask whoever runs the relay.",
    "too_many": "You have as many addresses as this relay allows. Remove one.",
    "code_spent": "The code was wrong too often. Ask for a new one.",
    "not_checked": "This relay can’t send a code there. Remove it, or ask whoever runs the relay.",
    "refused": "The account that has it refused to let it go. Remove it, or try again.",
    "lapsed": "You verified it more than 6 months ago. Verify it again to keep it.",
    "lost": "It isn’t yours any more. Verify it again to have it back.",
    "withdrawn": "Given back. Nobody reaches you here.",
}


class AddressCard(Card):
    """Follows every change; the keyboard stays on the control it is on."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme)
        self._desk, self._narrow = desk, False
        desk.theme.changed.connect(self._fit)
        self.load()
        desk.bridge.bind(self, (changes.AddressesChanged, changes.ConnectionChanged), lambda _: self.load())

    def load(self) -> None:
        """Ask how they stand now."""
        self._desk.bridge.spawn(self, self._load(), name="addresses")

    async def _load(self) -> None:
        held = await self._desk.messenger.addresses.held()
        at = next((each.accessibleName() for each in self.findChildren(QWidget) if each.hasFocus()), "")
        self.clear()
        checks = self._desk.messenger.addresses.checks
        for each in held:
            self.add(self._row(each, len(held) > 1, each.kind in checks))
        reached = [each for each in held if each.why in _REACH]
        if len(reached) > 1:
            self._offer_start(reached)
        if checks:
            self.add(_Add(self._desk, lambda: self._spawn(proving.add(self._desk, self))))
        if at:
            again = next((each for each in self.findChildren(QWidget) if each.accessibleName() == at), None)
            if again is not None:
                again.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is no room beside the words, the buttons stand below them."""
        narrow = self.window().width() / self._desk.theme.scale < _NARROW
        if narrow is not self._narrow:
            self._narrow = narrow
            self.load()

    def _row(self, found: Activation, several: bool, checked: bool) -> QWidget:
        theme = self._desk.theme
        controls: list[QWidget] = []
        if found.why == "code":
            controls.append(self._button(_tr("Enter Code…"), _tr("Enter the code for {address}"), found, self._enter))
        elif found.why == "moving":
            if found.refusable:
                controls.append(self._button(_tr("Refuse"), _tr("Refuse to let {address} go"), found, self._refuse))
        elif checked and (found.why in _AGAIN or found.why == "claimed"):
            words = _tr("New Code…") if found.why.startswith("code_") else _tr("Verify…")
            controls.append(self._button(words, _tr("Verify {address}"), found, self._verify))
        if found.starts and several and found.why in _REACH:
            value = Value(theme)
            value.setText(_tr("Starts new conversations"))
            controls.insert(0, value)
        elif several and found.why != "moving":
            controls.append(self._button(_tr("Remove"), _tr("Remove {address}"), found, self._remove, danger=True))
        ink = {"waiting": "amber_text", "failed": "red_text"}.get(found.state, "amber_text" if found.until else "")
        icon = "phone" if found.kind == "phone" else "at"
        told = standing(found, self._desk.now(), self._desk)
        dot = Dot(theme, ink) if ink else None
        lead = Picture(theme, icon)
        if not self._narrow or not controls:
            return Row(theme, found.address, told, *controls, lead=lead, dot=dot)
        return _Tall(theme, Row(theme, found.address, told, lead=lead, dot=dot), controls)

    def _button(
        self,
        words: str,
        name: str,
        found: Activation,
        then: Callable[[Activation], Coroutine[Any, Any, None]],
        *,
        danger: bool = False,
    ) -> Button:
        made = Button(self._desk.theme, words, "danger" if danger else "secondary")
        made.setAccessibleName(name.format(address=found.address))
        made.clicked.connect(lambda: self._spawn(then(found)))
        return made

    def _offer_start(self, reached: list[Activation]) -> None:
        theme, name = self._desk.theme, _tr("Start new conversations from")
        choices = [(each.address, each.address) for each in reached]
        now = next((each.address for each in reached if each.starts), reached[0].address)
        choice = Choice(theme, name, choices, now)

        def chosen(address: object) -> None:
            self._spawn(self._desk.messenger.addresses.start_from(str(address)))

        choice.chosen.connect(chosen)
        lead = Picture(theme, "compose")
        self.add(
            _Tall(theme, Row(theme, name, lead=lead), [choice])
            if self._narrow
            else Row(theme, name, "", choice, lead=lead)
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def told() -> None:
            try:
                await work
            except errors.KingfisherError as error:
                self._desk.fail(error, proving.sentence(error))

        self._desk.bridge.spawn(self, told(), name="address")

    async def _enter(self, found: Activation) -> None:
        await proving.prove(self._desk, self, found.address, found.since)

    async def _verify(self, found: Activation) -> None:
        await self._desk.messenger.addresses.start(found.address)
        await proving.prove(self._desk, self, found.address, self._desk.now())

    async def _refuse(self, found: Activation) -> None:
        await self._desk.messenger.addresses.answer(found.address, agree=False)
        self._desk.say(_tr("{address} stays with you").format(address=found.address))

    async def _remove(self, found: Activation) -> None:
        if found.why in _REACH:
            title = _tr("Remove {address}?").format(address=found.address)
            told = _tr("People who write to it won’t reach you any more. To have it back you need another code.")
            answers: list[tuple[object, str, Any]] = [
                (False, _tr("Cancel"), "secondary"),
                (True, _tr("Remove"), "danger"),
            ]
            if not await dialog.ask(self._desk.theme, self, title, told, answers):
                return
        await self._desk.messenger.addresses.remove(found.address)


class _Tall(QWidget):
    """A row with its controls in a line of their own."""

    def __init__(self, theme: Theme, row: Row, controls: list[QWidget]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, theme.px(8))
        column.setSpacing(0)
        column.addWidget(row)
        line = QHBoxLayout()
        line.setSpacing(0)
        for each in controls:
            line.addSpacing(theme.px(16 - ROOM if isinstance(each, Button) else 16))
            line.addWidget(each)
        line.addStretch(1)
        column.addLayout(line)


class _Add(QWidget):
    """The last row: it asks for one more."""

    def __init__(self, desk: Desk, then: Callable[[], None]) -> None:
        super().__init__()
        theme = desk.theme
        line = QHBoxLayout(self)
        line.setSpacing(0)
        line.setContentsMargins(theme.px(16), theme.px(3), theme.px(16), theme.px(3))
        line.addWidget(Picture(theme, "plus", "blue_text"))
        line.addSpacing(theme.px(12 - ROOM))
        button = Button(theme, _tr("Add Number or E-mail…"), "link")
        button.clicked.connect(then)
        line.addWidget(button)
        line.addStretch(1)
