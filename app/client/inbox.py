"""The worker that receives: opens in memory, commits a batch with its ratchets, and only then acknowledges.

An envelope that cannot be opened becomes a notice and a request to repeat it; it never blocks those behind it. What
was seen before is acknowledged again and has no second effect.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence

import msgspec

from app.client import changes, repeats
from app.client.intake import Arrival, Intake
from app.client.me import Me
from app.client.peers import Peers
from app.client.phone import Phone
from app.client.sessions import Sessions, Working
from app.common import clock, errors, ids, tasks
from app.content import annotations, payload
from app.content import catalog as kinds
from app.crypto.envelope import Opened
from app.crypto.parties import Party
from app.media.decoder import Decoder
from app.net.connection import Connection, Phase
from app.net.incoming import Delivered
from app.protocol import frames
from app.protocol.devices import DeviceList
from app.storage import keys, messages, notices, people, usage
from app.storage import repeats as repeats_table
from app.storage.database import Database
from app.storage.transaction import Tx, View

log = logging.getLogger(__name__)

BATCH = 256  # envelopes in one transaction
SLICE = 0.002  # seconds of opening between two breaths
STUBBORN = 3  # times an entry may fail for no reason from outside, all alone, before it is given up
# Failures of an envelope that say nothing about what was sent: nobody is asked to send it again.
UNASKED = frozenset({"replayed", "not_a_device"})


class Failure(msgspec.Struct, frozen=True):
    """An entry that has no effect but to be counted and told.

    It is asked for again if its sender's device is ``known`` and it could not be ``opened``.
    """

    item: frames.Deliver
    digest: bytes
    code: str
    known: bool = True
    opened: bool = False


class Known(msgspec.Struct, frozen=True):
    """An entry that was taken before; ``same`` False when somebody put other bytes under its id."""

    item: frames.Deliver
    same: bool


Outcome = Arrival | Failure | Known


class Inbox:
    """Takes what the connection hands over, in order."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        directory: Peers,
        sessions: Sessions,
        me: Me,
        time: clock.Clock,
        decoder: Decoder,
        *,
        caught_up: Callable[[], None],
        tells_read: Callable[[], bool],
        breath: float = 0.0,
    ) -> None:
        self._database = database
        self._connection = connection
        self._peers = directory
        self._sessions = sessions
        self._intake = Intake(me, directory, tells_read)
        self._phone = Phone(database, sessions, me, decoder)
        self._me = me
        self._clock = time
        self._caught_up = caught_up
        self._breath = breath
        self._owner = tasks.TaskOwner("inbox")

    def start(self) -> None:
        """Begin to take what comes."""
        self._owner.spawn(self._run(), name="receive")

    async def close(self) -> None:
        """Finish the batch in hand, or leave it: what is not acknowledged comes again."""
        await self._owner.close(grace=2.0)

    async def _run(self) -> None:
        incoming = self._connection.incoming()
        async for item in incoming:
            if not isinstance(item, Delivered):
                self._caught_up()
                continue
            entries = [*item.entries, *incoming.at_hand(item.session, BATCH - len(item.entries))]
            for at in range(0, len(entries), BATCH):
                await self._take(item.session, entries[at : at + BATCH])

    async def _take(self, session: int, entries: Sequence[frames.Entry]) -> None:
        """One batch, tried again while something outside stands in its way and the connection lives."""
        backoff = clock.Backoff()
        failed = 0
        while True:
            try:
                if failed < STUBBORN:
                    await self._batch(entries)
                else:
                    await self._give_up(entries[0])
            except Exception as error:
                # Whatever went wrong, it must not end the worker: unacknowledged entries come again.
                level = logging.WARNING if isinstance(error, errors.AgainLater) else logging.ERROR
                log.log(level, "a batch could not be taken: %s", error, exc_info=level == logging.ERROR)
                failed += not _passing(error)
                if failed and len(entries) > 1:
                    for entry in entries:
                        await self._take(session, (entry,))
                    return
                if failed == STUBBORN and not _passing(error):
                    continue
                await self._clock.sleep(backoff.next())
                if self._connection.state.phase is not Phase.CONNECTED:
                    return
            else:
                break
        self._connection.acknowledge(session, [entry.entry for entry in entries])

    async def _give_up(self, item: frames.Entry) -> None:
        """This one entry breaks us every time: it is told, and must not stand before those behind it."""
        if not isinstance(item, frames.Deliver):
            await self._database.write(lambda tx: notices.add(tx, "refused", "not_taken"))
            return

        def write(tx: Tx) -> None:
            keys.mark_seen(tx, item.device, item.submit, hashlib.sha256(item.content).digest(), item.account)
            self._say(tx, item, "not_taken")

        await self._database.write(write)

    async def _batch(self, batch: Sequence[frames.Entry]) -> None:
        entries = [entry for entry in batch if isinstance(entry, frames.Deliver)]
        phoned = [entry for entry in batch if not isinstance(entry, frames.Deliver)]
        if phoned:
            await self._phone.take(phoned)
        if not entries:
            return
        senders, refused = await self._heads(entries)
        async with self._sessions.opening(senders) as working:
            # Asked of the writer, whose pages are in memory: the reader has to decrypt anew what was written since.
            seen = await self._database.write(lambda tx: _seen(tx, entries))
            outcomes: list[Outcome] = []
            stale: set[bytes] = set()
            began = self._clock.monotonic()
            for item in entries:
                outcomes.append(self._open(item, working, senders, refused, seen, stale))
                if self._breath and self._clock.monotonic() - began > SLICE:
                    await self._clock.sleep(self._breath)
                    began = self._clock.monotonic()
            await self._database.write(lambda tx: self._store(tx, working, outcomes))
        for account in stale:
            self._owner.spawn(self._look_again(account), name="refresh")

    async def _heads(self, entries: Sequence[frames.Deliver]) -> tuple[dict[Party, DeviceList], dict[Party, str]]:
        """The verified list of each sender, or the code of why there is none."""
        good: dict[Party, DeviceList] = {}
        bad: dict[Party, str] = {}
        for party in dict.fromkeys(Party(item.account, item.device) for item in entries):
            if party == self._me.party:
                bad[party] = "own_echo"
                continue
            try:
                good[party] = await self._head(party)
            except errors.GiveUp as error:
                bad[party] = error.code
        return good, bad

    async def _head(self, party: Party) -> DeviceList:
        """The verified list that has this device; one that is not in it is looked up once more, then refused.

        Who has lost their last address is not written to, but what they wrote is theirs: that nobody has an account
        is the directory's unsigned word, and takes nothing from a list that has held.
        """
        try:
            head = await self._peers.current(party.account)
            if head.find(party.device) is None:
                head = await self._peers.refresh(party.account)
        except errors.GiveUp as error:
            known = await self._peers.known(party.account) if error.code == "not_found" else None
            if known is None:
                raise
            head = known
        if head.find(party.device) is None:
            raise errors.Untrusted("not_a_device")
        return head

    def _open(
        self,
        item: frames.Deliver,
        working: Working,
        senders: dict[Party, DeviceList],
        refused: dict[Party, str],
        seen: dict[tuple[bytes, bytes], bytes],
        stale: set[bytes],
    ) -> Outcome:
        sender = Party(item.account, item.device)
        digest = hashlib.sha256(item.content).digest()
        before = seen.get((item.device, item.submit))
        if before is not None:
            return Known(item, before == digest)
        if sender in refused:
            return Failure(item, digest, refused[sender], known=False)
        seen[item.device, item.submit] = digest
        try:
            opened = self._sessions.open(working, sender, senders[sender], item)
        except errors.KingfisherError as error:
            return Failure(item, digest, error.code)
        if _newer(opened, senders[sender]):
            stale.add(sender.account)
        return self._read(item, sender, digest, opened)

    def _read(self, item: frames.Deliver, sender: Party, digest: bytes, opened: Opened) -> Outcome:
        """The payload; one that cannot be read has still moved the ratchet, so its state is kept."""
        try:
            read = payload.decode(opened.payload)
            content = kinds.decode(read.kind, read.body, read.fallback)
        except errors.Malformed as error:
            code = "newer_version" if error.code == "newer_version" else "malformed"
            return Failure(item, digest, code, opened=True)
        return Arrival(
            sender, item, ids.MessageId(opened.message_id), digest, read, content, opened.reset_asked, opened.repeated
        )

    async def _look_again(self, account: bytes) -> None:
        """The sender named a newer list than ours: get it, now that nothing can be lost by it."""
        try:
            await self._peers.refresh(account)
        except errors.KingfisherError as error:
            log.info("a newer list was named but not had: %s", error.code)

    def _store(self, tx: Tx, working: Working, outcomes: Sequence[Outcome]) -> None:
        """The whole batch: seen marks, ratchets, messages, receipts due.

        One savepoint is around all, and one around each only where some entry has no effect after having begun to.
        """
        try:
            with tx.savepoint():
                self._apply(tx, outcomes)
        except errors.Untrusted:
            self._apply(tx, outcomes, apart=True)
        self._sessions.save(tx, working)
        size = sum(len(each.item.content) + len(each.item.envelope) for each in outcomes if not isinstance(each, Known))
        usage.add(tx, "unknown", b"", "received", size, len(outcomes))

    def _apply(self, tx: Tx, outcomes: Sequence[Outcome], *, apart: bool = False) -> None:
        """Each in its turn; ``apart`` what must not be is taken back and told, else errors.Untrusted is raised."""
        taken = [each for each in outcomes if isinstance(each, Arrival)]
        keys.mark_all_seen(tx, ((e.item.device, e.item.submit, e.digest, e.item.account) for e in taken))
        for outcome in outcomes:
            item = outcome.item
            if isinstance(outcome, Known):
                if not outcome.same:
                    self._say(tx, item, "submit_changed")
                continue
            if isinstance(outcome, Failure):
                keys.mark_seen(tx, item.device, item.submit, outcome.digest, item.account)
                self._failed(tx, outcome)
                continue
            if not apart:
                self._intake.apply(tx, outcome)
            else:
                try:
                    with tx.savepoint():
                        self._intake.apply(tx, outcome)
                except errors.Untrusted as error:
                    self._say(tx, item, error.code)
            if outcome.repeated and not isinstance(outcome.content, annotations.Nothing):
                # What only confirms wants no confirmation, or two who are silent would never come to an end.
                repeats_table.owe(tx, item.account, item.device)
            if outcome.reset_asked and _accepted(tx, item.account):
                repeats.new_start(tx, item.account, item.device, ids.new_id(self._clock))

    def _say(self, tx: Tx, item: frames.Deliver, code: str) -> None:
        """Refused, without effect: counted, and told once per device and reason."""
        notices.bump(tx, f"refused/{code}")
        notices.add(tx, "refused", code, account=item.account, device=item.device)

    def _failed(self, tx: Tx, failure: Failure) -> None:
        item = failure.item
        if failure.code == "undecryptable" and keys.taken(tx, item.device, failure.digest, item.submit):
            self._say(tx, item, "replayed")
            return
        self._say(tx, item, failure.code)
        if failure.code in UNASKED or not failure.known or item.account == self._me.account:
            return
        person = people.by_account(tx, item.account)
        lost = annotations.Unopened(ids.DeviceId(item.device), ids.SubmitId(item.submit), failure.digest)
        told = failure.opened or repeats.ask(
            tx, item.account, item.device, unopened=(lost,), message=ids.new_id(self._clock)
        )
        if person is None or person.relation == "blocked" or not item.visible:
            return
        if not told and (person.relation == "accepted" or not _held(tx, person)):
            return
        inserted = messages.insert(
            tx,
            messages.NewMessage(
                person.person,
                item.submit,
                item.account,
                item.device,
                repeats.UNREADABLE,
                failure.code.encode(),
                min(item.order, item.accepted_at),
                item.order,
                received_at=item.accepted_at,
                digest=failure.digest,
            ),
        )
        if inserted.fresh:
            tx.note(changes.MessagesChanged(person.person, added=frozenset({inserted.row})))
            tx.note(changes.ConversationsChanged(frozenset({person.person})))


def _passing(error: Exception) -> bool:
    """Whether the same may go well later: the relay was silent, or the disk has to be seen to."""
    if isinstance(error, errors.KingfisherError):
        return isinstance(error, errors.AgainLater) or error.code in ("disk", "damaged", "closed")
    return False


def _accepted(view: View, account: bytes) -> bool:
    person = people.by_account(view, account)
    return person is not None and person.relation == "accepted"


def _held(tx: Tx, person: people.Person) -> bool:
    """Whether somebody who is not accepted has room for one more that cannot be read; they are not asked until then."""
    return len(messages.of_kind(tx, person.person, repeats.UNREADABLE, repeats.A_DAY)) < repeats.A_DAY


def _seen(view: View, entries: Sequence[frames.Deliver]) -> dict[tuple[bytes, bytes], bytes]:
    return keys.seen_of(view, [(item.device, item.submit) for item in entries])


def _newer(opened: Opened, head: DeviceList) -> bool:
    named = opened.lists.sender
    return (named.root_epoch, named.version) > (head.root_epoch, head.version)
