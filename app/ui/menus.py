"""The window's menu: behind the sidebar's button, and in the menu bar where the system has one for every program."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.ui.shortcuts import TABLE
from app.ui.theme import Theme
from app.ui.widgets import menu as look

# Name of the action, its words and icon; an empty name is a separator.
_FIRST: Final = (("compose", "New Message", "compose"), ("settings", "Settings…", "settings"))
_REST: Final = (
    ("outbox", "Outbox", "clock"),
    ("", "", ""),
    ("shortcuts", "Keyboard Shortcuts", "help"),
    ("about", "About Kingfisher", "info"),
    ("", "", ""),
    ("sign_out", "Sign Out…", "unlink"),
    ("quit", "Quit Kingfisher", "logout"),
)
_ROLES: Final = {
    "settings": QAction.MenuRole.PreferencesRole,
    "about": QAction.MenuRole.AboutRole,
    "quit": QAction.MenuRole.QuitRole,
}


class Menus:
    """``acts`` are the window's actions by name; the keys beside them belong to the window's shortcuts."""

    def __init__(self, theme: Theme, acts: Mapping[str, Callable[[], None]], window: QWidget) -> None:
        self._theme = theme
        self._acts = acts
        self._window = window
        self.bar: QMenuBar | None = None
        if sys.platform == "darwin":
            self.bar = QMenuBar()
            self._fill(self.bar.addMenu("Kingfisher"), (*_FIRST, *_REST))

    def act(self, name: str) -> None:
        """Do what the entry of that name does."""
        self._acts[name]()

    def extend(self, menu: QMenu) -> None:
        """Put what is about the program under what the list has put in."""
        self._fill(menu, _REST)

    def _fill(self, menu: QMenu, entries: Sequence[tuple[str, str, str]]) -> None:
        keys = {each.name: each.keys[0] for each in TABLE}
        for name, words, icon in entries:
            if not name:
                menu.addSeparator()
                continue
            text = self._window.tr(words)
            if name in keys:
                # Shown only: a second shortcut with these keys would make both ambiguous.
                text += "\t" + QKeySequence(keys[name]).toString(QKeySequence.SequenceFormat.NativeText)
            action = look.mark(QAction(self._theme.qicon(icon), text, menu), icon=icon)
            action.setMenuRole(_ROLES.get(name, QAction.MenuRole.NoRole))
            action.triggered.connect(self._acts[name])
            menu.addAction(action)
