"""Inviting: the link that lets somebody in, as a code and as text, and the page that has the relay make one."""

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings.page import Page
from app.ui.settings.rows import Card, Picture, Row
from app.ui.widgets.buttons import ROOM, Button
from app.ui.widgets.fields import Field
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored
from app.ui.widgets.qr import QrCode


class InviteCard(Card):
    """A link as a code to scan and as a text to copy."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme)
        theme = desk.theme
        self._desk, self.link = desk, ""
        self._code = QrCode(theme, self.tr("Invite link as a code"))
        self._about = Label(
            theme,
            self.tr("Send the link, or let someone scan the code. It works once, for 7 days."),
            "body",
            "text_secondary",
        )
        self._field = Field(theme, self.tr("Invite link"), role="body")
        self._field.line.setReadOnly(True)
        self._field.line.escaped.connect(lambda: self.window().close())
        self._copy = Button(theme, self.tr("Copy Link"), "primary", icon="copy")
        self.renew = Button(theme, self.tr("New Link"))
        body = QWidget()
        self._line = QHBoxLayout(body)
        self._words = QVBoxLayout()
        self._buttons = QHBoxLayout()
        self._buttons.addWidget(self._copy)
        self._buttons.addWidget(self.renew)
        self._buttons.addStretch(1)
        self._inset = QVBoxLayout()
        for each in (self._about, self._field):
            self._inset.addWidget(each)
        self._words.addStretch(1)
        self._words.addLayout(self._inset)
        self._words.addLayout(self._buttons)
        self._words.addStretch(1)
        self._line.addWidget(self._code)
        self._line.addLayout(self._words, 1)
        self.add(body)
        self._copy.clicked.connect(self._copy_link)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_link("")

    def show_link(self, link: str) -> None:
        """Another link; "" for none."""
        self.link = link
        self._code.show_text(link)
        self._field.setText(link)
        self._field.line.setCursorPosition(0)
        self._copy.setEnabled(bool(link))

    def _copy_link(self) -> None:
        QGuiApplication.clipboard().setText(self.link)
        self._desk.say(self.tr("Link copied"))

    def _restyle(self) -> None:
        px, room = self._desk.theme.px, self._desk.theme.px(ROOM)
        wide, narrow = px(16), px(16) - room  # the buttons have room around them
        self._line.setContentsMargins(*mirrored(self, wide, wide, narrow, wide))
        self._line.setSpacing(px(20) - room)
        self._inset.setContentsMargins(room, 0, room, 0)
        self._inset.setSpacing(px(10))
        self._words.setSpacing(px(10) - room)
        self._buttons.setSpacing(0)


class InvitePage(Page):
    """Asks the relay for a link whenever it is shown without one; what went wrong stands in its place."""

    def __init__(self, desk: Desk, back: Callable[[], None]) -> None:
        super().__init__(desk, "", back=back)
        self.title.setText(self.tr("Invite Someone"))
        theme = desk.theme
        told = self.tr("Whoever opens it joins your relay, and the two of you can write to each other at once.")
        self.put(Label(theme, told, "body", "text_secondary"))
        self._card = InviteCard(desk)
        self.put_card(self._card)
        self._again = Button(theme, self.tr("Try Again"))
        self._trouble = Row(theme, " ", " ", self._again, lead=Picture(theme, "user-plus"))
        self._trouble_card = self.put_card(Card(theme, self._trouble))
        self._trouble_card.hide()
        self._card.renew.clicked.connect(lambda: self._ask(renew=True))
        self._again.clicked.connect(self._ask)

    def entered(self) -> None:
        self._ask()

    def _ask(self, *_: object, renew: bool = False) -> None:
        self.desk.bridge.spawn(self, self._load(renew=renew), name="invite")

    async def _load(self, *, renew: bool) -> None:
        controls = (self._card.renew, self._again)
        held = next((each for each in controls if each.hasFocus()), None)
        for each in controls:
            each.setEnabled(False)
        try:
            self._card.show_link(await self.desk.messenger.inviting.link(renew=renew))
        except errors.KingfisherError as error:
            if self._card.link:
                self.desk.fail(error)  # the link that stands there is still good
            else:
                self._complain(error)
        else:
            self._show(working=True)
        finally:
            for each in controls:
                each.setEnabled(True)
            if held is not None and self.isVisible():
                (held if held.isVisible() else self._card.renew).setFocus()

    def _complain(self, error: errors.KingfisherError) -> None:
        self._trouble.label.setText(self.tr("No invite link yet"))
        self._trouble.say(formats.sentence(error))
        self._again.setVisible(not isinstance(error, errors.GiveUp))
        self._show(working=False)

    def _show(self, *, working: bool) -> None:
        self._card.setVisible(working)
        self._trouble_card.setVisible(not working)
