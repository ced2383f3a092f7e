"""The scroll bar: messages, not pixels, so that it spans a million of them without knowing how high each is."""

import shiboken6
from PySide6.QtWidgets import QScrollBar

from app.client.timeline import AtOrder
from app.ui.conversation.feed import Feed
from app.ui.conversation.scene import Scene
from app.ui.desk import Desk

UNITS = 64  # steps of the bar for one message


class Bar:
    """Shows where the scene stands, and takes it to where the bar is drawn."""

    def __init__(self, bar: QScrollBar, desk: Desk, scene: Scene, feed: Feed) -> None:
        self._bar = bar
        self._desk = desk
        self._scene = scene
        self._feed = feed
        self._telling = False
        self._wanted = -1
        self._going = False

    def tell(self) -> None:
        """Set range and value from the anchor."""
        scene = self._scene
        if not shiboken6.isValid(self._bar) or not scene.shown or self._bar.isSliderDown():
            return  # when a view ends its bar goes first, and that is one more change of size
        total, first = self._total(), self._before()
        page = max(1, len(scene.shown) - 1)
        lowest = max(0, (total - page) * UNITS)
        top = scene.shown[0]
        part = -top.top / top.row.height if top.row.height and top.top < 0 else 0.0
        value = lowest if scene.at_end else min(lowest - 1, round((first + top.index + part) * UNITS))
        self._telling = True
        self._bar.setRange(0, lowest if not (scene.at_end and scene.course.top >= 0 and self._fits()) else 0)
        self._bar.setPageStep(page * UNITS)
        self._bar.setSingleStep(UNITS)
        self._bar.setValue(max(0, value))
        self._telling = False

    def _fits(self) -> bool:
        """Whether there is nothing to scroll."""
        shown = self._scene.shown
        return self._feed.whole and len(shown) == len(self._scene.window) and shown[0].top >= 0

    def _total(self) -> int:
        ordinals = self._feed.ordinals
        count = len(self._scene.window)
        return max(count, ordinals.total) if ordinals is not None and ordinals.ready else count

    def _before(self) -> int:
        """How many messages stand before the window."""
        ordinals, rows = self._feed.ordinals, self._scene.window.rows
        if ordinals is None or not ordinals.ready or not rows:
            return 0
        if self._scene.ends:
            return max(0, ordinals.total - len(rows))
        return ordinals.of(rows[0].item.record.position)

    def moved(self) -> None:
        """The bar has another value; nothing happens when it was told so from here."""
        if self._telling:
            return
        value, scene = self._bar.value(), self._scene
        at = value // UNITS - self._before()
        if value >= self._bar.maximum() and scene.ends:
            scene.course.stick = True
            scene.walk()
        elif 0 <= at < len(scene.window) and (self._feed.whole or at + len(scene.shown) < len(scene.window)):
            scene.stand_at(scene.window.rows[at].key, value % UNITS / UNITS)
        elif self._feed.ordinals is not None and self._feed.ordinals.ready:
            self._wanted = value // UNITS
            if not self._going:
                self._going = True
                self._desk.bridge.spawn(self._feed, self._go(), name="scrub")

    async def _go(self) -> None:
        """To the newest place that was asked for, however many there were meanwhile."""
        try:
            while self._wanted >= 0 and self._feed.ordinals is not None:
                wanted, self._wanted = self._wanted, -1
                row = await self._feed.jump(AtOrder(self._feed.ordinals.at(wanted)))
                self._scene.stand_at(row, 0.0)
        finally:
            self._going = False
