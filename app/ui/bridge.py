"""Between Qt's slots and the client: work a widget starts and changes that reach it, both tied to its life."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject

from app.client import changes
from app.common import tasks

Slot = Callable[[Any], None]


class Bridge:
    """Starts work and hands on changes; what belongs to a widget ends with it.

    ``failed`` is told of every exception that no one awaited.
    """

    def __init__(self, hub: changes.Hub | None, failed: Callable[[BaseException], None]) -> None:
        self._hub = hub
        self._closed = False
        self._owner = tasks.TaskOwner("screen", on_error=lambda _, error: failed(error))
        self._running: set[asyncio.Task[Any]] = set()
        self._listeners: list[changes.Listener] = []

    def spawn(self, owner: QObject, work: Coroutine[Any, Any, Any], *, name: str) -> None:
        """Start ``work``; it is cancelled when ``owner`` is destroyed.

        After ``close``, and while no loop runs because the program ends, nothing is started any more.
        """
        if self._closed or not _running():
            work.close()
            return
        task = self._owner.spawn(work, name=name)
        self._running.add(task)

        def gone(*_: object) -> None:
            self._running.discard(task)
            task.cancel()

        connection = owner.destroyed.connect(gone)

        def ended(_: "asyncio.Task[Any]") -> None:
            if task in self._running:  # else the owner went first, and its connections with it
                self._running.discard(task)
                owner.destroyed.disconnect(connection)

        task.add_done_callback(ended)

    def bind(self, owner: QObject, kind: type | tuple[type, ...], slot: Slot) -> None:
        """Hand changes of these kinds to ``slot`` until ``owner`` is destroyed."""
        hub = self._hub
        if hub is None:
            return

        def heard(change: changes.Change) -> None:
            if isinstance(change, kind):
                slot(change)

        hub.subscribe(heard)
        self._listeners.append(heard)

        def gone(*_: object) -> None:
            if heard in self._listeners:
                self._listeners.remove(heard)
                hub.unsubscribe(heard)

        owner.destroyed.connect(gone)

    async def close(self) -> None:
        """End what runs and listen no more."""
        self._closed = True
        for heard in self._listeners:
            if self._hub is not None:
                self._hub.unsubscribe(heard)
        self._listeners.clear()
        await self._owner.close(grace=1.0)


def _running() -> bool:
    """Whether there is a loop to run anything: Qt hands out what is left in its queue also after the end."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
