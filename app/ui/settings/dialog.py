"""The settings dialog: pages at the side, opened without stopping anything, every change kept at once."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from app.client.hosting.bundled import Hosting
from app.client.unlocking import Unlocking
from app.ui import tokens
from app.ui.desk import Desk
from app.ui.settings.account import AccountPage
from app.ui.settings.blocked import BlockedPage
from app.ui.settings.general import GeneralPage
from app.ui.settings.hosting import HostedPeoplePage, HostingPage
from app.ui.settings.inviting import InvitePage
from app.ui.settings.ledger import LedgerPage
from app.ui.settings.messages import MessagesPage
from app.ui.settings.nav import Entry, Navigation
from app.ui.settings.page import Page
from app.ui.settings.plan import PlanPage
from app.ui.settings.privacy import PrivacyPage
from app.ui.widgets.dialog import Dialog

_NARROW: Final = 560  # effective pixels of width below which the pages are shown as icons
_WITHIN: Final = {
    "hosting": "account",
    "invite": "account",
    "people": "hosting",
    "blocked": "privacy",
    "plan": "messages",
    "picture": "messages",
    "texts": "messages",
}  # pages within pages


class SettingsDialog(Dialog):
    """Opened with ``open(page)``: ``general``, ``messages``, ``privacy``, ``account``, and within them ``plan``,
    ``picture`` (the same, at that price), ``texts``, ``blocked``, ``invite`` and ``hosting``.

    Without ``hosting`` nothing is said about a relay on this computer; ``unlocking`` is that of the profile unless
    another one is given.
    """

    def __init__(
        self,
        desk: Desk,
        hosting: Hosting | None,
        parent: QWidget | None = None,
        *,
        unlocking: Unlocking | None = None,
        sign_out: Callable[[], None] | None = None,
        leave: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(desk.theme, "Settings", parent, window=True)
        self.setWindowTitle(self.tr("Settings"))
        self.setAccessibleName(self.tr("Settings"))
        self._desk, self._hosting, self._unlocking = desk, hosting, unlocking
        self._ends = sign_out, leave
        self._pages: dict[str, Page] = {}
        entries = (
            Entry("general", self.tr("General"), "settings"),
            Entry("messages", self.tr("Messages"), "bubble"),
            Entry("privacy", self.tr("Privacy & Security"), "shield"),
            Entry("account", self.tr("Account & Relay"), "server"),
        )
        self._navigation = Navigation(desk.theme, entries)
        self._stack = QStackedWidget()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self._navigation)
        line.addWidget(self._stack, 1)
        self._navigation.picked.connect(self._show)
        back = QShortcut(QKeySequence(Qt.Modifier.ALT | Qt.Key.Key_Left), self)
        back.activated.connect(self._back)
        self.finished.connect(self.deleteLater)
        desk.theme.changed.connect(self._restyle)
        self._restyle()

    def open(self, page: str = "general") -> None:
        """Show it over the window, at that page, without waiting."""
        self.show_page(page)
        self._fit()
        super().open()
        self._navigation.focus()

    def show_page(self, key: str) -> None:
        """Go to a page, also one within another."""
        outer = key
        while outer in _WITHIN:
            outer = _WITHIN[outer]
        self._navigation.choose(outer)
        self._show(key)

    @property
    def page(self) -> str:
        """The page that is shown."""
        shown = self._stack.currentWidget()
        return next((key for key, page in self._pages.items() if page is shown), "")

    def _show(self, key: str) -> None:
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = self._make(key)
            self._stack.addWidget(page)
        if self._stack.currentWidget() is not page or not self.isVisible():
            self._stack.setCurrentWidget(page)
            page.entered()

    def _make(self, key: str) -> Page:
        desk = self._desk
        makers: dict[str, Callable[[], Page]] = {
            "general": lambda: GeneralPage(desk),
            "messages": lambda: MessagesPage(desk, self.show_page),
            "plan": lambda: PlanPage(desk, self._back),
            "picture": lambda: PlanPage(desk, self._back, picture=True),
            "texts": lambda: LedgerPage(desk, self._back),
            "privacy": lambda: PrivacyPage(desk, self.show_page, self._unlocking),
            "blocked": lambda: BlockedPage(desk, self._back),
            "invite": lambda: InvitePage(desk, self._back),
            "account": lambda: AccountPage(desk, self._hosting, self.show_page, *self._ends),
        }
        if self._hosting is not None:
            hosting = self._hosting
            makers["hosting"] = lambda: HostingPage(desk, hosting, self._back, self.show_page)
            makers["people"] = lambda: HostedPeoplePage(desk, hosting, self._back)
        return makers.get(key, makers["general"])()

    def _back(self) -> None:
        """From a page within a page to the one around it, where the keyboard was."""
        outer = _WITHIN.get(self.page)
        if outer is not None:
            inner = self.page
            self._show(outer)
            self._pages[outer].came_back(inner)

    def _fit(self) -> None:
        """The size of the design, as far as the screen has it."""
        width, height = (self.theme.px(each) for each in tokens.numbers("layout.settings"))
        room = self.screen().availableGeometry()
        self.resize(min(width, room.width() - 16), min(height, room.height() - 48))

    def _restyle(self) -> None:
        width, height = (self.theme.px(each) for each in (300, 320))
        room = self.screen().availableGeometry()
        self.setMinimumSize(min(width, room.width() - 16), min(height, room.height() - 48))
        if self.isVisible():
            self._fit()
        self._arrange()
        self.update()

    def _arrange(self) -> None:
        self._navigation.set_narrow(self.width() / max(0.1, self.theme.scale) < _NARROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.theme.palette.background)
        painter.end()
