"""The real programs with a fault: `python -m tests.parts.faults [--point NAME --when before|after --nth N] -- cli ...`.

The process ends itself with SIGKILL before the n-th call of one function of app/, or right after the n-th call that
returned; nothing else about the program differs. A clock may be set off, and a bug planted, to see that somebody
notices.
"""

import argparse
import asyncio
import functools
import importlib
import inspect
import itertools
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.common import clock


@dataclass(frozen=True)
class Place:
    """A function where it is defined: ``owner`` is its class or module."""

    owner: Any
    name: str
    function: types.FunctionType


def find(point: str) -> Place:
    """The plain or async function behind a fully qualified name; LookupError when there is none."""
    parts = point.split(".")
    owner: Any = importlib.import_module(parts[0])
    for depth, part in enumerate(parts[1:-1], 2):
        path = ".".join(parts[:depth])
        if isinstance(owner, types.ModuleType) and not hasattr(owner, part):
            try:
                owner = importlib.import_module(path)
            except ModuleNotFoundError:
                raise LookupError(path) from None
        else:
            owner = getattr(owner, part, None)
    function = vars(owner).get(parts[-1]) if owner is not None else None
    if (
        not inspect.isfunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    ):
        raise LookupError(f"{point} is no function that can be cut before and after")
    return Place(owner, parts[-1], function)


class Fuse:
    """Counts, from any thread, and ends the process at the n-th; ``proof`` gets a dot for it."""

    def __init__(self, nth: int, proof: Path) -> None:
        self._nth = nth
        self._proof = proof
        self._count = itertools.count(1)
        self._lock = threading.Lock()

    def burn(self) -> None:
        with self._lock:
            if next(self._count) != self._nth:
                return
            with self._proof.open("ab") as file:
                file.write(b".")
            os.kill(os.getpid(), signal.SIGKILL)


def cut(place: Place, when: str, fuse: Fuse) -> None:
    """Put the fuse before or behind every call of the function."""
    replace(place, _around(place.function, when == "before", fuse))


def replace(place: Place, other: Callable[..., Any]) -> None:
    """Put another function in its place, also where the class keeps it in a table."""
    setattr(place.owner, place.name, other)
    for table in vars(place.owner).values():
        if isinstance(table, dict):
            for key in [key for key, kept in table.items() if kept is place.function]:
                table[key] = other


def _around(function: types.FunctionType, before: bool, fuse: Fuse) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **named: Any) -> Any:
            if before:
                fuse.burn()
            answer = await function(*args, **named)
            if not before:
                fuse.burn()
            return answer

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        if before:
            fuse.burn()
        answer = function(*args, **named)
        if not before:
            fuse.burn()
        return answer

    return called


# Bugs to plant: each breaks one promise, so that a test of the tests can tell that somebody looks.


def acknowledge_first() -> None:
    """A receiver that acknowledges before it has stored anything, and does not ask for what it misses."""
    from app.client import repeats

    take = find("app.client.inbox.Inbox._take")

    async def hasty(self: Any, session: int, entries: Any) -> None:
        self._connection.acknowledge(session, [entry.entry for entry in entries])
        await self._connection.lookup_account(self._me.account)  # answered behind the acknowledgement
        await take.function(self, session, entries)

    replace(take, hasty)
    repeats.ask = lambda *_, **__: False


def accept_first() -> None:
    """A relay that says *accepted* of the first message it gets before anything is on its disk."""
    submit = find("app.relay.session.Session._on_submit")
    numbers = itertools.count()

    def hasty(self: Any, frame: Any) -> None:
        if next(numbers):
            submit.function(self, frame)
            return
        self._wire.accept(frame.submit, self._now)
        asyncio.get_running_loop().call_later(0.2, late, self, self.device, frame)

    def late(self: Any, device: Any, frame: Any) -> None:
        self.device = device  # its sender may have gone, being told
        submit.function(self, frame)

    replace(submit, hasty)


def send_anew() -> None:
    """A sender that, started again, gives what it had sealed another id instead of sending the same bytes."""
    after_start = find("app.client.outbox.Outbox._after_start")

    def forgetful(self: Any, tx: Any) -> None:
        after_start.function(self, tx)
        tx.run("UPDATE jobs SET state = 'waiting', message = randomblob(16) WHERE state = 'sealed'")

    replace(after_start, forgetful)


def hand_over_again() -> None:
    """A relay that, started again, writes once more what it was writing when it died."""
    lose = find("app.relay.store.sqlite.texts.SqliteOutgoing.lose")

    def waiting(connection: Any) -> int:
        connection.execute("UPDATE text_item SET handed = 'waiting' WHERE handed = 'handing'").fetchall()
        return 0

    replace(lose, lambda self: self._writer.call(waiting))


PLANTS: dict[str, Callable[[], None]] = {
    "acknowledge_first": acknowledge_first,
    "accept_first": accept_first,
    "send_anew": send_anew,
    "hand_over_again": hand_over_again,
}


def main(words: Sequence[str]) -> int:
    """Prepare the fault, then be the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--point", help="a fully qualified function of app")
    parser.add_argument("--when", choices=("before", "after"), default="before")
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--proof", type=Path, help="a file that gets a dot when the process ends itself")
    parser.add_argument("--clock", type=int, default=0, help="milliseconds this program's clock is off")
    parser.add_argument("--plant", choices=PLANTS)
    parser.add_argument("program", choices=("cli", "relay", "texting"))
    parser.add_argument("words", nargs=argparse.REMAINDER)
    asked = parser.parse_args(words)
    if asked.clock:
        clock.SystemClock.__init__.__defaults__ = (asked.clock,)
    if asked.plant:
        PLANTS[asked.plant]()
    if asked.point:
        cut(find(asked.point), asked.when, Fuse(asked.nth, asked.proof))
    if asked.program == "cli":
        from app import cli

        return cli.main(asked.words)
    if asked.program == "texting":
        from tests.parts import texting_relay

        return texting_relay.main(asked.words)
    from app.relay import server

    return server.main(asked.words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
