"""Signing out: the account leaves this computer in steps; a crash between them leaves all of it, or a first run."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Final

from app.client import autostart
from app.client.unlocking import Unlocking
from app.common import errors
from app.common.profile import Profile
from app.storage import keyslots

GONE: Final = "keyslots.gone"  # the ways in, on their way out: while it lies there, something is left to remove
_FILES: Final = ("settings.json", "window.json")
Step = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


async def sign_out(home: Profile, unlocking: Unlocking) -> None:
    """Forget the account. Nothing may have the store open, and the profile's lock must be held."""
    for step in steps(home, unlocking):
        await step()


async def finish(home: Profile, unlocking: Unlocking) -> None:
    """Go on where a start before this one was cut off; to be called before another account is made."""
    if not (home.root / GONE).exists():
        return
    if home.exists:  # somebody put ways in beside it: what is there is not to be removed
        await asyncio.to_thread((home.root / GONE).unlink)
        return
    for step in steps(home, unlocking)[1:]:
        await step()


def steps(home: Profile, unlocking: Unlocking) -> tuple[Step, ...]:
    """In this order. With the first one it is decided: without its ways in, the store opens for nobody."""
    gone = home.root / GONE

    async def decide() -> None:
        await asyncio.to_thread(_rename, home)

    async def remove_files() -> None:
        await asyncio.to_thread(_remove, home)

    async def clear_keychain() -> None:
        try:
            slots = await asyncio.to_thread(keyslots.read, home.root, GONE)
        except errors.KingfisherError as error:
            log.info("the keychain's entry cannot be named: %s", error.code)
            return
        if slots is not None:
            await unlocking.forget(slots)

    async def end() -> None:
        await asyncio.to_thread(gone.unlink, missing_ok=True)

    return decide, remove_files, clear_keychain, end


def _rename(home: Profile) -> None:
    home.keyslots.replace(home.root / GONE)
    if os.name == "posix":  # elsewhere a folder cannot be opened, and the rename is journalled
        folder = os.open(home.root, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _remove(home: Profile) -> None:
    """Only what this program wrote: the folder may be one that its user keeps other things in."""
    try:
        autostart.switch(home.root, False)
    except errors.GiveUp as error:
        log.info("the entry that starts it stays: %s", error.code)
    for path in (*home.root.glob(f"{home.store.name}*"), *(home.root / name for name in _FILES)):
        path.unlink(missing_ok=True)
