"""One window for each profile: a second start finds the first, hands over its link and ends, without any Qt."""

import contextlib
import os
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from app.common import endpoint, errors
from app.common.profile import Profile

if TYPE_CHECKING:
    import socket

SHOW: Final = "window"  # the command that only a window understands; no command of the command line has this name
PATIENCE: Final = 10.0  # seconds in which the profile must become free, or its window answer
ANSWER: Final = 5.0  # seconds for one answer
LARGEST_ANSWER: Final = 65_536

Outcome = Literal["ours", "shown", "busy"]


@contextlib.contextmanager
def claim(home: Profile, link: str) -> Generator[Outcome]:
    """Have the profile for as long as the block lasts (``ours``), or have its window shown (``shown``).

    ``busy``: a program without a window has it and does not end. Between two processes there is a moment in which one
    holds the lock and does not answer yet, or no longer.
    """
    until = time.monotonic() + PATIENCE
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(home.lock())
            except errors.AgainLater:
                answer = _ask(home, link)
                if answer == 0:
                    yield "shown"
                    return
                if time.monotonic() > until:
                    yield "busy"
                    return
                time.sleep(0.05)
            else:
                yield "ours"
                return


def words(link: str) -> list[str]:
    """The command that shows the window; the token lets a window system that asks for one bring it to the front."""
    token = os.environ.get("XDG_ACTIVATION_TOKEN", "") or os.environ.get("DESKTOP_STARTUP_ID", "")
    return [SHOW, link, token[:256]]


def _ask(home: Profile, link: str) -> int | None:
    """Hand the command over as app.control speaks; the exit code, None when nobody answers."""
    import json  # only a second start needs it

    asked: dict[str, object] = {"argv": words(link)}
    try:
        with _connect(home, asked) as way:
            way.settimeout(ANSWER)
            way.sendall(json.dumps(asked).encode() + b"\n")
            return _exit_code(way)
    except (OSError, ValueError, errors.AgainLater):
        return None


def _connect(home: Profile, asked: dict[str, object]) -> "socket.socket":
    import socket

    if endpoint.by_port():
        port, asked["token"] = endpoint.port_and_token(home.socket)
        return socket.create_connection((endpoint.LOOPBACK, port), ANSWER)
    way = socket.socket(socket.AF_UNIX)
    try:
        way.settimeout(ANSWER)
        way.connect(str(home.socket))
    except OSError:
        way.close()
        raise
    return way


def _exit_code(way: "socket.socket") -> int | None:
    import json

    data = b""
    while len(data) < LARGEST_ANSWER and (part := way.recv(4096)):
        data += part
        for line in data.split(b"\n")[:-1]:
            answer: object = json.loads(line)
            if isinstance(answer, dict) and "exit" in answer:
                return int(cast("dict[str, Any]", answer)["exit"])
    return None
