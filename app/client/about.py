"""What the own account is: its name, where it is reached, its devices, and the relay that it is with."""

import json
from dataclasses import dataclass

from app.client.messenger import Messenger
from app.storage import own


@dataclass(frozen=True, slots=True)
class About:
    """One moment of it.

    ``phone``: the address is a number. ``relay`` is where the relay answered last, or where it is looked for;
    ``pinned``: it shows a certificate its own key vouches for, and no other is taken. ``devices`` is 0 while unknown.
    """

    name: str
    address: str
    phone: bool
    devices: int
    relay: str
    pinned: bool


async def about(messenger: Messenger) -> About:
    """As it is now; asks nobody."""
    me = messenger.me
    head = await messenger.peers.known(me.account)
    reach = messenger.connection.reach()
    if reach is not None:
        relay = reach.url
    else:
        stored = await messenger.database.read(own.load)
        urls: list[str] = json.loads(stored.relay_urls) if stored is not None else []
        relay = urls[0] if urls else ""
    return About(
        await messenger.database.read(own.name),  # the store is ahead of `Messenger.me` while a change is told
        me.address,
        me.address.startswith("+"),
        len(head.devices) if head is not None else 0,
        relay,
        reach is not None and bool(reach.leaves),
    )
