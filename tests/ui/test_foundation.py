"""The ground the screen stands on: tokens, the look in every mode, and the bridge that ends with its widget."""

import asyncio

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QFontInfo

from app.client import changes
from app.common.errors import Broken
from app.ui import tokens
from app.ui.bridge import Bridge
from app.ui.desk import Desk
from app.ui.theme import Theme, color, palette


def test_tokens_are_read_by_path() -> None:
    assert tokens.number("layout.row") == 64
    assert tokens.numbers("layout.window.default") == (1120, 760)
    assert tokens.text("type.family") == "Inter"
    with pytest.raises(Broken, match="no_such_token"):
        tokens.number("layout.nothing")
    with pytest.raises(Broken, match="no_such_token"):
        tokens.number("type.family")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("high_contrast", [False, True])
def test_every_colour_of_every_look_is_there(dark: bool, high_contrast: bool) -> None:
    found = palette(dark=dark, high_contrast=high_contrast)
    assert all(getattr(found, name).isValid() for name in found._fields)


def test_a_colour_with_a_share_is_see_through() -> None:
    assert color("#000000 at 58 %").alpha() == 148
    assert color("#FFFFFF with 1.5 px #000000 outline").name() == "#ffffff"


def test_the_look_changes_with_what_is_chosen(theme: Theme) -> None:
    told: list[int] = []
    theme.changed.connect(lambda: told.append(1))
    assert theme.palette.background.name() == "#ffffff"
    theme.apply(mode="dark", text_size=200, contrast="off", motion="off")
    assert (theme.palette.background.name(), theme.px(20), theme.line("message")) == ("#0f1216", 40, 40)
    assert theme.duration("pane") == 200
    theme.apply(mode="dark", text_size=200, contrast="off", motion="off")
    assert told == [1]
    theme.apply(mode="dark", text_size=200, contrast="on", motion="on")
    assert (theme.palette.background.name(), theme.duration("pane"), theme.duration("statusFade", fade=True)) == (
        "#000000",
        0,
        80,
    )


def test_the_bundled_font_is_used(theme: Theme) -> None:
    for weight in (400, 500, 600, 700):
        found = QFontInfo(theme.font("message", weight=weight))
        assert (found.family(), found.weight()) == ("Inter", weight)


def test_an_icon_is_drawn_once_in_its_colour(theme: Theme) -> None:
    one = theme.icon("search", theme.palette.blue_text)
    assert one.cacheKey() == theme.icon("search", theme.palette.blue_text).cacheKey()
    picture = one.toImage()
    drawn = {
        picture.pixelColor(x, y).name() for x in range(20) for y in range(20) if picture.pixelColor(x, y).alpha() > 250
    }
    assert drawn == {theme.palette.blue_text.name()}


async def test_work_ends_with_its_widget() -> None:
    failed: list[BaseException] = []
    bridge, owner, ended = Bridge(None, failed.append), QObject(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    bridge.spawn(owner, work(), name="waits")
    await asyncio.sleep(0)
    owner.deleteLater()
    await ended.wait()
    await bridge.close()
    assert failed == []


@pytest.mark.expect_log("task screen/fails ended")
async def test_work_that_fails_is_told() -> None:
    told = asyncio.Event()
    bridge, owner = Bridge(None, lambda error: told.set()), QObject()

    async def work() -> None:
        raise ValueError("no")

    bridge.spawn(owner, work(), name="fails")
    await told.wait()
    await bridge.close()


async def test_changes_reach_a_widget_until_it_is_gone(desk: Desk) -> None:
    owner, heard = QObject(), asyncio.Event()
    seen: list[changes.Change] = []

    def hear(change: changes.Change) -> None:
        seen.append(change)
        heard.set()

    desk.bridge.bind(owner, changes.ConnectionChanged, hear)
    desk.messenger.hub.publish([changes.ConnectionChanged(), changes.DevicesChanged()])
    await heard.wait()
    assert seen == [changes.ConnectionChanged()]


async def test_a_closed_bridge_starts_nothing(theme: Theme) -> None:
    failures: list[BaseException] = []
    ran: list[bool] = []
    bridge = Bridge(None, failures.append)
    await bridge.close()

    async def work() -> None:
        ran.append(True)

    bridge.spawn(theme, work(), name="late")
    await asyncio.sleep(0)
    assert (ran, failures) == ([], [])


def test_movement_follows_the_system_unless_it_was_chosen(theme: Theme) -> None:
    theme.apply(motion="system")
    changes: list[bool] = []
    theme.changed.connect(lambda: changes.append(theme.reduced_motion))
    theme.follow_motion(True)
    theme.follow_motion(True)
    assert theme.duration("dialog.in") == 0
    theme.apply(motion="off")
    theme.follow_motion(False)
    assert theme.duration("dialog.in") > 0
    theme.follow_motion(True)
    theme.apply(motion="system")
    assert changes == [True, False, True]


def test_light_and_contrast_follow_the_desktop_unless_they_were_chosen(theme: Theme) -> None:
    theme.apply()
    seen: list[tuple[bool, bool]] = []
    theme.changed.connect(lambda: seen.append((theme.dark, theme.high_contrast)))
    light = theme.palette
    theme.follow_scheme(True)
    theme.follow_contrast(True)
    assert theme.palette == palette(dark=True, high_contrast=True)
    assert theme.system_contrast
    theme.apply(mode="light", contrast="off")
    theme.follow_scheme(False)
    theme.follow_scheme(True)
    assert theme.palette == light
    theme.apply()
    theme.follow_scheme(None)  # Qt knows of nothing dark here
    theme.follow_contrast(False)
    assert theme.palette == light
    assert seen == [(True, False), (True, True), (False, False), (True, True), (False, True), (False, False)]
