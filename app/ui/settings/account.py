"""Account & Relay: the name others see, where one is reached, the relay and how it is, and hosting one here."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client import about, changes, connectivity
from app.client.about import About
from app.client.hosting.bundled import Hosting
from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings.addresses import AddressCard
from app.ui.settings.page import Page
from app.ui.settings.rows import Card, Dot, Picture, Row
from app.ui.widgets.avatars import Avatar
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.fields import Field
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored


class AccountPage(Page):
    """Follows the connection; ``show`` goes to another page by its key; ``sign_out`` and ``leave`` ask before."""

    def __init__(
        self,
        desk: Desk,
        hosting: Hosting | None,
        show: Callable[[str], None],
        sign_out: Callable[[], None] | None = None,
        leave: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(desk, "")
        self.title.setText(self.tr("Account & Relay"))
        theme, me = desk.theme, desk.messenger.me
        self._hosting = hosting
        self._edit = Button(theme, self.tr("Edit…"))
        self._edit.setAccessibleName(self.tr("Edit name"))
        self._edit.clicked.connect(self._rename)
        self._avatar = Avatar(theme, 52, bytes(me.account), me.name)
        help = self.tr("Shown to people you message")
        self._name = Row(theme, me.name, help, self._edit, lead=self._avatar, role="heading", margin=14)
        self._devices = Row(theme, self.tr("Devices"), " ", lead=Picture(theme, "laptop"))
        self.put_card(Card(theme, self._name, self._devices))
        self.put_card(AddressCard(desk), self.tr("You can be reached at"))
        self._dot = Dot(theme)
        self._retry = Button(theme, self.tr("Retry Now"))
        self._retry.clicked.connect(lambda: connectivity.retry_now(desk.messenger))
        self._relay = Row(theme, " ", " ", self._retry, lead=Picture(theme, "globe"), dot=self._dot)
        card = self.put_card(Card(theme, self._relay), self.tr("Relay"))
        self._host = Button(theme, self.tr("Set Up…"))
        if hosting is not None:
            here = self.tr("Run a relay on this computer for your family or team")
            card.add(Row(theme, self.tr("Host here"), here, self._host, lead=Picture(theme, "server")))
            self._host.clicked.connect(lambda: show("hosting"))
            self._name_host(running=False)
        invite = Button(theme, self.tr("Invite…"))
        invite.setAccessibleName(self.tr("Invite someone"))
        invite.clicked.connect(lambda: show("invite"))
        told = self.tr("A link that lets one person join this relay")
        row = Row(theme, self.tr("Invite someone"), told, invite, lead=Picture(theme, "user-plus"))
        self._invite_button = invite
        self._invite_card = self.put_card(Card(theme, row))
        self._leaving: Row | None = None
        if sign_out is not None:
            self._put_ends(sign_out, leave)
        kinds = (changes.ConnectionChanged, changes.DevicesChanged, changes.OwnNameChanged, changes.AddressesChanged)
        desk.bridge.bind(self, kinds, lambda _: self._reload())

    def _put_ends(self, sign_out: Callable[[], None], leave: Callable[[], None] | None) -> None:
        """Signing out, and leaving for good where the relay keeps the addresses that are then given back."""
        theme = self.desk.theme
        out = Button(theme, self.tr("Sign Out…"), "danger")
        out.clicked.connect(sign_out)
        told = self.tr("This computer forgets your account and its messages")
        card = self.put_card(Card(theme, Row(theme, self.tr("Sign out"), told, out, lead=Picture(theme, "unlink"))))
        if leave is not None:
            button = Button(theme, self.tr("Leave…"), "danger")
            button.setAccessibleName(self.tr("Leave Kingfisher"))
            button.clicked.connect(leave)
            told = self.tr("Gives your addresses back, so that nobody writes to you here any more")
            self._leaving = Row(theme, self.tr("Leave Kingfisher"), told, button, lead=Picture(theme, "logout"))
            self._leaving.setVisible(self.desk.messenger.addresses.told)
            card.add(self._leaving)

    def entered(self) -> None:
        self._reload()
        if self._hosting is not None:
            self.desk.bridge.spawn(self, self._ask_host(self._hosting), name="hosting")

    def came_back(self, inner: str) -> None:
        (self._invite_button if inner == "invite" else self._host).setFocus()

    def _reload(self) -> None:
        self.desk.bridge.spawn(self, self._load(), name="account")

    async def _load(self) -> None:
        found = await about.about(self.desk.messenger)
        if self._leaving is not None:
            self._leaving.setVisible(self.desk.messenger.addresses.told)
        self._name.label.setText(found.name)
        self._avatar.show_person(bytes(self.desk.messenger.me.account), found.name)
        self._devices.say(
            self.tr("Only this computer") if found.devices <= 1 else self.tr("%n devices", "", found.devices)
        )
        self._relay.label.setText(found.relay)
        self._show_connection(found)

    def _show_connection(self, found: About) -> None:
        state = connectivity.of(self.desk.messenger)
        if state.connected:
            pinned = self.tr("Connected · certificate pinned")
            words, ink = pinned if found.pinned else self.tr("Connected"), "green_text"
        elif state.phase == "connecting":
            words, ink = self.tr("Connecting…"), "amber_text"
        else:
            words = formats.for_code(state.code) if state.code else self.tr("Not connected")
            ink = "red_text" if state.phase == "refused" else "text_tertiary"
        self._relay.say(words)
        self._dot.paint_with(ink)
        self._invite_card.setVisible(not self.desk.messenger.inviting.refused())
        self._retry.setVisible(state.phase in ("offline", "refused"))

    async def _ask_host(self, hosting: Hosting) -> None:
        try:
            found = await hosting.state()
        except errors.KingfisherError:
            return  # the page of its own says what is wrong
        self._name_host(running=found.running)

    def _name_host(self, *, running: bool) -> None:
        self._host.rename(self.tr("Manage…") if running else self.tr("Set Up…"))
        self._host.setAccessibleName(self.tr("Manage the relay here") if running else self.tr("Set up a relay here"))

    def _rename(self) -> None:
        self.desk.bridge.spawn(self, NameDialog(self.desk, self).shown(), name="name")


class NameDialog(Dialog):
    """Asks for another name and takes it."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk.theme, "Edit name", parent)
        theme, px = desk.theme, desk.theme.px
        self._desk = desk
        self.setWindowTitle(self.tr("Edit name"))
        self.setAccessibleName(self.tr("Edit name"))
        self._field = Field(theme, self.tr("Name"), self.tr("Name"))
        self._field.setText(desk.messenger.me.name)
        self._field.line.selectAll()
        self._field.setMinimumWidth(px(340))
        save, cancel = Button(theme, self.tr("Save"), "primary"), Button(theme, self.tr("Cancel"))
        column = QVBoxLayout(self)
        column.setContentsMargins(*mirrored(self, px(24), px(24), px(20), px(16)))
        column.setSpacing(px(10))
        column.addWidget(Label(theme, self.tr("Edit name"), "heading"))
        told = self.tr("People you write to see it from the next message on.")
        column.addWidget(Label(theme, told, "body", "text_secondary"))
        column.addWidget(self._field)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(save)
        column.addLayout(row)
        save.clicked.connect(self._save)
        cancel.clicked.connect(self.reject)
        self._field.entered.connect(self._save)
        self._field.line.escaped.connect(self.reject)
        self._field.setFocus()

    def _save(self) -> None:
        async def work() -> None:
            try:
                await self._desk.messenger.rename(self._field.text())
            except errors.KingfisherError as error:
                self._field.complain(formats.sentence(error))
            else:
                self.end(True)

        self._desk.bridge.spawn(self, work(), name="name")
