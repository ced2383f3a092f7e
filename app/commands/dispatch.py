"""The table of commands that run over a messenger, and how each ends: exit codes and sentences."""

import argparse
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from app import sentences
from app.commands import addresses, arguments, people, reading, talking, texts
from app.commands.session import Session
from app.common import errors
from app.control import Output

log = logging.getLogger(__name__)

Command = Callable[[Session, argparse.Namespace, Output], Awaitable[int]]

COMMANDS: Final[dict[str, Command]] = {
    "accept": people.accept,
    "block": people.block,
    "send": talking.send,
    "listen": talking.listen,
    "messages": reading.print_messages,
    "status": reading.status,
    "save": reading.save,
    "lookup": people.lookup,
    "conversations": reading.conversations,
    "search": reading.search,
    "settings": people.settings,
    "notices": reading.notices,
    "forecast": texts.forecast,
    "why": texts.why,
    "plan": texts.plan,
    "outbox": texts.outbox,
    "send-as-text": texts.as_text,
    "addresses": addresses.addresses,
    "safety-number": people.safety_number,
    "export": reading.print_all,
}


async def run(session: Session, words: Sequence[str], output: Output) -> int:
    """Run the command these words make; 0 done, 1 refused or failed, 2 usage, 3 queued but not there in time."""
    try:
        asked = arguments.parse(words)
        command = COMMANDS.get(asked.command)
        if command is None:  # it makes an account or a way in, which a profile that runs already has
            raise errors.GiveUp("already_registered" if asked.command == "register" else "profile_in_use")
        return await command(session, asked, output)
    except (arguments.Usage, arguments.Help) as error:
        output.say(str(error))
        return 2
    except errors.KingfisherError as error:
        if isinstance(error, errors.Broken):
            log.error("a command failed: %s", error, exc_info=error)
        output.say(sentences.of(error))
        return 1
