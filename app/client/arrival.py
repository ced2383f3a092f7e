"""The way in, for whoever has no account yet or one that is not finished: checks of what is typed, and each step."""

import json
from typing import ClassVar, Final, Literal
from urllib.parse import urlsplit

import msgspec

from app.client import account
from app.client.account import Joining
from app.client.unlocking import Opener, Unlocking
from app.common import clock, errors, ids
from app.common.discreet import Discreet
from app.common.profile import Profile
from app.net import handshake
from app.net.transport import Transport
from app.protocol import address as addresses
from app.protocol import invite, signed
from app.storage import own
from app.storage.database import Database

LONGEST: Final = 20_000  # characters that are looked through for an invite
_AROUND: Final = "<>\"'()[]{},.;“”‘’"


class Door(msgspec.Struct, frozen=True):
    """A profile and the ways into it."""

    home: Profile
    unlocking: Unlocking
    way: Transport
    clock: clock.Clock


class Opened(Discreet, frozen=True):
    """A profile with its key, ready for ``open_messenger``."""

    _hidden: ClassVar = ("key",)

    home: Profile
    key: bytes


class Invitation(msgspec.Struct, frozen=True):
    """An invite that can be read: where it leads, as ``HOST:PORT``, and its relay's name if it has one."""

    joining: Joining
    host: str
    name: str


class Standing(Discreet, frozen=True):
    """How far an account has come: still to be registered, its recovery code still to be kept, or done."""

    _hidden: ClassVar = ("code",)

    step: Literal["register", "code", "done"]
    address: str
    name: str
    joining: Joining
    code: str


class Arrival:
    """One profile on its way to an account; every step may be tried again, here or after a restart with its key."""

    def __init__(self, door: Door, key: bytes | None = None) -> None:
        self.door = door
        self._key = key

    @property
    def begun(self) -> bool:
        """Whether there is a profile with a chosen way into it."""
        return self._key is not None

    async def register(self, opener: Opener | None, joining: Joining, address: str, name: str) -> str:
        """Make the account or finish the one that was begun; its recovery code.

        ``opener`` None keeps the way in that was chosen before. Raises GiveUp (``taken``, ``invite_used``, ``closed``,
        ...), AgainLater, Untrusted, and what the keychain says: then the profile is not begun.
        """
        door = self.door
        met = await handshake.meet(door.way, joining.urls, joining.pinned, door.clock)
        if self._key is None:
            self._key = await account.begin(
                door.home, door.unlocking, opener or Opener(), met, door.clock, joining, address, name
            )
        elif opener is not None:
            await self._change(self._key, opener)
        made = await account.complete(door.home, self._key, met, door.clock, joining, address, name)
        return made.recovery_code

    async def _change(self, key: bytes, opener: Opener) -> None:
        """Another way in than was chosen at the first try."""
        if opener.way == "passphrase":
            await self.door.unlocking.move_to_passphrase(key, opener.passphrase)
        elif "keychain" not in await self.door.unlocking.ways():
            await self.door.unlocking.move_to_keychain(key)

    async def kept(self) -> Opened:
        """The owner has the recovery code: it is erased here, and the profile is ready."""
        if self._key is None:
            raise errors.GiveUp("no_profile")
        await account.confirm_code(self.door.home, self._key, self.door.clock)
        return Opened(self.door.home, self._key)


async def standing(door: Door, key: bytes) -> Standing:
    """What is still to be done; GiveUp (``wrong_key``, ``missing``), Broken (``damaged``)."""
    database = await Database.open(door.home.store, key, door.clock, lambda _: None, create=False)
    try:
        stored = await database.read(own.load)
    finally:
        await database.close()
    if stored is None:
        raise errors.Broken("damaged", "no own account")
    urls = tuple(str(url) for url in json.loads(stored.relay_urls))
    code = stored.recovery_code or ""
    return Standing(
        "register" if not stored.registered else "code" if code else "done",
        stored.address,
        stored.name,
        Joining(urls, ids.RelayId(stored.relay)),
        code,
    )


def read_invite(text: str) -> Invitation:
    """From a link as it was pasted: with words around it, or broken into lines. Malformed (``bad_invite``)."""
    words = text[:LONGEST].split()
    for link in (*(word.strip(_AROUND) for word in words if "#" in word), "".join(words)):
        try:
            found = invite.parse(link)
        except errors.Malformed:
            continue
        joining = Joining(found.urls, signed.relay_id(found.relay_public), found.secret)
        return Invitation(joining, urlsplit(found.urls[0]).netloc, found.name)
    raise errors.Malformed("bad_invite")


def read_relay(text: str) -> Joining:
    """From a relay's address, with or without its scheme; Malformed (``bad_relay``)."""
    scheme, there, rest = text.strip().partition("://")
    if not there:
        return account.by_url(f"https://{scheme}")
    return account.by_url({"wss": "https", "ws": "http"}.get(scheme, scheme) + there + rest)


def read_address(text: str) -> str:
    """A phone number or e-mail address in its normal form; Malformed (``bad_address``)."""
    return addresses.parse(text).text


async def reach(door: Door, joining: Joining) -> None:
    """Whether there is a relay, and the right one; raises what ``handshake.greet`` raises."""
    await handshake.meet(door.way, joining.urls, joining.pinned, door.clock)
