"""The desktop's panel, in which the tray stands: at log-in it may well start after this program."""

import asyncio
import contextlib
import importlib
import logging
import sys
from collections.abc import Callable
from typing import Any, Final

from app.common import tasks
from app.common.clock import Clock

log = logging.getLogger(__name__)

WATCHER: Final = "org.kde.StatusNotifierWatcher"  # its name on the bus, and its interface
PATH: Final = "/StatusNotifierWatcher"
CALL: Final = 10.0  # seconds for the bus's answer
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
        self._signals: asyncio.Queue[Any] = asyncio.Queue(64)  # None ends the listening

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
        with contextlib.suppress(asyncio.QueueFull):
            self._signals.put_nowait(None)  # in order: cancelled half-way, the library leaves its socket open

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
        try:
            await self._follow()
        except (
            ImportError,
            OSError,
            EOFError,
            KeyError,
            ValueError,
            TimeoutError,
            asyncio.InvalidStateError,  # an answer that comes while the question is being cancelled
        ) as error:
            log.info("nothing says when a tray comes: %s", type(error).__name__)

    async def _follow(self) -> None:
        """The connection to the session's bus, until there is a tray: somebody takes the name, then a panel joins."""
        # By name: other systems have no such bus, and not the library either.
        bus: Any = importlib.import_module("jeepney")
        way: Any = importlib.import_module("jeepney.io.asyncio")
        taken = bus.MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged")
        taken.add_arg_condition(0, WATCHER)
        joined = bus.MatchRule(type="signal", interface=WATCHER, path=PATH, member="StatusNotifierHostRegistered")
        connection = await way.open_dbus_connection()
        try:
            async with way.DBusRouter(connection) as router:
                with router.filter(taken, queue=self._signals), router.filter(joined, queue=self._signals):
                    async with asyncio.timeout(CALL):
                        for rule in (taken, joined):
                            await router.send_and_get_reply(bus.message_bus.AddMatch(rule))
                    there = self._look()  # it may have come before anybody listened
                    while not there and await self._signals.get() is not None:
                        there = self._look()
                    if there:
                        self._end()
        finally:
            await connection.close()
