"""Notifications against a server on a session bus of the test's own: told, replaced, clicked, taken back."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
from jeepney import MessageType, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import DBusConnection, DBusRouter, Proxy, open_dbus_connection
from jeepney.low_level import Message
from jeepney.wrappers import DBusAddress

from app.desktop.notifications import SERVER, Notifications

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="needs dbus-daemon")

BOB, CAROL = b"B" * 16, b"C" * 16


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    words = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    daemon = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert daemon.stdout is not None
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
    yield
    daemon.terminate()
    daemon.wait()
    daemon.stdout.close()


class Server:
    """Shows nothing, remembers everything, and lets the test click."""

    def __init__(self, connection: DBusConnection, *, markup: bool) -> None:
        self._connection = connection
        self._can = ["actions", "body", *(["body-markup"] if markup else [])]
        self.told: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()
        self.closed: asyncio.Queue[int] = asyncio.Queue()
        self._last = 0

    async def run(self) -> None:
        while True:
            message = await self._connection.receive()
            if message.header.message_type is MessageType.method_call:
                await self._answer(message)

    async def _answer(self, message: Message) -> None:
        match message.header.fields[3]:
            case "GetCapabilities":
                answer = new_method_return(message, "as", (self._can,))
            case "Notify":
                self._last = message.body[1] or self._last + 1
                await self.told.put(message.body)
                answer = new_method_return(message, "u", (self._last,))
            case "CloseNotification":
                await self.closed.put(message.body[0])
                answer = new_method_return(message)
            case _:
                return
        await self._connection.send(answer)

    async def click(self, number: int) -> None:
        origin = DBusAddress(SERVER.path, interface=SERVER.name)
        await self._connection.send(new_signal(origin, "ActionInvoked", "us", (number, "default")))


@pytest.fixture
async def server(bus: None, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    connection = await open_dbus_connection()
    async with DBusRouter(connection) as own:
        await Proxy(message_bus, own).RequestName(SERVER.name)
    found = Server(connection, markup=getattr(request, "param", False))
    running = asyncio.create_task(found.run())
    yield found
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await connection.close()


class Desktop:
    """The notifications under test, with what was clicked and what went to the tray."""

    def __init__(self) -> None:
        self.clicked: asyncio.Queue[bytes] = asyncio.Queue()
        self.balloons: asyncio.Queue[tuple[bytes, str, str]] = asyncio.Queue()
        self.notifications = Notifications(self.clicked.put_nowait, lambda *told: self.balloons.put_nowait(told))
        self.notifications.start()


@pytest.fixture
async def desktop() -> AsyncIterator[Desktop]:
    found = Desktop()
    yield found
    await found.notifications.close()


async def test_the_second_of_a_conversation_replaces_the_first(server: Server, desktop: Desktop) -> None:
    desktop.notifications.show(BOB, "Bob", "a <b> & c")
    first = await asyncio.wait_for(server.told.get(), 10)
    assert (first[0], first[1], first[3], first[4]) == ("Kingfisher", 0, "Bob", "a <b> & c")
    assert first[5] == ["default", "Open"]
    desktop.notifications.show(BOB, "Bob", "more")
    assert (await asyncio.wait_for(server.told.get(), 10))[1] == 1
    desktop.notifications.show(CAROL, "Carol", "other")
    assert (await asyncio.wait_for(server.told.get(), 10))[1] == 0


@pytest.mark.parametrize("server", [True], indirect=True)
async def test_words_are_no_markup(server: Server, desktop: Desktop) -> None:
    desktop.notifications.show(BOB, "Bob", "<img src=x> & <b>")
    assert (await asyncio.wait_for(server.told.get(), 10))[4] == "&lt;img src=x&gt; &amp; &lt;b&gt;"


async def test_a_click_names_the_conversation(server: Server, desktop: Desktop) -> None:
    for conversation in (BOB, CAROL):
        desktop.notifications.show(conversation, "x", "y")
        await asyncio.wait_for(server.told.get(), 10)
    desktop.notifications.show(CAROL, "x", "z")  # its answer comes after those of the others were taken
    await asyncio.wait_for(server.told.get(), 10)
    await server.click(1)
    assert await asyncio.wait_for(desktop.clicked.get(), 10) == BOB


async def test_what_was_read_is_taken_back(server: Server, desktop: Desktop) -> None:
    desktop.notifications.show(BOB, "Bob", "hello")
    await asyncio.wait_for(server.told.get(), 10)
    desktop.notifications.show(CAROL, "Carol", "hello")
    await asyncio.wait_for(server.told.get(), 10)
    desktop.notifications.withdraw(BOB)
    assert await asyncio.wait_for(server.closed.get(), 10) == 1


async def test_the_end_takes_back_what_is_shown(server: Server, desktop: Desktop) -> None:
    for _ in range(2):
        desktop.notifications.show(BOB, "Bob", "hello")
        await asyncio.wait_for(server.told.get(), 10)
    await desktop.notifications.close()
    assert await asyncio.wait_for(server.closed.get(), 10) == 1


async def test_a_bus_without_a_server_leaves_it_to_the_tray(bus: None, desktop: Desktop) -> None:
    desktop.notifications.show(BOB, "Bob", "hello")
    assert await asyncio.wait_for(desktop.balloons.get(), 10) == (BOB, "Bob", "hello")


async def test_no_bus_leaves_it_to_the_tray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    desktop = Desktop()
    desktop.notifications.show(BOB, "Bob", "hello")
    assert await asyncio.wait_for(desktop.balloons.get(), 10) == (BOB, "Bob", "hello")
    await desktop.notifications.close()
