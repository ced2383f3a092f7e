"""Somebody at the keyboard of the first window: walks by Tab, types, presses, and waits for what appears."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from tests.parts.window import control

PATIENCE = 20.0


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until it holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


class Hand:
    """At one window; everything is found by the name that is said aloud."""

    def __init__(self, window: QWidget) -> None:
        self.window = window

    @property
    def front(self) -> QWidget:
        pages = self.window.findChild(QStackedWidget)
        assert pages is not None
        found = pages.currentWidget()
        assert found is not None
        return found

    def focused(self) -> str:
        found = QApplication.focusWidget()
        return found.accessibleName() if found is not None else ""

    def walk(self) -> list[str]:
        """All that Tab reaches, from where the focus is, once around."""
        found = [self.focused()]
        while len(found) < 50:
            self.key(Qt.Key.Key_Tab)
            if self.focused() == found[0]:
                return found
            found.append(self.focused())
        raise AssertionError(f"Tab does not come around: {found}")

    def go_to(self, name: str) -> None:
        """Walk there by Tab."""
        for _ in range(30):
            if self.focused() == name:
                return
            self.key(Qt.Key.Key_Tab)
        raise AssertionError(f"{name} is not reached by keyboard; {self.walk()}")

    def key(self, key: Qt.Key) -> None:
        found = QApplication.focusWidget()
        assert found is not None, "nothing has the focus"
        QTest.keyClick(found, key)

    def press(self, name: str) -> None:
        """Walk to a button and press it."""
        self.go_to(name)
        self.key(Qt.Key.Key_Space)

    def type(self, name: str, text: str) -> None:
        """Walk to a field and fill it anew."""
        self.go_to(name)
        found = QApplication.focusWidget()
        assert found is not None
        QTest.keyClick(found, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(found, text)

    async def sees(self, title: str) -> None:
        """Wait for a page."""
        await until(lambda: self.window.isVisible() and self.front.accessibleName() == title)
        await until(lambda: QApplication.focusWidget() is not None)

    def says(self, text: str) -> bool:
        """Whether these words stand on the page, and the keyboard is there: a window gets it some turns later."""
        from PySide6.QtWidgets import QLabel

        if QApplication.focusWidget() is None:
            return False
        return any(label.isVisible() and text in label.text() for label in self.front.findChildren(QLabel))

    def enabled(self, name: str) -> bool:
        return control(self.front, name).isEnabled()
