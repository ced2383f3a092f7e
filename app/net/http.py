"""The relay over HTTPS: registration, lists, freshness and prekeys; every connection's certificate is held to Hello."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import aiohttp

from app.common import errors
from app.net import handshake, transport
from app.protocol import codes, limits, login, requests
from app.protocol.signed import Signed

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30, sock_connect=10)
T = TypeVar("T", bound=requests.Body)


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
    return transport.leaf_of(connected.get_extra_info("ssl_object"))


class RelayHttp:
    """Requests to wherever ``reach`` says the relay is; its answers raise what codes.error gives.

    Besides that errors.AgainLater (``offline``, ``unreachable``) and errors.Untrusted (``wrong_certificate``).
    Repeating any request is safe: the relay knows it again, or pops one more prekey.
    """

    def __init__(self, reach: Callable[[], handshake.Reach | None]) -> None:
        self._reach = reach
        self._session: aiohttp.ClientSession | None = None
        self._for: tuple[str, frozenset[bytes]] | None = None

    async def close(self) -> None:
        """Close the kept connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def register(self, body: requests.Register) -> requests.Registered:
        """Make an account; needs no token."""
        return await self._ask("POST", limits.ACCOUNTS_PATH, body, requests.Registered)

    async def put_list(self, body: requests.PutList) -> None:
        """Append to the own chain."""
        await self._send("PUT", limits.LISTS_PATH, body)

    async def put_freshness(self, item: Signed) -> None:
        """Say anew that the own list is the newest."""
        await self._send("PUT", limits.FRESHNESS_PATH, requests.PutFreshness(item))

    async def put_prekeys(self, body: requests.PutPrekeys) -> requests.PrekeyCounts:
        """Publish prekeys; the answer counts what the relay holds now."""
        return await self._ask("PUT", limits.PREKEYS_PATH, body, requests.PrekeyCounts)

    async def claim(self, account: bytes, devices: Sequence[bytes]) -> requests.Claimed:
        """Take a bundle for each device; every one-time key in it is gone from the relay."""
        return await self._ask("POST", limits.CLAIM_PATH, requests.Claim(account, tuple(devices)), requests.Claimed)

    async def health(self) -> bool:
        """Whether the relay says it is well."""
        try:
            await self._send("GET", limits.HEALTH_PATH, None)
        except errors.KingfisherError:
            return False
        return True

    async def _ask(self, method: str, path: str, body: requests.Body, kind: type[T]) -> T:
        return requests.decode(await self._send(method, path, body), kind)

    async def _send(self, method: str, path: str, body: requests.Body | None) -> bytes:
        reach = self._reach()
        if reach is None:
            raise errors.AgainLater("offline")
        headers = {"Content-Type": requests.CONTENT_TYPE}
        if reach.token:
            headers["Authorization"] = requests.bearer(reach.token)
        proxy, proxy_headers = transport.proxy_for(reach.url)
        session = await self._session_for(reach)
        try:
            async with session.request(
                method,
                reach.url + path,
                data=requests.encode(body) if body is not None else None,
                headers=headers,
                allow_redirects=False,
                proxy=proxy,
                proxy_headers=proxy_headers,
            ) as response:
                data = await _read(response)
                status = response.status
        except aiohttp.ServerFingerprintMismatch:
            raise errors.Untrusted("wrong_certificate") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise errors.AgainLater("unreachable", type(error).__name__) from None
        if status // 100 != 2:
            raise _failure(status, data)
        return data

    async def _session_for(self, reach: handshake.Reach) -> aiohttp.ClientSession:
        """One session per address and set of certificates, so that a kept connection never outlives its vouching."""
        transport.check_encrypted(reach.url)
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


def _failure(status: int, data: bytes) -> errors.KingfisherError:
    """The relay's own code; whatever else sits on the way and answers is never a reason to give up."""
    try:
        failure = requests.decode(data, requests.Failure)
    except errors.Malformed:
        return errors.AgainLater("unreachable", f"status {status}")
    return codes.error(failure.code, failure.limit, failure.retry_after)
