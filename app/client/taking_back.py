"""What has not left and is wanted otherwise: as a text, with other words, or not at all. The relay is asked first.

Of a text that may have left nobody says here that it is gone before the relay has: it never goes after *withdrawn*.
"""

from app.client import folding
from app.client.routing import Forecast, Routing, Wanted
from app.client.sending import Sending
from app.common import errors
from app.domain.bearer import Agreement, Bearer, Wish
from app.domain.delivery import Status, may_turn_to_text
from app.net.connection import Connection
from app.storage import conversations, jobs, messages, people
from app.storage.database import Database
from app.storage.jobs import Job
from app.storage.messages import Message
from app.storage.removed import Removed
from app.storage.transaction import Tx, View


class TakingBack:
    """The second thoughts of its user about one message."""

    def __init__(self, database: Database, connection: Connection, routing: Routing, sending: Sending) -> None:
        self._database = database
        self._connection = connection
        self._routing = routing
        self._sending = sending

    async def price(self, row: int) -> Forecast:
        """What this message would be and cost as a text; ``agreement`` of it is the yes to that.

        Raises GiveUp with the reason why it cannot go as text, AgainLater while nobody knows.
        """

        def look(view: View) -> tuple[bytes, str]:
            message = _message(view, row)
            content = folding.shown(view, message).content
            return people.current(view, message.conversation), content.as_text() if content is not None else ""

        person, words = await self._database.read(look)
        found = await self._routing.forecast(person, Wanted(words, Wish.TEXT))
        if found.choice.route is not None:
            found = await self._routing.forecast(person, Wanted(words, Wish.TEXT, agreement(found)))
        if found.choice.bearer is Bearer.UNDECIDED:
            raise errors.AgainLater(found.choice.why)
        if found.choice.bearer is not Bearer.TEXT or found.choice.route is None:
            raise errors.GiveUp(found.choice.why)
        return found

    async def discard(self, row: int) -> Removed:
        """Remove what nobody can have any more; what is returned can be given to ``Sending.restore``.

        Raises GiveUp (``already_sent``) where somebody has it or may have it, AgainLater where the relay has to be
        asked about a text and cannot be. Dying between its answer and ours is no harm: the text comes back refused.
        """
        job, failed = await self._database.read(lambda view: _text(view, row))
        if job is None:
            return await self._sending.discard(row)
        try:
            outcome = await self._connection.withdraw_text(job.submit, job.boot)
        except errors.AgainLater:
            if not failed:
                raise
            return await self._sending.discard(row)
        if not may_turn_to_text(outcome):
            raise errors.GiveUp("already_sent")
        return await self._sending.discard(row, withdrawn=job.submit)

    async def edit(self, row: int) -> bytes:
        """Take it back into the draft of its conversation, before what stands there; that conversation.

        Raises as ``discard``. The words are in the draft before the message goes: dying in between loses nothing.
        """

        def put(tx: Tx) -> tuple[bytes, str]:
            message = _message(tx, row)
            content = folding.shown(tx, message).content
            where = conversations.get(tx, message.conversation)
            before = where.draft if where is not None else ""
            words = content.as_text() if content is not None else ""
            conversations.set_draft(tx, message.conversation, "\n".join(each for each in (words, before) if each))
            return message.conversation, before

        conversation, before = await self._database.write(put)
        try:
            await self.discard(row)
        except errors.KingfisherError:
            await self._database.write(lambda tx: conversations.set_draft(tx, conversation, before))
            raise
        return conversation


def agreement(found: Forecast) -> Agreement:
    """The yes to a text as it was forecast."""
    route = found.choice.route
    return Agreement(route.segments, route.price) if route is not None else Agreement(0)


def _text(view: View, row: int) -> tuple[Job | None, bool]:
    """The job of a text that may have left, and whether it was given up."""
    message = _message(view, row)
    for job in jobs.of_message(view, row):
        if job.way == Bearer.TEXT and job.attempted:
            return job, message.status == Status.FAILED
    return None, False


def _message(view: View, row: int) -> Message:
    found = messages.get(view, row)
    if found is None:
        raise errors.GiveUp("no_message")
    return found
