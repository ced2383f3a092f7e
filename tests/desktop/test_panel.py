"""A panel that starts after the program: heard of over a session bus of the test's own, else looked for."""

import asyncio

import pytest
from jeepney import new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import DBusRouter, Proxy, open_dbus_connection
from jeepney.wrappers import DBusAddress

from app.common.clock import ManualClock
from app.desktop.panel import JOINED, LATER, SOON, WATCHER, Panel
from tests.desktop.test_notifications import bus, pytestmark

__all__ = ["bus", "pytestmark"]


class Looked:
    """The panel under test, with each look as it comes; nobody moves its clock but the test."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.there = False
        self.missing = 0
        self.count = 0
        self._looks: asyncio.Queue[bool] = asyncio.Queue()
        self.panel = Panel(self.clock, self._look, self._none)
        self.panel.start()

    def _look(self) -> bool:
        self.count += 1
        self._looks.put_nowait(self.there)
        return self.there

    def _none(self) -> None:
        self.missing += 1

    async def next(self) -> bool:
        return await asyncio.wait_for(self._looks.get(), 20)

    async def wait(self, seconds: float) -> None:
        """Let time pass, and whoever waited for it go on."""
        for _ in range(3):
            await asyncio.sleep(0)
        self.clock.advance(seconds)
        for _ in range(3):
            await asyncio.sleep(0)


async def test_the_bus_says_when_the_watcher_comes_and_when_a_panel_joins_it(bus: None) -> None:
    looked = Looked()
    assert await looked.next() is False  # once it listens
    connection = await open_dbus_connection()
    async with DBusRouter(connection) as router:
        await Proxy(message_bus, router).RequestName("org.example.Other")
        await Proxy(message_bus, router).RequestName(WATCHER)
        assert await looked.next() is False
        looked.there = True
        joined = new_signal(DBusAddress(JOINED.path, interface=WATCHER), "StatusNotifierHostRegistered")
        await router.send(joined)
        assert await looked.next() is True
        await router.send(joined)
        await Proxy(message_bus, router).ReleaseName(WATCHER)
        await looked.wait(sum(SOON))
    await looked.panel.close()
    assert (looked.count, looked.missing) == (3, 0)
    await connection.close()


async def test_without_a_bus_it_is_looked_for_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    looked = Looked()
    for seconds in SOON:
        assert looked.missing == 0
        await looked.wait(seconds)
    assert (looked.count, looked.missing) == (len(SOON), 1)
    for seconds in (*LATER, 3600, 3600):
        await looked.wait(seconds)
    assert (looked.count, looked.missing) == (len(SOON) + len(LATER), 1)
    await looked.panel.close()


async def test_one_that_comes_soon_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    looked = Looked()
    await looked.wait(SOON[0])
    looked.there = True
    for seconds in (*SOON[1:], *LATER):
        await looked.wait(seconds)
    assert (looked.count, looked.missing) == (2, 0)
    await looked.panel.close()
