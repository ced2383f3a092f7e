"""The dialog that moves the keys: from the keychain of the system to a passphrase, back, or to another passphrase."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client.unlocking import Opener, Unlocking, Way
from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.widgets.buttons import Button
from app.ui.widgets.choices import Choice
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.fields import Field
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored

_WIDE = 380  # pixels of the design


def kept_in(ways: frozenset[Way]) -> str:
    """Where the keys are, in words."""
    words = {"keychain": "System keychain", "passphrase": "Passphrase"}
    named = [QCoreApplication.translate("Settings", words[way]) for way in ("keychain", "passphrase") if way in ways]
    return ", ".join(named)


class KeysDialog(Dialog):
    """Asks where the keys are to be kept, and does it; ``shown`` gives True when they have moved."""

    def __init__(self, desk: Desk, unlocking: Unlocking, ways: frozenset[Way], parent: QWidget) -> None:
        super().__init__(desk.theme, "Where keys are kept", parent)
        theme = desk.theme
        self._desk, self._unlocking, self._ways = desk, unlocking, ways
        title = self.tr("Where keys are kept")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        choices = [("keychain", self.tr("System keychain")), ("passphrase", self.tr("Passphrase"))]
        other = "passphrase" if "keychain" in ways else "keychain"
        self._choice = Choice(theme, self.tr("Keep keys in"), choices, other)
        self._about = Label(theme, "", "body", "text_secondary")
        self._current = Field(theme, self.tr("Current passphrase"), self.tr("Current passphrase"), secret=True)
        self._fresh = Field(theme, self.tr("New passphrase"), self.tr("New passphrase"), secret=True)
        self._again = Field(theme, self.tr("Repeat passphrase"), self.tr("Repeat passphrase"), secret=True)
        self._move = Button(theme, self.tr("Move Keys"), "primary")
        self._cancel = Button(theme, self.tr("Cancel"))
        self._problem = Label(theme, "", "caption", "red_text")
        self._build(title)
        self._choice.chosen.connect(self._arrange)
        self._move.clicked.connect(self._start)
        self._cancel.clicked.connect(self.reject)
        for field in (self._current, self._fresh, self._again):
            field.entered.connect(self._start)
            field.line.escaped.connect(self.reject)
            field.edited.connect(self._edited)
        self._arrange()

    def _build(self, title: str) -> None:
        px = self.theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(*mirrored(self, px(24), px(24), px(20), px(16)))
        column.setSpacing(px(10))
        column.addWidget(Label(self.theme, title, "heading"))
        self._about.setFixedWidth(px(_WIDE))
        for each in (self._choice, self._about, self._current, self._fresh, self._again, self._problem):
            column.addWidget(each)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        row.addWidget(self._cancel)
        row.addWidget(self._move)
        column.addLayout(row)

    def _edited(self, _: str) -> None:
        self._complain("")

    def _arrange(self, _: object = None) -> None:
        """The fields that this move needs."""
        passphrase = self._choice.value == "passphrase"
        self._about.setText(
            self.tr(
                "You type it each time Kingfisher starts. If you forget it, your recovery code opens your messages."
            )
            if passphrase
            else self.tr("Unlocks when you sign in to this computer. You may be asked once to allow access.")
        )
        self._current.setVisible("keychain" not in self._ways)
        self._fresh.setVisible(passphrase)
        self._again.setVisible(passphrase)
        self._complain("")
        self._move.setEnabled(passphrase or self._choice.value not in self._ways or len(self._ways) > 1)
        self.adjustSize()

    def _complain(self, sentence: str) -> None:
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def _start(self) -> None:
        if not self._move.isEnabled():
            return
        passphrase = self._choice.value == "passphrase"
        if passphrase and not self._fresh.text():
            self._complain(self.tr("Enter a passphrase."))
        elif passphrase and self._fresh.text() != self._again.text():
            self._again.complain(self.tr("The two passphrases are not the same."))
        else:
            self._desk.bridge.spawn(self, self._work(), name="keys")

    async def _work(self) -> None:
        self._move.setEnabled(False)
        try:
            held = Opener() if "keychain" in self._ways else Opener("passphrase", self._current.text())
            key = await self._unlocking.open(held)
            if self._choice.value == "passphrase":
                await self._unlocking.move_to_passphrase(key, self._fresh.text())
            else:
                await self._unlocking.move_to_keychain(key)
        except errors.Untrusted:
            self._current.complain(self.tr("That is not the passphrase."))
            self._move.setEnabled(True)
        except errors.KingfisherError as error:
            self._complain(formats.sentence(error))
            self._move.setEnabled(True)
        else:
            self.end(True)
