"""Dialogs over their window: they keep focus and keys, take every press, and give the focus back."""

import asyncio

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Question
from tests.parts.waiting import until
from tests.parts.window import control

ANSWERS = ((False, "Keep", "secondary"), (True, "Delete", "danger"))


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.addWidget(Button(theme, "Behind", "primary"))
    made.resize(700, 500)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    assert QTest.qWaitForWindowActive(made)
    control(made, "Behind").setFocus()
    return made


def question(theme: Theme, window: QWidget) -> Question:
    return Question(theme, "Delete it?", "This cannot be undone.", ANSWERS, window)


async def test_the_answer_is_awaited_and_the_focus_returns(theme: Theme, window: QWidget) -> None:
    asked = question(theme, window)
    waiting = asyncio.ensure_future(asked.shown())
    await asyncio.sleep(0)
    assert asked.isVisible() and asked.geometry().center() == window.rect().center()
    QTest.keyClick(control(asked, "Delete"), Qt.Key.Key_Return)
    assert await waiting is True
    assert window.focusWidget() is control(window, "Behind")


async def test_tab_stays_inside_and_escape_ends_it(theme: Theme, window: QWidget) -> None:
    asked = question(theme, window)
    waiting = asyncio.ensure_future(asked.shown())
    await asyncio.sleep(0)
    seen: list[str] = []
    for _ in range(4):
        focused = window.focusWidget()
        assert focused is not None and asked.isAncestorOf(focused)
        seen.append(focused.accessibleName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert seen == ["Keep", "Delete", "Keep", "Delete"]
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert await waiting is None


async def test_what_lies_behind_outlives_a_dialog_that_was_tabbed_through(theme: Theme, window: QWidget) -> None:
    """Python's side of it too: a bar of which nobody made a class was once taken along."""
    area = QScrollArea(window)
    bar = area.verticalScrollBar()
    asked = question(theme, window)
    waiting = asyncio.ensure_future(asked.shown())
    await asyncio.sleep(0)
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Backtab):
        QTest.keyClick(window.focusWidget(), key)
    asked.end()
    await waiting
    await until(lambda: not shiboken6.isValid(asked))
    assert shiboken6.isValid(bar) and bar.value() == 0


async def test_what_lies_behind_hears_neither_keys_nor_presses(qtbot: QtBot, theme: Theme, window: QWidget) -> None:
    heard: list[str] = []
    control(window, "Behind", Button).clicked.connect(lambda: heard.append("pressed"))
    QShortcut(QKeySequence("Ctrl+K"), window).activated.connect(lambda: heard.append("shortcut"))
    asked = question(theme, window)
    asked.open()
    behind = control(window, "Behind")
    under = window.childAt(behind.geometry().topLeft() + QPoint(6, 6))
    assert under is not None and under is not behind
    QTest.mouseClick(under, Qt.MouseButton.LeftButton)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert heard == []
    asked.reject()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert heard == ["shortcut"]


async def test_it_stays_in_the_middle_of_a_window_that_changes(theme: Theme, window: QWidget) -> None:
    asked = question(theme, window)
    asked.open()
    window.resize(420, 480)
    assert asked.geometry().center() == window.rect().center()
    assert window.rect().contains(asked.geometry())
    asked.reject()
