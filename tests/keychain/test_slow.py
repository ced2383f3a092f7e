"""A keychain that does not answer in time: said, nothing changed, and whatever it does later still fits the profile."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from app.client.unlocking import Opener, Unlocking
from app.common import errors
from app.common.profile import Profile
from app.storage import keychain
from app.storage.keychain import Keychain
from tests.keychain.world import World
from tests.parts import secret_service

pytestmark = [
    pytest.mark.keyring,
    pytest.mark.skipif(bool(secret_service.MISSING), reason=f"not installed: {', '.join(secret_service.MISSING)}"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # keyring leaves its connection open
]


@pytest.fixture
def bus(home: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The same world, for the parts in this process."""
    for name, value in home.service.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    home.service.start()
    yield home
    gc.collect()


async def test_slow_is_said_and_the_answer_still_counts(bus: World) -> None:
    chain = Keychain(limit=0.05)
    unlocking, before = Unlocking(Profile(bus.profile), chain), bus.kept()
    bus.service.pause()
    for _ in range(2):
        with pytest.raises(errors.AgainLater, match="keychain_slow"):
            await unlocking.open(Opener())
    assert bus.kept() == before
    chain.limit = 30.0
    waiting = asyncio.ensure_future(unlocking.open(Opener()))
    await asyncio.sleep(0)
    bus.service.resume()
    assert len(await waiting) == 32
    assert bus.kept() == before


@pytest.mark.long
async def test_a_renewal_that_is_given_up_leaves_a_profile_that_opens(bus: World) -> None:
    """The keychain may still take, later, what it was asked to take: either way it opens the profile."""
    chain = Keychain(limit=0.05)
    unlocking = Unlocking(Profile(bus.profile), chain)
    key = await unlocking.open_with_code(bus.code)
    bus.service.pause()
    with pytest.raises(errors.AgainLater, match="keychain_slow"):
        await unlocking.renew_keychain(key)
    bus.service.resume()
    chain.limit = 30.0
    assert await unlocking.open(Opener()) == key
    assert await Unlocking(Profile(bus.profile), Keychain()).open(Opener()) == key


class Late:
    """A real keychain that keeps what it is given only after it was given up on."""

    def __init__(self) -> None:
        self.asked, self.allowed, self.done = (asyncio.Event() for _ in range(3))
        self._loop = asyncio.get_running_loop()
        self._backend = keychain.system_backend()
        assert self._backend is not None

    def get_password(self, service: str, username: str) -> str | None:
        return self._backend.get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._loop.call_soon_threadsafe(self.asked.set)
        asyncio.run_coroutine_threadsafe(self.allowed.wait(), self._loop).result()
        self._backend.set_password(service, username, password)
        self._loop.call_soon_threadsafe(self.done.set)

    def delete_password(self, service: str, username: str) -> None:
        self._backend.delete_password(service, username)


@pytest.mark.long
@pytest.mark.parametrize("again", [False, True], ids=["given up", "tried again"])
async def test_an_entry_written_late_fits_the_profile(bus: World, again: bool) -> None:
    late = Late()
    chain = Keychain(lambda: late)
    unlocking = Unlocking(Profile(bus.profile), chain)
    key = await unlocking.open_with_code(bus.code)
    before = bus.entry()
    renewing = asyncio.ensure_future(unlocking.renew_keychain(key))
    await late.asked.wait()
    chain.limit = 0.0
    renewing.cancel()
    if again:
        with pytest.raises(errors.AgainLater, match="keychain_slow"):
            await unlocking.renew_keychain(key)
    assert await Unlocking(Profile(bus.profile), Keychain()).open(Opener()) == key
    late.allowed.set()
    await late.done.wait()
    assert await Unlocking(Profile(bus.profile), Keychain()).open(Opener()) == key
    assert bus.entry() != before
    chain.limit = 30.0
    await unlocking.renew_keychain(key)
    assert await unlocking.open(Opener()) == key
