"""What the commands take: one parser for the words typed here and for those another program hands over."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn, cast

from app.common import ids

PROGRAM = "kingfisher-cli"
SEND_WITHIN = 30.0  # seconds
SEARCHED = 50
LONGEST_WAIT = 10_000_000.0  # seconds


class Usage(Exception):
    """The words do not make a command; the message is a sentence."""


class Help(Exception):
    """Somebody asked for help; the message is the text."""


Vault = Literal["keychain", "passphrase"]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the user has typed or put into files for one command; ``passphrase`` opens, ``fresh`` is to be set."""

    vault: Vault
    passphrase: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    fresh: str = field(default="", repr=False)


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and exiting: the words may come from another process."""

    def __init__(self, **options: Any) -> None:
        super().__init__(add_help=False, allow_abbrev=False, **options)
        self.add_argument("-h", "--help", action=_Help, nargs=0, help="show this")

    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        raise Help(parser.format_help())


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: its name, a line of help, and the arguments it takes as (names, options)."""

    name: str
    help: str
    takes: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = ()


def _takes(*names: str, **options: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    return names, options


def _seconds(text: str) -> float:
    seconds = float(text)
    if math.isnan(seconds) or not 0 <= seconds <= LONGEST_WAIT:
        raise ValueError(text)
    return seconds


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 2**31:
        raise ValueError(text)
    return count


def _identity(text: str) -> bytes:
    identity = bytes.fromhex(text)
    if len(identity) != ids.ID_SIZE:
        raise ValueError(text)
    return identity


# argparse names these in its message: "invalid seconds value".
_seconds.__name__, _count.__name__, _identity.__name__ = "seconds", "number", "id"

FOLDER = "--folder"
_FILES = ("picture", "file")  # arguments that name one
_PICTURE = (
    _takes("--picture", type=Path, metavar="FILE", help="with this picture, as a picture message to a phone"),
    _takes(FOLDER, type=Path, help=argparse.SUPPRESS),
)
_ADDRESS = _takes("address", metavar="ADDRESS", help="an e-mail address or a phone number")
_TIMEOUT = "give up waiting after so many seconds"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "register",
        "make an account; prints the recovery code, once",
        (
            _ADDRESS,
            _takes("--relay", metavar="URL", help="the relay, where registration is open"),
            _takes("--invite", metavar="LINK", help="an invite link"),
            _takes("--name", default="", help="the name others see"),
        ),
    ),
    Entry("accept", "take messages from somebody, and tell them what arrived", (_ADDRESS,)),
    Entry("block", "take nothing more from somebody", (_ADDRESS,)),
    Entry(
        "unlock",
        "open the profile with the recovery code and store its key anew in the chosen vault",
        (_takes("--recovery-code-file", type=Path, metavar="FILE", help="else the terminal asks"),),
    ),
    Entry(
        "passphrase",
        "set a passphrase that opens this profile",
        (
            _takes("action", choices=("set",), metavar="set"),
            _takes("--new-passphrase-file", type=Path, metavar="FILE", help="else --passphrase-file or the terminal"),
        ),
    ),
    Entry(
        "send",
        "send a message and wait for its status",
        (
            _ADDRESS,
            _takes("text", metavar="TEXT"),
            _takes("--wait", choices=("sent", "delivered", "read"), default="sent", help="default: sent"),
            _takes("--bearer", choices=("auto", "rich", "text"), default="auto", help="default: auto"),
            *_PICTURE,
            _takes("--yes", action="store_true", help="agree to a text and its price, or to the address’s new account"),
            _takes("--timeout", type=_seconds, default=SEND_WITHIN, metavar="S", help=_TIMEOUT + " (30)"),
        ),
    ),
    Entry(
        "listen",
        "print each incoming message",
        (
            _takes("--count", type=_count, metavar="N", help="end after so many"),
            _takes("--timeout", type=_seconds, metavar="S", help=_TIMEOUT),
            _takes("--mark-read", action="store_true", help="mark what is printed as read"),
        ),
    ),
    Entry(
        "messages",
        "print stored messages, oldest first",
        (
            _takes("address", metavar="ADDRESS", nargs="?", help="only those with this person"),
            _takes("--limit", type=_count, metavar="N", help="only the last so many"),
        ),
    ),
    Entry(
        "forecast",
        "say which way a message would go now, and at what price",
        (_ADDRESS, _takes("text", metavar="TEXT"), *_PICTURE),
    ),
    Entry(
        "save",
        "save the picture of a message, or what else came with it, to a file",
        (_takes("id", type=_identity, metavar="ID"), _takes("file", type=Path, metavar="FILE"), _PICTURE[1]),
    ),
    Entry("why", "say why a message went the way it did", (_takes("id", type=_identity, metavar="ID"),)),
    Entry(
        "plan",
        "print the plan for texts and what is left of it, or change it",
        (
            _takes("changes", metavar="KEY=VALUE", nargs="*", help="such as kind=limited allowance=100 start_day=15"),
            _takes("--texts", type=_count, metavar="N", help="print texts too: 1 those of now, 2 of the period before"),
        ),
    ),
    Entry(
        "outbox",
        "print what has not left; try one of it again, take it back into the draft to edit it, or discard it",
        (
            _takes("action", choices=("retry", "edit", "discard"), nargs="?"),
            _takes("id", type=_identity, metavar="ID", nargs="?"),
            _takes("--yes", action="store_true", help="retry what may have arrived already"),
        ),
    ),
    Entry(
        "send-as-text",
        "send something that waits or failed as a text, after its encrypted copy was taken back",
        (
            _takes("id", type=_identity, metavar="ID"),
            _takes("--yes", action="store_true", help="agree to the text, and to its price, as printed without this"),
            _takes("--timeout", type=_seconds, default=SEND_WITHIN, metavar="S", help=_TIMEOUT + " (30)"),
        ),
    ),
    Entry("status", "print one message", (_takes("id", type=_identity, metavar="ID"),)),
    Entry("lookup", "ask the relay whether an address can be written to", (_ADDRESS,)),
    Entry("conversations", "print the conversations, the most recent first"),
    Entry(
        "search",
        "print messages that hold all these words, the newest first",
        (
            _takes("words", metavar="WORDS", nargs="+"),
            _takes("--limit", type=_count, default=SEARCHED, metavar="N", help=f"at most so many ({SEARCHED})"),
        ),
    ),
    Entry(
        "settings",
        "print settings, or change one",
        (_takes("key", metavar="KEY", nargs="?"), _takes("value", metavar="VALUE", nargs="?")),
    ),
    Entry(
        "notices",
        "print what there is to know beside the messages: what was refused, alarms",
        (_takes("--settle", action="store_true", help="what is printed was read and is not printed again"),),
    ),
    Entry(
        "addresses",
        "print your own addresses, or add, verify or remove one",
        (
            _takes(
                "action",
                choices=("list", "add", "verify", "remove", "start-from", "refuse", "hand-over"),
                nargs="?",
                default="list",
            ),
            _takes("address", metavar="ADDRESS", nargs="?"),
            _takes("code", metavar="CODE", nargs="?", help="the six digits that came, for verify"),
        ),
    ),
    Entry("safety-number", "print the digits to compare with somebody", (_ADDRESS,)),
    Entry("export", "print all conversations and messages"),
)


