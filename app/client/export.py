"""Everything that was said, as JSON lines: each conversation, followed by its messages, oldest first."""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from app.client.messenger import Messenger
from app.client.rendering import Json, Printer
from app.common import errors
from app.storage import chats, messages
from app.storage.chats import Chat, Place
from app.storage.messages import Message, Position
from app.storage.transaction import View

PAGE: Final = 200
Rendered = list[tuple[Position, Json]]


def rendered(messenger: Messenger, choose: Callable[[View], Iterable[Message]]) -> Callable[[View], Rendered]:
    """A reading that gives each chosen message with its place."""
    me = messenger.me

    def read(view: View) -> Rendered:
        printer = Printer(view, me)
        return [(stored.position, printer.message(stored)) for stored in choose(view)]

    return read


async def page(messenger: Messenger, name: bytes, after: Position | None) -> Rendered:
    """The next messages of a conversation, at most ``PAGE``."""
    return await messenger.database.read(rendered(messenger, lambda view: messages.after(view, name, after, PAGE)))


async def said(messenger: Messenger, name: bytes) -> AsyncIterator[Json]:
    """All messages of a conversation, oldest first."""
    place: Position | None = None
    while found := await page(messenger, name, place):
        for _, line in found:
            yield line
        place = found[-1][0]


async def listed(messenger: Messenger) -> AsyncIterator[Chat]:
    """All conversations, pinned ones first, archived ones last."""
    for archived in (False, True):
        place: Place | None = None
        while found := await messenger.database.read(_listing(place, archived)):
            for chat in found:
                yield chat
            place = found[-1].place


def _listing(after: Place | None, archived: bool) -> Callable[[View], list[Chat]]:
    return lambda view: chats.listed(view, PAGE, after, archived=archived)


async def conversation(messenger: Messenger, chat: Chat) -> Json:
    """One conversation of the list."""
    me = messenger.me
    return await messenger.database.read(lambda view: Printer(view, me).conversation(chat))


async def lines(messenger: Messenger) -> AsyncIterator[Json]:
    """Everything, with the ``type`` of each line."""
    async for chat in listed(messenger):
        yield {"type": "conversation", **await conversation(messenger, chat)}
        async for line in said(messenger, chat.conversation):
            yield {"type": "message", **line}


async def save(messenger: Messenger, path: Path) -> int:
    """Write everything into a file for its owner alone; how many messages. It is whole or not there at all.

    Raises errors.GiveUp (``output_failed``).
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    count = 0
    try:
        descriptor = await asyncio.to_thread(os.open, temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            waiting: list[Json] = []
            async for line in lines(messenger):
                count += line["type"] == "message"
                waiting.append(line)
                if len(waiting) >= PAGE:
                    await asyncio.to_thread(_append, descriptor, waiting)
                    waiting = []
            await asyncio.to_thread(_append, descriptor, waiting)
            await asyncio.to_thread(os.fsync, descriptor)
        finally:
            os.close(descriptor)
        await asyncio.to_thread(temporary.replace, path)
    except OSError as error:
        raise errors.GiveUp("output_failed") from error
    finally:
        await asyncio.to_thread(temporary.unlink, missing_ok=True)
    return count


def _append(descriptor: int, found: Sequence[Json]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in found).encode()
    while text:
        text = text[os.write(descriptor, text) :]
