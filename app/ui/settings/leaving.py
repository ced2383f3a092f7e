"""Signing out, asked for: what it takes away and what stays, and the messages that still wait."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.ui.desk import Desk
from app.ui.widgets import buttons, dialog

Answer = tuple[object, str, buttons.Kind]


def _say(text: str, count: int = -1) -> str:
    return QCoreApplication.translate("Leaving", text, None, count)


async def agreed(desk: Desk, parent: QWidget) -> bool:
    """Whether its user signs out, knowing what that means; messages that wait have to be given up first."""
    if not await given_up(desk, parent):
        return False
    told = _say(
        "This computer forgets your account and all messages on it. Other devices and the relay keep what they have, "
        "and your address stays yours. Kingfisher can’t bring the account back in this version."
    )
    answers: list[Answer] = [(False, _say("Cancel"), "secondary"), (True, _say("Sign Out"), "danger")]
    return bool(await dialog.ask(desk.theme, parent, _say("Sign out of Kingfisher?"), told, answers))


async def given_up(desk: Desk, parent: QWidget) -> bool:
    """Whether nothing waits to be sent any more, or its user does without it."""
    waiting = await desk.messenger.unsent()
    return not waiting or bool(await dialog.ask(desk.theme, parent, *_held_up(waiting)))


def _held_up(count: int) -> tuple[str, str, list[Answer]]:
    """The sentences and answers while something waits."""
    one = count == 1
    title = _say("A message is waiting to be sent") if one else _say("%n messages are waiting to be sent", count)
    told = _say("Wait until it is sent, or discard it: nobody else has it.") if one else ""
    told = told or _say("Wait until they are sent, or discard them: nobody else has them.")
    discard = _say("Discard Message") if one else _say("Discard Messages")
    return title, told, [(False, _say("Wait"), "secondary"), (True, discard, "danger")]
