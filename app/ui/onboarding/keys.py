"""Where the key to the messages lies: in the system's keychain, or under a passphrase for whoever wants that."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from app.client.unlocking import Opener
from app.ui.onboarding.cards import Card, Note
from app.ui.onboarding.page import Page
from app.ui.onboarding.words import say
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import Field

_SHORT: Final = 10  # characters below which any passphrase is guessed
_LONG: Final = 20  # from here on, if it is not one thing over and over


class Keys(Page):
    """One of two; the passphrase is typed twice."""

    forward = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            say("Keep your keys safe"),
            say("Kingfisher makes new keys on this computer. They never leave it unsealed, so choose where they live."),
            step=3,
        )
        self.keychain = Card(
            theme,
            say("System keychain"),
            say("Unlocks when you sign in to this computer. You may be asked once to allow access."),
            tag=say("Recommended"),
        )
        self.passphrase = Card(
            theme,
            say("Passphrase"),
            say(
                "You type it each time Kingfisher starts. If you forget the passphrase, your recovery code opens your "
                "messages."
            ),
        )
        self._either = QButtonGroup(self)  # one of the two, and arrow keys go from one to the other
        for card in (self.keychain, self.passphrase):
            self._either.addButton(card)
        self._typing = Twice(theme)
        self._typing.hide()
        go = Button(theme, say("Finish"), "primary", large=True)
        self.keychain.setChecked(True)
        self.first = self.keychain
        self.add(self.keychain, 24)
        self.add(self.passphrase, 10)
        self.add(self._typing, 10)
        self.passphrase.toggled.connect(self._typing.setVisible)
        self.passphrase.clicked.connect(self._typing.focus)
        self._typing.entered.connect(self._enter)
        go.clicked.connect(self._enter)
        self.finish(go)

    def use_passphrase(self) -> None:
        """Choose it, as the way out when there is no keychain."""
        self.passphrase.setChecked(True)
        self.first = self._typing.one.line

    def _enter(self) -> None:
        if self.keychain.isChecked():
            self.forward.emit(Opener())
        elif (passphrase := self._typing.passphrase()) is not None:
            self.forward.emit(Opener("passphrase", passphrase))


class Twice(QWidget):
    """A new passphrase in two fields, with a hint how good it is."""

    entered = Signal()

    def __init__(self, theme: Theme, name: str = "Passphrase") -> None:
        super().__init__()
        self.one = Field(theme, say(name), say(name), secret=True)
        self.two = Field(theme, say(f"{name} again"), say("The same again"), secret=True)
        self._hint = Note(theme, say(_hint("")))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(6))
        for each in (self.one, self.two, self._hint):
            column.addWidget(each)
        self.one.edited.connect(self._judge)
        self.one.entered.connect(self.two.line.setFocus)
        self.two.entered.connect(self.entered)

    def _judge(self, text: str) -> None:
        self._hint.say(say(_hint(text)))

    def focus(self) -> None:
        self.one.line.setFocus()

    def passphrase(self) -> str | None:
        """What was typed; None, with the sentence in place, when it cannot be used."""
        first, second = self.one.text(), self.two.text()
        if not first:
            self.one.complain(say("Type a passphrase."))
            self.one.line.setFocus()
        elif first != second:
            self.two.complain(say("The two aren’t the same."))
            self.two.line.setFocus()
        else:
            return first
        return None


def _hint(text: str) -> str:
    """A guess at how it would stand up to guessing; it forbids nothing."""
    if not text:
        return "Four or more random words are hard to guess."
    kinds = len(set(text))
    if len(text) < _SHORT or kinds < _SHORT / 2:
        return "Weak: a computer guesses this in hours."
    if len(text) < _LONG or kinds < _SHORT:
        return "Fair: a few more words make it strong."
    return "Strong: hard to guess."
