"""The delivery table, by enumeration of every start and every sequence of up to four events."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import delivery
from app.domain.delivery import Event, Permit, Reason, Status, advance

FORWARD = (Event.ACCEPTED, Event.DELIVERED, Event.READ)
GOALS = {Event.ACCEPTED: Status.SENT, Event.DELIVERED: Status.DELIVERED, Event.READ: Status.READ}
BACKWARD = {Event.DEFERRED, Event.REJECTED, Event.SEND_AS_TEXT, Event.RETRY}

# Written out once more, so that a slip in one of the two shows: rows and columns as in the design's table.
TABLE = """
          attempt deferred accepted delivered read rejected retry  send_as_text
queued    sending .        sent     delivered read failed   .      queued
sending   .       queued   sent     delivered read failed   .      .
sent      .       .        .        delivered read failed   .      queued
delivered .       .        .        .         read .        .      .
read      .       .        .        .         .    .        .      .
failed    .       .        sent     delivered read .        queued queued
"""


def rank(status: Status) -> int:
    return delivery.RANK.index(status)


def sequences(most: int) -> list[tuple[Event, ...]]:
    return [events for length in range(1, most + 1) for events in product(FORWARD, repeat=length)]


def after(status: Status, events: tuple[Event, ...]) -> Status:
    for event in events:
        status = advance(status, event)
    return status


def test_the_table_is_the_designs() -> None:
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    assert {row[0] for row in rows} == set(Status)
    assert set(head) == set(Event)
    for start, *cells in rows:
        for event, goal in zip(head, cells, strict=True):
            expected = start if goal == "." else goal
            assert advance(Status(start), Event(event)) == expected, (start, event)


@pytest.mark.parametrize("start", Status)
def test_whatever_comes_forward_the_highest_stands(start: Status) -> None:
    for events in sequences(4):
        highest = max([start, *(GOALS[event] for event in events)], key=rank)
        assert after(start, events) == highest, events


@pytest.mark.parametrize("start", Status)
def test_up_to_four_of_all_events_never_undo_a_receipt(start: Status) -> None:
    for events in (events for length in range(1, 5) for events in product(Event, repeat=length)):
        status = start
        delivered = read = False
        for event in events:
            moved = advance(status, event)
            assert rank(moved) >= rank(status) or event in BACKWARD
            delivered = delivered or event is Event.DELIVERED or status is Status.DELIVERED
            read = read or event is Event.READ or status is Status.READ
            status = moved
        if read:
            assert status is Status.READ
        elif delivered:
            assert status in (Status.DELIVERED, Status.READ)


@given(st.lists(st.sampled_from(FORWARD)), st.randoms(use_true_random=False), st.sampled_from(Status))
def test_the_order_of_receipts_does_not_matter(events: list[Event], dice: random.Random, start: Status) -> None:
    shuffled = list(events)
    dice.shuffle(shuffled)
    assert after(start, tuple(events)) == after(start, tuple(shuffled))


def test_every_status_can_still_be_delivered_and_read() -> None:
    for start in Status:
        assert advance(start, Event.READ) is Status.READ
        assert delivery.reached(advance(start, Event.DELIVERED), Status.DELIVERED)


@given(st.lists(st.sampled_from(Status), min_size=1))
def test_a_bubble_shows_the_least_advanced(statuses: list[Status]) -> None:
    shown = delivery.summarise(statuses)
    assert shown in statuses
    assert all(delivery.reached(status, shown) for status in statuses)
    assert (Status.FAILED in statuses) == (shown is Status.FAILED)


def test_nobody_to_summarise_is_an_error() -> None:
    with pytest.raises(ValueError):
        delivery.summarise([])


def test_reached() -> None:
    assert delivery.reached(Status.READ, Status.SENT)
    assert delivery.reached(Status.SENT, Status.SENT)
    assert not delivery.reached(Status.SENDING, Status.SENT)
    assert not delivery.reached(Status.FAILED, Status.SENT)


@pytest.mark.parametrize("status", Status)
def test_after_a_restart_nothing_is_sending(status: Status) -> None:
    again = delivery.after_restart(status)
    assert again == (Status.QUEUED if status is Status.SENDING else status)


def test_only_what_nobody_has_is_discarded() -> None:
    assert {status for status in Status if delivery.may_discard(status)} == {Status.QUEUED, Status.FAILED}


@pytest.mark.parametrize(
    ("outcome", "may"),
    [
        ("withdrawn", True),
        ("never_had", True),
        ("handed_over", False),
        ("not_known", False),
        ("", False),
        ("new", False),
    ],
)
def test_only_two_answers_let_it_turn_to_text(outcome: str, may: bool) -> None:
    assert delivery.may_turn_to_text(outcome) is may


def test_every_reason_has_its_actions_and_a_way_out() -> None:
    assert delivery.ACTIONS.keys() == set(Reason)
    for reason, actions in delivery.ACTIONS.items():
        assert (actions.retry, actions.text, actions.other) != (Permit.NO, Permit.NO, None), reason
        assert actions.retry in (Permit.NO, Permit.YES, Permit.WARNED), reason


def test_what_may_cost_money_shows_the_price_and_what_is_not_known_warns() -> None:
    for reason in (Reason.NEEDS_CONSENT, Reason.PLAN_USED_UP):
        assert delivery.ACTIONS[reason].text is Permit.PRICED
    assert delivery.ACTIONS[Reason.TEXT_UNKNOWN] == delivery.Actions(retry=Permit.WARNED)
    for reason in (Reason.OTHER_ACCOUNT, Reason.NOT_ON_KINGFISHER, Reason.NO_SUCH_ADDRESS, Reason.BLOCKED):
        assert (delivery.ACTIONS[reason].retry, delivery.ACTIONS[reason].text) == (Permit.NO, Permit.NO)
