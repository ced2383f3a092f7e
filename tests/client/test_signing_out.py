"""An account leaves this computer: wherever that is cut off, there is all of it or a first run."""

import json
from pathlib import Path

import pytest

from app.client import signing_out
from app.client.messenger import open_messenger
from app.client.signing_out import GONE
from app.client.unlocking import Opener, Unlocking
from app.common import errors
from app.common.clock import ManualClock
from app.common.profile import Profile
from app.crypto import identity
from app.net.transport import WebSocketTransport
from app.storage.keychain import Keychain
from tests.parts.people import CHEAP, MemoryKeychain
from tests.parts.window import KEY, NOW, create

KEPT = {"notes.txt", "log", "lock"}


class Computer:
    """A profile with an account, its keychain, and a file of the user's own beside it."""

    def __init__(self, folder: Path) -> None:
        self.home = Profile(folder / "profile")
        self.keychain = MemoryKeychain()

    def unlocking(self) -> Unlocking:
        return Unlocking(self.home, Keychain(lambda: self.keychain), CHEAP)

    async def furnish(self) -> "Computer":
        await create(self.home, ManualClock(NOW))
        await self.unlocking().create(KEY, identity.new_code(), Opener())
        self.home.settings.write_text(json.dumps({"theme": "dark"}))
        (self.home.root / "window.json").write_text("{}")
        (self.home.root / "notes.txt").write_text("mine")
        return self

    def left(self) -> set[str]:
        return {path.name for path in self.home.root.iterdir()} - KEPT

    async def whole(self) -> bool:
        key = await self.unlocking().open(Opener())
        async with open_messenger(self.home, key, WebSocketTransport(), ManualClock(NOW), online=False) as messenger:
            return messenger.me.address == "noor@example.com"


@pytest.fixture
async def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return await Computer(tmp_path).furnish()


async def test_nothing_of_the_account_stays(computer: Computer) -> None:
    assert await computer.whole()
    await signing_out.sign_out(computer.home, computer.unlocking())
    assert computer.left() == set()
    assert (computer.home.root / "notes.txt").read_text() == "mine"
    assert computer.keychain.entries == {}
    with pytest.raises(errors.GiveUp, match="no_profile"):
        await computer.unlocking().open(Opener())


@pytest.mark.parametrize("done", range(5))
async def test_a_start_after_a_cut_finds_all_or_nothing(computer: Computer, done: int) -> None:
    steps = signing_out.steps(computer.home, computer.unlocking())
    assert len(steps) == 4
    for step in steps[:done]:
        await step()
    again = computer.unlocking()
    assert computer.home.exists is (done == 0)
    await signing_out.finish(computer.home, again)
    if done == 0:
        assert await computer.whole()
    else:
        assert computer.left() == set()
        assert computer.keychain.entries == {}
        await computer.furnish()  # somebody else, at once
        assert await computer.whole()


async def test_what_was_left_over_never_touches_the_next_account(computer: Computer) -> None:
    await signing_out.steps(computer.home, computer.unlocking())[0]()
    (computer.home.root / "store.db").unlink()
    await computer.furnish()
    await signing_out.finish(computer.home, computer.unlocking())
    assert not (computer.home.root / GONE).exists()
    assert await computer.whole()


async def test_a_keychain_that_is_away_and_slots_nobody_can_read_hold_nothing_up(computer: Computer) -> None:
    unlocking = Unlocking(computer.home, Keychain(lambda: None), CHEAP)
    await signing_out.sign_out(computer.home, unlocking)
    assert computer.left() == set()
    await computer.furnish()
    computer.home.keyslots.write_text("{")
    await signing_out.sign_out(computer.home, unlocking)
    assert computer.left() == set()
