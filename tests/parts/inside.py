"""The real start of the window's process with somebody inside who uses it; nothing else about the program differs."""

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.common.profile import Profile
from app.desktop import opening
from app.desktop.options import Options

if TYPE_CHECKING:
    from app.desktop.program import Kingfisher
    from app.ui.shell import Shell

ENVIRONMENT = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/at/all"}
User = Callable[["Kingfisher", "Shell"], Awaitable[None]]


def run(home: Path, user: User, key: bytes | None = None) -> int:
    """`kingfisher --profile HOME` with ``user`` as a task beside it; ``key`` stands in for the keychain.

    The program ends as it does without a user; a user who fails ends it with 70.
    """
    plain = opening.run_on

    def run_on(application: Any, work: Coroutine[Any, Any, int]) -> int:
        running: Any = work
        program: Kingfisher = running.cr_frame.f_locals["self"]
        if key is not None:
            program._key = key
        return plain(application, _beside(program, work, user))

    opening.run_on = run_on
    return opening.run(Options(Profile(home)))


async def _beside(program: "Kingfisher", work: Coroutine[Any, Any, int], user: User) -> int:
    running = asyncio.create_task(work)
    using = asyncio.create_task(_use(program, user))
    await asyncio.wait({running, using}, return_when=asyncio.FIRST_COMPLETED)
    if using.done() and using.exception() is not None:
        program.quit()
    code = await running
    if not using.done():
        using.cancel()
    results = await asyncio.gather(using, return_exceptions=True)
    if isinstance(results[0], Exception):
        traceback.print_exception(results[0])
        return 70
    return code


async def _use(program: "Kingfisher", user: User) -> None:
    await user(program, program._shell)
