"""How a provider's files are fetched: its own with its login, others over TLS and from public addresses alone."""

import ipaddress
import socket
import urllib.parse
from collections.abc import Mapping
from typing import Final

import aiohttp
import aiohttp.abc

from app.relay.texts import base
from app.relay.texts.base import Reason

REDIRECTS: Final = 3
LONGEST_URL: Final = 1_900
CONNECT: Final = 5.0  # seconds
QUIET: Final = 10.0
WHOLE: Final = 60.0
_MOVED: Final = (301, 302, 303, 307, 308)
_BUSY: Final = (408, 425, 429)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class PublicNames(aiohttp.abc.AbstractResolver):
    """Names as the system knows them, as long as every address of theirs is public.

    The connection goes to what was looked at here: a name that changes in between gains nothing.
    """

    def __init__(self) -> None:
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        found = await self._system.resolve(host, port, family)
        if not all(is_public(one["host"]) for one in found):
            raise OSError("not a public address")
        return found

    async def close(self) -> None:
        await self._system.close()


def is_public(address: str) -> bool:
    """Whether this IP address, and any other that hides in it, may be asked; False for what is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        hidden = found.ipv4_mapped or found.sixtofour
        found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else hidden or found
    return found.is_global and not found.is_multicast


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no address of the web."""
    try:
        found = urllib.parse.urlsplit(url)
        port = found.port
    except ValueError:
        return None
    if found.scheme not in ("http", "https") or not found.hostname or found.username or found.password:
        return None
    return found.scheme, found.hostname, port or (443 if found.scheme == "https" else 80)


class Fetching:
    """Of one provider: ``own`` is an address of it as the operator wrote it, ``login`` the headers for it alone."""

    def __init__(self, own: str, login: Mapping[str, str]) -> None:
        self._own = origin(own)
        self._login = login

    async def fetch(self, url: str, content_type: str, most: int) -> bytes:
        """The octets behind it, if they are of that type and not too many.

        base.Refused when they are not to be had, base.NotSent when not now.
        """
        try:
            async with self._session(public=True) as public, self._session(public=False) as own:
                for _ in range(REDIRECTS + 1):
                    found = await self._one(own, public, url, content_type, most)
                    if isinstance(found, bytes):
                        return found
                    url = found
        except ValueError:  # aiohttp.InvalidURL is one
            raise _refused("address") from None
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is one
            raise base.NotSent(type(error).__name__) from None
        raise _refused("redirects")

    def _session(self, *, public: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=PublicNames() if public else None, use_dns_cache=False, force_close=True
        )
        timeout = aiohttp.ClientTimeout(WHOLE, sock_connect=CONNECT, sock_read=QUIET)
        # Octets as they come: what unpacks itself could be of any size.
        return aiohttp.ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def _one(
        self, own: aiohttp.ClientSession, public: aiohttp.ClientSession, url: str, content_type: str, most: int
    ) -> bytes | str:
        """The octets, or where they are instead."""
        place = origin(url) if len(url) <= LONGEST_URL else None
        ours = place is not None and place == self._own
        if place is None or not (ours or may_be_asked(place)):
            raise _refused("address")
        headers = {"Accept": content_type, "Accept-Encoding": "identity", **(self._login if ours else {})}
        session = own if ours else public
        async with session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in _MOVED:
                return urllib.parse.urljoin(url, answer.headers.get("Location", ""))
            if answer.status in _BUSY or answer.status >= 500:
                raise base.NotSent(f"HTTP {answer.status}")
            if answer.status != 200:
                raise _refused(f"HTTP {answer.status}")
            if answer.content_type.lower() != content_type or "Content-Encoding" in answer.headers:
                raise _refused("content type")
            return await _read(answer, most)


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    if (answer.content_length or 0) > most:
        raise _refused("too large")
    found = bytearray()
    async for piece in answer.content.iter_any():
        found += piece
        if len(found) > most:
            raise _refused("too large")
    if not found:
        raise _refused("empty")
    return bytes(found)


def may_be_asked(place: tuple[str, str, int]) -> bool:
    """Names are looked at when they are resolved; what is written as a number never is."""
    scheme, host, _ = place
    number = ":" in host or host.replace(".", "").isdigit()
    return scheme == "https" and (is_public(host) if number else True)


def _refused(detail: str) -> base.Refused:
    return base.Refused(Reason.REFUSED, detail)
