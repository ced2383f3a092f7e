"""The plain face of every kind that has none of its own: its title and lines, else its words."""

from typing import ClassVar

from app.content import base
from app.ui.content import clean, text
from app.ui.content.base import Context, Laid


class CardView:
    """Draws ``Content.as_card``, or the words the sender put beside what this version does not know."""

    kind: ClassVar[str] = ""

    def lay(self, content: base.Content, context: Context) -> Laid:
        return text.lay(clean.clean(_words(content), context.looks), context)

    def describe(self, content: base.Content) -> str:
        return clean.clean(_words(content)).words.replace(clean.LINE, " ")


def _words(content: base.Content) -> str:
    card = content.as_card()
    return "\n".join((card.title, *card.lines)) if card is not None else content.as_text()
