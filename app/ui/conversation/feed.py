"""Between the timeline and the scene: opening, jumping, pages near the ends, and the count behind the scroll bar."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from app.client.diffs import Diff, Reset
from app.client.ordinals import Ordinals
from app.client.timeline import AtOrder, Item, Start, Target, Timeline
from app.ui.conversation.scene import Scene
from app.ui.desk import Desk

NEAR = 60  # rows left before another page is asked for
SPARE = 12  # rows read beside what fills the screen when it shows another place
CALM = 0.25  # seconds after opening in which nothing else is read


class Feed(QObject):
    """One timeline at a time; what an earlier one still tells is not heard."""

    taken = Signal(object)

    def __init__(self, desk: Desk, scene: Scene, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._scene = scene
        self._timeline: Timeline | None = None
        self.conversation = b""  # whose messages are in the scene: those of the one before until the first are read
        self._paging = False
        self._arriving = False  # another place is read, where the view is going to stand
        self.ordinals: Ordinals | None = None

    @property
    def whole(self) -> bool:
        """Whether all of the conversation is in the window."""
        return self._timeline is None or (self._timeline.at_beginning and self._timeline.at_end)

    async def open(self, conversation: bytes, target: Target) -> int:
        """Follow another conversation; the row to show, 0 for none, -1 when something else was opened meanwhile."""
        messenger = self._desk.messenger
        before = self._timeline

        def hear(steps: Sequence[Diff[Item]]) -> None:
            if self._timeline is opened:
                self.conversation = conversation
                self._take(steps)

        opened = Timeline(
            messenger.database, messenger.hub, conversation, hear, zone=self._desk.zone, first=self._screenful()
        )
        self._drop_count()
        self._timeline = opened
        if before is not None:
            self._let_go(before)
        self._arriving = True
        try:
            row = await opened.open(target)
        finally:
            if self._timeline is opened:
                self._arriving = False
            else:  # perhaps because the view has gone, with all that it could start something for
                await asyncio.shield(opened.close())
        if self._timeline is not opened:
            return -1
        if not self.whole:
            self.ordinals = Ordinals(messenger.database, conversation)
            self._desk.bridge.spawn(self, self._count(self.ordinals), name="ordinals")
        return row

    async def jump(self, target: Target) -> int:
        """Another part of the same conversation; raises errors.GiveUp ``no_message``."""
        timeline = self._timeline
        return await self._jump(timeline, target) if timeline is not None else 0

    async def _jump(self, timeline: Timeline, target: Target) -> int:
        timeline.first = self._screenful()
        self._arriving = True
        try:
            return await timeline.jump(target)
        finally:
            if self._timeline is timeline:
                self._arriving = False

    def _screenful(self) -> int:
        """How many rows fill the screen even if all of them are as low as rows can be; what is around comes later."""
        return self._scene.height // self._scene.theme.size("bubble.minHeight") + SPARE

    async def first(self) -> int:
        """The part at the beginning; its first row, 0 for none."""
        if self._timeline is not None and not self._timeline.at_beginning:
            await self._jump(self._timeline, AtOrder(0))
        rows = self._scene.window.rows
        return rows[0].key if rows else 0

    async def newest(self) -> None:
        """The part at the end."""
        if self._timeline is not None and not self._timeline.at_end:
            await self._jump(self._timeline, Start.NEWEST)

    async def close(self) -> None:
        """Follow nothing."""
        timeline, self._timeline = self._timeline, None
        self._drop_count()
        if timeline is not None:
            await asyncio.shield(timeline.close())

    def _let_go(self, timeline: Timeline) -> None:
        """Whoever opens another conversation does not wait until the last one has ended."""
        timeline.leave()
        self._desk.bridge.spawn(self, timeline.close(), name="timeline")

    def _drop_count(self) -> None:
        if self.ordinals is not None:
            self.ordinals.stop()
        self.ordinals = None

    async def _count(self, ordinals: Ordinals) -> None:
        await self._desk.clock.sleep(CALM)
        await ordinals.build()
        self._scene.changed.emit()

    def _take(self, steps: Sequence[Diff[Item]]) -> None:
        if self._timeline is None:
            return
        ended, self._scene.ends = self._scene.ends, self._timeline.at_end
        arriving = self._arriving and any(isinstance(step, Reset) for step in steps)
        taken = self._scene.take(steps, arriving=arriving)
        if not ended:  # a page of what was there already, not news
            taken = replace(taken, appended=())
        if self.ordinals is not None and self.ordinals.ready and self._scene.ends:
            self.ordinals.add(len(taken.appended))
        self.taken.emit(taken)

    def want(self) -> None:
        """Ask for the next page where the rows on the screen come near an end of the window."""
        timeline, shown = self._timeline, self._scene.shown
        if timeline is None or self._paging:
            return
        above, below = (shown[0].index, len(self._scene.window) - shown[-1].index) if shown else (0, 0)
        if above < NEAR and not timeline.at_beginning:
            step = timeline.older
        elif below <= NEAR and not timeline.at_end:
            step = timeline.newer
        else:
            return
        self._paging = True

        async def page() -> None:
            try:
                await step()
            finally:
                self._paging = False
            self.want()

        self._desk.bridge.spawn(self, page(), name="page")
