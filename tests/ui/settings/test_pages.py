"""What the pages do beside the declared fields: people, keys, export, the name, and the relay on this computer."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from app.client.hosting import bundled, program
from app.client.hosting.bundled import Hosting
from app.client.unlocking import Opener, Unlocking
from app.common import errors
from app.crypto import identity
from app.storage.keychain import Keychain
from app.ui.desk import Desk
from app.ui.settings.dialog import SettingsDialog
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.choices import Choice
from app.ui.widgets.fields import Line
from app.ui.widgets.switch import Switch
from tests.parts.people import CHEAP, MemoryKeychain
from tests.parts.window import KEY, Furniture, Said, control, furnish, furnished, person_of

PASSPHRASE = "the weir at dawn"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def words(root: QWidget) -> set[str]:
    return {each.text() for each in root.findChildren(QLabel) if each.isVisibleTo(root)}


@pytest_asyncio.fixture
async def ways(desk: Desk) -> Unlocking:
    """The profile's keys in a keychain."""
    system = MemoryKeychain()
    made = Unlocking(desk.messenger.home, Keychain(lambda: system), CHEAP)
    await made.create(KEY, identity.new_code(), Opener())
    return made


async def test_escape_closes_it_and_the_keyboard_is_back_where_it_was(desk: Desk) -> None:
    window = QWidget()
    button = QPushButton("Before", window)
    QVBoxLayout(window).addWidget(button)
    window.show()
    window.activateWindow()
    button.setFocus()
    dialog = SettingsDialog(desk, None, window)
    dialog.open("account")
    gone: list[bool] = []
    dialog.destroyed.connect(lambda: gone.append(True))
    assert dialog.page == "account"
    assert dialog.isModal()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert window.focusWidget() is button
    await until(lambda: bool(gone))
    window.close()


async def test_pages_are_chosen_by_mouse_and_arrows(desk: Desk) -> None:
    dialog = SettingsDialog(desk, None)
    dialog.open()
    QTest.mouseClick(control(dialog, "Account & Relay"), Qt.MouseButton.LeftButton)
    assert dialog.page == "account"
    control(dialog, "Account & Relay").setFocus()
    QTest.keyClick(control(dialog, "Account & Relay"), Qt.Key.Key_Up)
    assert dialog.page == "privacy"
    dialog.close()


async def test_a_narrow_dialog_shows_its_pages_as_icons(desk: Desk) -> None:
    dialog = SettingsDialog(desk, None)
    dialog.open()
    item = control(dialog, "General")
    wide = item.width()
    dialog.resize(400, 500)
    await until(lambda: item.width() < wide / 2)
    assert item.toolTip() == "General"
    dialog.close()


async def test_somebody_blocked_is_listed_and_can_be_taken_back(desk: Desk, said: Said) -> None:
    talk = desk.messenger.conversations
    for name in ("Sam Whitlock", "Jonas Lind"):
        await Furniture(desk.messenger).meet(name)
        await talk.block(person_of(name))
    dialog = SettingsDialog(desk, None)
    dialog.open("privacy")
    way = control(dialog, "Blocked people", IconButton)
    await until(lambda: way.accessibleDescription() == "2")
    way.click()
    assert dialog.page == "blocked"
    await until(lambda: {"Sam Whitlock", "Jonas Lind"} <= words(dialog))
    control(dialog, "Unblock Sam Whitlock", Button).click()
    await until(lambda: "Sam Whitlock" not in words(dialog))
    assert [each[0] for each in await talk.blocked()] == [person_of("Jonas Lind")]
    control(dialog, "Unblock Jonas Lind", Button).click()
    await until(lambda: "No blocked people." in words(dialog))
    assert len(said.lines) == 2
    control(dialog, "Back", IconButton).click()
    assert dialog.page == "privacy"
    await until(lambda: way.accessibleDescription() == "0")
    dialog.close()


async def test_keys_go_into_a_passphrase_and_back_into_the_keychain(desk: Desk, ways: Unlocking, said: Said) -> None:
    dialog = SettingsDialog(desk, None, unlocking=ways)
    dialog.open("privacy")
    change = control(dialog, "Change where keys are kept", Button)
    await until(lambda: "System keychain" in words(dialog))
    change.click()
    await until(lambda: bool(dialog.findChildren(Line)))
    control(dialog, "New passphrase", Line).setText(PASSPHRASE)
    control(dialog, "Repeat passphrase", Line).setText("another one")
    control(dialog, "Move Keys", Button).click()
    assert "The two passphrases are not the same." in words(dialog)
    control(dialog, "Repeat passphrase", Line).setText(PASSPHRASE)
    control(dialog, "Move Keys", Button).click()
    await until(lambda: len(said.lines) == 1)
    assert await ways.ways() == {"passphrase"}
    assert await ways.open(Opener("passphrase", PASSPHRASE)) == KEY
    await until(lambda: "Passphrase" in words(dialog) and not dialog.findChildren(Line))

    change.click()
    await until(lambda: bool(dialog.findChildren(Line)))
    assert control(dialog, "Keep keys in", Choice).value == "keychain"
    control(dialog, "Current passphrase", Line).setText("a wrong one")
    control(dialog, "Move Keys", Button).click()
    await until(lambda: "That is not the passphrase." in words(dialog))
    control(dialog, "Current passphrase", Line).setText(PASSPHRASE)
    QTest.keyClick(control(dialog, "Current passphrase", Line), Qt.Key.Key_Return)
    await until(lambda: len(said.lines) == 2)
    assert await ways.open(Opener()) == KEY
    with pytest.raises(errors.GiveUp, match="no_passphrase_slot"):
        await ways.open(Opener("passphrase", PASSPHRASE))
    dialog.close()


