"""Read positions, unread counts and what rings."""

from hypothesis import given
from hypothesis import strategies as st

from app.common.ids import ConversationId, MessageId, PersonId
from app.domain import conversation
from app.domain.conversation import Arrival, Conversation

TALK = Conversation(ConversationId(b"c" * 16), b"w" * 32, PersonId(b"p" * 16))
places = st.tuples(st.integers(0, 50), st.binary(min_size=16, max_size=16).map(MessageId))
arrivals = st.builds(Arrival, places, st.booleans(), st.booleans())


@given(st.lists(places))
def test_the_read_position_is_the_furthest_whatever_order_devices_report(seen: list[conversation.Place]) -> None:
    talk = TALK
    for place in seen:
        talk = talk.read(place)
    assert talk.read_upto == max([conversation.BEGINNING, *seen])


@given(st.lists(arrivals), places)
def test_unread_is_visible_incoming_and_after_the_position(waiting: list[Arrival], upto: conversation.Place) -> None:
    expected = [arrival for arrival in waiting if arrival.visible and not arrival.outgoing and arrival.place > upto]
    assert conversation.unread(waiting, upto) == len(expected)
    assert conversation.unread(waiting, max([upto, *(arrival.place for arrival in waiting)])) == 0


def test_reading_clears_the_mark() -> None:
    marked = Conversation(TALK.id, TALK.wire, marked_unread=True)
    assert not marked.read(conversation.BEGINNING).marked_unread


def test_what_rings() -> None:
    arrival = Arrival((5, MessageId(b"m" * 16)), outgoing=False, visible=True)
    muted = Conversation(TALK.id, TALK.wire, muted_until=100)
    assert conversation.rings(TALK, arrival, 50)
    assert not conversation.rings(muted, arrival, 99)
    assert conversation.rings(muted, arrival, 100)
    assert not conversation.rings(TALK.read(arrival.place), arrival, 50)
    assert not conversation.rings(Conversation(TALK.id, TALK.wire, archived=True), arrival, 50)
    forever = Conversation(TALK.id, TALK.wire, muted_until=conversation.FOREVER)
    assert forever.muted(1_800_000_000_000)
