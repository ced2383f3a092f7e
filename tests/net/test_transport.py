"""Who is spoken to: certificates, pins, plain connections, proxies."""

import asyncio
import base64
import contextlib
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yarl

from app.common import clock, errors, ids, tasks
from app.net import handshake, transport, urls, websocket
from app.protocol import login
from tests.parts.scripted_relay import Certificate, ScriptedRelay

WAY = transport.WebSocketTransport()
CLOCK = clock.SystemClock()


async def test_a_pinned_relay_needs_no_authority(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path)
    async with ScriptedRelay(certificate=certificate) as relay:
        met = await handshake.meet(WAY, [relay.url], relay.relay, CLOCK)
        assert met.reach.relay == relay.relay
        assert met.reach.leaves == {certificate.leaf}
        assert met.hello.urls == (relay.url,)
        assert abs(met.offset) < 5_000


async def test_a_self_signed_certificate_without_a_pin_is_refused(tmp_path: Path) -> None:
    async with ScriptedRelay(certificate=Certificate(tmp_path)) as relay:
        with pytest.raises(errors.GiveUp, match="needs_invite"):
            await handshake.meet(WAY, [relay.url], None, CLOCK)
        assert relay.callers == []


async def test_an_authority_lets_a_relay_in_that_nobody_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = Certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    async with ScriptedRelay(certificate=certificate) as relay:
        met = await handshake.meet(WAY, [relay.url], None, CLOCK)
        assert met.reach.relay == relay.relay


async def test_a_certificate_that_hello_does_not_name_gets_nothing(tmp_path: Path) -> None:
    """Somebody in between has an own certificate and passes the real relay's Hello on."""
    async with ScriptedRelay(certificate=Certificate(tmp_path), leaves=(b"l" * 32,)) as relay:
        with pytest.raises(errors.Untrusted, match="wrong_certificate"):
            await handshake.meet(WAY, [relay.url], relay.relay, CLOCK)
        assert relay.caller.heard == []


async def test_a_hello_for_plain_loopback_is_worth_nothing_over_tls(tmp_path: Path) -> None:
    async with ScriptedRelay(certificate=Certificate(tmp_path), leaves=(login.PLAIN_LEAF,)) as relay:
        with pytest.raises(errors.Untrusted, match="wrong_certificate"):
            await handshake.meet(WAY, [relay.url], relay.relay, CLOCK)


async def test_another_relays_key_is_refused() -> None:
    async with ScriptedRelay() as relay:
        with pytest.raises(errors.Untrusted, match="another_relay"):
            await handshake.meet(WAY, [relay.url], ids.RelayId(b"z" * 32), CLOCK)


async def test_an_old_hello_is_refused() -> None:
    async with ScriptedRelay() as relay:
        with pytest.raises(errors.Untrusted, match="hello_expired"):
            await handshake.meet(WAY, [relay.url], None, clock.SystemClock(offset=8 * 86_400_000))


@pytest.mark.parametrize("url", ["http://relay.example.com", "http://192.0.2.1:80", "http://[2001:db8::1]"])
async def test_plain_http_stays_on_the_machine(url: str) -> None:
    with pytest.raises(errors.GiveUp, match="not_encrypted"):
        await handshake.meet(WAY, [url], None, CLOCK)


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.8.7", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.168.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_loopback(host: str, inside: bool) -> None:
    assert urls.is_loopback(host) is inside


async def test_nobody_there() -> None:
    async with ScriptedRelay() as relay:
        url = relay.url
    with pytest.raises(errors.AgainLater, match="unreachable") as caught:
        await handshake.meet(WAY, [url], None, CLOCK)
    assert "127.0.0.1" not in str(caught.value)


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the system connects, nobody ever answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(errors.AgainLater, match="unreachable"):
            await handshake.meet(WAY, [url], None, CLOCK, within=0.05)


async def test_the_pinned_context_is_modern_and_judges_nothing() -> None:
    context = await websocket.tls_context(pinned=True)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_NONE
    strict = await websocket.tls_context(pinned=False)
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_leaf_is_the_hash_of_the_certificate() -> None:
    class Tls:
        def getpeercert(self, binary_form: bool) -> bytes:
            assert binary_form
            return b"certificate"

    assert websocket.leaf_of(Tls()) == hashlib.sha256(b"certificate").digest()
    assert websocket.leaf_of(None) == login.PLAIN_LEAF


def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_proxies_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    no_proxies(monkeypatch)
    assert websocket.proxy_for("https://relay.example.com") == (None, {})
    monkeypatch.setenv("https_proxy", "http://alice:secret@proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "near.example.com")
    assert websocket.proxy_for("https://relay.example.com:8443") == (
        yarl.URL("http://proxy.example.com:3128"),
        {"Proxy-Authorization": "Basic " + base64.b64encode(b"alice:secret").decode()},
    )
    assert websocket.proxy_for("https://near.example.com") == (None, {})
    assert websocket.proxy_for("https://127.0.0.1:1") == (None, {})
    for text in (
        "socks5://proxy.example.com:1080",
        "http://proxy.example.com:port",
        "http://a%3Ab:c@proxy.example.com",
    ):
        monkeypatch.setenv("https_proxy", text)
        with pytest.raises(errors.GiveUp, match="proxy_unsupported"):
            websocket.proxy_for("https://relay.example.com")


@contextlib.asynccontextmanager
async def tunnel(port: int) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A proxy that knows CONNECT and leads everybody to ``port`` on loopback; gives its address and what was asked."""
    asked: list[bytes] = []
    pumps = tasks.TaskOwner("tunnel")
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        there, back = await asyncio.open_connection("127.0.0.1", port)
        writers.extend((writer, back))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        pumps.spawn(pump(reader, back), name="there")
        await pump(there, writer)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                sink.write(data)
        sink.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    server.close()
    await pumps.close()
    for writer in writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_through_a_proxy_the_relays_own_certificate_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = Certificate(tmp_path)
    async with ScriptedRelay(certificate=certificate) as relay, tunnel(relay.port) as (proxy, asked):
        no_proxies(monkeypatch)
        monkeypatch.setenv("https_proxy", proxy.replace("//", "//alice:secret@"))
        met = await handshake.meet(WAY, ["https://relay.example.com:8443"], relay.relay, CLOCK)
        assert met.reach.leaves == {certificate.leaf}
        assert asked[0].startswith(b"CONNECT relay.example.com:8443 ")
        assert b"Proxy-Authorization: Basic " in asked[0]
        assert b"alice" not in asked[0]
