"""Rich, text or none: every combination, and the promises that hold over all of them."""

from itertools import product

import pytest
from msgspec.structs import replace

from app.domain import bearer
from app.domain.bearer import Agreement, Bearer, Capability, Choice, Rules, TextRoute, Texts, Why, Wish, choose
from app.domain.conversation import Policy
from app.domain.delivery import Reason

FREE = TextRoute(1)
PAID = TextRoute(2, price=10, currency="EUR")
USED_UP = TextRoute(1, plan_left=False)
STOPPED = TextRoute(1, price=10, plan_left=False, asks=False, stopped=True)
STANDING_YES = TextRoute(1, price=10, plan_left=False, asks=False)
TOO_LONG = TextRoute(11, fits=False)
UNPRICED = TextRoute(1, unpriced=True)  # by message, and no price was named
STANDING_UNPRICED = TextRoute(1, plan_left=False, asks=False, unpriced=True)
ROUTES = (None, FREE, PAID, USED_UP, STOPPED, STANDING_YES, TOO_LONG, UNPRICED, STANDING_UNPRICED)
RULES = [Rules(*rule) for rule in product((True, False), Policy, (True, False), (True, False), Wish, Texts)]
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
        (Capability.NOT_RICH, Rules(yes=True), STOPPED, Choice(Bearer.NONE, Reason.PLAN_USED_UP, STOPPED)),
        (Capability.NOT_RICH, Rules(), STANDING_YES, Choice(Bearer.TEXT, Why.NEVER_RICH, STANDING_YES)),
        (Capability.NOT_RICH, Rules(), UNPRICED, Choice(Bearer.NONE, Reason.NEEDS_CONSENT, UNPRICED)),
        (Capability.NOT_RICH, Rules(yes=True), UNPRICED, Choice(Bearer.TEXT, Why.TEXT_AGREED, UNPRICED)),
        (
            Capability.NOT_RICH,
            Rules(policy=Policy.ALWAYS_TEXT),
            UNPRICED,
            Choice(Bearer.TEXT, Why.TEXT_AGREED, UNPRICED),
        ),
        (Capability.NOT_RICH, Rules(), STANDING_UNPRICED, Choice(Bearer.TEXT, Why.NEVER_RICH, STANDING_UNPRICED)),
        (Capability.NOT_RICH, Rules(yes=True), TOO_LONG, Choice(Bearer.NONE, Reason.TOO_LARGE, TOO_LONG)),
        (Capability.RICH, Rules(wish=Wish.TEXT), FREE, Choice(Bearer.NONE, Reason.NEEDS_CONSENT, FREE)),
        (Capability.RICH, Rules(wish=Wish.TEXT, yes=True), FREE, Choice(Bearer.TEXT, Why.TEXT_AGREED, FREE)),
        (Capability.UNKNOWN, Rules(wish=Wish.TEXT), FREE, Choice(Bearer.NONE, Reason.NEEDS_CONSENT, FREE)),
        (Capability.UNKNOWN, Rules(wish=Wish.TEXT, yes=True), FREE, Choice(Bearer.TEXT, Why.TEXT_AGREED, FREE)),
        (Capability.NOT_RICH, Rules(wish=Wish.RICH, yes=True), FREE, Choice(Bearer.NONE, Reason.NOT_ON_KINGFISHER)),
        (Capability.NOT_RICH, Rules(wish=Wish.ASK), FREE, Choice(Bearer.NONE, Reason.NEEDS_CONSENT, FREE)),
        (Capability.NOT_RICH, Rules(wish=Wish.ASK, yes=True), FREE, Choice(Bearer.TEXT, Why.TEXT_AGREED, FREE)),
        (
            Capability.NOT_RICH,
            Rules(wish=Wish.ASK, policy=Policy.ALWAYS_TEXT),
            PAID,
            Choice(Bearer.TEXT, Why.TEXT_AGREED, PAID),
        ),
        (Capability.RICH, Rules(wish=Wish.ASK), FREE, Choice(Bearer.RICH, Why.RICH)),
        (Capability.UNKNOWN, Rules(wish=Wish.ASK), FREE, Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT)),
        (Capability.NOT_RICH, Rules(texts=Texts.ASK), FREE, Choice(Bearer.NONE, Reason.NEEDS_CONSENT, FREE)),
        (Capability.NOT_RICH, Rules(texts=Texts.ASK, yes=True), FREE, Choice(Bearer.TEXT, Why.TEXT_AGREED, FREE)),
        (
            Capability.NOT_RICH,
            Rules(texts=Texts.ASK, policy=Policy.ALWAYS_TEXT),
            FREE,
            Choice(Bearer.TEXT, Why.TEXT_AGREED, FREE),
        ),
        (Capability.RICH, Rules(texts=Texts.NEVER), FREE, Choice(Bearer.RICH, Why.RICH)),
        (Capability.UNKNOWN, Rules(texts=Texts.NEVER), FREE, Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT)),
        (Capability.NOT_RICH, Rules(texts=Texts.NEVER, yes=True), FREE, Choice(Bearer.NONE, Reason.TEXTS_OFF)),
        (Capability.NOT_RICH, Rules(texts=Texts.NEVER), None, Choice(Bearer.NONE, Reason.NOT_ON_KINGFISHER)),
        (Capability.RICH, Rules(rich_on=False, texts=Texts.NEVER), FREE, Choice(Bearer.NONE, Reason.TEXTS_OFF)),
        (
            Capability.NOT_RICH,
            Rules(texts=Texts.NEVER, policy=Policy.ONLY_ENCRYPTED, ever_rich=True),
            FREE,
            Choice(Bearer.NONE, Reason.NO_LONGER_RICH),
        ),
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


