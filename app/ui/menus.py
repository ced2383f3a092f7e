"""The window's menu: behind the sidebar's button, and in the menu bar where the system has one for every program."""

import sys
from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.ui.shortcuts import TABLE
from app.ui.theme import Theme

# Name of the action, its words and icon; an empty name is a separator.
_ENTRIES: Final = (
    ("compose", "New Message", "compose"),
    ("", "", ""),
    ("settings", "Settings…", "settings"),
    ("shortcuts", "Keyboard Shortcuts", "help"),
    ("about", "About Kingfisher", "info"),
    ("", "", ""),
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
        self.menu = QMenu(window)
        self.menu.setAccessibleName(window.tr("Menu"))
        self._fill(self.menu, window)
        self.bar: QMenuBar | None = None
        if sys.platform == "darwin":
            self.bar = QMenuBar()
            self._fill(self.bar.addMenu("Kingfisher"), window)
        theme.changed.connect(self._dress)
        self._dress()

    def _fill(self, menu: QMenu, window: QWidget) -> None:
        keys = {each.name: each.keys[0] for each in TABLE}
        for name, words, icon in _ENTRIES:
            if not name:
                menu.addSeparator()
                continue
            action = QAction(window.tr(words), menu)
            action.setData(icon)
            action.setMenuRole(_ROLES.get(name, QAction.MenuRole.NoRole))
            if name in keys:
                # Shown only: a second shortcut with these keys would make both ambiguous.
                shown = QKeySequence(keys[name]).toString(QKeySequence.SequenceFormat.NativeText)
                action.setText(f"{action.text()}\t{shown}")
            action.triggered.connect(self._acts[name])
            menu.addAction(action)

    def _dress(self) -> None:
        for action in self.menu.actions():
            if action.data():
                action.setIcon(self._theme.qicon(str(action.data()), size=16))
