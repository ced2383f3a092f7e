"""The device's connection to its relay: log in, stay, come back, and put questions to whichever link is alive."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from app.common import clock, errors, ids, tasks
from app.net import discovery, handshake, incoming, link, transport
from app.protocol import codes, frames, login

log = logging.getLogger(__name__)

_CLOSING: Final = 0.5  # seconds for the tasks, beside the link's farewell


class Phase(StrEnum):
    """Where the connection stands."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    REFUSED = "refused"


class ConnectionState(msgspec.Struct, frozen=True):
    """``code`` says why it is not connected; ``final``: no more tries before ``retry_now``, trying changes nothing."""

    phase: Phase
    code: str = ""
    final: bool = False


def _ignore(_: object) -> None:
    return


class Listeners(link.Listeners, frozen=True):
    """What the connection tells of itself, beside what the relay says unasked."""

    state: Callable[[ConnectionState], None] = _ignore
    welcome: Callable[[frames.Welcome], None] = _ignore
    hello: Callable[[login.HelloBody], None] = _ignore  # its addresses are kept for the next start


@dataclass(slots=True)
class _Course:
    """What one try found out, for the wait before the next."""

    wait: float = 0.0
    final: bool = False


class Connection:
    """One WebSocket at a time to one relay, for one device.

    ``urls`` are tried in order, then those of the last Hello, then the local network. Questions raise
    errors.AgainLater: ``offline`` without a link, ``connection_lost`` when it ends before the answer, ``no_answer``
    after ``answer_within`` seconds.
    """

    def __init__(
        self,
        way: transport.Transport,
        urls: Sequence[str],
        pinned: ids.RelayId,
        credentials: handshake.Credentials,
        time: clock.Clock,
        *,
        listeners: Listeners | None = None,
        backoff: clock.Backoff | None = None,
        answer_within: float = 30.0,
        discover: Callable[[bytes], Awaitable[Sequence[str]]] = discovery.find,
    ) -> None:
        self._way = way
        self._urls = list(dict.fromkeys(urls))
        self._pinned = pinned
        self._credentials = credentials
        self._clock = time
        self._listeners = listeners or Listeners()
        self._backoff = backoff or clock.Backoff()
        self._within = answer_within
        self._discover = discover
        self._owner = tasks.TaskOwner("connection")
        self._inbox = incoming.Incoming()
        self._link: link.Link | None = None
        self._met: handshake.Met | None = None
        self._welcome: frames.Welcome | None = None
        self._offset = 0
        self._sessions = 0
        self._closed = False
        self._watched: frames.Watch | None = None
        self._state = ConnectionState(Phase.OFFLINE)
        self._nudge = asyncio.Event()
        self._turned = asyncio.Event()  # set at each change of state
        self._next_try = 0

    # its life

    def start(self) -> None:
        """Connect, and reconnect from now on, until ``close``."""
        self._owner.spawn(self._run(), name="reconnect")

    async def close(self) -> None:
        """Hand over what is queued, then end, within a second."""
        if self._link is not None:
            await self._link.farewell()
        self._closed = True
        await self._owner.close(grace=_CLOSING)
        self._inbox.close()
        self._turned.set()
        self._turn(ConnectionState(Phase.OFFLINE))

    def retry_now(self) -> None:
        """Do not wait for the next try: the network is back, or somebody asked."""
        self._nudge.set()

    async def wait_connected(self) -> None:
        """Wait until the device is logged in; raises the error of a refusal that waiting does not change.

        errors.AgainLater (``offline``) once it is closed.
        """
        while self._state.phase is not Phase.CONNECTED:
            if self._closed:
                raise errors.AgainLater("offline")
            if self._state.final:
                raise codes.error(self._state.code)
            self._turned.clear()
            await self._turned.wait()

    @property
    def state(self) -> ConnectionState:
        return self._state

    @property
    def next_try(self) -> int:
        """When it tries again (clock milliseconds); 0 when it is trying, connected, or waits for ``retry_now``."""
        return self._next_try

    @property
    def welcome(self) -> frames.Welcome | None:
        """The newest Welcome, kept when the connection has ended."""
        return self._welcome

    @property
    def boot(self) -> bytes:
        """The relay's boot id, to be stored beside sealed bytes; empty before the first Welcome."""
        return self._welcome.boot if self._welcome is not None else b""

    @property
    def relay_time_offset(self) -> int:
        """Milliseconds to add to our clock to get the relay's."""
        return self._offset

    def reach(self) -> handshake.Reach | None:
        """Where HTTP requests go, with the newest token; None when not connected."""
        if self._met is None or self._link is None:
            return None
        return replace(self._met.reach, token=self._link.token)

    # questions

    def _live(self) -> link.Link:
        if self._link is None:
            raise errors.AgainLater("offline")
        return self._link

    async def submit(self, submit: bytes, part: bytes) -> link.SubmitAnswer:
        """Send the stored bytes of a Submit (frames.encode_one) and wait; Refused is returned, not raised."""
        return await self._live().submit(submit, part)

    async def withdraw(self, submit: bytes, to: bytes, boot: bytes) -> str:
        """``withdrawn``, ``never_had``, ``handed_over`` or ``not_known``; raises what codes.error gives."""
        return await self._live().withdraw(frames.Withdraw(submit, to, boot))

    async def withdraw_text(self, submit: bytes, boot: bytes) -> str:
        """The same of a text."""
        return await self._live().withdraw(frames.WithdrawText(submit, boot))

    async def lookup(self, address: str) -> frames.Found:
        """Ask by address; raises what codes.error gives."""
        return await self._live().lookup(address, b"")

    async def lookup_account(self, account: bytes) -> frames.Found:
        """Ask by account id; raises what codes.error gives."""
        return await self._live().lookup("", account)

    async def relation(self, account: bytes, state: int) -> None:
        """Say what an account is to us; returns when the relay has got as far as reading it."""
        await self._live().confirm(frames.Relation(account, state))

    def watch(self, accounts: Iterable[bytes]) -> None:
        """The accounts whose changes we want to hear of, from now on and after each login."""
        self._watched = frames.Watch(tuple(accounts))
        if self._link is not None:
            self._link.send(self._watched)

    def ephemeral(self, to: bytes, items: Sequence[frames.Addressed]) -> bool:
        """Send typing and the like if there is a link; never waits, never repeats."""
        if self._link is None:
            return False
        self._link.send(frames.SendEphemeral(to, tuple(items)))
        return True

    # the mailbox

    def incoming(self) -> incoming.Incoming:
        """What the mailbox hands over, in order, for one reader; ends with ``close``."""
        return self._inbox

    def acknowledge(self, session: int, entries: Iterable[int]) -> None:
        """These are committed; of an ended connection it means nothing any more and is dropped."""
        if self._link is not None and self._link.session == session:
            self._link.acknowledge(entries)

    # reconnecting

    async def _run(self) -> None:
        while True:
            self._nudge.clear()
            course = await self._try()
            if course.final:
                await self._nudge.wait()
                continue
            wait = max(self._backoff.next(), course.wait)
            self._next_try = self._clock.now() + round(wait * 1000)
            self._listeners.state(self._state)  # whoever shows it shows the time as well
            try:
                async with asyncio.timeout(wait):
                    await self._nudge.wait()
            except TimeoutError:
                continue
            finally:
                self._next_try = 0

    async def _try(self) -> _Course:
        """One connection from the first byte to its end."""
        course = _Course()
        self._turn(ConnectionState(Phase.CONNECTING, self._state.code))
        try:
            await self._connect(course)
        except errors.AgainLater as error:
            course.wait = max(course.wait, error.retry_after or 0.0)
            self._turn(ConnectionState(Phase.OFFLINE, error.code))
        except errors.KingfisherError as error:
            log.warning("no connection to the relay: %s", error.code)
            self._turn(ConnectionState(Phase.REFUSED, error.code, course.final))
        return course

    async def _connect(self, course: _Course) -> None:
        greeting = await self._greet()
        try:
            self._met = greeting.met
            self._listeners.hello(greeting.met.hello)
            answer, rest = await handshake.log_in(greeting, self._credentials)
            if isinstance(answer, frames.Refused):
                # Only here: what a stranger in between says never ends the tries.
                course.final = codes.family(answer.code) is codes.Family.GIVE_UP
                self._listeners.refused(answer)
                raise codes.error(answer.code, answer.limit, answer.retry_after)
            await self._serve(greeting, answer, rest, course)
        finally:
            await greeting.channel.close()

    async def _greet(self) -> handshake.Greeting:
        """The known addresses first, the one that answered last at their head; then the local network."""
        known = list(self._urls)
        if self._met is not None:
            known = list(dict.fromkeys([self._met.reach.url, *known, *self._met.hello.urls]))
        try:
            return await handshake.greet(self._way, known, self._pinned, self._clock)
        except errors.KingfisherError:
            found = [url for url in await self._discover(self._pinned) if url not in known]
            if not found:
                raise
        return await handshake.greet(self._way, found, self._pinned, self._clock)

    async def _serve(
        self,
        greeting: handshake.Greeting,
        welcome: frames.Welcome,
        rest: Sequence[frames.RelayFrame],
        course: _Course,
    ) -> None:
        self._sessions += 1
        self._welcome = welcome
        self._offset = welcome.now - self._clock.now()
        live = link.Link(
            greeting.channel,
            self._sessions,
            self._inbox,
            self._listeners,
            self._clock,
            self._within,
            welcome.token,
        )
        self._link = live
        try:
            if self._watched is not None:
                live.send(self._watched)
            self._backoff.reset()
            self._listeners.welcome(welcome)
            self._turn(ConnectionState(Phase.CONNECTED))
            await live.run(rest)
        finally:
            # Before anything is awaited: whoever hears of the end and asks again must not meet the ended link.
            self._link = None
            self._inbox.drop()
            self._turn(ConnectionState(Phase.OFFLINE, "connection_lost"))
            course.wait = live.come_back
            await live.end()

    def _turn(self, state: ConnectionState) -> None:
        if state == self._state:
            return
        self._state = state
        self._turned.set()
        self._listeners.state(state)
