"""The icon in the system's tray: how things stand at a glance, and a short menu."""

from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from app.ui.theme import Theme
from app.ui.widgets import menu as menus

_SIZES: Final = (16, 22, 24, 32, 48)
_BALLOON: Final = 8_000  # milliseconds


class Tray(QObject):
    """``muted`` says whether notifications are wanted to stop for an hour, the rest what was chosen.

    ``balloon_clicked`` names the conversation (bytes) that the last balloon told of.
    """

    opened = Signal()
    compose = Signal()
    settings = Signal()
    muted = Signal(bool)
    quit = Signal()
    balloon_clicked = Signal(object)

    def __init__(self, theme: Theme, name: str, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._unread = 0
        self._connected = False
        self._told = b""  # the conversation of the last balloon: a click does not say which it was on
        self._icon = QSystemTrayIcon(self)
        self._menu = menus.make(theme)
        self._who = self._add("", None)
        self._who.setEnabled(False)
        self._menu.addSeparator()
        self._open = self._add(self.tr("Open Kingfisher"), "bubble")
        self._open.triggered.connect(self.opened)
        self._compose = self._add(self.tr("New Message…"), "compose")
        self._compose.triggered.connect(self.compose)
        self._menu.addSeparator()
        self._mute = self._add(self.tr("Mute for 1 Hour"), "bell-off")
        self._mute.setCheckable(True)
        self._mute.toggled.connect(self.muted)
        self._settings = self._add(self.tr("Settings…"), "settings")
        self._settings.triggered.connect(self.settings)
        self._menu.addSeparator()
        self._quit = self._add(self.tr("Quit Kingfisher"), "logout")
        self._quit.triggered.connect(self.quit)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self._clicked)
        theme.changed.connect(self._paint)
        self._paint()
        self._icon.show()

    @staticmethod
    def possible() -> bool:
        """Whether this desktop has a tray at all."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    @property
    def menu(self) -> QMenu:
        return self._menu

    @property
    def state(self) -> str:
        """What the icon shows: ``normal``, ``unread`` or ``offline``."""
        if not self._connected:
            return "offline"
        return "unread" if self._unread else "normal"

    def set_name(self, name: str) -> None:
        """Whose profile this is."""
        self._name = name
        self._paint()

    def set_unread(self, count: int) -> None:
        self._unread = count
        self._paint()

    def set_connected(self, connected: bool) -> None:
        self._connected = connected
        self._paint()

    def end_mute(self) -> None:
        """The hour is over."""
        self._mute.setChecked(False)

    def balloon(self, conversation: bytes, title: str, words: str) -> None:
        """The tray's own notification of a conversation, where the system has no better one."""
        if QSystemTrayIcon.supportsMessages():
            self._told = conversation
            self._icon.showMessage(title, words, self._icon.icon(), _BALLOON)

    def close(self) -> None:
        """Take the icon away."""
        self._icon.hide()
        self._menu.close()

    def _add(self, text: str, icon: str | None) -> QAction:
        action = QAction(text, self._menu)
        if icon is not None:
            action.setData(icon)
        self._menu.addAction(action)
        return action

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.opened.emit()

    def _clicked(self) -> None:
        self.balloon_clicked.emit(self._told)

    def _paint(self) -> None:
        state = self.tr("Connected") if self._connected else self.tr("Waiting for network…")
        self._who.setText(f"{self._name} — {state}".replace("&", "&&"))
        unread = self.tr("%n unread", "", self._unread) if self._unread else ""
        title = self.tr("Open Kingfisher")
        self._open.setText(f"{title} ({self._unread})" if self._unread else title)
        self._icon.setToolTip(f"Kingfisher — {unread}" if unread else "Kingfisher")
        icon = QIcon()
        for size in _SIZES:
            icon.addPixmap(self._theme.icon(f"tray-{self.state}", self._theme.palette.text, size / self._theme.scale))
        self._icon.setIcon(icon)
        for action in self._menu.actions():
            if action.data():
                action.setIcon(self._theme.qicon(str(action.data()), size=16))
