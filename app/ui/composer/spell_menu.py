"""The menu of the field: what may have been meant, one's own word for the dictionary, and what every field offers."""

from PySide6.QtCore import QCoreApplication, QObject, QPoint
from PySide6.QtGui import QAction, QTextCursor
from PySide6.QtWidgets import QMenu

from app.ui.bridge import Bridge
from app.ui.composer import spelling
from app.ui.composer.field import MessageField
from app.ui.composer.spelling import Spelling
from app.ui.theme import Theme
from app.ui.widgets import menu as menus


class SpellMenu(QObject):
    """Opens where it is asked for, once the suggestions are there."""

    def __init__(self, theme: Theme, bridge: Bridge, field: MessageField, words: Spelling) -> None:
        super().__init__(field)
        self._theme, self._bridge, self._field, self._spelling = theme, bridge, field, words
        field.asked.connect(self._asked)

    def _asked(self, place: object) -> None:
        if isinstance(place, QPoint):
            self._bridge.spawn(self, self._open(place), name="menu")

    async def _open(self, place: QPoint) -> None:
        cursor = self._word(place)
        word = cursor.selectedText()
        wrong = bool(word) and not self._spelling.right(word)
        meant = await self._spelling.suggest(word) if wrong else ()
        menu = menus.dress(self._theme, self._field.createStandardContextMenu())
        if wrong:
            self._add(menu, word, cursor, meant)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _word(self, place: QPoint) -> QTextCursor:
        """The word under the pointer, selected in a cursor of its own."""
        cursor = self._field.cursorForPosition(self._field.viewport().mapFromGlobal(place))
        block = cursor.block()
        before = block.text().encode("utf-16-le")[: 2 * cursor.positionInBlock()].decode("utf-16-le", "ignore")
        start, word = spelling.word_at(block.text(), len(before))
        first = len(block.text()[:start].encode("utf-16-le")) // 2
        cursor.setPosition(block.position() + first)
        cursor.setPosition(
            block.position() + first + len(word.encode("utf-16-le")) // 2, QTextCursor.MoveMode.KeepAnchor
        )
        return cursor

    def _add(self, menu: QMenu, word: str, cursor: QTextCursor, meant: tuple[str, ...]) -> None:
        first = menu.actions()[0]
        for each in meant:
            action = QAction(each, menu)
            action.triggered.connect(lambda _=False, each=each: cursor.insertText(each))
            menu.insertAction(first, action)
        if not meant:
            nothing = QAction(_tr("No Suggestions"), menu)
            nothing.setEnabled(False)
            menu.insertAction(first, nothing)
        add = QAction(_tr("Add to Dictionary"), menu)
        add.triggered.connect(lambda _=False: self._spelling.add(word))
        menu.insertAction(first, add)
        menu.insertSeparator(first)


def _tr(text: str) -> str:
    return QCoreApplication.translate("composer", text)
