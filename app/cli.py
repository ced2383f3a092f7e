"""`kingfisher-cli`: its options, who has the profile, what the user has to type, and exit codes."""

import asyncio
import contextlib
import getpass
import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from app import control, sentences
from app.commands import arguments
from app.commands.arguments import Secrets, Usage, Vault
from app.common import clock, dumps, errors, profile
from app.common.profile import Profile
from app.storage import keyslots

ALONE = ("unlock", "passphrase")  # they deal with secrets, which never cross the socket
TAKE_OVER = 10.0  # seconds in which a profile in use must be free, or its program answer
LARGEST_SECRET = 4_096  # bytes of a file with a passphrase or code


class _Gone(Exception):
    """Whoever reads our output has gone away."""


class Terminal:
    """Output of this process: JSON lines on stdout, sentences on stderr."""

    def line(self, value: dict[str, Any]) -> None:
        _put(1, f"{_encode(value)}\n")

    def say(self, sentence: str) -> None:
        _put(2, f"{sentence}\n")

    async def drain(self) -> None:
        return  # every line left when it was written


def _put(descriptor: int, text: str) -> None:
    """Write all of it, now."""
    data = memoryview(text.encode(errors="backslashreplace"))
    try:
        while data:
            data = data[os.write(descriptor, data) :]
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
    dumps.leave_none()
    _fill_gaps()
    output = Terminal()
    code, sentence = _outcome(sys.argv[1:] if words is None else words, output)
    if sentence:
        with contextlib.suppress(_Gone, errors.GiveUp):
            output.say(sentence)
    return code


def _fill_gaps() -> None:
    """Started with stdout or stderr closed, the next file opened would take its place, and our output."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _outcome(words: Sequence[str], output: Terminal) -> tuple[int, str]:
    """The exit code, and what is still to be said."""
    try:
        return _run(_Options.read(words), output), ""
    except arguments.Help as text:
        _put(1, str(text))
        return 0, ""
    except Usage as error:
        return 2, str(error)
    except errors.KingfisherError as error:
        return 1, sentences.of(error)
    except _Gone:
        return 1, ""
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 1, "Interrupted."
    except OSError as error:
        return 1, f"The profile's folder cannot be used: {error.strerror}."


@dataclass(frozen=True, slots=True)
class _Options:
    """What stands before the command, and the command's own words."""

    home: Profile
    vault: Vault | None
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
        return _Options(
            Profile(root), found.vault, found.passphrase_file, arguments.anchored(found.words, asked), asked
        )

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
        secrets = _secrets(options)
        from app.commands import holding  # the messenger: a third of a second that handing over does without

        task = holding.Task(options.home, options.words, options.asked, secrets)
        return asyncio.run(holding.run(task, output))


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


def _secrets(options: _Options) -> Secrets:
    """Read or ask what this command needs, before anything is begun."""
    asked, file = options.asked, options.passphrase_file
    if asked.command == "unlock":
        vault: Vault = options.vault or "keychain"
        code = _from_file(asked.recovery_code_file) if asked.recovery_code_file else _ask("Recovery code: ")
        return Secrets(vault, code=code, fresh=_new_passphrase(file) if vault == "passphrase" else "")
    vault = options.vault or _usual_vault(options)
    if asked.command == "register" and not options.home.exists:
        return Secrets(vault, fresh=_new_passphrase(file) if vault == "passphrase" else "")
    passphrase = _passphrase(file) if vault == "passphrase" else ""
    if asked.command != "passphrase":
        return Secrets(vault, passphrase)
    fresh = asked.new_passphrase_file or (file if vault == "keychain" else None)
    return Secrets(vault, passphrase, fresh=_new_passphrase(fresh))


def _usual_vault(options: _Options) -> Vault:
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
