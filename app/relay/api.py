"""The relay's HTTP side: msgpack in, msgpack out, a code for every refusal; health, version, metrics, the join page."""

import asyncio
import hmac
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Final

from aiohttp import web

from app.common import errors
from app.common.clock import Clock
from app.protocol import limits, requests
from app.protocol.limits import HOUR
from app.relay.accounts import Device
from app.relay.hub import Hub
from app.relay.inviting import Inviting
from app.relay.limits import Limits, Rates
from app.relay.publishing import Publishing
from app.relay.registration import Registrar
from app.relay.telemetry import Telemetry

READING: Final = 30.0  # seconds a body may take to arrive
_STATUS: Final = {
    "rate_limited": 429,
    "busy": 503,
    "draining": 503,
    "store_full": 503,
    "token_expired": 401,
    "taken": 409,
    "list_forked": 409,
    "list_went_back": 409,
    "no_account": 404,
    "not_a_device": 404,
    "too_large": 413,
    "internal": 500,
}
_LIMIT_CODES: Final = frozenset({"rate_limited", "too_many", "too_large"})
_JOIN_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer"><title>Kingfisher</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}</style></head>
<body><h1>You are invited to Kingfisher</h1>
<p>Open this link in Kingfisher: copy the whole address of this page, start Kingfisher, and paste it where it asks for
an invitation.</p>
<p>What makes the invitation yours is behind the # in the address. Your browser did not send it to this server.</p>
</body></html>
"""

log = logging.getLogger(__name__)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the requests work with."""

    registrar: Registrar
    publishing: Publishing
    inviting: Inviting
    hub: Hub
    counts: Telemetry
    clock: Clock
    limits: Limits
    draining: Callable[[], bool]
    metrics_token: str


def network_of(request: web.Request, caps: Limits) -> str | None:
    """The address to count for rates: IPv6 by /64; None for loopback, where a proxy sits, unless told otherwise."""
    try:
        found = ipaddress.ip_address((request.remote or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if found.is_loopback and caps.spare_loopback:
        return None
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


class Api:
    """The routes but the socket's."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._registrations = Rates("registrations_an_hour", parts.limits.registrations_an_hour, HOUR // 1000)
        self._version = metadata.version("kingfisher")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(limits.ACCOUNTS_PATH, self.guard(self._register)),
            web.post(limits.INVITES_PATH, self.guard(self._invite)),
            web.put(limits.LISTS_PATH, self.guard(self._put_list)),
            web.put(limits.FRESHNESS_PATH, self.guard(self._put_freshness)),
            web.put(limits.FOUND_BY_PATH, self.guard(self._put_found_by)),
            web.put(limits.PREKEYS_PATH, self.guard(self._put_prekeys)),
            web.post(limits.CLAIM_PATH, self.guard(self._claim)),
            web.get(limits.HEALTH_PATH, self._health),
            web.get(limits.VERSION_PATH, self._get_version),
            web.get(limits.METRICS_PATH, self._metrics),
            web.get(limits.JOIN_PATH, self._join),
        ]

    def guard(self, answer: Callable[[web.Request], Awaitable[requests.Body | None]]) -> Answer:
        """Turn what is raised into a Failure with its status; an answer of None is 204."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if self._parts.draining():
                    raise errors.AgainLater("draining", retry_after=1)
                body = await answer(request)
            except errors.KingfisherError as error:
                return self._failed(error)
            return _reply(200, requests.encode(body)) if body is not None else web.Response(status=204)

        return guarded

    def _failed(self, error: errors.KingfisherError) -> web.Response:
        self._parts.counts.refused[error.code] += 1
        limit = error.detail if error.code in _LIMIT_CODES else ""
        wait = round((error.retry_after or 0) * 1000)
        status = _STATUS.get(error.code, 403 if isinstance(error, errors.Untrusted) else 400)
        return _reply(status, requests.encode(requests.Failure(error.code, limit, wait)))

    def device_of(self, request: web.Request) -> Device:
        """Whose token the request carries; AgainLater ``token_expired``."""
        token = requests.read_bearer(request.headers.get("Authorization", ""))
        device = self._parts.hub.holder(token, self._parts.clock.now()) if token else None
        if device is None:
            raise errors.AgainLater("token_expired")
        return device

    async def _register(self, request: web.Request) -> requests.Body:
        network = network_of(request, self._parts.limits)
        if network is not None:
            self._registrations.take(network, self._parts.clock.now())
        return await self._parts.registrar.register(
            requests.decode(await read_body(request, limits.OPEN_REQUEST), requests.Register)
        )

    async def _invite(self, request: web.Request) -> requests.Body:
        return await self._parts.inviting.invite(self.device_of(request).account.id)

    async def _put_list(self, request: web.Request) -> None:
        body = requests.decode(await read_body(request, limits.OPEN_REQUEST), requests.PutList)
        account = self._parts.publishing.root_of(body.item)
        if account is None:
            account = self.device_of(request).account
        await self._parts.publishing.put_list(account, body)

    async def _put_freshness(self, request: web.Request) -> None:
        device = self.device_of(request)
        body = requests.decode(await read_body(request), requests.PutFreshness)
        await self._parts.publishing.put_freshness(device.account, body.item)

    async def _put_found_by(self, request: web.Request) -> None:
        device = self.device_of(request)
        body = requests.decode(await read_body(request), requests.PutFoundBy)
        await self._parts.publishing.put_found_by(device.account, body)

    async def _put_prekeys(self, request: web.Request) -> requests.Body:
        device = self.device_of(request)
        return await self._parts.publishing.put_prekeys(
            device, requests.decode(await read_body(request), requests.PutPrekeys)
        )

    async def _claim(self, request: web.Request) -> requests.Body:
        device = self.device_of(request)
        return await self._parts.publishing.claim(device, requests.decode(await read_body(request), requests.Claim))

    async def _health(self, request: web.Request) -> web.Response:
        draining = self._parts.draining()
        return web.json_response({"status": "draining" if draining else "ok"}, status=503 if draining else 200)

    async def _get_version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": self._version, "protocol": limits.VERSION})

    async def _metrics(self, request: web.Request) -> web.Response:
        """For loopback, or whoever has the configured token."""
        wanted = self._parts.metrics_token
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = hmac.compare_digest(given.encode(), wanted.encode()) if wanted else _is_loopback(request)
        if not allowed:
            return web.Response(status=403)
        return web.Response(body=self._parts.counts.text(), content_type="text/plain", charset="utf-8")

    async def _join(self, request: web.Request) -> web.Response:
        return web.Response(
            text=_JOIN_PAGE,
            content_type="text/html",
            headers={
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
                "Cache-Control": "no-store",
            },
        )


def _is_loopback(request: web.Request) -> bool:
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def _reply(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type=requests.CONTENT_TYPE)


async def read_body(request: web.Request, most: int = limits.REQUEST) -> bytes:
    """The body, refused as soon as it is too large; a body that stops half-way ends with the connection.

    ``most`` is small where anybody may ask: many bodies that arrive slowly are in memory at the same time.
    """
    if (request.content_length or 0) > most:
        raise errors.Malformed("too_large", "request")
    data = bytearray()
    try:
        async with asyncio.timeout(READING):
            async for part in request.content.iter_chunked(64 * limits.KIB):
                data += part
                if len(data) > most:
                    raise errors.Malformed("too_large", "request")
    except (ConnectionError, TimeoutError) as error:
        raise errors.Malformed("malformed") from error
    return bytes(data)
