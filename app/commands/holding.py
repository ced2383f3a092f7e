"""A process that has the profile: its own command, those handed over to it, signals, and the orderly end."""

import asyncio
import contextlib
import logging
import signal
from argparse import Namespace
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from app import control
from app.client.arrival import Door
from app.client.messenger import Messenger, open_messenger
from app.client.unlocking import Unlocking
from app.commands import access, dispatch
from app.commands.arguments import Secrets
from app.commands.session import Session
from app.common import clock, journal
from app.common.profile import Profile
from app.control import Output
from app.net.transport import WebSocketTransport
from app.storage import own
from app.storage.keychain import Keychain

WAITING = ("listen", "send")  # they end by themselves when asked to stop


@dataclass(frozen=True, slots=True)
class Task:
    """What this process is to do: the command as words and as parsed, and the secrets that came with it."""

    home: Profile
    words: Sequence[str]
    asked: Namespace
    secrets: Secrets


async def run(task: Task, output: Output) -> int:
    """Run one command over the profile whose lock this process holds; its exit code."""
    log = journal.log_to(task.home)
    try:
        return await _run(task, output)
    finally:
        logging.getLogger().removeHandler(log)
        log.close()


async def _run(task: Task, output: Output) -> int:
    door = Door(task.home, Unlocking(task.home, Keychain()), WebSocketTransport(), clock.SystemClock())
    match task.asked.command:
        case "register":
            return await access.register(door, task.asked, task.secrets, output)
        case "unlock":
            return await access.unlock(door, task.secrets, output)
        case "passphrase":
            return await access.set_passphrase(door, task.secrets, output)
        case _:
            key = await door.unlocking.open(access.opener(task.secrets))
            async with open_messenger(door.home, key, door.way, door.clock, online=False) as messenger:
                await _show_code(messenger, output)
                return await _serve(task, messenger, output)


async def _show_code(messenger: Messenger, output: Output) -> None:
    """A registration that ended before its code was seen: it is printed as there, and only then forgotten."""
    stored = await messenger.database.read(own.load)
    if stored is not None and stored.recovery_code:
        output.line({"recovery_code": stored.recovery_code})
        await output.drain()
        await messenger.database.write(own.confirm_code)


async def _serve(task: Task, messenger: Messenger, output: Output) -> int:
    """Our own command, beside it whatever other programs hand over, until all of that is done."""
    session = Session(messenger)
    server = control.ControlServer(task.home, partial(dispatch.run, session))
    with _signals(session, waits=task.asked.command in WAITING):
        await server.start()
        try:
            code = await dispatch.run(session, task.words, output)
            await server.drained()
            return code
        finally:
            await server.close()


@contextlib.contextmanager
def _signals(session: Session, *, waits: bool) -> Generator[None]:
    """SIGTERM and SIGINT end whatever waits, with what there is; a command that does not wait is cancelled.

    ``waits``: the command will, even if it has not come to that yet.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def asked_to_end() -> None:
        if session.stopping or not (waits or session.waiting):
            cast("asyncio.Task[Any]", task).cancel()
        session.stop()

    names = (signal.SIGTERM, signal.SIGINT)
    for name in names:
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(name, asked_to_end)
    try:
        yield
    finally:
        for name in names:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(name)
