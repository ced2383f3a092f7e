"""Who somebody is to others: the address by which they are found, and the name they go by."""

from PySide6.QtCore import Signal

from app.client import account, arrival
from app.common import errors
from app.ui.onboarding import words
from app.ui.onboarding.cards import Note
from app.ui.onboarding.page import Page
from app.ui.onboarding.paragraph import Paragraph
from app.ui.onboarding.words import say
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import Field


class Person(Page):
    """Two fields; the second is enough for the name."""

    forward = Signal(str, str)  # address in its normal form, name

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, say("What’s your number or e-mail?"), say("This is how people find you."), step=2)
        label = say("Phone number or e-mail")
        self.address = Field(theme, label, say("+1 202 555 0123 or you@example.com"), icon="at", height=44)
        self.name = Field(theme, say("Your name"), icon="user", height=44)
        self.name.line.setMaxLength(account.NAME)
        go = Button(theme, say("Continue"), "primary", large=True)
        self.first = self.address.line
        self.add(Paragraph(theme, label, "caption", weight=600), 26)
        self.add(self.address, 6)
        unchecked = say("No code is sent: your contacts see that this address was not checked by the relay.")
        self.add(Note(theme, unchecked), 10)
        self.add(Paragraph(theme, say("Your name"), "caption", weight=600), 20)
        self.add(self.name, 6)
        self.add(Paragraph(theme, say("People you write to see it."), "caption", "text_secondary"), 6)
        self.address.entered.connect(self.name.line.setFocus)
        self.name.entered.connect(self._enter)
        go.clicked.connect(self._enter)
        self.finish(go)

    def fill(self, address: str, name: str) -> None:
        """What was said before."""
        self.address.setText(address)
        self.name.setText(name)

    def _enter(self) -> None:
        address = name = ""
        try:
            address = arrival.read_address(self.address.text())
        except errors.Malformed as error:
            self.address.complain(words.sentence(error))
        try:
            name = account.proper_name(self.name.text())
        except errors.Malformed as error:
            self.name.complain(words.sentence(error))
        if address and name:
            self.forward.emit(address, name)
        else:
            (self.name if address else self.address).line.setFocus()