async def test_everything_is_exported_after_a_warning(desk: Desk, said: Said, ways: Unlocking, tmp_path: Path) -> None:
    await furnish(desk.messenger)
    dialog = SettingsDialog(desk, None, unlocking=ways)
    dialog.open("privacy")
    export = control(dialog, "Export all messages", Button)
    export.click()
    await until(lambda: "Export all messages?" in words(dialog))
    control(dialog, "Choose File…", Button).click()
    await until(lambda: bool(dialog.findChildren(QFileDialog)))
    [asked] = dialog.findChildren(QFileDialog)
    file = tmp_path / "all.jsonl"
    asked.fileSelected.emit(str(file))
    asked.reject()
    await until(lambda: bool(said.lines))
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert sum(line["type"] == "message" for line in lines) > 20
    assert export.isEnabled()
    dialog.close()


async def test_another_name(desk: Desk) -> None:
    dialog = SettingsDialog(desk, None)
    dialog.open("account")
    await until(lambda: "Noor Haddad" in words(dialog))
    control(dialog, "Edit name", Button).click()
    await until(lambda: bool(dialog.findChildren(Line)))
    line = control(dialog, "Name", Line)
    assert line.selectedText() == "Noor Haddad"
    line.setText(" ")
    control(dialog, "Save", Button).click()
    await until(lambda: "A name needs at least one letter." in words(dialog))
    line.setText("Noor of Bath")
    QTest.keyClick(line, Qt.Key.Key_Return)
    await until(lambda: desk.messenger.me.name == "Noor of Bath")
    await until(lambda: "Noor of Bath" in words(dialog))
    dialog.close()


async def nowhere(_: bytes) -> Sequence[str]:
    """A local network on which no relay says where it is; asking a real one takes seconds."""
    return ()


async def test_the_account_page_is_honest_about_address_and_relay(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.messenger.connection, "_discover", nowhere)
    dialog = SettingsDialog(desk, None)
    dialog.open("account")
    await until(lambda: "Not connected" in words(dialog))
    assert {"noor@example.com", "This address was not checked by the relay.", "Only this computer"} <= words(dialog)
    assert "Host here" not in words(dialog)
    control(dialog, "Retry Now", Button).click()
    await until(lambda: "Can’t reach the relay. Check the network and try again." in words(dialog))
    dialog.close()


@pytest_asyncio.fixture
async def desk(tmp_path: Path, theme: Theme, said: Said) -> AsyncGenerator[Desk]:
    """Over an empty store; what a page shows of people and messages is put there by its test."""
    async with furnished(tmp_path / "noor", theme, said, empty=True) as made:
        yield made


async def without_systemd(command: Sequence[str]) -> program.Answer:
    """A computer where no systemd answers; everything else really runs."""
    if command[0] in ("systemctl", "loginctl"):
        return program.Answer(1, "", "Failed to connect to bus")
    return await program.run(command)


@pytest_asyncio.fixture
async def hosting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Hosting]:
    """A real relay that ends with the test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("KINGFISHER_RELAY_ANNOUNCE", "false")
    yield Hosting(run=without_systemd)
    await program.run((*program.words(), "stop", "--data", str(bundled.default_folder())))


@pytest.mark.long
async def test_a_relay_is_started_shown_and_stopped_here(desk: Desk, hosting: Hosting, said: Said) -> None:
    dialog = SettingsDialog(desk, hosting)
    dialog.open("account")
    control(dialog, "Set up a relay here", Button).click()
    assert dialog.page == "hosting"
    await until(lambda: "No relay here yet" in words(dialog) and control(dialog, "Start Hosting").isEnabled())
    control(dialog, "Start Hosting", Button).click()
    await until(lambda: control(dialog, "Invite link", Line).text() != "" and control(dialog, "New Link").isEnabled())
    assert "Relay running" in words(dialog)
    state = await hosting.state()
    assert state.address in words(dialog)
    assert state.starts_with_computer and state.at_log_in
    assert "It starts when you log in; until then, messages wait" in words(dialog)
    first = control(dialog, "Invite link", Line).text()
    control(dialog, "Copy Link", Button).click()
    assert QGuiApplication.clipboard().text() == first
    assert control(dialog, "Invite link as a code").accessibleDescription() == first
    control(dialog, "Copy address", Button).click()
    assert QGuiApplication.clipboard().text() == state.address
    control(dialog, "New Link", Button).click()
    await until(lambda: control(dialog, "Invite link", Line).text() != first)
    await until(control(dialog, "New Link").isEnabled)
    control(dialog, "Start with this computer", Switch).click()
    await until(control(dialog, "Start with this computer").isEnabled)
    assert not (await hosting.state()).starts_with_computer
    await until(lambda: "While it’s off or asleep, messages wait" in words(dialog))
    control(dialog, "People", IconButton).click()
    assert dialog.page == "people"
    control(dialog, "Back", IconButton).click()
    assert dialog.page == "hosting"
    await until(control(dialog, "Stop Hosting…").isEnabled)
    control(dialog, "Stop Hosting…", Button).click()
    await until(lambda: "Stop hosting?" in words(dialog))
    control(dialog, "Stop Hosting", Button).click()
    await until(lambda: "Relay stopped" in words(dialog))
    assert not (await hosting.state()).running
    dialog.close()
