"""Less movement because the desktop says so, told by a portal on a session bus of the test's own."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from jeepney import MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import DBusConnection, DBusRouter, Proxy, open_dbus_connection
from jeepney.low_level import Message
from jeepney.wrappers import DBusAddress

from app.desktop.motion import KEY, NAME, PATH, SETTINGS, Motion
from tests.desktop.test_notifications import bus, pytestmark

__all__ = ["bus", "pytestmark"]


class Portal:
    """Knows whether things move, or knows nothing of it, and says when that changes."""

    def __init__(self, connection: DBusConnection, moving: bool | None) -> None:
        self._connection = connection
        self._moving = moving
        self.asked = asyncio.Event()

    async def run(self) -> None:
        while True:
            message = await self._connection.receive()
            if message.header.message_type is MessageType.method_call:
                await self._connection.send(self._answer(message))
                self.asked.set()

    def _answer(self, message: Message) -> Message:
        if message.body != KEY or self._moving is None:
            return new_error(message, "org.freedesktop.portal.Error.NotFound")
        return new_method_return(message, "v", (("v", ("b", self._moving)),))

    async def tell(self, key: tuple[str, str], value: tuple[str, object]) -> None:
        origin = DBusAddress(PATH, interface=SETTINGS)
        await self._connection.send(new_signal(origin, "SettingChanged", "ssv", (*key, value)))


@pytest.fixture
async def portal(bus: None, request: pytest.FixtureRequest) -> AsyncIterator[Portal]:
    connection = await open_dbus_connection()
    async with DBusRouter(connection) as own:
        await Proxy(message_bus, own).RequestName(NAME)
    found = Portal(connection, getattr(request, "param", False))
    running = asyncio.create_task(found.run())
    yield found
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await connection.close()


class Told:
    """What the program was told, in order."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[bool] = asyncio.Queue()
        self.motion = Motion(self._heard.put_nowait)
        self.motion.start()

    async def next(self) -> bool:
        return await asyncio.wait_for(self._heard.get(), 20)

    @property
    def nothing(self) -> bool:
        return self._heard.empty()


async def test_it_is_asked_once_and_then_followed(portal: Portal) -> None:
    told = Told()
    assert await told.next() is True
    await portal.tell((KEY[0], "cursor-size"), ("i", 24))
    await portal.tell(KEY, ("s", "no truth value"))
    await portal.tell(KEY, ("b", True))
    assert await told.next() is False
    await portal.tell(KEY, ("b", False))
    assert await told.next() is True
    assert told.nothing
    await told.motion.close()


@pytest.mark.parametrize("portal", [None], indirect=True)
async def test_a_desktop_that_does_not_know_it_yet_can_say_it_later(portal: Portal) -> None:
    told = Told()
    await asyncio.wait_for(portal.asked.wait(), 20)
    await portal.tell(KEY, ("b", False))
    assert await told.next() is True
    assert told.nothing
    await told.motion.close()


async def test_without_a_bus_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    told = Told()
    await told.motion.close()
    assert told.nothing
