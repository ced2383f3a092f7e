"""The dialog of shortcuts: everything that works is in it, and nothing else."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.ui.conversation import keys as in_conversation
from app.ui.desk import Desk
from app.ui.main_window import MainWindow
from app.ui.shortcuts import ELSEWHERE, TABLE, ShortcutsDialog, native
from app.ui.theme import Theme
from app.ui.window_state import WindowState


def told(dialog: ShortcutsDialog) -> dict[str, str]:
    """Keys by what is said of them."""
    area = dialog.findChild(QScrollArea)
    assert isinstance(area, QScrollArea)
    labels = [each.text() for each in area.findChildren(QLabel)]
    return dict(zip(labels[0::2], labels[1::2], strict=True))


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1120, 760)
    made.show()
    return made


async def test_the_window_installs_what_the_dialog_says(desk: Desk) -> None:
    window = MainWindow(desk, None, WindowState())
    installed = {each.key().toString() for each in window.findChildren(QShortcut)}
    named = {keys for each in TABLE for keys in each.keys} | {f"Ctrl+{number}" for number in range(1, 10)}
    assert installed == {QKeySequence(each).toString() for each in named}
    shown = told(ShortcutsDialog(desk.theme, window))
    for each in TABLE:
        assert shown[each.words] == "  ".join(native(keys) for keys in each.keys)
    for keys, words in ELSEWHERE:
        assert shown[words] == "  ".join(native(key) for key in keys)
    assert len(shown) == len(TABLE) + len(ELSEWHERE)
    await window.close_down()
    window.close()


def test_every_key_of_a_message_is_in_it(theme: Theme, host: QWidget) -> None:
    shown = {key for keys in told(ShortcutsDialog(theme, host)).values() for key in keys.split("  ")}
    acting = {QKeySequence(each).toString(QKeySequence.SequenceFormat.NativeText) for each in in_conversation.ACTS}
    acting -= {QKeySequence(Qt.Key.Key_Enter).toString(QKeySequence.SequenceFormat.NativeText)}  # the other Return
    assert acting | {native("Shift+F10")} <= shown


@pytest.mark.parametrize("size", [100, 200])
@pytest.mark.parametrize(("width", "height"), [(1120, 760), (360, 480)])
def test_nothing_of_it_is_out_of_reach(theme: Theme, host: QWidget, size: int, width: int, height: int) -> None:
    theme.apply(mode="light", text_size=size, contrast="off", motion="on")
    host.resize(width, height)
    dialog = ShortcutsDialog(theme, host)
    dialog.open()
    QApplication.processEvents()  # its layouts
    area = dialog.findChild(QScrollArea)
    assert isinstance(area, QScrollArea)
    body = area.widget()
    assert body is not None and host.rect().contains(dialog.geometry())
    for label in body.findChildren(QLabel):
        assert label.width() >= label.sizeHint().width() and label.height() >= label.sizeHint().height()
    for bar, inside, room in (
        (area.verticalScrollBar(), body.height(), area.viewport().height()),
        (area.horizontalScrollBar(), body.width(), area.viewport().width()),
    ):
        assert bar.maximum() == max(0, inside - room)
    dialog.close()
