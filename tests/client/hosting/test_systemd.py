"""Hosting as a systemd user unit: its text, which systemd itself accepts, and what is asked of an acting stand-in."""

import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from app.client.hosting import bundled, program, systemd
from app.client.hosting.bundled import Hosting
from app.common import errors


class ActingSystemd:
    """Does with the unit what systemd would, as far as it matters here: runs ExecStart, ends it, remembers wishes."""

    def __init__(self, unit: Path, *, linger: bool = True) -> None:
        self.unit = unit
        self.enabled = False
        self.linger = linger  # whether it may
        self.lingers = False
        self.told: list[str] = []
        self._loaded = ""
        self._process: subprocess.Popen[bytes] | None = None

    async def run(self, command: Sequence[str]) -> program.Answer:
        if command[0] == "loginctl":
            return self._loginctl(command[1:])
        if command[0] != "systemctl":
            return await program.run(command)
        assert command[1] == "--user"
        self.told.append(command[2])
        return program.Answer(0 if self._systemctl(command[2:]) else 1, "", "")

    def _loginctl(self, words: Sequence[str]) -> program.Answer:
        self.told.append(words[0])
        if words[0] == "enable-linger":
            self.lingers = self.linger
            return program.Answer(0 if self.linger else 1, "", "")
        assert list(words) == ["show-user", str(os.getuid()), "--property=Linger"]
        return program.Answer(0, f"Linger={'yes' if self.lingers else 'no'}\n", "")

    def _systemctl(self, words: Sequence[str]) -> bool:
        match words[0]:
            case "daemon-reload":
                self._loaded = self.unit.read_text()
            case "start":
                assert self._loaded, "the unit was not loaded"
                self._start()
            case "enable":
                self.enabled = True
            case "disable":
                self.enabled = False
                if "--now" in words:
                    self.stop()
            case "is-enabled":
                return self.enabled
            case _:
                assert words[0] == "show"
        return True

    def _start(self) -> None:
        line = next(line for line in self._loaded.splitlines() if line.startswith("ExecStart=:"))
        words = [word.replace("%%", "%") for word in shlex.split(line.removeprefix("ExecStart=:"))]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            assert self._process.wait() == 0
            self._process = None


@pytest.fixture
async def acting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[ActingSystemd]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data 100%"))
    monkeypatch.setenv("KINGFISHER_RELAY_ANNOUNCE", "false")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setattr(bundled, "PORT", int(probe.getsockname()[1]))
    acting = ActingSystemd(tmp_path / "config" / "systemd" / "user" / systemd.UNIT)
    yield acting
    acting.stop()


async def test_it_is_a_unit_that_starts_with_the_computer_and_lingers(acting: ActingSystemd) -> None:
    hosting = Hosting(run=acting.run)
    state = await hosting.start()
    assert state.running and state.starts_with_computer and acting.enabled
    assert acting.told.index("daemon-reload") < acting.told.index("start") < acting.told.index("enable")
    assert "enable-linger" in acting.told and not state.at_log_in
    assert (await Hosting(run=acting.run).start()).since == state.since
    await hosting.set_start_with_computer(False)
    assert not (await hosting.state()).starts_with_computer
    assert (await hosting.state()).running
    await hosting.set_start_with_computer(True)
    await hosting.stop()
    stopped = await hosting.state()
    assert stopped.there and not stopped.running and not stopped.starts_with_computer


@pytest.mark.long
async def test_a_unit_that_is_right_is_not_loaded_again_and_an_old_one_is(acting: ActingSystemd) -> None:
    hosting = Hosting(run=acting.run)
    await hosting.start()
    await hosting.stop()
    await hosting.start()
    assert acting.told.count("daemon-reload") == 1
    await hosting.stop()
    acting.unit.write_text("[Service]\nExecStart=/usr/bin/an-older-place\n")
    assert (await hosting.start()).running
    assert acting.told.count("daemon-reload") == 2


async def test_where_lingering_is_refused_it_starts_at_log_in_and_says_so(acting: ActingSystemd) -> None:
    acting.linger = False
    hosting = Hosting(run=acting.run)
    state = await hosting.start()
    assert state.running and state.starts_with_computer and state.at_log_in
    acting.lingers = True  # somebody who may has done it
    assert not (await hosting.state()).at_log_in


@pytest.mark.long
async def test_one_that_was_started_without_systemd_is_stopped_too(acting: ActingSystemd) -> None:
    async def without(command: Sequence[str]) -> program.Answer:
        return program.Answer(1, "", "") if command[0] == "systemctl" else await program.run(command)

    assert (await Hosting(run=without).start()).running
    await Hosting(run=acting.run).stop()
    state = await Hosting(run=acting.run).state()
    assert not state.running and not state.starts_with_computer


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_accepts_the_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = tmp_path / systemd.UNIT
    odd = tmp_path / 'a b "c" 100% $HOME \\ é'
    path.write_text(systemd.unit(("/bin/true", "--data", str(odd))))
    checked = subprocess.run(["systemd-analyze", "--user", "verify", path], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    path.write_text(systemd.unit(("/bin/not-there",)))  # so that it is known to look
    assert subprocess.run(["systemd-analyze", "--user", "verify", path], capture_output=True).returncode != 0


def test_no_path_breaks_out_of_its_line() -> None:
    assert systemd.quoted('a "b" 100% \\') == '"a \\"b\\" 100%% \\\\"'
    with pytest.raises(errors.GiveUp, match="relay_path"):
        systemd.unit(("/bin/true\nExecStartPre=/bin/false",))
