"""A running relay: its parts put together, from the store to the listening socket, and taken apart again in order."""

import asyncio
import logging
import socket
import ssl
import urllib.parse
from collections.abc import Iterable, Sequence

from aiohttp import web

from app.common import errors
from app.common.clock import Clock
from app.common.tasks import TaskOwner
from app.protocol import limits, signed
from app.relay import announce, api, certificate, session
from app.relay.accounts import Accounts, Device
from app.relay.addresses import proving, routes, smtp
from app.relay.addresses.sending import Senders
from app.relay.config import Config, urls
from app.relay.directory import Lookups
from app.relay.entrance import Entrance
from app.relay.ephemerals import Ephemerals
from app.relay.hub import Hub
from app.relay.inviting import Inviting
from app.relay.limits import Rates
from app.relay.mailbox import Post
from app.relay.publishing import Publishing
from app.relay.registration import Registrar, hash_address
from app.relay.store.base import Store
from app.relay.store.lifetime import State
from app.relay.telemetry import Telemetry
from app.relay.texts.base import Gateway, Reason
from app.relay.texts.callbacks import Callbacks
from app.relay.texts.serving_media import ServingMedia
from app.relay.texts.texts import Around, Texts
from app.relay.upkeep import Upkeep
from app.relay.verification import ByInvite, OpenDoor, Proof

COME_BACK = 2_000  # milliseconds after which clients of a drained relay try again
GOODBYE = 1.0  # seconds for the last frames to leave
BACKLOG = 1024
ADDRESSES = 20.0  # seconds between two looks at the machine's addresses
ANY = ("0.0.0.0", "::")  # noqa: S104 - compared with, never listened on unasked

log = logging.getLogger(__name__)


