"""Python's search for unreachable cycles, kept on Qt's own thread: there may be widgets in them."""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

PAUSE: Final = 250  # milliseconds between two looks at how much there is
LONGEST: Final = 2_000  # while nothing happens: each look wakes the processor


class Garbage(QObject):
    """Takes over from the automatic collector, which runs on whatever thread allocates next, the store's too.

    A QObject that ends on another thread than its own can take the program with it. ``end`` gives back what was taken.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._turn)
        gc.disable()
        gc.freeze()  # what is there at the start stays to the end
        self._timer.start()

    def look(self) -> int | None:
        """Collect the oldest generation that is due; which one, or None when none is."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return generation
        return None

    @property
    def pause(self) -> int:
        """Milliseconds until the next look."""
        return self._timer.interval()

    def _turn(self) -> None:
        """Look, and the sooner again if there was something to do."""
        pause = PAUSE if self.look() is not None else min(LONGEST, 2 * self.pause)
        if pause != self.pause:
            self._timer.setInterval(pause)

    def end(self) -> None:
        """Python collects by itself again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
