"""Invites that people of the relay make: as many a day as its owner allows, each good once and for seven days."""

import secrets
from typing import Final

from app.common import errors
from app.common.clock import Clock
from app.protocol import limits, requests
from app.relay import verification
from app.relay.limits import Limits, Rates
from app.relay.store.base import Directory

SECRET_SIZE: Final = 20  # 160 bits


class Inviting:
    """Makes them; ``Limits.invites_a_day`` 0 leaves it to the owner."""

    def __init__(self, directory: Directory, caps: Limits, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._allowed = caps.invites_a_day > 0
        self._rates = Rates("invites_a_day", caps.invites_a_day, limits.DAY // 1000)

    async def invite(self, inviter: bytes) -> requests.Invited:
        """A new one of this account; GiveUp ``no_invites``, AgainLater ``rate_limited``."""
        if not self._allowed:
            raise errors.GiveUp("no_invites")
        now = self._clock.now()
        self._rates.take(inviter, now)
        secret, expires = secrets.token_bytes(SECRET_SIZE), now + limits.INVITE
        await self._directory.add_invite(verification.hash_secret(secret), inviter, expires)
        return requests.Invited(secret, expires)
