"""What STOP, START and HELP do: our numbers are shut and opened again, and one answer goes back, within all limits."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from app.common import clock, errors
from app.protocol import limits
from app.relay.store.texts import PartSet, Text, TextStore
from app.relay.texts import admitting, numbers, optout, posting
from app.relay.texts.optout import Keyword
from app.relay.texts.routes import Route

VALID: Final = limits.HOUR  # how long an answer may wait for its gateway

log = logging.getLogger(__name__)


@dataclass
class Answering:
    """``keep`` puts an answer into the store and its line."""

    admission: admitting.Admission
    store: TextStore
    time: clock.Clock
    keep: Callable[[Text], Awaitable[object]]
    dropped: int = 0  # answers that a limit or a rule kept from leaving

    async def read(self, found: PartSet, words: str) -> bool:
        """Do what a text of one word asks for; whether it was one that is answered."""
        ours, peer = found.destination, found.source
        keyword = optout.read(words)
        blocked = self.store.numbers.blocked(peer)
        if keyword is None or (keyword is Keyword.START and not blocked):
            return False
        rules, answer = self.admission.rules, ""
        if keyword is Keyword.STOP:
            if await self.store.numbers.block(ours, peer, self.time.now()):
                answer = rules.stop_answer
        elif keyword is Keyword.START:
            for number in blocked:
                await self.store.numbers.unblock(number, peer)
            answer = rules.start_answer
        elif not blocked:
            answer = rules.help_answer
        route = self.admission.routes.keep(found.gateway, ours)
        if answer and route is not None and not found.answered:
            await self._answer(found, route, answer)
        return True

    async def _answer(self, found: PartSet, route: Route, words: str) -> None:
        """One for each text, whatever happens in between; senders are easily forged: nothing dear, and not for ever."""
        now = self.time.now()
        text = Text(b"", posting.THE_RELAY, found.id, "", found.source, "", "", 0, 0, now, now + VALID, words)
        try:
            answer = admitting.by(route, text)
            self._check(answer)
        except errors.KingfisherError as error:
            self.dropped += 1
            log.info("%s: an answer to a keyword was not sent: %s", found.gateway, error.code)
            return
        await self.keep(answer)

    def _check(self, answer: Text) -> None:
        """As for any text, but for the limits of an account; never to a machine that answers our answers."""
        rules = self.admission.rules
        self.admission.check_number(answer.destination)
        prefix = numbers.prefix_of(answer.destination)
        counts = self.store.out.counts(answer.account, answer.destination, prefix, answer.at)
        if counts.to_number >= rules.to_one_number or counts.to_prefix >= rules.texts_to_prefix_a_day:
            raise errors.AgainLater("rate_limited")
        self.admission.check_money(answer, answer.at)
