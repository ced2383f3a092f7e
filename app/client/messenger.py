"""Everything that runs for one signed-in account: the one place in the client where the parts meet."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator
from functools import partial

from msgspec.structs import replace

from app.client import account, autostart, changes, me, peers
from app.client.conversations import Conversations
from app.client.inbox import Inbox
from app.client.introductions import Introductions
from app.client.inviting import Inviting
from app.client.outbox import Outbox
from app.client.own_addresses import OwnAddresses
from app.client.pictures import Pictures
from app.client.receipting import Receipting
from app.client.rich import RichSwitch
from app.client.routing import NO_TEXTS, Routing
from app.client.sealing import Sealing
from app.client.sending import Sending
from app.client.sessions import Sessions
from app.client.settings import Settings
from app.client.taking_back import TakingBack
from app.client.text_plan import TextPlan
from app.client.typing import Typing
from app.client.upkeep import Upkeep
from app.common import clock, errors, tasks
from app.common.profile import Profile
from app.crypto import own as own_keys
from app.domain.bearer import Texts
from app.media.decoder import Decoder
from app.net.connection import Connection, ConnectionState, Listeners, Phase
from app.net.handshake import Credentials
from app.net.http import RelayHttp
from app.net.transport import Transport
from app.protocol import codes, frames, login
from app.storage import jobs, notices, own
from app.storage.database import Database
from app.storage.transaction import Tx

log = logging.getLogger(__name__)

FAREWELL = 2.0  # seconds for the receipts before the end
KEPT_URLS = 16
A_COPY = "profile/copied"  # counts how often the relay refused this profile as a copy


class Messenger:
    """The headless messenger of one profile; made by ``open_messenger``, started once, closed once."""

    def __init__(
        self,
        home: Profile,
        database: Database,
        hub: changes.Hub,
        settings: Settings,
        stored: own.Own,
        way: Transport,
        time: clock.Clock,
        *,
        breath: float = 0.0,
    ) -> None:
        self.home, self.database = home, database
        self.hub, self.settings = hub, settings
        self.me = me.of(stored)
        self.clock = time
        self._owner = tasks.TaskOwner("messenger")
        credentials = Credentials(self.me.device, self.me.sign, stored.start_counter, stored.start_random)
        self._urls = tuple(str(url) for url in json.loads(stored.relay_urls))
        self.connection = Connection(way, self._urls, self.me.relay, credentials, time, listeners=self._listeners())
        self.http = RelayHttp(self.connection.reach)
        self.inviting = Inviting(self.connection, self.http, self.me.account, time)
        self.peers = peers.Peers(database, self.connection, self.me)
        self.sessions = Sessions(database, self.peers, self.http, self.me, own_keys.load(stored.keys), time)
        self.routing = Routing(database, self.peers, time, lambda: Texts(settings.values.send_as_text))
        self.plan = TextPlan(database)
        self.rich = RichSwitch(database, self.http, self.peers, self.me, time)
        self.addresses = OwnAddresses(database, self.http, self.me, time)
        self.introductions = Introductions(database, self.connection, self.routing)
        self.sealing = Sealing(database, self.peers, self.sessions, self.me, time)
        self.sealing.offset = stored.clock_offset
        self.outbox = Outbox(database, self.connection, self.routing, self.sealing, hub, time)
        decoder = Decoder()
        self.upkeep = Upkeep(database, self.connection, self.http, self.peers, self.sessions, settings, self.me, time)
        self.inbox = self._inbox(decoder, breath)
        self._emptied = asyncio.Event()
        self.receipting = Receipting(database, hub, time, self._emptied)
        self.sending = Sending(database, self.me, time)
        self.pictures = Pictures(database, self.routing, decoder)
        self.taking_back = TakingBack(database, self.connection, self.routing, self.sending)
        self.conversations = Conversations(database, self.connection, self.peers, settings, self.me, time)
        self.typing = Typing(database, self.connection, self.peers, self.sessions, settings, hub, self.me, time)
        self._connecting = False

    def _inbox(self, decoder: Decoder, breath: float) -> Inbox:
        settings = self.settings
        return Inbox(
            self.database,
            self.connection,
            self.peers,
            self.sessions,
            self.me,
            self.clock,
            decoder,
            caught_up=self._caught_up,
            tells_read=lambda: settings.values.send_read_receipts,
            breath=breath,
        )

    def _listeners(self) -> Listeners:
        return Listeners(
            state=self._state,
            welcome=self._welcome,
            hello=self._hello,
            changed=self._changed,
            expired=self._expired,
            ephemeral=self._ephemeral,
            refused=self._refused,
            joined=self._joined,
            terms=self._terms,
            addresses=self._addresses,
        )

    async def start(self) -> None:
        """Begin: outbox first, so that nothing that was being sent is forgotten; ``connect`` starts the connection."""
        await self.peers.current(self.me.account)
        await self.outbox.start()
        self.hub.subscribe(self._heard)
        self.hub.subscribe(self.introductions.heard)
        self.hub.subscribe(self.typing.changed)
        self.inbox.start()
        self.receipting.start()

    def connect(self) -> None:
        """Connect, and stay connected from now on; doing it twice is no error."""
        if not self._connecting:
            self._connecting = True
            self.connection.start()

    async def close(self) -> None:
        """End in stages: due receipts, then workers, the connection, and the database last."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self.last_receipts()
        self.hub.unsubscribe(self._heard)
        self.hub.unsubscribe(self.introductions.heard)
        self.hub.unsubscribe(self.typing.changed)
        await self.introductions.close()
        await self.inbox.close()
        await self.receipting.close()
        await self.outbox.close()
        await self.upkeep.close()
        await self.typing.close()
        await self.connection.close()
        await self.http.close()
        await self._owner.close()
        await self.database.close()

    async def rename(self, name: str) -> None:
        """Call oneself something else, from the next message on; raises errors.Malformed (``bad_name``)."""
        self.me = replace(self.me, name=await account.rename(self.database, name))
        self.hub.publish([changes.ContactsChanged(frozenset({bytes(self.me.account)}))])

    async def last_receipts(self) -> None:
        """Send what is due without jitter and wait until the relay has it; offline there is nothing to wait for."""
        await self.receipting.flush()
        if self.connection.state.phase is Phase.CONNECTED:
            await self.outbox.idle()

    async def caught_up(self) -> None:
        """Wait until the mailbox was read to its end once since the last login."""
        await self._emptied.wait()

    async def waiting(self) -> int:
        """How many jobs are still to be sent."""
        return await self.database.read(jobs.waiting)

    async def unsent(self) -> int:
        """How many messages are still to be sent."""
        return await self.database.read(jobs.unsent)

    def _state(self, state: ConnectionState) -> None:
        if state.phase is not Phase.CONNECTED:
            self._emptied.clear()
        self.hub.publish([changes.ConnectionChanged()])
        self.outbox.wake()

    def _heard(self, change: changes.Change) -> None:
        if isinstance(change, changes.ContactsChanged) and self.connection.state.phase is Phase.CONNECTED:
            self._owner.spawn(self.upkeep.watch(), name="watch")
        if isinstance(change, changes.SettingsChanged) and "send_as_text" in change.fields:
            self.hub.publish([changes.TextsChanged()])
        if isinstance(change, changes.SettingsChanged) and "found_by" in change.fields:
            self.upkeep.found_by_changed()

    def _terms(self, terms: frames.TextTerms) -> None:
        self.routing.terms = terms
        self.routing.told.set()
        self.hub.publish([changes.TextsChanged()])
        self.outbox.wake()

    def _addresses(self, frame: frames.OwnAddresses) -> None:
        self._owner.spawn(self.addresses.heard(frame), name="own addresses")

    def _welcome(self, welcome: frames.Welcome) -> None:
        self.routing.terms = NO_TEXTS  # until it says otherwise, which comes right behind
        self.routing.told.clear()
        self._owner.spawn(self._settle_rich(), name="rich")
        self.upkeep.welcomed(welcome)
        corrected = min(0, self.connection.relay_time_offset)
        if corrected > self.sealing.offset:  # our clock was put right: what was taken off it is given back
            self.sealing.offset = corrected
            self._owner.spawn(self.database.write(lambda tx: _keep_offset(tx, corrected)), name="clock")

    def _hello(self, hello: login.HelloBody) -> None:
        """Keep the relay's addresses for the next start."""
        self.inviting.heard(hello)
        known = tuple(dict.fromkeys((*hello.urls, *self._urls)))[:KEPT_URLS]
        if known != self._urls:
            self._urls = known
            self._owner.spawn(self._keep_urls(json.dumps(known).encode(), hello.relay_public), name="addresses")

    async def _keep_urls(self, urls: bytes, key: bytes) -> None:
        await self.database.write(lambda tx: own.add_relay(tx, self.me.relay, urls, key))

    def _ephemeral(self, frame: frames.DeliverEphemeral) -> None:
        self.typing.heard(frame)

    def _changed(self, account: bytes) -> None:
        self._owner.spawn(self._refresh(account), name="list")

    async def _refresh(self, account: bytes) -> None:
        try:
            await self.peers.refresh(account)
        except errors.KingfisherError as error:
            log.info("a changed list was not had: %s", error.code)

    def _joined(self, joined: frames.Joined) -> None:
        self.inviting.used()
        self._owner.spawn(self.upkeep.joined(joined), name="invited")

    def _refused(self, refused: frames.Refused) -> None:
        if refused.code in (codes.Code.COPIED, codes.Code.COPIED_ELSEWHERE):
            self._owner.spawn(self.database.write(lambda tx: _note_copy(tx, refused.code)), name="copied")

    def _expired(self, submits: tuple[bytes, ...]) -> None:
        self._owner.spawn(self.outbox.expired(submits), name="expired")

    async def _settle_rich(self) -> None:
        try:
            await self.rich.after_login()
        except errors.KingfisherError as error:
            log.info("the rich switch waits for the next login: %s", error)

    def _caught_up(self) -> None:
        self.routing.told.set()
        self._emptied.set()
        self.upkeep.caught_up()


