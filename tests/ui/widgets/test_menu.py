"""Menus look like the program, and rings are for whoever walks with the keyboard: without a watch over all events."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.theme import Theme
from app.ui.widgets import menu as menus
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import Line


@pytest.fixture
def box(theme: Theme, qtbot: QtBot) -> QWidget:
    """A window in use with two buttons and a field."""
    made = QWidget()
    qtbot.addWidget(made)
    column = QVBoxLayout(made)
    for part in (Button(theme, "One"), Button(theme, "Two"), Line(theme, "Name", "", "body")):
        column.addWidget(part)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWindow() is not None)
    return made


def test_the_window_s_keys_show_the_rings_and_its_pointer_hides_them(box: QWidget, theme: Theme) -> None:
    told: list[bool] = []
    theme.walking.connect(lambda: told.append(theme.keyboard_focus))
    window = box.windowHandle()
    QTest.keyClick(window, Qt.Key.Key_A)
    QTest.keyClick(window, Qt.Key.Key_Tab)
    QTest.keyClick(window, Qt.Key.Key_Tab)
    assert told == [True]
    QTest.mouseClick(window, Qt.MouseButton.LeftButton)
    assert told == [True, False]


def test_a_second_window_is_heard_too(box: QWidget, theme: Theme, qtbot: QtBot) -> None:
    other = QWidget()
    qtbot.addWidget(other)
    QVBoxLayout(other).addWidget(Button(theme, "Three"))
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWindow() is other.windowHandle())
    QTest.keyClick(other.windowHandle(), Qt.Key.Key_Tab)
    assert theme.keyboard_focus
    other.close()
    QTest.mouseClick(box.windowHandle(), Qt.MouseButton.LeftButton)
    assert not theme.keyboard_focus


def test_the_menu_of_a_field_looks_like_the_others(box: QWidget, theme: Theme, qtbot: QtBot) -> None:
    line = box.findChild(Line)
    assert line is not None
    place = QPoint(3, 3)
    QApplication.sendEvent(line, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, line.mapToGlobal(place)))
    shown = QApplication.activePopupWidget()
    assert isinstance(shown, QMenu)
    own = menus.make(theme)
    assert shown.windowFlags() & Qt.WindowType.FramelessWindowHint
    assert shown.property("kingfisher") == own.property("kingfisher") is True
    assert [each.text() for each in shown.actions() if "Paste" in each.text()]
    shown.close()
