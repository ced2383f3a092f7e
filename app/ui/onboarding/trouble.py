"""The page for a profile that does not open: what is the matter, and each way on. It deletes and creates nothing."""

from typing import Final, Literal

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.client.arrival import Door
from app.client.unlocking import Opener
from app.common import errors
from app.common.tasks import TaskOwner
from app.ui.onboarding import words
from app.ui.onboarding.cards import Note
from app.ui.onboarding.keys import Twice
from app.ui.onboarding.page import Page
from app.ui.onboarding.paragraph import Paragraph
from app.ui.onboarding.words import say
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import Field

Way = Literal["keychain", "passphrase", "code"]

_TITLES: Final = {
    "keychain": "Your messages are locked",
    "passphrase": "Enter your passphrase",
    "code": "Open with your recovery code",
}
_LEADS: Final = {
    "keychain": "Nothing is lost: they wait behind a key that could not be had.",
    "passphrase": "It opens your messages on this computer.",
    "code": "It has 12 groups of 5 digits. Afterwards this computer opens your messages by itself again.",
}
_FILES: Final = ("damaged", "missing", "slot", "newer_version", "disk", "no_slots")  # no key helps with these


class Trouble(Page):
    """One of three ways to open the profile, with the others offered; ``opened_with`` brings its key."""

    opened_with = Signal(bytes)

    def __init__(self, theme: Theme, door: Door, tasks: TaskOwner) -> None:
        super().__init__(theme, say(_TITLES["keychain"]), say(_LEADS["keychain"]))
        self._door, self._tasks, self._ways = door, tasks, frozenset[str]()
        self._way: Way = "keychain"
        self._key: bytes | None = None  # had, but not yet kept anew
        self._waiting = Note(theme, icon="spinner")
        self._label = Paragraph(theme, "", "caption", weight=600)
        self.secret = Field(theme, say("Passphrase"), height=44, secret=True)
        self.code = Field(theme, say("Recovery code"), "00000 00000 00000 …", icon="key", height=44)
        self.add(self.wrong, 20)
        self.add(self._waiting, 20)
        self.add(self._label, 20)
        self.add(self.secret, 6)
        self.add(self.code, 6)
        self.fresh = Twice(theme, "New passphrase")
        self.add(self.fresh, 12)
        self._by_passphrase = self._other(say("Use the Passphrase"), "passphrase")
        self._by_code = self._other(say("Use the Recovery Code"), "code")
        self._by_keychain = self._other(say("Use the Keychain"), "keychain")
        self._folder = Button(theme, say("Show Folder"))
        self._folder.clicked.connect(self._show_folder)
        self.add_row(self._by_keychain, self._by_passphrase, self._by_code, self._folder, above=20)
        self._go = Button(theme, "", "primary", large=True)
        self._go.clicked.connect(self.enter)
        for field in (self.secret, self.code, self.fresh):
            field.entered.connect(self.enter)
        self.finish(self._go, back="")
        self.choose("keychain")

    def offer(self, ways: frozenset[str]) -> None:
        """What opens the profile, beside the recovery code."""
        self._ways = ways
        self.choose(self._way)

    def _other(self, label: str, way: Way) -> Button:
        button = Button(self.theme, label)
        button.clicked.connect(lambda: self.choose(way))
        return button

    def choose(self, way: Way) -> None:
        """Try this way next."""
        self._way, self._key = way, None
        self.heading.setText(say(_TITLES[way]))
        self.setAccessibleName(say(_TITLES[way]))
        self.lead.setText(say(_LEADS[way]))
        self.wrong.say("")
        self._waiting.say("")
        self._busy(False)
        self._label.setText(say("Passphrase") if way == "passphrase" else say("Recovery code"))
        self._label.setVisible(way != "keychain")
        self.secret.setVisible(way == "passphrase")
        self.code.setVisible(way == "code")
        self.fresh.setVisible(way == "code" and "keychain" not in self._ways)
        self._by_keychain.setVisible(way != "keychain" and "keychain" in self._ways)
        self._by_passphrase.setVisible(way != "passphrase" and "passphrase" in self._ways)
        self._by_code.setVisible(way != "code")
        self._folder.hide()
        self._go.show()
        self._go.rename(say("Try Again") if way == "keychain" else say("Open"))
        self.first = {"passphrase": self.secret.line, "code": self.code.line}.get(way, self._go)
        self.opened()

    def fail(self, error: errors.KingfisherError) -> None:
        """Say what is the matter, and offer only what can help."""
        self._waiting.say("")
        self._busy(False)
        if self._way == "passphrase" and error.code in ("wrong_key", "passphrase_size"):
            self.secret.complain(words.sentence(error, passphrase=True))
            self.secret.line.selectAll()
            self.secret.line.setFocus()
            return
        if self._way == "code" and error.code in ("wrong_key", "recovery_code"):
            self.code.complain(words.sentence(error))
            self.code.line.setFocus()
            return
        super().fail(error)
        if error.code in _FILES:
            for button in (self._by_keychain, self._by_passphrase, self._by_code):
                button.hide()
            self._folder.show()
        self._go.setFocus(Qt.FocusReason.OtherFocusReason)

    def wait(self) -> None:
        """The keychain is being asked and may itself ask something."""
        self._waiting.say(say("Asking the keychain. Answer what it asks."))
        self._go.setEnabled(False)

    def enter(self) -> None:
        """Try the chosen way."""
        if self._key is not None:  # opened, but the keychain does not take it: for this time
            self.opened_with.emit(self._key)
            return
        passphrase = ""
        if self._way == "code" and self.fresh.isVisibleTo(self):
            passphrase = self.fresh.passphrase() or ""
            if not passphrase:
                return
        self.wrong.say("")
        if self._way == "keychain":
            self.wait()
        self._busy(True)
        self._tasks.spawn(self._try(passphrase), name="unlock")

    def _busy(self, busy: bool) -> None:
        self._go.setEnabled(not busy)
        for field in (self.secret, self.code):
            field.line.setReadOnly(busy)

    async def _try(self, fresh: str) -> None:
        unlocking, way = self._door.unlocking, self._way
        try:
            if way == "keychain":
                key = await unlocking.open(Opener())
            elif way == "passphrase":
                key = await unlocking.open(Opener("passphrase", self.secret.text()))
            else:
                key = await unlocking.open_with_code(self.code.text())
                await self._keep(key, fresh)
        except errors.KingfisherError as error:
            if way == self._way:  # else something else is tried by now
                self.fail(error)
        else:
            self.opened_with.emit(key)

    async def _keep(self, key: bytes, fresh: str) -> None:
        """So that the next start needs no code: the usual way is written anew."""
        if fresh:
            await self._door.unlocking.set_passphrase(key, fresh)
            return
        try:
            await self._door.unlocking.renew_keychain(key)
        except errors.KingfisherError:
            self._key = key
            self.lead.setText(say("The code is right, but the key could not be put back where it was."))
            self._go.rename(say("Open Anyway"))
            raise

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._door.home.root)))
