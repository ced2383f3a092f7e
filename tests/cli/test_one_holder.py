"""One messenger per profile: who has it, who hands over, and how each of them ends."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from app import cli, control
from app.common import errors
from app.common.profile import Profile
from app.control import ControlServer, Output
from tests.parts import command_line
from tests.parts.command_line import CommandLine
from tests.parts.relay import Relay


class Heard:
    """Output that is kept."""

    def __init__(self) -> None:
        self.lines: list[object] = []
        self.said: list[str] = []

    def line(self, value: dict[str, object]) -> None:
        self.lines.append(value)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    async def drain(self) -> None:
        return


async def test_commands_go_to_the_process_that_has_the_profile(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await command_line.join(tmp_path / "bob", relay.url, "bob@example.com")
    host = await alice.holds("listen", "--count", "1", "--timeout", "60")
    # None of these asks for the passphrase: it is the other process that has opened the profile.
    guest = CommandLine(tmp_path / "alice", options=("--vault", "passphrase"))
    assert (await guest.run("send", "bob@example.com", "Hello Bob")).line["status"] == "sent"
    assert (await guest.run("settings", "theme", "dark")).line == {"key": "theme", "value": "dark"}
    assert (await guest.run("settings", "theme")).line["value"] == "dark"
    wrong = await guest.run("settings", "theme", "mauve")
    assert (wrong.code, wrong.said) == (1, ["This setting does not take that value."])
    again = await guest.run("register", "bob@example.com", "--relay", relay.url)
    assert again.said == ["This profile has an account already; use another profile for another account."]
    heard = Heard()
    assert await control.hand_over(alice.home, ["search", "\udcff"], heard) == 2
    assert (heard.lines, len(heard.said)) == ([], 1)
    # Its own command is done when Bob's answer is there; one that was handed over is still served to its end.
    second = await guest.start("listen", "--count", "2", "--timeout", "60")
    assert (await bob.run("send", "alice@example.com", "one")).line["status"] in ("sent", "delivered")
    assert (await second.line())["text"] == "one"
    assert (await host.line())["text"] == "one"
    assert host.process.returncode is None
    assert (await bob.run("send", "alice@example.com", "two")).line["status"] in ("sent", "delivered")
    assert [line["text"] for line in (await second.ended()).lines] == ["two"]
    assert (await host.ended()).code == 0


@pytest.mark.parametrize(("words", "code"), [(("listen",), 0), (("listen", "--count", "1"), 3)])
async def test_a_signal_ends_what_waits(relay: Relay, tmp_path: Path, words: Sequence[str], code: int) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    host = await alice.holds(*words)
    guest = await alice.start("send", "bob@example.com", "Hello", "--wait", "read", "--timeout", "60")
    host.process.send_signal(signal.SIGTERM)
    assert (await host.ended()).code == code
    assert (await guest.ended()).code in (0, 1, 3)
    assert not alice.home.socket.exists()


async def test_a_reader_that_goes_away_is_no_error(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    read, write = os.pipe()
    os.close(read)
    process = await asyncio.create_subprocess_exec(
        *alice.program, *alice.words("settings"), stdout=write, stderr=asyncio.subprocess.PIPE
    )
    os.close(write)
    _, said = await process.communicate()
    assert (process.returncode, said) == (1, b"")


async def test_output_that_cannot_be_written_is_said(relay: Relay, tmp_path: Path) -> None:
    alice = await command_line.join(tmp_path / "alice", relay.url, "alice@example.com")
    with Path("/dev/full").open("wb") as full:
        process = await asyncio.create_subprocess_exec(
            *alice.program, *alice.words("settings"), stdout=full, stderr=asyncio.subprocess.PIPE
        )
        _, said = await process.communicate()
    assert (process.returncode, said) == (1, b"The output could not be written.\n")


async def test_a_command_is_handed_over_as_it_was_typed(tmp_path: Path) -> None:
    home, heard = Profile(tmp_path / "p"), Heard()
    asked: list[list[str]] = []

    async def answer(argv: Sequence[str], output: Output) -> int:
        asked.append(list(argv))
        output.line({"n": 1})
        output.say("Done.")
        return 3

    with home.lock():
        server = ControlServer(home, answer)
        await server.start()
        assert await control.hand_over(home, ["send", "bob@example.com", "ünï"], heard) == 3
        await server.drained()
        await server.close()
    assert asked == [["send", "bob@example.com", "ünï"]]
    assert (heard.lines, heard.said) == ([{"n": 1}], ["Done."])


async def test_nobody_there_may_be_asked_again_and_a_lost_answer_not(tmp_path: Path) -> None:
    home = Profile(tmp_path / "p")
    home.prepare()
    with pytest.raises(errors.AgainLater, match="no_answer"):
        await control.hand_over(home, ["settings"], Heard())
    begun = asyncio.Event()

    async def never(_: Sequence[str], __: Output) -> int:
        begun.set()
        await asyncio.Event().wait()
        return 0

    server = ControlServer(home, never)
    await server.start()
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(_code(home))
        await begun.wait()
        await server.close()
    assert waiting.result() == "answer_lost"


async def _code(home: Profile) -> str:
    try:
        await control.hand_over(home, ["settings"], Heard())
    except errors.KingfisherError as error:
        return error.code
    return ""


def test_a_profile_in_use_that_does_not_answer_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "TAKE_OVER", 0.1)
    home = Profile(tmp_path / "p")
    with home.lock():
        home.keyslots.write_text("{}")
        assert cli.main(["--profile", str(home.root), "settings"]) == 1
    assert capfd.readouterr().err == (
        "Another program has this profile open and cannot do this; close it and try again.\n"
    )


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b'{"argv": 1}\n', b'{"argv": [1]}\n', b"{" * 5_000 + b"\n"])
async def test_what_is_no_command_is_refused(tmp_path: Path, line: bytes) -> None:
    home = Profile(tmp_path / "p")
    home.prepare()

    async def nothing(_: Sequence[str], __: Output) -> int:
        return 0

    server = ControlServer(home, nothing)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(home.socket)
    writer.write(line)
    answer = await reader.read()
    writer.close()
    await server.close()
    assert answer.endswith(b'{"exit": 2}\n')


def test_the_socket_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="kf") as run:
        monkeypatch.setenv("XDG_RUNTIME_DIR", run)
        home = Profile(tmp_path / ("long" * 30))
        assert home.socket.parent.parent == Path(run)
        home.prepare()
        assert home.socket.parent.stat().st_mode & 0o777 == 0o700
        home.socket.parent.chmod(0o755)
        with pytest.raises(errors.GiveUp, match="unsafe_folder"):
            home.prepare()
