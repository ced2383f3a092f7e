"""Folding: edits, retractions and reactions give the same picture on every device, and forged ones give nothing."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.common.ids import AccountId, ConversationId
from app.content import annotations, base
from app.content.text import Text
from app.domain import delivery, message
from app.domain.bearer import Bearer
from app.domain.message import Annotation, Delivery, Message, Reacted, Version, fold
from app.protocol import limits
from tests.content.samples import ALICE, BOB, CAROL, message_id, reference
from tests.parts.examples import examples

NOW = 1_800_000_000_000
HELLO = Message(
    message_id(1), ConversationId(b"c" * 16), ALICE, Text("Hello"), NOW, NOW, arrived_at=NOW, digest=b"d" * 32
)
TARGET = reference(1, ALICE)


def note(
    number: int,
    content: annotations.Targeted,
    author: AccountId = ALICE,
    after: int = 1_000,
    arrived: int | None = None,
) -> Annotation:
    arrival = after if arrived is None else arrived
    return Annotation(message_id(100 + number), author, content, NOW + after, NOW + 1_000 + number, NOW + arrival)


def edit(number: int, words: str, **other: Any) -> Annotation:
    return note(number, annotations.Edit(TARGET, words), **other)


def react(number: int, emoji: str, author: AccountId) -> Annotation:
    return note(number, annotations.Reaction(TARGET, emoji), author)


def retract(**other: Any) -> Annotation:
    return note(50, annotations.Retraction(TARGET), **other)


notes = st.lists(
    st.builds(
        Annotation,
        st.integers(100, 110).map(message_id),
        st.sampled_from((ALICE, BOB, CAROL)),
        st.one_of(
            st.builds(annotations.Edit, st.just(TARGET), st.sampled_from("abc")),
            st.builds(annotations.Reaction, st.just(TARGET), st.sampled_from(("", "x", "y"))),
            st.just(annotations.Retraction(TARGET)),
        ),
        st.integers(NOW - limits.HOUR, NOW + limits.HOUR),
        st.integers(NOW, NOW + 5),
        st.integers(NOW, NOW + 2 * limits.DAY),
    ),
    max_size=12,
    unique_by=lambda one: (one.author, one.id),
)


@given(notes, st.randoms(use_true_random=False))
@settings(max_examples=examples(300))
def test_the_order_of_arrival_and_doubles_change_nothing(said: list[Annotation], dice: random.Random) -> None:
    shuffled = said + said[:3]
    dice.shuffle(shuffled)
    assert fold(HELLO, said) == fold(HELLO, shuffled)


@given(notes)
@settings(max_examples=examples(200))
def test_nobody_else_changes_the_words(said: list[Annotation]) -> None:
    others = [one for one in said if one.author != ALICE]
    shown = fold(HELLO, others)
    assert shown.content == HELLO.content
    assert not shown.edited


def test_edits_keep_their_history() -> None:
    shown = fold(HELLO, [edit(2, "three", after=2_000), edit(1, "two")])
    assert shown.content == Text("three")
    assert shown.history == (Version(Text("Hello"), NOW), Version(Text("two"), NOW + 1_000))


def test_a_sixth_edit_has_no_effect() -> None:
    shown = fold(HELLO, [edit(number, str(number)) for number in range(1, 8)])
    assert shown.content == Text("5")
    assert len(shown.history) == message.EDITS


@pytest.mark.parametrize(
    ("after", "arrived", "counts"),
    [
        (message.EDITABLE, message.EDITABLE, True),
        (message.EDITABLE + 1, 0, False),
        (-message.EDITABLE - 1, 0, False),
        (1_000, message.ARRIVAL, True),
        (1_000, message.ARRIVAL + 1, False),
    ],
)
def test_an_edit_is_timely_by_both_its_times(after: int, arrived: int, counts: bool) -> None:
    assert fold(HELLO, [edit(1, "two", after=after, arrived=arrived)]).edited is counts


@pytest.mark.parametrize(
    ("after", "arrived", "counts"),
    [
        (message.RETRACTABLE, message.ARRIVAL, True),
        (message.RETRACTABLE + 1, 0, False),
        (0, message.ARRIVAL + 1, False),
    ],
)
def test_a_retraction_is_timely_by_both_its_times(after: int, arrived: int, counts: bool) -> None:
    assert fold(HELLO, [retract(after=after, arrived=arrived)]).retracted is counts


def test_what_the_relay_has_not_accepted_yet_is_judged_by_the_authors_times_alone() -> None:
    waiting = replace(HELLO, arrived_at=None)
    assert fold(waiting, [edit(1, "two", arrived=message.ARRIVAL + 1)]).edited
    assert not fold(waiting, [edit(1, "two", after=message.EDITABLE + 1)]).edited


def test_a_retraction_leaves_nothing_behind() -> None:
    shown = fold(HELLO, [edit(1, "two"), react(2, "x", BOB), retract()])
    assert shown.retracted
    assert (shown.content, shown.history, shown.reactions) == (None, (), ())


def test_each_sender_has_one_reaction_the_latest() -> None:
    said = [react(1, "x", BOB), react(2, "x", CAROL), react(3, "y", BOB), react(4, "y", ALICE)]
    assert fold(HELLO, said).reactions == (Reacted("x", (CAROL,)), Reacted("y", (BOB, ALICE)))
    assert fold(HELLO, [*said, react(5, "", CAROL)]).reactions == (Reacted("y", (BOB, ALICE)),)


def test_more_than_sixty_four_reactions_of_one_sender_are_not_heard() -> None:
    said = [react(number, f"{number}", BOB) for number in range(limits.REACTIONS + 5)]
    assert fold(HELLO, said).reactions == (Reacted(str(limits.REACTIONS - 1), (BOB,)),)


@pytest.mark.parametrize("target", [reference(2, ALICE), reference(1, BOB)])
def test_what_is_about_another_message_has_no_effect(target: base.Reference) -> None:
    said = [note(1, annotations.Retraction(target)), note(2, annotations.Reaction(target, "x"), BOB)]
    assert fold(HELLO, said) == fold(HELLO, [])


def test_an_annotation_on_another_ciphertext_is_a_dispute() -> None:
    other = annotations.Reaction(reference(1, ALICE, b"e" * 16), "x")
    assert fold(HELLO, [note(1, other, BOB)]).disputed
    assert not fold(HELLO, [note(1, annotations.Reaction(reference(1, ALICE, b"d" * 16), "x"), BOB)]).disputed


def test_a_phone_text_folds_nothing() -> None:
    green = replace(HELLO, bearer=Bearer.TEXT)
    assert fold(green, [edit(1, "two"), retract(), react(2, "x", BOB)]) == message.Shown(green, green.content)


def test_what_has_no_words_of_its_own_is_not_edited() -> None:
    unknown = replace(HELLO, content=base.Unsupported("hologram", b"", "a hologram"))
    assert fold(unknown, [edit(1, "two")]).content == unknown.content


def test_the_status_is_the_least_advanced_of_all_recipients() -> None:
    assert HELLO.status is None
    sent = Delivery(BOB, delivery.Status.SENT)
    failed = Delivery(CAROL, delivery.Status.FAILED, delivery.Reason.BLOCKED)
    assert replace(HELLO, deliveries=(sent,)).status is delivery.Status.SENT
    assert replace(HELLO, deliveries=(sent, failed)).status is delivery.Status.FAILED


def test_when_the_user_may_edit_or_take_back() -> None:
    mine = fold(replace(HELLO, outgoing=True), [])
    assert message.may_edit(mine, NOW + message.EDITABLE)
    assert not message.may_edit(mine, NOW + message.EDITABLE + 1)
    assert message.may_retract(mine, NOW + message.RETRACTABLE)
    assert not message.may_retract(mine, NOW + message.RETRACTABLE + 1)
    often = fold(mine.message, [edit(number, "x") for number in range(message.EDITS)])
    assert not message.may_edit(often, NOW)
    for not_mine in (
        fold(HELLO, []),
        fold(replace(mine.message, bearer=Bearer.TEXT), []),
        fold(mine.message, [retract()]),
    ):
        assert not message.may_edit(not_mine, NOW)
        assert not message.may_retract(not_mine, NOW)
