"""Waiting for what the loop still has to do: looked at between its turns, with a bound that only a defect reaches."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 20.0


async def until(condition: Callable[[], bool], within: float = PATIENCE) -> None:
    """Let the loop run until it holds."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.002)


async def until_so(condition: Callable[[], Awaitable[bool]], within: float = PATIENCE) -> None:
    """The same for what has to be read first."""
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.002)
