"""Leaving: first the directory says that nobody is here any more, then each address is given back, told one by one."""

import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final, Literal

from app.client.own_addresses import OwnAddresses
from app.client.rich import RichSwitch
from app.common import errors

DIRECTORY: Final = ""  # the step that is about no address

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing given back: the entry in the directory (``DIRECTORY``) or an address.

    ``error`` is why not, and None where it is done.
    """

    address: str
    state: Literal["working", "done", "failed"]
    error: errors.KingfisherError | None = None


async def leave(rich: RichSwitch, held: OwnAddresses) -> AsyncGenerator[Step]:
    """Each step as it begins and as it ends; nothing is given back before the directory says *off*.

    Whatever is done stays done: going through it again takes up what failed, also after another start.
    """
    yield Step(DIRECTORY, "working")
    try:
        await rich.switch(False)
    except errors.KingfisherError as error:
        log.info("leaving waits: %s", error)
        yield Step(DIRECTORY, "failed", error)
        return
    yield Step(DIRECTORY, "done")
    for each in await held.held():
        if each.why in ("lost", "withdrawn"):
            continue
        yield Step(each.address, "working")
        try:
            await held.remove(each.address)
        except errors.KingfisherError as error:
            log.info("an address stays for now: %s", error.code)
            yield Step(each.address, "failed", error)
        else:
            yield Step(each.address, "done")
