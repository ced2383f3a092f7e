"""The pages that find a relay: by an invite, by its address, or by running one on this computer."""

import asyncio
from typing import Final

from PySide6.QtCore import QTimer, Signal

from app.client import arrival
from app.client.account import Joining
from app.client.arrival import Door
from app.client.hosting.bundled import Hosting, State
from app.common import errors
from app.common.tasks import TaskOwner
from app.ui.onboarding import words
from app.ui.onboarding.cards import Feature, Note
from app.ui.onboarding.page import Page
from app.ui.onboarding.paragraph import Paragraph
from app.ui.onboarding.words import say
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import Field

_PAUSE: Final = 400  # ms after the last key before a relay is tried


class ByInvite(Page):
    """One field for the link; where it leads is said as soon as it can be read."""

    forward = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            say("Join with an invite"),
            say("Paste the link someone gave you. It leads to their relay and lets you in once."),
            step=1,
        )
        self._joining: Joining | None = None
        self.field = Field(theme, say("Invite link"), "https://…/join#…", icon="link", height=44)
        self.field.line.setMaxLength(arrival.LONGEST)
        self._found = Found(theme)
        self._go = Button(theme, say("Continue"), "primary", large=True)
        self._go.setEnabled(False)
        self.first = self.field.line
        self.add(Paragraph(theme, say("Invite link"), "caption", weight=600), 26)
        self.add(self.field, 6)
        self.add(self._found, 12)
        self.field.edited.connect(self._read)
        self.field.entered.connect(self._enter)
        self._go.clicked.connect(self._enter)
        self.finish(self._go)

    def _read(self, text: str) -> None:
        self.wrong.say("")
        self._joining = None
        try:
            found = arrival.read_invite(text) if text.strip() else None
        except errors.Malformed as error:
            self._found.say("")
            self.field.complain(words.sentence(error))
        else:
            self._joining = found.joining if found is not None else None
            self._found.say(say("Relay at %s").replace("%s", found.name or found.host) if found is not None else "")
        self._go.setEnabled(self._joining is not None)

    def _enter(self) -> None:
        if self._joining is not None:
            self.forward.emit(self._joining)


class Found(Note):
    """A check and what was found."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, good=True)


class ByAddress(Page):
    """One field for a relay's address, tried while it is typed."""

    forward = Signal(object)

    def __init__(self, theme: Theme, door: Door, tasks: TaskOwner) -> None:
        super().__init__(
            theme,
            say("Use a relay’s address"),
            say("The relay passes on sealed messages. It can’t read them."),
            step=1,
        )
        self._door, self._tasks = door, tasks
        self._joining: Joining | None = None
        self._trying: asyncio.Task[None] | None = None
        self.field = Field(theme, say("Relay address"), "relay.example.com:8443", icon="globe", height=44)
        self._found = Found(theme)
        self._go = Button(theme, say("Continue"), "primary", large=True)
        self._go.setEnabled(False)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._try)
        self.first = self.field.line
        self.add(Paragraph(theme, say("Relay address"), "caption", weight=600), 26)
        self.add(self.field, 6)
        self.add(self._found, 12)
        self.field.edited.connect(self._typed)
        self.field.entered.connect(self._enter)
        self._go.clicked.connect(self._enter)
        self.finish(self._go)

    def _typed(self, text: str) -> None:
        self.wrong.say("")
        self._joining = None
        self._found.say("")
        self._go.setEnabled(False)
        if self._trying is not None:
            self._trying.cancel()
            self._trying = None
        if text.strip():
            self._timer.start()
        else:
            self._timer.stop()

    def _try(self) -> None:
        self._timer.stop()
        try:
            joining = arrival.read_relay(self.field.text())
        except errors.Malformed as error:
            self.field.complain(words.sentence(error))
            return
        self._trying = self._tasks.spawn(self._reach(joining), name="reach a relay")

    async def _reach(self, joining: Joining) -> None:
        try:
            await arrival.reach(self._door, joining)
        except errors.KingfisherError as error:
            self.field.complain(words.sentence(error))
            return
        self._joining = joining
        self._found.say(say("Reachable"))
        self._go.setEnabled(True)

    def _enter(self) -> None:
        if self._joining is not None:
            self.forward.emit(self._joining)
        elif self.field.text().strip() and self._trying is None:
            self._try()


class ByHosting(Page):
    """What hosting means, and its start."""

    forward = Signal(object)

    def __init__(self, theme: Theme, hosting: Hosting, tasks: TaskOwner) -> None:
        super().__init__(
            theme,
            say("Host here"),
            say("Kingfisher runs a small relay on this computer, for people on the same network."),
            step=1,
        )
        self._hosting, self._tasks = hosting, tasks
        features = (
            ("lock", "blue", "It can’t read anything", "Messages are sealed for their readers before they get here."),
            (
                "clock",
                "grey",
                "It keeps running",
                "Also when this window is closed, and again when you log in.",
            ),
            ("moon", "grey", "While it’s off or asleep", "Messages wait, and go on when it is back."),
        )
        for number, (icon, tint, title, text) in enumerate(features):
            self.add(Feature(theme, icon, tint, say(title), say(text)), 20 if number else 28)
        self._go = Button(theme, say("Start Hosting"), "primary", large=True)
        self._go.clicked.connect(self._start)
        self.first = self._go
        self.finish(self._go)

    def _start(self) -> None:
        self.wrong.say("")
        self._busy(True)
        self._tasks.spawn(self._begin(), name="start hosting")

    def _busy(self, busy: bool) -> None:
        self._go.setEnabled(not busy)
        self._go.rename(say("Starting…") if busy else say("Start Hosting"))

    async def _begin(self) -> None:
        try:
            state: State = await self._hosting.start()
        except errors.KingfisherError as error:
            self.fail(error)
        else:
            self.forward.emit(state)
        finally:
            self._busy(False)
