"""The profile's local socket: a second program hands its command to the one that has the profile.

One JSON line each way at a time. The caller sends ``{"argv": [...]}``; the answers are ``{"taken": true}`` before
anything is done, ``{"out": {...}}`` for a line of output, ``{"say": "..."}`` for a sentence, and at last
``{"exit": N}``. A caller that got no answer at all may ask again: its command was not begun. The socket lies in a
folder that only its owner may enter; keys and passphrases never cross it.

Where asyncio has no Unix sockets (Windows) it is a port on loopback instead, and in the socket's place lies a file, for
its owner alone, with the port and a token that each command has to bring: ``{"argv": [...], "token": "..."}``.
"""

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, cast

from app.common import endpoint, errors, profile, tasks

log = logging.getLogger(__name__)

LONGEST_LINE = 1_048_576
# No command has so many; words that look like options take the square of their number, on the loop of who runs them.
ARGUMENTS = 4_096


class Output(Protocol):
    """Where a command's results go."""

    def line(self, value: dict[str, Any]) -> None:
        """One JSON line of output."""
        ...

    def say(self, sentence: str) -> None:
        """One sentence for a person."""
        ...

    async def drain(self) -> None:
        """Wait until whoever reads has kept up; for long outputs, after every few lines."""
        ...


Handler = Callable[[Sequence[str], Output], Awaitable[int]]


class _Remote:
    """Output that goes back over the socket; a caller who has gone away is no error."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def line(self, value: dict[str, Any]) -> None:
        self._put({"out": value})

    def say(self, sentence: str) -> None:
        self._put({"say": sentence})

    async def drain(self) -> None:
        await self._writer.drain()

    def taken(self) -> None:
        self._put({"taken": True})

    def end(self, code: int) -> None:
        self._put({"exit": code})

    def _put(self, value: dict[str, Any]) -> None:
        if not self._writer.is_closing():
            self._writer.write(json.dumps(value).encode() + b"\n")


class ControlServer:
    """Takes commands from other programs of the same user for as long as this process has the profile."""

    def __init__(self, home: profile.Profile, handler: Handler) -> None:
        self._path = home.socket
        self._handler = handler
        self._owner = tasks.TaskOwner("control")
        self._server: asyncio.Server | None = None
        self._token = ""
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self) -> None:
        """Listen; what an earlier process left behind is replaced, since the profile's lock is ours."""
        self._path.unlink(missing_ok=True)
        if endpoint.by_port():
            self._server = await asyncio.start_server(self._connected, endpoint.LOOPBACK, 0, limit=LONGEST_LINE)
            self._token = secrets.token_hex(32)
            port = self._server.sockets[0].getsockname()[1]
            profile.write_whole(self._path, f"{port} {self._token}".encode())
        else:
            self._server = await asyncio.start_unix_server(self._connected, self._path, limit=LONGEST_LINE)
            self._path.chmod(0o600)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._busy += 1
        self._idle.clear()
        self._owner.spawn(self._serve(reader, writer), name="command")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        output = _Remote(writer)
        try:
            argv = _argv(await reader.readline(), self._token)
            output.taken()
            gone = self._owner.spawn(_until_gone(reader), name="caller")
            work = self._owner.spawn(self._run(argv, output), name="run")
            await asyncio.wait({gone, work}, return_when=asyncio.FIRST_COMPLETED)
            work.cancel()
            gone.cancel()
            await writer.drain()
        except (errors.Malformed, ValueError):
            output.say("This command could not be read.")
            output.end(2)
        except ConnectionError:
            log.debug("a caller went away")
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _run(self, argv: Sequence[str], output: _Remote) -> None:
        output.end(await self._handler(argv, output))

    async def drained(self) -> None:
        """Wait until no command from outside is under way."""
        await self._idle.wait()

    async def close(self) -> None:
        """Take no more commands and end those under way."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        await self._owner.close(grace=2.0)


async def _until_gone(reader: asyncio.StreamReader) -> None:
    """Return when the caller closed its end; whatever else it sends is dropped."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(4096):
            pass


def _argv(line: bytes, token: str) -> list[str]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise errors.Malformed("malformed") from error
    if not isinstance(asked, dict):
        raise errors.Malformed("malformed")
    fields = cast("dict[str, object]", asked)
    if token and not hmac.compare_digest(ascii(fields.get("token")), ascii(token)):
        raise errors.Malformed("malformed")
    argv = fields.get("argv")
    if not isinstance(argv, list):
        raise errors.Malformed("malformed")
    words = cast("list[object]", argv)
    if len(words) > ARGUMENTS or not all(isinstance(word, str) for word in words):
        raise errors.Malformed("malformed")
    return cast("list[str]", words)


async def hand_over(home: profile.Profile, argv: Sequence[str], output: Output) -> int:
    """Have the process that holds the profile run this command; its exit code is returned.

    Raises errors.AgainLater (``no_answer``) when nobody took it, so that it may be asked again, and errors.GiveUp
    (``answer_lost``) when somebody did and then ended: what became of the command is not known.
    """
    asked: dict[str, object] = {"argv": list(argv)}
    try:
        if endpoint.by_port():
            port, asked["token"] = endpoint.port_and_token(home.socket)
            reader, writer = await asyncio.open_connection(endpoint.LOOPBACK, port, limit=LONGEST_LINE)
        else:
            reader, writer = await asyncio.open_unix_connection(home.socket, limit=LONGEST_LINE)
    except OSError as error:
        raise errors.AgainLater("no_answer") from error
    taken = False
    try:
        writer.write(json.dumps(asked).encode() + b"\n")
        while line := await reader.readline():
            answer = cast("dict[str, Any]", json.loads(line))
            taken = taken or "taken" in answer
            if "out" in answer:
                output.line(answer["out"])
            elif "say" in answer:
                output.say(answer["say"])
            elif "exit" in answer:
                return int(answer["exit"])
    except ConnectionError:
        pass  # told below, as the quiet end is
    except ValueError as error:
        raise errors.GiveUp("answer_lost") from error
    finally:
        writer.close()
    raise errors.GiveUp("answer_lost") if taken else errors.AgainLater("no_answer")
