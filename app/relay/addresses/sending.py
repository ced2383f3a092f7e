"""Sends a code on its way: by text through a gateway, by e-mail through a server, never so that an answer tells."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from app.common import errors
from app.common.clock import Clock
from app.common.recent import Recent
from app.common.tasks import TaskOwner
from app.protocol import proofs
from app.protocol.address import Address, Kind
from app.relay.addresses import codes, smtp
from app.relay.texts import base

PAUSES: Final = (7.0, 40.0, 120.0)  # seconds before a mail server is asked again; a code is good for ten minutes
MOST: Final = 50  # letters on their way at once

UNDER_WAY: Final = 4_096  # codes by text of which may be heard that they did not arrive

log = logging.getLogger(__name__)
Lost = Callable[[str], Awaitable[None]]  # a code did not arrive: one of proofs.LOST


class Letters(Protocol):
    """Whoever takes e-mail."""

    async def send(self, to: str, letter: codes.Letter) -> smtp.Sent: ...


class Texting(Protocol):
    """Whoever takes texts; both refuse alike, and the first one does nothing else."""

    def may_say(self, destination: str, words: str) -> None: ...

    async def say(self, destination: str, words: str, submit: bytes) -> None: ...


class Senders:
    """The ways a code can take on this relay."""

    def __init__(self, texts: Texting | None, mail: Letters | None, host: Callable[[], str], time: Clock) -> None:
        self._texts = texts
        self._mail = mail
        self._host = host
        self._clock = time
        self._tasks = TaskOwner("letters")
        self._under_way: Recent[bytes, Lost] = Recent(UNDER_WAY)

    def kinds(self) -> tuple[str, ...]:
        """The kinds of address it sends to."""
        ways = ((Kind.PHONE, self._texts), (Kind.EMAIL, self._mail))
        return tuple(kind.value for kind, way in ways if way is not None)

    def check(self, to: Address) -> None:
        """GiveUp ``not_checked``."""
        if to.kind.value not in self.kinds():
            raise errors.GiveUp("not_checked")

    def may(self, to: Address, code: str, purpose: str) -> None:
        """Raise what `send` would; nothing leaves."""
        if to.kind is Kind.EMAIL and len(self._tasks) >= MOST:
            raise errors.AgainLater("busy", retry_after=PAUSES[-1])
        if to.kind is Kind.PHONE and self._texts is not None:
            self._texts.may_say(to.text, codes.text(code, purpose, self._host()))

    async def send(self, to: Address, code: str, purpose: str, lost: Lost) -> None:
        """Hand it over, a letter in the background; ``lost`` is called when it is known not to have arrived.

        AgainLater ``busy`` or ``rate_limited``, GiveUp with a code of base.Reason.
        """
        self.may(to, code, purpose)
        if to.kind is Kind.PHONE and self._texts is not None:
            await self._text(self._texts, to, code, purpose, lost)
        else:
            self.later(to, code, purpose, lost)

    def later(self, to: Address, code: str, purpose: str, lost: Lost) -> None:
        """The same for one that `may` go, in the background: how long it takes is no answer either."""
        if to.kind is Kind.PHONE and self._texts is not None:
            self._tasks.spawn(self._quietly(self._texts, to, code, purpose, lost), name="code")
        elif to.kind is Kind.EMAIL and self._mail is not None:
            letter = codes.letter(code, purpose, self._host())
            self._tasks.spawn(self._deliver(self._mail, to.text, letter, lost), name="letter")

    async def undelivered(self, submit: bytes) -> None:
        """A text did not arrive: a code, if it was one of ours."""
        lost = self._under_way.pop(submit, None)
        if lost is not None:
            await lost(proofs.NOT_DELIVERED)

    async def _text(self, texts: Texting, to: Address, code: str, purpose: str, lost: Lost) -> None:
        submit = secrets.token_bytes(16)
        self._under_way[submit] = lost
        try:
            await texts.say(to.text, codes.text(code, purpose, self._host()), submit)
        except errors.KingfisherError as error:
            self._under_way.pop(submit, None)
            if error.code != base.Reason.OPTED_OUT.value:  # what somebody answered with STOP is nobody else's matter
                raise

    async def _quietly(self, texts: Texting, to: Address, code: str, purpose: str, lost: Lost) -> None:
        try:
            await self._text(texts, to, code, purpose, lost)
        except errors.KingfisherError as error:
            log.info("a code did not leave: %s", error.code)

    async def _deliver(self, mail: Letters, to: str, letter: codes.Letter, lost: Lost) -> None:
        outcome = await mail.send(to, letter)
        for pause in PAUSES:
            if outcome is not smtp.Sent.LATER:
                break
            await self._clock.sleep(pause)
            outcome = await mail.send(to, letter)
        if outcome is smtp.Sent.REFUSED:
            await lost(proofs.BOUNCED)
        elif outcome is smtp.Sent.LATER:
            log.warning("a code could not be handed to the mail server")
            await lost(proofs.NOT_DELIVERED)

    async def close(self) -> None:
        await self._tasks.close()
