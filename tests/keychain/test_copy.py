"""A copied profile: the relay lets in the one that started first, the copy says what it is and stays one."""

import shutil
from pathlib import Path

import pytest

from app import sentences
from app.storage import notices
from app.storage.transaction import View
from tests.parts import command_line, people
from tests.parts.command_line import CommandLine, Outcome
from tests.parts.relay import Relay, relay

__all__ = ["relay"]

ALICE, BOB = "alice@example.com", "bob@example.com"


def is_a_copy(outcome: Outcome) -> None:
    assert (outcome.code, outcome.said) == (1, [sentences.SENTENCES["copied"]])


def copied(folder: Path) -> Path:
    """A copy of a profile beside it, as a backup or a move to another computer makes one."""
    return Path(shutil.copytree(folder, folder.with_name("copy"), ignore=shutil.ignore_patterns("*.sock", "lock")))


@pytest.mark.long
async def test_a_copy_is_told_and_the_original_goes_on(relay: Relay, tmp_path: Path) -> None:
    original = await command_line.join(tmp_path / "alice", relay.url, ALICE)
    copy = CommandLine(copied(original.folder))
    before = (copy.folder / "keyslots").read_bytes()
    listening = await original.holds("listen", "--count", "1", "--timeout", "60")
    assert (await original.run("lookup", ALICE)).line["rich"] is True  # it is connected
    for words in (("listen", "--count", "1"), ("send", BOB, "from a copy"), ("listen", "--count", "1")):
        is_a_copy(await copy.run(*words))
    assert (await original.run("lookup", ALICE)).line["devices"] == 1
    listening.process.terminate()
    await listening.ended()
    # However often the copy was started, the original is still the original.
    assert (await original.run("lookup", ALICE)).line["rich"] is True
    assert (await copy.run("messages")).line["text"] == "from a copy"  # what it has can be read
    assert (copy.folder / "keyslots").read_bytes() == before


@pytest.mark.expect_log("copied")
async def test_both_owners_are_told_also_after_the_next_start(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, ALICE)
    copy = people.Someone(ALICE, people.Profile(copied(alice.home.root)), alice.key, "", alice.clock)
    async with alice.online() as original, copy.awake() as other:
        await other.until(lambda view: told(view) == ["copied"])
        await original.until(lambda view: told(view) == ["copied_elsewhere"])
        assert other.messenger.connection.state.final
    async with copy.awake() as other, alice.online() as original:
        assert await other.messenger.database.read(told) == ["copied"]
        assert await original.messenger.database.read(told) == ["copied_elsewhere"]


def told(view: View) -> list[str]:
    return [notice.code for notice in notices.pending(view) if notice.kind == "profile" and notice.alarm]
