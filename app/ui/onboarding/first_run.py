"""The first window: leads from page to page, can be left at every one of them, and goes on where a start has ended."""

import asyncio
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from app.client.account import Joining
from app.client.arrival import Arrival, Door, Opened, Standing
from app.client.hosting.bundled import Hosting
from app.client.unlocking import Opener
from app.common import errors
from app.common.tasks import TaskOwner
from app.ui import tokens
from app.ui.onboarding.art import Art
from app.ui.onboarding.finishing import Code, Handing, Working
from app.ui.onboarding.joining import ByAddress, ByHosting, ByInvite
from app.ui.onboarding.keys import Keys
from app.ui.onboarding.page import Page
from app.ui.onboarding.person import Person
from app.ui.onboarding.starting import Choose, Welcome
from app.ui.onboarding.words import say
from app.ui.theme import Theme

STEPS: Final = 5
_NARROW: Final = 600  # px of the design; below, the art gives way


class FirstRun(QWidget):
    """A window of 720 x 560; ``run`` ends with the profile, or with None when it was closed.

    ``standing`` and ``key`` are those of a profile whose account is not finished; it then begins with what is missing.
    """

    def __init__(
        self,
        theme: Theme,
        door: Door,
        hosting: Hosting,
        *,
        key: bytes | None = None,
        standing: Standing | None = None,
    ) -> None:
        super().__init__()
        self._theme, self._door, self._hosting = theme, door, hosting
        self._arrival = Arrival(door, key)
        self._tasks = TaskOwner("first run")
        self._result: asyncio.Future[Opened | None] | None = None
        self._history: list[Page] = []
        self._joining = standing.joining if standing is not None else None
        self._opener: Opener | None = None
        self._ready = key is not None  # the way in is chosen
        self._address = standing.address if standing is not None else ""
        self._name = standing.name if standing is not None else ""
        self._hosts = False
        self._opened: Opened | None = None  # while a host still looks at the first invite
        self._work: asyncio.Task[None] | None = None
        self._art = Art(theme, STEPS)
        self._pages = QStackedWidget()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._art)
        row.addWidget(self._pages, 1)
        self.setWindowTitle("Kingfisher")
        self.setMinimumSize(*(round(each) for each in tokens.numbers("layout.window.minimum")))
        self.resize(_fitting(theme))
        self._make_pages()
        self._begin(standing)

    def _make_pages(self) -> None:
        theme = self._theme
        self.welcome, self.choose, self.by_invite = Welcome(theme), Choose(theme), ByInvite(theme)
        self.by_address = ByAddress(theme, self._door, self._tasks)
        self.by_hosting = ByHosting(theme, self._hosting, self._tasks)
        self.person, self.keys, self.working = Person(theme), Keys(theme), Working(theme)
        self.person.fill(self._address, self._name)
        for page in (
            self.welcome,
            self.choose,
            self.by_invite,
            self.by_address,
            self.by_hosting,
            self.person,
            self.keys,
            self.working,
        ):
            self._add(page)
        self.welcome.forward.connect(lambda: self._go(self.choose))
        self.choose.join.connect(lambda: self._go(self.by_invite))
        self.choose.host.connect(lambda: self._go(self.by_hosting))
        self.choose.relay.connect(lambda: self._go(self.by_address))
        self.by_invite.forward.connect(self._found)
        self.by_address.forward.connect(self._found)
        self.by_hosting.forward.connect(self._hosted)
        self.person.forward.connect(self._known)
        self.keys.forward.connect(self._chosen)
        self.working.again.connect(self._register)
        self.working.other.connect(self._other)

    def _add(self, page: Page) -> None:
        self._pages.addWidget(page)
        page.back.connect(self._back)

    def _begin(self, standing: Standing | None) -> None:
        if standing is None:
            self._go(self.welcome)
        elif standing.step == "code":
            self._show_code(standing.code)
        else:
            self._go(self.working)

    @property
    def page(self) -> Page:
        """The one in front."""
        return self._history[-1]

    async def run(self) -> Opened | None:
        """Show the window until it has led somewhere or was closed."""
        self._result = asyncio.get_running_loop().create_future()
        self.show()
        self.raise_()
        self.activateWindow()
        self.page.opened()
        if self.page is self.working:
            self._register()
        try:
            return await self._result
        finally:
            await self._tasks.close()
            self.hide()
            self.deleteLater()

    def open_link(self, link: str) -> None:
        """An invite that was opened from outside; nothing is lost of what was answered."""
        if self.page in (self.welcome, self.choose, self.by_invite, self.by_address, self.by_hosting):
            if self.page is not self.by_invite:
                self._go(self.by_invite)
            self.by_invite.field.setText(link)
        self.raise_()
        self.activateWindow()

    def _go(self, page: Page) -> None:
        self._history.append(page)
        self._show(page)

    def _show(self, page: Page) -> None:
        self._art.show_step(page.step)
        self._pages.setCurrentWidget(page)
        page.opened()

    def _back(self) -> None:
        """To the page before; what is being done ends, and can be done again at any time."""
        if self._work is not None:
            self._work.cancel()
            self._work = None
        if len(self._history) > 1:
            self._history.pop()
        elif self.page is self.working:  # it began here
            self._history = [self.choose]
        self._show(self.page)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and len(self._history) > 1 and self.page.back_button is not None:
            self._back()
        else:
            super().keyPressEvent(event)

    def _found(self, joining: Joining) -> None:
        self._hosts, self._joining = False, joining
        self._on()

    def _hosted(self, _: object) -> None:
        self._hosts, self._joining = True, None
        self._on()

    def _on(self) -> None:
        """To what is still unknown; after a failure that is only the page that had to be answered differently."""
        if not self._address:
            self._go(self.person)
        elif not self._ready:
            self._go(self.keys)
        else:
            self._go(self.working)
            self._register()

    def _known(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self._on()

    def _chosen(self, opener: Opener) -> None:
        self._opener, self._ready = opener, True
        self._on()

    def _other(self, what: str) -> None:
        """Back to the page whose answer was no good."""
        if what == "invite" and self._hosts:
            what = "again"
        target: Page = {"invite": self.by_invite, "person": self.person, "keys": self.keys}.get(what, self.working)
        if target is self.working:
            self._register()
            return
        if target is self.keys:
            self.keys.use_passphrase()
        while len(self._history) > 1 and self.page is not target:
            self._history.pop()
        if self.page is not target:
            self._history = [self.choose, target]
        self._show(target)

    def _register(self) -> None:
        if self._work is not None:
            self._work.cancel()
        self.working.begin(say("Starting the relay on this computer…") if self._hosts else say("Asking the relay…"))
        self._work = self._tasks.spawn(self._make_account(), name="register")

    async def _make_account(self) -> None:
        try:
            joining = await self._where()
            self.working.begin(say("Making your keys and registering %s…").replace("%s", self._address))
            code = await self._arrival.register(self._opener, joining, self._address, self._name)
        except errors.KingfisherError as error:
            self.working.fail(error)
            return
        self._show_code(code)

    async def _where(self) -> Joining:
        """The relay to register with; a hosted one gives its own invite."""
        if self._hosts:
            await self._hosting.start()
            return await self._hosting.joining()
        if self._joining is None:
            raise errors.GiveUp("no_relay")
        if self._joining.pinned is not None and not self._joining.secret and (await self._hosting.state()).there:
            own = await self._hosting.joining()
            if own.pinned == self._joining.pinned:  # begun with the relay of this computer and not finished
                self._hosts = True
                await self._hosting.start()
                return own
        return self._joining

    def _show_code(self, code: str) -> None:
        page = Code(self._theme, code, self._address)
        page.kept.connect(lambda: self._tasks.spawn(self._keep(page), name="code kept"))
        self._add(page)
        self._history = [page]
        self._show(page)

    async def _keep(self, page: Code) -> None:
        try:
            opened = await self._arrival.kept()
        except errors.KingfisherError as error:
            page.fail(error)
            return
        if not self._hosts:
            self._end(opened)
            return
        self._opened = opened
        handing = Handing(self._theme, self._hosting, self._address, self._tasks)
        handing.done.connect(lambda: self._end(opened))
        self._add(handing)
        self._history = [handing]
        self._show(handing)
        handing.ask()

    def _end(self, opened: Opened | None) -> None:
        if self._result is not None and not self._result.done():
            self._result.set_result(opened)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._end(self._opened)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._art.setVisible(self.width() >= self._theme.px(_NARROW))


def _fitting(theme: Theme) -> QSize:
    """The size of the design, as far as the screen has room for it."""
    wanted = QSize(*(theme.px(each) for each in tokens.numbers("layout.firstRun")))
    return wanted.boundedTo(QGuiApplication.primaryScreen().availableSize())
