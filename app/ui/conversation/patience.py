"""Wakes the view when a message has waited so long that another way is offered under it."""

from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.ui.conversation import status
from app.ui.conversation.scene import Scene

LOOKED_AT: Final = 100  # rows from the end


class Patience(QObject):
    """``look`` after every change of what is shown; it costs nothing while nothing waits."""

    def __init__(self, scene: Scene, parent: QObject) -> None:
        super().__init__(parent)
        self._scene = scene
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._over)

    def look(self) -> None:
        """Sleep until the next one has waited long enough."""
        now = self._scene.wording.now
        until = [status.patient_until(row.item) for row in self._scene.window.rows[-LOOKED_AT:]]
        ahead = [each - now for each in until if each > now]
        if ahead:
            self._timer.start(min(ahead))
        else:
            self._timer.stop()

    def _over(self) -> None:
        self._scene.arrange()
        self.look()
