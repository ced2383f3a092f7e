"""How a gateway asks its provider over HTTP: once, bounded, and with the word for each way it can fail."""

from collections.abc import Mapping
from typing import Final

import aiohttp

from app.relay.texts import base

CONNECT: Final = 5.0  # seconds
RESPONSE: Final = 15.0
RETRY: Final = 5.0  # seconds, where it is busy and does not say for how long


def session() -> aiohttp.ClientSession:
    """A connection of its own for each text: one that was kept may be gone, and nobody knows what was taken."""
    timeout = aiohttp.ClientTimeout(total=RESPONSE, sock_connect=CONNECT)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True), timeout=timeout)


async def ask(
    session: aiohttp.ClientSession | None, method: str, url: str, *, headers: Mapping[str, str], body: bytes, most: int
) -> tuple[int, bytes]:
    """Status and the first ``most`` octets of the answer; redirects are not followed.

    base.NotSent when nothing was written, base.Throttled when it says so, base.OutcomeUnknown.
    """
    if session is None:
        raise base.NotSent("not running")
    try:
        async with session.request(method, url, data=body, headers=headers, allow_redirects=False) as answer:
            if answer.status == 429:
                raise base.Throttled(retry_after=_seconds(answer.headers.get("Retry-After", "")))
            found = bytearray()
            async for piece in answer.content.iter_any():
                found += piece
                if len(found) >= most:
                    break
            return answer.status, bytes(found[:most])
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise base.NotSent(type(error).__name__) from None
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is one
        raise base.OutcomeUnknown(type(error).__name__) from None


def _seconds(header: str) -> float:
    return float(header) if header.isascii() and header.isdigit() and len(header) < 5 else RETRY
