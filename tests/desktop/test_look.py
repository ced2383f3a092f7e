"""The look that the desktop wants, told by a portal on a session bus of the test's own."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from jeepney import MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import DBusConnection, DBusRouter, Proxy, open_dbus_connection
from jeepney.low_level import HeaderFields, Message
from jeepney.wrappers import DBusAddress

from app.desktop.look import ANIMATIONS, CONTRAST, PORTAL, SCHEME, STILL, Look
from app.ui.theme import Palette, palette
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
        self.asked: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()

    async def run(self) -> None:
        while True:
            message = await self._connection.receive()
            if message.header.message_type is MessageType.method_call:
                await self._connection.send(self._answer(message))
                self.asked.put_nowait(message.body)

    def _answer(self, message: Message) -> Message:
        if message.header.fields[HeaderFields.member] == "ReadAll":
            found: dict[str, dict[str, Value]] = {}
            for (space, key), value in self._known.items():
                found.setdefault(space, {})[key] = value
            return new_method_return(message, "a{sa{sv}}", (found,))
        value = self._known.get(message.body)
        if value is None:
            return new_error(message, "org.freedesktop.portal.Error.NotFound")
        return new_method_return(message, "v", (("v", value),))

    async def tell(self, key: Key, value: Value) -> None:
        origin = DBusAddress(PORTAL.path, interface=PORTAL.interface)
        await self._connection.send(new_signal(origin, "SettingChanged", "ssv", (*key, value)))


@pytest.fixture
async def portal(bus: None, request: pytest.FixtureRequest) -> AsyncIterator[Portal]:
    connection = await open_dbus_connection()
    async with DBusRouter(connection) as own:
        await Proxy(message_bus, own).RequestName(PORTAL.name)
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

    async def nobody_says_it(self) -> None:
        """Of light and dark, and of contrast: what was so at the last start is so no more."""
        assert [await self.next(), await self.next()] == [("dark", None), ("strong", False)]

    @property
    def nothing(self) -> bool:
        return self._heard.empty()


async def test_it_is_asked_once_and_then_followed(portal: Portal) -> None:
    told = Told()
    await told.nobody_says_it()
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
    await told.nobody_says_it()
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


# What Qt hears by itself, and the window that is on the screen meanwhile


@pytest.fixture
def display() -> Iterator[str]:
    number, told = os.pipe()
    words = ["Xvfb", "-displayfd", str(told), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(told,))
    os.close(told)
    with os.fdopen(number) as said:
        yield f":{said.readline().strip()}"
    server.terminate()
    server.wait()


class Window:
    """Another process with a window; ``come_to`` waits until it looks so."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self.process, self._told = process, process.stdout

    async def come_to(self, scheme: str, contrast: str, colors: Palette) -> None:
        wanted, heard = f"{scheme} {contrast} {colors.background.name()}", list[str]()
        while wanted not in heard:
            line = await asyncio.wait_for(self._told.readline(), 20)
            assert line, f"{wanted} was not among {heard}"
            heard.append(line.decode().strip())


@pytest.fixture
async def window(portal: Portal, display: str) -> AsyncIterator[Window]:
    more = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_QPA_PLATFORMTHEME": "gnome", "NO_AT_BRIDGE": "1"}
    words = (sys.executable, "-m", "tests.desktop.looks")
    process = await asyncio.create_subprocess_exec(*words, env=os.environ | more, stdout=asyncio.subprocess.PIPE)
    yield Window(process)
    process.terminate()
    await process.wait()


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
@pytest.mark.parametrize("portal", [{SCHEME: ("u", 2), CONTRAST: ("u", 0)}], indirect=True)
async def test_a_window_follows_what_qt_hears_while_it_is_open(portal: Portal, window: Window) -> None:
    await window.come_to("light", "plain", palette(dark=False, high_contrast=False))
    async with asyncio.timeout(20):
        while not isinstance((await portal.asked.get())[0], list):
            pass  # until it has asked for all settings, and so listens for changes
    await portal.tell(SCHEME, ("u", 1))
    await window.come_to("dark", "plain", palette(dark=True, high_contrast=False))
    await portal.tell(CONTRAST, ("u", 1))
    await window.come_to("dark", "strong", palette(dark=True, high_contrast=True))
    await portal.tell(SCHEME, ("u", 2))
    await window.come_to("light", "strong", palette(dark=False, high_contrast=True))
    await portal.tell(CONTRAST, ("u", 0))
    await window.come_to("light", "plain", palette(dark=False, high_contrast=False))