def test_what_nobody_was_told_would_be_a_text_is_none_without_a_yes() -> None:
    for _, rules, _ in chosen_text():
        assert rules.wish is not Wish.ASK or rules.yes or rules.policy is Policy.ALWAYS_TEXT


def test_an_encrypted_conversation_never_turns_to_text_without_a_recorded_yes() -> None:
    for _, rules, _ in chosen_text():
        assert not rules.ever_rich or rules.yes or rules.policy is Policy.ALWAYS_TEXT


def test_an_unsigned_or_missing_answer_is_never_green_by_itself() -> None:
    for capability, rules, _ in chosen_text():
        if rules.rich_on:
            assert capability is not Capability.UNKNOWN or (rules.yes and rules.wish is Wish.TEXT)
            assert capability is not Capability.UNCONFIRMED or rules.yes


def test_money_is_never_spent_silently() -> None:
    for _, rules, route in chosen_text():
        assert route is not None
        assert not route.costs or not route.asks or rules.yes or rules.policy is Policy.ALWAYS_TEXT
        assert not route.stopped


def test_whoever_wants_no_texts_sends_none_and_whoever_wants_to_be_asked_is() -> None:
    for _, rules, _ in chosen_text():
        assert rules.texts is not Texts.NEVER
        assert rules.texts is not Texts.ASK or rules.yes or rules.policy is Policy.ALWAYS_TEXT


def test_no_setting_lets_out_what_would_stay_without_it() -> None:
    """Texts by themselves are no yes: asking first and never only take away."""
    for capability, rules, route in chosen_text():
        assert choose(capability, replace(rules, texts=Texts.AUTOMATIC), route).bearer is Bearer.TEXT


def test_every_choice_has_a_reason_that_fits_its_bearer() -> None:
    for case in EVERYTHING:
        choice = choose(*case)
        assert isinstance(choice.why, Reason) == (choice.bearer is Bearer.NONE)
        rich = case[0] is Capability.RICH and case[1].rich_on and case[1].wish is not Wish.TEXT
        assert (choice.bearer is Bearer.RICH) == rich


def test_what_is_wanted_encrypted_or_somebody_who_is_reached_so_never_turns_to_text_unasked() -> None:
    for capability, rules, _ in chosen_text():
        assert rules.wish is not Wish.RICH
        assert capability is not Capability.RICH or not rules.rich_on or rules.yes


def test_a_yes_never_makes_a_route_worse() -> None:
    """Whoever sends what the forecast showed as text, with a yes, gets it as text."""
    for capability, rules, route in chosen_text():
        assert choose(capability, replace(rules, yes=True), route).bearer is Bearer.TEXT


def test_the_names_of_bearers_are_those_shown() -> None:
    assert {str(name) for name in bearer.Bearer} == {"rich", "text", "none", "undecided"}


@pytest.mark.parametrize(
    ("agreed", "route", "covered"),
    [
        (Agreement(2, 24), TextRoute(2, 24), True),
        (Agreement(2, 24), TextRoute(3, 24), False),
        (Agreement(2, 24), TextRoute(2, 25), False),
        (Agreement(2, 24), TextRoute(2, unpriced=True), False),
        (Agreement(2), TextRoute(2, unpriced=True), False),
        (Agreement.to(TextRoute(2, unpriced=True)), TextRoute(2, unpriced=True), True),
        (Agreement.to(TextRoute(2, unpriced=True)), TextRoute(1), True),
        (Agreement.to(TextRoute(2, unpriced=True)), TextRoute(2, 1), False),
        (Agreement(0), None, True),
    ],
)
def test_a_yes_is_to_what_was_shown_and_to_no_more(agreed: Agreement, route: TextRoute | None, covered: bool) -> None:
    assert agreed.covers(route) is covered
