"""What keeps a device in order: prekeys, freshness, the own list, relations; and what may be forgotten."""

import asyncio
import logging
from itertools import zip_longest

from app.client import changes, introductions, peers, repeats
from app.client.account import KEYS, PQ_KEYS
from app.client.me import Me
from app.client.sessions import Sessions
from app.client.settings import Settings
from app.common import clock, errors, ids, tasks
from app.crypto import parties
from app.crypto.own import Own
from app.domain.people import Relation
from app.net.connection import Connection
from app.net.http import RelayHttp
from app.protocol import devices, frames, limits, requests
from app.protocol.devices import DeviceList, KeyKind
from app.protocol.signed import Signed
from app.storage import annotations as annotation_table
from app.storage import keys, own, people
from app.storage import repeats as repeat_table
from app.storage.database import Database
from app.storage.transaction import Tx, View

log = logging.getLogger(__name__)

RELATIONS_AT_ONCE = 256


class Upkeep:
    """Runs after each login and each time the mailbox was read to its end."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        http: RelayHttp,
        directory: peers.Peers,
        sessions: Sessions,
        settings: Settings,
        me: Me,
        time: clock.Clock,
    ) -> None:
        self._database = database
        self._connection = connection
        self._http = http
        self._peers = directory
        self._sessions = sessions
        self._settings = settings
        self._me = me
        self._clock = time
        self._owner = tasks.TaskOwner("upkeep")
        self._settled = asyncio.Event()
        self._watched: tuple[bytes, ...] = ()
        self._signed = False  # the freshness, since the start
        self._hidden = False  # what the relay has: its last Welcome, or what it has confirmed since
        self._hiding = asyncio.Lock()

    async def settled(self) -> None:
        """Wait until the relay has everything of this device once since the start: prekeys, freshness, relations."""
        await self._settled.wait()

    async def close(self) -> None:
        """Leave what is under way for the next start."""
        await self._owner.close()

    def welcomed(self, welcome: frames.Welcome) -> None:
        """Logged in: see to everything the relay should have of this device."""
        self._hidden = welcome.hidden
        self._owner.spawn(self._after_login(welcome), name="login")

    def caught_up(self) -> None:
        """The mailbox was read to its end in this session: private keys nobody can still need may go."""
        self._owner.spawn(self._after_reading(), name="tidy")

    async def _after_login(self, welcome: frames.Welcome) -> None:
        try:
            head = await self._own_list(welcome.list_digest)
            await self.publish(welcome.one_time_keys, welcome.pq_keys)
            await self._freshness(head)
            await self._relations()
            await self._found_by()
            self._settled.set()
        except errors.KingfisherError as error:
            log.info("upkeep after the login waits for the next one: %s", error)

    async def _own_list(self, digest: bytes) -> DeviceList:
        """Compare the relay's head of our own list with ours; what we do not know is an alarm."""
        head = await self._peers.current(self._me.account)
        return head if head.digest == digest else await self._peers.refresh(self._me.account)

    async def publish(self, one_time: int, pq: int) -> None:
        """Bring the relay's stock of one-time keys up; stored before they are published, marked when it has them."""
        now = self._clock.now()
        classical = KEYS - one_time if one_time < limits.LOW_KEYS else 0
        post_quantum = PQ_KEYS - pq if pq < limits.LOW_PQ_KEYS else 0
        waiting = await self._sessions.change_keys(lambda held: held)
        there = {kind: sum(1 for key in waiting.publishable() if key.kind == kind) for kind in ("otk", "pq")}
        changed = await self._sessions.change_keys(
            lambda held: held.add_one_time(
                now, classical=max(0, classical - there["otk"]), post_quantum=max(0, post_quantum - there["pq"])
            )
        )
        fresh = changed.publishable()
        if not fresh:
            return
        head = await self._peers.current(self._me.account)
        made = {key.key_id: self._sessions.publishable(head, key) for key in fresh}
        by_kind: dict[str, list[Signed]] = {}
        for key in fresh:
            by_kind.setdefault(key.kind.value, []).append(made[key.key_id])
        await self._http.put_prekeys(
            requests.PutPrekeys(
                tuple(by_kind.get(KeyKind.ONE_TIME, ())[: limits.ONE_TIME_KEYS]),
                tuple(by_kind.get(KeyKind.PQ_ONE_TIME, ())[: limits.PQ_KEYS]),
                by_kind[KeyKind.FALLBACK][-1] if KeyKind.FALLBACK in by_kind else None,
                by_kind[KeyKind.PQ_LAST_RESORT][-1] if KeyKind.PQ_LAST_RESORT in by_kind else None,
            )
        )
        await self._sessions.change_keys(lambda held: held.published(set(made)))

    async def _freshness(self, head: DeviceList) -> None:
        """At the first login of each start, and once a week: say that our list is still the newest."""
        stored = await self._database.read(own.load)
        now = self._clock.now()
        if self._signed and stored is not None and stored.freshness:
            item = devices.unpack_chain(stored.freshness)[0]
            try:
                if devices.verify_freshness(head, item).issued > now - limits.FRESHNESS_RENEWAL:
                    return
            except errors.Untrusted:
                log.info("the stored freshness is of an older list")
        made = devices.make_freshness(head, self._me.seed, now)
        try:
            await self._http.put_freshness(made)
        except errors.GiveUp as error:
            log.info("the list has changed meanwhile, and its freshness came with it: %s", error)
            return
        self._signed = True

        def write(tx: Tx) -> None:
            held = own.load(tx)
            if held is not None and stored is not None and held.chain == stored.chain:
                own.save_chain(tx, held.chain, devices.pack_chain((made,)))

        await self._database.write(write)

    def found_by_changed(self) -> None:
        """The setting is another: the relay is told now, or after the next login."""
        self._owner.spawn(self._found_by(), name="found by")

    async def _found_by(self) -> None:
        """Have the relay confirm the setting; one that does not know it changes nothing for the rest of the upkeep."""
        async with self._hiding:
            hidden = self._settings.values.found_by == "link"
            if hidden == self._hidden:
                return
            try:
                await self._http.put_found_by(everyone=not hidden)
            except errors.KingfisherError as error:
                log.info("who finds the account by its address is said after the next login: %s", error)
            else:
                self._hidden = hidden

    async def watch(self) -> None:
        """Say whose lists we want to hear of: our own, and those of everybody accepted."""
        accepted = await self._database.read(lambda view: people.accounts(view, "accepted"))
        wanted = (self._me.account, *accepted)[: limits.WATCHED]
        if wanted != self._watched:
            self._watched = wanted
            self._connection.watch(wanted)

    async def _relations(self) -> None:
        """Say again who is accepted and who is blocked, and whose lists we want to hear of."""

        def look(view: View) -> tuple[list[bytes], list[bytes]]:
            return people.accounts(view, "accepted"), people.accounts(view, "blocked")

        accepted, blocked = await self._database.read(look)
        await self.watch()
        told = [(account, Relation.ACCEPTED) for account in accepted]
        told += [(account, Relation.BLOCKED) for account in blocked]
        for at in range(0, len(told), RELATIONS_AT_ONCE):
            part = told[at : at + RELATIONS_AT_ONCE]
            await asyncio.gather(*(self._connection.relation(account, int(state)) for account, state in part))

    async def joined(self, joined: frames.Joined) -> None:
        """People who came by one of our invites: accepted from the start."""

        def write(tx: Tx) -> None:
            for account, address in zip_longest(joined.accounts, joined.addresses[: len(joined.accounts)]):
                hello = ids.new_id(self._clock)
                person = introductions.befriend(tx, self._me.account, account, address or "", hello)
                if person is not None:
                    tx.note(changes.ContactsChanged(frozenset({person})))
                    tx.note(changes.ConversationsChanged(frozenset({person})))
                    tx.note(changes.ReceiptsDue(frozenset({account})))

        await self._database.write(write)

    async def _after_reading(self) -> None:
        now = self._clock.now()
        self._sessions.emptied_at = now
        await self._sessions.change_keys(lambda held: tended(held, now))
        await self._database.write(self._tidy)
        await self._database.write(lambda tx: repeats.ask_for_holes(tx, self._me, lambda: ids.new_id(self._clock)))
        try:
            await self.publish(limits.ONE_TIME_KEYS, limits.PQ_KEYS)
        except errors.KingfisherError as error:
            log.info("new keys are published after the next login: %s", error)

    def _tidy(self, tx: Tx) -> None:
        annotation_table.drop_parked(tx)
        keys.forget_seen(tx)
        repeat_table.forget(tx)
        repeats.confirm(tx, self._me, lambda: ids.new_id(self._clock))


def tended(held: Own, now: int) -> Own:
    """Without keys nobody can need any more, and with new ones when it is time.

    A fallback key that the relay has not got yet is never replaced: the one it still hands out would be lost by it.
    """
    kept = held.forget_before(now, now)
    waiting = {key.kind for key in kept.publishable()}
    return kept if waiting & {parties.Kind.OLM_FALLBACK, parties.Kind.PQ_LAST_RESORT} else kept.rotate(now, now)
