"""The WebSocket of aiohttp as a Channel, with the proxy and TLS settings that requests use too."""

import asyncio
import contextlib
import hashlib
import socket
import ssl
import urllib.request
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import yarl

from app.common import errors
from app.net.urls import check_encrypted, is_loopback
from app.protocol import limits, login

_CLOSING: Final = 0.3  # seconds for the closing handshake; whoever is later is cut off


def proxy_for(url: str) -> tuple[yarl.URL | None, dict[str, str]]:
    """The system's or environment's proxy for this address and the headers for it; never one for loopback.

    aiohttp's own ``trust_env`` would also hand out passwords of ~/.netrc. Raises errors.GiveUp
    (``proxy_unsupported``): going round a proxy that the user has set would be worse than not connecting.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None, {}
    proxies = urllib.request.getproxies()
    text = proxies.get(parts.scheme) or proxies.get("all")
    if not text:
        return None, {}
    try:
        proxy = yarl.URL(text if "://" in text else f"http://{text}")
        user, password = proxy.user or "", proxy.password or ""
        headers = {"Proxy-Authorization": aiohttp.encode_basic_auth(user, password)} if user else {}
    except ValueError:
        raise errors.GiveUp("proxy_unsupported") from None
    if proxy.scheme not in ("http", "https"):
        raise errors.GiveUp("proxy_unsupported")
    return proxy.with_user(None), headers


async def tls_context(*, pinned: bool) -> ssl.SSLContext:
    """TLS 1.2 or newer; with a pinned relay the certificate is held against Hello instead of an authority."""
    if pinned:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = await asyncio.to_thread(ssl.create_default_context)  # reads every authority: too long for the loop
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def leaf_of(tls: Any) -> bytes:
    """SHA-256 of the peer's certificate on this TLS object; 32 zero bytes where there is no TLS."""
    if tls is None:
        return login.PLAIN_LEAF
    certificate = tls.getpeercert(binary_form=True)
    return hashlib.sha256(certificate or b"").digest()


async def open_channel(url: str, *, pinned: bool) -> "WebSocketChannel":
    """Connect as ``Transport.open`` says."""
    check_encrypted(url)
    proxy, headers = proxy_for(url)
    connector = aiohttp.TCPConnector(ssl=await tls_context(pinned=pinned))
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    opened = False
    try:
        ws = await session.ws_connect(
            url + limits.SOCKET_PATH,
            compress=0,
            max_msg_size=limits.FRAME + 1,  # aiohttp refuses from this size on
            proxy=proxy,
            proxy_headers=headers,
        )
        opened = True
    except aiohttp.ClientConnectorCertificateError:
        raise errors.GiveUp("needs_invite") from None
    except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
        raise errors.AgainLater("unreachable", type(error).__name__) from None
    finally:
        if not opened:
            await session.close()
    return WebSocketChannel(session, ws)


class WebSocketChannel:
    """One connection: a session of its own, and a socket that can be cut off."""

    def __init__(self, session: aiohttp.ClientSession, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._session = session
        self._ws = ws
        self.leaf = leaf_of(ws.get_extra_info("ssl_object"))
        self._raw = ws.get_extra_info("socket")

    async def receive(self) -> bytes:
        message = await self._ws.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            return message.data
        raise errors.AgainLater("connection_lost", message.type.name.lower())

    async def send(self, data: bytes) -> None:
        try:
            await self._ws.send_bytes(data)
        except (aiohttp.ClientError, OSError) as error:
            raise errors.AgainLater("connection_lost", type(error).__name__) from None

    async def close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSING):
                await self._ws.close()
        except TimeoutError:
            with contextlib.suppress(OSError):  # what the other end does not read would be kept for many minutes
                self._raw.shutdown(socket.SHUT_RDWR)
        await self._session.close()
