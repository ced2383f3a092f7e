"""The session's bus on Linux: questions to other programs of the desktop, and what those say by themselves.

Qt's bus cannot say "an unsigned number", which notifications want twice; jeepney, which the keychain brings along, can.
"""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final

ANSWER: Final = 10.0  # seconds for an answer
_MEMBER: Final = 3  # the header's field with a signal's name (D-Bus specification, "Header Fields")
# What a bus, or a system without one, may bring about; the last: an answer that comes while its question is cancelled.
FAILURES: Final = (ImportError, OSError, EOFError, KeyError, ValueError, TimeoutError, asyncio.InvalidStateError)


@dataclass(frozen=True, slots=True)
class Peer:
    """Another program's object: its name on the bus, the object's path and the interface that is spoken."""

    name: str
    path: str
    interface: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which signals are listened to; what is None is left open. ``first`` is the first argument."""

    interface: str
    path: str | None = None
    member: str | None = None
    first: str | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """What somebody said: the signal's name, and its arguments."""

    member: str
    body: tuple[Any, ...]


class SessionBus:
    """One connection to the session's bus. Every method but ``end`` raises one of FAILURES when there is none."""

    def __init__(self) -> None:
        self._bus: Any = None
        self._router: Any = None
        self._signals: asyncio.Queue[Any] = asyncio.Queue(64)  # None ends the listening

    @contextlib.asynccontextmanager
    async def connected(self, *wanted: Wanted) -> AsyncGenerator[None]:
        """The connection, which hears what is wanted, for as long as the block runs."""
        # By name: other systems have no such bus, and not the library either.
        self._bus = importlib.import_module("jeepney")
        way: Any = importlib.import_module("jeepney.io.asyncio")
        connection = await way.open_dbus_connection()
        try:
            async with contextlib.AsyncExitStack() as listening:
                self._router = await listening.enter_async_context(way.DBusRouter(connection))
                for rule in map(self._rule, wanted):
                    listening.enter_context(self._router.filter(rule, queue=self._signals))
                    async with asyncio.timeout(ANSWER):
                        await self._router.send_and_get_reply(self._bus.message_bus.AddMatch(rule))
                yield
        finally:
            self._router = None
            await connection.close()

    async def call(
        self, peer: Peer, method: str, signature: str = "", arguments: tuple[Any, ...] = ()
    ) -> tuple[Any, ...] | None:
        """The answer's values; None when it is an error. ``signature`` is that of the arguments, as D-Bus writes it."""
        if self._router is None:
            raise OSError("not connected to the session's bus")
        address = self._bus.DBusAddress(peer.path, bus_name=peer.name, interface=peer.interface)
        question = self._bus.new_method_call(address, method, signature, arguments)
        async with asyncio.timeout(ANSWER):
            answer: Any = await self._router.send_and_get_reply(question)
        return tuple(answer.body) if answer.header.message_type is self._bus.MessageType.method_return else None

    async def heard(self) -> Signal | None:
        """The next signal that was wanted; None once the listening was ended."""
        message = await self._signals.get()
        if message is None:
            return None
        return Signal(str(message.header.fields.get(_MEMBER, "")), tuple(message.body))

    def end(self) -> None:
        """Hear nothing more, in order: cancelled half-way, the library leaves its socket open."""
        with contextlib.suppress(asyncio.QueueFull):
            self._signals.put_nowait(None)

    def _rule(self, wanted: Wanted) -> Any:
        rule = self._bus.MatchRule(type="signal", interface=wanted.interface, path=wanted.path, member=wanted.member)
        if wanted.first is not None:
            rule.add_arg_condition(0, wanted.first)
        return rule
