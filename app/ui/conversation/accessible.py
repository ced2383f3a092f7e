"""The conversation for screen readers: a list, each message one item whose name is the whole sentence.

Interfaces live as long as the QObject they belong to, so each message that was asked for gets a light one.
"""

from typing import Any, Protocol

import shiboken6
from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleEvent,
    QAccessibleInterface,
    QAccessibleObject,
    QAccessibleTextInterface,
)
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QAccessibleWidget

from app.domain import message as rules
from app.domain.bearer import Bearer
from app.domain.delivery import Status
from app.ui.conversation.row import Row
from app.ui.conversation.scene import Scene
from app.ui.conversation.status import ELSEWHERE, elsewhere, may_retry
from app.ui.widgets import aloud

_NONE = shiboken6.VoidPtr(0)


class Act(Protocol):
    """Does to a row what an action says."""

    def __call__(self, row: Row, act: str, /) -> None: ...


class Message(QObject):
    """Stands for one message while it is in the window."""

    def __init__(self, readers: "Readers", key: int) -> None:
        super().__init__(readers)
        self.readers = readers
        self.key = key
        self.interfaces: list[MessageInterface] = []

    @property
    def row(self) -> Row | None:
        return self.readers.scene.window.get(self.key)


class Readers(QObject):
    """What a view tells to screen readers; costs nothing as long as nobody listens."""

    def __init__(self, view: QAbstractScrollArea, scene: Scene, act: Act, button: QAbstractButton) -> None:
        super().__init__(view)
        self.view = view
        self.scene = scene
        self.act = act
        self.button = button
        self.interfaces: list[ListInterface] = []
        self._messages: dict[int, Message] = {}
        place = shiboken6.getCppPointer(view)[0]
        _views[place] = self

        def gone(*_: object) -> None:
            _views.pop(place, None)

        view.destroyed.connect(gone)
        if not _installed:
            QAccessible.installFactory(_interface)
            _installed.append(True)

    def message(self, key: int) -> Message:
        """The object of a row, made when it is asked for."""
        found = self._messages.get(key)
        if found is None:
            found = self._messages[key] = Message(self, key)
        return found

    def drop(self, keys: frozenset[int]) -> None:
        """These are in the window no more."""
        for key in keys:
            found = self._messages.pop(key, None)
            if found is not None:
                found.deleteLater()

    def came(self, rows: tuple[Row, ...]) -> None:
        """New messages at the end: said politely, the last one only."""
        if not QAccessible.isActive() or not rows:
            return
        for row in rows:
            QAccessible.updateAccessibility(QAccessibleEvent(self.message(row.key), QAccessible.Event.ObjectCreated))
        self.say(self.scene.wording.sentence(rows[-1].item, rows[-1].place.line))

    def say(self, words: str) -> None:
        """Announce something when there is a moment."""
        aloud.say(self.view, words)

    def focused(self, key: int) -> None:
        """Another message has the keyboard."""
        if QAccessible.isActive() and key:
            QAccessible.updateAccessibility(QAccessibleEvent(self.message(key), QAccessible.Event.Focus))

    def area(self, key: int) -> QRect:
        """Where a message is on the computer's screen; outside of the viewport an estimate above or below."""
        found = self.scene.area(key)
        if found.isEmpty():
            at, shown = self.scene.window.index(key), self.scene.shown
            above = bool(shown) and at < shown[0].index
            found = QRect(0, -100 if above else self.scene.height + 64, self.scene.width, 36)
        return QRect(self.view.viewport().mapToGlobal(found.topLeft()), found.size())


_views: dict[int, Readers] = {}
_installed: list[bool] = []


def _interface(key: str, thing: QObject | None) -> QAccessibleInterface | None:
    """A new one each time: Qt asks again when the object's class has grown a slot, and frees each it was given."""
    if isinstance(thing, Message):
        made = MessageInterface(thing)
        thing.interfaces.append(made)
        return made
    if isinstance(thing, QAbstractScrollArea):
        readers = _views.get(shiboken6.getCppPointer(thing)[0])
        if readers is not None:
            made = ListInterface(readers)
            readers.interfaces.append(made)
            return made
    return None


class ListInterface(QAccessibleWidget):
    """The list: the window's messages, and the button to its end while that is there."""

    def __init__(self, readers: Readers) -> None:
        super().__init__(readers.view, QAccessible.Role.List)
        self._readers = readers

    def childCount(self) -> int:
        return len(self._readers.scene.window) + (1 if self._readers.button.isVisible() else 0)

    def child(self, index: int) -> Any:
        rows = self._readers.scene.window.rows
        if 0 <= index < len(rows):
            return QAccessible.queryAccessibleInterface(self._readers.message(rows[index].key))
        if index == len(rows) and self._readers.button.isVisible():
            return QAccessible.queryAccessibleInterface(self._readers.button)
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        thing = child.object()
        if isinstance(thing, Message):
            return self._readers.scene.window.index(thing.key)
        return len(self._readers.scene.window) if thing is self._readers.button else -1

    def childAt(self, x: int, y: int) -> Any:
        button = self._readers.button
        if button.isVisible() and QRect(button.mapToGlobal(QPoint(0, 0)), button.size()).contains(x, y):
            return QAccessible.queryAccessibleInterface(button)
        shown = self._readers.scene.at(self._readers.view.viewport().mapFromGlobal(QPoint(x, y)))
        if shown is None:
            return None
        return QAccessible.queryAccessibleInterface(self._readers.message(shown.row.key))

    def focusChild(self) -> Any:
        current = self._readers.scene.current
        if not current or not self._readers.view.hasFocus():
            return None
        return QAccessible.queryAccessibleInterface(self._readers.message(current))


