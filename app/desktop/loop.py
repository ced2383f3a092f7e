"""An event loop for asyncio over Qt's own, on which nothing runs without it."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import qasync  # pyright: ignore[reportMissingTypeStubs] - it comes without any

_Base: Any = qasync.QEventLoop


class Loop(_Base):
    """qasync's. That one lets events happen once more after the end of what it ran, when asyncio knows of no running
    loop any more: what is still under way would wait for something without one, and fail.
    """

    _completing = False

    def run_forever(self) -> Any:
        """Until it is stopped."""
        base: Any = super()
        try:
            return base.run_forever()
        finally:
            if self._completing:
                asyncio._set_running_loop(self)

    def run_until_complete(self, future: Awaitable[Any]) -> Any:
        """Raises RuntimeError when the loop was stopped before there was a result."""
        self._completing = True
        base: Any = super()
        try:
            return base.run_until_complete(future)
        finally:
            self._completing = False
            asyncio._set_running_loop(None)
