"""The profile's local socket: a command is handed over whole, hostile lines are refused, and nobody waits in vain."""

import asyncio
import json
import socket
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from app import control
from app.common import endpoint, errors
from app.common.profile import Profile
from app.control import ControlServer, Output

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a Unix socket")

Lines = list[dict[str, Any]]


class Heard:
    """What a caller was answered."""

    def __init__(self) -> None:
        self.lines: Lines = []
        self.said: list[str] = []

    def line(self, value: dict[str, Any]) -> None:
        self.lines.append(value)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    async def drain(self) -> None:
        pass


class Desk:
    """The process that has the profile: does what `work` says with each command and remembers how it ended."""

    def __init__(self) -> None:
        self.work: Callable[[Sequence[str], Output], Awaitable[int]] = self.echo
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.commands: list[Sequence[str]] = []

    async def echo(self, argv: Sequence[str], output: Output) -> int:
        for word in argv:
            output.line({"word": word})
        output.say(f"{len(argv)} words")
        return len(argv)

    async def wait(self, argv: Sequence[str], output: Output) -> int:
        """A command that would last for ever."""
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()
        return 0

    async def __call__(self, argv: Sequence[str], output: Output) -> int:
        self.commands.append(argv)
        self.begun.set()
        return await self.work(argv, output)


@pytest.fixture
def home(tmp_path: Path) -> Profile:
    found = Profile(tmp_path / "home")
    found.prepare()
    return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def server(home: Profile, desk: Desk) -> AsyncIterator[ControlServer]:
    found = ControlServer(home, desk)
    await found.start()
    yield found
    await found.close()


async def answers(reader: asyncio.StreamReader) -> Lines:
    """All lines up to the end, but the one that says that the command was taken."""
    found: Lines = []
    while line := await reader.readline():
        found.append(json.loads(line))
    return [each for each in found if "taken" not in each]


# handing over


async def test_a_command_is_handed_over_with_its_answers_and_its_exit_code(
    home: Profile, server: ControlServer
) -> None:
    heard = Heard()
    assert await control.hand_over(home, ["send", "bob@example.com", 'ü "\n'], heard) == 3
    assert heard.lines == [{"word": "send"}, {"word": "bob@example.com"}, {"word": 'ü "\n'}]
    assert heard.said == ["3 words"]


async def test_a_command_of_many_words_is_no_other_for_being_handed_over(
    home: Profile, desk: Desk, server: ControlServer
) -> None:
    words = ["search", *(f"word{number}" for number in range(1_000))]
    assert await control.hand_over(home, words, Heard()) == len(words)
    assert desk.commands == [words]


async def test_several_at_once_get_each_their_own(home: Profile, server: ControlServer) -> None:
    heard = [Heard() for _ in range(20)]
    codes = await asyncio.gather(*(control.hand_over(home, [str(n)] * n, each) for n, each in enumerate(heard)))
    assert codes == list(range(20))
    assert [[line["word"] for line in each.lines] for each in heard] == [[str(n)] * n for n in range(20)]
    await server.drained()


async def test_a_long_output_comes_whole(home: Profile, desk: Desk, server: ControlServer) -> None:
    async def much(argv: Sequence[str], output: Output) -> int:
        for n in range(2000):
            output.line({"n": n, "filler": "x" * 1000})
            await output.drain()
        return 0

    desk.work = much
    heard = Heard()
    assert await control.hand_over(home, [], heard) == 0
    assert [line["n"] for line in heard.lines] == list(range(2000))


async def test_nobody_there_is_said(home: Profile) -> None:
    with pytest.raises(errors.AgainLater, match="no_answer"):
        await control.hand_over(home, ["status"], Heard())


async def test_a_socket_left_behind_is_nobody_and_is_replaced(home: Profile, desk: Desk) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(home.socket))
    with pytest.raises(errors.AgainLater, match="no_answer"):
        await control.hand_over(home, ["status"], Heard())
    server = ControlServer(home, desk)
    await server.start()
    assert stat.S_IMODE(home.socket.stat().st_mode) == 0o600
    assert await control.hand_over(home, ["status"], Heard()) == 1
    await server.close()
    assert not home.socket.exists()


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (b"", errors.AgainLater, "no_answer"),
        (b'{"taken": true}\n', errors.GiveUp, "answer_lost"),
        (b'{"taken": true}\n{"out": {"a": 1}}\n', errors.GiveUp, "answer_lost"),
        (b'{"taken": true}\n{"ou', errors.GiveUp, "answer_lost"),
    ],
)
async def test_an_answer_that_breaks_off_tells_whether_the_command_may_be_given_again(
    home: Profile, answer: bytes, error: type[errors.KingfisherError], code: str
) -> None:
    async def dying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(dying, home.socket):
        with pytest.raises(error, match=code):
            await control.hand_over(home, ["send"], Heard())


# a port on loopback, where there are no Unix sockets


