"""The keychain in a real Secret Service: every state it can be in, and that nothing is deleted or created over it."""

import asyncio
import contextlib
import gc
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage import keychain
from app.storage.keychain import Keychain, KeychainAnswer, State
from tests.parts import secret_service
from tests.parts.secret_service import SecretService

SECRET, OTHER = b"\0\xff" * 16, b"other" * 5
PROFILE = "00" * 16

pytestmark = [
    pytest.mark.keyring,
    # keyring itself leaves its connection to the bus open when a service says no
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.skipif(bool(secret_service.MISSING), reason=f"not installed: {', '.join(secret_service.MISSING)}"),
]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """A bus of its own without a keyring, for this very process."""
    with tempfile.TemporaryDirectory(prefix="kf") as folder, secret_service.session(Path(folder)) as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        yield started
        gc.collect()


def kept(service: SecretService) -> dict[str, bytes]:
    """The keyring's files, to see that they stay as they are."""
    folder = service.folder / "data" / "keyrings"
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


async def test_ready_keeps_a_secret_also_for_the_next_session(service: SecretService) -> None:
    service.start()
    chain = Keychain()
    assert await chain.read(PROFILE) == KeychainAnswer(State.READY)
    assert await chain.write(PROFILE, SECRET) == KeychainAnswer(State.READY)
    assert await chain.write(PROFILE, SECRET) == KeychainAnswer(State.READY)
    assert await chain.read(PROFILE) == KeychainAnswer(State.READY, SECRET)
    assert await chain.read("11" * 16) == KeychainAnswer(State.READY)
    service.stop()
    service.start()
    assert await Keychain().read(PROFILE, lambda secret: secret == SECRET) == KeychainAnswer(State.READY, SECRET)
    assert await chain.delete(PROFILE) == KeychainAnswer(State.READY)
    assert await chain.delete(PROFILE) == KeychainAnswer(State.READY)
    assert await chain.read(PROFILE) == KeychainAnswer(State.READY)


async def test_locked_is_not_empty_and_is_left_alone(service: SecretService) -> None:
    service.start()
    chain = Keychain()
    await chain.write(PROFILE, SECRET)
    service.stop()
    service.start(password=None)
    before = kept(service)
    assert await chain.read(PROFILE) == KeychainAnswer(State.LOCKED)
    assert await chain.read(PROFILE, lambda secret: True) == KeychainAnswer(State.LOCKED)
    assert await chain.write(PROFILE, OTHER, replace=True) == KeychainAnswer(State.LOCKED)
    assert await chain.delete(PROFILE) == KeychainAnswer(State.LOCKED)
    assert kept(service) == before
    service.stop()
    service.start()
    assert await chain.read(PROFILE) == KeychainAnswer(State.READY, SECRET)


