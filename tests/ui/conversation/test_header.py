"""The header's line: which way the next message goes comes first, and what is known of the person only where that is
encrypted."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from msgspec.structs import replace

from app.client.facing import Facing
from app.domain.bearer import Bearer, Capability, Choice, TextRoute, Why
from app.domain.delivery import Reason
from app.domain.people import Shown
from app.storage import own, people
from app.storage.transaction import Tx
from app.ui.conversation import header
from app.ui.conversation.page import ConversationPage
from app.ui.desk import Desk
from tests.parts.answers import NUMBER, answered
from tests.parts.window import control, person_of

MAYA = person_of("Maya Okafor")
ROUTE = TextRoute(1)
FACING = Facing(
    MAYA, MAYA, Shown("Maya", claimed=False), NUMBER, known=True, verified=False, stranger=False, blocked=False,
    empty=False, way=Choice(Bearer.RICH, Why.RICH), number=NUMBER,
)  # fmt: skip
GREEN = ("Text message · +44 7700 900142", "sms", "green_text")
TRUST = {"as_it_is": {}, "verified": {"verified": True}, "new_device": {"verified": True, "new_devices": (1,)}}


@pytest_asyncio.fixture
async def page(desk: Desk) -> AsyncIterator[ConversationPage]:
    made = ConversationPage(desk)
    made.resize(800, 700)
    made.show()
    yield made
    await made.close_down()
    made.hide()
    made.deleteLater()


@pytest.mark.parametrize("trust", TRUST)
@pytest.mark.parametrize(
    ("choice", "line"),
    [
        (Choice(Bearer.TEXT, Why.NEVER_RICH, ROUTE), GREEN),
        (Choice(Bearer.TEXT, Why.TEXT_AGREED, ROUTE), GREEN),
        (Choice(Bearer.NONE, Reason.NEEDS_CONSENT, ROUTE), GREEN),
        (Choice(Bearer.NONE, Reason.PLAN_USED_UP, ROUTE), GREEN),
        (Choice(Bearer.NONE, Reason.TOO_LARGE, replace(ROUTE, fits=False)), GREEN),
        (Choice(Bearer.NONE, Reason.NO_PICTURE_MESSAGE, replace(ROUTE, fits=False, mms=True)), GREEN),
        (
            Choice(Bearer.NONE, Reason.PLAN_USED_UP, replace(ROUTE, stopped=True)),
            ("Text plan used up", "info", "amber_text"),
        ),
        (Choice(Bearer.NONE, Reason.OTHER_ACCOUNT), ("Another account’s address", "info", "amber_text")),
        (Choice(Bearer.NONE, Reason.NOT_ON_KINGFISHER), ("Not on Kingfisher", "info", "amber_text")),
        (Choice(Bearer.NONE, Reason.NO_LONGER_RICH), ("No longer on Kingfisher", "info", "amber_text")),
        (Choice(Bearer.NONE, Reason.RICH_OFF), ("Rich messaging is off", "info", "amber_text")),
        (Choice(Bearer.NONE, Reason.TEXTS_OFF), ("Text messages are off", "info", "amber_text")),
    ],
)
def test_what_is_not_encrypted_never_stands_under_the_mark_of_trust(
    choice: Choice, line: tuple[str, str, str], trust: str
) -> None:
    assert header.standing(replace(FACING, **TRUST[trust]), choice) == line
    assert header.standing(replace(FACING, **TRUST[trust], blocked=True), choice)[0] == "Blocked"


@pytest.mark.parametrize(
    ("trust", "line"),
    [
        ("as_it_is", ("Encrypted", "lock", "blue_text")),
        ("verified", ("Encrypted · Verified", "shield-check", "blue_text")),
        ("new_device", ("Encrypted · New device", "shield-alert", "amber_text")),
    ],
)
@pytest.mark.parametrize(
    "choice",
    [
        Choice(Bearer.RICH, Why.RICH),
        Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT),
        Choice(Bearer.UNDECIDED, Why.UNCONFIRMED),
        Choice(Bearer.NONE, Reason.PICTURE_ENCRYPTED),  # the words beside it go encrypted as ever
    ],
)
def test_what_is_encrypted_says_whom_it_is_proved_to_reach(
    choice: Choice, trust: str, line: tuple[str, str, str]
) -> None:
    assert header.standing(replace(FACING, **TRUST[trust]), choice) == line


def test_where_nobody_has_said_it_there_is_the_address_alone() -> None:
    undecided = Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT)
    assert header.standing(replace(FACING, known=False), undecided) == ("+44 7700 900142", "", "")
    # Switched off here, and not forecast anew yet: what was blue so far no longer holds.
    assert header.standing(replace(FACING, verified=True, rich_on=False), FACING.way)[1:] == ("", "")
    assert header.standing(replace(FACING, number=""), Choice(Bearer.TEXT, Why.NEVER_RICH, ROUTE))[0] == "Text message"


async def test_somebody_verified_who_is_sent_texts_has_no_shield(desk: Desk, page: ConversationPage) -> None:
    """Rich messaging is off here: header, field and question say the same."""

    def switched(tx: Tx) -> None:
        people.put_address(tx, NUMBER, MAYA)
        own.set_rich(tx, "off")

    await page.open(MAYA)
    assert control(page, "Maya Okafor, Encrypted · Verified").isVisible()
    await desk.messenger.database.write(switched)
    await page.open(MAYA)
    await answered(page, Capability.RICH)
    assert control(page, f"Maya Okafor, {GREEN[0]}").isVisible()
    assert control(page, "Why Green?").accessibleDescription() == GREEN[0]
    assert control(page, "Send").accessibleDescription() == "as a text message"
