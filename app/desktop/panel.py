"""The desktop's panel, in which the tray stands: at log-in it may well start after this program."""

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Final

from app.common import tasks
from app.common.clock import Clock
from app.desktop import session_bus

log = logging.getLogger(__name__)

WATCHER: Final = "org.kde.StatusNotifierWatcher"  # its name on the bus, and its interface
# Somebody takes the name, then a panel joins.
TAKEN: Final = session_bus.Wanted("org.freedesktop.DBus", member="NameOwnerChanged", first=WATCHER)
JOINED: Final = session_bus.Wanted(WATCHER, "/StatusNotifierWatcher", "StatusNotifierHostRegistered")
# Seconds between two looks: the panels that are older than the bus's trays say nothing there. None is taken to be
# coming any more after the first row; after the second only the bus is listened to, so that an idle program is idle.
SOON: Final = (0.5, 1.0, 1.5, 2.0)
LATER: Final = (5.0, 10.0, 20.0, 40.0)


class Panel:
    """Calls ``look`` whenever there may be a tray by now, until it says that there is; ``missing`` when none came soon.

    Nothing here raises: a desktop without a tray, or without a bus, is no error.
    """

    def __init__(self, clock: Clock, look: Callable[[], bool], missing: Callable[[], None]) -> None:
        self._clock = clock
        self._look = look
        self._missing = missing
        self._owner = tasks.TaskOwner("panel")
        self._looking: asyncio.Task[None] | None = None
        self._bus = session_bus.SessionBus()

    def start(self) -> None:
        """Look from now on."""
        self._looking = self._owner.spawn(self._look_again(), name="looking")
        if sys.platform == "linux":
            self._owner.spawn(self._listen(), name="bus")

    async def close(self) -> None:
        """Look no more."""
        self._end()
        await self._owner.close(grace=1.0)

    def _end(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._bus.end()

    async def _look_again(self) -> None:
        for seconds in SOON:
            await self._clock.sleep(seconds)
            if self._look():
                self._end()
                return
        self._missing()
        for seconds in LATER:
            await self._clock.sleep(seconds)
            if self._look():
                self._end()
                return

    async def _listen(self) -> None:
        """What the bus says, until there is a tray."""
        try:
            async with self._bus.connected(TAKEN, JOINED):
                there = self._look()  # it may have come before anybody listened
                while not there and await self._bus.heard() is not None:
                    there = self._look()
                if there:
                    self._end()
        except session_bus.FAILURES as error:
            log.info("nothing says when a tray comes: %s", type(error).__name__)
