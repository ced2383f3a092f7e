"""A step on a thread of its own whose failure belongs to whoever waits for it on the loop."""

from collections.abc import Callable
from types import TracebackType


class Attempt:
    """Keeps whatever the block raises for those who wait, translated, so that a failing step never ends its thread."""

    def __init__(self, translate: Callable[[BaseException], BaseException]) -> None:
        self.error: BaseException | None = None
        self._translate = translate

    def __enter__(self) -> "Attempt":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = None if error is None else self._translate(error)
        return True
