"""Links in a text: only what leads where it says, and where that is in plain letters."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

MOST: Final = 64  # of one message

_LINK: Final = re.compile(
    r"(?:https?://|mailto:)[^\s<>\"\u2028\u200b-\u200f\u2060\ufeff]{1,2000}|(?<![\w@.])www\.[^\s<>\"\u2028\u200b-\u200f\u2060\ufeff]{3,2000}",
    re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?'\"…’”»)]}"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Link:
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
        if _leads_somewhere(url):
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


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return "@" in parts.path if parts.scheme.lower() == "mailto" else bool(parts.hostname)
    except ValueError:
        return False


def plain_host(url: str) -> str:
    """Who would be visited, in letters that cannot be mistaken: foreign ones as punycode; empty when it is no link."""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() == "mailto":
            return _ascii(parts.path.partition("?")[0].rpartition("@")[2])
        return _ascii(parts.hostname or "")
    except ValueError:
        return ""


def _ascii(host: str) -> str:
    return ".".join(label if label.isascii() else _label(label) for label in host.split(".")).lower()


def _label(label: str) -> str:
    return "xn--" + label.lower().encode("punycode").decode("ascii")


def destination(url: str) -> str:
    """Where a link leads, for a tooltip: the whole address, and its host apart when it is not what it seems."""
    host = plain_host(url)
    shown = url if len(url) <= 300 else url[:300] + "…"
    plain = not host or url.lower().startswith((f"https://{host}", f"http://{host}", "mailto:"))
    return shown if plain and url.isascii() else f"{host}\n{shown}"
