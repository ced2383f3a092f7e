"""What devices publish: lists, freshness and prekeys, each checked on the way in; and the claim that takes a bundle."""

from collections.abc import Iterable

from app.common import errors
from app.common.clock import Clock
from app.protocol import devices, limits, requests, signed
from app.protocol.devices import KeyKind
from app.protocol.signed import Signed
from app.relay.accounts import Account, Accounts, Device
from app.relay.hub import Hub
from app.relay.limits import Limits, Rates
from app.relay.store.base import ListChange, PrekeyRow, Store, StoredDevice


class Publishing:
    """Takes what the HTTP requests bring; the caller has found out whose device it is."""

    def __init__(self, store: Store, accounts: Accounts, hub: Hub, caps: Limits, time: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._hub = hub
        self._limits = caps
        self._clock = time
        self._claims = Rates("claims_an_hour", caps.claims_an_hour, 3600)

    def root_of(self, item: Signed) -> Account | None:
        """The account whose root signed this: the root needs no token, it takes an account back without a device."""
        return self._accounts.get(signed.account_id(item.signer), self._clock.now())

    async def put_list(self, account: Account, body: requests.PutList) -> None:
        """Append a list that follows the head; what it removes is gone in the same transaction.

        Untrusted as devices.verify_next says, AgainLater ``busy`` while another one is being written, GiveUp
        ``too_many`` when the chain is full (only the root can start a new one) or ``device_twice``.
        """
        if body.item.digest == account.head.digest:
            return  # said before, and the answer was lost
        if account.changing:
            raise errors.AgainLater("busy", retry_after=1)
        head = devices.verify_next(account.head, body.item)
        if devices.verify_freshness(head, body.freshness).expires < self._clock.now():
            raise errors.AgainLater("clock")
        restart = head.root_epoch != account.head.root_epoch
        if not restart:
            self._check_chain(account, body.item)
        for record in head.devices:
            if self._store.directory.owner_of(record.device) not in (None, account.id):
                raise errors.Untrusted("device_twice")
        account.changing = True
        try:
            await self._change(account, head, body, restart)
        finally:
            account.changing = False
        self._hub.list_changed(account)

    async def _change(self, account: Account, head: devices.DeviceList, body: requests.PutList, restart: bool) -> None:
        names = {record.device for record in head.devices}
        removed = [device for device in account.devices.values() if device.id not in names]
        change = ListChange(
            account=account.number,
            version=head.version,
            item=signed.pack(body.item),
            digest=head.digest,
            freshness=signed.pack(body.freshness),
            restart=restart,
            added=tuple(names - account.names),
            removed=tuple(device.number for device in removed),
            now=self._clock.now(),
        )
        writing = self._store.directory.put_list(change)
        # From here on nothing more is put into a mailbox that goes with the transaction just queued.
        staying = [
            StoredDevice(device.number, device.id, device.counter, device.start)
            for device in account.devices.values()
            if device.id in names
        ]
        _leave(removed)
        account.set_list(head, staying)
        account.set_list(head, await writing)

    def _check_chain(self, account: Account, item: Signed) -> None:
        chain = self._store.directory.chain(account.id)
        if chain is None:
            raise errors.GiveUp("no_account")
        size = sum(len(item) for item in chain.lists) + len(item.body)
        if len(chain.lists) >= limits.CHAIN or size > self._limits.chain_bytes:
            raise errors.GiveUp("too_many", "chain")

    async def put_freshness(self, account: Account, item: Signed) -> None:
        """Untrusted as devices.verify_freshness says; AgainLater ``clock`` when it has ended already."""
        if devices.verify_freshness(account.head, item).expires < self._clock.now():
            raise errors.AgainLater("clock")
        await self._store.directory.put_freshness(account.number, signed.pack(item))

    async def put_found_by(self, account: Account, body: requests.PutFoundBy) -> None:
        """Who finds the account by its address; it holds for lookups once it is on the disk."""
        hidden = not body.everyone
        await self._store.addresses.put_hidden(account.number, hidden)
        account.hidden = hidden

    async def put_prekeys(self, device: Device, body: requests.PutPrekeys) -> requests.PrekeyCounts:
        """Each is checked like a peer would: name, kind, date, and the device's own signature."""
        rows = [*self._rows(device, body.one_time, KeyKind.ONE_TIME), *self._rows(device, body.pq, KeyKind.PQ_ONE_TIME)]
        if body.fallback is not None:
            rows += self._rows(device, (body.fallback,), KeyKind.FALLBACK)
        if body.pq_last is not None:
            rows += self._rows(device, (body.pq_last,), KeyKind.PQ_LAST_RESORT)
        have = self._store.prekeys.count(device.number)
        if have.one_time + len(body.one_time) > 2 * limits.ONE_TIME_KEYS:
            raise errors.GiveUp("too_many", "one_time_keys")
        if have.pq + len(body.pq) > 2 * limits.PQ_KEYS:
            raise errors.GiveUp("too_many", "pq_keys")
        count = await self._store.prekeys.add(device.number, rows)
        return requests.PrekeyCounts(count.one_time, count.pq)

    def _rows(self, device: Device, items: Iterable[Signed], kind: KeyKind) -> list[PrekeyRow]:
        now = self._clock.now()
        rows: list[PrekeyRow] = []
        for item in items:
            body = devices.verify_prekey(device.account.head, device.id, item, (kind,), now)
            if body.expires > now + limits.PREKEY_LIFE + limits.DAY:
                raise errors.Untrusted("expires_too_late")
            rows.append(PrekeyRow(kind.value, body.key_id, body.expires, signed.pack(item)))
        return rows

    async def claim(self, asking: Device, body: requests.Claim) -> requests.Claimed:
        """A bundle for each device, one-time keys while there are any, each of them once ever."""
        now = self._clock.now()
        account = self._accounts.get(body.account, now)
        if account is None:
            raise errors.GiveUp("no_account")
        targets: list[Device] = []
        for name in dict.fromkeys(body.devices):
            device = account.devices.get(name)
            if device is None:
                raise errors.GiveUp("not_a_device")
            targets.append(device)
        for device in targets:
            self._claims.take((asking.account.number, device.number), now)
        keys = await self._store.prekeys.pop([device.number for device in targets], now)
        return requests.Claimed(
            tuple(
                requests.Bundle(
                    device.id,
                    signed.unpack(olm) if olm is not None else None,
                    signed.unpack(pq) if pq is not None else None,
                )
                for device, (olm, pq) in zip(targets, keys, strict=True)
            )
        )


def _leave(removed: Iterable[Device]) -> None:
    for device in removed:
        if device.session is not None:
            device.session.end("not_a_device")
