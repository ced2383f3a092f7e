"""The tray's icon says how things stand, and its menu does what it says."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QSystemTrayIcon

from app.ui.theme import Theme
from app.ui.tray import Tray


@pytest.fixture
def tray(theme: Theme) -> Iterator[Tray]:
    around = QObject()
    made = Tray(theme, "Alice & Co", around)
    yield made
    made.close()


def words(tray: Tray) -> list[str]:
    return [action.text() for action in tray.menu.actions() if action.text()]


def test_offline_comes_before_unread(tray: Tray) -> None:
    assert tray.state == "offline"
    tray.set_connected(True)
    assert tray.state == "normal"
    tray.set_unread(3)
    assert tray.state == "unread"
    tray.set_connected(False)
    assert tray.state == "offline"


def test_the_menu_tells_who_and_how_many(tray: Tray) -> None:
    tray.set_connected(True)
    tray.set_unread(3)
    assert words(tray)[:2] == ["Alice && Co — Connected", "Open Kingfisher (3)"]
    tray.set_unread(0)
    tray.set_connected(False)
    assert words(tray)[:2] == ["Alice && Co — Waiting for network…", "Open Kingfisher"]


def test_each_entry_says_what_was_chosen(tray: Tray) -> None:
    chosen: list[str] = []
    tray.opened.connect(lambda: chosen.append("open"))
    tray.compose.connect(lambda: chosen.append("compose"))
    tray.settings.connect(lambda: chosen.append("settings"))
    tray.muted.connect(lambda on: chosen.append(f"muted {on}"))
    tray.quit.connect(lambda: chosen.append("quit"))
    for action in tray.menu.actions():
        if action.isEnabled() and not action.isSeparator():
            action.trigger()
    tray.end_mute()
    assert chosen == ["open", "compose", "muted True", "settings", "quit", "muted False"]


def test_a_click_on_a_balloon_names_the_conversation_it_told_of(tray: Tray) -> None:
    clicked: list[bytes] = []
    tray.balloon_clicked.connect(clicked.append)
    (icon,) = tray.findChildren(QSystemTrayIcon)
    for conversation in (b"B" * 16, b"C" * 16):
        tray.balloon(conversation, "Bob", "hello")
        icon.messageClicked.emit()
    assert clicked == [b"B" * 16, b"C" * 16]
