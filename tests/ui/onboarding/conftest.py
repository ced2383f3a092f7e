"""A relay that takes people by invite only, an empty profile, and the first window over it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from app.client.arrival import Door
from app.client.hosting.bundled import Hosting
from app.client.unlocking import Unlocking
from app.common import clock
from app.common.profile import Profile
from app.net.transport import WebSocketTransport
from app.storage.keychain import Keychain
from app.ui.onboarding.first_run import FirstRun
from app.ui.theme import Theme
from tests.parts.people import CHEAP
from tests.parts.relay import Near
from tests.ui.onboarding.hand import Hand


@pytest_asyncio.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Near]:
    running = await Near(tmp_path / "relay", open_registration=False).start()
    yield running
    await running.stop()


def door_of(folder: Path, keychain: Keychain | None = None) -> Door:
    """A profile on a computer without a keychain, unless one is given."""
    home = Profile(folder / "profile")
    home.prepare()
    unlocking = Unlocking(home, keychain or Keychain(lambda: None), CHEAP)
    return Door(home, unlocking, WebSocketTransport(), clock.SystemClock())


class Running:
    """The first window on the screen, and what it ends with."""

    def __init__(self, window: FirstRun) -> None:
        self.window = window
        self.hand = Hand(window)
        self.end = asyncio.ensure_future(window.run())

    async def close(self) -> None:
        if not self.end.done():
            self.window.close()
        await self.end


def first_run(theme: Theme, folder: Path, **more: object) -> FirstRun:
    return FirstRun(theme, door_of(folder), Hosting(folder / "hosted"), **more)  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def running(theme: Theme, tmp_path: Path) -> AsyncIterator[Running]:
    made = Running(first_run(theme, tmp_path))
    await made.hand.sees("Welcome to Kingfisher")
    yield made
    await made.close()
