"""Search: conversations by name and address, messages by their words, with the stretch of text around what was found.

The index holds no text, so snippets are cut from the messages themselves when they are read.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from app.client import records
from app.client.records import Record
from app.content import base
from app.domain import people as persons
from app.storage import chats, messages
from app.storage import conversations as conversation_table
from app.storage import search as index
from app.storage.transaction import View

CONVERSATIONS: Final = 20
MESSAGES: Final = 50
IN_ONE: Final = 1_000  # messages found in one conversation
SNIPPET: Final = 160  # characters
LEAD: Final = 40  # characters before what was found

# As the index cuts words: letters and digits, with the marks on them.
_TOKEN: Final = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_DIALLED: Final = re.compile(r"[0-9\s()./-]+")


class Snippet(msgspec.Struct, frozen=True):
    """A line around what was found; ``marks`` are (start, length) in code points of what the search names."""

    words: str
    marks: tuple[tuple[int, int], ...]


class Found(msgspec.Struct, frozen=True):
    """A message with the words, and the conversation it is in."""

    conversation: bytes
    title: persons.Shown
    record: Record
    snippet: Snippet


def conversations(view: View, words: str, limit: int = CONVERSATIONS) -> list[bytes]:
    """Those of which every word begins a word of a name or address, in the order of the list.

    Digits alone are looked for in the numbers, with or without what is dialled before them.
    """
    number = _number(words)
    asked = [fold(word) for word in words.split()[: index.MAX_WORDS]]
    if not asked:
        return []
    found = (
        named.conversation
        for named in chats.names(view)
        if (number and (number in named.addresses or number in named.claimed_address)) or _is_named(named, asked)
    )
    return list(itertools.islice(found, limit))


def _number(words: str) -> str:
    """At least three digits, whatever is written between them; empty for anything else."""
    bare = words.strip().removeprefix("+")
    digits = "".join(character for character in bare if character.isdigit()).lstrip("0")
    return digits if _DIALLED.fullmatch(bare) and len(digits) >= 3 else ""


def _is_named(named: chats.Named, asked: Sequence[str]) -> bool:
    text = fold(" ".join(named[1:]))
    if not all(word in text for word in asked):
        return False
    starts = [text[token.start() :] for token in _TOKEN.finditer(text)]
    return all(any(start.startswith(word) for start in starts) for word in asked)


def messages_with(view: View, words: str, *, older_than: int | None = None, limit: int = MESSAGES) -> list[Found]:
    """Messages that hold all the words, newest stored first; ``older_than`` is the row of the last one known."""
    rows = index.find(view, words, limit, older_than)
    stored = {each.row: each for each in messages.of_rows(view, rows)}
    kept = [stored[row] for row in rows if row in stored]
    titles: dict[bytes, persons.Shown] = {}
    found: list[Found] = []
    for each, record in zip(kept, records.read(view, kept), strict=True):
        if each.conversation not in titles:
            titles[each.conversation] = _title(view, each.conversation)
        found.append(Found(each.conversation, titles[each.conversation], record, snippet(record.words, words)))
    return found


def in_conversation(view: View, conversation: bytes, words: str) -> tuple[int, ...]:
    """The rows of one conversation that hold all the words, the last first; at most IN_ONE of them."""
    return tuple(index.find_in(view, conversation, words, IN_ONE))


def _title(view: View, conversation: bytes) -> persons.Shown:
    stored = conversation_table.get(view, conversation)
    return records.title(view, stored.title, stored.person) if stored is not None else records.NOBODY


def snippet(text: str, words: str) -> Snippet:
    """The line around the first word that was asked for; the beginning when none of them is to be seen."""
    first = next(marks(text, words), (0, 0))[0]
    start = max(0, first - LEAD)
    if start:
        blank = text.find(" ", start, first)
        start = blank + 1 if blank >= 0 else first
    rest = base.one_line(text[start : start + 2 * SNIPPET], 2 * SNIPPET)
    before = "…" if start else ""
    after = "…" if len(rest) > SNIPPET or len(text) > start + 2 * SNIPPET else ""
    shown = f"{before}{rest[:SNIPPET].rstrip()}{after}"
    return Snippet(shown, tuple(marks(shown, words)))


def marks(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Where a word of the text is one of those asked for, or begins like the last one while that is being typed."""
    asked = _asked(words)
    whole = fold(text)
    if not any(word in whole for word in asked):  # most texts that are looked at have none
        return
    finished = words[-1].isspace() or (len(asked[-1]) == 1 and asked[-1].isascii())
    begun = None if finished else asked[-1]
    for token in _TOKEN.finditer(text):
        word = fold(token.group())
        if word in asked or (begun is not None and word.startswith(begun)):
            yield token.start(), token.end() - token.start()


@lru_cache(maxsize=16)
def _asked(words: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in _TOKEN.findall(" ".join(words.split()[: index.MAX_WORDS])))


def fold(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text)
    return "".join(character for character in split if not unicodedata.combining(character)).casefold()
