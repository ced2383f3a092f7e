"""Making an account: identity, profile and registration, in an order that a crash at any line survives.

The recovery code lies in the encrypted store from before the first request until its owner has it. The relay takes the
same (root key, address) again and again, so that an answer that was lost is simply asked for once more.
"""

import json
import secrets
import unicodedata
from collections.abc import Sequence
from typing import ClassVar

from app.client import changes, introductions, signing_out
from app.client.unlocking import Opener, Unlocking
from app.common import clock, errors, ids
from app.common.discreet import Discreet
from app.common.profile import Profile
from app.content import base
from app.crypto import identity, parties, vault
from app.crypto import own as own_keys
from app.net import handshake
from app.net.http import RelayHttp
from app.net.transport import Transport
from app.protocol import address as addresses
from app.protocol import devices, invite, login, requests, signed
from app.storage import own
from app.storage.database import Database
from app.storage.transaction import Tx

KEYS = 50
PQ_KEYS = 20
NAME = 128  # characters


class Joining(Discreet, frozen=True):
    """Where to register: the relay's addresses, its id if an invite pins it, and the invite's secret."""

    _hidden: ClassVar = ("secret",)

    urls: tuple[str, ...]
    pinned: ids.RelayId | None = None
    secret: bytes = b""


class Registration(Discreet, frozen=True):
    """A new account; the code is shown once and confirmed with ``confirm_code``."""

    _hidden: ClassVar = ("recovery_code",)

    address: str
    account: bytes
    device: bytes
    recovery_code: str


def by_invite(link: str) -> Joining:
    """From an invite link; raises errors.Malformed (``bad_invite``)."""
    found = invite.parse(link)
    return Joining(found.urls, signed.relay_id(found.relay_public), found.secret)


def by_url(url: str) -> Joining:
    """From a relay's address alone; raises errors.Malformed (``bad_relay``)."""
    return Joining((invite.check_url(url),))


async def register(
    home: Profile,
    unlocking: Unlocking,
    opener: Opener,
    way: Transport,
    time: clock.Clock,
    joining: Joining,
    address: str,
    name: str,
) -> tuple[bytes, Registration]:
    """Make the account, or finish one that was begun here; the profile key and what to show.

    Raises GiveUp (``already_registered``, ``taken``, ``invite_used``, ...), AgainLater, Untrusted.
    """
    wanted = addresses.parse(address).text
    met = await handshake.meet(way, joining.urls, joining.pinned, time)
    if home.exists:
        key = await unlocking.open(opener)
    else:
        key = await begin(home, unlocking, opener, met, time, joining, wanted, name)
    return key, await complete(home, key, met, time, joining, wanted, name)


async def begin(
    home: Profile,
    unlocking: Unlocking,
    opener: Opener,
    met: handshake.Met,
    time: clock.Clock,
    joining: Joining,
    address: str,
    name: str,
) -> bytes:
    """Make a profile with everything an account needs, and the ways into it; its key. Nothing is asked of the relay."""
    wanted = addresses.parse(address).text
    await signing_out.finish(home, unlocking)
    key, code = vault.new_key(), identity.new_code()
    await _create(home, key, code, met.reach.relay, joining.urls, wanted, name, time)
    await unlocking.create(key, code, opener)
    return key


async def complete(
    home: Profile, key: bytes, met: handshake.Met, time: clock.Clock, joining: Joining, address: str, name: str
) -> Registration:
    """Register what ``begin`` made; as often as needed, also under another address or with another relay.

    Raises GiveUp (``already_registered``, ``taken``, ``invite_used``, ...), AgainLater.
    """
    wanted = addresses.parse(address).text
    database = await Database.open(home.store, key, time, lambda _: None)
    try:
        return await _finish(database, met, joining, wanted, name, time)
    finally:
        await database.close()


async def _create(
    home: Profile,
    key: bytes,
    code: str,
    relay: ids.RelayId,
    urls: Sequence[str],
    address: str,
    name: str,
    time: clock.Clock,
) -> None:
    """The store with its one row, committed before there is a way to open it and before anything is asked."""
    mark = secrets.token_hex(4)
    for leftover in home.root.glob(f"{home.store.name}*"):
        # Of a start that ended before the slots were written, or of slots that somebody lost: put aside, never deleted.
        leftover.rename(home.root / f"lost-{mark}-{leftover.name}")
    database = await Database.open(home.store, key, time, lambda _: None)
    try:
        row = _new_own(code, relay, urls, address, name, time)
        await database.write(lambda tx: own.create(tx, row))
    finally:
        await database.close()


