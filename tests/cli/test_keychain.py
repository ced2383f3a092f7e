"""The command line over a real Secret Service: each state it can be in has its sentence, and nothing is lost by it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import sentences
from tests.parts import secret_service
from tests.parts.command_line import CommandLine, Outcome
from tests.parts.relay import Relay
from tests.parts.secret_service import SecretService

pytestmark = [
    pytest.mark.keyring,
    pytest.mark.skipif(bool(secret_service.MISSING), reason=f"not installed: {', '.join(secret_service.MISSING)}"),
]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """A bus of its own without a keyring, for the programs this test starts."""
    with tempfile.TemporaryDirectory(prefix="kf") as folder, secret_service.session(Path(folder)) as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        yield started


def refused(outcome: Outcome, code: str) -> bool:
    return (outcome.code, outcome.lines, outcome.said) == (1, [], [sentences.for_code(code)])


def kept(alice: CommandLine) -> dict[str, bytes]:
    """What must be the same before and after a refusal: the ways in and the store."""
    return {file.name: file.read_bytes() for file in alice.folder.iterdir() if file.name in ("keyslots", "store.db")}


@pytest.mark.long
async def test_every_state_of_the_keychain(relay: Relay, tmp_path: Path, service: SecretService) -> None:
    alice = CommandLine(tmp_path / "alice", options=("--vault", "keychain"))
    words = ("settings", "theme")
    register = ("register", "alice@example.com", "--relay", relay.url)
    assert refused(await alice.run(*register), "keychain_absent")
    assert not alice.home.exists
    service.start()
    made = (await alice.run(*register)).line
    assert (await alice.run(*words)).code == 0
    before = kept(alice)

    service.stop()
    assert refused(await alice.run(*words), "keychain_absent")
    service.start(password=None)
    assert refused(await alice.run(*words), "keychain_locked")
    service.stop()
    keyrings = service.folder / "data" / "keyrings"
    away = keyrings.rename(keyrings.with_name("away"))
    service.start()
    assert refused(await alice.run(*words), "keychain_changed")
    assert kept(alice) == before
    service.stop()
    for file in keyrings.iterdir():
        file.unlink()
    keyrings.rmdir()
    away.rename(keyrings)
    service.start()
    assert (await alice.run(*words)).code == 0

    # The keychain is gone for good: the code opens the profile, with a passphrase or with a new keychain.
    service.stop()
    for file in keyrings.iterdir():
        file.unlink()
    code = tmp_path / "code"
    code.write_text(made["recovery_code"])
    unlock = ("unlock", "--recovery-code-file", str(code))
    assert refused(await alice.run(*unlock), "keychain_absent")
    guest = CommandLine(tmp_path / "alice")
    assert (await guest.run(*unlock)).line == {"vault": "passphrase"}
    assert (await guest.run(*words)).code == 0
    service.start()
    assert refused(await alice.run(*words), "keychain_changed")
    assert (await alice.run(*unlock)).line == {"vault": "keychain"}
    assert (await alice.run(*words)).code == 0


@pytest.mark.long
async def test_a_keychain_that_does_not_answer(relay: Relay, tmp_path: Path, service: SecretService) -> None:
    alice = CommandLine(tmp_path / "alice", options=("--vault", "keychain"))
    service.start()
    assert (await alice.run("register", "alice@example.com", "--relay", relay.url)).code == 0
    before = kept(alice)
    service.pause()
    assert refused(await alice.run("settings", "theme"), "keychain_slow")
    assert kept(alice) == before
    service.resume()
    assert (await alice.run("settings", "theme")).code == 0
