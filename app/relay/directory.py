"""Does this address take rich messages? Lookups within a budget; never a name, a picture or a last-seen."""

from app.common import errors
from app.protocol import address, frames, limits, signed
from app.relay.accounts import Account, Accounts
from app.relay.limits import Limits, Rates, refuse
from app.relay.registration import hash_address
from app.relay.store.base import Chain, Relation, Store


class Lookups:
    """Answers Lookup frames."""

    def __init__(self, store: Store, accounts: Accounts, secret: bytes, caps: Limits) -> None:
        self._store = store
        self._accounts = accounts
        self._secret = secret
        self._limits = caps
        day = limits.DAY // 1000
        self._networks = Rates("lookups_from_network", caps.lookups_from_network, day)
        self._all = Rates("lookups_in_all", caps.lookups_in_all, day)

    def answer(self, asking: Account, wish: frames.Lookup, network: str | None, now: int) -> frames.Found:
        """Found or not found; Malformed ``bad_address``, AgainLater ``rate_limited``.

        ``network`` is the address the asking device comes from, None where nothing is counted by it.
        """
        wait = asking.requests.take(now)
        if wait:
            raise refuse("requests_a_second", wait)
        if wish.address:
            wanted = address.normal(wish.address)
            hashed = hash_address(self._secret, wanted.text)
            self._spend(asking, hashed, network, now)
            chain = self._store.directory.find(hashed)
            if chain is not None and not self._shown(chain.account, asking, now):
                chain = None
        elif len(wish.account) == 32:
            chain = self._store.directory.chain(wish.account)
        else:
            raise errors.Malformed("malformed")
        return _found(wish.request, chain)

    def _shown(self, found: bytes, asking: Account, now: int) -> bool:
        """Whether its owner wants the account to be found by this one; what is hidden looks like nothing at all."""
        owner = self._accounts.get(found, now)
        if owner is None or not owner.hidden or owner is asking:
            return True
        return owner.relation(asking.number) == Relation.ACCEPTED

    def _spend(self, asking: Account, hashed: bytes, network: str | None, now: int) -> None:
        """Only addresses this account has not asked for lately cost anything.

        The narrowest budget comes first: whoever has used up its own takes nothing from others.
        """
        since = now - limits.DAY
        if asking.asked is None:
            asking.asked = self._store.directory.looked_up(asking.number, since)
        if hashed in asking.asked:
            return
        if len(asking.asked) >= self._limits.lookups_a_day:
            asking.asked = {name: at for name, at in asking.asked.items() if at > since}
        if len(asking.asked) >= self._limits.lookups_a_day:
            raise refuse("lookups_a_day", min(asking.asked.values(), default=now) - since)
        if network is not None:
            self._networks.take(network, now)
        self._all.take(None, now)
        asking.asked[hashed] = now
        self._store.directory.add_lookup(asking.number, hashed, now)


def _found(request: int, chain: Chain | None) -> frames.Found:
    if chain is None:
        return frames.Found(request, "not_found")
    return frames.Found(
        request,
        "found",
        chain.account,
        tuple(signed.unpack(item) for item in chain.lists),
        signed.unpack(chain.freshness),
        "claimed" if chain.standing == "lapsed" else chain.standing,
    )