def program() -> Parser:
    """What stands before the command; the command itself and what follows is left in ``words``."""
    listed = "\n".join(f"  {entry.name:<15}{entry.help}" for entry in ENTRIES)
    parser = Parser(
        prog=PROGRAM,
        usage="%(prog)s [--profile DIR] [--vault keychain|passphrase] [--passphrase-file FILE] COMMAND ...",
        description="The messenger without a window: JSON lines on stdout, one sentence on stderr.",
        epilog=f"commands:\n{listed}\n\nexit codes: 0 done, 1 refused or failed, 2 usage, 3 queued",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="the folder of the account; else the usual one")
    parser.add_argument("--vault", choices=("keychain", "passphrase"), help="what opens the profile")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="else the terminal asks")
    parser.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description="The messenger without a window.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for entry in ENTRIES:
        made = commands.add_parser(entry.name, help=entry.help, description=entry.help.capitalize() + ".")
        for names, options in entry.takes:
            made.add_argument(*names, **options)
    return parser


def anchored(words: Sequence[str], asked: argparse.Namespace) -> tuple[str, ...]:
    """The same with the folder that its files are named from: another process may run them, in another one."""
    if not any(isinstance(getattr(asked, name, None), Path) for name in _FILES):
        return tuple(words)
    return (words[0], FOLDER, str(Path.cwd()), *words[1:])


def parse(words: Sequence[str]) -> argparse.Namespace:
    """A command and its arguments; raises Usage or Help."""
    parsed = _parser().parse_args(words)
    if not all(_is_text(value) for value in vars(parsed).values()):
        raise Usage("An argument holds bytes that are no characters; set the terminal to UTF-8 and type it again.")
    for name in _FILES:
        if isinstance(path := getattr(parsed, name, None), Path) and parsed.folder is not None:
            setattr(parsed, name, parsed.folder / path)
    if misfit := _misfit(parsed):
        raise Usage(f"{misfit}; see {PROGRAM} {parsed.command} --help.")
    return parsed


def _is_text(value: object) -> bool:
    """Whether it can be stored and sent: what is no UTF-8 comes as lone surrogates. A file may have such a name."""
    words = cast("list[object]", value) if isinstance(value, list) else [value]
    return not any("\ud800" <= letter <= "\udfff" for word in words if isinstance(word, str) for letter in word)


def _misfit(parsed: argparse.Namespace) -> str:
    """Why words that are right one by one make no command together; empty when they do."""
    match parsed.command:
        case "register" if (parsed.relay is None) == (parsed.invite is None):
            return "Name either a relay or an invite"
        case "outbox" if parsed.action and parsed.id is None:
            return f"outbox {parsed.action} takes the id of a message"
        case "plan" if any("=" not in word for word in parsed.changes):
            return "plan takes KEY=VALUE"
        case "addresses":
            wants = {"list": 0, "verify": 2}.get(parsed.action, 1)
            named = ("nothing more", "one address", "an address and the code")[wants]
            if wants != sum(each is not None for each in (parsed.address, parsed.code)):
                return f"addresses {parsed.action} takes {named}"
        case _:
            pass
    return ""
