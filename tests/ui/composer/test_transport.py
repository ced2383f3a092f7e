"""What the composer says of a way, word by word: for every plan, for what is too long, and where nothing leaves."""

import pytest
from msgspec import structs
from msgspec.structs import replace

from app.client.facing import Facing
from app.client.routing import Forecast
from app.domain import bearer
from app.domain.bearer import Agreement, Bearer, Capability, Choice, Rules, TextRoute, Why, Wish
from app.domain.conversation import Policy
from app.domain.delivery import Reason
from app.domain.people import Shown
from app.domain.plan import Kind, Plan, UsedUp, charge
from app.protocol import segments
from app.ui.composer import transport
from app.ui.composer.transport import Terms

DAD = Facing(b"d" * 16, b"d" * 16, Shown("Dad", False), "+447700900142", False, False, False, False, False,
             Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT), number="+447700900142")  # fmt: skip
LIMITED = Plan(Kind.LIMITED, 100, price=12, currency="GBP")
PAY = Plan(Kind.PAY, price=12, currency="GBP")


def forecast(words: str, plan: Plan, used: int = 88, **rules: object) -> Forecast:
    """As Routing makes one."""
    cut = segments.plan(words)
    cost = charge(plan, used, len(cut.segments))
    route = TextRoute(
        len(cut.segments), cost.price, plan.currency, plan_left=not cost.over or plan.kind is Kind.PAY, asks=cost.asks,
        stopped=cost.stopped, fits=cut.fits, left=cost.left, unpriced=cost.over > 0 and not cost.price,
    )  # fmt: skip
    known = Rules(**rules)  # type: ignore[arg-type]
    choice = bearer.choose(Capability.NOT_RICH, known, route)
    return Forecast(b"", choice, Capability.NOT_RICH, 1, known, DAD.number, cut.encoding, plan, used, cut.left)


def way(found: Forecast, facing: Facing = DAD) -> transport.Way:
    return transport.way(facing, found.choice, found)


LANDED = "Landed! Train home at ten past, so I'll call around eleven"


@pytest.mark.parametrize(
    ("words", "plan", "used", "hint", "line", "aside"),
    [
        (
            LANDED,
            LIMITED,
            88,
            "Text message · 12 of 100 left this month",
            "Text message · 1 segment · 12 of 100 left this month",
            "102 characters left · £0.00 in plan",
        ),
        ("x" * 159, PAY, 0, "Text message · £0.12", "Text message · £0.12", "1 character left"),
        ("x", Plan(), 0, "Text message · unlimited", "Text message · unlimited", "159 characters left"),
        (
            "x" * 400,
            LIMITED,
            98,
            "Text message · 2 of 100 left this month · £0.12",
            "Text message · 3 segments · 2 of 100 left this month · £0.12",
            "This message will use 3 texts.",
        ),
        (
            "x" * 200,
            PAY,
            0,
            "Text message · £0.24",
            "Text message · 2 segments · £0.24",
            "This message will use 2 texts.",
        ),
        (
            "x" * 159,
            Plan(Kind.PAY),
            0,
            "Text message · price unknown",
            "Text message · price unknown",
            "1 character left",
        ),
        (
            "x" * 159,
            replace(LIMITED, price=0),
            100,
            "Text message · 0 of 100 left this month · price unknown",
            "Text message · 1 segment · 0 of 100 left this month · price unknown",
            "1 character left",
        ),
        (
            "я" * 71,
            Plan(),
            0,
            "Text message · unlimited",
            "Text message · 2 segments · unlimited",
            "This message will use 2 texts.",
        ),
    ],
)
def test_green_says_segments_what_is_left_and_the_price(
    words: str, plan: Plan, used: int, hint: str, line: str, aside: str
) -> None:
    found = way(forecast(words, plan, used))
    assert (found.hint, found.line, found.aside) == (hint, line, aside)
    assert (found.tone, found.icon, found.described, found.open) == ("green_text", "sms", "as a text message", True)
    assert found.warns is aside.startswith("This message")


@pytest.mark.parametrize(
    ("price", "unpriced", "line"),
    [
        (40, False, "Long message (MMS) · £0.40"),
        (0, False, "Long message (MMS)"),
        (0, True, "Long message (MMS) · price unknown"),
    ],
)
def test_words_too_long_for_a_text_go_as_an_mms_and_it_is_said_before(price: int, unpriced: bool, line: str) -> None:
    route = TextRoute(1, price, "GBP", mms=True, unpriced=unpriced)
    choice = bearer.choose(Capability.NOT_RICH, Rules(yes=True), route)
    found = way(replace(forecast("я" * 700, PAY), choice=choice))
    assert (found.line, found.aside, found.warns) == (line, "Too long for a text message", True)
    assert (found.tone, found.icon, found.described, found.open) == ("green_text", "sms", "as an MMS", True)
    assert transport.terms(choice) == Terms(Wish.AUTO, Agreement(1, Agreement.UNSAID if unpriced else price))


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (forecast("x" * 1700, Plan()), "That’s too long for a text message. Send it in parts."),
        (
            forecast("x", replace(LIMITED, when_used_up=UsedUp.STOP), 100),
            "Your text plan is used up for this month.",
        ),
        (
            forecast("x", LIMITED, policy=Policy.ONLY_ENCRYPTED),
            "This conversation is only for encrypted messages, and Dad can’t get any.",
        ),
    ],
)
def test_where_nothing_leaves_send_does_nothing_and_it_is_said_why(found: Forecast, line: str) -> None:
    shown = way(found)
    assert (shown.line, shown.open, shown.always) == (line, False, True)


@pytest.mark.parametrize(
    ("address", "texts", "line"),
    [
        ("maya@fern.example", "", "maya@fern.example isn’t on Kingfisher, and texts need a phone number."),
        ("+447700900142", "", "+44 7700 900142 isn’t on Kingfisher, and texts can’t be sent from here."),
        (
            "+447700900142",
            "text_not_proved",
            "+44 7700 900142 isn’t on Kingfisher. Verify a phone number of yours to send texts.",
        ),
        ("sms:FERN", "", "You can’t reply to this number"),
    ],
)
def test_an_address_without_any_way(address: str, texts: str, line: str) -> None:
    choice = bearer.choose(Capability.NOT_RICH, Rules())
    assert transport.way(structs.replace(DAD, address=address), choice, None, texts).line == line


def test_nobody_has_answered_is_neither_blue_nor_green() -> None:
    silent = Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT)
    assert transport.way(DAD, silent).tone == "text_secondary"
    assert transport.way(structs.replace(DAD, known=True), silent) == transport.encrypted()


def test_while_encrypted_messages_are_off_nothing_is_called_encrypted_before_it_was_asked() -> None:
    facing = structs.replace(DAD, known=True, rich_on=False)
    said = transport.way(facing, Choice(Bearer.RICH, Why.RICH))
    assert (said.icon, said.hint) == ("clock", "Message")
    assert transport.way(structs.replace(facing, rich_on=True), Choice(Bearer.RICH, Why.RICH)).icon == "lock"


def test_pressing_send_says_yes_to_what_was_shown_and_to_nothing_else() -> None:
    paid = forecast("x" * 200, PAY)
    assert paid.choice.why is Reason.NEEDS_CONSENT
    assert transport.terms(paid.choice) == Terms(Wish.AUTO, Agreement(2, 24))
    assert transport.terms(Choice(Bearer.RICH, Why.RICH)) == Terms(Wish.ASK, None)
    assert transport.terms(Choice(Bearer.UNDECIDED, Why.UNCONFIRMED)) == Terms(Wish.ASK, None)
