"""Inviting somebody to the own relay: the link that the relay gives for it, the same one until somebody came by it."""

from app.common import errors
from app.common.clock import Clock
from app.net.connection import Connection
from app.net.http import RelayHttp
from app.protocol import invite, login


class Inviting:
    """Keeps the last link in memory, so that looking at it twice does not make a second one."""

    def __init__(self, connection: Connection, http: RelayHttp, account: bytes, clock: Clock) -> None:
        self._connection = connection
        self._http = http
        self._account = account
        self._clock = clock
        self._hello: login.HelloBody | None = None
        self._link = ""
        self._expires = 0

    def heard(self, hello: login.HelloBody) -> None:
        """What the relay said of itself last: the link names its key and its addresses."""
        self._hello = hello

    def refused(self) -> bool:
        """Whether the relay has said that people cannot invite; False while that is not known."""
        welcome = self._connection.welcome
        return welcome is not None and not welcome.limits.get("invites_a_day", 0)

    async def link(self, *, renew: bool = False) -> str:
        """A link that works once, for seven days; the one given before unless it was used or ``renew``.

        Raises GiveUp (``no_invites``), AgainLater (``offline``, ``rate_limited``, ...).
        """
        if self._link and not renew and self._clock.now() < self._expires:
            return self._link
        hello = self._hello
        if hello is None:
            raise errors.AgainLater("offline")
        if self.refused():
            raise errors.GiveUp("no_invites")
        answer = await self._http.invite()
        self._link = invite.link(invite.Invite(hello.relay_public, tuple(hello.urls), answer.secret, self._account))
        self._expires = answer.expires
        return self._link

    def used(self) -> None:
        """Somebody came: the link may be the one."""
        self._link = ""
