"""The strip that says that an address now belongs to another account, and the new conversation with whoever that is."""

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.client import facing as facings
from app.client.facing import Facing
from app.client.routing import Forecast
from app.common import errors
from app.ui.conversation.warning_strip import WarningStrip
from app.ui.desk import Desk


class Elsewhere(QObject):
    """There while the open conversation is with somebody whose address moved; ``begun`` tells the other conversation.

    Nothing of the old one goes there: the history, and what waits in it, stay where they are.
    """

    begun = Signal(bytes)
    details = Signal()

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._address = ""
        self.strip = WarningStrip(
            desk.theme, "warning", (_tr("New Conversation"), self.begin), (_tr("Details"), self.details.emit)
        )

    def show(self, facing: Facing, found: Forecast | None) -> None:
        """As the directory answered last."""
        moved = found.moved if found is not None and not facing.blocked else ""
        self._address = moved or facing.address
        self.strip.say(words(moved) if moved else "")

    def begin(self) -> None:
        """The user's yes."""
        self._desk.bridge.spawn(self, self._begin(self._address), name="new conversation")

    async def _begin(self, address: str) -> None:
        try:
            person = await self._desk.messenger.routing.person_for(address, anew=True)
        except errors.KingfisherError as error:
            self._desk.fail(error)
            return
        self.begun.emit(person.person)


def words(address: str) -> str:
    """What has happened to an address."""
    return _tr("{address} now belongs to another account. It may be another person.").format(
        address=facings.spaced(address)
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
