"""The look that the desktop wants, told by a portal on a session bus of the test's own."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from jeepney import MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import DBusConnection, DBusRouter, Proxy, open_dbus_connection
from jeepney.low_level import Message
from jeepney.wrappers import DBusAddress

from app.desktop.look import ANIMATIONS, CONTRAST, NAME, PATH, SCHEME, SETTINGS, STILL, Look
from tests.desktop.test_notifications import bus, pytestmark

__all__ = ["bus", "pytestmark"]

Key = tuple[str, str]
Value = tuple[str, object]
MOVES: dict[Key, Value] = {ANIMATIONS: ("b", False)}
ALL: dict[Key, Value] = {ANIMATIONS: ("b", True), STILL: ("u", 1), CONTRAST: ("u", 1), SCHEME: ("u", 1)}


class Portal:
    """Knows some settings and not the others, and says when one changes."""

    def __init__(self, connection: DBusConnection, known: dict[Key, Value]) -> None:
        self._connection = connection
        self._known = known
        self.asked: asyncio.Queue[Key] = asyncio.Queue()

    async def run(self) -> None:
        while True:
            message = await self._connection.receive()
            if message.header.message_type is MessageType.method_call:
                await self._connection.send(self._answer(message))
                self.asked.put_nowait(message.body)

    def _answer(self, message: Message) -> Message:
        value = self._known.get(message.body)
        if value is None:
            return new_error(message, "org.freedesktop.portal.Error.NotFound")
        return new_method_return(message, "v", (("v", value),))

    async def tell(self, key: Key, value: Value) -> None:
        origin = DBusAddress(PATH, interface=SETTINGS)
        await self._connection.send(new_signal(origin, "SettingChanged", "ssv", (*key, value)))


@pytest.fixture
async def portal(bus: None, request: pytest.FixtureRequest) -> AsyncIterator[Portal]:
    connection = await open_dbus_connection()
    async with DBusRouter(connection) as own:
        await Proxy(message_bus, own).RequestName(NAME)
    found = Portal(connection, getattr(request, "param", MOVES))
    running = asyncio.create_task(found.run())
    yield found
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await connection.close()


class Told:
    """What the program was told, in order: of what, and how it is wanted."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[tuple[str, bool | None]] = asyncio.Queue()
        self.look = Look(self)
        self.look.start()

    def follow_motion(self, reduced: bool) -> None:
        self._heard.put_nowait(("still", reduced))

    def follow_contrast(self, strong: bool) -> None:
        self._heard.put_nowait(("strong", strong))

    def follow_scheme(self, dark: bool | None) -> None:
        self._heard.put_nowait(("dark", dark))

    async def next(self) -> tuple[str, bool | None]:
        return await asyncio.wait_for(self._heard.get(), 20)

    @property
    def nothing(self) -> bool:
        return self._heard.empty()


async def test_it_is_asked_once_and_then_followed(portal: Portal) -> None:
    told = Told()
    assert await told.next() == ("still", True)
    await portal.tell((ANIMATIONS[0], "cursor-size"), ("i", 24))
    await portal.tell(ANIMATIONS, ("s", "no truth value"))
    await portal.tell(ANIMATIONS, ("b", True))
    assert await told.next() == ("still", False)
    await portal.tell(ANIMATIONS, ("b", False))
    assert await told.next() == ("still", True)
    assert told.nothing
    await told.look.close()


@pytest.mark.parametrize("portal", [{}], indirect=True)
async def test_a_desktop_that_does_not_know_it_yet_can_say_it_later(portal: Portal) -> None:
    told = Told()
    asked = {await asyncio.wait_for(portal.asked.get(), 20) for _ in ALL}
    assert asked == set(ALL)
    await portal.tell(ANIMATIONS, ("b", False))
    assert await told.next() == ("still", True)
    assert told.nothing
    await told.look.close()


@pytest.mark.parametrize("portal", [ALL], indirect=True)
async def test_light_and_contrast_are_asked_and_followed_as_well(portal: Portal) -> None:
    told = Told()
    heard = [await told.next() for _ in ALL]
    assert heard == [("dark", True), ("strong", True), ("still", True), ("still", True)]
    for value, dark in ((2, False), (0, None), (1, True), (77, None)):
        await portal.tell(SCHEME, ("u", value))
        assert await told.next() == ("dark", dark)
    for value, strong in ((0, False), (1, True), (77, False)):
        await portal.tell(CONTRAST, ("u", value))
        assert await told.next() == ("strong", strong)
    await portal.tell(CONTRAST, ("s", "no number"))
    await portal.tell(SCHEME, ("b", True))
    await portal.tell(STILL, ("u", 0))
    assert await told.next() == ("still", False)
    assert told.nothing
    await told.look.close()


@pytest.mark.parametrize("portal", [ALL], indirect=True)
async def test_one_of_two_that_wants_less_movement_is_enough(portal: Portal) -> None:
    told = Told()
    for _ in ALL:
        await told.next()
    await portal.tell(ANIMATIONS, ("b", False))
    assert await told.next() == ("still", True)
    await portal.tell(STILL, ("u", 0))
    assert await told.next() == ("still", True)
    await portal.tell(ANIMATIONS, ("b", True))
    assert await told.next() == ("still", False)
    await told.look.close()


async def test_without_a_bus_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    told = Told()
    await told.look.close()
    assert told.nothing
