"""Spelling: which words get a wave, and what the menu of the field offers."""

import importlib.util
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QApplication, QMenu

from app.ui.bridge import Bridge
from app.ui.composer import spelling
from app.ui.composer.field import MessageField
from app.ui.composer.spell_menu import SpellMenu
from app.ui.composer.spelling import Spelling, Waves
from app.ui.theme import Theme
from tests.parts.waiting import until


class Words:
    """A dictionary with a few words of its own."""

    def __init__(self, *known: str) -> None:
        self.known = {each.lower() for each in known}

    def check(self, word: str) -> bool:
        return word.lower() in self.known

    def suggest(self, word: str) -> list[str]:
        return sorted(each for each in self.known if each[:1] == word[:1].lower())

    def add(self, word: str) -> None:
        self.known.add(word.lower())


@pytest.fixture
def field(theme: Theme) -> Iterator[MessageField]:
    made = MessageField(theme)
    made.resize(500, 20)
    made.show()
    yield made
    made.hide()
    made.deleteLater()


def waved(field: MessageField) -> list[str]:
    """The words with a wave under them."""
    wave = QTextCharFormat.UnderlineStyle.SpellCheckUnderline
    found: list[str] = []
    block = field.document().begin()
    while block.isValid():
        raw = block.text().encode("utf-16-le")
        for part in block.layout().formats():
            if part.format.underlineStyle() == wave:
                found.append(raw[2 * part.start : 2 * (part.start + part.length)].decode("utf-16-le"))
        block = block.next()
    return found


def test_unknown_words_get_a_wave(field: MessageField, theme: Theme) -> None:
    words = Spelling()
    waves = Waves(field.document(), theme, words)
    field.put("see you theer\n😄 it’s the wier 42 http://wier.example @wier")
    assert waved(field) == []
    words.use([Words("see", "you", "it's"), Words("the")])
    assert waved(field) == ["theer", "wier"]
    words.add("wier")
    assert waved(field) == ["theer"]
    waves.typed_at(13)
    assert waved(field) == []
    waves.typed_at(-1)
    assert waved(field) == ["theer"]


def test_without_a_dictionary_nothing_is_wrong(field: MessageField, theme: Theme) -> None:
    words = Spelling()
    Waves(field.document(), theme, words)
    field.put("qqq")
    words.use([])
    assert waved(field) == []
    assert not words.there


async def test_a_missing_library_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "enchant", None)
    words = Spelling()
    await words.load()
    assert not words.there
    assert words.right("qqq")


async def test_the_menu_suggests_and_learns(field: MessageField, theme: Theme) -> None:
    failures: list[BaseException] = []
    bridge = Bridge(None, failures.append)
    words = Spelling()
    known = Words("see", "there", "the")
    words.use([known])
    SpellMenu(theme, bridge, field, words)
    field.put("see theer")
    place = field.viewport().mapToGlobal(field.cursorRect().center())

    async def menu() -> QMenu:
        field.asked.emit(place)
        await until(lambda: bool(menus()))
        return menus()[0]

    def menus() -> list[QMenu]:
        return [each for each in QApplication.topLevelWidgets() if isinstance(each, QMenu) and each.isVisible()]

    shown = await menu()
    texts = [action.text() for action in shown.actions()]
    assert texts[:3] == ["the", "there", "Add to Dictionary"]
    shown.actions()[1].trigger()
    shown.close()
    assert field.text() == "see there"
    field.put("see theer")
    shown = await menu()
    next(each for each in shown.actions() if each.text() == "Add to Dictionary").trigger()
    shown.close()
    assert known.check("theer")
    await bridge.close()
    assert not failures


@pytest.mark.skipif(importlib.util.find_spec("enchant") is None, reason="the library is not installed")
async def test_the_dictionaries_of_the_system() -> None:
    words = Spelling()
    await words.load()
    if not words.there:
        pytest.skip("no dictionary of the user's language is installed")
    assert words.right("message")
    assert not words.right("messsaage")
    assert "message" in await words.suggest("messagee")


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [("see theer", 5, (4, "theer")), ("see theer", 3, (0, "see")), ("", 0, (0, "")), ("a  b", 2, (2, ""))],
)
def test_the_word_at_a_place(text: str, place: int, word: tuple[int, str]) -> None:
    assert spelling.word_at(text, place) == word
