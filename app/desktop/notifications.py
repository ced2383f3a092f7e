"""Notifications of the system with a way back into the conversation.

They are freedesktop.org's over the session bus, else the tray's own balloon.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable
from typing import Any, Final

from app.common import resources, tasks
from app.desktop import session_bus

log = logging.getLogger(__name__)

NAME: Final = "org.freedesktop.Notifications"
SERVER: Final = session_bus.Peer(NAME, "/org/freedesktop/Notifications", NAME)
Balloon = Callable[[bytes, str, str], None]


class Notifications:
    """One notification for each conversation; ``clicked`` hears which was chosen.

    ``balloon`` shows a conversation's title and words where there is no notification server. Nothing here raises: a
    desktop without notifications is no error.
    """

    def __init__(self, clicked: Callable[[bytes], None], balloon: Balloon) -> None:
        self._clicked = clicked
        self._balloon = balloon
        self._owner = tasks.TaskOwner("notifications")
        self._bus = session_bus.SessionBus()
        self._settled = asyncio.Event()  # whether there is a server is known
        self._turn = asyncio.Lock()
        self._markup = False
        self._shown: dict[bytes, int] = {}

    def start(self) -> None:
        """Find the server, and listen to it from now on."""
        self._owner.spawn(self._listen(), name="server")

    def show(self, conversation: bytes, title: str, words: str) -> None:
        """Tell it; what was told of the same conversation before is replaced."""
        self._owner.spawn(self._show(conversation, title, words), name="show")

    def withdraw(self, conversation: bytes) -> None:
        """It was read meanwhile."""
        if conversation in self._shown:
            self._owner.spawn(self._withdraw(conversation), name="withdraw")

    async def close(self) -> None:
        """Take back what is still shown and leave."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                for conversation in tuple(self._shown):
                    await self._withdraw(conversation)
                async with self._turn:  # what is being asked is answered first
                    pass
        self._bus.end()
        await self._owner.close(grace=1.0)

    async def _listen(self) -> None:
        try:
            if sys.platform == "linux":
                async with self._bus.connected(session_bus.Wanted(SERVER.interface, SERVER.path)):
                    await self._hear()
        except session_bus.FAILURES as error:
            log.info("no notification server: %s", type(error).__name__)
        finally:
            self._settled.set()

    async def _hear(self) -> None:
        """What the server can, and then what it says, until the end."""
        can = await self._call("GetCapabilities")
        if not can:
            return
        self._markup = "body-markup" in can[0]
        self._settled.set()
        while (signal := await self._bus.heard()) is not None:
            self._heard(signal.member, signal.body)

    async def _call(self, method: str, signature: str = "", arguments: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
        """One question to the server; None when it answers with an error or not at all."""
        try:
            return await self._bus.call(SERVER, method, signature, arguments)
        except session_bus.FAILURES:
            return None

    async def _show(self, conversation: bytes, title: str, words: str) -> None:
        await self._settled.wait()
        async with self._turn:
            text = _escaped(words) if self._markup else words
            hints = {"desktop-entry": ("s", "kingfisher"), "category": ("s", "im.received"), "urgency": ("y", 1)}
            icon = str(resources.path("icons/app/kingfisher-128.png"))
            before = self._shown.get(conversation, 0)
            arguments = ("Kingfisher", before, icon, title, text, ["default", "Open"], hints, -1)
            answer = await self._call("Notify", "susssasa{sv}i", arguments)
            if answer is None:
                self._balloon(conversation, title, words)
            else:
                self._shown[conversation] = int(answer[0])

    async def _withdraw(self, conversation: bytes) -> None:
        async with self._turn:
            number = self._shown.pop(conversation, 0)
            if number:
                await self._call("CloseNotification", "u", (number,))

    def _heard(self, signal: str, body: tuple[Any, ...]) -> None:
        number = body[0] if body else 0
        conversation = next((each for each, shown in self._shown.items() if shown == number), None)
        if conversation is None:
            return
        match signal:
            case "ActivationToken" if len(body) > 1:
                os.environ["XDG_ACTIVATION_TOKEN"] = str(body[1])[:256]  # Qt takes it when the window is raised
            case "ActionInvoked":
                self._clicked(conversation)
            case "NotificationClosed":
                self._shown.pop(conversation, None)
            case _:
                pass


def _escaped(words: str) -> str:
    import html  # with the table of all its entities: not before there is something to tell

    return html.escape(words, quote=False)
