"""Commands that only read the store, offline too: messages, status, conversations, search and export."""

import argparse
import heapq
from collections.abc import AsyncIterator, Callable, Iterable

from app.commands.rendering import Json, Printer
from app.commands.session import Session
from app.common import errors
from app.control import Output
from app.storage import chats, messages
from app.storage import search as index
from app.storage.chats import Chat, Place
from app.storage.messages import Message, Position
from app.storage.transaction import View

PAGE = 200


async def print_messages(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Of one person or all, oldest first; with a limit only the last ones."""
    database = session.messenger.database
    limit: int | None = asked.limit
    if asked.address is None:
        if limit is None:
            await _print_all(output, _merged(session, [chat.conversation async for chat in _chats(session)]))
            return 0
        rows = await database.read(_rendered(session, lambda view: _recent(view, limit)))
    else:
        person = await session.messenger.conversations.find(asked.address, session.region)
        if limit is None:
            await _print_all(output, _pages(session, person.person))
            return 0
        rows = await database.read(_rendered(session, lambda view: messages.before(view, person.person, None, limit)))
    for _, line in rows:
        output.line(line)
    return 0


async def status(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """One message by its id; one's own when somebody else used the same."""

    def find(view: View) -> list[Message]:
        return sorted(messages.with_id(view, asked.id), key=lambda message: not message.outgoing)[:1]

    rows = await session.messenger.database.read(_rendered(session, find))
    if not rows:
        raise errors.GiveUp("no_message")
    output.line(rows[0][1])
    return 0


async def conversations(session: Session, _: argparse.Namespace, output: Output) -> int:
    """All of them, pinned ones first, archived ones last."""
    async for chat in _chats(session):
        output.line(await _conversation(session, chat))
    return 0


async def search(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Messages with all the words; the last one may be unfinished."""

    def find(view: View) -> list[Message]:
        rows = index.find(view, " ".join(asked.words), asked.limit)
        found = {each.row: each for each in messages.of_rows(view, rows)}
        return [found[row] for row in rows if row in found]

    for _, line in await session.messenger.database.read(_rendered(session, find)):
        output.line(line)
    return 0


async def export(session: Session, _: argparse.Namespace, output: Output) -> int:
    """Each conversation, followed by its messages."""
    async for chat in _chats(session):
        output.line({"type": "conversation", **await _conversation(session, chat)})
        await _print_all(output, _pages(session, chat.conversation), type="message")
    return 0


Rendered = list[tuple[Position, Json]]


def _rendered(session: Session, choose: Callable[[View], Iterable[Message]]) -> Callable[[View], Rendered]:
    me = session.messenger.me

    def read(view: View) -> Rendered:
        printer = Printer(view, me)
        return [(stored.position, printer.message(stored)) for stored in choose(view)]

    return read


def _recent(view: View, limit: int) -> list[Message]:
    return sorted(messages.recent(view, limit), key=lambda message: message.position)


async def _page(session: Session, conversation: bytes, after: Position | None) -> Rendered:
    return await session.messenger.database.read(
        _rendered(session, lambda view: messages.after(view, conversation, after, PAGE))
    )


async def _pages(session: Session, conversation: bytes) -> AsyncIterator[Json]:
    place: Position | None = None
    while page := await _page(session, conversation, place):
        for _, line in page:
            yield line
        place = page[-1][0]


async def _merged(session: Session, names: Iterable[bytes]) -> AsyncIterator[Json]:
    """The messages of several conversations in one order; of each only a page is held."""
    waiting: list[tuple[Position, bytes, Json, Rendered]] = []

    async def advance(name: bytes, page: Rendered, after: Position | None) -> None:
        page = page or (await _page(session, name, after))[::-1]
        if page:
            place, line = page.pop()
            heapq.heappush(waiting, (place, name, line, page))

    for name in names:
        await advance(name, [], None)
    while waiting:
        place, name, line, page = heapq.heappop(waiting)
        yield line
        await advance(name, page, place)


async def _chats(session: Session) -> AsyncIterator[Chat]:
    for archived in (False, True):
        place: Place | None = None
        while page := await session.messenger.database.read(_listing(place, archived)):
            for chat in page:
                yield chat
            place = page[-1].place


def _listing(after: Place | None, archived: bool) -> Callable[[View], list[Chat]]:
    return lambda view: chats.listed(view, PAGE, after, archived=archived)


async def _conversation(session: Session, chat: Chat) -> Json:
    me = session.messenger.me
    return await session.messenger.database.read(lambda view: Printer(view, me).conversation(chat))


async def _print_all(output: Output, lines: AsyncIterator[Json], **more: str) -> None:
    count = 0
    async for line in lines:
        output.line({**more, **line})
        count += 1
        if count % PAGE == 0:
            await output.drain()
