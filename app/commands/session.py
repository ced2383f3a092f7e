"""What every command works with: the messenger, its connection when it is needed, and waiting until something is so."""

import asyncio
from collections.abc import Awaitable, Callable

from app.client import changes
from app.client.messenger import Messenger
from app.common import errors
from app.domain.delivery import Reason
from app.net.connection import Phase
from app.protocol import address as addresses
from app.storage import people
from app.storage.people import Person

CONNECT = 10.0  # seconds


class Session:
    """One messenger and the commands that run over it at the same time."""

    def __init__(self, messenger: Messenger) -> None:
        self.messenger = messenger
        self.stopping = False
        self._waiting = 0

    @property
    def waiting(self) -> bool:
        """Whether a command waits for something: it ends by itself when asked to stop."""
        return self._waiting > 0

    def stop(self) -> None:
        """The program is to end: whoever waits gives up now, with what there is."""
        self.stopping = True
        self.messenger.hub.publish([changes.ConnectionChanged()])

    @property
    def region(self) -> str | None:
        """For phone numbers without a country code."""
        return self.messenger.settings.values.region or None

    async def online(self, within: float = CONNECT) -> None:
        """Be connected; raises errors.AgainLater with what stands in the way, or the relay's refusal.

        One try that finds nobody is enough: whoever asks wants an answer, not patience.
        """
        connection, tried = self.messenger.connection, False
        self.messenger.connect()
        if connection.state.phase is not Phase.CONNECTED:
            connection.retry_now()

        async def decided() -> bool:
            nonlocal tried
            state = connection.state
            tried = tried or state.phase is Phase.CONNECTING
            nobody = tried and state.phase is Phase.OFFLINE and state.code == "unreachable"
            return state.phase is Phase.CONNECTED or state.final or nobody

        await self.until(decided, within)
        if self.refused is not None:
            raise self.refused
        if connection.state.phase is not Phase.CONNECTED:
            raise errors.AgainLater(connection.state.code or "unreachable")

    @property
    def refused(self) -> errors.KingfisherError | None:
        """Why there will be no connection however long one waits; None while there may be one."""
        state = self.messenger.connection.state
        return errors.GiveUp(state.code) if state.phase is Phase.REFUSED and state.final else None

    async def until(self, ready: Callable[[], Awaitable[bool]], within: float | None) -> bool:
        """Wait until it is so, looked at after each change; False when time is over or the program is to end."""
        moved = asyncio.Event()
        self._waiting += 1
        try:
            with self.messenger.hub.listening(lambda _: moved.set()):
                async with asyncio.timeout(within):
                    while not self.stopping:
                        moved.clear()
                        if await ready():
                            return True
                        await moved.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return False

    async def person(self, text: str) -> Person:
        """The person behind an address, as the directory says it; the relay is asked when nobody is known there.

        Raises errors.AgainLater while it does not answer, and errors.GiveUp (``not_on_kingfisher``).
        """
        messenger = self.messenger
        address = addresses.parse(text, self.region).text
        known = await messenger.database.read(lambda view: people.by_address(view, address))
        if known is not None and known.account is not None:
            return known
        await self.online()
        answer = await messenger.peers.ask(address)
        if answer.head is None or not answer.head.rich:
            raise errors.GiveUp(Reason.NOT_ON_KINGFISHER)
        return await messenger.peers.meet(address, answer)
