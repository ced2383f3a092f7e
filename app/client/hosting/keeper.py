"""What keeps a relay running when the window is gone: starts it, and starts it again with the computer."""

from typing import Protocol


class Keeper(Protocol):
    """One way to do it; none of its calls minds being made twice."""

    async def start(self) -> None:
        """Start the relay; returns when it listens or has failed. AgainLater ``relay_not_started``."""
        ...

    async def release(self) -> None:
        """Let it end, without starting it again; it may still run afterwards."""
        ...

    async def starts_with_computer(self) -> bool: ...

    async def set_start_with_computer(self, on: bool) -> None: ...
