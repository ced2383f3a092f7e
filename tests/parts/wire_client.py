"""A client that speaks raw frames, and people with real keys for it: what the relay's tests play its clients with."""

import asyncio
import contextlib
import hashlib
import io
import secrets
import ssl
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp

from app.common import clock, errors, ids
from app.protocol import codes, devices, frames, limits, login, requests, signed
from app.protocol.devices import DeviceList, KeyKind
from app.protocol.signed import Signed

F = TypeVar("F", bound=frames.Frame)
B = TypeVar("B", bound=requests.Body)
PATIENCE = 10.0

ACCEPTED, BLOCKED = 1, 2


@dataclass
class Gadget:
    """One device: its id and its signing key."""

    device: bytes = field(default_factory=ids.random_id)
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    counter: int = 1
    start: bytes = field(default_factory=lambda: secrets.token_bytes(16))


@dataclass
class Person:
    """Somebody with a root key, an address, a chain of lists and devices."""

    relay: bytes
    address: str
    root: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    gadgets: list[Gadget] = field(default_factory=lambda: [Gadget()])
    chain: list[Signed] = field(default_factory=list[Signed])

    def __post_init__(self) -> None:
        if not self.chain:
            self.chain = [devices.first_list(self.relay, self.root, [self.record(g) for g in self.gadgets], now())]

    @property
    def account(self) -> bytes:
        return signed.account_id(signed.public_of(self.root))

    @property
    def head(self) -> DeviceList:
        return devices.verify_chain(self.relay, self.account, self.chain)

    @property
    def device(self) -> bytes:
        return self.gadgets[0].device

    def record(self, gadget: Gadget) -> devices.DeviceRecord:
        curve = hashlib.sha256(gadget.seed).digest()
        return devices.make_record(self.relay, self.account, gadget.device, curve, gadget.seed, 1)

    def freshness(self, head: DeviceList | None = None) -> Signed:
        head = head or self.head
        signer = next(gadget for gadget in self.gadgets if head.find(gadget.device) is not None)
        return devices.make_freshness(head, signer.seed, now())

    def registration(self, invite: bytes = b"") -> requests.Register:
        first = self.chain[0]
        text = login.register_bytes(self.relay, self.account, self.address, invite, first.digest)
        return requests.Register(self.address, first, self.freshness(), signed.sign_bytes(self.root, text), invite)

    def next_list(self, gadgets: Sequence[Gadget], *, rich: bool = True, by_root: bool = False) -> requests.PutList:
        """A list with these devices, signed by the first device of the old one or the root; it becomes the head."""
        seed = self.root if by_root else self.gadgets[0].seed
        item = devices.next_list(self.head, seed, now(), records=[self.record(g) for g in gadgets], rich=rich)
        self.chain = [item] if by_root else [*self.chain, item]
        self.gadgets = list(gadgets)
        return requests.PutList(item, self.freshness())

    def prekey(self, kind: KeyKind, key_id: bytes, gadget: Gadget | None = None, expires: int = 0) -> Signed:
        gadget = gadget or self.gadgets[0]
        size = 32 if kind in (KeyKind.ONE_TIME, KeyKind.FALLBACK) else 1216
        expires = expires or now() + 30 * limits.DAY
        return devices.make_prekey(
            self.head, gadget.device, gadget.seed, kind, key_id, secrets.token_bytes(size), now(), expires
        )


def now() -> int:
    return clock.SystemClock().now()


def submit_to(
    person: Person,
    *,
    text: bytes = b"sealed",
    visible: bool = True,
    submit: bytes | None = None,
    order: int | None = None,
    skip: Sequence[bytes] = (),
    without: Sequence[bytes] = (),
) -> frames.Submit:
    """One message for all devices of somebody, or all but ``without``."""
    targets = [g.device for g in person.gadgets if g.device not in skip and g.device not in without]
    return frames.Submit(
        submit or secrets.token_bytes(16),
        person.account,
        now() if order is None else order,
        visible,
        text,
        tuple(frames.Addressed(device, b"envelope:" + text[:4_000]) for device in targets),
        tuple(skip),
    )


