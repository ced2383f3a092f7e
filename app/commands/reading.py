"""Commands that only read the store, offline too: messages, status, conversations, search and export."""

import argparse
import heapq
from collections.abc import AsyncIterator, Iterable

from app.client import export
from app.client.rendering import Json, Printer
from app.commands.session import Session
from app.common import errors
from app.control import Output
from app.storage import messages
from app.storage import notices as told
from app.storage import search as index
from app.storage.messages import Message, Position
from app.storage.transaction import View


async def print_messages(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Of one person or all, oldest first; with a limit only the last ones."""
    database = session.messenger.database
    limit: int | None = asked.limit
    if asked.address is None:
        if limit is None:
            await _print_all(
                output, _merged(session, [chat.conversation async for chat in export.listed(session.messenger)])
            )
            return 0
        rows = await database.read(export.rendered(session.messenger, lambda view: _recent(view, limit)))
    else:
        person = await session.messenger.conversations.find(asked.address, session.region)
        if limit is None:
            await _print_all(output, export.said(session.messenger, person.person))
            return 0
        rows = await database.read(
            export.rendered(session.messenger, lambda view: messages.before(view, person.person, None, limit))
        )
    for _, line in rows:
        output.line(line)
    return 0


async def status(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """One message by its id; one's own when somebody else used the same."""

    def find(view: View) -> list[Message]:
        return sorted(messages.with_id(view, asked.id), key=lambda message: not message.outgoing)[:1]

    rows = await session.messenger.database.read(export.rendered(session.messenger, find))
    if not rows:
        raise errors.GiveUp("no_message")
    output.line(rows[0][1])
    return 0


async def save(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """What lies beside a message, into a new file; one's own message comes first."""

    def find(view: View) -> int:
        found = sorted(messages.with_id(view, asked.id), key=lambda message: not message.outgoing)
        return found[0].row if found else 0

    row = await session.messenger.database.read(find)
    if not row:
        raise errors.GiveUp("no_message")
    found = await session.messenger.pictures.stored(row)
    await session.messenger.pictures.save(row, asked.file)
    output.line({"id": asked.id.hex(), "file": str(asked.file), "type": found.kind, "size": len(found.octets)})
    return 0


async def conversations(session: Session, _: argparse.Namespace, output: Output) -> int:
    """All of them, pinned ones first, archived ones last."""
    async for chat in export.listed(session.messenger):
        output.line(await export.conversation(session.messenger, chat))
    return 0


async def search(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Messages with all the words; the last one may be unfinished."""

    def find(view: View) -> list[Message]:
        rows = index.find(view, " ".join(asked.words), asked.limit)
        found = {each.row: each for each in messages.of_rows(view, rows)}
        return [found[row] for row in rows if row in found]

    for _, line in await session.messenger.database.read(export.rendered(session.messenger, find)):
        output.line(line)
    return 0


async def notices(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """What was told beside the messages and not settled yet, oldest first."""
    messenger = session.messenger

    def look(view: View) -> list[tuple[int, Json]]:
        printer = Printer(view, messenger.me)
        return [(each.notice, printer.notice(each)) for each in told.pending(view)]

    for number, line in await messenger.database.read(look):
        output.line(line)
        if asked.settle:
            await messenger.conversations.settle(number)
    return 0


async def print_all(session: Session, _: argparse.Namespace, output: Output) -> int:
    """Each conversation, followed by its messages."""
    await _print_all(output, export.lines(session.messenger))
    return 0


def _recent(view: View, limit: int) -> list[Message]:
    return sorted(messages.recent(view, limit), key=lambda message: message.position)


async def _merged(session: Session, names: Iterable[bytes]) -> AsyncIterator[Json]:
    """The messages of several conversations in one order; of each only a page is held."""
    waiting: list[tuple[Position, bytes, Json, export.Rendered]] = []

    async def advance(name: bytes, page: export.Rendered, after: Position | None) -> None:
        page = page or (await export.page(session.messenger, name, after))[::-1]
        if page:
            place, line = page.pop()
            heapq.heappush(waiting, (place, name, line, page))

    for name in names:
        await advance(name, [], None)
    while waiting:
        place, name, line, page = heapq.heappop(waiting)
        yield line
        await advance(name, page, place)


async def _print_all(output: Output, lines: AsyncIterator[Json]) -> None:
    count = 0
    async for line in lines:
        output.line(line)
        count += 1
        if count % export.PAGE == 0:
            await output.drain()
