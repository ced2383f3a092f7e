"""What has not left and is wanted otherwise: as a text, with other words, or not at all. The relay is asked first.

Of what may have left nobody says here that it is gone before the relay has: it never goes after *withdrawn*.
"""

from msgspec.structs import replace

from app.client import folding
from app.client.routing import Forecast, Routing, Wanted
from app.client.sending import Sending
from app.common import errors
from app.domain.bearer import Agreement, Bearer, Wish
from app.domain.delivery import Permit, Status, may_turn_to_text, offers
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

        def look(view: View) -> tuple[bytes, Wanted]:
            message = _message(view, row)
            said = Wanted.of(folding.shown(view, message).content)
            return people.current(view, message.conversation), replace(said, wish=Wish.TEXT)

        person, wanted = await self._database.read(look)
        found = await self._routing.forecast(person, wanted)
        if found.choice.route is not None:
            found = await self._routing.forecast(person, replace(wanted, agreed=agreement(found)))
        if found.choice.bearer is Bearer.UNDECIDED:
            raise errors.AgainLater(found.choice.why)
        if found.choice.route is None and not self._routing.told.is_set():
            raise errors.AgainLater("offline")  # the relay has not said yet whether it sends texts
        if found.choice.bearer is not Bearer.TEXT or found.choice.route is None:
            raise errors.GiveUp(found.choice.why)
        return found

    async def discard(self, row: int, *, safely: bool = False) -> Removed:
        """Remove what nobody can have any more, or was not delivered; ``Sending.restore`` takes what is returned.

        ``safely``: what was not delivered must not arrive later either. Raises GiveUp (``already_sent``) where
        somebody has it or may have it, AgainLater where the relay has to be asked and cannot be. Dying between its
        answer and ours is no harm: it comes back refused.
        """
        job, failed = await self._database.read(lambda view: _left(view, row, safely=safely))
        if job is None:
            return await self._sending.discard(row)
        try:
            await self._withdraw(job)
        except errors.AgainLater:
            if safely or not failed:
                raise
            return await self._sending.discard(row)
        except errors.GiveUp:
            if safely or not failed or job.way == Bearer.TEXT:
                raise
            return await self._sending.discard(row)
        return await self._sending.discard(row, withdrawn=job.submit)

    async def _withdraw(self, job: Job) -> None:
        """Nobody gets what this job sent; GiveUp ``already_sent`` where somebody has it or may have it."""
        if job.way == Bearer.TEXT:
            outcome = await self._connection.withdraw_text(job.submit, job.boot)
        else:
            outcome = await self._connection.withdraw(job.submit, job.account, job.boot)
        if not may_turn_to_text(outcome):
            raise errors.GiveUp("already_sent")

    async def edit(self, row: int) -> bytes:
        """Take it back into the draft of its conversation, before what stands there; that conversation.

        Raises as ``discard``. The words are in the draft before the message goes: dying in between loses nothing.
        """

        def put(tx: Tx) -> tuple[bytes, str]:
            message = _message(tx, row)
            content = folding.shown(tx, message).content
            where = conversations.get(tx, message.conversation)
            before = where.draft if where is not None else ""
            if content is not None and content.piece() is not None:
                raise errors.GiveUp("no_words")  # a draft holds nothing else, so it would be lost
            words = content.as_text() if content is not None else ""
            conversations.set_draft(tx, message.conversation, "\n".join(each for each in (words, before) if each))
            return message.conversation, before

        conversation, before = await self._database.write(put)
        try:
            await self.discard(row, safely=True)
        except errors.KingfisherError:
            await self._database.write(lambda tx: conversations.set_draft(tx, conversation, before))
            raise
        return conversation


def agreement(found: Forecast) -> Agreement:
    """The yes to a text as it was forecast."""
    route = found.choice.route
    return Agreement.to(route) if route is not None else Agreement(0)


def _left(view: View, row: int, *, safely: bool) -> tuple[Job | None, bool]:
    """The job of it that may have left, and whether it was given up."""
    message = _message(view, row)
    failed = message.status == Status.FAILED
    if safely and failed and offers(Status.FAILED, message.reason, encrypted=False).retry is Permit.WARNED:
        raise errors.GiveUp("already_sent")  # nobody knows whether it arrived
    return next((job for job in jobs.of_message(view, row) if job.attempted), None), failed


def _message(view: View, row: int) -> Message:
    found = messages.get(view, row)
    if found is None:
        raise errors.GiveUp("no_message")
    return found
