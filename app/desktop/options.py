"""What `kingfisher` is started with: a profile, a link to open, or one of its two other ways to run."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.common import profile
from app.common.profile import Profile

LONGEST_LINK = 4_000  # characters, as protocol.invite has it


@dataclass(frozen=True, slots=True)
class Options:
    """One start. ``link`` is empty or begins with ``kingfisher:`` (or is an invite's https link)."""

    home: Profile
    link: str = ""
    demo: bool = False
    self_test: bool = False


def read(words: Sequence[str] | None = None) -> Options:
    """From the command line; ends the program with 2 and a sentence when it makes no sense."""
    if not (sys.argv[1:] if words is None else words):
        return Options(Profile(profile.default_root()))  # the everyday start, without the parser
    return _parsed(words)


def _parsed(words: Sequence[str] | None) -> Options:
    import argparse

    class Version(argparse.Action):
        """Looked up only when it is asked for, since that reads the installed packages."""

        def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
            from importlib import metadata

            sys.stdout.write(f"kingfisher {metadata.version('kingfisher')}\n")
            parser.exit(0)

    parser = argparse.ArgumentParser(prog="kingfisher", description="A desktop messenger with end-to-end encryption.")
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and end")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="use this profile instead of the usual one")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--demo", action="store_true", help="open the window on a private relay with a few people")
    way.add_argument("--self-test", action="store_true", help="check this installation, print JSON lines, and end")
    parser.add_argument("link", nargs="?", default="", metavar="LINK", help="an invite link to open")
    found = parser.parse_args(words)
    link = str(found.link).strip()
    if link and not _is_link(link):
        parser.error("the link has to begin with kingfisher: or https://")
    root = found.profile if found.profile is not None else profile.default_root()
    return Options(Profile(root), link, found.demo, found.self_test)


def _is_link(text: str) -> bool:
    return text.startswith(("kingfisher:", "https://", "http://")) and len(text) <= LONGEST_LINK and text.isprintable()
