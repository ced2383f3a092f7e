"""One request to a relay and its answer, over connections whose certificates its signed Hello vouches for."""

import asyncio
from typing import Final

import aiohttp

from app.common import errors
from app.net import handshake, websocket
from app.net.urls import check_encrypted
from app.protocol import limits, login, requests

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30, sock_connect=10)


class Leaves(aiohttp.Fingerprint):
    """Checks each new TLS connection, before a byte of a request leaves, against the relay's signed set."""

    def __init__(self, leaves: frozenset[bytes]) -> None:
        super().__init__(min(leaves))
        self._leaves = leaves

    def check(self, transport: asyncio.Transport) -> None:
        got = _leaf(transport)
        if got == login.PLAIN_LEAF or got not in self._leaves:
            raise aiohttp.ServerFingerprintMismatch(self.fingerprint, got, "", 0)


def _leaf(connected: asyncio.Transport) -> bytes:
    return websocket.leaf_of(connected.get_extra_info("ssl_object"))


class Exchange:
    """Keeps the connections of one address and one set of certificates."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._for: tuple[str, frozenset[bytes]] | None = None

    async def close(self) -> None:
        """Close the kept connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, reach: handshake.Reach, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises errors.AgainLater (``unreachable``), Untrusted (``wrong_certificate``), Malformed (``too_large``),
        GiveUp (``not_encrypted``, ``proxy_unsupported``).
        """
        headers = {"Content-Type": requests.CONTENT_TYPE}
        if reach.token:
            headers["Authorization"] = requests.bearer(reach.token)
        proxy, proxy_headers = websocket.proxy_for(reach.url)
        session = await self._session_for(reach)
        try:
            async with session.request(
                method,
                reach.url + path,
                data=body,
                headers=headers,
                allow_redirects=False,
                proxy=proxy,
                proxy_headers=proxy_headers,
            ) as response:
                return response.status, await _read(response)
        except aiohttp.ServerFingerprintMismatch:
            raise errors.Untrusted("wrong_certificate") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise errors.AgainLater("unreachable", type(error).__name__) from None

    async def _session_for(self, reach: handshake.Reach) -> aiohttp.ClientSession:
        """One session per address and set of certificates, so that a kept connection never outlives its vouching."""
        check_encrypted(reach.url)
        wanted = (reach.url, reach.leaves)
        if self._session is None or self._for != wanted:
            await self.close()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=Leaves(reach.leaves)),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_TIMEOUT,
            )
            self._for = wanted
        return self._session


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole body, but never more than limits.REQUEST; raises errors.Malformed (``too_large``)."""
    data = bytearray()
    async for part in response.content.iter_chunked(64 * limits.KIB):
        data += part
        if len(data) > limits.REQUEST:
            raise errors.Malformed("too_large")
    return bytes(data)
