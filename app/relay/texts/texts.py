"""Text messages of a relay: what the sessions ask for, what the gateways bring, and the lines between them."""

import asyncio
import functools
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from app.common import clock, errors
from app.common.tasks import TaskOwner
from app.protocol import frames, limits
from app.relay.accounts import Account, Accounts, Device
from app.relay.mailbox import Answer, Post
from app.relay.store.base import Store
from app.relay.store.texts import Handed, Heard, Piece, Text
from app.relay.texts import admitting, answering, base, caps, matching, posting, sending, serving_media
from app.relay.texts.arriving import Arriving
from app.relay.texts.routes import Routes

SWEEP: Final = 60.0  # seconds
RECEIPTS: Final = 7 * limits.DAY  # how long a receipt waits for its text
PENDING: Final = 50  # of one account's frames that are being looked at
WEIGHT: Final = 128 * limits.KIB  # of pictures, counted as one more frame
SETTLED: Final = 0.1  # seconds of quiet before everybody is told how the links stand

log = logging.getLogger(__name__)


class Asking(Protocol):
    """The session a frame came by; it may be gone when the answer comes."""

    def tell(self, frame: frames.Frame) -> None: ...

    def refuse(self, error: errors.KingfisherError, submit: bytes = b"") -> None: ...


@dataclass(frozen=True, slots=True)
class Around:
    """The relay around it. ``owner`` is the account that has proved a number, ``online`` the devices in session.

    ``undelivered``: what the relay itself said, by its submit id, did not reach that number, for that reason.
    """

    store: Store
    accounts: Accounts
    post: Post
    time: clock.Clock
    owner: Callable[[str], bytes | None]
    online: Callable[[], Iterable[Device]]
    refusing: Callable[[], str]  # the code with which new texts are put off, or nothing
    undelivered: Callable[[bytes, str, str], Awaitable[None]]


