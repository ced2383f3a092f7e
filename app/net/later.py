"""What is imported when it is first needed, on a thread: aiohttp and its like are a third of all that a start reads."""

import asyncio
import importlib

_done: set[str] = set()  # not sys.modules: a module is in there before it is whole


async def read(name: str) -> None:
    """Import a module away from the loop, unless that was done; after it, an import statement costs nothing."""
    if name not in _done:
        await asyncio.to_thread(importlib.import_module, name)
        _done.add(name)