async def test_a_port_with_a_token_does_the_same(home: Profile, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINGFISHER_CONTROL", "port")
    server = ControlServer(home, desk)
    await server.start()
    assert stat.S_IMODE(home.socket.stat().st_mode) == 0o600
    heard = Heard()
    assert await control.hand_over(home, ["a", "b"], heard) == 2
    assert heard.lines == [{"word": "a"}, {"word": "b"}]
    await server.close()
    assert not home.socket.exists()
    with pytest.raises(errors.AgainLater, match="no_answer"):
        await control.hand_over(home, ["status"], Heard())


@pytest.mark.parametrize("more", ["", ', "token": "ü"', ', "token": null', ', "token": "\\ud800"'])
async def test_without_the_token_no_command_is_taken(
    home: Profile, desk: Desk, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    monkeypatch.setenv("KINGFISHER_CONTROL", "port")
    server = ControlServer(home, desk)
    await server.start()
    port, _ = endpoint.port_and_token(home.socket)
    reader, writer = await asyncio.open_connection(endpoint.LOOPBACK, port)
    writer.write(f'{{"argv": ["send"]{more}}}\n'.encode())
    assert await answers(reader) == [{"say": "This command could not be read."}, {"exit": 2}]
    writer.close()
    assert desk.commands == []
    await server.close()


# hostile lines


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b'{"argv": "send"}\n',
        b'{"argv": {"0": "send"}}\n',
        b'{"argv": [1]}\n',
        b'{"argv": [["send"]]}\n',
        b'{"argv": ["send", null]}\n',
        b'{"argv": ["\xff"]}\n',
        b'{"argv": [' + b'"x",' * control.ARGUMENTS + b'"x"]}\n',
        b"[" * 100_000 + b"\n",
        b'{"argv": ["' + b"x" * control.LONGEST_LINE + b'"]}\n',
    ],
    ids=lambda line: line[:16].decode("latin-1").strip(),
)
async def test_what_is_no_command_is_refused_and_the_next_one_is_served(
    home: Profile, desk: Desk, server: ControlServer, line: bytes
) -> None:
    reader, writer = await asyncio.open_unix_connection(home.socket)
    writer.write(line)
    assert await answers(reader) == [{"say": "This command could not be read."}, {"exit": 2}]
    writer.close()
    assert desk.commands == []
    assert await control.hand_over(home, ["next"], Heard()) == 1


async def test_what_follows_the_command_is_dropped(home: Profile, desk: Desk, server: ControlServer) -> None:
    reader, writer = await asyncio.open_unix_connection(home.socket)
    writer.write(b'{"argv": ["one"]}\n{"argv": ["two"]}\n' + b"x" * 10_000)
    assert (await answers(reader))[-1] == {"exit": 1}
    writer.close()
    await server.drained()
    assert desk.commands == [["one"]]


# callers who go away


async def test_a_caller_who_leaves_ends_the_command(home: Profile, desk: Desk, server: ControlServer) -> None:
    desk.work = desk.wait
    _, writer = await asyncio.open_unix_connection(home.socket)
    writer.write(b'{"argv": ["listen"]}\n')
    await desk.begun.wait()
    writer.close()
    await desk.cancelled.wait()
    await server.drained()


async def test_a_caller_who_leaves_without_reading_harms_nobody(
    home: Profile, desk: Desk, server: ControlServer
) -> None:
    full = asyncio.Event()

    async def flood(argv: Sequence[str], output: Output) -> int:
        try:
            for _ in range(200):
                output.line({"filler": "x" * 10_000})
            full.set()
            await asyncio.Event().wait()
        finally:
            desk.cancelled.set()
        return 0

    desk.work = flood
    caller = socket.socket(socket.AF_UNIX)
    caller.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(caller, str(home.socket))
    await loop.sock_sendall(caller, b'{"argv": ["messages"]}\n')
    await full.wait()
    caller.close()  # with answers unread: the other end sees a reset
    await desk.cancelled.wait()
    await server.drained()
    desk.work = desk.echo
    assert await control.hand_over(home, ["next"], Heard()) == 1


async def test_a_caller_who_says_nothing_keeps_nobody_waiting(home: Profile, desk: Desk, server: ControlServer) -> None:
    _, silent = await asyncio.open_unix_connection(home.socket)
    assert await control.hand_over(home, ["next"], Heard()) == 1
    silent.close()
    await server.drained()
    assert desk.commands == [["next"]]


# the end


async def test_closing_ends_what_is_under_way_and_its_caller_is_told(home: Profile, desk: Desk) -> None:
    server = ControlServer(home, desk)
    await server.start()
    desk.work = desk.wait
    asking = asyncio.get_running_loop().create_task(control.hand_over(home, ["listen"], Heard()))
    await desk.begun.wait()
    await server.close()
    with pytest.raises(errors.GiveUp, match="answer_lost"):
        await asking
    assert desk.cancelled.is_set()
    assert not home.socket.exists()
    with pytest.raises(errors.AgainLater, match="no_answer"):
        await control.hand_over(home, ["status"], Heard())


async def test_closing_before_starting_is_harmless(home: Profile, desk: Desk) -> None:
    await ControlServer(home, desk).close()


@pytest.mark.expect_log("task control/run ended: LookupError")
async def test_a_command_that_dies_is_logged_and_its_caller_does_not_wait(
    home: Profile, desk: Desk, server: ControlServer
) -> None:
    async def broken(argv: Sequence[str], output: Output) -> int:
        raise LookupError

    desk.work = broken
    with pytest.raises(errors.GiveUp, match="answer_lost"):
        await control.hand_over(home, ["status"], Heard())
    await server.drained()