def _note_copy(tx: Tx, code: str) -> None:
    """Two programs run with one profile: the owner of either is told, and the copy stays one."""
    notices.add(tx, "profile", code, alarm=True)
    if code == codes.Code.COPIED:
        notices.bump(tx, A_COPY)
    tx.note(changes.ConnectionChanged())


def _keep_offset(tx: Tx, milliseconds: int) -> None:
    own.set_clock_offset(tx, milliseconds)
    tx.note(changes.ConnectionChanged())


def _count_start(tx: Tx) -> None:
    """A copy is not counted: starting it often must never bring it past the original."""
    if not notices.counter(tx, A_COPY):
        own.start(tx)


@contextlib.asynccontextmanager
async def open_messenger(
    home: Profile, key: bytes, way: Transport, time: clock.Clock, *, breath: float = 0.0, online: bool = True
) -> AsyncGenerator[Messenger]:
    """Open the store under its key, count this start, run the messenger, and close it in order at the end.

    With ``online=False`` it stays offline until ``Messenger.connect``, for whoever only reads.
    Raises GiveUp (``not_registered``, ``wrong_key``), Broken (``damaged``). The profile's lock must be held.
    """
    hub = changes.Hub()
    database = await Database.open(home.store, key, time, lambda notes: hub.publish(changes.known(notes)))
    try:
        stored = await database.read(own.load)
        if stored is None or not stored.registered:
            raise errors.GiveUp("not_registered")
        await database.write(_count_start)
        started = await database.read(own.load)
    except BaseException:
        await database.close()
        raise
    settings = Settings(home.settings, hub.publish, {"start_at_login": partial(autostart.switch, home.root)})
    messenger = Messenger(home, database, hub, settings, started or stored, way, time, breath=breath)
    try:
        await messenger.start()
        if online:
            messenger.connect()
        yield messenger
    finally:
        await messenger.close()
