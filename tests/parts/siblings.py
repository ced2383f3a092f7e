"""A second device of somebody, as linking will make it: listed by the first, with keys and a store of its own."""

import secrets
from pathlib import Path

from app.common import ids
from app.common.profile import Profile
from app.crypto import own as own_keys
from app.crypto import parties
from app.protocol import devices, requests
from app.protocol.devices import DeviceList
from app.storage import own
from app.storage.database import Database
from tests.parts.people import Present, Someone


async def link(first: Present, folder: Path, *, published: bool = True) -> Someone:
    """Make, list and store a second device; its prekeys are there before this returns if ``published``."""
    app = first.messenger
    now = app.clock.now()
    device, seed = ids.random_id(), secrets.token_bytes(32)
    keys = own_keys.new(parties.Party(app.me.account, device), now).add_one_time(now, classical=20, post_quantum=8)
    record = devices.make_record(app.me.relay, app.me.account, device, keys.curve25519, seed, now)
    head = await app.peers.current(app.me.account)
    chain, freshness = await put_list(first, (*head.devices, record))
    stored = await app.database.read(own.load)
    assert stored is not None
    home = Profile(folder)
    home.prepare()
    key = secrets.token_bytes(32)
    database = await Database.open(home.store, key, app.clock, lambda _: None)
    made = own.Own(
        stored.account,
        stored.root_public,
        device,
        seed,
        stored.name,
        stored.address,
        stored.relay,
        stored.relay_urls,
        stored.relay_key,
        registered=True,
        keys=keys.dump(),
        chain=chain,
        freshness=freshness,
        created=now,
    )
    try:
        await database.write(lambda tx: own.create(tx, made))
    finally:
        await database.close()
    someone = Someone(stored.address, home, key, "", app.clock, first.someone.way)
    if published:
        async with someone.online() as present:
            await present.messenger.upkeep.settled()
    return someone


async def unlink(first: Present, device: bytes) -> None:
    """Take a device off the list."""
    head = await first.messenger.peers.current(first.messenger.me.account)
    await put_list(first, tuple(record for record in head.devices if record.device != device))


async def put_list(first: Present, records: tuple[devices.DeviceRecord, ...]) -> tuple[bytes, bytes]:
    """Sign the next list, keep it, upload it: the chain and the freshness as stored."""
    app = first.messenger
    stored = await app.database.read(own.load)
    assert stored is not None
    head = await app.peers.current(app.me.account)
    item = devices.next_list(head, app.me.seed, app.clock.now(), records=records)
    after: DeviceList = devices.verify_next(head, item)
    fresh = devices.make_freshness(after, app.me.seed, app.clock.now())
    chain = devices.pack_chain((*devices.unpack_chain(stored.chain), item))
    packed = devices.pack_chain((fresh,))
    await app.http.put_list(requests.PutList(item, fresh))
    await app.peers.refresh(app.me.account)
    return chain, packed
