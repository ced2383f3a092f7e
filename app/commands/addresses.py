"""The command about one's own addresses: how each stands, adding and removing one, and who else wants one."""

import argparse
import asyncio
import contextlib

from app.client import rendering
from app.client.own_addresses import Activation
from app.commands.session import Session
from app.common import errors
from app.control import Output
from app.protocol import address as forms

TOLD = 5.0  # seconds for the relay to say how they stand


def line(found: Activation) -> rendering.Json:
    """As it is printed; times are null where there are none."""
    return {
        "address": found.address,
        "state": found.state,
        "why": found.why,
        "since": rendering.moment(found.since),
        "until": rendering.moment(found.until) if found.until else None,
        "refusable": found.refusable,
        "starts_conversations": found.starts,
    }


async def addresses(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """All of them, or the one that was changed; 3 where a proof came and the address still moves."""
    held = session.messenger.addresses
    if asked.action == "list":
        with contextlib.suppress(errors.AgainLater):
            await _ready(session)
        for each in await held.held():
            output.line(line(each))
        return 0
    address = forms.parse(asked.address, session.region).text
    if asked.action == "start-from":
        await held.start_from(address)
        return await _print(session, address, output)
    await _told(session)
    match asked.action:
        case "add":
            await held.start(address)
        case "verify":
            return await _verify(session, address, asked.code, output)
        case "remove":
            await held.remove(address)
            output.line({"address": address, "state": "removed"})
            return 0
        case _:
            await held.answer(address, agree=asked.action == "hand-over")
    return await _print(session, address, output)


async def _ready(session: Session) -> None:
    """Be connected, and past what the relay says of itself after a login."""
    await session.online()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TOLD):
            await session.messenger.caught_up()


async def _told(session: Session) -> None:
    """Be connected and know how they stand; a relay that keeps no such list raises GiveUp ``not_checked``."""
    await session.online()

    async def told() -> bool:
        return session.messenger.addresses.told

    if not await session.until(told, TOLD):
        raise errors.GiveUp("not_checked")


async def _verify(session: Session, address: str, code: str, output: Output) -> int:
    found = await session.messenger.addresses.prove(address, code)
    if found.outcome == "expired":
        raise errors.GiveUp("code_expired")
    if found.outcome == "wrong":
        output.line({"address": address, "state": "waiting", "why": "code_wrong", "tries_left": found.tries_left})
        raise errors.GiveUp("code_wrong" if found.tries_left else "code_spent")
    await _print(session, address, output)
    return 0 if found.outcome == "proved" else 3


async def _print(session: Session, address: str, output: Output) -> int:
    found = await session.messenger.addresses.one(address)
    if found is None:
        raise errors.GiveUp("not_yours")
    output.line(line(found))
    return 0
