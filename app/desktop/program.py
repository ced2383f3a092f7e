"""The window's program once everything is imported: open the profile, show it, take commands, and end in stages."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Generator, Sequence
from typing import Final

from app import sentences
from app.client import signing_out
from app.client.arrival import Door
from app.client.messenger import open_messenger
from app.client.unlocking import Unlocking
from app.commands.session import Session
from app.common import clock, journal, tasks
from app.control import ControlServer, Output
from app.desktop import hooks, instance
from app.desktop.doors import Doors
from app.desktop.options import Options
from app.desktop.signed_in import SignedIn
from app.net.transport import WebSocketTransport
from app.storage.keychain import Keychain
from app.ui.shell import Shell
from app.ui.theme import Theme

log = logging.getLogger(__name__)

BREATH: Final = 0.006  # seconds the inbox leaves to the screen between two batches
GRACE: Final = 12.0  # seconds for the orderly end before the process goes all the same


class Kingfisher:
    """One profile's window, from unlocking to the end of the process.

    ``key`` opens the profile without asking anybody: a demonstration has no keychain.
    """

    def __init__(self, options: Options, theme: Theme, shell: Shell, *, key: bytes | None = None) -> None:
        self._home = options.home
        self._link = options.link
        self._theme = theme
        self._shell = shell
        self._key = key
        self._clock = clock.SystemClock()
        self._end = asyncio.Event()
        self._turn = asyncio.Event()  # the end, or signing out
        self._session: Session | None = None
        self._doors: Doors | None = None
        self._leaving = False
        self._owner = tasks.TaskOwner("window")
        self.signed_in: SignedIn | None = None
        self.ready = asyncio.Event()  # the window is in use

    def quit(self) -> None:
        """End, in order, from wherever it is."""
        self._end.set()
        self._turn.set()

    async def ended(self) -> None:
        """Wait until somebody asks for the end."""
        await self._end.wait()

    async def run(self) -> int:
        """Until somebody quits; 0. Raises what stands in the way of opening the profile."""
        self._home.prepare()
        handler = journal.log_to(self._home)
        unhook = hooks.install()
        asyncio.get_running_loop().set_exception_handler(hooks.of_loop)
        server = ControlServer(self._home, self._command)
        self._shell.closing.connect(self._closing)
        try:
            with self._signals():
                await server.start()
                await self._until_end()
        finally:
            self._shell.closing.disconnect(self._closing)
            self._shell.hide()
            await server.close()
            await self._owner.close(GRACE)
            unhook()
            logging.getLogger().removeHandler(handler)
            handler.close()
        return 0

    async def _until_end(self) -> None:
        """Live as a task of its own, so that quitting works at every moment; what ended it too early is raised."""
        life = self._owner.spawn(self._live(), name="life")
        ending = self._owner.spawn(self._end.wait(), name="end")
        await asyncio.wait({life, ending}, return_when=asyncio.FIRST_COMPLETED)
        self._shell.hide()
        ending.cancel()
        if self._session is None and not self._leaving:
            life.cancel()  # still at the door
        await asyncio.wait({life}, timeout=GRACE)
        if life.done() and not life.cancelled() and (error := life.exception()) is not None:
            raise error

    async def _live(self) -> None:
        """One account after the other: who signs out is at the beginning again."""
        way, unlocking = WebSocketTransport(), Unlocking(self._home, Keychain())
        door, link = Door(self._home, unlocking, way, self._clock), self._link
        await signing_out.finish(self._home, unlocking)
        while not self._end.is_set():
            self._doors, link = Doors(door, self._theme, self._shell, link), ""
            key = self._key or await self._doors.key()
            if key is None:
                self.quit()
                return
            await self._use(key, way, self._doors.link)
            if not self._end.is_set():
                self._key = None
                await signing_out.sign_out(self._home, unlocking)
                log.info("signed out")
            self._leaving = False

    async def _use(self, key: bytes, way: WebSocketTransport, link: str) -> None:
        """The account in its window, until the end or until it is signed out."""
        self._turn.clear()
        if self._end.is_set():
            return
        async with open_messenger(self._home, key, way, self._clock, breath=BREATH, online=False) as messenger:
            self.signed_in = SignedIn(messenger, self._theme, self._shell, self._home.root, self.quit, self._turn.set)
            self._session = Session(messenger)
            try:
                await self.signed_in.open()
                self.ready.set()
                log.info("the window is in use")  # whoever tries an installation waits for this line
                self.signed_in.connect()
                if link:
                    self.signed_in.invited(link)
                await self._turn.wait()
            finally:
                self._leaving = True
                self.ready.clear()
                self._session.stop()
                self._session = None
                closing, self.signed_in = self.signed_in, None
                await closing.close()

    def _closing(self) -> None:
        if self.signed_in is not None:
            self.signed_in.closing()
        else:
            self.quit()

    async def _command(self, words: Sequence[str], output: Output) -> int:
        """From another process: to show the window, or a command of the command line."""
        if words[:1] == [instance.SHOW]:
            self._show(*words[1:3])
            return 0
        if self._session is None:
            output.say(sentences.for_code("profile_in_use"))
            return 1
        from app.commands import dispatch  # the command line's half of the program: most windows never need it

        return await dispatch.run(self._session, words, output)

    def _show(self, link: str = "", token: str = "") -> None:
        """A second start: the window to the front, and what it brought along."""
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token  # Qt takes it when the window is raised
        self._shell.bring()
        if link and self.signed_in is not None:
            self.signed_in.invited(link)
        elif link and self._doors is not None:
            self._doors.offer(link)

    @contextlib.contextmanager
    def _signals(self) -> Generator[None]:
        """SIGTERM and SIGINT end the program as Quit does; a second one does not wait."""
        loop = asyncio.get_running_loop()
        names = (signal.SIGTERM, signal.SIGINT)
        for name in names:
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(name, self.quit)
        try:
            yield
        finally:
            for name in names:
                with contextlib.suppress(NotImplementedError):
                    loop.remove_signal_handler(name)
