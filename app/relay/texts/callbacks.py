"""Where gateways call back: one route for all of them, opened by a secret in its path, with a bounded body."""

import asyncio
import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

from aiohttp import web

from app.common import errors
from app.protocol import limits

PATH: Final = "/v1/gateways"
BODY: Final = 64 * limits.KIB  # a text of 255 parts in a form stays below it
READING: Final = 10.0  # seconds a body may take to arrive
_METHODS: Final = ("GET", "POST")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One call; ``what`` is the last piece of its path. The query is left as written: texts come in any coding."""

    what: str
    path: str = field(repr=False)  # path and query as they were written
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller is told; 503: try again, it is not on the disk."""

    status: int
    text: str = ""
    content_type: str = "text/plain"


@runtime_checkable
class Called(Protocol):
    """A gateway that calls back; ``secret`` is in the path it was told."""

    @property
    def name(self) -> str: ...

    @property
    def secret(self) -> str: ...

    async def called(self, call: Call) -> Reply:
        """Answer when what it brings is stored; errors.Malformed when it is nothing."""
        ...


def path(name: str, secret: str, what: str) -> str:
    """Where the gateway of this name calls."""
    return f"{PATH}/{name}/{secret}/{what}"


class Callbacks:
    """The route of all gateways that call back."""

    def __init__(self, gateways: Sequence[object]) -> None:
        self._gateways = {gateway.name: gateway for gateway in gateways if isinstance(gateway, Called)}

    def routes(self) -> list[web.RouteDef]:
        if not self._gateways:
            return []
        return [web.route(method, PATH + "/{name}/{secret}/{what}", self._answer) for method in _METHODS]

    async def _answer(self, request: web.Request) -> web.Response:
        gateway = self._gateways.get(request.match_info["name"])
        wanted = gateway.secret if gateway is not None else ""
        given = request.match_info["secret"]
        # Both are compared before either answer, so that neither name nor secret is found by asking.
        if not hmac.compare_digest(given.encode(), wanted.encode()) or gateway is None or not wanted:
            return web.Response(status=404)
        try:
            body = await _read(request)
            reply = await gateway.called(Call(request.match_info["what"], request.raw_path, body, request.headers))
        except errors.Malformed as error:
            log.warning("%s: a call was refused: %s", gateway.name, error.code)
            return web.Response(status=413 if error.code == "too_large" else 400)
        except errors.Untrusted as error:
            log.warning("%s: a call was refused: %s", gateway.name, error.code)
            return web.Response(status=403)
        except errors.AgainLater:
            return web.Response(status=503)
        return web.Response(status=reply.status, text=reply.text, content_type=reply.content_type)


async def _read(request: web.Request) -> bytes:
    if (request.content_length or 0) > BODY:
        raise errors.Malformed("too_large", "callback")
    data = bytearray()
    try:
        async with asyncio.timeout(READING):
            async for part in request.content.iter_chunked(16 * limits.KIB):
                data += part
                if len(data) > BODY:
                    raise errors.Malformed("too_large", "callback")
    except (ConnectionError, TimeoutError) as error:
        raise errors.Malformed("malformed") from error
    return bytes(data)
