"""What every part of the screen is given: messenger, look, bridge, clock, and a way to say something."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Protocol

import msgspec
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from app.client.messenger import Messenger
from app.common.clock import Clock
from app.ui import format
from app.ui.bridge import Bridge
from app.ui.theme import Theme


class Say(Protocol):
    """Shows a short sentence over the window, with at most one thing to do about it."""

    def __call__(self, text: str, action: str = "", then: Callable[[], None] | None = None) -> None: ...


def _in_tray() -> bool:
    return True


class Desk(msgspec.Struct, frozen=True):
    """Handed down by constructor; nothing on the screen is found any other way.

    ``in_tray`` says whether this desktop has a tray that the program can stay in.
    """

    messenger: Messenger
    theme: Theme
    bridge: Bridge
    say: Say
    clock: Clock
    zone: tzinfo
    in_tray: Callable[[], bool] = _in_tray

    def now(self) -> int:
        """Milliseconds since 1970."""
        return self.clock.now()

    def fail(self, error: BaseException, words: str = "") -> None:
        """Say what went wrong, in these words or the usual ones; a code without a cause can be copied."""
        words, details = words or format.sentence(error), format.details(error)
        if details:
            copy = QCoreApplication.translate("Desk", "Copy Details")
            self.say(words, copy, lambda: QGuiApplication.clipboard().setText(details))
        else:
            self.say(words)
