"""Spelling with the dictionaries of the system: red waves under what none of them knows, suggestions in the menu.

Without the library, or without a dictionary for the user's languages, nothing of it is seen.
"""

import asyncio
import importlib
import logging
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from PySide6.QtCore import QLocale, QObject, Signal
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.ui.theme import Theme

log = logging.getLogger(__name__)

LANGUAGES: Final = 3
SUGGESTED: Final = 5
LONGEST: Final = 48  # letters of a word worth checking
LINE: Final = 4_000  # characters of a line worth checking
REMEMBERED: Final = 4_000
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ELSEWHERE: Final = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|[#@/]\S+")


class Dictionary(Protocol):
    """What is asked of one dictionary."""

    def check(self, word: str) -> bool: ...

    def suggest(self, word: str) -> list[str]: ...

    def add(self, word: str) -> None: ...


class Spelling(QObject):
    """The dictionaries of the user's languages, loaded off the loop; ``changed`` when words are to be looked at again.

    A word is right when any of the dictionaries has it.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dictionaries: tuple[Dictionary, ...] = ()
        self._lock = threading.Lock()
        self._known: dict[str, bool] = {}

    @property
    def there(self) -> bool:
        return bool(self._dictionaries)

    async def load(self, find: Callable[[], Sequence[Dictionary]] | None = None) -> None:
        """Find the dictionaries; it is no error if there are none."""
        self.use(await asyncio.to_thread(find or _of_the_system))

    def use(self, dictionaries: Sequence[Dictionary]) -> None:
        """Check with these from now on."""
        self._dictionaries = tuple(dictionaries)
        self._known.clear()
        self.changed.emit()

    def right(self, word: str) -> bool:
        """True for what needs no mark, and while there is no dictionary."""
        if not self._dictionaries or len(word) > LONGEST:
            return True
        found = self._known.get(word)
        if found is None:
            plain = word.replace("’", "'")
            with self._lock:
                found = any(each.check(plain) for each in self._dictionaries)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[word] = found
        return found

    async def suggest(self, word: str) -> tuple[str, ...]:
        """What may have been meant, the best first; asked off the loop, for it takes its time."""

        def look() -> tuple[str, ...]:
            found: dict[str, None] = {}
            for each in self._dictionaries:
                with self._lock:
                    found |= dict.fromkeys(each.suggest(word.replace("’", "'")))
            return tuple(found)[:SUGGESTED]

        return await asyncio.to_thread(look)

    def add(self, word: str) -> None:
        """The user's own word, in the first dictionary from now on."""
        if self._dictionaries:
            with self._lock:
                self._dictionaries[0].add(word.replace("’", "'"))
            self._known.clear()
            self.changed.emit()


def _of_the_system() -> Sequence[Dictionary]:
    """Those of the languages the user reads; none where the library is not installed."""
    try:
        library: Any = importlib.import_module("enchant")
    except ImportError:
        return ()
    broker = library.Broker()
    there = {str(each) for each in broker.list_languages()}
    names = [each.replace("-", "_") for each in QLocale.system().uiLanguages() if each != "C"] or ["en_US"]
    wanted = dict.fromkeys(found for name in names if (found := _fitting(name, there)))
    made: list[Dictionary] = []
    for language in tuple(wanted)[:LANGUAGES]:
        try:
            made.append(broker.request_dict(language))
        except library.errors.Error:
            log.info("a dictionary could not be opened")
    return made


def _fitting(name: str, there: set[str]) -> str:
    """The very language, else one of another country; ``C`` is none."""
    if name in there:
        return name
    language = name.split("_")[0]
    return next((each for each in sorted(there) if each.split("_")[0] == language), "")


class Waves(QSyntaxHighlighter):
    """Red waves under the words nobody knows, in a document; the word at the cursor is left alone while typed."""

    def __init__(self, document: QTextDocument, theme: Theme, spelling: Spelling) -> None:
        super().__init__(document)
        self._theme, self._spelling = theme, spelling
        self._format = QTextCharFormat()
        self._typed = -1
        spelling.changed.connect(self.rehighlight)
        theme.changed.connect(self._dress)
        self._dress()

    def typed_at(self, place: int) -> None:
        """The word that ends there is being typed; -1 for none."""
        before, self._typed = self._typed, place
        for each in {before, place} - {-1}:
            block = self.document().findBlock(each)
            if block.isValid():
                self.rehighlightBlock(block)

    def _dress(self) -> None:
        self._format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SpellCheckUnderline)
        self._format.setUnderlineColor(self._theme.palette.red_text)
        if self._spelling.there:
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        if not self._spelling.there or len(text) > LINE:
            return
        at = self._typed - self.currentBlock().position()
        bare = _ELSEWHERE.sub(lambda match: " " * len(match.group()), text)
        shift = _Shift(text)
        for match in _WORD.finditer(bare):
            start, end = shift.to(match.start()), shift.to(match.end())
            if end != at and not self._spelling.right(match.group()):
                self.setFormat(start, end - start, self._format)


class _Shift:
    """From places in code points to Qt's, which count some characters twice; asked in rising order."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._extra = text, 0, 0
        self._wide = any(each > "\uffff" for each in text)

    def to(self, place: int) -> int:
        if self._wide:
            self._extra += sum(each > "\uffff" for each in self._text[self._at : place])
            self._at = place
        return place + self._extra


def word_at(text: str, place: int) -> tuple[int, str]:
    """The word a place (in code points) is in or beside, and where it begins; an empty one for none."""
    for match in _WORD.finditer(text):
        if match.start() <= place <= match.end():
            return match.start(), match.group()
    return place, ""
