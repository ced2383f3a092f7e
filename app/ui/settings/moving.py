"""Somebody else claims an address: its owner is told wherever they are in the window, and may refuse."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.client.own_addresses import Activation
from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings import proving
from app.ui.widgets import buttons, dialog


def _tr(text: str) -> str:
    return QCoreApplication.translate("Addresses", text)


async def ask(desk: Desk, parent: QWidget, found: Activation) -> None:
    """Say who gets it when, and do what is answered; without an answer it stays in the settings."""
    until = formats.moment(found.until, desk.now(), desk.zone)
    title, told = (
        _tr("Another account claims {address}"),
        _tr(
            "Somebody entered a code that was sent there. It moves to their account {time}. If that isn’t you, refuse. "
            "If it is you, hand it over, and it moves at once."
        ),
    )
    if not any(found.other):
        title, told = (
            _tr("Somebody wants to withdraw {address}"),
            _tr(
                "They entered a code that was sent there, on the relay’s web page. It leaves your account {time}. If "
                "that isn’t you, refuse."
            ),
        )
    title, told = title.format(address=found.address), told.format(time=until)
    answers: list[tuple[object, str, buttons.Kind]] = [("", _tr("Later"), "secondary")]
    if any(found.other):
        answers.append(("agree", _tr("Hand Over"), "danger"))
    if found.refusable:
        answers.append(("refuse", _tr("Refuse"), "primary"))
    answer = await dialog.ask(desk.theme, parent, title, told, answers)
    if answer not in ("agree", "refuse"):
        return
    try:
        await desk.messenger.addresses.answer(found.address, agree=answer == "agree")
    except errors.KingfisherError as error:
        desk.fail(error, proving.sentence(error))
        return
    words = _tr("{address} moved to the other account") if answer == "agree" else _tr("{address} stays with you")
    desk.say(words.format(address=found.address))


async def offer(desk: Desk, parent: QWidget, address: str) -> None:
    """A new account's own address: have it checked now, or later in the settings."""
    title = _tr("Verify {address}?").format(address=address)
    told = _tr(
        "This relay can send six digits there. Then others see that the address is yours, and nobody can take it from "
        "you."
    )
    answers: list[tuple[object, str, buttons.Kind]] = [
        (False, _tr("Not Now"), "secondary"),
        (True, _tr("Send Code"), "primary"),
    ]
    if not await dialog.ask(desk.theme, parent, title, told, answers):
        return
    try:
        await desk.messenger.addresses.start(address)
    except errors.KingfisherError as error:
        desk.fail(error, proving.sentence(error))
        return
    await proving.prove(desk, parent, address, desk.now())
