"""The small dialogs over the window: imported when they are asked for, and closed with it."""

from typing import Any

from PySide6.QtWidgets import QWidget

from app.ui.desk import Desk


class Dialogs:
    """What is open over ``window``."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        self._desk, self._window = desk, window
        self._open: set[QWidget] = set()

    def shortcuts(self) -> None:
        """Every key."""
        from app.ui.shortcuts import ShortcutsDialog

        self._show(ShortcutsDialog(self._desk.theme, self._window))

    def about(self) -> None:
        """The program itself."""
        from app.ui.about import AboutDialog

        self._show(AboutDialog(self._desk.theme, self._window))

    def message(self, row: int) -> None:
        """The way of one message."""
        from app.ui.details.message import MessageDetails

        self._show(MessageDetails(self._desk, row, self._window))

    def keep(self, dialog: QWidget) -> None:
        """Know of one that somebody else shows."""
        self._open.add(dialog)
        dialog.destroyed.connect(lambda: self._open.discard(dialog))

    def close(self) -> None:
        """All of them."""
        for dialog in tuple(self._open):
            dialog.close()

    def _show(self, dialog: Any) -> None:
        self.keep(dialog)
        self._desk.bridge.spawn(self._window, dialog.shown(), name="dialog")
