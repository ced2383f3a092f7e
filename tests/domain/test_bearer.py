"""Rich, text or none: every combination, and the promises that hold over all of them."""

from itertools import product

import pytest

from app.domain import bearer
from app.domain.bearer import Bearer, Capability, Choice, Rules, TextRoute, Why, choose
from app.domain.conversation import Policy
from app.domain.delivery import Reason

FREE = TextRoute(1)
PAID = TextRoute(2, price=10, currency="EUR")
USED_UP = TextRoute(1, plan_left=False)
ROUTES = (None, FREE, PAID, USED_UP)
RULES = [Rules(*rule) for rule in product((True, False), Policy, (True, False), (True, False))]
EVERYTHING = list(product(Capability, RULES, ROUTES))


@pytest.mark.parametrize(
    ("capability", "rules", "route", "choice"),
    [
        (Capability.RICH, Rules(), None, Choice(Bearer.RICH, Why.RICH)),
        (Capability.RICH, Rules(policy=Policy.ALWAYS_TEXT), FREE, Choice(Bearer.RICH, Why.RICH)),
        (Capability.UNKNOWN, Rules(yes=True), FREE, Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT)),
        (Capability.NOT_RICH, Rules(), None, Choice(Bearer.NONE, Reason.NOT_ON_KINGFISHER)),
        (Capability.NOT_RICH, Rules(ever_rich=True), None, Choice(Bearer.NONE, Reason.NO_LONGER_RICH)),
        (Capability.RICH, Rules(rich_on=False), None, Choice(Bearer.NONE, Reason.RICH_OFF)),
        (Capability.NOT_RICH, Rules(), FREE, Choice(Bearer.TEXT, Why.NEVER_RICH, FREE)),
        (Capability.NOT_RICH, Rules(), PAID, Choice(Bearer.NONE, Reason.NEEDS_CONSENT, PAID)),
        (Capability.NOT_RICH, Rules(yes=True), PAID, Choice(Bearer.TEXT, Why.TEXT_AGREED, PAID)),
        (Capability.NOT_RICH, Rules(), USED_UP, Choice(Bearer.NONE, Reason.PLAN_USED_UP, USED_UP)),
        (Capability.NOT_RICH, Rules(ever_rich=True), FREE, Choice(Bearer.NONE, Reason.NEEDS_CONSENT, FREE)),
        (
            Capability.UNCONFIRMED,
            Rules(policy=Policy.ALWAYS_TEXT, ever_rich=True),
            FREE,
            Choice(Bearer.UNDECIDED, Why.UNCONFIRMED),
        ),
        (Capability.UNCONFIRMED, Rules(ever_rich=True, yes=True), FREE, Choice(Bearer.TEXT, Why.TEXT_AGREED, FREE)),
        (Capability.UNCONFIRMED, Rules(ever_rich=True, yes=True), None, Choice(Bearer.UNDECIDED, Why.UNCONFIRMED)),
    ],
)
def test_choice(capability: Capability, rules: Rules, route: TextRoute | None, choice: Choice) -> None:
    assert choose(capability, rules, route) == choice


def chosen_text() -> list[tuple[Capability, Rules, TextRoute | None]]:
    return [case for case in EVERYTHING if choose(*case).bearer is Bearer.TEXT]


def test_text_is_chosen_at_all() -> None:
    assert chosen_text()


def test_text_is_never_chosen_without_a_route_or_where_only_encrypted_is_wanted() -> None:
    for _, rules, route in chosen_text():
        assert route is not None
        assert rules.policy is not Policy.ONLY_ENCRYPTED


def test_an_encrypted_conversation_never_turns_to_text_without_a_recorded_yes() -> None:
    for _, rules, _ in chosen_text():
        assert not rules.ever_rich or rules.yes or rules.policy is Policy.ALWAYS_TEXT


def test_an_unsigned_or_missing_answer_is_never_green_by_itself() -> None:
    for capability, rules, _ in chosen_text():
        if rules.rich_on:
            assert capability is not Capability.UNKNOWN
            assert capability is not Capability.UNCONFIRMED or rules.yes


def test_money_is_never_spent_silently() -> None:
    for _, rules, route in chosen_text():
        assert route is not None
        assert not route.price or rules.yes or rules.policy is Policy.ALWAYS_TEXT


def test_every_choice_has_a_reason_that_fits_its_bearer() -> None:
    for case in EVERYTHING:
        choice = choose(*case)
        assert isinstance(choice.why, Reason) == (choice.bearer is Bearer.NONE)
        assert (choice.bearer is Bearer.RICH) == (case[0] is Capability.RICH and case[1].rich_on)


def test_the_names_of_bearers_are_those_shown() -> None:
    assert {str(name) for name in bearer.Bearer} == {"rich", "text", "none", "undecided"}
