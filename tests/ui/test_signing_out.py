"""Signing out in the window: what is said before, what holds it up, and the first run after it."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.client.unlocking import Opener, Unlocking
from app.common.clock import ManualClock
from app.common.profile import Profile
from app.crypto import identity
from app.desktop.options import Options
from app.desktop.program import Kingfisher
from app.domain import delivery
from app.storage import jobs
from app.storage.keychain import Keychain
from app.storage.transaction import Tx
from app.ui.desk import Desk
from app.ui.main_window import MainWindow
from app.ui.onboarding.first_run import FirstRun
from app.ui.shell import Shell
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.window_state import WindowState
from tests.parts.people import CHEAP
from tests.parts.window import KEY, NOW, Furniture, control, create, person_of
from tests.ui.settings.test_pages import until, words

TITLE = "Sign out of Kingfisher?"


def sees(root: QWidget, name: str) -> bool:
    return any(each.accessibleName() == name and each.isVisible() for each in root.findChildren(QWidget))


async def test_the_menu_and_the_settings_ask_before(desk: Desk) -> None:
    window = MainWindow(desk, None, WindowState())
    yes: list[bool] = []
    window.signing_out.connect(lambda: yes.append(True))
    window.show()
    window.menus.act("sign_out")
    await until(lambda: TITLE in words(window))
    assert any("Kingfisher can’t bring the account back in this version." in each for each in words(window))
    control(window, "Cancel", Button).click()
    await until(lambda: TITLE not in words(window))
    window.show_settings("account")
    await until(lambda: sees(window, "Sign Out…"))
    control(window, "Sign Out…", Button).click()
    await until(lambda: TITLE in words(window))
    assert yes == []
    control(window, "Sign Out", Button).click()
    await until(lambda: bool(yes))
    await window.close_down()
    window.close()


async def test_messages_that_wait_are_said_and_discarded_on_a_word(desk: Desk) -> None:
    put = Furniture(desk.messenger)
    row = await put.say("Maya Okafor", "Not gone yet", NOW, own_words=True, status=delivery.Status.QUEUED)

    def wait(tx: Tx) -> None:
        maya = person_of("Maya Okafor")
        jobs.enqueue(tx, jobs.NewJob(maya, b"m" * 16, "text", row, maya))
        jobs.enqueue(tx, jobs.NewJob(maya, b"r" * 16, "receipt", person=maya))  # nobody would miss it

    await desk.messenger.database.write(wait)
    assert await desk.messenger.unsent() == 1
    window = MainWindow(desk, None, WindowState())
    yes: list[bool] = []
    window.signing_out.connect(lambda: yes.append(True))
    window.show()
    window.sign_out()
    await until(lambda: "A message is waiting to be sent" in words(window))
    control(window, "Wait", Button).click()
    await until(lambda: "A message is waiting to be sent" not in words(window))
    assert TITLE not in words(window)
    window.sign_out()
    await until(lambda: sees(window, "Discard Message"))
    control(window, "Discard Message", Button).click()
    await until(lambda: TITLE in words(window))
    control(window, "Sign Out", Button).click()
    await until(lambda: bool(yes))
    await window.close_down()
    window.close()


async def test_the_window_goes_back_to_the_first_run(
    theme: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    home = Profile(tmp_path / "home")
    await create(home, ManualClock(NOW))
    unlocking = Unlocking(home, Keychain(lambda: None), CHEAP)
    await unlocking.create(KEY, identity.new_code(), Opener("passphrase", "four random words here"))
    shell = Shell(theme, WindowState())
    shell.show()
    program = Kingfisher(Options(home), theme, shell, key=KEY)
    running = asyncio.ensure_future(program.run())
    async with asyncio.timeout(30):
        await program.ready.wait()
    assert program.signed_in is not None
    program.signed_in.window.sign_out()
    await until(lambda: sees(shell, "Sign Out"))
    control(shell, "Sign Out", Button).click()
    await until(lambda: bool(shell.findChildren(FirstRun)) and not home.exists and sees(shell, "Get Started"))
    assert program.signed_in is None
    assert not home.store.exists()
    assert any("Kingfisher" in each.text() for each in shell.findChildren(QLabel))
    program.quit()
    assert await running == 0
    shell.close()
    QApplication.sendPostedEvents()