class WireClient:
    """One WebSocket; what it reads and nobody asked for yet waits in ``waiting``."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, leaf: bytes) -> None:
        self.socket = socket
        self.leaf = leaf
        self.waiting: list[frames.RelayFrame] = []
        self.token = b""
        self.boot = b""
        self.addresses = frames.OwnAddresses(())

    async def send(self, *items: frames.Frame) -> None:
        await self.socket.send_bytes(frames.encode(items))

    async def take(self, kind: type[F]) -> F:
        """The next frame of this kind; those of others stay."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for place, frame in enumerate(self.waiting):
                    if isinstance(frame, kind):
                        del self.waiting[place]
                        return frame
                await self._read()

    async def take_many(self, kind: type[F], count: int) -> list[F]:
        return [await self.take(kind) for _ in range(count)]

    async def settle(self) -> list[frames.RelayFrame]:
        """Everything the relay has said up to now."""
        mark = secrets.randbits(40)
        await self.send(frames.Ping(mark))
        while (await self.take(frames.Pong)).mark != mark:
            pass
        said, self.waiting = self.waiting, []
        return said

    async def closed(self) -> list[frames.RelayFrame]:
        """Read until the relay closes; what it said before."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                while True:
                    await self._read()
        said, self.waiting = self.waiting, []
        return said

    async def _read(self) -> None:
        message = await self.socket.receive()
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise ConnectionError(f"closed: {message.type!r}")
        self.waiting += frames.decode_relay(message.data).frames

    async def accepted(self, *submits: bytes) -> dict[bytes, int]:
        """Wait until these are accepted; when they were."""
        found: dict[bytes, int] = {}
        while not set(submits) <= found.keys():
            found |= {item.submit: item.at for item in (await self.take(frames.Accepted)).items}
        return found

    async def deliver(self, count: int = 1, *, ack: bool = True) -> list[frames.Deliver]:
        """The next entries, acknowledged."""
        entries = await self.take_many(frames.Deliver, count)
        if ack:
            await self.send(frames.Ack(tuple(entry.entry for entry in entries)))
        return entries

    async def close(self) -> None:
        await self.socket.close()


class Wire:
    """HTTP and sockets to one relay."""

    def __init__(self, url: str) -> None:
        self.url = url
        tls: ssl.SSLContext | bool = True
        if url.startswith("https"):
            tls = ssl.create_default_context()
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE  # what a client does that holds the leaf against Hello
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=0))
        self.relay = b""

    async def __aenter__(self) -> "Wire":
        client, _ = await self.hello()
        await client.close()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def hello(self) -> tuple[WireClient, frames.Hello]:
        """An open socket that has verified the relay's Hello."""
        socket = await self.session.ws_connect(
            self.url + limits.SOCKET_PATH, max_msg_size=limits.FRAME, compress=0, autoclose=True
        )
        secure = socket.get_extra_info("ssl_object")
        leaf = hashlib.sha256(secure.getpeercert(True)).digest() if secure is not None else login.PLAIN_LEAF
        client = WireClient(socket, leaf)
        hello = await client.take(frames.Hello)
        self.relay, _ = login.verify_hello(hello.statement, leaf, hello.now, self.relay or None)
        return client, hello

    def login_frame(self, client: WireClient, hello: frames.Hello, gadget: Gadget) -> frames.Login:
        text = login.login_bytes(self.relay, client.leaf, hello.nonce, gadget.device, gadget.counter, gadget.start)
        return frames.Login(gadget.device, gadget.counter, gadget.start, signed.sign_bytes(gadget.seed, text))

    async def connect(self, gadget: Gadget) -> WireClient:
        """Logged in; Welcome and how the addresses stand are read, CaughtUp and what comes before it is not."""
        client, hello = await self.hello()
        await client.send(self.login_frame(client, hello, gadget))
        welcome = await client.take(frames.Welcome)
        client.token, client.boot = welcome.token, welcome.boot
        client.addresses = await client.take(frames.OwnAddresses)
        return client

    @contextlib.asynccontextmanager
    async def online(self, gadget: Gadget) -> AsyncGenerator[WireClient]:
        client = await self.connect(gadget)
        try:
            yield client
        finally:
            await client.close()

    @contextlib.asynccontextmanager
    async def hello_as(self, person: Person) -> AsyncGenerator[frames.Welcome]:
        """Somebody logs in: what they are welcomed with."""
        client, hello = await self.hello()
        await client.send(self.login_frame(client, hello, person.gadgets[0]))
        try:
            yield await client.take(frames.Welcome)
        finally:
            await client.close()

    async def join(self, address: str, *, gadgets: int = 1, invite: bytes = b"") -> Person:
        """A registered person."""
        person = Person(self.relay, address, gadgets=[Gadget() for _ in range(gadgets)])
        await self.ask("POST", limits.ACCOUNTS_PATH, person.registration(invite), requests.Registered)
        return person

    async def ask(self, method: str, path: str, body: requests.Body, kind: type[B], token: bytes = b"") -> B:
        return requests.decode(await self.send(method, path, body, token), kind)

    async def send(self, method: str, path: str, body: requests.Body | bytes, token: bytes = b"") -> bytes:
        """Raises what the relay's Failure says."""
        data = body if isinstance(body, bytes) else requests.encode(body)
        headers = {"Authorization": requests.bearer(token)} if token else {}
        async with self.session.request(method, self.url + path, data=io.BytesIO(data), headers=headers) as response:
            answer = await response.read()
            if response.status // 100 == 2:
                return answer
        failure = requests.decode(answer, requests.Failure)
        raise codes.error(failure.code, failure.limit, failure.retry_after)

    async def refused(self, method: str, path: str, body: requests.Body | bytes, token: bytes = b"") -> tuple[str, str]:
        """Code and limit of the refusal there must be."""
        try:
            await self.send(method, path, body, token)
        except errors.KingfisherError as error:
            return error.code, error.detail
        raise AssertionError("not refused")
