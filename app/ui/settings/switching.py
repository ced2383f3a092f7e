"""The row of the rich switch: its state as the directory has it, and turning it over."""

from typing import Final

from PySide6.QtCore import QCoreApplication

from app.client import changes, connectivity
from app.client.rich import State
from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings.rows import Picture, Row
from app.ui.widgets import dialog
from app.ui.widgets.buttons import Button
from app.ui.widgets.switch import Switch


def _tr(text: str) -> str:
    return QCoreApplication.translate("Switching", text)


_WORDS: Final[dict[State, str]] = {
    "on": "Encrypted and free. When it’s off, everything goes as text messages.",
    "leaving": "Turning off… People still reach you here until the directory has confirmed.",
    "off": "It’s off: everything goes as text messages. People see that with their next message to you.",
    "returning": "Turning on… People write to you encrypted as soon as the directory has confirmed.",
}
_WAITS: Final[dict[State, str]] = {
    "leaving": "Turns off as soon as the relay answers. Until then people still reach you here.",
    "returning": "Turns on as soon as the relay answers. Until then nobody writes to you encrypted.",
}
_NOTHING: Final = "It’s off, and text messages are turned off too: nothing can be sent."


class RichRow(Row):
    """The switch shows what is wanted, the line below it what is so."""

    def __init__(self, desk: Desk) -> None:
        theme = desk.theme
        self._desk = desk
        self._problem: errors.KingfisherError | None = None
        self._under_way = 0
        name = _tr("Rich messaging")
        self.switch = Switch(theme, name, on=True)
        self._again = Button(theme, _tr("Try Again"))
        self._again.setAccessibleName(_tr("Try again to switch rich messaging"))
        self._again.hide()
        tile = Picture(theme, "lock", "blue_text", tile="blue_tint")
        super().__init__(theme, name, _tr(_WORDS["on"]), self._again, self.switch, lead=tile, weight=600)
        self.switch.clicked.connect(self._turned)
        self._again.clicked.connect(lambda: self._turned(self.switch.isChecked()))
        kinds = (changes.TextsChanged, changes.ConnectionChanged, changes.SettingsChanged)
        desk.bridge.bind(self, kinds, lambda _: self.load())

    def load(self) -> None:
        """Ask how it stands now."""
        self._desk.bridge.spawn(self, self._load(), name="rich switch")

    async def _load(self) -> None:
        state = await self._desk.messenger.rich.state()
        settled = state in ("on", "off")
        if settled:
            self._problem = None
        self.switch.setChecked(state in ("on", "returning"))
        self.say(self._sentence(state))
        self.switch.setAccessibleDescription(self.help.text())
        connected = connectivity.of(self._desk.messenger).connected
        self._again.setVisible(not settled and connected and not self._under_way)

    def _sentence(self, state: State) -> str:
        if state in ("on", "off"):
            never = self._desk.messenger.settings.values.send_as_text == "never"
            return _tr(_NOTHING if state == "off" and never else _WORDS[state])
        if self._problem is not None and not isinstance(self._problem, errors.AgainLater):
            return formats.sentence(self._problem)
        waits = self._problem is not None or not connectivity.of(self._desk.messenger).connected
        return _tr(_WAITS[state] if waits else _WORDS[state])

    def _turned(self, on: bool) -> None:
        self._desk.bridge.spawn(self, self._turn(on), name="rich switch")

    async def _turn(self, on: bool) -> None:
        if on or await self._has_number() or await self._agrees():
            self._problem = None
            self._under_way += 1
            try:
                await self._desk.messenger.rich.switch(on)
            except errors.KingfisherError as error:
                self._problem = error
            finally:
                self._under_way -= 1
        await self._load()

    async def _has_number(self) -> bool:
        held = await self._desk.messenger.addresses.held()
        return any(each.kind == "phone" and each.why in ("proved", "moving") for each in held)

    async def _agrees(self) -> bool:
        return bool(
            await dialog.ask(
                self._desk.theme,
                self,
                _tr("Turn off rich messaging?"),
                _tr("Nobody can reach you while this is off: you have no phone number."),
                [(False, _tr("Cancel"), "secondary"), (True, _tr("Turn Off"), "danger")],
            )
        )
