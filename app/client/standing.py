"""Where the window stood when it closed, so that the next start can begin there."""

from typing import Final

from app.client.messenger import Messenger
from app.storage import places
from app.storage.places import Place

OPEN: Final = "window/open"


async def last(messenger: Messenger) -> Place | None:
    """The conversation that was open and the row it stood at (0: its end)."""
    return await messenger.database.read(lambda view: places.find(view, OPEN))


async def keep(messenger: Messenger, conversation: bytes | None, row: int = 0) -> None:
    """Remember it; None: no conversation is open."""
    if conversation is None:
        await messenger.database.write(lambda tx: places.drop(tx, OPEN))
    else:
        place = Place(conversation, row)
        await messenger.database.write(lambda tx: places.keep(tx, OPEN, place))
