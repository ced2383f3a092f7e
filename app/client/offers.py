"""Whether a message that has not arrived can be sent as a text instead: its state, its words, whom a text reaches."""

from collections.abc import Sequence

from app.domain import delivery
from app.domain.bearer import Bearer
from app.domain.conversation import Policy
from app.domain.delivery import Permit, Status
from app.storage import conversations, jobs, people
from app.storage.messages import Message
from app.storage.transaction import View


class Offers:
    """For one piece of work over those messages (at most 500); what was looked up once is kept."""

    def __init__(self, view: View, stored: Sequence[Message]) -> None:
        self._view = view
        self._reached: dict[bytes, bool] = {}
        under_way = [each.row for each in stored if _text(each) is not Permit.NO]
        self._becoming = jobs.becoming_texts(view, under_way) if under_way else frozenset[int]()

    def text(self, stored: Message, words: str) -> bool:
        """Whether it is offered for this one; what it costs is said before."""
        if not words or stored.row in self._becoming or _text(stored) is Permit.NO:
            return False
        if stored.conversation not in self._reached:
            self._reached[stored.conversation] = self._reach(stored.conversation)
        return self._reached[stored.conversation]

    def _reach(self, conversation: bytes) -> bool:
        """There is a number, and the conversation is not to stay encrypted."""
        where = conversations.get(self._view, conversation)
        if where is None or where.person is None or where.bearer == Policy.ONLY_ENCRYPTED:
            return False
        return any(each.address.startswith("+") for each in people.addresses(self._view, [where.person]))


def _text(stored: Message) -> Permit:
    if not stored.outgoing or not stored.status or stored.retracted:
        return Permit.NO
    return delivery.offers(Status(stored.status), stored.reason, encrypted=stored.bearer != Bearer.TEXT).text
