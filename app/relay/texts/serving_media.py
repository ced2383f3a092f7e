"""Where a gateway fetches the pieces of an MMS it has taken: an address nobody guesses, for one piece, for a while."""

import re
import secrets
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from app.common import clock
from app.protocol import texts
from app.relay.store.texts import OutgoingMedia, Piece

PATH: Final = "/v1/media"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
# Nothing may keep it, guess another type, or run what is in it.
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def path(token: str) -> str:
    """Of the piece with this token."""
    return f"{PATH}/{token}"


def pieces(media: Sequence[texts.Media]) -> list[Piece]:
    """As they are kept, each with a token of its own."""
    return [Piece(one.content_type, one.name, one.octets, secrets.token_urlsafe(32)) for one in media]


class ServingMedia:
    """The route of all pieces; what is over, and what never was, answer alike."""

    def __init__(self, media: OutgoingMedia, time: clock.Clock) -> None:
        self._media = media
        self._clock = time

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH + "/{token}", self._answer)]

    async def _answer(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        found = self._media.fetched(token, self._clock.now()) if _TOKEN.fullmatch(token) else None
        if found is None:
            return web.Response(status=404, headers=_HEADERS)
        return web.Response(body=found.octets, headers={**_HEADERS, "Content-Type": found.content_type})
