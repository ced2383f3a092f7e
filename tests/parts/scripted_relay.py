"""A relay that follows a test's script: real sockets and real Hello, but its answers are whatever the test wants."""

import contextlib
import datetime
import hashlib
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType

from aiohttp import WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.common import clock
from app.protocol import frames, limits, login, signed

ACCOUNT = bytes(range(32))
BOOT = bytes(range(16))
TOKEN = b"t" * 32

Answer = Callable[["Caller", frames.ClientFrame], Awaitable[None]]


class Certificate:
    """A self-signed certificate for 127.0.0.1."""

    def __init__(self, folder: Path, name: str = "relay") -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        self.leaf = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()

    def context(self) -> ssl.SSLContext:
        """For the server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context


class Caller:
    """One WebSocket as the relay sees it; ``heard`` keeps each message's frames."""

    def __init__(self, socket: web.WebSocketResponse, nonce: bytes) -> None:
        self.socket = socket
        self.nonce = nonce
        self.heard: list[Sequence[frames.ClientFrame]] = []

    async def say(self, *items: frames.Frame) -> None:
        """One WebSocket message."""
        await self.socket.send_bytes(frames.encode(items))

    @property
    def frames(self) -> list[frames.ClientFrame]:
        """All frames heard."""
        return [frame for message in self.heard for frame in message]


class ScriptedRelay:
    """``answer`` is asked about each frame; by default the relay is friendly and remembers nothing."""

    def __init__(
        self,
        *,
        certificate: Certificate | None = None,
        leaves: tuple[bytes, ...] | None = None,
        seed: bytes = b"r" * 32,
        answer: Answer | None = None,
        http: Callable[[web.Request, bytes], web.Response] | None = None,
        hello: Callable[[frames.Hello], frames.Frame] | None = None,
        urls: tuple[str, ...] | None = None,
        port: int = 0,
    ) -> None:
        self.seed = seed
        self.relay = signed.relay_id(signed.public_of(seed))
        self.callers: list[Caller] = []
        self._urls = urls
        self.asked: list[tuple[str, str, str]] = []
        self._certificate = certificate
        self._leaves = leaves or ((certificate.leaf if certificate else login.PLAIN_LEAF),)
        self._answer = answer or friendly
        self._http = http or (lambda request, body: web.Response(status=204))
        self._hello = hello or (lambda frame: frame)
        self._clock = clock.SystemClock()
        self._runner: web.AppRunner | None = None
        self.port = port

    @property
    def url(self) -> str:
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def urls(self) -> tuple[str, ...]:
        """What its Hello announces."""
        return (self.url,) if self._urls is None else self._urls

    @property
    def caller(self) -> Caller:
        """The newest."""
        return self.callers[-1]

    async def __aenter__(self) -> "ScriptedRelay":
        application = web.Application(client_max_size=limits.REQUEST)
        application.router.add_get(limits.SOCKET_PATH, self._serve)
        application.router.add_route("*", "/{path:.*}", self._request)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        context = self._certificate.context() if self._certificate else None
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=context)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End all connections and stop listening."""
        if self._runner is not None:
            for caller in self.callers:
                await caller.socket.close()
            await self._runner.cleanup()
            self._runner = None

    async def _request(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path, request.headers.get("Authorization", "")))
        return self._http(request, await request.read())

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=limits.FRAME + 1)
        await socket.prepare(request)
        caller = Caller(socket, hashlib.sha256(len(self.callers).to_bytes(4)).digest())
        self.callers.append(caller)
        statement = login.make_hello(self.seed, self._leaves, self.urls, self._clock.now())
        await caller.say(self._hello(frames.Hello(statement, caller.nonce, self._clock.now())))
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                break
            batch = frames.decode_client(message.data)
            caller.heard.append(batch.frames)
            with contextlib.suppress(ConnectionError):  # the other end may leave in the middle of an answer
                for frame in batch.frames:
                    await self._answer(caller, frame)
        return socket


def welcome(now: int = 0) -> frames.Welcome:
    """An ordinary one."""
    return frames.Welcome(ACCOUNT, BOOT, TOKEN, now or clock.SystemClock().now(), 0, 50, 20, bytes(32))


async def friendly(caller: Caller, frame: frames.ClientFrame) -> None:
    """Says yes to everything."""
    match frame:
        case frames.Login():
            await caller.say(welcome(), frames.CaughtUp())
        case frames.Submit():
            await caller.say(frames.Accepted((frames.AcceptedItem(frame.submit, 1),)))
        case frames.Withdraw():
            await caller.say(frames.Withdrawn(frame.submit, "withdrawn"))
        case frames.Lookup():
            await caller.say(frames.Found(frame.request, "not_found"))
        case frames.Ping():
            await caller.say(frames.Pong(frame.mark))
        case _:
            return
