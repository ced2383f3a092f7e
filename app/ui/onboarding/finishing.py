"""The last pages: the account being made, the recovery code, and for a host an invite to hand on."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.client.hosting.bundled import Hosting
from app.common import errors
from app.common.tasks import TaskOwner
from app.ui.onboarding import printing
from app.ui.onboarding.cards import Note
from app.ui.onboarding.page import Page
from app.ui.onboarding.paragraph import Paragraph
from app.ui.onboarding.words import say
from app.ui.theme import Theme
from app.ui.widgets import painting
from app.ui.widgets.buttons import Button
from app.ui.widgets.fields import Field
from app.ui.widgets.qr import QrCode

_COPIED: Final = 2_000  # ms a button says so


class Working(Page):
    """What is being done, and when it fails the ways on: again, or back to what has to be another."""

    again = Signal()
    other = Signal(str)  # "invite", "person" or "keys"

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, say("Making your account"), say("This takes a moment."), step=3)
        self._target = ""
        self._again = Button(theme, say("Try Again"), "primary", large=True)
        self._other = Button(theme, "", large=True)
        self._again.clicked.connect(self.again)
        self._other.clicked.connect(lambda: self.other.emit(self._target))
        self._doing = Note(theme, icon="spinner")
        self.add(self._doing, 26)
        self.finish(self._other, self._again)
        self.first = self.back_button
        self.begin(say("Asking the relay…"))

    def begin(self, doing: str) -> None:
        """It is being done."""
        self.wrong.say("")
        self.lead.setText(say("This takes a moment."))
        self._doing.say(doing)
        self._again.hide()
        self._other.hide()

    def fail(self, error: errors.KingfisherError) -> None:
        """It did not work; what can be done about it."""
        self._doing.say("")
        super().fail(error)
        self.lead.setText(say("That didn’t work yet. Nothing is lost."))
        self._target, label = _way_out(error.code)
        self._other.rename(label)
        self._other.setVisible(bool(label))
        again = isinstance(error, errors.AgainLater) or not label
        self._again.setVisible(again)
        (self._again if again else self._other).setFocus(Qt.FocusReason.OtherFocusReason)


def _way_out(code: str) -> tuple[str, str]:
    """Which page has to be answered differently, and the words for going there."""
    if code in ("bad_invite", "invite_used", "invite_expired", "closed", "needs_invite", "another_relay"):
        return "invite", say("Use Another Invite")
    if code in ("taken", "bad_address"):
        return "person", say("Use Another Address")
    if code.startswith("keychain_"):
        return "keys", say("Use a Passphrase")
    return "", ""


class Code(Page):
    """The recovery code, this once."""

    kept = Signal()

    def __init__(self, theme: Theme, code: str, address: str) -> None:
        super().__init__(
            theme,
            say("Your recovery code"),
            say("It is the only way back if this computer is lost. Keep it on paper or where you keep passwords."),
            step=4,
        )
        self._code, self._address = code, address
        self.add(Digits(theme, code), 24)
        self._copy = Copier(theme, say("Copy"), code)
        paper = Button(theme, say("Print…"))
        paper.clicked.connect(self._print)
        self.add_row(self._copy, paper, above=14)
        self.add(Note(theme, say("Nobody can send it to you again. Whoever has it can open your messages.")), 16)
        go = Button(theme, say("I’ve Kept It"), "primary", large=True)
        go.clicked.connect(self.kept)
        self.first = self._copy
        self.finish(go, back="")

    def _print(self) -> None:
        printing.open_dialog(self, lambda printer: printing.paint(printer, self._code, self._address))


class Copier(Button):
    """Puts a text on the clipboard and says so for a moment."""

    def __init__(self, theme: Theme, label: str, text: str, *, primary: bool = False) -> None:
        super().__init__(theme, label, "primary" if primary else "secondary", icon="copy")
        self._label, self.text_to_copy = label, text
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.rename(self._label))
        self.clicked.connect(self._copy)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text_to_copy)
        self.rename(say("Copied"))
        self._timer.start(_COPIED)


class Digits(QWidget):
    """Twelve groups of five, in four rows, read from left to right in every language."""

    def __init__(self, theme: Theme, code: str) -> None:
        super().__init__()
        self._theme, self._groups = theme, code.split()
        self.setAccessibleName(say("Recovery code"))
        self.setAccessibleDescription(code)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(300), self._theme.px(4 * 30 + 32))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, colors = self._theme, self._theme.palette
        painter = QPainter(self)
        edge = colors.border if theme.high_contrast else None
        painting.surface(painter, QRectF(self.rect()), theme.size("radius.group"), colors.field_fill, edge)
        painter.setFont(theme.font("sidebarTitle", weight=600, tabular=True))
        painter.setPen(colors.text)
        wide, high, top = self.width() / 3, theme.px(30), theme.px(16)
        for number, group in enumerate(self._groups):
            row, column = divmod(number, 3)
            box = QRectF(column * wide, top + row * high, wide, high)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, group)


class Handing(Page):
    """The first invite of a new relay: a link and its picture."""

    done = Signal()

    def __init__(self, theme: Theme, hosting: Hosting, address: str, tasks: TaskOwner) -> None:
        super().__init__(
            theme,
            say("Invite someone"),
            say("Send the link, or let someone scan the code. It works once, for 7 days."),
            step=4,
        )
        self._hosting, self._address, self._tasks = hosting, address, tasks
        self.code = QrCode(theme, say("QR code of the invite link"))
        self.link = Field(theme, say("Invite link"))
        self.link.line.setMaxLength(4_000)
        self.link.line.setReadOnly(True)
        self._copy = Copier(theme, say("Copy Link"), "", primary=True)
        self._new = Button(theme, say("New Link"))
        self._new.clicked.connect(self.ask)
        self.add(self.code, 20)
        self.add(self.link, 14)
        self.add_row(self._copy, self._new, above=10)
        hint = say("You find new links in Settings, under Hosting.")
        self.add(Paragraph(theme, hint, "caption", "text_secondary"), 12)
        go = Button(theme, say("Open Kingfisher"), "primary", large=True)
        go.clicked.connect(self.done)
        self.first = self._copy
        self.finish(go, back="")

    def ask(self) -> None:
        """For a link, in the place of the one that is shown."""
        self._ready(False)
        self._tasks.spawn(self._ask(), name="invite")

    def _ready(self, ready: bool) -> None:
        self._copy.setEnabled(ready)
        self._new.setEnabled(ready)

    async def _ask(self) -> None:
        try:
            link = await self._hosting.invite(self._address)
        except errors.KingfisherError as error:
            self.fail(error)
            self._new.setEnabled(True)
            return
        self.wrong.say("")
        self.code.show_text(link)
        self.link.setText(link)
        self.link.line.setCursorPosition(0)
        self._copy.text_to_copy = link
        self._ready(True)