def _new_own(code: str, relay: ids.RelayId, urls: Sequence[str], address: str, name: str, time: clock.Clock) -> own.Own:
    root = identity.root_seed(code)
    root_public = identity.public_of(root)
    account, device, seed = identity.account_id(root_public), ids.DeviceId(ids.random_id()), identity.new_seed()
    now = time.now()
    keys = own_keys.new(parties.Party(account, device), now).add_one_time(now, classical=KEYS, post_quantum=PQ_KEYS)
    record = devices.make_record(relay, account, device, keys.curve25519, seed, now)
    chain = (devices.first_list(relay, root, [record], now),)
    fresh = devices.make_freshness(devices.verify_chain(relay, account, chain), seed, now)
    return own.Own(
        account,
        root_public,
        device,
        seed,
        name,
        address,
        relay,
        json.dumps(list(urls)).encode(),
        recovery_code=code,
        keys=keys.dump(),
        chain=devices.pack_chain(chain),
        freshness=devices.pack_chain((fresh,)),
        created=now,
    )


async def _finish(
    database: Database, met: handshake.Met, joining: Joining, address: str, name: str, time: clock.Clock
) -> Registration:
    """Ask the relay, and keep its answer; everything sent was stored before."""
    stored = await database.read(own.load)
    if stored is None or not stored.recovery_code:
        raise errors.GiveUp("already_registered")
    if stored.registered and stored.address != address:
        raise errors.GiveUp("already_registered")
    if stored.relay != met.reach.relay:
        stored = await _move(database, stored, met.reach.relay, joining.urls, time)
    head = devices.verify_chain(met.reach.relay, stored.account, devices.unpack_chain(stored.chain))
    root = identity.root_seed(stored.recovery_code or "")
    message = login.register_bytes(met.reach.relay, stored.account, address, joining.secret, head.digest)
    first, fresh = devices.unpack_chain(stored.chain)[0], devices.unpack_chain(stored.freshness)[0]
    http = RelayHttp(lambda: met.reach)
    try:
        answer = await http.register(
            requests.Register(address, first, fresh, identity.sign(root, message), joining.secret)
        )
    finally:
        await http.close()
    urls = json.dumps(list(dict.fromkeys((*joining.urls, *met.hello.urls)))).encode()
    hello = ids.new_id(time)

    def write(tx: Tx) -> None:
        own.set_registered(tx, address)
        own.set_name(tx, name)
        own.set_relay(tx, met.reach.relay, urls, met.hello.relay_public)
        if answer.inviter:
            introductions.befriend(tx, stored.account, answer.inviter, answer.inviter_address, hello)

    await database.write(write)
    return Registration(address, stored.account, stored.device, stored.recovery_code or "")


async def _move(
    database: Database, stored: own.Own, relay: ids.RelayId, urls: Sequence[str], time: clock.Clock
) -> own.Own:
    """Another relay than the one that was asked first: nothing is registered yet, so the list is made for this one."""
    if stored.registered:
        raise errors.GiveUp("already_registered")
    made = _new_own(stored.recovery_code or "", relay, urls, stored.address, stored.name, time)

    def write(tx: Tx) -> None:
        own.set_relay(tx, relay, made.relay_urls, b"")
        own.replace_device(tx, made)

    await database.write(write)
    return made


def proper_name(text: str) -> str:
    """A name on one line that shows something; raises errors.Malformed (``bad_name``)."""
    wanted = base.one_line(text, NAME).strip()
    if not any(unicodedata.category(character)[0] in "LNPS" for character in wanted):
        raise errors.Malformed("bad_name")
    return wanted


async def rename(database: Database, name: str) -> str:
    """The name others see from the next message on; the one that was kept. Raises errors.Malformed (``bad_name``)."""
    wanted = proper_name(name)

    def write(tx: Tx) -> None:
        own.set_name(tx, wanted)
        tx.note(changes.OwnNameChanged())

    await database.write(write)
    return wanted


async def confirm_code(home: Profile, key: bytes, time: clock.Clock) -> None:
    """The owner has the recovery code: it is erased here."""
    database = await Database.open(home.store, key, time, lambda _: None)
    try:
        await database.write(own.confirm_code)
    finally:
        await database.close()
