"""`kingfisher-cli`: the process around the commands, with the profile's lock, the vault, signals and exit codes."""

import asyncio
import contextlib
import getpass
import json
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from app import control, sentences
from app.client.messenger import Messenger, open_messenger
from app.client.unlocking import Opener, Unlocking, Way
from app.commands import access, arguments, dispatch
from app.commands.access import Door, Secrets
from app.commands.arguments import Usage
from app.commands.session import Session
from app.common import clock, errors, profile
from app.common.profile import Profile
from app.net.transport import WebSocketTransport
from app.storage import keyslots, own
from app.storage.keychain import Keychain

ALONE = ("register", "unlock", "passphrase")  # they deal with secrets, which never cross the socket
TAKE_OVER = 10.0  # seconds in which a profile in use must be free, or its program answer
LARGEST_SECRET = 4_096  # bytes of a file with a passphrase or code


class _Gone(Exception):
    """Whoever reads our output has gone away."""


class Terminal:
    """Output of this process: JSON lines on stdout, sentences on stderr."""

    def line(self, value: dict[str, Any]) -> None:
        self._write(f"{_encode(value)}\n".encode())

    def say(self, sentence: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{sentence}\n")
            sys.stderr.flush()

    async def drain(self) -> None:
        return

    def flush(self) -> None:
        self._write(b"")

    def _write(self, data: bytes) -> None:
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise _Gone from None
        except OSError as error:
            raise errors.GiveUp("output_failed", type(error).__name__) from None


def _encode(value: dict[str, Any]) -> str:
    """JSON in which foreign words cannot steer a terminal: what does not print is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def main(words: Sequence[str] | None = None) -> int:
    """Entry point; 0 done, 1 refused or failed, 2 usage, 3 queued but not there in time."""
    output = Terminal()
    try:
        return _run(_Options.read(sys.argv[1:] if words is None else words), output)
    except arguments.Help as text:
        sys.stdout.write(str(text))
        return 0
    except Usage as error:
        output.say(str(error))
        return 2
    except errors.KingfisherError as error:
        output.say(sentences.of(error))
    except _Gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be flushed
    except (KeyboardInterrupt, asyncio.CancelledError):
        output.say("Interrupted.")
    except OSError as error:
        output.say(f"The profile's folder cannot be used: {error.strerror}.")
    return 1


@dataclass(frozen=True, slots=True)
class _Options:
    """What stands before the command, and the command's own words."""

    home: Profile
    vault: Way | None
    passphrase_file: Path | None
    words: tuple[str, ...]
    asked: Namespace

    @staticmethod
    def read(words: Sequence[str]) -> "_Options":
        parser = arguments.program()
        found = parser.parse_args(words)
        if found.version:
            raise arguments.Help(f"{arguments.PROGRAM} {metadata.version('kingfisher')}\n")
        asked = arguments.parse(found.words)
        root = found.profile if found.profile is not None else profile.default_root()
        return _Options(Profile(root), found.vault, found.passphrase_file, tuple(found.words), asked)

    @property
    def alone(self) -> bool:
        return self.asked.command in ALONE


def _run(options: _Options, output: Terminal) -> int:
    if not options.home.exists and options.asked.command != "register":
        raise errors.GiveUp("no_profile")
    with contextlib.ExitStack() as held:
        code = asyncio.run(_enter(options, held, output))
        if code is not None:
            return code
        log = profile.log_to(options.home)
        try:
            secrets = _secrets(options)
            return asyncio.run(_hold(options, secrets, output))
        finally:
            log.close()


async def _enter(options: _Options, held: contextlib.ExitStack, output: Terminal) -> int | None:
    """Have the profile's lock in ``held`` and return None, or the code of whoever has it and ran the command.

    Between two processes there is a moment in which one holds the lock and does not answer yet, or no longer.
    """
    time = clock.SystemClock()
    until = time.monotonic() + TAKE_OVER
    while True:
        try:
            held.enter_context(options.home.lock())
        except errors.AgainLater:
            if not options.alone:
                with contextlib.suppress(errors.AgainLater):
                    return await control.hand_over(options.home, options.words, output)
            if time.monotonic() > until:
                raise
            await time.sleep(0.05)
        else:
            return None


async def _hold(options: _Options, secrets: Secrets, output: Terminal) -> int:
    """Run the command in this process, which has the profile."""
    door = Door(options.home, Unlocking(options.home, Keychain()), WebSocketTransport(), clock.SystemClock())
    match options.asked.command:
        case "register":
            return await access.register(door, options.asked, secrets, output, output.flush)
        case "unlock":
            return await access.unlock(door, secrets, output)
        case "passphrase":
            return await access.set_passphrase(door, secrets, output)
        case _:
            key = await door.unlocking.open(secrets.opener)
            async with open_messenger(door.home, key, door.way, door.clock, online=False) as messenger:
                await _show_code(messenger, output)
                return await _serve(options, messenger, output)


async def _show_code(messenger: Messenger, output: Terminal) -> None:
    """A registration that ended before its code was seen: show it now, and only then forget it."""
    stored = await messenger.database.read(own.load)
    if stored is not None and stored.recovery_code:
        output.say(f"Write down your recovery code, which is shown only this once: {stored.recovery_code}.")
        await messenger.database.write(own.confirm_code)


async def _serve(options: _Options, messenger: Messenger, output: Terminal) -> int:
    """Our own command, beside it whatever other programs hand over, until all of that is done."""
    session = Session(messenger)
    server = control.ControlServer(options.home, partial(dispatch.run, session))
    with _signals(session):
        await server.start()
        try:
            code = await dispatch.run(session, options.words, output)
            await server.drained()
            return code
        finally:
            await server.close()


@contextlib.contextmanager
def _signals(session: Session):
    """SIGTERM and SIGINT end whatever waits, with what there is; a command that does not wait is cancelled."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def asked_to_end() -> None:
        if session.stopping or not session.waiting:
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


def _secrets(options: _Options) -> Secrets:
    """Read or ask what this command needs, before anything is begun."""
    asked = options.asked
    if asked.command == "unlock":
        way = options.vault or "keychain"
        code = _from_file(asked.recovery_code_file) if asked.recovery_code_file else _ask("Recovery code: ")
        passphrase = _new_passphrase(options.passphrase_file) if way == "passphrase" else ""
        return Secrets(Opener(way), code, passphrase)
    way = options.vault or _usual_way(options)
    if asked.command == "register" and not options.home.exists:
        return Secrets(Opener(way, _new_passphrase(options.passphrase_file) if way == "passphrase" else ""))
    opener = Opener(way, _passphrase(options.passphrase_file) if way == "passphrase" else "")
    if asked.command != "passphrase":
        return Secrets(opener)
    file = asked.new_passphrase_file or (options.passphrase_file if way == "keychain" else None)
    return Secrets(opener, passphrase=_new_passphrase(file))


def _usual_way(options: _Options) -> Way:
    """Without --vault: the keychain, unless a passphrase is given or is all there is."""
    if options.passphrase_file is not None and options.asked.command != "passphrase":
        return "passphrase"
    slots = keyslots.read(options.home.root)
    only_passphrase = slots is not None and "passphrase" in slots.slots and "keychain" not in slots.slots
    return "passphrase" if only_passphrase else "keychain"


def _passphrase(file: Path | None) -> str:
    return _from_file(file) if file is not None else _ask("Passphrase: ")


def _new_passphrase(file: Path | None) -> str:
    if file is not None:
        return _from_file(file)
    passphrase = _ask("New passphrase: ")
    if passphrase != _ask("The same again: "):
        raise errors.GiveUp("passphrases_differ")
    return passphrase


def _from_file(file: Path) -> str:
    """The first line of a file."""
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST_SECRET + 1)
        text = data.decode()
    except OSError as error:
        raise Usage(f"The file {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Usage(f"The file {file} is no text.") from None
    if len(data) > LARGEST_SECRET:
        raise Usage(f"The file {file} is too long for a passphrase or code.")
    return text.rstrip("\r\n")


def _ask(prompt: str) -> str:
    """From the terminal, unseen; never from a pipe."""
    if not sys.stdin.isatty():
        raise Usage("There is no terminal to ask at; name a file with --passphrase-file or --recovery-code-file.")
    try:
        return getpass.getpass(prompt)
    except EOFError:
        raise KeyboardInterrupt from None


if __name__ == "__main__":
    sys.exit(main())
