"""Tasks and their owners: the only code that starts an asyncio task."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class TaskOwner:
    """Keeps every task it starts, reports the one that dies, and cancels and awaits the rest on close.

    ``on_error`` is called with the task's name and its exception, after it was logged.
    """

    def __init__(self, name: str, on_error: Callable[[str, BaseException], None] | None = None) -> None:
        self.name = name
        self._on_error = on_error
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False

    def spawn(self, work: Coroutine[Any, Any, T], *, name: str) -> "asyncio.Task[T]":
        """Start ``work``; a task spawned while closing is refused and its coroutine closed."""
        if self._closing:
            work.close()
            raise RuntimeError(f"{self.name} is closing; {name} was not started")
        task = asyncio.get_running_loop().create_task(work, name=f"{self.name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("task %s ended: %s", task.get_name(), type(error).__name__, exc_info=error)
            if self._on_error is not None:
                self._on_error(task.get_name(), error)

    def __len__(self) -> int:
        return len(self._tasks)

    def cancel(self) -> set["asyncio.Task[Any]"]:
        """Cancel everything but whoever calls, and start nothing more; those that are to be waited for by ``close``."""
        self._closing = True
        current = asyncio.current_task()
        waiting = {task for task in self._tasks if task is not current}
        for task in waiting:
            task.cancel()
        return waiting

    async def close(self, grace: float = 5.0) -> None:
        """Cancel everything and wait; whoever is later than ``grace`` seconds is named in the log."""
        waiting = self.cancel()
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=grace)
            for task in late:
                log.error("task %s did not end within %.1f s", task.get_name(), grace)
