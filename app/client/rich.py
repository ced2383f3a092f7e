"""The rich switch: whether the directory says that this account takes encrypted messages.

on, leaving, off, returning. It is off, or on again, only once the chain of device lists says so; a program that ends in
between goes on at its next login, and what another device has switched is followed.
"""

import logging
from typing import Literal

from app.client import changes
from app.client.me import Me
from app.client.peers import Peers
from app.common import clock, errors
from app.net.http import RelayHttp
from app.protocol import devices, requests
from app.storage import own
from app.storage.database import Database
from app.storage.transaction import Tx, View

log = logging.getLogger(__name__)

State = Literal["on", "leaving", "off", "returning"]
ROUNDS = 3  # another device may write to the chain at the same time


class RichSwitch:
    """The one owner of the state, and of the entry in the chain that makes it true."""

    def __init__(self, database: Database, http: RelayHttp, directory: Peers, me: Me, time: clock.Clock) -> None:
        self._database = database
        self._http = http
        self._peers = directory
        self._me = me
        self._clock = time

    async def state(self) -> State:
        """As it is now; ``leaving`` and ``returning`` until the directory has confirmed."""
        return await self._database.read(_state)

    async def switch(self, on: bool) -> None:
        """Returns when the directory has confirmed it.

        Raises AgainLater while it cannot: the wish is kept, and the next login goes on with it.
        """
        await self._keep("returning" if on else "leaving", unless="on" if on else "off")
        await self.settle()

    async def settle(self) -> None:
        """Make the state true: put the entry that is wanted into the chain, or follow what the chain says."""
        for _ in range(ROUNDS):
            head = await self._peers.refresh(self._me.account)
            state = await self.state()
            if state in ("on", "off") or head.rich == (state == "returning"):
                if await self._keep("on" if head.rich else "off", instead_of=state):
                    return
                continue  # another wish meanwhile
            now = self._clock.now()
            item = devices.next_list(head, self._me.seed, now, rich=not head.rich)
            fresh = devices.make_freshness(devices.verify_next(head, item), self._me.seed, now)
            try:
                await self._http.put_list(requests.PutList(item, fresh))
            except errors.Untrusted as error:
                log.info("the chain went on meanwhile: %s", error.code)
            except errors.GiveUp as error:
                if error.code not in ("list_forked", "list_went_back"):
                    raise
        raise errors.AgainLater("busy")

    async def after_login(self) -> None:
        """What was begun is finished; what another device has switched is seen."""
        head = await self._peers.known(self._me.account)
        state = await self.state()
        if head is None or state != ("on" if head.rich else "off"):
            await self.settle()

    async def _keep(self, state: State, *, unless: State | None = None, instead_of: State | None = None) -> bool:
        """Whether it holds now: not over ``unless``, nor when ``instead_of`` is no longer the state."""

        def write(tx: Tx) -> bool:
            before = _state(tx)
            if before == unless or (instead_of is not None and before != instead_of):
                return False
            if before != state:
                own.set_rich(tx, state)
                tx.note(changes.TextsChanged())
                tx.note(changes.OutboxChanged(frozenset()))
            return True

        return await self._database.write(write)


def _state(view: View) -> State:
    stored = own.load(view)
    match stored.rich if stored is not None else "on":
        case "leaving":
            return "leaving"
        case "off":
            return "off"
        case "returning":
            return "returning"
        case _:
            return "on"
