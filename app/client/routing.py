"""Which way a message goes: asks the directory, and binds a job to the account that answered."""

import contextlib
import logging
from collections.abc import Generator
from dataclasses import dataclass

from app.client import peers
from app.common import clock, errors, ids
from app.domain import bearer
from app.domain.delivery import Reason
from app.protocol import address as addresses
from app.protocol.devices import DeviceList
from app.storage import conversations, people
from app.storage.database import Database
from app.storage.people import Person
from app.storage.transaction import Tx, View

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the directory says of an address; ``rich`` is None when nobody answered."""

    address: str
    rich: bool | None
    devices: int


class Routing:
    """Answers before something is sent, and confirms when it is."""

    def __init__(self, database: Database, directory: peers.Peers, time: clock.Clock) -> None:
        self._database = database
        self._clock = time
        self._peers = directory

    async def lookup(self, text: str, region: str | None = None) -> Lookup:
        """Ask about an address as typed; raises errors.Malformed (``bad_address``) and Untrusted."""
        address = addresses.parse(text, region).text
        try:
            answer = await self._peers.ask(address)
        except errors.AgainLater:
            return Lookup(address, None, 0)
        if answer.head is None or not answer.head.rich:
            return Lookup(address, False, 0)
        return Lookup(address, True, len(answer.head.devices))

    async def person_for(self, text: str, region: str | None = None) -> Person:
        """The person behind an address as typed: known, or found in the directory, or for now nothing but the address.

        Raises errors.Malformed (``bad_address``).
        """
        address = addresses.parse(text, region).text
        known = await self._database.read(lambda view: people.by_address(view, address))
        if known is not None:
            return known
        with contextlib.suppress(errors.AgainLater, errors.GiveUp):
            answer = await self._peers.ask(address)
            if answer.head is not None:
                return await self._peers.meet(address, answer)

        def write(tx: Tx) -> Person:
            known = people.by_address(tx, address)
            if known is not None:
                return known
            person = ids.random_id()
            people.create(tx, person)
            people.put_address(tx, address, person)
            conversations.ensure_direct(tx, person)
            return peers.required(people.get(tx, person))

        return await self._database.write(write)

    async def check_claim(self, account: bytes) -> None:
        """Join the address an account says it has to its person, once the directory says so too.

        Nothing happens when it says otherwise, when nobody answers, or when the address is known to be another's.
        """

        def look(view: View) -> str:
            known = people.by_account(view, account)
            if known is None or known.relation == "blocked" or people.addresses(view, [known.person]):
                return ""
            return known.claimed_address if people.by_address(view, known.claimed_address) is None else ""

        claimed = await self._database.read(look)
        if not claimed:
            return
        try:
            address = addresses.normal(claimed).text
            answer = await self._peers.ask(address)
        except (errors.AgainLater, errors.GiveUp) as error:
            log.info("a claimed address could not be checked: %s", error.code)
            return
        if answer.head is not None and answer.head.account == account:
            await self._peers.meet(address, answer)

    async def confirm(self, person: bytes) -> DeviceList:
        """The list to seal for, as the directory has it for this person now.

        Raises AgainLater while nobody answers, or when a known account is said not to be there without a signature
        (``unconfirmed``), Untrusted for a list that does not hold, and GiveUp with the reason
        (``not_on_kingfisher``, ``no_longer_rich``, ``blocked``) when no encrypted way leads there.
        """

        def look(view: View) -> tuple[Person | None, str]:
            found = people.addresses(view, [person])
            return people.get(view, person), found[0].address if found else ""

        known, address = await self._database.read(look)
        if known is None:
            raise errors.GiveUp(Reason.NO_SUCH_ADDRESS)
        if known.relation == "blocked":
            raise errors.GiveUp(Reason.BLOCKED)
        if known.account is None:
            answer = await self._peers.ask(address)
            self._choose(answer.head, ever_rich=False)
            met = await self._peers.meet(address, answer)
            if met.account is None:
                raise errors.Broken("no_account")
            return await self._peers.current(met.account)
        with _unconfirmed():
            await self._peers.current(known.account)
            await self._peers.freshen(known, self._clock.now())
            head = await self._peers.current(known.account)
        self._choose(head, ever_rich=known.ever_rich)
        return head

    async def current(self, account: bytes) -> DeviceList:
        """The list of an account that a job is bound to already; raises AgainLater (``unconfirmed``)."""
        with _unconfirmed():
            return await self._peers.current(account)

    async def refresh(self, account: bytes) -> DeviceList:
        """Its newest list, asked for because the relay said that devices have changed."""
        with _unconfirmed():
            return await self._peers.refresh(account)

    def _choose(self, head: DeviceList | None, *, ever_rich: bool) -> None:
        capability = bearer.Capability.RICH if head is not None and head.rich else bearer.Capability.NOT_RICH
        choice = bearer.choose(capability, bearer.Rules(ever_rich=ever_rich))
        if choice.bearer is not bearer.Bearer.RICH:
            raise errors.GiveUp(str(choice.why))


@contextlib.contextmanager
def _unconfirmed() -> Generator[None]:
    """An account once known is off only when its signed list says so: the relay's bare *not found* is waited out."""
    try:
        yield
    except errors.GiveUp as error:
        if error.code != "not_found":
            raise
        raise errors.AgainLater(bearer.Why.UNCONFIRMED) from error
