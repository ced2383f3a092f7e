"""The key that mutes the open conversation, and takes that back."""

from typing import Final

from PySide6.QtCore import QCoreApplication, QObject

from app.client import contacts
from app.ui.desk import Desk

FOREVER: Final = 253_402_214_400_000  # the last day of the year 9999: muted until somebody takes it back


async def toggle(desk: Desk, owner: QObject, conversation: bytes) -> None:
    """Muted until somebody takes it back, or no longer muted; it is said, and can be undone."""
    messenger = desk.messenger
    talk = messenger.conversations
    before = await contacts.card(messenger.database, messenger.me, conversation)
    muted = before.muted(desk.now())
    await talk.mute(conversation, 0 if muted else FOREVER)
    if muted:
        desk.say(_tr("No longer muted"))
        return

    def undo() -> None:
        desk.bridge.spawn(owner, talk.mute(conversation, before.muted_until), name="unmute")

    desk.say(_tr("Muted"), _tr("Undo"), undo)


def _tr(text: str) -> str:
    return QCoreApplication.translate("muting", text)
