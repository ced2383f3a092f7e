"""What the screen is told of the connection, against a relay process that comes and goes."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from app.client import changes, connectivity
from app.client.connectivity import Connectivity
from app.client.messenger import Messenger, open_messenger
from tests.parts import people
from tests.parts.relay import Relay


async def until(messenger: Messenger, wanted: Callable[[Connectivity], bool]) -> Connectivity:
    """Wait for it, asked after each change as the screen does."""
    moved = asyncio.Event()

    def heard(change: changes.Change) -> None:
        if isinstance(change, changes.ConnectionChanged):
            moved.set()

    with messenger.hub.listening(heard):
        async with asyncio.timeout(30):
            while not wanted(connectivity.of(messenger)):
                moved.clear()
                await moved.wait()
    return connectivity.of(messenger)


async def test_a_relay_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    relay = await Relay(tmp_path / "relay").start()
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    async with open_messenger(alice.home, alice.key, alice.way, alice.clock, online=False) as messenger:
        assert connectivity.of(messenger) == Connectivity("offline")
        connectivity.retry_now(messenger)
        assert (await until(messenger, lambda now: now.connected)).retry_at is None
        await relay.stop()
        lost = await until(messenger, lambda now: now.retry_at is not None)
        assert lost.phase == "offline"
        assert lost.code
        assert not lost.final
        assert lost.retry_at is not None
        assert lost.retry_at <= messenger.clock.now() + 60_000
        await relay.start()
        connectivity.retry_now(messenger)
        assert await until(messenger, lambda now: now.connected) == Connectivity("connected")
    await relay.stop()
