"""Programs of this project that start without the wait for their imports: a process that has made them forks.

What is born here is the program itself in a process of its own, with its own arguments, environment, files and
signals; only the reading of modules is shared. A test of the start itself, or of what a process holds in its memory,
starts its program the usual way instead.
"""

import asyncio
import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
POSSIBLE: Final = hasattr(os, "fork") and hasattr(os, "pidfd_open")
REQUEST: Final = 1 << 17  # bytes at most
# What the programs import once they know what they are to do. The programs themselves are run as `python -m` does.
EARLY: Final = (
    "app.commands.holding",
    "app.relay.admin",
    "app.relay.running",
    "uvloop",
)


class Born:
    """As a process of asyncio: ``pid``, ``returncode``, its pipes, and what can be done to it."""

    def __init__(self, pid: int, report: "_Pipes", pipes: "_Pipes") -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout, self.stderr = pipes.readers[1:]
        self._watch = asyncio.get_running_loop().create_task(self._end(report))

    async def _end(self, report: "_Pipes") -> int:
        line = await report.line()
        report.close()
        self.returncode = os.waitstatus_to_exitcode(int(line)) if line else -signal.SIGKILL
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._watch)

    async def communicate(self) -> tuple[bytes, bytes]:
        read = [stream.read() if stream is not None else _nothing() for stream in (self.stdout, self.stderr)]
        out, err, _ = await asyncio.gather(*read, self.wait())
        return out, err

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


async def _nothing() -> bytes:
    return b""


class _Pipes:
    """The files a child gets, and our ends of those that are pipes."""

    def __init__(self) -> None:
        self.given: list[int] = []
        self.readers: list[asyncio.StreamReader | None] = []
        self._ours: list[int] = []
        self._transports: list[asyncio.BaseTransport] = []

    def give(self, wanted: Any, usual: int) -> None:
        """Our own of that number, nothing, a file, or a pipe that is read from here."""
        reader = None
        if wanted is None:
            self.given.append(os.dup(usual))
        elif wanted == subprocess.DEVNULL:
            self.given.append(os.open(os.devnull, os.O_RDWR))
        elif wanted == subprocess.PIPE:
            assert usual, "nothing is written to a program's stdin"
            ours, theirs = os.pipe()
            self.given.append(theirs)
            self._ours.append(ours)
            reader = asyncio.StreamReader()
        else:
            self.given.append(os.dup(wanted if isinstance(wanted, int) else wanted.fileno()))
        self.readers.append(reader)

    def given_away(self) -> None:
        for number in self.given:
            os.close(number)
        self.given.clear()

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for reader, ours in zip([each for each in self.readers if each is not None], self._ours, strict=True):
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await loop.connect_read_pipe(lambda made=protocol: made, os.fdopen(ours, "rb", 0))
            self._transports.append(transport)

    async def line(self) -> bytes:
        """The next one of the only pipe."""
        (reader,) = self.readers
        assert reader is not None
        return await reader.readline()

    def close(self) -> None:
        for transport in self._transports:
            transport.close()


class _Nursery:
    """Started with the first child and ended with this process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            words = [sys.executable, "-m", "tests.parts.nursery", str(theirs.fileno())]
            files = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "pass_fds": (theirs.fileno(),)}
            self.process = subprocess.Popen(words, cwd=ROOT, **files)  # type: ignore[call-overload]
        self._socket = ours
        atexit.register(self.end)

    def end(self) -> None:
        """It ends when nobody can ask it any more; whom it has brought up stay."""
        self._socket.close()
        self.process.wait()

    def ask(self, request: Mapping[str, Any], files: Sequence[int]) -> None:
        words = json.dumps(request).encode()
        assert len(words) < REQUEST
        socket.send_fds(self._socket, [words], files)


_nurseries: list[_Nursery] = []


def nurses() -> set[int]:
    """The process that forks, if there is one: no test has started it for itself."""
    return {each.process.pid for each in _nurseries}


async def start(
    *words: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: Any = None,
    stdout: Any = None,
    stderr: Any = None,
) -> Any:
    """As ``asyncio.create_subprocess_exec`` does, with (python, "-m", module, ...)."""
    if not POSSIBLE:
        return await asyncio.create_subprocess_exec(*words, env=env, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr)
    assert words[:2] == (sys.executable, "-m"), words
    assert {stdin, stdout, stderr}.isdisjoint({subprocess.STDOUT})
    if not _nurseries:
        _nurseries.append(_Nursery())
    files = _Pipes()
    for number, wanted in enumerate((stdin, stdout, stderr)):
        files.give(wanted, number)
    report = _Pipes()
    report.give(subprocess.PIPE, 1)
    request = {
        "module": words[2],
        "words": words[3:],
        "env": dict(os.environ if env is None else env),
        "cwd": str(cwd or Path.cwd()),
    }
    _nurseries[0].ask(request, [*files.given, *report.given])
    files.given_away()
    report.given_away()
    await files.listen()
    await report.listen()
    line = await report.line()
    assert line, "nobody was born"
    return Born(int(line), report, files)


# The other side.


def _serve(asked: socket.socket) -> None:
    """Fork for each request, tell each end; returns in a child that is to run, with what it is to be."""
    for name in EARLY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    waiting: dict[int, tuple[int, int]] = {}  # what tells of an end: whose, and where to
    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd != asked.fileno():
                    selector.unregister(key.fd)
                    _tell(key.fd, *waiting.pop(key.fd))
                    continue
                words, files, _, _ = socket.recv_fds(asked, REQUEST, 4)
                if not words:
                    os._exit(0)
                pid = os.fork()
                if not pid:
                    selector.close()
                    asked.close()
                    for number in (files[3], *waiting, *(where for _, where in waiting.values())):
                        os.close(number)
                    _become(json.loads(words), files[:3])
                for number in files[:3]:
                    os.close(number)
                os.write(files[3], b"%d\n" % pid)
                ends = os.pidfd_open(pid)
                waiting[ends] = pid, files[3]
                selector.register(ends, selectors.EVENT_READ)


def _tell(ends: int, pid: int, where: int) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(ends)
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        os.write(where, b"%d\n" % status)
    os.close(where)


def _become(request: dict[str, Any], files: Sequence[int]) -> None:
    for usual, number in enumerate(files):
        os.dup2(number, usual)
        os.close(number)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = [request["module"], *request["words"]]
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    gc.unfreeze()
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