class Relay:
    """One relay in this process; ``stopped`` is set when it ends by itself because its store failed."""

    def __init__(
        self, config: Config, store: Store, state: State, clock: Clock, gateways: Sequence[Gateway] = ()
    ) -> None:
        self.config = config
        self.stopped = asyncio.Event()
        self.failed = False
        self.url = ""
        self._urls: tuple[str, ...] = ()
        self._store = store
        self._clock = clock
        self._tasks = TaskOwner("relay")
        self._draining = False
        self._gateways = gateways
        seed = certificate.relay_seed(config.data)
        self._tls, leaves = _tls(config, clock)
        self._statement = certificate.Statement(seed, leaves, clock)
        self.relay_id = signed.relay_id(self._statement.public)
        caps = config.limits
        self.hub = Hub()
        self.post = Post(store.mail, caps, state.next_entry, state.boots)
        self.accounts = Accounts(store, self.post, self.relay_id, caps)
        self.counts = Telemetry(
            {
                "connections": lambda: len(self.hub.links),
                "accounts_in_memory": lambda: len(self.accounts),
                "texts_waiting": lambda: sum(map(len, self.texts.lines.values())),
                "texts_for_nobody": lambda: self.texts.arriving.dropped,
                "texts_unanswered": lambda: self.texts.answering.dropped,
            }
        )
        self._upkeep = Upkeep(store, self.accounts, self.hub, self.post, self.counts, config.data, clock)
        self.texts = self._build_texts(gateways, state.secret)
        self._senders = self._build_senders()
        self.proving = self._build_proving(state.secret)
        self._session_parts = self._build_sessions(state.secret)
        self._api = self._build_api(state.secret)
        self._runner: web.AppRunner | None = None
        self._announcement: announce.Announcement | None = None

    def _build_sessions(self, secret: bytes) -> session.Parts:
        store, clock, caps = self._store, self._clock, self.config.limits
        entrance = Entrance(
            self.accounts,
            store.directory,
            Rates("logins_a_minute", caps.logins_a_minute, 60),
            clock,
            self._statement.leaves,
            self._statement,
            store.prekeys,
            caps,
            lambda: self._upkeep.boot,
        )
        return session.Parts(
            hub=self.hub,
            accounts=self.accounts,
            lookups=Lookups(store, self.accounts, secret, caps),
            post=self.post,
            store=store,
            counts=self.counts,
            clock=clock,
            entrance=entrance,
            ephemerals=Ephemerals(self.accounts, store.ephemeral),
            refusing=self._refusing,
            texts=self.texts,
            own_addresses=self.proving.frame,
        )

    def _build_senders(self) -> Senders:
        settings = smtp.read(self.config.smtp)
        mail = smtp.Mail(settings, self._clock) if settings is not None else None
        return Senders(self.texts if self._gateways else None, mail, self._host, self._clock)

    def _host(self) -> str:
        """What people know this relay by."""
        return urllib.parse.urlsplit(self._urls[0]).hostname or "" if self._urls else ""

    def _build_proving(self, secret: bytes) -> proving.Proving:
        parts = proving.Parts(
            store=self._store.addresses,
            accounts=self.accounts,
            senders=self._senders,
            rules=self.config.codes,
            secret=secret,
            clock=self._clock,
            counts=self.counts,
            tell_terms=self.texts.tell_terms,
        )
        return proving.Proving(parts)

    def _build_texts(self, gateways: Sequence[Gateway], secret: bytes) -> Texts:
        def owner(number: str) -> bytes | None:
            chain = self._store.directory.find(hash_address(secret, number))
            return chain.account if chain is not None and chain.standing == "proved" else None

        def online() -> Iterable[Device]:
            return [link.device for link in self.hub.links if link.device is not None]

        async def undelivered(submit: bytes, number: str, reason: str) -> None:
            await self.proving.undelivered(submit, number, nobody=reason == Reason.BAD_NUMBER)

        around = Around(self._store, self.accounts, self.post, self._clock, owner, online, self._refusing, undelivered)
        return Texts(gateways, self.config.texts, around)

    def _build_api(self, secret: bytes) -> api.Api:
        store, clock, caps = self._store, self._clock, self.config.limits
        proofs: tuple[Proof, ...] = (ByInvite(), OpenDoor()) if self.config.open_registration else (ByInvite(),)
        return api.Api(
            api.Parts(
                registrar=Registrar(store, self.accounts, proofs, secret, clock),
                publishing=Publishing(store, self.accounts, self.hub, caps, clock),
                inviting=Inviting(store.directory, caps, clock),
                hub=self.hub,
                counts=self.counts,
                clock=clock,
                limits=caps,
                draining=lambda: self._draining,
                metrics_token=self.config.metrics_token,
            )
        )

    def _refusing(self) -> str:
        return "draining" if self._draining else "store_full" if self._upkeep.full else ""

    async def start(self) -> None:
        """Listen; afterwards ``url`` says where. GiveUp ``cannot_listen``."""
        application = web.Application(client_max_size=limits.REQUEST)
        calls = Callbacks(self._gateways).routes()
        if any(gateway.capabilities.mms_fetched for gateway in self._gateways):
            calls += ServingMedia(self._store.texts.media, self._clock).routes()
        checks = bool(self._senders.kinds())
        own = routes.Routes(self._api, self.proving, checks, self.config.limits, self._clock).routes()
        application.add_routes([web.get(limits.SOCKET_PATH, self._socket), *self._api.routes(), *own, *calls])
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=False, shutdown_timeout=GOODBYE)
        await self._runner.setup()
        listening = _listen(self.config)
        port: int = listening.getsockname()[1]
        await web.SockSite(self._runner, listening, ssl_context=self._tls, backlog=BACKLOG).start()
        await self._say_where(port)
        scheme = "https" if self._tls is not None else "http"
        host = f"[{self.config.listen_host}]" if ":" in self.config.listen_host else self.config.listen_host
        self.url = f"{scheme}://{host}:{port}"
        await self.texts.start()
        self._tasks.spawn(self._upkeep.run(), name="upkeep")
        self._tasks.spawn(self._store.mail.prepare(), name="prepare")
        self._tasks.spawn(self.proving.run(), name="proofs")
        if self.config.announce and not self.config.loopback:
            self._tasks.spawn(self._announce(port), name="announce")
        if not self.config.hosts and self.config.listen_host in ANY:
            self._tasks.spawn(self._follow_addresses(port), name="addresses")

    async def _say_where(self, port: int) -> bool:
        """Tell clients and invites the addresses there are now; whether that is news."""
        found = urls(self.config, port, _own_names(self.config))
        if found == self._urls:
            return False
        self._urls = found
        self._statement.set_urls(found)
        await self._store.lifetime.remember_urls(found)
        return True

    async def _announce(self, port: int) -> None:
        earlier, self._announcement = self._announcement, None
        if earlier is not None:
            await earlier.stop()
        self._announcement = announce.Announcement(self.relay_id, port, announce.own_addresses())
        await self._announcement.start()

    async def _follow_addresses(self, port: int) -> None:
        """A computer that is carried to another network goes on serving there, so what it says has to follow."""
        while True:
            await self._clock.sleep(ADDRESSES)
            if await self._say_where(port) and self.config.announce:
                await self._announce(port)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if self._draining or transport is None or len(self.hub.links) >= self.config.limits.connections:
            return web.Response(status=503)
        socket_ = web.WebSocketResponse(compress=False, max_msg_size=limits.FRAME, autoping=True)
        try:
            await socket_.prepare(request)
        except ConnectionError:  # gone before it was answered: nothing of ours to report
            return web.Response(status=400)
        await session.Session(self._session_parts, transport, api.network_of(request, self.config.limits)).run(socket_)
        return socket_

    async def drain(self) -> None:
        """Take nothing new, finish what was promised, say goodbye, close cleanly: the boot ids stay good."""
        self._draining = True
        self.hub.drain(COME_BACK)
        await self.proving.close()
        await self.texts.close()
        if not self.failed:
            await self._store.lifetime.flush()
        self.hub.flush()
        self.hub.end_all("")
        await self._close(clean=not self.failed)

    async def _close(self, *, clean: bool) -> None:
        await self._tasks.close()
        if self._announcement is not None:
            await self._announcement.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        await self._store.lifetime.close(self.post.next - 1 if clean else None)

    def fail(self) -> None:
        """The store cannot write: end without a promise."""
        self.failed = True
        self.stopped.set()


def _tls(config: Config, clock: Clock) -> tuple[ssl.SSLContext | None, tuple[bytes, ...]]:
    if config.loopback and config.certificate is None:
        return None, config.leaves
    if config.certificate is not None:
        if config.certificate_key is None:
            raise errors.GiveUp("bad_config", "tls.key")
        pair = config.certificate, config.certificate_key
    else:
        pair = certificate.own_certificate(config.data, _own_names(config), clock)
    return certificate.server_context(*pair), (certificate.leaf_hash(pair[0]), *config.leaves)


def _own_names(config: Config) -> tuple[str, ...]:
    if config.hosts:
        return config.hosts
    if config.listen_host not in ANY:
        return (config.listen_host,)
    name = socket.gethostname()
    local = f"{name.partition('.')[0]}.local"
    found = announce.own_addresses()
    if config.listen_host == ANY[0]:
        found = [address for address in found if ":" not in address]
    return (*found, *((name,) if "." in name else ()), local)


def _listen(config: Config) -> socket.socket:
    try:
        found = socket.getaddrinfo(config.listen_host, config.listen_port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise errors.GiveUp("cannot_listen", type(error).__name__) from error
    return listening
