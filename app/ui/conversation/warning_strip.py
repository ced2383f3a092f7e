"""A strip under the header that says what is wrong, and what can be done about it."""

from collections.abc import Callable

from app.ui.conversation.strip import BannerAction, Strip
from app.ui.theme import Theme
from app.ui.widgets import aloud


class WarningStrip(Strip):
    """Not there while nothing is said. Each action is its words and what it does."""

    def __init__(self, theme: Theme, icon: str, *actions: tuple[str, Callable[[], object]]) -> None:
        links = [BannerAction(theme, said) for said, _ in actions]
        super().__init__(theme, icon, *links)
        for link, (_, act) in zip(links, actions, strict=True):
            link.clicked.connect(act)

    def say(self, words: str) -> None:
        """Show a sentence, aloud too when it is another one; or nothing any more."""
        another = bool(words) and (words != self.words.text() or self.isHidden())
        self.words.setText(words)
        self.setVisible(bool(words))
        if another:
            aloud.say(self, words)
