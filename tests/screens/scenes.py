"""The screens of the mockups as this version has them, each over a furnished profile; a scene ends with its picture."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLineEdit, QWidget

from app.client import contacts
from app.domain.delivery import Status
from app.ui.desk import Desk
from app.ui.details.verify import VerifyDialog
from app.ui.main_window import MainWindow
from app.ui.onboarding.starting import Choose, Welcome
from app.ui.settings.dialog import SettingsDialog
from app.ui.shell import Shell
from app.ui.theme import Theme
from app.ui.window_state import WindowState
from tests.parts.window import NOW, Furniture, Said, furnished, person_of
from tests.screens.beside import grabbed

MAYA, JONAS = "Maya Okafor", "Jonas Lind"
MINUTE = 60_000


@dataclass
class Stage:
    """A window over a profile, of a given size and look."""

    theme: Theme
    desk: Desk
    shell: Shell
    window: MainWindow
    furniture: Furniture
    parts: dict[str, QWidget] = field(default_factory=dict)

    async def settle(self) -> None:
        """Until everything that was begun is on the screen."""
        for _ in range(15):
            await asyncio.sleep(0.02)

    async def show(self, name: str) -> None:
        """Open the conversation with somebody."""
        self.window.open_conversation(person_of(name))
        await self.settle()

    async def picture(self, widget: QWidget | None = None) -> QImage:
        """What is there now."""
        await self.settle()
        return grabbed(widget or self.shell)


Scene = Callable[[Stage], Awaitable[QImage]]


@contextlib.asynccontextmanager
async def stage(folder: Path, theme: Theme, size: tuple[int, int], *, empty: bool = False) -> AsyncIterator[Stage]:
    """Everything of a window but the network."""
    async with furnished(folder, theme, Said(), empty=empty) as desk:
        state = WindowState(b"", 320, False)
        shell, window = Shell(theme, state), MainWindow(desk, None, state)
        shell.fill(window)
        shell.setMinimumSize(1, 1)
        shell.resize(*size)
        shell.show()
        await window.open()
        made = Stage(theme, desk, shell, window, Furniture(desk.messenger))
        try:
            await made.settle()
            yield made
        finally:
            await window.close_down()
            shell.fill(None)
            window.deleteLater()
            shell.deleteLater()
            await made.settle()


async def talk(on: Stage) -> QImage:
    await on.show(MAYA)
    return await on.picture()


async def undelivered(on: Stage) -> QImage:
    put = on.furniture
    await put.say(JONAS, "Great. Could you pick up the tripod from Aiko on the way?", NOW - 20 * MINUTE)
    failed = {"own_words": True, "status": Status.FAILED, "reason": "gave_up"}
    await put.say(JONAS, "Sure, she’s next to the station", NOW - 10 * MINUTE, **failed)
    await put.say(JONAS, "Anything else she should hand over?", NOW - 2 * MINUTE, own_words=True, status=Status.QUEUED)
    await on.show(JONAS)
    return await on.picture()


async def as_it_is(on: Stage) -> QImage:
    return await on.picture()


async def details(on: Stage) -> QImage:
    await on.show(MAYA)
    on.window.toggle_details()
    return await on.picture()


async def new_message(on: Stage) -> QImage:
    on.window.compose()
    await on.settle()
    line = next(each for each in on.window.findChildren(QLineEdit) if each.accessibleName() == "To")
    line.setText("sa")
    line.textEdited.emit("sa")
    return await on.picture()


async def search(on: Stage) -> QImage:
    await on.show(MAYA)
    line = next(each for each in on.window.findChildren(QLineEdit) if each.accessibleName().startswith("Search"))
    line.setFocus()
    line.setText("weir")
    return await on.picture()


def settings(page: str) -> Scene:
    async def scene(on: Stage) -> QImage:
        dialog = SettingsDialog(on.desk, None, on.window)
        dialog.open(page)
        dialog.resize(760, 600)
        made = await on.picture(dialog)
        dialog.close()
        dialog.deleteLater()
        return made

    return scene


async def verify(on: Stage) -> QImage:
    await on.show(JONAS)
    messenger = on.desk.messenger
    card = await contacts.card(messenger.database, messenger.me, person_of(JONAS))
    dialog = VerifyDialog(on.desk, card, on.window)
    dialog.open()
    made = await on.picture(dialog)
    dialog.close()
    dialog.deleteLater()
    return made


async def narrow_list(on: Stage) -> QImage:
    return await on.picture()


async def welcome(on: Stage) -> QImage:
    page = Welcome(on.theme)
    return await _alone(on, page)


async def choose(on: Stage) -> QImage:
    page = Choose(on.theme)
    return await _alone(on, page)


async def _alone(on: Stage, page: QWidget) -> QImage:
    page.resize(464, 560)
    page.show()
    made = await on.picture(page)
    page.close()
    page.deleteLater()
    return made


@dataclass(frozen=True)
class Screen:
    """A mockup's name, how ours is made, its size, and the look it is made in."""

    scene: Scene
    size: tuple[int, int] = (1120, 760)
    text_size: int = 100
    contrast: bool = False
    empty: bool = False


WIDE = (1120, 760)
SCREENS: Mapping[str, Screen] = {
    "01-main-text": Screen(talk),
    "05-main-undelivered": Screen(undelivered),
    "07-welcome": Screen(welcome),
    "07b-choose": Screen(choose),
    "11-empty-main": Screen(as_it_is, empty=True),
    "12-details-person": Screen(details),
    "18-new-message": Screen(new_message),
    "19-search": Screen(search),
    "20-settings-general": Screen(settings("general")),
    "23-settings-privacy": Screen(settings("privacy")),
    "26-settings-account": Screen(settings("account")),
    "31-narrow-list": Screen(narrow_list, (420, 720)),
    "32-narrow-chat": Screen(talk, (420, 720)),
    "33-large-text-chat": Screen(talk, text_size=200),
    "34-large-text-list": Screen(narrow_list, text_size=200),
    "35-verify": Screen(verify),
    "36-high-contrast": Screen(talk, contrast=True),
}
