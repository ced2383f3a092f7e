"""The control of one declared field: shows what is chosen, changes it at once, follows changes from elsewhere."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QCollator, QCoreApplication, QLocale, Signal
from PySide6.QtWidgets import QWidget

from app.client import changes, settings
from app.common import errors
from app.ui.desk import Desk
from app.ui.settings.slider import StepSlider
from app.ui.theme import Theme
from app.ui.widgets.choices import Choice
from app.ui.widgets.switch import Switch

log = logging.getLogger(__name__)

Made = tuple[QWidget, Callable[[], str]]  # a control, and what brings it to the chosen value and names that


def words(text: str) -> str:
    """A declared text in the language of the screen."""
    return QCoreApplication.translate("Settings", text)


def make(desk: Desk, name: str) -> QWidget:
    """The control of the field ``name``: its label is the accessible name, value and help are the description."""
    shown = settings.shown(name)
    made, show = _MAKERS[shown.control](desk, name)
    made.setAccessibleName(words(shown.label))
    made.setObjectName(name)

    def again() -> None:
        made.setAccessibleDescription(". ".join(part for part in (show(), words(shown.help)) if part))

    def heard(change: changes.SettingsChanged) -> None:
        if name in change.fields:
            again()

    again()
    desk.bridge.bind(made, changes.SettingsChanged, heard)
    return made


def change(desk: Desk, name: str, value: object) -> bool:
    """Keep a choice; when that cannot be, say why and keep the one before."""
    try:
        desk.messenger.settings.change(name, value)
    except errors.KingfisherError as error:
        log.info("a setting could not be changed: %s", error)
        desk.fail(error)
        return False
    return True


def _value(desk: Desk, name: str) -> Any:
    return getattr(desk.messenger.settings.values, name)


def _switch(desk: Desk, name: str) -> Made:
    made = Switch(desk.theme, words(settings.shown(name).label))

    def show() -> str:
        made.setChecked(bool(_value(desk, name)))
        return ""

    def turned(on: bool) -> None:
        if on != _value(desk, name) and not change(desk, name, on):
            show()

    made.toggled.connect(turned)
    return made, show


class _FollowingSwitch(Switch):
    """Says when the look changed, as long as it lives."""

    looked = Signal()

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme, name)
        theme.changed.connect(self.looked)


def _follow(desk: Desk, name: str) -> Made:
    """On and off; as long as that is what the system says, it goes on following the system."""
    theme = desk.theme
    made = _FollowingSwitch(theme, words(settings.shown(name).label))

    def system() -> bool:
        return theme.system_contrast if name == "increase_contrast" else not theme.system_motion

    def show() -> str:
        chosen = _value(desk, name)
        made.setChecked(system() if chosen == "system" else chosen == "on")
        return words("Matches the system") if chosen == "system" else ""

    def turned(on: bool) -> None:
        wanted = "system" if on == system() else "on" if on else "off"
        if not change(desk, name, wanted):
            show()

    made.clicked.connect(turned)
    made.looked.connect(show)
    return made, show


def _choice(desk: Desk, name: str) -> Made:
    return _among(desk, name, [(value, words(text)) for value, text in settings.shown(name).choices])


def _among(desk: Desk, name: str, choices: Sequence[tuple[Any, str]]) -> Made:
    made = Choice(desk.theme, words(settings.shown(name).label), choices, _value(desk, name))

    def show() -> str:
        made.show_value(_value(desk, name))
        return made.text()

    def picked(value: object) -> None:
        if not change(desk, name, value):
            show()

    made.chosen.connect(picked)
    return made, show


def _slider(desk: Desk, name: str) -> Made:
    steps = settings.shown(name).choices
    spoken = dict(steps)
    made = StepSlider(desk.theme, [int(value) for value, _ in steps])

    def show() -> str:
        value = int(_value(desk, name))
        made.show_value(value)
        return spoken[value]

    def picked(value: int) -> None:
        change(desk, name, value)

    made.chosen.connect(picked)
    return made, show


def _region(desk: Desk, name: str) -> Made:
    """Every country the client knows, by its name in the language of the screen."""
    named = {code: QLocale.territoryToString(QLocale.codeToTerritory(code)) for code in settings.regions()}
    order = QCollator()
    order.setNumericMode(False)
    codes = sorted((code for code in named if named[code]), key=lambda code: order.sortKey(named[code]))
    return _among(desk, name, [("", words("None")), *((code, named[code]) for code in codes)])


_MAKERS: dict[str, Callable[[Desk, str], Made]] = {
    "switch": _switch,
    "follow": _follow,
    "choice": _choice,
    "slider": _slider,
    "region": _region,
}