class Texts:
    """Owns the gateways' sessions and the lines before them; is the sink of all of them."""

    def __init__(self, gateways: Sequence[base.Gateway], rules: caps.Rules, around: Around) -> None:
        self._around = around
        self._store = around.store.texts
        self._gateways = gateways
        self.routes = Routes(gateways, self._store.numbers)
        self._admission = admitting.Admission(rules, self.routes, self._store)
        self.lines = {
            gateway.name: sending.Line(gateway, self._store, around.time, self._changed) for gateway in gateways
        }
        self._tasks = TaskOwner("texts")
        self.answering = answering.Answering(self._admission, self._store, around.time, self._keep)
        self.arriving = Arriving(
            around.store,
            around.accounts,
            around.post,
            around.time,
            lambda: self.routes.ours,
            around.owner,
            self.answering.read,
            self._fetch,
            functools.partial(self._tasks.spawn, name="pieces"),
        )
        self._order = asyncio.Lock()
        self._pending: Counter[int] = Counter()
        self._bound: dict[str, int] = {}
        self._links = asyncio.Event()

    async def start(self) -> None:
        """Take up what a dead relay left, also when the gateways are gone since; then open the gateways there are."""
        left = self._store.out.overview()
        if not (self.routes or left["waiting"] or left["handing"]):
            return
        lost = await self._store.out.lose()
        if lost:
            log.warning("%d items were being handed over when the relay ended; nobody knows what became of them", lost)
        for text in self._store.out.unfinished():
            await self._resume(text)
        now = self._around.time.now()
        for gateway in self._gateways:
            self._bound[gateway.name] = now
            self.lines[gateway.name].start()
            self._tasks.spawn(gateway.run(self), name=gateway.name)
        self._tasks.spawn(self._sweep(), name="sweep")  # reports what was never reported, too
        self._tasks.spawn(self._tell_links(), name="links")

    async def close(self) -> None:
        """What is being handed over is finished if that goes quickly; the rest goes on at the next start."""
        await asyncio.gather(*(line.close() for line in self.lines.values()))
        await self._tasks.close()

    # what sessions ask for

    def terms(self, account: Account) -> frames.TextTerms | None:
        """What this account is told of texts; nothing where the relay has no gateway at all."""
        if not self.routes:
            return None
        own = self._around.store.directory.proved_numbers(account.id)
        route = self.routes.choose(account.id, own, "") if own else None
        if route is None:
            return frames.TextTerms(False, why="text_not_proved")
        octets, types = self.routes.mms
        why = "gateway_down" if self.routes.all_down else ""
        alphabet = admitting.word_of(self.routes.alphabet)
        return frames.TextTerms(not why, route.source, alphabet, self.routes.most_segments, octets, why, types)

    def tell_terms(self, account: Account) -> None:
        """What this account may do has changed: its devices hear of it."""
        terms = self.terms(account)
        for device in account.devices.values():
            if terms is not None and device.session is not None:
                device.session.tell(terms)

    def take(self, device: Device, frame: frames.SubmitText | frames.WithdrawText, asking: Asking) -> None:
        """A frame of a device; ``asking`` is answered when the answer is on the disk."""
        if self._around.refusing() == "draining":
            asking.refuse(errors.AgainLater("draining", retry_after=1), frame.submit)
            return
        number = device.account.number
        if self._pending[number] >= PENDING:
            asking.refuse(errors.AgainLater("busy", retry_after=1), frame.submit)
            return
        self._pending[number] += _weight(frame)
        self._tasks.spawn(self._answer(device, frame, asking), name="answer")

    async def _answer(self, device: Device, frame: frames.SubmitText | frames.WithdrawText, asking: Asking) -> None:
        try:
            async with self._order:  # first come, first served: a withdrawal is judged after its submit
                if isinstance(frame, frames.WithdrawText):
                    asking.tell(frames.Withdrawn(frame.submit, await self._withdraw(device, frame)))
                else:
                    at = await self._submit(device, frame)
                    asking.tell(frames.Accepted((frames.AcceptedItem(frame.submit, at),)))
        except errors.KingfisherError as error:
            asking.refuse(error, frame.submit)
        finally:
            number = device.account.number
            self._pending[number] -= _weight(frame)
            if not self._pending[number]:
                del self._pending[number]

    async def _submit(self, device: Device, frame: frames.SubmitText) -> int:
        """When it was accepted, now or before."""
        known = self._store.out.known(device.number, frame.submit)
        if known is None:
            refusing = self._around.refusing()
            if refusing:
                raise errors.AgainLater(refusing, retry_after=1)
            account = device.account.id
            own = self._around.store.directory.proved_numbers(account)
            text = self._admission.admit(account, device.number, own, frame, self._around.time.now())
            return await self._keep(text, serving_media.pieces(frame.media))
        if known.withdrawn:
            raise errors.GiveUp("withdrawn")
        if known.destination != frame.destination:
            raise errors.Broken("submit_changed")
        return known.at

    async def _keep(self, text: Text, media: Sequence[Piece] = ()) -> int:
        kept = await self._store.out.add(text, media)
        if kept is not None:
            self.lines[kept.gateway].add(kept)
        return text.at

    async def _withdraw(self, device: Device, frame: frames.WithdrawText) -> str:
        now = self._around.time.now()
        known = self._store.out.known(device.number, frame.submit)
        if known is None:
            if not self._counts(frame.boot, now):
                return Answer.NOT_KNOWN.value
            device.account.charge(now)
        mark = Text(device.account.id, device.number, frame.submit, "", "", "", "", 0, 0, now, now, "")
        answer = await self._store.out.mark_withdrawn(mark)
        if known is not None and known.gateway in self.lines and answer == Answer.WITHDRAWN.value:
            self.lines[known.gateway].drop(known.number)
        return answer

    def _counts(self, boot: bytes, now: int) -> bool:
        """Boot ids age out before any text is swept: with this one, no row means it never left."""
        return any(known.boot == boot and known.began >= now - limits.RETENTION for known in self._around.post.boots)

    async def say(self, destination: str, words: str, submit: bytes) -> None:
        """A text of the relay itself, such as a code; ``submit`` (16 bytes) again does nothing.

        GiveUp ``no_gateway`` and what base.Reason names; AgainLater ``rate_limited`` when the day's money is spent. All
        other limits are the caller's.
        """
        text = self._spoken(destination, words, submit)
        if self._store.numbers.blocked(destination):
            raise base.Refused(base.Reason.OPTED_OUT)
        await self._keep(text)

    def may_say(self, destination: str, words: str) -> None:
        """Raise what `say` would, but for what somebody answered with STOP."""
        self._spoken(destination, words, b"")

    def _spoken(self, destination: str, words: str, submit: bytes) -> Text:
        now = self._around.time.now()
        frame = frames.SubmitText(submit, destination, words, 1, now + limits.HOUR)
        text = self._admission.draft(b"", posting.THE_RELAY, [], frame, now)
        self._admission.check_money(text, now)
        return text

    # what gateways bring

    async def receipt(self, receipt: base.Receipt) -> bool:
        state, done_at = receipt.state, receipt.done_at or 0
        heard = Heard(
            receipt.gateway, receipt.message_id, state.value, state.final, receipt.network_error[:64], done_at
        )
        number = await self._store.out.receipt(heard, self._around.time.now())
        if number is not None:
            await self._changed(number)
        return True

    async def mobile_originated(self, incoming: base.Incoming) -> bool:
        if self._around.refusing() == "store_full":
            return False
        return await self.arriving.take(incoming, self._bound.get(incoming.gateway, 0))

    async def link_state(self, gateway: str, state: base.LinkState, detail: str) -> None:
        now = self._around.time.now()
        log.info("%s: %s %s", gateway, state, detail)
        self.routes.set_state(gateway, state)
        self._store.numbers.note_link(gateway, state.value, detail[:200], now)
        if state is base.LinkState.BOUND:
            self._bound[gateway] = now
            if gateway in self.lines:
                self.lines[gateway].wake()
        self._links.set()

    async def _fetch(self, gateway: str, part: base.MmsPart, most: int) -> bytes:
        found = next((one for one in self._gateways if one.name == gateway), None)
        if not isinstance(found, base.Fetches):
            raise base.Refused(base.Reason.UNSUPPORTED)
        return await found.fetch(part, most)

    # in between

    async def _resume(self, text: Text) -> None:
        """At start. A text that has begun stays with its gateway and number; one that has not may change both."""
        out = self._store.out
        route = self.routes.keep(text.gateway, text.source)
        reason = admitting.NO_GATEWAY if route is None else ""
        if route is None and all(item.handed is Handed.WAITING for item in out.items(text.number)):
            own = self._around.store.directory.proved_numbers(text.account)
            try:
                moved = self._admission.move(text, own)
            except errors.GiveUp as error:
                reason = error.code
            else:
                await out.move(text.number, moved)
                text, reason = moved, ""
        if reason:
            await out.give_up(text.number, reason)
            await self._changed(text.number)
        else:
            self.lines[text.gateway].add(text)

    async def _changed(self, number: int) -> None:
        """Tell the account, if there is something to tell."""
        text = self._store.out.text(number)
        if text is None or text.withdrawn:
            return
        found = matching.outcome(self._store.out.items(number))
        if found is None:
            return
        report = matching.report_id(text, found)
        now = self._around.time.now()
        account = self._around.accounts.get(text.account, now) if text.account else None
        if account is not None and report != text.reported:
            make = functools.partial(matching.report, text, found, now=now)
            if not await posting.post(self._around.post, account, report, dict.fromkeys(account.names, make), now):
                return  # no room in any mailbox: tried again with the next sweep
        await self._store.out.reported(text, report)
        if not text.account and found.state is matching.State.FAILED:
            await self._around.undelivered(text.submit, text.destination, found.reason)

    async def _sweep(self) -> None:
        while True:
            for text in self._store.out.unreported():
                await self._changed(text.number)
            await self.arriving.sweep()
            now = self._around.time.now()
            await self._store.out.sweep(now - limits.OUTCOMES, now - RECEIPTS, now)
            await self._around.time.sleep(SWEEP)

    async def _tell_links(self) -> None:
        """A link that comes and goes in a moment is no news."""
        told = self.routes.down
        while True:
            await self._links.wait()
            self._links.clear()
            await self._around.time.sleep(SETTLED)
            if self.routes.down == told:
                continue
            told = self.routes.down
            for device in list(self._around.online()):
                terms = self.terms(device.account)
                if terms is not None and device.session is not None:
                    device.session.tell(terms)
                await asyncio.sleep(0)


def _weight(frame: frames.SubmitText | frames.WithdrawText) -> int:
    """How much a frame counts against PENDING: pictures are held in memory meanwhile."""
    media = frame.media if isinstance(frame, frames.SubmitText) else ()
    return 1 + sum(len(piece.octets) for piece in media) // WEIGHT
