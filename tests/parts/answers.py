"""What a relay that is not there would have said of whoever is open: the directory's answer, its terms for texts."""

from msgspec.structs import replace

from app.client.routing import Wanted
from app.domain.bearer import Capability
from app.protocol import frames
from app.ui.conversation.outlook import SHORT
from app.ui.conversation.page import ConversationPage
from tests.parts.waiting import until
from tests.parts.window import MINUTE

TEXTS = frames.TextTerms(True, "+447700900100")
NUMBER = "+447700900142"


async def answered(
    page: ConversationPage, capability: Capability = Capability.NOT_RICH, terms: frames.TextTerms = TEXTS
) -> None:
    """Only the answers are made up; what follows from them is decided as ever."""
    messenger, outlook = page._desk.messenger, page.outlook
    messenger.routing.terms = terms
    messenger.routing.told.set()
    await until(lambda: outlook.found is not None and not outlook._asking)
    assert outlook.found is not None
    blank = replace(outlook.found, capability=capability, asked_at=page._desk.now() - 2 * MINUTE)
    outlook._take(await messenger.routing.revise(blank, Wanted(outlook._words or SHORT)), outlook._words)
