"""Links in a text: only what leads where it says, and where that is in plain letters."""

import re
from typing import Final

import msgspec
from PySide6.QtCore import QUrl

MOST: Final = 64  # of one message

_LINK: Final = re.compile(
    r"(?:https?://|mailto:)[^\s<>\"\u2028\u200b-\u200f\u2060\ufeff]{1,2000}|(?<![\w@.])www\.[^\s<>\"\u2028\u200b-\u200f\u2060\ufeff]{3,2000}",
    re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?'\"…’”»)]}"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_PLAIN: Final = QUrl.ComponentFormattingOption.FullyEncoded


class Link(msgspec.Struct, frozen=True):
    """A stretch of a text, in code points, and where it leads."""

    start: int
    end: int
    url: str


def find(text: str) -> tuple[Link, ...]:
    """The links that are written out; words that hide another address are never one."""
    if "://" not in text and "ailto:" not in text.lower() and "www." not in text.lower():
        return ()
    found: list[Link] = []
    for match in _LINK.finditer(text):
        words = _trimmed(match.group())
        url = f"https://{words}" if words[:4].lower() == "www." else words
        if plain_host(url):
            found.append(Link(match.start(), match.start() + len(words), url))
            if len(found) == MOST:
                break
    return tuple(found)


def _trimmed(words: str) -> str:
    """Without the punctuation of the sentence around it; brackets that were opened inside stay."""
    spare = {close: words.count(close) - words.count(opening) for close, opening in _PAIRS.items()}
    end = len(words)
    while end and words[end - 1] in _TRAILING:
        close = words[end - 1]
        if close in _PAIRS:
            if spare[close] <= 0:
                break
            spare[close] -= 1
        end -= 1
    return words[:end]


def plain_host(url: str) -> str:
    """Who would be visited, in letters that cannot be mistaken: foreign ones as punycode; empty when it is no link.

    Asked of the same class that opens it, so that no address means one thing here and another there.
    """
    read = QUrl(url)
    if read.scheme() != "mailto":
        return read.host(_PLAIN)
    user, _, host = read.path(QUrl.ComponentFormattingOption.FullyDecoded).partition("@")
    one = user and not set(host) & set(",;@%")  # a second address would be seen by nobody
    return QUrl(f"https://{host}").host(_PLAIN) if one else ""


def destination(url: str) -> str:
    """Where a link leads, for a tooltip: the whole address, and its host apart when it is not what it seems."""
    host = plain_host(url)
    shown = url if len(url) <= 300 else url[:300] + "…"
    plain = url.isascii() and _seems(url.lower(), host)
    return shown if plain else f"{host}\n{shown}"


def _seems(url: str, host: str) -> bool:
    """Whether the host is what whoever reads from the left takes for it: to its end, with nothing before it."""
    scheme, _, rest = url.partition(":")
    if scheme == "mailto":
        return True
    start = f"//{host}"
    return rest.startswith(start) and rest[len(start) : len(start) + 1] in ("", "/", "?", "#", ":")
