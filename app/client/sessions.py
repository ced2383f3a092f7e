"""The one owner of ratchets: states loaded, locked, moved and saved here, by outbox and inbox alike.

A lock per peer device is taken before its state is read and held until the transaction with the moved state has
committed, several in the order of their ids. Sealing runs inside that transaction, so that no state ever moves without
the bytes it made being stored beside it; what a failed transaction moved is thrown away and read again.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.client import prekeys
from app.client.me import Me
from app.client.peers import Peers
from app.common import clock, errors
from app.crypto import envelope, ephemeral, own, pairs
from app.crypto.envelope import Opened, SealedContent
from app.crypto.pairs import Need, Pair
from app.crypto.parties import Bundle, ListHead, Lists, Party, PublicKey
from app.net.http import RelayHttp
from app.protocol import devices, frames, signed
from app.protocol.devices import DeviceList, KeyKind
from app.protocol.signed import Signed
from app.storage import keys, repeats
from app.storage import own as own_table
from app.storage.database import Database
from app.storage.transaction import Tx, View

CACHED = 512  # pairs kept in memory
NOT_READY = frozenset({"no_device_ready", "untrusted_keys"})


@dataclass(slots=True)
class Plan:
    """All that is needed to seal for one account, gathered before the transaction, under the locks.

    ``skipped`` are listed devices that get no envelope: no session, and no valid prekey to begin one.
    """

    head: DeviceList
    mine: DeviceList
    lists: Lists
    pairs: dict[Party, Pair]
    bundles: dict[Party, Bundle]
    skipped: tuple[bytes, ...]
    reset: bool = False


@dataclass(slots=True)
class Working:
    """The states of one batch while it is being opened; nothing is kept unless the batch commits."""

    keys: own.Own
    pairs: dict[Party, Pair] = field(default_factory=dict[Party, Pair])
    moved: set[Party] = field(default_factory=set[Party])


@dataclass(slots=True)
class _Turn:
    """The lock of one device and how many hold it or wait for it; gone with the last of them."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Sessions:
    """Seals for devices and opens what they sent; see the module's text for the rules."""

    def __init__(
        self, database: Database, peers: Peers, http: RelayHttp, me: Me, keys: own.Own, time: clock.Clock
    ) -> None:
        self._database = database
        self._peers = peers
        self._http = http
        self._me = me
        self._keys = keys
        self._clock = time
        self._refusals = prekeys.Refusals(database)
        self._pairs: dict[Party, Pair] = {}
        self._locks: dict[Party, _Turn] = {}  # of devices that somebody holds or waits for now, and of no other
        self._own_lock = asyncio.Lock()
        self.emptied_at = 0  # when the mailbox was last read to its end; until then every in-band key may be needed

    @contextlib.asynccontextmanager
    async def holding(self, parties_held: Iterable[Party]) -> AsyncGenerator[None]:
        """Hold the locks of these devices, taken in the order of their ids."""
        async with contextlib.AsyncExitStack() as stack:
            for party in sorted(set(parties_held), key=lambda party: (party.account, party.device)):
                await stack.enter_async_context(self._holding(party))
            yield

    @contextlib.asynccontextmanager
    async def _holding(self, party: Party) -> AsyncGenerator[None]:
        turn = self._locks.setdefault(party, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._locks[party]

    async def _load(self, wanted: Iterable[Party], head_of: Callable[[Party], DeviceList]) -> dict[Party, Pair]:
        """The states of these devices; their locks must be held. Removed devices are left out."""
        missing = [party for party in wanted if party not in self._pairs]

        def look(view: View) -> dict[Party, keys.Pair | None]:
            return {party: keys.pair(view, party.account, party.device) for party in missing}

        stored = await self._database.read(look) if missing else {}
        for party, row in stored.items():
            record = head_of(party).find(party.device)
            if record is None or (row is not None and row.removed):
                continue
            pair = pairs.load(row.state) if row is not None else pairs.new(party, record.curve25519)
            if pair.curve25519 != record.curve25519:
                raise errors.Untrusted("device_changed")
            self._remember(party, pair)
        return {party: self._pairs[party] for party in wanted if party in self._pairs}

    def _remember(self, party: Party, pair: Pair) -> None:
        self._pairs.pop(party, None)
        self._pairs[party] = pair
        while len(self._pairs) > CACHED:
            oldest = next(iter(self._pairs))
            if oldest in self._locks:
                return
            del self._pairs[oldest]

    def _forget(self, held: Iterable[Party]) -> None:
        for party in held:
            self._pairs.pop(party, None)

    # sealing

    def recipients(self, head: DeviceList) -> list[Party]:
        """The devices of an account that get an envelope: all but this one."""
        found = [Party(head.account, record.device) for record in head.devices]
        return [party for party in found if party != self._me.party]

    async def plan(self, head: DeviceList, *, only: Sequence[bytes] | None = None, reset: bool = False) -> Plan:
        """Gather states and, where a device needs them, prekeys. The locks of ``recipients(head)`` must be held.

        ``only`` names the devices meant; the others are listed as skipped. Raises AgainLater when prekeys are needed
        and nobody answers, and one of NOT_READY when no device of the account can be sealed for: nobody has published
        keys for it, or those that the relay hands out do not hold.
        """
        everyone = self.recipients(head)
        wanted = [party for party in everyone if only is None or party.device in only]
        loaded = await self._load(wanted, lambda _: head)
        now = self._clock.now()
        needs = {party: Need.REQUIRED if reset else pair.need(now) for party, pair in loaded.items()}
        asking = [party for party, need in needs.items() if need is not Need.NOTHING]
        claimed = await self._claim(head, asking, needs) if asking else {}
        refused = await self._refusals.say(claimed)
        bundles = {party: each.bundle for party, each in claimed.items()}
        ready = {
            party: pair
            for party, pair in loaded.items()
            if needs[party] is not Need.REQUIRED or _usable(bundles.get(party), pair, reset=reset)
        }
        if everyone and not ready and refused:
            raise errors.AgainLater("untrusted_keys")
        if everyone and not ready:
            raise errors.AgainLater("no_device_ready")
        mine = await self._peers.current(self._me.account)
        lists = Lists(_list_head(mine), _list_head(head))
        skipped = tuple(party.device for party in everyone if party not in ready)
        return Plan(head, mine, lists, ready, bundles, skipped, reset)

    async def _claim(
        self, head: DeviceList, asking: Sequence[Party], needs: dict[Party, Need]
    ) -> dict[Party, prekeys.Checked]:
        """Prekeys from the relay, each checked against its device's key; what does not hold is no prekey."""
        try:
            claimed = await self._http.claim(head.account, [party.device for party in asking])
        except errors.AgainLater:
            if any(needs[party] is Need.REQUIRED for party in asking):
                raise
            return {}
        except errors.GiveUp as error:
            if error.code == "no_account":
                raise errors.AgainLater("unconfirmed") from error
            if error.code != "not_a_device":
                raise
            # Our list is older than the relay's: seal by the newest one at the next try.
            await self._peers.refresh(head.account)
            raise errors.AgainLater("stale_devices") from error
        found = {bundle.device: bundle for bundle in claimed.bundles}
        now = self._clock.now()
        return {
            party: prekeys.check(head, party, found[party.device], now) for party in asking if party.device in found
        }

    def seal(self, tx: Tx, plan: Plan, content: SealedContent) -> tuple[frames.Addressed, ...]:
        """Within a transaction, under the locks: one envelope for each device of the plan, the moved states saved.

        Call ``settle(plan, committed=...)`` when the transaction has ended, whichever way.
        """
        sealed: list[frames.Addressed] = []

        def sign(key: PublicKey) -> bytes:
            return signed.encode(self.publishable(plan.mine, key))

        for party, pair in plan.pairs.items():
            made = envelope.seal(
                pair,
                self._keys,
                content,
                plan.lists,
                now=self._clock.now(),
                sign=sign,
                bundle=plan.bundles.get(party),
                reset=plan.reset,
            )
            if pair.owes:
                repeats.settle(tx, party.account, party.device)
            plan.pairs[party] = made.pair.forget_before(self._clock.now(), self.emptied_at)
            keys.save_pair(tx, party.account, party.device, plan.pairs[party].dump())
            sealed.append(frames.Addressed(party.device, made.envelope))
        return tuple(sealed)

    def settle(self, plan: Plan, *, committed: bool) -> None:
        """Keep the moved states after the commit; after a failure forget them, so that they are read again."""
        if not committed:
            self._forget(plan.pairs)
            return
        for party, pair in plan.pairs.items():
            self._remember(party, pair)

    def publishable(self, head: DeviceList, key: PublicKey) -> Signed:
        """A public key of this device, signed for the directory or for a peer."""
        return devices.make_prekey(
            head,
            self._me.device,
            self._me.seed,
            KeyKind(key.kind.value),
            key.key_id,
            key.public,
            key.created,
            key.expires,
        )

    # opening

    @contextlib.asynccontextmanager
    async def opening(self, senders: dict[Party, DeviceList]) -> AsyncGenerator[Working]:
        """The states of these sender devices, locked until the block ends.

        Save them with ``save`` in the batch's transaction; leaving the block keeps them, an error forgets them.
        """
        async with self._own_lock, self.holding(senders):
            working = Working(self._keys, await self._load(senders, lambda party: senders[party]))
            kept = False
            try:
                yield working
                kept = True
            finally:
                if kept:
                    self._keys = working.keys
                    for party in working.moved:
                        self._remember(party, working.pairs[party])
                else:
                    self._forget(working.pairs)
                    if working.keys is not self._keys:
                        await self._read_keys()

    def open(self, working: Working, sender: Party, head: DeviceList, item: frames.Deliver) -> Opened:
        """Open one envelope; the working states move only if every check held. Errors as envelope.open raises them.

        A sender whose device left its list has no state: Untrusted (``not_a_device``).
        """
        pair = working.pairs.get(sender)
        if pair is None:
            raise errors.Untrusted("not_a_device")

        def check(offer: bytes) -> PublicKey:
            kinds = (KeyKind.PQ_IN_BAND,)
            return prekeys.public(
                devices.verify_prekey(head, sender.device, signed.unpack(offer), kinds, self._clock.now())
            )

        opened = envelope.open(pair, working.keys, item.envelope, item.content, now=self._clock.now(), check=check)
        working.pairs[sender] = opened.pair
        working.keys = opened.own
        working.moved.add(sender)
        return opened

    def save(self, tx: Tx, working: Working) -> None:
        """Within the batch's transaction: every state that moved, and the own keys if one of them was used."""
        for party in working.moved:
            keys.save_pair(tx, party.account, party.device, working.pairs[party].dump())
        if working.keys is not self._keys:
            own_table.save_keys(tx, working.keys.dump())

    # ephemerals

    async def whisper(self, head: DeviceList, body: bytes, counter: int) -> tuple[frames.Addressed, ...]:
        """An ephemeral for each device of an account with a running epoch; touches no ratchet, stores nothing."""
        parties_there = self.recipients(head)
        async with self.holding(parties_there):
            loaded = await self._load(parties_there, lambda _: head)
        made: list[frames.Addressed] = []
        for party, pair in loaded.items():
            if pair.sending is not None:
                made.append(frames.Addressed(party.device, ephemeral.seal(pair, self._me.party, body, counter)))
        return tuple(made)

    async def overhear(
        self, head: DeviceList, sender: Party, body: bytes, last: Mapping[bytes, int]
    ) -> ephemeral.Frame:
        """Open an ephemeral; errors as ephemeral.open raises them, and Untrusted (``not_a_device``)."""
        async with self.holding([sender]):
            loaded = await self._load([sender], lambda _: head)
        if sender not in loaded:
            raise errors.Untrusted("not_a_device")
        return ephemeral.open(loaded[sender], self._me.party, body, last)

    # own keys

    def seed(self, key_id: bytes) -> bytes | None:
        """Of an own X-Wing prekey, to which the relay seals texts; None once it is spent or forgotten."""
        key = self._keys.pq_keys.get(key_id)
        return key.seed if key is not None else None

    async def spend(self, key_ids: Collection[bytes]) -> None:
        """Erase those of the prekeys that serve once; for when all they opened has been stored."""
        await self.change_keys(lambda held: held.spend(key_ids))

    async def change_keys(self, change: Callable[[own.Own], own.Own]) -> own.Own:
        """Change the own keys and store them before anybody learns of it."""
        async with self._own_lock:
            changed = change(self._keys)
            if changed is not self._keys:
                dumped = changed.dump()
                try:
                    await self._database.write(lambda tx: own_table.save_keys(tx, dumped))
                except asyncio.CancelledError:
                    await self._read_keys()
                    raise
                self._keys = changed
            return changed

    async def _read_keys(self) -> None:
        """As stored: whoever was cancelled cannot tell whether the change was committed, and it must not be undone."""
        stored = await self._database.read(own_table.load)
        if stored is not None:
            self._keys = own.load(stored.keys)


def _list_head(head: DeviceList) -> ListHead:
    return ListHead(head.root_epoch, head.version, head.digest)


def _usable(bundle: Bundle | None, pair: Pair, *, reset: bool) -> bool:
    """Whether a required bundle is whole: post-quantum always, Olm where there is no session or a new one is due."""
    if bundle is None or bundle.pq is None:
        return False
    return bundle.olm is not None or (bool(pair.sessions) and not reset)
