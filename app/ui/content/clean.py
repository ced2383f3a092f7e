"""Foreign words made safe to draw: no direction tricks, no floods of marks, no endless lines; and emoji in them."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

RUN: Final = 8  # marks and invisible signs after one another; the longest flag sequence takes seven
BLANK_LINES: Final = 3
FIRST_LOOK: Final = 2_000  # characters shown of a long message at first
FIRST_LINES: Final = 30
FLOOD: Final = 16_000  # characters that are read in vain, when most are worth nothing
VAIN: Final = 1_000  # steps in which that is done: a screen may hold dozens of such messages
MORE: Final = 6_000  # characters each further look shows more

KEPT: Final = 64  # of the last texts: they are laid out anew for each width, and described for screen readers

LINE: Final = "\u2028"  # what a text layout takes for a new line

# Overrides, embeddings and isolates: within one message they only serve to show it in another order than it is read.
_DIRECTION: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLAIN_SIGNS: Final = "\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f\u05d0-\u05ea\u2010-\u2027"
_TROUBLE: Final = re.compile(f"[^{_PLAIN_SIGNS}]")
_PLAIN: Final = re.compile(f"[{_PLAIN_SIGNS}]+")
# What floods are made of, skipped a stretch at a time: what is never shown, what may follow a letter, new lines.
_NOTHING: Final = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]+")
_FEW_MARKS: Final = re.compile(f"[\u0300-\u036f]{{1,{RUN}}}")  # of those that are met most
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u061c\u064b-\u065f\u1ab0-\u1ace\u1dc0-\u1dff\u20d0-\u20f0\u00ad\u200b-\u200f"
    "\u2060-\u2064\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0001\U000e0020-\U000e007f\U000e0100-\U000e01ef"
    "\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]+"
)
_LINES: Final = re.compile("[\n\x0b-\r\x85\u2028\u2029]+")
_STAYS: Final = frozenset(("Lo", "Ll", "Lu", "Lm", "Po", "Sm", "So", "Sc", "Sk", "Nd", "Ps", "Pe", "Pd"))


class Clean(msgspec.Struct, frozen=True):
    """Words as they are drawn, new lines as LINE; ``kept`` tells which characters of the original they are.

    ``kept`` is None when nothing is missing before the end. ``rest`` is True when there is more to see.
    """

    words: str
    kept: tuple[int, ...] | None = None
    rest: bool = False

    def place(self, at: int) -> int:
        """Where the original's character stands here, or the next one that does."""
        if self.kept is None:
            return min(at, len(self.words))
        low, high = 0, len(self.kept)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.kept[middle] < at else (low, middle)
        return low


@lru_cache(maxsize=KEPT)
def clean(text: str, looks: int = 0) -> Clean:
    """``text`` for the screen; ``looks`` counts how often its reader asked for more of it."""
    most, lines = FIRST_LOOK + MORE * looks, FIRST_LINES * (1 + 3 * looks)
    part, read = text[:most], most
    kept: tuple[int, ...] | None = None
    if _TROUBLE.search(part):
        part, kept, read = _picked(text, most)
    ends = _end_of_line(part, lines)
    rest = len(text) > read or ends < len(part.rstrip(LINE + " "))
    words = part[:ends] if rest else part.rstrip(LINE + " ")
    if kept is not None:
        kept = kept[: len(words)]
        kept = None if kept == tuple(range(len(words))) else kept
    return Clean(words, kept, rest)


def _end_of_line(words: str, lines: int) -> int:
    at = -1
    for _ in range(lines):
        at = words.find(LINE, at + 1)
        if at < 0:
            return len(words)
    return at


