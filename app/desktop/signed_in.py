"""The signed-in window with all that hangs on it: list and bubbles, tray, notifications, the network, the title."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

from PySide6.QtCore import QCoreApplication, QObject

from app.client import changes, connectivity
from app.client.alerts import Alert, Alerts, Situation
from app.client.hosting.bundled import Hosting
from app.client.messenger import Messenger
from app.common import local, tasks
from app.desktop.look import Look
from app.desktop.notifications import Notifications
from app.desktop.panel import Panel
from app.ui import format as words
from app.ui import window_state
from app.ui.bridge import Bridge
from app.ui.desk import Desk
from app.ui.main_window import MainWindow
from app.ui.settings import appearance
from app.ui.shell import Shell
from app.ui.theme import Theme
from app.ui.tray import Tray
from app.ui.widgets.dialog import Toast

if TYPE_CHECKING:
    from app.ui.conditions import Network

log = logging.getLogger(__name__)

MUTE: Final = 3600.0  # seconds that the tray's mute lasts
SETTLE: Final = 1.0  # seconds until what can wait is done: writing where the window stands, looking around
Wanted = Literal["message", "name", "nothing"]


def _say(text: str) -> str:
    return QCoreApplication.translate("SignedIn", text)


class SignedIn:
    """From an open messenger to a window in use; ``folder`` keeps the window's place.

    ``quit_`` ends the program, ``sign_out`` the account on this computer.
    """

    def __init__(
        self,
        messenger: Messenger,
        theme: Theme,
        shell: Shell,
        folder: Path,
        quit_: Callable[[], None],
        sign_out: Callable[[], None],
    ) -> None:
        self._messenger = messenger
        self._theme = theme
        self._shell = shell
        self._quit = quit_
        self._sign_out = sign_out
        self._around = QObject()
        self._owner = tasks.TaskOwner("signed in")
        self._toast = Toast(theme, shell)
        self._quiet = False
        self._saving = False
        self._muting: asyncio.Task[None] | None = None
        self._tray: Tray | None = None
        self._unread = 0
        self.bridge = Bridge(messenger.hub, self._failed)
        self.desk = Desk(messenger, theme, self.bridge, self._toast.say, messenger.clock, local.ZONE, self.in_tray)
        self._folder = folder
        self.window = MainWindow(self.desk, Hosting(), window_state.load(self._folder))
        self._notifications = Notifications(self._open, self._balloon)
        self._panel = Panel(messenger.clock, self._dress, self._without_tray)
        self._alerts = Alerts(messenger.database, messenger.hub, messenger.clock, self._told, self.window.attending)
        self._look = Look(theme)
        self._network: Network | None = None

    async def open(self) -> None:
        """Show it, and follow what happens."""
        appearance.apply_settings(self._theme, self._messenger.settings.values)
        self._dress()
        self._listen()
        self._shell.fill(self.window)
        await self.window.open()
        self._alerts.start()
        self._owner.spawn(self._look_around(), name="around")

    def connect(self) -> None:
        """Once it is in use: what the network takes is read on a thread that its user would wait for."""
        self._messenger.connect()

    async def close(self) -> None:
        """Keep where it stood, and take everything down."""
        self._save()
        self._shell.active.disconnect(self._activated)  # the shell may go on with another account
        self._shell.moved.disconnect(self._moved)
        await self._alerts.close()
        if self._network is not None:
            self._network.close()
        await self.window.close_down()
        await self.bridge.close()
        await self._panel.close()
        await self._notifications.close()
        await self._look.close()
        await self._owner.close()
        if self._tray is not None:
            self._tray.close()
        self._shell.fill(None)
        self._shell.setWindowTitle("Kingfisher")
        self.window.deleteLater()
        self._toast.deleteLater()

    async def _look_around(self) -> None:
        """What can wait until the window is in use: notifications, and what the system says of look and network."""
        await self._messenger.clock.sleep(SETTLE)
        if self._tray is None:
            self._panel.start()
        self._notifications.start()
        self._look.start()
        from app.ui.conditions import Network

        self._network = Network(lambda: connectivity.retry_now(self._messenger), self._around)

    def bring(self) -> None:
        """The window to the front."""
        self._shell.bring()

    def in_tray(self) -> bool:
        """Whether there is a tray to stay in; the panel may have gone since."""
        return self._tray is not None and Tray.possible()

    def closing(self) -> None:
        """The window's user closes it: into the tray where that was chosen and one exists, else that is the end."""
        if self._messenger.settings.values.keep_running and self.in_tray():
            self._save()
            self._shell.hide()
        else:
            self._quit()

    def invited(self, link: str) -> None:
        """An invite was opened by somebody who has an account: say what can be done with it."""
        log.info("an invite was opened over a signed-in profile (%d characters)", len(link))
        self.bring()
        text = _say("This invite makes a new account, and this window is signed in as {0} already.")
        self.desk.say(text.format(self._messenger.me.address))

    # what happens

    def _listen(self) -> None:
        self.window.quitting.connect(self._quit)
        self.window.signing_out.connect(self._sign_out)
        self.window.closing.connect(self._shell.closing)
        self._shell.active.connect(self._activated)
        self._shell.moved.connect(self._moved)
        bind = self.bridge.bind
        bind(self._around, changes.ConnectionChanged, lambda _: self._connected())
        bind(self._around, changes.ConversationsChanged, self._conversations_changed)
        bind(self._around, changes.ContactsChanged, self._contacts_changed)

    def _dress(self) -> bool:
        """The tray, as soon as the system has one; whether it has."""
        if self._tray is None and Tray.possible():
            self._tray = self._make_tray()
        return self._tray is not None

    def _without_tray(self) -> None:
        """None came: who starts in it would never see the window."""
        if self._messenger.settings.values.start_hidden:
            self._shell.show()

    def _make_tray(self) -> Tray:
        tray = Tray(self._theme, self._who(), self._around)
        tray.opened.connect(self.bring)
        tray.compose.connect(self._compose)
        tray.settings.connect(self._settings)
        tray.muted.connect(self._mute)
        tray.balloon_clicked.connect(self._open)
        tray.quit.connect(self._quit)
        tray.set_connected(connectivity.of(self._messenger).connected)
        tray.set_unread(self._unread)
        return tray

    def _who(self) -> str:
        return self._messenger.me.name or self._messenger.me.address

    def _compose(self) -> None:
        self.bring()
        self.window.compose()

    def _settings(self) -> None:
        self.bring()
        self.window.show_settings()

    def _connected(self) -> None:
        if self._tray is not None:
            self._tray.set_connected(connectivity.of(self._messenger).connected)

    def _activated(self, active: bool) -> None:
        conversation = self.window.attending()
        if active and conversation is not None:
            self._notifications.withdraw(conversation)

    def _conversations_changed(self, change: changes.ConversationsChanged) -> None:
        conversation = self.window.attending()
        if conversation is not None and conversation in change.conversations:
            self._notifications.withdraw(conversation)

    def _contacts_changed(self, change: changes.ContactsChanged) -> None:
        if self._tray is not None and bytes(self._messenger.me.account) in change.people:
            self._tray.set_name(self._who())

    def _told(self, situation: Situation) -> None:
        count = self._unread = situation.unread
        self._shell.setWindowTitle(f"({count}) Kingfisher" if count else "Kingfisher")
        if self._tray is not None:
            self._tray.set_unread(count)
        values = self._messenger.settings.values
        if values.notifications and not self._quiet:
            for alert in situation.alerts:
                title, text = told(alert, cast("Wanted", values.notification_text))
                self._notifications.show(alert.conversation, title, text)

    def _open(self, conversation: bytes) -> None:
        """A notification or a balloon was clicked."""
        self.bring()
        self.window.open_conversation(conversation)

    def _balloon(self, conversation: bytes, title: str, text: str) -> None:
        if self._tray is not None:
            self._tray.balloon(conversation, title, text)

    def _mute(self, wanted: bool) -> None:
        self._quiet = wanted
        if self._muting is not None:
            self._muting.cancel()
            self._muting = None
        if wanted:
            self._muting = self._owner.spawn(self._hour(), name="mute")

    async def _hour(self) -> None:
        await self._messenger.clock.sleep(MUTE)
        self._muting = None
        if self._tray is not None:
            self._tray.end_mute()

    def _failed(self, error: BaseException) -> None:
        """Work that a control began went wrong: one sentence, the rest is in the log."""
        self.desk.say(words.sentence(error))

    def _moved(self) -> None:
        if not self._saving:
            self._saving = True
            self._owner.spawn(self._save_soon(), name="place")

    async def _save_soon(self) -> None:
        """Not at each step of a drag."""
        await self._messenger.clock.sleep(SETTLE)
        self._saving = False
        state = self.window.state(self._shell.place())
        await asyncio.to_thread(window_state.save, self._folder, state)

    def _save(self) -> None:
        window_state.save(self._folder, self.window.state(self._shell.place()))


def told(alert: Alert, wanted: Wanted) -> tuple[str, str]:
    """Title and words of a notification, as much as its user wants shown to whoever sees the screen."""
    if alert.request:
        return _say("New message request"), _say("Open Kingfisher to accept or block it.")
    some = _say("New message") if alert.unread < 2 else _say("{0} new messages").format(alert.unread)
    if wanted == "nothing" or not alert.title:
        return "Kingfisher", some
    return alert.title, alert.words if wanted == "message" else some
