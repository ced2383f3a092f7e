"""What stands around a green conversation: the plan, a gateway that is silent, and that texts are not encrypted."""

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.client import connectivity
from app.client import facing as facings
from app.client.facing import Facing
from app.domain.bearer import Bearer
from app.ui.composer import transport
from app.ui.conversation.green_note import GreenNote
from app.ui.conversation.outlook import Outlook
from app.ui.conversation.plan_strip import PlanStrip
from app.ui.conversation.warning_strip import WarningStrip
from app.ui.desk import Desk

_ROOM = 560  # effective height of a page from which on the note is there


class GreenParts(QObject):
    """Four widgets for the page to lay out; each is there while it has something to say.

    ``plainer``: plain quotes and dashes are to stand for what is written.
    """

    plainer = Signal()
    plan = Signal()
    invite = Signal()

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self.strip = PlanStrip(desk)
        self.note = GreenNote(desk.theme)
        self.silent = WarningStrip(desk.theme, "warning", (_tr("Try Again"), self._again))
        self.plain = WarningStrip(desk.theme, "info", (_tr("Use Plain Ones"), self.plainer.emit))
        self._said = ""
        self.strip.plan.connect(self.plan)
        self.note.invite.connect(self.invite)

    def show(self, facing: Facing, outlook: Outlook, height: int) -> None:
        """As it would go now; ``height`` is what the page has."""
        choice, messenger = outlook.choice, self._desk.messenger
        written = not facing.stranger or not facing.known or facing.empty
        green = choice is not None and transport.green(choice) and not facing.blocked and written
        self.strip.show_plan(outlook.found if green else None)
        self._said = self._note(facing, outlook) if written and not facing.blocked else ""
        self.fit(height)
        self.plain.say(_saving(outlook) if green else "")
        down = green and messenger.routing.terms.why == "gateway_down" and connectivity.of(messenger).connected
        self.silent.say(_tr("The text gateway isn’t answering, so text messages wait.") if down else "")

    def fit(self, height: int) -> None:
        """In a small window the messages come first."""
        there = height / max(0.1, self._desk.theme.scale) >= _ROOM
        self.note.say(self._said if there else "", invites=not self._desk.messenger.inviting.refused())

    def _note(self, facing: Facing, outlook: Outlook) -> str:
        choice = outlook.choice
        name = facing.name.name
        if choice is None or facing.known:
            return ""
        if transport.green(choice):
            name = facings.spaced(name) or facings.spaced(facing.address)
            return _tr("Texts aren’t encrypted. If {name} joins Kingfisher, messages become free and private.").format(
                name=name
            )
        if choice.bearer is Bearer.NONE and "@" in facing.address:
            return _tr("If {name} joins Kingfisher, you can write to each other, encrypted.").format(
                name=name or facing.address
            )
        return ""

    def _again(self) -> None:
        self._desk.bridge.spawn(self, self._try(), name="gateway")

    async def _try(self) -> None:
        """What waits here is due at once; the relay hands over what waits there as soon as the gateway answers."""
        messenger = self._desk.messenger
        await messenger.sending.hurry()
        if messenger.routing.terms.why == "gateway_down":
            self._desk.say(_tr("Still no answer from the text gateway. Text messages are sent when it’s back."))


def _saving(outlook: Outlook) -> str:
    """What typographic characters cost."""
    found = outlook.found
    route = found.choice.route if found is not None else None
    if found is None or route is None or not found.plainer:
        return ""
    return _tr("Curly quotes and dashes make this {texts} instead of {fewer}.").format(
        texts=_tr("an MMS") if route.mms else transport.counted(route.segments), fewer=found.plainer
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
