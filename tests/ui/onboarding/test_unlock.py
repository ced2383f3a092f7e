"""A profile that does not open by itself: each state of a real keychain with its way out, and nothing lost by any."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.client import arrival
from app.client.arrival import Arrival, Door
from app.client.unlocking import Opener
from app.common import errors
from app.storage import keyslots
from app.storage.keychain import Keychain
from app.ui.onboarding.unlock import Unlock
from app.ui.theme import Theme
from tests.parts import secret_service
from tests.parts.relay import Near
from tests.parts.secret_service import SecretService
from tests.ui.onboarding.conftest import door_of
from tests.ui.onboarding.hand import Hand, until

ALICE = "alice@example.com"
PASSPHRASE = "four random words here"
# keyring leaves its connection to the bus to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
needs_service = pytest.mark.skipif(bool(secret_service.MISSING), reason="needs a Secret Service of its own")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """A session bus of its own, short enough for a socket, that this process uses."""
    folder = Path(tempfile.mkdtemp(prefix="kf"))
    try:
        with secret_service.session(folder) as made:
            for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
                monkeypatch.setenv(name, made.environment[name])
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Shown:
    """The window over a profile that did not open."""

    def __init__(self, theme: Theme, door: Door, error: errors.KingfisherError | None) -> None:
        self.window = Unlock(theme, door, error)
        self.hand = Hand(self.window)
        self.end = asyncio.ensure_future(self.window.run())

    async def key(self) -> bytes | None:
        await until(self.end.done)
        return self.end.result()


async def _register(door: Door, relay: Near, opener: Opener) -> tuple[bytes, str]:
    way = Arrival(door)
    code = await way.register(opener, arrival.read_invite(await relay.invite()).joining, ALICE, "Alice")
    return (await way.kept()).key, code


async def _refusal(door: Door) -> errors.KingfisherError:
    with pytest.raises(errors.KingfisherError) as caught:
        await door.unlocking.open(Opener())
    return caught.value


@pytest_asyncio.fixture
async def by_passphrase(relay: Near, tmp_path: Path) -> AsyncIterator[tuple[Door, bytes, str]]:
    door = door_of(tmp_path)
    key, code = await _register(door, relay, Opener("passphrase", PASSPHRASE))
    yield door, key, code


async def test_a_passphrase_is_asked_for(theme: Theme, by_passphrase: tuple[Door, bytes, str]) -> None:
    door, key, _ = by_passphrase
    shown = Shown(theme, door, await _refusal(door))
    await shown.hand.sees("Enter your passphrase")
    shown.hand.type("Passphrase", "something else")
    shown.hand.key(Qt.Key.Key_Return)
    await until(lambda: shown.hand.says("That isn’t the passphrase."))
    shown.hand.type("Passphrase", PASSPHRASE)
    shown.hand.key(Qt.Key.Key_Return)
    assert await shown.key() == key


async def test_a_forgotten_passphrase_is_made_anew_with_the_code(
    theme: Theme, by_passphrase: tuple[Door, bytes, str]
) -> None:
    door, key, code = by_passphrase
    shown = Shown(theme, door, await _refusal(door))
    await shown.hand.sees("Enter your passphrase")
    shown.hand.press("Use the Recovery Code")
    await shown.hand.sees("Open with your recovery code")
    shown.hand.type("Recovery code", "12345 67890")
    shown.hand.type("New passphrase", "another one altogether")
    shown.hand.type("New passphrase again", "another one altogether")
    shown.hand.key(Qt.Key.Key_Return)
    await until(lambda: shown.hand.says("This isn’t a recovery code"))
    shown.hand.type("Recovery code", code)
    shown.hand.press("Open")
    assert await shown.key() == key
    assert await door.unlocking.open(Opener("passphrase", "another one altogether")) == key


async def test_a_damaged_file_is_said_and_nothing_is_written(
    theme: Theme, by_passphrase: tuple[Door, bytes, str]
) -> None:
    door, _, _ = by_passphrase
    path = door.home.root / keyslots.FILE
    path.write_text("{")
    shown = Shown(theme, door, await _refusal(door))
    await until(lambda: shown.hand.says("damaged"))
    await until(lambda: QApplication.focusWidget() is not None)
    assert {"Show Folder", "Try Again"} == set(shown.hand.walk())
    shown.window.close()
    assert await shown.key() is None
    assert path.read_text() == "{"


async def test_a_store_that_is_gone_is_said(theme: Theme, by_passphrase: tuple[Door, bytes, str]) -> None:
    door, _, _ = by_passphrase
    door.home.store.rename(door.home.root / "elsewhere")
    shown = Shown(theme, door, await _refusal(door))
    await shown.hand.sees("Enter your passphrase")
    shown.hand.type("Passphrase", PASSPHRASE)
    shown.hand.key(Qt.Key.Key_Return)
    await until(lambda: shown.hand.says("is gone from this computer"))
    assert not door.home.store.exists()
    shown.window.close()
    await shown.key()


@needs_service
async def test_a_locked_keychain_opens_when_it_is_unlocked(
    theme: Theme, relay: Near, tmp_path: Path, service: SecretService
) -> None:
    service.start("test")
    door = door_of(tmp_path, Keychain(limit=10))
    key, _ = await _register(door, relay, Opener())
    service.stop()
    service.start(None)
    shown = Shown(theme, door, await _refusal(door))
    await until(lambda: shown.hand.says("The keychain is locked."))
    service.stop()
    service.start("test")
    shown.hand.press("Try Again")
    assert await shown.key() == key


@needs_service
async def test_a_keychain_that_lost_the_key_gets_it_back_by_the_code(
    theme: Theme, relay: Near, tmp_path: Path, service: SecretService
) -> None:
    service.start("test")
    door = door_of(tmp_path, Keychain(limit=10))
    key, code = await _register(door, relay, Opener())
    found = keyslots.read(door.home.root)
    assert found is not None
    await Keychain(limit=10).delete(found.profile.hex())
    shown = Shown(theme, door, await _refusal(door))
    await until(lambda: shown.hand.says("The keychain no longer holds the key"))
    shown.hand.press("Use the Recovery Code")
    shown.hand.type("Recovery code", code)
    shown.hand.key(Qt.Key.Key_Return)
    assert await shown.key() == key
    assert await door.unlocking.open(Opener()) == key


@needs_service
async def test_without_a_keychain_the_code_opens_for_this_time(
    theme: Theme, relay: Near, tmp_path: Path, service: SecretService
) -> None:
    service.start("test")
    door = door_of(tmp_path, Keychain(limit=10))
    key, code = await _register(door, relay, Opener())
    service.stop()
    before = (door.home.root / keyslots.FILE).read_bytes()
    shown = Shown(theme, door, await _refusal(door))
    await until(lambda: shown.hand.says("no keychain on this computer"))
    shown.hand.press("Use the Recovery Code")
    shown.hand.type("Recovery code", code)
    shown.hand.key(Qt.Key.Key_Return)
    await until(lambda: shown.hand.says("could not be put back"))
    shown.hand.press("Open Anyway")
    assert await shown.key() == key
    assert (door.home.root / keyslots.FILE).read_bytes() == before


@needs_service
async def test_a_slow_keychain_is_waited_for(theme: Theme, relay: Near, tmp_path: Path, service: SecretService) -> None:
    service.start("test")
    door = door_of(tmp_path, Keychain(limit=10))
    key, _ = await _register(door, relay, Opener())
    service.pause()
    shown = Shown(theme, door, None)
    await until(lambda: shown.hand.says("Asking the keychain."))
    service.resume()
    assert await shown.key() == key
