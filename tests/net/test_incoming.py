"""The queue between connection and inbox: whole batches, in order, never across the end of a connection."""

from app.net.incoming import CaughtUp, Delivered, Incoming
from app.protocol import frames


def entry(number: int) -> frames.Deliver:
    return frames.Deliver(number, bytes(32), bytes(16), bytes(16), 1, 1, True, b"content", b"envelope")


async def test_what_is_at_hand_is_taken_in_whole_batches() -> None:
    waiting = Incoming()
    for first in (0, 2, 4):
        waiting.deliver(1, [entry(first), entry(first + 1)])
    head = await anext(waiting)
    assert isinstance(head, Delivered)
    assert [each.entry for each in waiting.at_hand(1, 3)] == [2, 3]
    assert [each.entry for each in waiting.at_hand(1, 1)] == []
    assert [each.entry for each in waiting.at_hand(1, 100)] == [4, 5]
    assert waiting.waiting_bytes == 0


async def test_marks_and_other_connections_end_what_is_at_hand() -> None:
    waiting = Incoming()
    waiting.deliver(1, [entry(0)])
    waiting.caught_up(1)
    waiting.deliver(1, [entry(1)])
    waiting.deliver(2, [entry(0)])
    assert [each.entry for each in waiting.at_hand(1, 100)] == [0]
    assert waiting.at_hand(1, 100) == []
    assert await anext(waiting) == CaughtUp(1)
    assert [each.entry for each in waiting.at_hand(1, 100)] == [1]
    assert waiting.at_hand(1, 100) == []
    assert await anext(waiting) == Delivered(2, (entry(0),))


async def test_taking_what_is_at_hand_makes_room() -> None:
    waiting = Incoming(bound=1)
    waiting.deliver(1, [entry(0)])
    assert waiting.full
    waiting.at_hand(1, 100)
    assert not waiting.full
    await waiting.room()
