"""The table of who may say what, row by row: everyone tries every kind, as themselves and as somebody else."""

from itertools import product

import pytest
from msgspec.structs import replace

from app.common.ids import AccountId
from app.content import annotations, base, catalog, payload, picture, text
from app.domain import authority
from app.domain.authority import Facts, Role, Target, Verdict, allowed
from app.domain.people import Relation
from tests.content.samples import ALICE, BOB, CAROL, LAPTOP, PHONE

# Here Alice is at home. Bob is her peer; Carol is somebody else, with whom she also talks.
TALK = payload.direct_conversation(ALICE, BOB)
FROM_BOB = Target(TALK, BOB, frozenset({ALICE}), frozenset())
FROM_ALICE = Target(TALK, ALICE, frozenset({BOB}), frozenset({LAPTOP}))

A, S, P, C, N, D = (
    Verdict.ALLOWED,
    Verdict.NOT_FOR_STRANGERS,
    Verdict.OWN_DEVICES_ONLY,
    Verdict.NOT_FROM_OWN_DEVICE,
    Verdict.WRONG_ADDRESSEE,
    Verdict.NOT_RECIPIENT,
)

# kind: (contact, stranger, own device as a sent copy to Bob, own device to itself), each with the fitting target
ROWS: dict[str, tuple[Verdict, Verdict, Verdict, Verdict]] = {
    text.Text.kind: (A, A, A, A),
    picture.Picture.kind: (A, A, A, A),
    "hologram": (A, A, A, A),
    annotations.Reaction.kind: (A, A, A, A),
    annotations.Response.kind: (A, A, A, A),
    annotations.Edit.kind: (A, A, A, A),
    annotations.Retraction.kind: (A, A, A, A),
    annotations.Receipt.kind: (A, A, A, A),
    annotations.Profile.kind: (A, S, C, C),
    annotations.ReadMark.kind: (P, P, N, A),
    annotations.Setting.kind: (P, P, N, A),
    "own/hologram": (P, P, N, A),
    annotations.Repeat.kind: (A, A, N, A),
    annotations.Nothing.kind: (A, A, N, A),
    annotations.Reset.kind: (A, A, N, A),
    annotations.Typing.kind: (A, S, C, C),
}
AUTHORS_ONLY = {annotations.Edit.kind, annotations.Retraction.kind}
TARGETED = AUTHORS_ONLY | {annotations.Reaction.kind, annotations.Response.kind, annotations.Receipt.kind}

each_kind = pytest.mark.parametrize("kind", ROWS)


def target_for(kind: str, sender: AccountId, to: AccountId) -> Target | None:
    """A message of their conversation that this sender may speak about in this way."""
    name = payload.direct_conversation(sender, to)
    if kind in AUTHORS_ONLY or kind in (annotations.Reaction.kind, annotations.Response.kind):
        return Target(name, sender, frozenset({to}))
    if kind == annotations.Receipt.kind:
        return Target(name, to, frozenset({sender}))
    if kind == annotations.Repeat.kind:
        return Target(name, to, frozenset({sender}), frozenset({LAPTOP}))
    return None


def facts(kind: str, sender: AccountId, to: AccountId = ALICE) -> Facts:
    return Facts(
        ALICE, sender, LAPTOP, to, payload.direct_conversation(sender, to), target=target_for(kind, sender, to)
    )


def test_every_kind_of_the_catalog_has_its_row() -> None:
    assert {form.kind for form in catalog.TYPES} | {annotations.Typing.kind} <= ROWS.keys()
    assert authority.TABLE.keys() <= ROWS.keys()
    assert {form.kind for form in catalog.TYPES} - authority.TABLE.keys() == {form.kind for form in catalog.MESSAGES}
    for form in catalog.OWN:
        assert form.kind.startswith(annotations.OWN)


@each_kind
def test_row(kind: str) -> None:
    contact, stranger, copy, own = ROWS[kind]
    assert allowed(kind, Role.CONTACT, facts(kind, BOB)) is contact
    assert allowed(kind, Role.STRANGER, facts(kind, BOB)) is stranger
    assert allowed(kind, Role.OWN, facts(kind, ALICE, BOB)) is copy
    assert allowed(kind, Role.OWN, facts(kind, ALICE, ALICE)) is own


@each_kind
@pytest.mark.parametrize("sender", [ALICE, BOB])
def test_a_removed_device_may_say_nothing(kind: str, sender: AccountId) -> None:
    assert allowed(kind, Role.REMOVED, facts(kind, sender)) is Verdict.REMOVED_DEVICE


@each_kind
def test_a_blocked_account_may_say_nothing(kind: str) -> None:
    assert allowed(kind, Role.BLOCKED, facts(kind, BOB)) is Verdict.BLOCKED


