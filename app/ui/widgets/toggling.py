"""What can be on or off says ``clicked`` as well when an assistive tool turns it over."""

from PySide6.QtCore import Q_ARG, QMetaObject
from PySide6.QtWidgets import QAbstractButton


class Toggling(QAbstractButton):
    """Qt's action *Toggle* only sets the state, as the program itself does, and says no more than ``toggled``.

    Whoever turns a button over in that way means what a click means. The program's own ``setChecked`` stays silent.
    """

    _silent = False

    def setChecked(self, on: bool) -> None:
        self._silent = True
        try:
            super().setChecked(on)
        finally:
            self._silent = False

    def nextCheckState(self) -> None:
        """On the way to a click, which says so itself, and when another one of a group was chosen."""
        self._silent = True
        try:
            super().nextCheckState()
        finally:
            self._silent = False

    def checkStateSet(self) -> None:
        super().checkStateSet()
        gave_way = self.autoExclusive() and not self.isChecked()  # another one was chosen
        if not self._silent and not gave_way:
            # PySide takes `clicked.emit` for the form without a value.
            QMetaObject.invokeMethod(self, "clicked", Q_ARG(bool, self.isChecked()))
