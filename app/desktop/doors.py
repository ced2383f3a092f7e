"""The way into a profile: at once where the keychain gives the key, else through the pages that ask for it."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from app.client import arrival
from app.client.arrival import Door, Standing
from app.client.hosting.bundled import Hosting
from app.client.unlocking import Opener
from app.common import errors, tasks
from app.ui import tokens
from app.ui.shell import Shell
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.ui.onboarding.first_run import FirstRun

log = logging.getLogger(__name__)

PROMPT: Final = 1.0  # seconds after which the keychain is taken to ask its user something


async def _opened(door: Door) -> bytes | errors.KingfisherError:
    try:
        return await door.unlocking.open(Opener())
    except errors.KingfisherError as error:
        log.info("the profile was not opened at once: %s", error.code)
        return error


class Doors:
    """Fills the shell with what has to be asked, for as long as it has to."""

    def __init__(self, door: Door, theme: Theme, shell: Shell, link: str) -> None:
        self._door = door
        self._theme = theme
        self._shell = shell
        self._link = link
        self._first_run: FirstRun | None = None
        self._owner = tasks.TaskOwner("door")

    @property
    def link(self) -> str:
        """The invite that nobody has used yet."""
        return self._link

    async def key(self) -> bytes | None:
        """Of the profile, whose account is finished then; None when its user went away instead."""
        if not self._door.home.exists:
            return await self._run()
        key = await self._from_keychain()
        if key is None:
            return None
        standing = await arrival.standing(self._door, key)
        if standing.step == "done":
            return key
        return await self._run(key, standing)

    def offer(self, link: str) -> None:
        """An invite that came while the profile was not open yet."""
        if self._first_run is not None:
            self._first_run.open_link(link)
        else:
            self._link = link

    async def _from_keychain(self) -> bytes | None:
        """At once, or through the page that says what the matter is."""
        asking = self._owner.spawn(_opened(self._door), name="keychain")
        await asyncio.wait({asking}, timeout=PROMPT)
        if not asking.done():
            return await self._ask(None)
        answer = asking.result()
        return answer if isinstance(answer, bytes) else await self._ask(answer)

    async def _ask(self, error: errors.KingfisherError | None) -> bytes | None:
        """What the keychain did not give, or is still being asked for."""
        from app.ui.onboarding.unlock import Unlock

        page = Unlock(self._theme, self._door, error)
        self._shell.fill(page)
        self._shell.show()
        try:
            return await page.run()
        finally:
            self._shell.fill(None)

    async def _run(self, key: bytes | None = None, standing: Standing | None = None) -> bytes | None:
        """The first run in the shell; the invite that this start came with is filled in."""
        from app.ui.onboarding.first_run import FirstRun  # most starts do without these pages

        pages = self._first_run = FirstRun(self._theme, self._door, Hosting(), key=key, standing=standing)
        self._shell.fit(*tokens.numbers("layout.firstRun"))
        self._shell.fill(pages)
        self._shell.show()
        if self._link:
            link, self._link = self._link, ""
            pages.open_link(link)
        try:
            opened = await pages.run()
        finally:
            self._first_run = None
            self._shell.fill(None)
        self._shell.fit(*tokens.numbers("layout.window.default"))
        return opened.key if opened is not None else None
