"""Hosting on this computer: the real relay as a process of its own, which outlives whoever started it."""

import asyncio
import socket
import stat
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from app.client import account
from app.client.hosting import bundled, program
from app.client.hosting.bundled import Hosting
from app.client.unlocking import Opener, Unlocking
from app.common import clock, errors
from app.common.profile import Profile
from app.net import handshake
from app.net.transport import WebSocketTransport
from app.protocol import invite
from app.storage.keychain import Keychain
from tests.parts.people import CHEAP

LOCAL = "127.0.0.1"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Path]:
    """A relay's folder whose relay ends with the test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("KINGFISHER_RELAY_ANNOUNCE", "false")
    monkeypatch.setattr(bundled, "PORT", _free_port())
    folder = bundled.default_folder()
    yield folder
    await program.run((*program.words(), "stop", "--data", str(folder)))


async def without_systemd(command: Sequence[str]) -> program.Answer:
    """A computer where no systemd answers; everything else really runs."""
    if command[0] in ("systemctl", "loginctl"):
        return program.Answer(1, "", "Failed to connect to bus")
    return await program.run(command)


def _hosting() -> Hosting:
    return Hosting(run=without_systemd)


async def _reach(joining: account.Joining) -> handshake.Met:
    return await handshake.meet(WebSocketTransport(), joining.urls, joining.pinned, clock.SystemClock())


async def test_before_it_was_ever_started_there_is_nothing(folder: Path) -> None:
    assert await _hosting().state() == bundled.State(False, False, 0, (), 0, 0, False)
    await _hosting().stop()
    assert not folder.exists()  # nobody who only looks makes anything


@pytest.mark.long
async def test_it_outlives_whoever_started_it_and_is_found_again(folder: Path) -> None:
    starter = (
        "import asyncio, sys\nfrom app.client.hosting.bundled import Hosting\n"
        f"from app.client.hosting import bundled\nbundled.PORT = {bundled.PORT}\n"
        "state = asyncio.run(Hosting().start())\nprint(state.running, state.address)"
    )
    window = await asyncio.create_subprocess_exec(sys.executable, "-c", starter, stdout=asyncio.subprocess.PIPE)
    out, _ = await window.communicate()  # the window has ended, and its whole process group with it
    assert out.decode().split()[0] == "True"
    found = await _hosting().state()
    assert found.running and found.there and found.starts_with_computer
    assert found.address == out.decode().split()[1]
    assert found.space > 80_000
    met = await _reach(await _hosting().joining())
    assert met.reach.url == f"https://{LOCAL}:{bundled.PORT}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "relay.log").stat().st_mode) == 0o600


@pytest.mark.long
async def test_a_second_start_finds_the_running_one_and_two_at_once_make_one(folder: Path) -> None:
    first, second = await asyncio.gather(_hosting().start(), _hosting().start())
    third = await _hosting().start()
    assert first.since == second.since == third.since
    assert first.running and second.running and third.running


@pytest.mark.long
async def test_stop_really_stops_and_a_start_keeps_the_port_and_the_key(folder: Path) -> None:
    hosting = _hosting()
    before = await hosting.start()
    key = (folder / "relay.key").read_bytes()
    await hosting.stop()
    stopped = await hosting.state()
    assert stopped.there and not stopped.running and not stopped.starts_with_computer
    with pytest.raises(errors.AgainLater):
        await _reach(await hosting.joining())
    again = await hosting.start()
    assert again.running and again.urls == before.urls and again.starts_with_computer
    assert (folder / "relay.key").read_bytes() == key


@pytest.mark.long
async def test_a_port_that_somebody_else_has_by_now_is_given_up_but_not_the_settings(folder: Path) -> None:
    hosting = _hosting()
    before = await hosting.start()
    await hosting.stop()
    config = folder / bundled.CONFIG
    config.write_text(config.read_text() + "[limits]\nlookups_a_day = 7\n")
    with socket.socket() as other:
        other.bind(("0.0.0.0", bundled.PORT))
        other.listen()
        after = await hosting.start()
    assert after.running and after.address != before.address
    assert "lookups_a_day = 7" in config.read_text()
    await hosting.stop()
    assert (await hosting.start()).address == after.address


async def test_a_relay_that_cannot_start_says_so_and_leaves_no_entry(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / bundled.CONFIG).write_text("[limits]\nno_such_limit = 1\n")
    with pytest.raises(errors.AgainLater, match="relay_not_started: kingfisher-relay: a setting is missing or wrong"):
        await _hosting().start()
    assert not (await _hosting().state()).starts_with_computer


@pytest.mark.long
async def test_the_host_registers_and_invites_with_nothing_to_type(folder: Path, tmp_path: Path) -> None:
    hosting = _hosting()
    await hosting.start()
    home = Profile(tmp_path / "alice")
    home.prepare()
    door = Unlocking(home, Keychain(lambda: None), CHEAP)
    opener, time = Opener("passphrase", "a long passphrase"), clock.SystemClock()
    way = WebSocketTransport()
    joining = await hosting.joining()
    _, made = await account.register(home, door, opener, way, time, joining, "alice@example.com", "Alice")
    assert await hosting.people() == ("alice@example.com",)
    assert (await hosting.state()).people == 1
    link = invite.parse(await hosting.invite("alice@example.com"))
    assert link.inviter == made.account
    assert not any(LOCAL in url for url in link.urls)  # of no use to anybody else
    assert invite.parse(await hosting.invite("bob@example.com")).inviter == b""  # not of this relay: still a link
    assert (await hosting.invite()) != (await hosting.invite())


@pytest.mark.long
async def test_start_with_this_computer_is_an_entry_that_really_starts_it(folder: Path, tmp_path: Path) -> None:
    hosting = _hosting()
    await hosting.start()
    entry = tmp_path / "config" / "autostart" / "kingfisher-relay.desktop"
    line = next(line for line in entry.read_text().splitlines() if line.startswith("Exec="))
    await hosting.set_start_with_computer(False)
    assert not entry.exists() and not (await hosting.state()).starts_with_computer
    await hosting.set_start_with_computer(True)
    await program.run((*program.words(), "stop", "--data", str(folder)))
    # As a desktop does at log-in; these words need no unquoting beyond the quotes.
    words = [word.strip('"') for word in line.removeprefix("Exec=").split(" ")]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(b"listening on ")
    assert (await hosting.state()).running
    await hosting.stop()
    assert await process.wait() == 0


NO_TIME = '{"urls": [], "listening": "", "since": null}'


@pytest.mark.parametrize(
    "answer", ['{"urls": 1}', *(pytest.param(each, marks=pytest.mark.long) for each in ("", "[]", "{}", NO_TIME))]
)
async def test_an_answer_that_is_none_is_a_failure_and_no_state(folder: Path, answer: str) -> None:
    async def run(command: Sequence[str]) -> program.Answer:
        return program.Answer(0, answer, "")

    folder.mkdir(parents=True)
    (folder / bundled.DATABASE).touch()
    with pytest.raises(errors.GiveUp, match="relay_failed"):
        await Hosting(run=run).state()


async def test_a_command_that_fails_is_told_with_its_last_words(folder: Path) -> None:
    with pytest.raises(errors.GiveUp, match="there is no relay in that folder"):
        await _hosting().people()
    with pytest.raises(errors.GiveUp, match="relay_failed"):
        await _hosting().invite()


async def test_a_program_that_is_not_there_answers_and_raises_nothing(tmp_path: Path) -> None:
    assert (await program.run((str(tmp_path / "nothing"),))).code == 127
