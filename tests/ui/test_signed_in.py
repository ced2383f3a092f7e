"""What hangs on the signed-in window: a tray that comes late, goes or never comes, and the balloon that is clicked."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from PySide6.QtWidgets import QSystemTrayIcon

from app.common.clock import ManualClock
from app.desktop import panel
from app.desktop.signed_in import SETTLE, SignedIn
from app.ui import format
from app.ui.desk import Desk
from app.ui.settings.dialog import SettingsDialog
from app.ui.shell import Shell
from app.ui.theme import Theme
from app.ui.tray import Tray
from app.ui.widgets.switch import Switch
from app.ui.window_state import WindowState
from tests.parts.window import control, person_of
from tests.ui.settings.test_pages import until, words

TRAY = ("Start in the tray", "Keep running in the tray")
SENTENCES = {
    "This desktop has no tray, so the window always opens",
    "This desktop has no tray, so closing the window quits Kingfisher",
}


class Seat:
    """The signed-in window as it starts in the tray, on a desktop whose tray comes and goes as the test says."""

    def __init__(self, desk: Desk, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
        assert isinstance(desk.clock, ManualClock)
        self.clock, self.settings = desk.clock, desk.messenger.settings
        self.tray = False
        self.quit = 0
        monkeypatch.setattr(Tray, "possible", lambda: self.tray)
        self.shell = Shell(theme, WindowState())
        folder = desk.messenger.home.root
        self.signed_in = SignedIn(desk.messenger, theme, self.shell, folder, self._quit, lambda: None)

    def _quit(self) -> None:
        self.quit += 1

    async def pass_by(self, condition: Callable[[], bool]) -> None:
        """Time goes on until it is so."""
        async with asyncio.timeout(30):
            while not condition():
                self.clock.advance(SETTLE / 2)
                await asyncio.sleep(0)

    @property
    def icons(self) -> list[QSystemTrayIcon]:
        return self.signed_in._around.findChildren(QSystemTrayIcon)


@pytest_asyncio.fixture
async def seat(desk: Desk, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Seat]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    made = Seat(desk, theme, monkeypatch)
    made.settings.change("start_hidden", value=True)
    await made.signed_in.open()
    yield made
    await made.signed_in.close()
    made.shell.close()


async def test_a_tray_that_comes_late_is_used_and_the_window_stays_away(seat: Seat) -> None:
    assert not seat.icons
    start = seat.clock.monotonic()
    await seat.pass_by(lambda: seat.clock.monotonic() > start + SETTLE + panel.SOON[0])
    seat.tray = True
    await seat.pass_by(lambda: bool(seat.icons))
    await seat.pass_by(lambda: seat.clock.monotonic() > start + 60)
    assert not seat.shell.isVisible()
    seat.signed_in.closing()
    assert seat.quit == 0


async def test_where_no_tray_comes_the_window_is_shown_and_closing_it_is_the_end(seat: Seat) -> None:
    await seat.pass_by(seat.shell.isVisible)
    assert not seat.icons
    seat.signed_in.closing()
    assert seat.quit == 1


async def test_a_window_is_not_hidden_into_a_tray_that_has_gone(seat: Seat) -> None:
    seat.tray = True
    await seat.pass_by(lambda: bool(seat.icons))
    seat.tray = False
    seat.signed_in.closing()
    assert seat.quit == 1


async def test_a_click_on_a_balloon_opens_its_conversation(seat: Seat) -> None:
    seat.tray = True
    await seat.pass_by(lambda: bool(seat.icons))
    for name in ("Maya Okafor", "Jonas Lind"):
        seat.signed_in._balloon(person_of(name), name, "hello")
    (icon,) = seat.icons
    icon.messageClicked.emit()
    assert seat.shell.isVisible()
    await until(lambda: seat.signed_in.window.attending() == person_of("Jonas Lind"))


async def test_the_tray_goes_by_the_name_that_one_has_now(seat: Seat, desk: Desk) -> None:
    seat.tray = True
    await seat.pass_by(lambda: bool(seat.icons))
    (icon,) = seat.icons
    who = icon.contextMenu().actions()[0]
    assert who.text().startswith("Noor Haddad — ")
    await desk.messenger.rename("Noor H.")
    await until(lambda: who.text().startswith("Noor H. — "))


async def test_the_switches_of_the_tray_say_that_there_is_none(seat: Seat) -> None:
    dialog = SettingsDialog(seat.signed_in.desk, None)
    dialog.open("general")
    assert words(dialog) >= SENTENCES
    for name in TRAY:
        switch = control(dialog, name, Switch)
        assert not switch.isEnabled()
        assert switch.accessibleDescription() in SENTENCES
    dialog.close()
    seat.tray = True
    await seat.pass_by(lambda: bool(seat.icons))
    dialog = SettingsDialog(seat.signed_in.desk, None)
    dialog.open("general")
    assert not SENTENCES & words(dialog)
    assert {control(dialog, name, Switch).isEnabled() for name in TRAY} == {True}
    dialog.close()


async def test_messages_of_either_season_are_shown_by_the_clock_of_their_day(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the zone is another one than at the start."""
    summer, winter = 1_784_023_200_000, 1_796_119_200_000  # 14 July and 1 December 2026, 10:00 UTC
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        shown = [format.clock(each, seat.signed_in.desk.zone) for each in (summer, winter)]
    time.tzset()
    assert shown == ["12:00", "11:00"]