@each_kind
@pytest.mark.parametrize("role", [Role.CONTACT, Role.STRANGER])
def test_nobody_else_sends_copies_or_speaks_to_another(kind: str, role: Role) -> None:
    for to in (BOB, CAROL):  # a forged sent copy; a payload written for Carol and passed on
        assert allowed(kind, role, facts(kind, BOB, to)) is not Verdict.ALLOWED


@each_kind
@pytest.mark.parametrize("role", [Role.CONTACT, Role.STRANGER])
def test_nobody_speaks_in_a_conversation_of_others(kind: str, role: Role) -> None:
    for name in (payload.direct_conversation(ALICE, CAROL), payload.direct_conversation(BOB, CAROL), b"g" * 32):
        assert allowed(kind, role, replace(facts(kind, BOB), conversation=name)) is not Verdict.ALLOWED


@each_kind
def test_a_role_that_does_not_fit_the_sender_gives_nothing(kind: str) -> None:
    assert allowed(kind, Role.OWN, facts(kind, BOB)) is not Verdict.ALLOWED
    assert allowed(kind, Role.CONTACT, facts(kind, ALICE)) is not Verdict.ALLOWED


@pytest.mark.parametrize("kind", sorted(AUTHORS_ONLY))
def test_only_the_author_edits_and_takes_back(kind: str) -> None:
    bob, copy = facts(kind, BOB), facts(kind, ALICE, BOB)
    assert allowed(kind, Role.CONTACT, replace(bob, target=FROM_BOB)) is Verdict.ALLOWED
    assert allowed(kind, Role.CONTACT, replace(bob, target=FROM_ALICE)) is Verdict.NOT_AUTHOR
    assert allowed(kind, Role.OWN, replace(copy, target=FROM_ALICE)) is Verdict.ALLOWED
    assert allowed(kind, Role.OWN, replace(copy, target=FROM_BOB)) is Verdict.NOT_AUTHOR


def test_only_a_recipient_sends_receipts() -> None:
    kind = annotations.Receipt.kind
    bob, copy = facts(kind, BOB), facts(kind, ALICE, BOB)
    assert allowed(kind, Role.CONTACT, replace(bob, target=FROM_ALICE)) is Verdict.ALLOWED
    assert allowed(kind, Role.CONTACT, replace(bob, target=FROM_BOB)) is Verdict.NOT_RECIPIENT
    assert allowed(kind, Role.OWN, replace(copy, target=FROM_BOB)) is Verdict.ALLOWED
    assert allowed(kind, Role.OWN, replace(copy, target=FROM_ALICE)) is Verdict.NOT_RECIPIENT


def test_only_the_very_device_that_was_sent_a_message_gets_it_again() -> None:
    kind = annotations.Repeat.kind
    asks = replace(facts(kind, BOB), target=FROM_ALICE)
    assert allowed(kind, Role.CONTACT, asks) is Verdict.ALLOWED
    assert allowed(kind, Role.CONTACT, replace(asks, device=PHONE)) is Verdict.NOT_RECIPIENT
    assert allowed(kind, Role.CONTACT, replace(asks, target=None)) is Verdict.NOT_RECIPIENT


@pytest.mark.parametrize("kind", sorted(TARGETED))
def test_a_target_that_is_not_here_is_parked_and_one_elsewhere_refused(kind: str) -> None:
    bob = facts(kind, BOB)
    assert allowed(kind, Role.CONTACT, replace(bob, target=None)) is Verdict.UNKNOWN_TARGET
    assert bob.target is not None
    elsewhere = replace(bob.target, conversation=payload.direct_conversation(ALICE, CAROL))
    assert allowed(kind, Role.CONTACT, replace(bob, target=elsewhere)) is Verdict.WRONG_CONVERSATION


def test_roles_come_from_the_list_first_then_from_the_relation() -> None:
    for sender, relation in product((ALICE, BOB), Relation):
        assert authority.role_of(ALICE, sender, relation, listed=False) is Role.REMOVED
        assert (authority.role_of(ALICE, sender, relation, listed=True) is Role.OWN) == (sender == ALICE)
    assert authority.role_of(ALICE, BOB, Relation.ACCEPTED, listed=True) is Role.CONTACT
    assert authority.role_of(ALICE, BOB, Relation.NONE, listed=True) is Role.STRANGER
    assert authority.role_of(ALICE, BOB, Relation.BLOCKED, listed=True) is Role.BLOCKED


def test_what_is_unknown_is_a_message_or_kept_to_own_devices() -> None:
    assert authority.rule("hologram") is authority.MESSAGE
    assert authority.rule(base.Unsupported("own/hologram", b"").kind) is authority.OWN
