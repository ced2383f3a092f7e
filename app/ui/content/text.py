"""Written words in a bubble: styles, links, emoji alone large, long ones shortened; the face of kind text."""

import itertools
from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, QPoint, QRect
from PySide6.QtGui import QFont, QPainter

from app.client import search
from app.content import base, text
from app.ui.content import clean, links
from app.ui.content.base import Context, Hit, Ink
from app.ui.content.block import Block, Style
from app.ui.content.clean import Clean
from app.ui.content.links import Link

SEVERAL = 64  # marks of a search, or emoji, that are drawn specially in one message
EMOJI = 17  # px among words
STYLES = frozenset(("bold", "italic", "underline", "strike", "code", "mention"))


class LaidText:
    """Words, and under them *Show More* when there are more."""

    framed = True
    opens = False

    def __init__(self, block: Block, context: Context, *, rest: bool) -> None:
        self._block = block
        self.words = block.words
        self.right_to_left = block.right_to_left
        self.more = rest
        self._more: Block | None = None
        self.width, self.height = block.width, block.height
        if rest:
            theme = context.theme
            label = QCoreApplication.translate("bubble", "Show More")
            self._more = Block(label, theme.font("body", weight=600), theme.line("body"), context.width)
            self._gap = theme.px(4)
            self.width = max(self.width, self._more.width)
            self.height += self._gap + self._more.height

    def paint(self, painter: QPainter, at: QPoint, ink: Ink, selected: tuple[int, int] | None) -> None:
        self._block.paint(painter, at, self.width, ink, selected)
        if self._more is not None:
            below = QPoint(at.x(), at.y() + self._block.height + self._gap)
            other = Ink(ink.link, ink.link, ink.faint, ink.selection, ink.selected_text, ink.mark, ink.marked_text)
            self._more.paint(painter, below, self.width, other)

    def hit(self, point: QPoint) -> Hit | None:
        if self._more is not None and self._block.height < point.y() <= self.height:
            return Hit(more=True) if 0 <= point.x() <= self._more.width else None
        return self._block.hit(point, self.width)

    def place(self, point: QPoint) -> int:
        return self._block.place(point, self.width)

    def area(self, at: int) -> QRect:
        return self._block.area(at, self.width)

    def step(self, at: int, by: int, *, word: bool) -> int:
        return self._block.step(at, by, word=word)

    def links(self) -> tuple[str, ...]:
        return tuple(link.url for link in self._block.links)


class LaidEmoji(LaidText):
    """One to three emoji alone: large, and without a bubble."""

    framed = False


def lay(shown: Clean, context: Context, styles: Sequence[Style] = ()) -> LaidText:
    """Words that were cleaned, with their links."""
    theme, words = context.theme, shown.words
    if clean.emoji_alone(words):
        large = QFont(theme.font("message"))
        large.setPixelSize(theme.size("type.emojiOnly.count1to3"))
        return LaidEmoji(Block(words, large, theme.size("type.emojiOnly.line"), context.width), context, rest=False)
    found = [Link(clean.units(words, link.start), clean.units(words, link.end), link.url) for link in links.find(words)]
    color = theme.palette.on_fill if context.outgoing else theme.palette.blue_text
    block = Block(
        words,
        theme.font("message"),
        theme.line("message"),
        context.width,
        styles=[
            *styles,
            *(Style(link.start, link.end - link.start, "link", color.rgba()) for link in found),
            *_emoji(words, theme.px(EMOJI)),
        ],
        links=found,
        marks=_marks(words, context.marks),
    )
    return LaidText(block, context, rest=shown.rest)


def _emoji(words: str, size: int) -> list[Style]:
    """Emoji among words are a little larger than these, as their pictures have wide margins."""
    return [
        Style(clean.units(words, start), clean.units(words, end) - clean.units(words, start), "emoji", size=size)
        for start, end in clean.emoji(words, SEVERAL)
    ]


def _marks(words: str, wanted: Sequence[str]) -> list[tuple[int, int]]:
    """The words that somebody looked for, as the list of what was found shows them."""
    if not wanted:
        return []
    found = itertools.islice(search.marks(words, " ".join(wanted)), SEVERAL)
    places = [(start, start + length) for start, length in found]
    return [(clean.units(words, start), clean.units(words, end) - clean.units(words, start)) for start, end in places]


class TextView:
    """The face of written words."""

    kind: ClassVar[str] = text.Text.kind

    def lay(self, content: text.Text, context: Context) -> LaidText:
        shown = clean.clean(content.text, context.looks)
        return lay(shown, context, _styles(content.spans, shown) if content.spans else ())

    def describe(self, content: text.Text) -> str:
        return clean.clean(content.text).words.replace(clean.LINE, " ")


def _styles(spans: Sequence[base.Span], shown: Clean) -> list[Style]:
    """Styles as they are drawn; a link is only what is written out, so that no words can hide another address."""
    made: list[Style] = []
    for each in spans:
        start, end = shown.place(each.start), shown.place(each.start + each.length)
        if each.style in STYLES and end > start:
            first = clean.units(shown.words, start)
            made.append(Style(first, clean.units(shown.words, end) - first, each.style))
    return made