def _picked(text: str, most: int) -> tuple[str, tuple[int, ...], int]:
    """At most so many characters worth drawing, where they stood, and how far the text was read for them."""
    words: list[str] = []
    kept: list[int] = []
    run = blank = at = vain = 0
    end = min(len(text), most + FLOOD)
    while at < end and len(kept) < most and vain < VAIN:
        room = min(end, at + most - len(kept))
        if (plain := _PLAIN.match(text, at, room)) is not None:
            words.append(plain.group())
            kept.extend(range(at, plain.end()))
            run, blank, at = 0, 0, plain.end()
            continue
        if run == 0 and (few := _FEW_MARKS.match(text, at, room)) is not None:
            words.append(few.group())
            kept.extend(range(at, few.end()))
            run, at = few.end() - at, few.end()
            continue
        character = text[at]
        category = unicodedata.category(character)
        flood: re.Pattern[str] | None = None
        if category in _STAYS or character == " ":
            run = blank = 0
        elif character in _DIRECTION or category in ("Cs", "Cn") or text[at : at + 2] == "\r\n":
            flood = _NOTHING
        elif category in ("Mn", "Me", "Mc", "Cf"):
            run += 1
            flood = _MARKS if run > RUN else None
        elif category in ("Cc", "Zl", "Zp"):
            character = " " if character == "\t" else LINE if character in "\n\r\x0b\x0c\x85\u2028\u2029" else ""
            blank = blank + 1 if character == LINE else blank
            flood = _NOTHING if not character else _LINES if blank > BLANK_LINES else None
            run = run if flood else 0
        if flood is not None:
            stretch = flood.match(text, at, end)
            at, vain = stretch.end() if stretch else at + 1, vain + 1
            continue
        words.append(character)
        kept.append(at)
        at += 1
    return "".join(words), tuple(kept), at


def name(text: str, most: int = 80) -> str:
    """A name or one line of somebody's words, for one line on the screen."""
    return clean(text[: most * 4]).words.replace(LINE, " ")[:most].strip()


def runs_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction of its own says so."""
    if text.isascii():
        return False
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


# Signs that are pictures by themselves; all others below U+1F000 need the variation selector.
_PICTURES: Final = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd"
    "\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755"
    "\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a"
    "\U0001f300-\U0001faff"
)
_TEXTUAL: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff"
    "\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
)
_ONE: Final = (
    f"(?:[{_PICTURES}]\ufe0f?|[{_TEXTUAL}]\ufe0f)[\U0001f3fb-\U0001f3ff]?(?:[\U000e0020-\U000e007e]{{1,7}}\U000e007f)?"
)
_PICTURE: Final = re.compile(f"[{_PICTURES}\ufe0f\u20e3\U0001f1e6-\U0001f1ff]")
_EMOJI: Final = re.compile(
    rf"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[#*0-9]\ufe0f?\u20e3|{_ONE}(?:\u200d(?:{_ONE}|[\u2640\u2642\u2695]\ufe0f?)){{0,5}})"
)


def emoji_alone(text: str, most: int = 3) -> int:
    """How many emoji the text consists of, when it is one to ``most`` of them and nothing else; otherwise 0."""
    if len(text) > 120 or text.isascii():
        return 0
    count = at = 0
    bare = "".join(text.split())
    while at < len(bare):
        found = _EMOJI.match(bare, at)
        if found is None:
            return 0
        count, at = count + 1, found.end()
    return count if count <= most else 0


def emoji(text: str, most: int) -> list[tuple[int, int]]:
    """Where the first emoji among words stand, neighbours together, in code points."""
    if text.isascii() or _PICTURE.search(text) is None:
        return []
    found: list[tuple[int, int]] = []
    for match in _EMOJI.finditer(text):
        start, end = match.span()
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        elif len(found) < most:
            found.append((start, end))
        else:
            break
    return found


def units(text: str, at: int) -> int:
    """A place in code points as one in UTF-16 units, which layouts count in."""
    return at if text.isascii() else len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


def between(text: str, start: int, end: int) -> str:
    """The part from one place to another, both in UTF-16 units."""
    if text.isascii():
        return text[start:end]
    return text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "ignore")
