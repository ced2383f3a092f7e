"""The toast: keys reach what it offers, it stays while somebody is on it, and the keyboard goes back."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.common import errors
from app.ui.composer.field import MessageField
from app.ui.desk import Desk
from app.ui.settings.dialog import SettingsDialog
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Question, Toast
from tests.parts.waiting import until
from tests.parts.window import Said, control


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.addWidget(MessageField(theme))
    column.addWidget(Button(theme, "Other"))
    made.resize(700, 500)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    assert QTest.qWaitForWindowActive(made)
    control(made, "Message").setFocus()
    return made


def press(window: QWidget, key: Qt.Key) -> None:
    QTest.keyClick(window.windowHandle(), key)


def test_f6_and_enter_undo_and_give_the_keyboard_back(theme: Theme, window: QWidget) -> None:
    panes: list[str] = []
    QShortcut(QKeySequence("F6"), window).activated.connect(lambda: panes.append("next"))
    undone: list[str] = []
    toast = Toast(theme, window)
    press(window, Qt.Key.Key_F6)
    assert panes == ["next"]
    toast.say("Message deleted", "Undo", lambda: undone.append("undone"))
    press(window, Qt.Key.Key_F6)
    assert control(toast, "Undo", Button).hasFocus() and theme.keyboard_focus
    press(window, Qt.Key.Key_Return)
    assert undone == ["undone"] and not toast.isVisible()
    assert control(window, "Message").hasFocus()
    press(window, Qt.Key.Key_F6)
    assert panes == ["next", "next"]


def test_f6_goes_on_from_it_and_escape_ends_it(theme: Theme, window: QWidget) -> None:
    panes: list[str] = []
    QShortcut(QKeySequence("F6"), window).activated.connect(lambda: panes.append("next"))
    toast = Toast(theme, window)
    toast.say("Link copied")
    press(window, Qt.Key.Key_F6)
    assert panes == ["next"]  # there is nothing to reach
    toast.say("Message deleted", "Undo", lambda: None)
    press(window, Qt.Key.Key_F6)
    press(window, Qt.Key.Key_F6)
    assert panes == ["next", "next"]
    press(window, Qt.Key.Key_Escape)
    assert not toast.isVisible() and control(window, "Message").hasFocus()


def test_it_stays_while_the_keyboard_is_on_it(theme: Theme, window: QWidget) -> None:
    toast = Toast(theme, window)
    toast.say("Message deleted", "Undo", lambda: None)
    press(window, Qt.Key.Key_F6)
    toast._timer.timeout.emit()
    assert toast.isVisible()
    toast._timer.stop()
    control(window, "Other", Button).setFocus()
    assert toast._timer.isActive()  # its time begins anew
    toast._timer.timeout.emit()
    assert not toast.isVisible()


def test_it_stays_while_the_pointer_is_on_it(theme: Theme, window: QWidget) -> None:
    toast = Toast(theme, window)
    toast.say("Message deleted", "Undo", lambda: None)
    at = QPointF(toast.rect().center())
    QGuiApplication.sendEvent(toast, QEnterEvent(at, at, QPointF(toast.mapToGlobal(QPoint()))))
    toast.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    toast._timer.timeout.emit()
    assert toast.isVisible()
    toast._timer.stop()
    toast.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QGuiApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    assert toast._timer.isActive()
    toast._timer.timeout.emit()
    assert not toast.isVisible()


def test_a_code_without_a_cause_can_be_copied(desk: Desk) -> None:
    said = desk.say
    assert isinstance(said, Said)
    desk.fail(errors.Broken("stale_state", "pair 3"))
    desk.fail(errors.Untrusted("bad_chain"))
    desk.fail(errors.AgainLater("offline"))
    assert said.lines == [
        ("Kingfisher made a mistake. Nothing is lost; try again.", "Copy Details"),
        ("What came from the relay can’t be trusted, so it wasn’t used. Tell whoever runs it.", "Copy Details"),
        ("You’re offline. Check the network and try again.", ""),
    ]


def test_details_are_copied_from_the_toast(desk: Desk, theme: Theme, window: QWidget) -> None:
    toast = Toast(theme, window)
    told = Desk(desk.messenger, theme, desk.bridge, toast.say, desk.clock, desk.zone)
    told.fail(errors.Broken("stale_state", "pair 3"))
    press(window, Qt.Key.Key_F6)
    press(window, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().text() == "stale_state: pair 3"


def over(toast: Toast) -> bool:
    """Whether a press in its middle meets it."""
    root = toast.window()
    found = root.childAt(toast.geometry().center())
    return toast.isVisible() and (found is toast or toast.isAncestorOf(found))


async def test_what_is_said_under_the_settings_stands_over_them(desk: Desk, theme: Theme, window: QWidget) -> None:
    toast = Toast(theme, window)
    told = Desk(desk.messenger, theme, desk.bridge, toast.say, desk.clock, desk.zone)
    settings = SettingsDialog(told, None, window)
    settings.open("general")
    settings.activateWindow()
    assert QTest.qWaitForWindowActive(settings)
    kept = settings.focusWidget()
    told.fail(errors.Broken("stale_state", "pair 3"))
    words = "Kingfisher made a mistake. Nothing is lost; try again."
    assert control(settings, words) is toast and over(toast)
    assert settings.rect().contains(toast.geometry())
    assert control(settings, "Copy Details", Button).isVisible()
    press(settings, Qt.Key.Key_F6)
    press(settings, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().text() == "stale_state: pair 3"
    assert settings.isVisible() and settings.focusWidget() is kept

    undone: list[str] = []
    told.say("Link copied", "Undo", lambda: undone.append("undone"))
    QTest.mouseClick(control(settings, "Undo", Button), Qt.MouseButton.LeftButton)
    assert undone == ["undone"]
    settings.close()
    told.say("Message deleted")
    assert control(window, "Message deleted") is toast and over(toast)


async def test_it_outlives_the_settings_over_which_it_was_said(desk: Desk, theme: Theme, window: QWidget) -> None:
    toast = Toast(theme, window)
    settings = SettingsDialog(desk, None, window)
    settings.open("general")
    gone: list[bool] = []
    settings.destroyed.connect(lambda: gone.append(True))
    toast.say("Keys moved")
    assert control(settings, "Keys moved") is toast
    settings.close()
    await until(lambda: bool(gone))
    assert control(window, "Keys moved") is toast and over(toast)


async def test_it_stands_in_the_settings_under_a_dialog_of_the_system(
    desk: Desk, theme: Theme, window: QWidget
) -> None:
    toast = Toast(theme, window)
    settings = SettingsDialog(desk, None, window)
    settings.open("general")
    asked = QFileDialog(settings)
    asked.setOption(QFileDialog.Option.DontUseNativeDialog)
    asked.open()
    toast.say("Exported 3 messages")
    assert control(settings, "Exported 3 messages") is toast
    asked.close()
    settings.close()


async def test_its_action_is_reached_from_a_dialog_inside_the_window(theme: Theme, window: QWidget) -> None:
    """And the keyboard goes back into the dialog, never behind it."""
    done: list[str] = []
    toast = Toast(theme, window)
    asked = Question(theme, "Delete it?", "", ((False, "Keep", "secondary"),), window)
    asked.open()
    for leave in (Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Return):
        toast.say("That did not work", "Copy Details", lambda: done.append("copied"))
        assert over(toast)
        press(window, Qt.Key.Key_F6)
        assert control(toast, "Copy Details", Button).hasFocus()
        press(window, leave)
        assert control(asked, "Keep", Button).hasFocus() and asked.isVisible()
    assert done == ["copied"]
    asked.reject()
