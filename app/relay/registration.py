"""Registration: an account and its address, made in one step and idempotent by (root key, address)."""

import hashlib
import hmac
from collections.abc import Sequence

from app.common import errors
from app.common.clock import Clock
from app.protocol import address, devices, login, requests, signed
from app.relay.accounts import Accounts
from app.relay.store.base import Registration, Store
from app.relay.verification import Application, Grant, Proof


def hash_address(secret: bytes, text: str) -> bytes:
    """HMAC-SHA-256 of an address under the relay's secret: how it is found."""
    return hmac.digest(secret, text.encode(), hashlib.sha256)


class Registrar:
    """Makes accounts."""

    def __init__(self, store: Store, accounts: Accounts, proofs: Sequence[Proof], secret: bytes, time: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._proofs = proofs
        self._secret = secret
        self._clock = time

    async def register(self, body: requests.Register) -> requests.Registered:
        """Check and keep; GiveUp ``taken``, ``list_forked``, ``closed``, ``invite_*``, Untrusted ..."""
        wanted = address.normal(body.address)
        account = signed.account_id(body.first_list.signer)
        relay = self._accounts.relay
        head = devices.verify_first(relay, account, body.first_list)
        message = login.register_bytes(relay, account, body.address, body.invite, body.first_list.digest)
        signed.check(body.first_list.signer, message, body.proof)
        now = self._clock.now()
        if devices.verify_freshness(head, body.freshness).expires < now:
            raise errors.AgainLater("clock")
        if not head.devices:
            raise errors.Untrusted("not_a_device")
        grant = await self._grant(Application(account, wanted, body.invite))
        inviter, first = await self._store.directory.register(self._wish(body, head, grant, now))
        if devices.read_list(body.first_list.signer, signed.unpack(first)).devices != head.devices:
            # The account went on with other devices: whoever has the root takes it back by a list, not by registering.
            raise errors.GiveUp("list_forked")
        if inviter:
            self._accounts.joined(account, inviter)
        known = self._store.directory.address_of(inviter) if inviter else ""
        return requests.Registered(account, grant.standing, inviter, known)

    def _wish(self, body: requests.Register, head: devices.DeviceList, grant: Grant, now: int) -> Registration:
        return Registration(
            account=head.account,
            root_public=head.root_public,
            address=body.address,
            address_hash=hash_address(self._secret, body.address),
            standing=grant.standing,
            invite_hash=grant.invite_hash,
            first_list=signed.pack(body.first_list),
            list_digest=head.digest,
            version=head.version,
            freshness=signed.pack(body.freshness),
            devices=tuple(record.device for record in head.devices),
            now=now,
        )

    async def _grant(self, application: Application) -> Grant:
        for proof in self._proofs:
            grant = await proof.grant(application)
            if grant is not None:
                return grant
        raise errors.GiveUp("closed")
