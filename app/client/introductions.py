"""Names from the start: people joined by an invite say who they are, and an address somebody says is theirs is checked.

A name and an address are claims. The address joins its person only after the directory was asked for it and gave that
very account.
"""

from app.client import changes, peers
from app.client.routing import Routing
from app.common import errors, ids, tasks
from app.content import annotations, catalog
from app.net.connection import Connection, Phase
from app.protocol import address as addresses
from app.storage import conversations, jobs, people, receipts
from app.storage.database import Database
from app.storage.transaction import Tx


def befriend(tx: Tx, me: bytes, account: bytes, address: str, hello: bytes) -> bytes | None:
    """Two people joined by an invite take each other's messages from the start; the person, if that is news.

    ``address`` is what the relay says of the other, ``hello`` the id of the message in which this side says its name.
    """
    if account == me:
        return None
    known = people.by_account(tx, account)
    if known is None:
        person = ids.random_id()
        people.create(tx, person, account=account, relation="accepted")
        people.set_claims(tx, person, "", _normal(address))
        conversations.ensure_direct(tx, person, peers.wire_of(ids.AccountId(me), account))
        _say_hello(tx, account, hello)
        return person
    if known.relation != "stranger":
        return None
    people.set_relation(tx, known.person, "accepted")
    receipts.release(tx, account, tx.now)
    _say_hello(tx, account, hello)
    return known.person


def _normal(address: str) -> str:
    try:
        return addresses.normal(address).text if address else ""
    except errors.Malformed:
        return ""


def _say_hello(tx: Tx, account: bytes, message: bytes) -> None:
    kind, body = catalog.encode(annotations.Profile())
    jobs.enqueue(tx, jobs.NewJob(account, message, kind, account=account, payload=body))
    tx.note(changes.OutboxChanged(frozenset({account})))


class Introductions:
    """Checks what people who are accepted say of themselves, whenever there is a connection.

    What a stranger says is checked when somebody looks at it: else anybody could use up what may be asked in a day.
    """

    def __init__(self, database: Database, connection: Connection, routing: Routing) -> None:
        self._database = database
        self._connection = connection
        self._routing = routing
        self._owner = tasks.TaskOwner("introductions")
        self._asked: set[tuple[bytes, str]] = set()
        self._news = False
        self._looking = False

    async def close(self) -> None:
        await self._owner.close()

    def heard(self, change: changes.Change) -> None:
        """Something is new: somebody's claims, or the connection, with which everything is asked once more."""
        if isinstance(change, changes.ConnectionChanged):
            self._asked.clear()
        elif not isinstance(change, changes.ContactsChanged):
            return
        self._news = True
        if self._connection.state.phase is Phase.CONNECTED and not self._looking:
            self._looking = True
            self._owner.spawn(self._look(), name="look")

    async def _look(self) -> None:
        try:
            while self._news:
                self._news = False
                for claim in await self._database.read(people.claims):
                    if claim not in self._asked:
                        self._asked.add(claim)
                        await self._routing.check_claim(claim[0])
        finally:
            self._looking = False

    async def check(self, person: bytes) -> None:
        """Ask about what this one person says, accepted or not."""
        known = await self._database.read(lambda view: people.get(view, person))
        if known is not None and known.account is not None:
            await self._routing.check_claim(known.account)
