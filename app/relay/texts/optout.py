"""STOP, START and HELP: whole messages of one word that a phone sends to one of our numbers."""

from enum import StrEnum
from typing import Final


class Keyword(StrEnum):
    """What is asked for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


_WORDS: Final = {
    **dict.fromkeys(
        ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke", "arret"), Keyword.STOP
    ),
    **dict.fromkeys(("start", "unstop", "yes"), Keyword.START),
    **dict.fromkeys(("help", "info"), Keyword.HELP),
}


def read(text: str) -> Keyword | None:
    """The keyword a text consists of, however it is written; None for a text that only has one in it."""
    return _WORDS.get(text.strip().casefold())
