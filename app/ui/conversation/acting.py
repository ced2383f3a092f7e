"""What is done to messages from the view: the menu, copying, links, more of a long message, and what others do."""

from collections.abc import Callable
from typing import Final

import msgspec
from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction, QClipboard, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractScrollArea

from app.domain import message
from app.ui.content.base import Hit
from app.ui.conversation import accessible
from app.ui.conversation.motion import Motion
from app.ui.conversation.row import Row
from app.ui.conversation.scene import Scene
from app.ui.widgets import menu as menus

OPEN: Final = "open"  # the act of showing what is beside a message

_ICONS: Final = {
    "edit": "edit",
    "unsend": "unsend",
    "reply": "reply",
    "copy": "copy",
    "link": "link",
    "details": "info",
    "why": "help",
    "retry": "retry",
    "as_text": "sms",
    "invite": "user-plus",
    "plan": "settings",
    "settings": "settings",
    "new_conversation": "compose",
    "verify": "shield",
    "delete": "trash",
    "save": "download",
}
_REMEDIES: Final = ("retry", "as_text", "invite", "plan", "settings", "new_conversation", "verify", "delete")
_KEYS: Final = {"reply": "R", "copy": "Ctrl+C", "delete": "Del"}  # as app.ui.conversation.keys has them


class Out(msgspec.Struct, frozen=True):
    """Where it goes: an Item to answer, rows, addresses, and the row of a quoted message to show."""

    reply: Callable[[object], None]
    details: Callable[[int], None]
    act: Callable[[int, str], None]
    link: Callable[[str], None]
    go_to: Callable[[int], None]


class Acting(QObject):
    """Does what is meant by pressing something; what needs the client goes out by the view's signals."""

    def __init__(self, view: QAbstractScrollArea, out: Out, scene: Scene, motion: Motion) -> None:
        super().__init__(view)
        self._view = view
        self._out = out
        self._scene = scene
        self._motion = motion

    def use(self, row: Row, target: Hit | str | int | None) -> None:
        """Something inside of a row was pressed."""
        match target:
            case Hit(more=True):
                self._more(row)
            case Hit(opens=True):
                self._out.act(row.key, OPEN)
            case Hit(url=url) if url:
                self._out.link(url)
            case str():
                self._out.act(row.key, target)
            case int():
                self._out.go_to(target)
            case _:
                pass

    def do(self, row: Row, act: str) -> None:
        """An act by its name: copy, reply, details, press, menu; others are told to whoever listens."""
        match act:
            case "copy":
                self._copy(row)
            case "reply":
                if row.item.shown.content is not None:
                    self._out.reply(row.item)
            case "details":
                self._out.details(row.key)
            case "press":
                self._press(row)
            case "menu":
                area = self._scene.area(row.key)
                self.menu(row, self._view.viewport().mapToGlobal(area.bottomLeft()))
            case "delete":
                if act in accessible.offered(row, self._scene.wording.now).values():
                    self._out.act(row.key, act)
            case _:
                self._out.act(row.key, act)

    def _press(self, row: Row) -> None:
        """Enter on a message does the nearest thing: try again, show more, follow a link, go to the quote, details."""
        links = row.laid.links() if row.laid is not None else ()
        quote = row.item.record.quote
        offers = accessible.offered(row, self._scene.wording.now)
        if "Retry" in offers:
            self._out.act(row.key, "retry")
        elif self._has_more(row):
            self._more(row)
        elif row.laid is not None and row.laid.opens:
            self._out.act(row.key, OPEN)
        elif links:
            self._out.link(links[0])
        elif quote is not None and quote.row:
            self._out.go_to(quote.row)
        else:
            self._out.details(row.key)

    def _has_more(self, row: Row) -> bool:
        return row.laid is not None and row.laid.more

    def _more(self, row: Row) -> None:
        row.looks += 1
        row.forget()
        self._scene.walk()

    def _copy(self, row: Row) -> None:
        words = self._scene.selected_words() or row.item.record.words
        if words:
            QGuiApplication.clipboard().setText(words)

    def offer_selection(self) -> None:
        """What was selected with the pointer can be pasted with the middle button, where there is such a thing."""
        clipboard, words = QGuiApplication.clipboard(), self._scene.selected_words()
        if words and clipboard.supportsSelection():
            clipboard.setText(words, QClipboard.Mode.Selection)

    def menu(self, row: Row, at: QPoint, url: str = "") -> None:
        """The menu of a message, at a point of the computer's screen."""
        menu = menus.make(self._scene.theme, self._view)
        menu.setAccessibleName(self._view.tr("Message"))
        offers = accessible.offered(row, self._scene.wording.now)
        remedies = [act for act in offers.values() if act in _REMEDIES]
        for name, act in offers.items():
            if act in ("details", *remedies[:1]) and menu.actions():
                menu.addSeparator()
            words = self._view.tr(name) + ("…" if act == "details" else "")
            action = marked(QAction(f"{words}\t{self._aside(row, act)}".rstrip(), menu), act)
            action.triggered.connect(lambda _=False, act=act: self.do(row, act))
            menu.addAction(action)
            if act == "copy" and url:
                copy_link = marked(QAction(self._view.tr("Copy Link"), menu), "link")
                copy_link.triggered.connect(lambda _=False: QGuiApplication.clipboard().setText(url))
                menu.addAction(copy_link)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _aside(self, row: Row, act: str) -> str:
        """What stands at the end of an entry: the key that does the same, or how long it can still be done."""
        if act == "unsend":
            left = row.item.shown.message.sent_at + message.RETRACTABLE - self._scene.wording.now
            return self._view.tr("{count} min left").format(count=-(-max(1, left) // 60_000))
        keys = _KEYS.get(act, "")
        return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def marked(action: QAction, act: str) -> QAction:
    """With the icon of an act, red where it destroys."""
    return menus.mark(action, icon=_ICONS.get(act, ""), danger=act == "delete")
