"""Every declared setting has a control under its label; what it does is kept in the file and happens at once."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget

from app.client import autostart, settings
from app.client.settings import FIELDS
from app.ui.desk import Desk
from app.ui.settings import appearance
from app.ui.settings.dialog import SettingsDialog
from app.ui.settings.slider import StepSlider
from app.ui.theme import Theme
from app.ui.widgets.choices import Choice
from app.ui.widgets.switch import Switch
from tests.parts.window import Said, control, furnished
from tests.ui.settings.test_pages import until

SWITCHES = [name for name in FIELDS if settings.shown(name).control in ("switch", "follow")]
CHOICES = [name for name in FIELDS if settings.shown(name).control == "choice"]


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest_asyncio.fixture
async def desk(tmp_path: Path, theme: Theme, said: Said) -> AsyncIterator[Desk]:
    """Over an empty store: settings do not ask what is in it."""
    async with furnished(tmp_path / "noor", theme, said, empty=True) as made:
        yield made


def opened(desk: Desk, page: str) -> SettingsDialog:
    dialog = SettingsDialog(desk, None)
    dialog.open(page)
    return dialog


def kept(desk: Desk) -> dict[str, Any]:
    return json.loads(desk.messenger.home.settings.read_text())


def value(desk: Desk, name: str) -> object:
    return getattr(desk.messenger.settings.values, name)


@pytest.mark.parametrize("name", SWITCHES)
async def test_a_switch_turns_its_setting_over_and_back(desk: Desk, name: str) -> None:
    shown = settings.shown(name)
    dialog = opened(desk, shown.page)
    switch = control(dialog, shown.label, Switch)
    assert shown.help in switch.accessibleDescription()
    before = value(desk, name)
    was = switch.isChecked()
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert switch.isChecked() is not was
    assert kept(desk)[name] == value(desk, name) != before
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert (kept(desk)[name], switch.isChecked()) == (before, was)
    dialog.close()


@pytest.mark.parametrize("name", CHOICES)
async def test_a_choice_takes_each_of_its_values(desk: Desk, name: str) -> None:
    shown = settings.shown(name)
    dialog = opened(desk, shown.page)
    choice = control(dialog, shown.label, Choice)
    for wanted, words in reversed(shown.choices):
        choice.open()
        menu = next(each for each in choice.findChildren(QMenu) if each.isVisible())
        next(action for action in menu.actions() if action.text() == words).trigger()
        menu.close()
        assert kept(desk).get(name, FIELDS[name].default) == value(desk, name) == wanted
        assert choice.accessibleDescription().startswith(words)
    dialog.close()


async def test_a_country_is_chosen_by_its_name(desk: Desk) -> None:
    dialog = opened(desk, "general")
    choice = control(dialog, "Country for phone numbers", Choice)
    assert choice.text() == "None"
    choice.open()
    menu = next(each for each in choice.findChildren(QMenu) if each.isVisible())
    assert len(menu.actions()) > 200
    next(action for action in menu.actions() if action.text() == "United Kingdom").trigger()
    menu.close()
    assert kept(desk)["region"] == "GB"
    dialog.close()


async def test_the_look_follows_at_once_and_the_dialog_with_it(desk: Desk) -> None:
    theme, chosen = desk.theme, desk.messenger.settings
    dialog = opened(desk, "general")
    appearance.apply_settings(theme, chosen.values)
    control(dialog, "Appearance", Choice).choose("dark")
    control(dialog, "Increase contrast", Switch).click()
    control(dialog, "Reduce motion", Switch).click()
    appearance.apply_settings(theme, chosen.values)
    assert (theme.dark, theme.high_contrast, theme.reduced_motion) == (True, True, True)
    assert (chosen.values.increase_contrast, chosen.values.reduce_motion) == ("on", "on")
    control(dialog, "Increase contrast", Switch).click()
    assert chosen.values.increase_contrast == "system"
    wide = dialog.width()
    chosen.change("text_size", 115)
    appearance.apply_settings(theme, chosen.values)
    assert theme.scale == 1.15
    assert dialog.width() > wide or dialog.width() >= dialog.screen().availableGeometry().width() - 16
    dialog.close()


async def test_the_slider_goes_step_by_step_with_keys_and_where_the_mouse_lets_go(desk: Desk) -> None:
    dialog = opened(desk, "general")
    slider = control(dialog, "Text size", StepSlider)
    assert slider.accessibleDescription().startswith("100 %")
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert value(desk, "text_size") == 115
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert value(desk, "text_size") == 200
    middle = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(2, middle))
    assert value(desk, "text_size") == 200
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(2, middle))
    assert kept(desk)["text_size"] == value(desk, "text_size") == 80
    dialog.close()


async def test_text_size_by_keys_of_the_window_stops_at_the_ends(desk: Desk) -> None:
    chosen = desk.messenger.settings
    for by, wanted in ((1, 115), (-1, 100), (-1, 85), (-1, 80), (-1, 80), (0, 100)):
        appearance.step_text_size(chosen, by)
        assert chosen.values.text_size == wanted


async def test_starting_at_log_in_writes_the_entry_and_a_failure_is_said(desk: Desk, said: Said) -> None:
    root = desk.messenger.home.root
    dialog = opened(desk, "general")
    switch = control(dialog, "Start when you sign in", Switch)
    switch.click()
    assert autostart.enabled(root)
    switch.click()
    assert not autostart.enabled(root)
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "autostart"
    folder.rmdir()
    folder.write_text("in the way")
    switch.click()
    assert not switch.isChecked()
    assert not value(desk, "start_at_login")
    assert len(said.lines) == 1
    dialog.close()


async def test_an_entry_removed_in_the_system_is_off_here_too(desk: Desk) -> None:
    root = desk.messenger.home.root
    desk.messenger.settings.change("start_at_login", True)
    autostart.switch(root, False)
    dialog = opened(desk, "general")
    assert value(desk, "start_at_login") is False
    await until(lambda: not (control(dialog, "Start when you sign in", Switch).isChecked()))
    dialog.close()


async def test_a_change_from_elsewhere_is_shown(desk: Desk) -> None:
    dialog = opened(desk, "messages")
    switch = control(dialog, "Show when I’m typing", Switch)
    desk.messenger.settings.change("send_typing", False)
    await until(lambda: not (switch.isChecked()))
    dialog.close()


async def test_every_control_has_a_name_and_tab_reaches_it(desk: Desk) -> None:
    dialog = opened(desk, "general")
    for page in ("general", "messages", "plan", "texts", "privacy", "account", "blocked"):
        dialog.show_page(page)
        controls = [
            each
            for each in dialog.findChildren(QWidget)
            if each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isVisibleTo(dialog) and each.isEnabled()
        ]
        assert controls
        assert all(each.accessibleName() for each in controls)
        reached: set[QWidget] = set()
        for _ in range(2 * len(controls) + 4):
            QTest.keyClick(dialog, Qt.Key.Key_Tab)
            focus = dialog.focusWidget()
            assert dialog.isAncestorOf(focus)
            reached.add(focus)
        exclusive = {each for each in controls if isinstance(each, QAbstractButton) and each.autoExclusive()}
        assert set(controls) - exclusive <= reached
    dialog.close()
