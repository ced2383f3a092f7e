"""Commands about other people and about oneself: accept, block, lookup, safety number, settings."""

import argparse

from app import sentences
from app.client.settings import FIELDS
from app.commands import texts
from app.commands.session import Session
from app.common import errors
from app.control import Output
from app.net.connection import Phase
from app.protocol import address as addresses

OFFLINE = "Done here; the relay is told the next time it can be reached."


async def accept(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Take somebody's messages from now on; what was held back is told to them."""
    person = await session.person(asked.address)
    await _try_online(session)
    await session.messenger.conversations.accept(person.person)
    return _done(session, asked.address, "accepted", output)


async def block(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Take nothing more from somebody."""
    person = await session.person(asked.address)
    await _try_online(session)
    await session.messenger.conversations.block(person.person)
    return _done(session, asked.address, "blocked", output)


async def _try_online(session: Session) -> None:
    """What is decided here holds at once; offline, the relay hears of it at the next login."""
    try:
        await session.online()
    except errors.AgainLater:
        return


def _done(session: Session, address: str, relation: str, output: Output) -> int:
    output.line({"address": addresses.parse(address, session.region).text, "relation": relation})
    if session.messenger.connection.state.phase is not Phase.CONNECTED:
        output.say(OFFLINE)
    return 0


async def lookup(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """What the directory says of an address; null when nobody answered, and which limit is why, where one is."""
    addresses.parse(asked.address, session.region)
    await _try_online(session)
    found = await session.messenger.routing.lookup(asked.address, session.region)
    output.line({"address": found.address, "rich": found.rich, "devices": found.devices})
    if found.limit is not None:
        output.say(sentences.of(found.limit))
    return 0


async def safety_number(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """The digits two people compare over another way than this one; offline where the person is known."""
    try:
        person = await session.messenger.conversations.find(asked.address, session.region)
    except errors.GiveUp as error:
        if error.code != "unknown_person":
            raise
        person = await session.person(asked.address)
    if person.account is None:
        person = await session.person(asked.address)
    number, verified = await session.messenger.conversations.safety_number(person.person)
    address = addresses.parse(asked.address, session.region).text
    output.line({"address": address, "number": number, "verified": verified})
    return 0


async def settings(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """All settings, one of them, or one with a new value."""
    chosen = session.messenger.settings
    if asked.key == "rich_messaging":
        return await texts.rich_messaging(session, asked.value, output)
    if asked.key is not None and asked.key not in FIELDS:
        raise errors.GiveUp("no_such_setting")
    if asked.key is not None and asked.value is not None:
        chosen.change(asked.key, asked.value)
    for name in [asked.key] if asked.key is not None else FIELDS:
        output.line({"key": name, "value": getattr(chosen.values, name)})
    return 0
