"""Sends a code on its way: by text through a gateway, by e-mail through a server, never so that an answer tells."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from app.common import errors
from app.common.clock import Clock
from app.common.tasks import TaskOwner
from app.protocol.address import Address, Kind
from app.relay.addresses import codes, smtp
from app.relay.texts import base

PAUSES: Final = (7.0, 40.0, 120.0)  # seconds before a mail server is asked again; a code is good for ten minutes
MOST: Final = 50  # letters on their way at once

log = logging.getLogger(__name__)
Say = Callable[[str, str, bytes], Awaitable[None]]  # number, words, 16 bytes that name the text
Back = Callable[[], Awaitable[None]]


class Letters(Protocol):
    """Whoever takes e-mail."""

    async def send(self, to: str, letter: codes.Letter) -> smtp.Sent: ...


class Senders:
    """The ways a code can take on this relay."""

    def __init__(self, say: Say | None, mail: Letters | None, host: Callable[[], str], time: Clock) -> None:
        self._say = say
        self._mail = mail
        self._host = host
        self._clock = time
        self._tasks = TaskOwner("letters")

    def kinds(self) -> tuple[str, ...]:
        """The kinds of address it sends to."""
        ways = ((Kind.PHONE, self._say), (Kind.EMAIL, self._mail))
        return tuple(kind.value for kind, way in ways if way is not None)

    def check(self, to: Address) -> None:
        """GiveUp ``not_checked``."""
        if to.kind.value not in self.kinds():
            raise errors.GiveUp("not_checked")

    async def send(self, to: Address, code: str, purpose: str, came_back: Back) -> None:
        """Hand it over, a letter in the background; ``came_back`` is called when there is no such mailbox.

        AgainLater ``busy`` or ``rate_limited``, GiveUp with a code of base.Reason.
        """
        if to.kind is Kind.PHONE and self._say is not None:
            await self._text(self._say, to, code, purpose)
        elif to.kind is Kind.EMAIL and self._mail is not None:
            if len(self._tasks) >= MOST:
                raise errors.AgainLater("busy", retry_after=PAUSES[-1])
            letter = codes.letter(code, purpose, self._host())
            self._tasks.spawn(self._deliver(self._mail, to.text, letter, came_back), name="letter")

    async def _text(self, say: Say, to: Address, code: str, purpose: str) -> None:
        try:
            await say(to.text, codes.text(code, purpose, self._host()), secrets.token_bytes(16))
        except base.Refused as refused:
            if refused.code != base.Reason.OPTED_OUT.value:  # what somebody answered with STOP is nobody else's matter
                raise

    async def _deliver(self, mail: Letters, to: str, letter: codes.Letter, came_back: Back) -> None:
        outcome = await mail.send(to, letter)
        for pause in PAUSES:
            if outcome is not smtp.Sent.LATER:
                break
            await self._clock.sleep(pause)
            outcome = await mail.send(to, letter)
        if outcome is smtp.Sent.REFUSED:
            await came_back()
        elif outcome is smtp.Sent.LATER:
            log.warning("a code could not be handed to the mail server")

    async def close(self) -> None:
        await self._tasks.close()