class MessageInterface(QAccessibleObject):
    """One message."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self._message = message
        self._words = MessageWords(message)
        self._actions = MessageActions(message)

    def parent(self) -> Any:
        return QAccessible.queryAccessibleInterface(self._message.readers.view)

    def childCount(self) -> int:
        return 0

    def child(self, index: int) -> Any:
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def isValid(self) -> bool:
        return self._message.row is not None

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def text(self, kind: QAccessible.Text) -> str:
        row = self._message.row
        if row is None:
            return ""
        if kind is QAccessible.Text.Name:
            return self._message.readers.scene.wording.sentence(row.item, row.place.line)
        if kind is QAccessible.Text.Identifier:
            return row.item.shown.message.id.hex()
        return ""

    def state(self) -> QAccessible.State:
        state, scene = QAccessible.State(), self._message.readers.scene
        state.focusable = True
        state.readOnly = True
        state.selectableText = True
        state.focused = scene.current == self._message.key and self._message.readers.view.hasFocus()
        state.offscreen = scene.area(self._message.key).isEmpty()
        state.invalid = self._message.row is None
        return state

    def rect(self) -> QRect:
        return self._message.readers.area(self._message.key)

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        # Anything but a VoidPtr here is a segmentation fault.
        if kind is QAccessible.InterfaceType.TextInterface:
            return shiboken6.VoidPtr(shiboken6.getCppPointer(self._words)[0])
        if kind is QAccessible.InterfaceType.ActionInterface:
            return shiboken6.VoidPtr(shiboken6.getCppPointer(self._actions)[0])
        return _NONE


class MessageActions(QAccessibleActionInterface):
    """What can be done to a message, under the names of its menu."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self._message = message

    def _offered(self) -> dict[str, str]:
        row = self._message.row
        if row is None:
            return {}
        return offered(row, self._message.readers.scene.wording.now)

    def actionNames(self) -> list[str]:
        return [*self._offered(), QAccessibleActionInterface.setFocusAction()]

    def localizedActionName(self, name: str) -> str:
        return name

    def doAction(self, name: str) -> None:
        row, act = self._message.row, self._offered().get(name)
        if row is None:
            return
        if act is not None:
            self._message.readers.act(row, act)
        elif name == QAccessibleActionInterface.setFocusAction():
            scene = self._message.readers.scene
            self._message.readers.view.setFocus()
            scene.focus(row.key)
            scene.reveal(row.key)

    def keyBindingsForAction(self, name: str) -> list[str]:
        return {"Reply": ["R"], "Copy": ["Ctrl+C"]}.get(name, [])


def asked(row: Row) -> str:
    """The question whose answer is why a message went as it did."""
    sent = row.item.shown.message
    if sent.bearer is Bearer.TEXT:
        return "Why Green?"
    decided = not sent.outgoing or sent.status not in (None, Status.QUEUED, Status.FAILED)
    return "Why Blue?" if decided else "How This Went"


def offered(row: Row, now: int) -> dict[str, str]:
    """Names of what can be done to a message, in the order of its menu, and the act each stands for."""
    acts: dict[str, str] = {}
    line, shown = row.place.line, row.item.shown
    if not row.item.record.pending and (line is None or not line.failed):
        if rules.may_edit(shown, now):
            acts["Edit"] = "edit"
        if rules.may_retract(shown, now):
            acts["Undo Send"] = "unsend"
    if shown.content is not None:
        acts |= {"Reply": "reply", "Copy": "copy"}
        if shown.content.piece() is not None:
            acts["Save As…"] = "save"
    acts["Details"] = "details"
    acts[asked(row)] = "why"
    failed = line is not None and line.failed
    if (failed or row.item.record.undelivered) and may_retry(row.item):
        acts["Retry"] = "retry"
    if row.item.record.as_text:
        acts["Send as Text Message"] = "as_text"
    if failed and (other := elsewhere(row.item)) is not None:
        acts[ELSEWHERE[other]] = other.value
    if failed or (shown.content is not None and shown.message.status is Status.QUEUED):
        acts["Delete"] = "delete"
    return acts


class MessageWords(QAccessibleTextInterface):
    """The words of a message; there is no caret and no selection to tell."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self._message = message

    def _all(self) -> str:
        row = self._message.row
        return row.item.record.words if row is not None else ""

    def characterCount(self) -> int:
        return len(self._all())

    def text(self, start: int, end: int) -> str:
        words = self._all()
        return words[max(0, start) : len(words) if end < 0 else end]

    def selectionCount(self) -> int:
        return 0

    def addSelection(self, start: int, end: int) -> None:
        return

    def removeSelection(self, index: int) -> None:
        return

    def setSelection(self, index: int, start: int, end: int) -> None:
        return

    def cursorPosition(self) -> int:
        return 0

    def setCursorPosition(self, position: int) -> None:
        return

    def characterRect(self, offset: int) -> QRect:
        row, readers = self._message.row, self._message.readers
        area = readers.scene.area(self._message.key)
        if row is None or row.laid is None or area.isEmpty():
            return QRect()
        found = row.laid.area(offset).translated(area.topLeft() + row.words_at - row.bubble.topLeft())
        return QRect(readers.view.viewport().mapToGlobal(found.topLeft()), found.size())

    def offsetAtPoint(self, point: QPoint) -> int:
        row, readers = self._message.row, self._message.readers
        area = readers.scene.area(self._message.key)
        if row is None or row.laid is None or area.isEmpty():
            return 0
        inside = readers.view.viewport().mapFromGlobal(point) - area.topLeft() - row.words_at + row.bubble.topLeft()
        return row.laid.place(inside)

    def scrollToSubstring(self, start: int, end: int) -> None:
        self._message.readers.scene.reveal(self._message.key)
