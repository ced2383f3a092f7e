"""A window used as its user does, by what its controls are called: typing, pressing, reading what stands there."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QAccessible, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.demo.people import PATIENCE, Failed

W = TypeVar("W", bound=QWidget)
LOOK: Final = 0.02  # seconds between two looks


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something to be seen; raises Failed."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                if condition():
                    return
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise Failed(f"The window: {what} was not seen.") from None


async def control(root: QWidget, name: str) -> QWidget:
    """The control of that name, once it can be used."""
    found: list[QWidget] = []

    def there() -> bool:
        found[:] = [
            each
            for each in root.findChildren(QWidget)
            if each.accessibleName() == name and each.isVisible() and each.isEnabled()
        ]
        return bool(found)

    await until(there, f"“{name}”")
    return found[0]


async def write(root: QWidget, field: str, words: str) -> None:
    """Into the field of that name, key by key."""
    target = await control(root, field)
    target.setFocus(Qt.FocusReason.TabFocusReason)
    for letter in words:
        _key(target, 0, letter)
        await asyncio.sleep(0)


async def press_key(root: QWidget, field: str, key: Qt.Key) -> None:
    """One key, in the field of that name."""
    _key(await control(root, field), key, "")


async def press(root: QWidget, name: str) -> None:
    """The button of that name, with the pointer."""
    target = await control(root, name)
    middle = QPointF(target.rect().center())
    where = QPointF(target.mapToGlobal(target.rect().center()))
    for kind, held in (
        (QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
    ):
        event = QMouseEvent(kind, middle, where, Qt.MouseButton.LeftButton, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(target, event)
        await asyncio.sleep(0)


def _key(target: QWidget, key: int, text: str) -> None:
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))


def sentences(root: QWidget, name: str) -> list[str]:
    """What a screen reader is told of the items of that list."""
    for each in root.findChildren(QWidget):
        if each.accessibleName() == name and each.isVisible():
            found = QAccessible.queryAccessibleInterface(each)
            return [found.child(n).text(QAccessible.Text.Name) for n in range(found.childCount())]
    return []
