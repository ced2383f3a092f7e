"""Verified device lists, other people's and one's own: asked for, checked against the pin, kept.

The relay's word is a hint only. Whatever it serves is verified from the root's list on and held against what was
pinned; what goes back or forks is refused, said once as an alarm, and has no effect.
"""

import contextlib
import logging

import msgspec

from app.client import changes
from app.client.me import Me
from app.common import errors, ids
from app.common.recent import Recent
from app.content import payload
from app.net.connection import Connection
from app.protocol import devices, frames
from app.protocol.devices import DeviceList
from app.storage import conversations, keys, notices, own, people, receipts
from app.storage.database import Database
from app.storage.people import Person
from app.storage.transaction import Tx, View

log = logging.getLogger(__name__)

CACHED = 1024  # verified lists kept in memory; every other one is verified again from the store
UNSAVED = 256  # lists of strangers remembered in memory until something of theirs could be opened


class Answer(msgspec.Struct, frozen=True):
    """What the directory said of an address; ``head`` is None when it does not take rich messages."""

    head: DeviceList | None
    chain: bytes = b""
    freshness: bytes = b""
    standing: str = ""


class Peers:
    """Keeps the newest verified list of every account this device has to do with."""

    def __init__(self, database: Database, connection: Connection, me: Me) -> None:
        self._database = database
        self._connection = connection
        self._me = me
        self._heads: Recent[bytes, DeviceList] = Recent(CACHED)  # for the loop's thread; transactions ask the store
        self._unsaved: Recent[bytes, Answer] = Recent(UNSAVED)
        self._looked: Recent[bytes, None] = Recent(CACHED)
        self._gone: Recent[bytes, None] = Recent(CACHED)  # so the relay says, and no signature

    async def current(self, account: bytes) -> DeviceList:
        """The newest list known here, else the directory's; raises AgainLater, Untrusted, or GiveUp (``not_found``).

        ``not_found`` also while the directory says that nobody has the account any more.
        """
        head = await self.known(account)
        return head if head is not None and account not in self._gone else await self.refresh(account)

    async def known(self, account: bytes) -> DeviceList | None:
        """The newest list known here, in memory or in the store; the directory is not asked. Raises Untrusted."""
        return self._heads.get(account) or await self._load(account)

    async def _load(self, account: bytes) -> DeviceList | None:
        """From the store: verified again, since reading it is no proof that nobody touched the file."""

        def look(view: View) -> bytes:
            if account == self._me.account:
                stored = own.load(view)
                return stored.chain if stored else b""
            person = people.by_account(view, account)
            return person.chain if person else b""

        chain = await self._database.read(look)
        if not chain:
            return None
        head = devices.verify_chain(self._me.relay, account, devices.unpack_chain(chain))
        self._heads[account] = head
        return head

    async def refresh(self, account: bytes) -> DeviceList:
        """Ask the directory, verify, pin; what does not hold is refused with an alarm and changes nothing."""
        found = await self._connection.lookup_account(account)
        if found.state != "found":
            raise errors.GiveUp("not_found")
        answer = await self._verified(ids.AccountId(account), found)
        await self._keep(answer)
        if answer.head is None:
            raise errors.GiveUp("not_found")
        if answer.standing == frames.GONE and answer.head.rich:  # a signed *off* says it better
            self._gone[account] = None
            raise errors.GiveUp("not_found")
        self._gone.pop(account, None)
        return answer.head

    async def freshen(self, person: Person, now: int) -> None:
        """A list whose freshness has run out is asked for anew, once a run, and that is told if it stays so.

        It never stops anything: a stale list is no reason to send a text, and none not to send.
        """
        account = person.account
        head = await self.known(account) if account is not None else None
        if account is None or head is None or account in self._looked or _fresh(head, person.freshness, now):
            return
        self._looked[account] = None
        with contextlib.suppress(errors.AgainLater):
            newest = await self.refresh(account)
            found = await self._database.read(lambda view: people.by_account(view, account))
            if found is not None and not _fresh(newest, found.freshness, now):
                await self._database.write(lambda tx: notices.add(tx, "list", "stale_list", account=account))

    async def ask(self, address: str) -> Answer:
        """What the directory says of an address; nothing is kept yet. Raises AgainLater, Untrusted."""
        found = await self._connection.lookup(address)
        if found.state != "found":
            return Answer(None)
        return await self._verified(ids.AccountId(found.account), found)

    async def _verified(self, account: ids.AccountId, found: frames.Found) -> Answer:
        if found.account != account or len(account) != ids.HASH_SIZE:
            raise errors.Malformed("malformed")
        pinned = await self._pin(account)
        try:
            head = devices.verify_chain(self._me.relay, account, found.chain, pinned)
            if found.freshness is not None:
                devices.verify_freshness(head, found.freshness)
        except errors.GiveUp as error:
            await self._alarm(account, error.code)
            raise
        fresh = devices.pack_chain((found.freshness,)) if found.freshness is not None else b""
        return Answer(head, devices.pack_chain(found.chain), fresh, found.standing)

    async def _pin(self, account: bytes) -> devices.Pin | None:
        head = await self.known(account)
        return head.pin if head is not None else None

    async def _alarm(self, account: bytes, code: str) -> None:
        log.warning("a device list was refused: %s", code)

        def write(tx: Tx) -> None:
            notices.add(tx, "list", code, alarm=True, account=account)
            tx.note(changes.DevicesChanged())

        await self._database.write(write)

    async def _keep(self, answer: Answer) -> None:
        head = answer.head
        if head is None:
            return
        if head.account == self._me.account:
            await self._database.write(lambda tx: self._save_own(tx, head, answer))
        elif not await self._database.write(lambda tx: self._save(tx, answer)):
            self._unsaved[head.account] = answer
        known = self._heads.get(head.account)
        if known is None or (known.root_epoch, known.version) <= (head.root_epoch, head.version):
            self._heads[head.account] = head

    def _save(self, tx: Tx, answer: Answer) -> bool:
        """Pin the list of a person who is known; devices that left it lose their sessions at once."""
        head = answer.head
        person = people.by_account(tx, head.account) if head is not None else None
        if head is None or person is None:
            return False
        if (person.list_epoch, person.list_version) > (head.root_epoch, head.version):
            return True  # two were asked for at once, and the newer one came first
        people.save_list(
            tx,
            head.account,
            epoch=head.root_epoch,
            version=head.version,
            digest=head.digest,
            chain=answer.chain,
            freshness=answer.freshness,
            rich="yes" if head.rich else "no",
        )
        _drop_removed(tx, head)
        before = self._pinned(person) if person.list_hash != head.digest else None
        for record in head.devices:
            if before is not None and before.find(record.device) is None:
                notices.add(tx, "devices", "device_added", account=head.account, device=record.device)
        if person.verified and head.root_epoch > person.list_epoch and person.list_hash:
            people.set_verified(tx, person.person, False)
            notices.add(tx, "root", "root_epoch_raised", alarm=True, account=head.account)
        if person.list_hash != head.digest:
            tx.note(changes.ContactsChanged(frozenset({person.person})))
        return True

    def _pinned(self, person: Person) -> DeviceList | None:
        """The list of a person as the store has it, whatever memory has forgotten."""
        if person.account is None or not person.chain:
            return None
        return devices.verify_chain(self._me.relay, person.account, devices.unpack_chain(person.chain))

    def _save_own(self, tx: Tx, head: DeviceList, answer: Answer) -> None:
        """Pin the own list as the directory has it; a device that this one has not heard of is an alarm."""
        stored = own.load(tx)
        before = devices.read_list(stored.root_public, devices.unpack_chain(stored.chain)[-1]) if stored else head
        if (before.root_epoch, before.version) > (head.root_epoch, head.version):
            return  # two were asked for at once, and the newer one came first
        own.save_chain(tx, answer.chain, answer.freshness)
        _drop_removed(tx, head)
        for record in head.devices:
            if before.find(record.device) is None:
                notices.add(tx, "devices", "unknown_device", alarm=True, account=head.account, device=record.device)
        if before.digest != head.digest:
            tx.note(changes.DevicesChanged())

    def introduce(self, tx: Tx, account: bytes, person: bytes) -> None:
        """Within the transaction that makes a person of a stranger: keep the list that was verified before."""
        people.join_account(tx, person, account)
        answer = self._unsaved.peek(account)
        if answer is not None:
            self._save(tx, answer)

    async def meet(self, address: str, answer: Answer) -> Person:
        """The person behind an address whose list was just verified; made and pinned if new.

        Another account than the one known behind this address is a new person: the address moves, the old
        conversation and everything queued in it stay with the old one.
        """
        head = answer.head
        if head is None:
            raise errors.GiveUp("not_on_kingfisher")

        def write(tx: Tx) -> Person:
            person = people.by_account(tx, head.account)
            known = people.by_address(tx, address)
            if known is not None and known.account is None:
                person = self._joined(tx, known, person)
            identity = person.person if person is not None else ids.random_id()
            if person is None:
                people.create(tx, identity)
            people.join_account(tx, identity, head.account)
            people.put_address(tx, address, identity, answer.standing)
            self._save(tx, answer)
            conversations.ensure_direct(tx, identity, wire_of(self._me.account, head.account))
            tx.note(changes.ContactsChanged(frozenset({identity})))
            return required(people.get(tx, identity))

        met = await self._database.write(write)
        self._heads[head.account] = head
        return met

    def _joined(self, tx: Tx, known: Person, person: Person | None) -> Person:
        """Somebody known by an address alone is now known by account, or turns out to be somebody who already was."""
        if person is None:
            return known
        if known.relation == "accepted" and person.relation == "stranger":
            people.set_relation(tx, person.person, "accepted")
            receipts.release(tx, person.account or b"", tx.now)
        rows = people.merge(tx, known.person, person.person)
        tx.note(changes.MessagesChanged(person.person, added=frozenset(rows)))
        tx.note(changes.ConversationsChanged(frozenset({known.person, person.person})))
        tx.note(changes.OutboxChanged(frozenset({person.person})))
        return person


def _drop_removed(tx: Tx, head: DeviceList) -> None:
    """Devices that left their list lose their sessions at once."""
    for pair in keys.pairs(tx, head.account):
        if not pair.removed and head.find(pair.device) is None:
            keys.remove_pair(tx, head.account, pair.device)


def _fresh(head: DeviceList, stored: bytes, now: int) -> bool:
    """Whether a listed device said lately enough that this is still the newest list."""
    try:
        return bool(stored) and devices.verify_freshness(head, devices.unpack_chain(stored)[0]).expires > now
    except errors.Untrusted:
        return False


def wire_of(one: ids.AccountId, other: bytes) -> bytes:
    """The name of the direct conversation of two accounts."""
    return payload.direct_conversation(one, ids.AccountId(other))


def required(person: Person | None) -> Person:
    if person is None:
        raise errors.Broken("no_person")
    return person
