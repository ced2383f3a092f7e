"""Commands that need the wire for as long as they run: send and listen."""

import argparse
import asyncio

from app import sentences
from app.client import rendering
from app.client.routing import Forecast
from app.commands import texts
from app.commands.session import Session
from app.common import errors
from app.content import base
from app.content.text import Text
from app.control import Output
from app.domain.bearer import Agreement, Bearer, Wish
from app.domain.delivery import Reason, Status, reached
from app.net.connection import Phase
from app.storage import messages, notices, recipients
from app.storage.messages import Message
from app.storage.transaction import Tx, View

PRINTED = "listen/printed"  # the counter that holds the row up to which listen has printed
PAGE = 100
ASKS = (Reason.NEEDS_CONSENT, Reason.PLAN_USED_UP, Reason.OTHER_ACCOUNT)  # what a yes is for: nothing is queued without


async def send(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Queue a message, wait for the status that is wanted, and say how far it came."""
    messenger = session.messenger
    messenger.connect()
    ends = asyncio.get_running_loop().time() + asked.timeout
    person = await texts.addressee(session, asked, ends)
    wish = Wish(asked.bearer)
    if person.account is None or asked.picture is not None or wish is not Wish.AUTO or asked.yes:
        async with texts.in_time(ends):  # the words are kept whatever comes of it, the end says why
            await texts.ready(session)
    chosen = await texts.chosen(session, asked)
    content: base.Form = chosen.content(asked.text.strip()) if chosen is not None else Text(asked.text)
    found = None
    async with texts.in_time(ends):
        found = await texts.agreed(session, person.person, content, asked)
    if chosen is not None and (found is None or found.choice.bearer is not Bearer.TEXT):
        return texts.no_picture(found, output)
    if found is not None and found.choice.why in ASKS:
        output.line(texts.line(found))
        output.say(sentences.for_code(found.choice.why))
        return 1
    yes = await _yes(session, found, asked.text) if asked.yes else None
    if wish is Wish.AUTO and yes is None and (found is None or found.choice.bearer is not Bearer.TEXT):
        wish = Wish.ASK  # nobody was told that it would be a text, or at what cost
    beside = chosen.beside if chosen is not None else None
    written = await messenger.sending.send(person.person, content, wish, yes, beside)
    goal = Status(asked.wait)

    def look(view: View) -> list[Status]:
        return [entry.status for entry in recipients.of_rows(view, [written.row])[written.row]]

    async def settled() -> bool:
        statuses = await messenger.database.read(look)
        return session.refused is not None or all(each is Status.FAILED or reached(each, goal) for each in statuses)

    await session.until(settled, max(0.0, ends - asyncio.get_running_loop().time()))

    def report(view: View) -> tuple[Message | None, rendering.Json]:
        stored = messages.get(view, written.row)
        return stored, rendering.Printer(view, messenger.me).sent(stored) if stored is not None else {}

    stored, line = await messenger.database.read(report)
    if stored is None:
        raise errors.GiveUp("no_message")
    output.line(line)
    return _outcome(session, stored, goal, output)


async def _yes(session: Session, found: Forecast | None, words: str) -> Agreement:
    """To what was forecast as a text; in advance, where the directory is silent or the relay away, as the plan says."""
    route = found.choice.route if found is not None else None
    if route is None:
        return await session.messenger.routing.in_advance(words)
    return Agreement.to(route)


def _outcome(session: Session, stored: Message, goal: Status, output: Output) -> int:
    status = Status(stored.status)
    if status is Status.FAILED:
        output.say(sentences.for_code(stored.reason))
        return 1
    if reached(status, goal):
        return 0
    if session.refused is not None:
        output.say(sentences.of(session.refused))
        return 1
    if reached(status, Status.SENT):
        output.say(f"The relay has the message, but it is not {goal.value} yet; ask again with the command status.")
    elif session.messenger.connection.state.phase is Phase.CONNECTED and stored.reason:
        output.say(f"{sentences.for_code(stored.reason)[:-1]}; the message stays queued until then.")
    elif session.messenger.connection.state.phase is Phase.CONNECTED:
        output.say("The message is not on its way yet and stays queued; any later send or listen takes it along.")
    else:
        output.say("The relay cannot be reached; the message stays queued and any later send or listen takes it along.")
    return 3


async def listen(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Print what has arrived since the last time and what arrives now, each once it is committed.

    The place is kept after the line was printed, so that a crash in between prints it again rather than never.
    """
    printing = _Printing(session, output, asked.count, mark_read=asked.mark_read)
    await printing.begin()
    session.messenger.connect()
    await session.until(printing.over, asked.timeout)
    if printing.left == 0:
        return 0
    if session.refused is not None:
        output.say(sentences.of(session.refused))
        return 1
    if asked.count is None:
        return 0
    output.say(f"Only {printing.printed} of {asked.count} messages came in time.")
    return 3


class _Printing:
    """Where one listen stands: the last row it looked at, and how many messages it is still to print."""

    def __init__(self, session: Session, output: Output, count: int | None, *, mark_read: bool) -> None:
        self._session = session
        self._database = session.messenger.database
        self._output = output
        self._mark_read = mark_read
        self._row = 0
        self._asked: set[bytes] = set()
        self.left = count
        self.printed = 0

    async def begin(self) -> None:
        self._row = await self._database.read(lambda view: notices.counter(view, PRINTED))

    async def over(self) -> bool:
        """Print what is new; True when that was all there is to do."""
        if self._session.refused is not None:
            return True
        while self.left != 0 and (page := await self._page()):
            for stored in page:
                if self.left == 0:
                    break
                if not stored.outgoing:
                    await self._print(stored)
                self._row = stored.row
        return self.left == 0

    async def _page(self) -> list[Message]:
        return await self._database.read(lambda view: messages.since(view, self._row, PAGE))

    async def _print(self, stored: Message) -> None:
        messenger = self._session.messenger
        if stored.author not in self._asked:
            self._asked.add(stored.author)
            await messenger.routing.check_claim(stored.author)

        def render(view: View) -> rendering.Json | None:
            newest = messages.get(view, stored.row)
            return rendering.Printer(view, messenger.me).arrival(newest) if newest is not None else None

        line = await self._database.read(render)
        if line is not None:
            self._output.line(line)
            await self._output.drain()
            self.printed += 1
            self.left = self.left - 1 if self.left is not None else None
        if self._mark_read:
            # Before the place is kept: a crash in between must not leave it printed and never read.
            await messenger.conversations.mark_read(stored.conversation, stored.position, since=stored.position)
        await self._database.write(lambda tx: _keep(tx, stored.row))


def _keep(tx: Tx, row: int) -> None:
    before = notices.counter(tx, PRINTED)
    if row > before:
        notices.bump(tx, PRINTED, row - before)
