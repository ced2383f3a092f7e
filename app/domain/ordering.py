"""Order in a conversation, and which numbers in a sender's count are missing."""

from typing import Final

import msgspec

from app.common.ids import MessageId
from app.content import base
from app.protocol import limits

REMEMBERED: Final = 256  # holes kept for one device and conversation

Place = tuple[int, MessageId]  # (order in milliseconds, message id): the sort key on every device


def next_order(now: int, highest: int) -> int:
    """Milliseconds for a message that is being sealed: the clock's, or one more than the highest seen."""
    return min(max(now, highest + 1), base.LATEST)


def plausible(order: int, accepted_at: int) -> bool:
    """Whether the relay could have taken this order: at most ten minutes ahead of its clock."""
    return 0 <= order <= accepted_at + limits.AHEAD


class Sequences(msgspec.Struct, frozen=True):
    """What came of one sender device in one conversation: the highest number, and the numbers below it still missing.

    A device that was linked later begins with ``Sequences.joined(first)``, as the earlier ones were never meant for it.
    """

    highest: int = 0
    missing: tuple[int, ...] = ()

    @classmethod
    def joined(cls, first: int) -> "Sequences":
        """Begin with ``first`` as if everything before it had come."""
        return cls(max(first, 0))

    def add(self, number: int) -> "Sequences":
        """After ``number`` came, or will never come; doubles and 0 (not counted) change nothing.

        A jump keeps at most REMEMBERED holes, the newest.
        """
        if number > self.highest:
            gap = range(max(self.highest + 1, number - REMEMBERED), number)
            return Sequences(number, (*self.missing, *gap)[-REMEMBERED:])
        if number in self.missing:
            return Sequences(self.highest, tuple(hole for hole in self.missing if hole != number))
        return self
