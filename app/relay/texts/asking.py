"""How a gateway asks its provider over HTTP: once, bounded, and with the word for each way it can fail."""

import email.utils
from collections.abc import Mapping
from datetime import UTC
from typing import Final

import aiohttp

from app.relay.texts import base

CONNECT: Final = 5.0  # seconds
RESPONSE: Final = 15.0
RETRY: Final = 5.0  # seconds, where it is busy and does not say for how long
SOONEST: Final = 0.25  # seconds, also where it says 0
LATEST: Final = 3_600.0  # seconds, whatever it says


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
                raise base.Throttled(retry_after=wait_of(answer.headers))
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


def wait_of(headers: Mapping[str, str]) -> float:
    """Seconds by ``Retry-After``, a number or a date (RFC 9110, 10.2.3); a date counts from the ``Date`` beside it."""
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return _bounded(int(said) if len(said) <= 9 else LATEST)
    then, now = _moment(said), _moment(headers.get("Date", ""))
    return RETRY if then is None or now is None else _bounded(then - now)


def _bounded(seconds: float) -> float:
    return min(max(float(seconds), SOONEST), LATEST)


def _moment(date: str) -> float | None:
    """Seconds since 1970; None for what is no date."""
    try:
        found = email.utils.parsedate_to_datetime(date)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