async def test_absent_without_a_service_and_without_a_bus(
    service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = Keychain()
    assert await chain.read(PROFILE) == KeychainAnswer(State.ABSENT)
    assert await chain.write(PROFILE, SECRET) == KeychainAnswer(State.ABSENT)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert await chain.read(PROFILE) == KeychainAnswer(State.ABSENT)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    assert await chain.read(PROFILE) == KeychainAnswer(State.ABSENT)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", service.environment["DBUS_SESSION_BUS_ADDRESS"])
    service.start()
    assert await chain.write(PROFILE, SECRET) == KeychainAnswer(State.READY)


async def test_changed_when_what_is_expected_is_not_there_or_is_another(service: SecretService) -> None:
    service.start()
    chain = Keychain()
    assert await chain.read(PROFILE, lambda secret: True) == KeychainAnswer(State.CHANGED)
    await chain.write(PROFILE, OTHER)
    assert await chain.read(PROFILE, lambda secret: secret == SECRET) == KeychainAnswer(State.CHANGED)
    assert await chain.write(PROFILE, SECRET) == KeychainAnswer(State.CHANGED)
    assert await chain.read(PROFILE) == KeychainAnswer(State.READY, OTHER)  # nothing was written over it
    assert await chain.write(PROFILE, SECRET, replace=True) == KeychainAnswer(State.READY)
    assert await chain.read(PROFILE, lambda secret: secret == SECRET) == KeychainAnswer(State.READY, SECRET)
    backend = await asyncio.to_thread(keychain.system_backend)
    assert backend is not None
    for text in ("not base64!", "A" * 4096, "ä", ""):
        await asyncio.to_thread(backend.set_password, keychain.SERVICE, PROFILE, text)
        assert await chain.read(PROFILE) == KeychainAnswer(State.CHANGED)


async def test_refused_when_nobody_can_be_asked_for_a_new_keyring(service: SecretService) -> None:
    service.start(password=None)  # no keyring yet: making one needs a prompt, and there is no screen
    chain = Keychain()
    assert await chain.read(PROFILE) == KeychainAnswer(State.REFUSED)
    assert await chain.write(PROFILE, SECRET) == KeychainAnswer(State.REFUSED)
    assert not any(name.endswith(".keyring") for name in kept(service))


async def test_refused_when_what_was_written_is_not_there(service: SecretService) -> None:
    from keyring.backends.null import Keyring

    chain = Keychain(backend=Keyring)
    assert await chain.write(PROFILE, SECRET) == KeychainAnswer(State.REFUSED)


async def test_slow_answers_still_come_and_nobody_is_asked_twice(service: SecretService) -> None:
    service.start()
    await Keychain().write(PROFILE, SECRET)
    asked = 0

    def counted() -> keychain.Backend | None:
        nonlocal asked
        asked += 1
        return keychain.system_backend()

    patient, hasty = Keychain(), Keychain(counted, limit=0.05)
    service.pause()
    assert await hasty.read(PROFILE) == KeychainAnswer(State.SLOW)
    assert await hasty.read(PROFILE) == KeychainAnswer(State.SLOW)
    assert asked == 1
    waiting = asyncio.ensure_future(patient.read(PROFILE))
    await asyncio.sleep(0)
    service.resume()
    assert await waiting == KeychainAnswer(State.READY, SECRET)


async def test_a_service_that_ends_while_it_is_asked_was_there(service: SecretService) -> None:
    """And the next answer comes from the one that follows it."""
    service.start()
    chain = Keychain()
    assert await chain.write(PROFILE, SECRET) == KeychainAnswer(State.READY)
    service.pause()
    with service.asked() as wait:
        reading = asyncio.ensure_future(chain.read(PROFILE))
        await asyncio.to_thread(wait)
        service.crash()
        assert await reading == KeychainAnswer(State.SLOW)
    service.start()
    assert await chain.read(PROFILE) == KeychainAnswer(State.READY, SECRET)


async def test_a_bus_that_does_not_answer_is_no_missing_keychain(monkeypatch: pytest.MonkeyPatch) -> None:
    import secretstorage

    def silent() -> None:
        raise TimeoutError("Did not authenticate in 1.0 seconds")

    monkeypatch.setattr(secretstorage, "dbus_init", silent)
    assert await Keychain().read(PROFILE) == KeychainAnswer(State.SLOW)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
async def test_a_bus_too_busy_to_take_a_connection_is_no_missing_keychain(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="kf") as folder, contextlib.ExitStack() as waiting:
        bus = waiting.enter_context(socket.socket(socket.AF_UNIX))
        bus.bind(f"{folder}/bus")
        bus.listen(0)
        for _ in range(2):
            one = waiting.enter_context(socket.socket(socket.AF_UNIX))
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(f"{folder}/bus")
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={folder}/bus")
        assert await Keychain().read(PROFILE) == KeychainAnswer(State.SLOW)


async def test_asking_again_gets_the_answer_that_was_on_its_way() -> None:
    released = threading.Event()

    class Prompting:
        """A backend that stands until its user has answered."""

        def get_password(self, service: str, username: str) -> str | None:
            released.wait()
            return "AAAA"

        def set_password(self, service: str, username: str, password: str) -> None: ...
        def delete_password(self, service: str, username: str) -> None: ...

    chain = Keychain(Prompting, limit=0.01)
    assert await chain.read(PROFILE) == KeychainAnswer(State.SLOW)
    again = [asyncio.ensure_future(Keychain.read(chain, PROFILE)) for _ in range(2)]
    await asyncio.sleep(0)
    chain.limit = 30.0
    released.set()
    assert await asyncio.gather(*again) == [KeychainAnswer(State.READY, b"\0\0\0")] * 2


STANDING = """
import asyncio, threading
from app.storage.keychain import Keychain

class Standing:
    def get_password(self, service, username):
        threading.Event().wait()

async def main():
    print((await Keychain(Standing, limit=0.01).read("p")).state)

asyncio.run(main())
"""


async def test_an_unanswered_prompt_does_not_keep_the_program_from_ending() -> None:
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", STANDING], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "slow\n"


async def test_no_configuration_leads_to_another_backend(
    service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "python_keyring" / "keyringrc.cfg"
    config.parent.mkdir()
    config.write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n")
    assert await Keychain().write(PROFILE, SECRET) == KeychainAnswer(State.ABSENT)
    service.start()
    assert await Keychain().write(PROFILE, SECRET) == KeychainAnswer(State.READY)
    backend = await asyncio.to_thread(keychain.system_backend)
    assert type(backend).__module__ == "keyring.backends.SecretService"


async def test_the_loop_is_never_blocked(service: SecretService, no_blocking: None) -> None:
    service.start()
    assert await Keychain().write(PROFILE, SECRET) == KeychainAnswer(State.READY)


@pytest.mark.parametrize("secret", [b"", b"x" * (keychain.MAX_SECRET + 1)])
async def test_a_secret_has_a_sensible_length(secret: bytes) -> None:
    with pytest.raises(ValueError, match="1 to 1024"):
        await Keychain().write(PROFILE, secret)


def test_an_answer_does_not_show_its_secret() -> None:
    assert "secret" not in repr(KeychainAnswer(State.READY, SECRET))
