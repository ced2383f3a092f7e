"""The keyboard in the conversation: by message, selecting, copying, acting."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.ui.conversation import selection as selections
from app.ui.conversation.row import Row
from app.ui.conversation.scene import Scene
from app.ui.conversation.selection import Place, Selection

Act = Callable[[Row, str], None]

_SIDEWAYS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_LETTERS: Final = {Qt.Key.Key_R: "reply", Qt.Key.Key_Return: "press", Qt.Key.Key_Enter: "press"}
ACTS: Final = {**_LETTERS, Qt.Key.Key_Space: "press", Qt.Key.Key_Delete: "delete", Qt.Key.Key_Menu: "menu"}


class Keys:
    """Moves the focus and the selection of a scene; what is more than that goes to ``act``."""

    def __init__(self, scene: Scene, act: Act, ends: Callable[[bool], None], page: Callable[[int], None]) -> None:
        """``ends`` jumps to the newest (True) or oldest message, ``page`` scrolls by screens."""
        self._scene = scene
        self._act = act
        self._ends = ends
        self._page = page

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key meant something here."""
        if event.matches(QKeySequence.StandardKey.Copy):
            row = self._scene.current_row()
            return self._copy(row)
        if event.matches(QKeySequence.StandardKey.SelectAll):
            return self._select_all()
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
        control = bool(held & Qt.KeyboardModifier.ControlModifier)
        if held & Qt.KeyboardModifier.AltModifier or held & Qt.KeyboardModifier.MetaModifier:
            return False
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not control:
            step = 1 if key is Qt.Key.Key_Down else -1
            return self._extend_rows(step) if shift else self.move(step)
        if key in _SIDEWAYS and shift:
            return self._extend(_SIDEWAYS[key], word=control)
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End) and not shift:
            self._ends(key is Qt.Key.Key_End)
            return True
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._page(1 if key is Qt.Key.Key_PageDown else -1)
            return True
        if key is Qt.Key.Key_Escape and self._scene.selection is not None:
            self._scene.select(None)
            return True
        if key is Qt.Key.Key_F10 and shift:
            return self._do("menu")
        return self._do(ACTS[key]) if key in ACTS and not held else False

    def _do(self, act: str) -> bool:
        row = self._scene.current_row()
        if row is None:
            return False
        self._act(row, act)
        return True

    def _copy(self, row: Row | None) -> bool:
        if self._scene.selection is None and row is None:
            return False
        self._act(row or self._scene.window.rows[-1], "copy")
        return True

    def _select_all(self) -> bool:
        rows = self._scene.window.rows
        if not rows:
            return False
        self._scene.select(Selection(Place(rows[0].key, 0), Place(rows[-1].key, selections.size(rows[-1]))))
        return True

    def move(self, step: int) -> bool:
        """The focus goes to the next message, or the one before; the first time to the last on the screen."""
        scene = self._scene
        at = scene.window.index(scene.current)
        if at < 0:
            if not scene.shown:
                return False
            at = scene.shown[-1].index - step
        at = max(0, min(len(scene.window) - 1, at + step))
        scene.select(None)
        scene.focus(scene.window.rows[at].key)
        scene.reveal(scene.current)
        return True

    def _begun(self) -> Selection | None:
        """What is selected, or nothing yet at the beginning of the message in focus."""
        row = self._scene.current_row()
        if self._scene.selection is not None:
            return self._scene.selection
        return Selection(Place(row.key, 0), Place(row.key, 0)) if row is not None else None

    def _extend(self, step: int, *, word: bool) -> bool:
        begun = self._begun()
        row = self._scene.window.get(begun.head.key) if begun is not None else None
        if begun is None or row is None:
            return False
        row.lay(self._scene.column)
        if row.laid is None:
            return True
        visual = -step if row.laid.right_to_left else step
        at = row.laid.step(begun.head.at, visual, word=word)
        self._scene.select(Selection(begun.start, Place(row.key, at)))
        return True

    def _extend_rows(self, step: int) -> bool:
        """To the end (or beginning) of this message, then of the next one."""
        scene, begun = self._scene, self._begun()
        at = scene.window.index(begun.head.key) if begun is not None else -1
        if begun is None or at < 0:
            return False
        row = scene.window.rows[at]
        edge = selections.size(row) if step > 0 else 0
        if begun.head.at == edge and 0 <= at + step < len(scene.window):
            row = scene.window.rows[at + step]
            edge = selections.size(row) if step > 0 else 0
        scene.select(Selection(begun.start, Place(row.key, edge)))
        scene.focus(row.key)
        scene.reveal(row.key)
        return True
