"""The emoji there are, by category and by name; read once from a list of our own, named by Unicode."""

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from PySide6.QtCore import QCoreApplication, QLocale

from app.common import resources

TONES: Final = ("", "\U0001f3fb", "\U0001f3fc", "\U0001f3fd", "\U0001f3fe", "\U0001f3ff")
RECENT: Final = 16
FOUND: Final = 160
_PLAIN: Final = str.maketrans("", "", "".join((*TONES, "\ufe0e", "\ufe0f")))
_FIRST_FLAG: Final = 0x1F1E6


class Emoji(msgspec.Struct, frozen=True):
    """One of them, with a name in English and other words it is found by; ``toned``: it comes in skin tones."""

    text: str
    name: str
    words: str = ""
    toned: bool = False

    def in_tone(self, tone: str) -> str:
        """With that skin tone, where it has one."""
        if not self.toned or not tone:
            return self.text
        return self.text[0] + tone + self.text[1:].removeprefix("\ufe0f")


class Category(msgspec.Struct, frozen=True):
    """Those of one kind; ``face`` stands for all of them."""

    key: str
    face: str
    emoji: tuple[Emoji, ...]

    @property
    def title(self) -> str:
        return _title(self.key)


_FACES: Final = {
    "smileys": "😀",
    "nature": "🐦",
    "food": "🍎",
    "activity": "⚽",
    "travel": "🚲",
    "objects": "💡",
    "symbols": "🔣",
    "flags": "🏳️",
}


def _title(key: str) -> str:
    words = {
        "smileys": QCoreApplication.translate("emoji", "Smileys"),
        "nature": QCoreApplication.translate("emoji", "Animals and Nature"),
        "food": QCoreApplication.translate("emoji", "Food and Drink"),
        "activity": QCoreApplication.translate("emoji", "Activities"),
        "travel": QCoreApplication.translate("emoji", "Travel and Places"),
        "objects": QCoreApplication.translate("emoji", "Objects"),
        "symbols": QCoreApplication.translate("emoji", "Symbols"),
        "flags": QCoreApplication.translate("emoji", "Flags"),
    }
    return words[key]


@functools.cache
def categories() -> tuple[Category, ...]:
    """All there are, in the order of the picker."""
    sections = _sections(resources.path("emoji/emoji.txt").read_text("utf-8"))
    toned = frozenset(" ".join(sections["tones"]).split())
    words = dict(line.split(" ", 1) for line in sections["words"])
    return tuple(Category(key, face, tuple(_of(sections[key], words, toned))) for key, face in _FACES.items())


def _sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            lines = found[line[1:-1]] = []
        elif line and not line.startswith("# "):
            lines.append(line)
    return found


def _of(lines: Iterable[str], words: dict[str, str], toned: frozenset[str]) -> Iterable[Emoji]:
    for line in lines:
        if line.startswith("flags "):
            yield from (_flag(code) for code in line.split()[1:])
        else:
            yield from (Emoji(each, _name(each, words), words.get(each, ""), each in toned) for each in line.split())


def _name(text: str, words: dict[str, str]) -> str:
    """Unicode's name; what is put together of several is called by our words."""
    bare = text.translate(_PLAIN)
    if len(bare) > 1 and text in words:
        return words[text]
    parts = (unicodedata.name(part, "") for part in bare if part not in "\u200d\u20e3")
    return ", ".join(part.lower().replace(" face with ", " with ") for part in parts if part)


def _flag(code: str) -> Emoji:
    text = "".join(chr(_FIRST_FLAG + ord(letter) - ord("A")) for letter in code)
    country = QLocale.territoryToString(QLocale.codeToTerritory(code)) or code
    return Emoji(text, f"flag: {country}", f"flag {country} {code}")


@functools.cache
def _known() -> dict[str, Emoji]:
    return {each.text.translate(_PLAIN): each for category in categories() for each in category.emoji}


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Finds those of the list in a text, longer ones first, in any skin tone."""
    filler = "[\ufe0f\U0001f3fb-\U0001f3ff]*"
    ordered = sorted((bare for bare in _known() if not bare[0].isascii()), key=len, reverse=True)
    return re.compile("|".join(filler.join(re.escape(part) for part in bare) + filler for bare in ordered))


def search(words: str) -> tuple[Emoji, ...]:
    """Those that every word begins a word of; nothing for no words."""
    asked = words.lower().split()[:8]
    if not asked:
        return ()
    found = [each for category in categories() for each in category.emoji if _is_called(each, asked)]
    return tuple(found[:FOUND])


def _is_called(emoji: Emoji, asked: Sequence[str]) -> bool:
    said = re.split(r"[\s,:-]+", f"{emoji.name} {emoji.words}".lower())
    return all(any(each.startswith(word) for each in said) for word in asked)


def used_in(texts: Iterable[str], most: int = RECENT) -> tuple[Emoji, ...]:
    """Those that were used of late, each once, as found in texts with the newest first."""
    found: dict[str, Emoji] = {}
    for text in texts:
        if text.isascii():
            continue
        for match in _pattern().finditer(text):
            each = _known()[match.group().translate(_PLAIN)]
            found.setdefault(each.text, each)
            if len(found) == most:
                return tuple(found.values())
    return tuple(found.values())
