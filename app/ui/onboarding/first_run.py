"""The first window: leads from page to page, can be left at every one of them, and goes on where a start has ended."""

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from app.client.account import Joining
from app.client.arrival import Arrival, Door, Opened, Standing
from app.client.hosting.bundled import Hosting
from app.client.unlocking import Opener
from app.common import errors
from app.ui.onboarding.art import STEPS
from app.ui.onboarding.finishing import Code, Handing, Working
from app.ui.onboarding.frame import Frame
from app.ui.onboarding.joining import ByAddress, ByHosting, ByInvite
from app.ui.onboarding.keys import Keys
from app.ui.onboarding.page import Page
from app.ui.onboarding.person import Person
from app.ui.onboarding.starting import Choose, Welcome
from app.ui.onboarding.words import say
from app.ui.theme import Theme


class FirstRun(Frame):
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
        super().__init__(theme, STEPS)
        self._door, self._hosting = door, hosting
        self._arrival = Arrival(door, key)
        self._history: list[Page] = []
        self._joining = standing.joining if standing is not None else None
        self._opener: Opener | None = None
        self._ready = key is not None  # the way in is chosen
        self._address = standing.address if standing is not None else ""
        self._name = standing.name if standing is not None else ""
        self._hosts = False
        self._opened: Opened | None = None  # while a host still looks at the first invite
        self._work: asyncio.Task[None] | None = None
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
        self.add_page(page)
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
        """Until the account is made and its code kept; None when the window was closed before."""
        return await self.outcome()

    def started(self) -> None:
        super().started()
        if self.page is self.working:  # an account that was begun in an earlier start
            self._register()

    def open_link(self, link: str) -> None:
        """An invite that was opened from outside; nothing is lost of what was answered.

        Once the account is being made it is too late for another one, and that is said.
        """
        page, busy = self.page, self._work is not None and not self._work.done()
        if page is self.working and busy:
            page.wrong.say(say("The invite wasn’t opened: your account is being made with another one."))
        elif isinstance(page, (Code, Handing)):
            page.wrong.say(say("The invite wasn’t opened: you have an account now."))
        else:
            if page is not self.by_invite:
                self._go(self.by_invite)
            self.by_invite.field.setText(link)
        self.raise_()
        self.activateWindow()

    def _go(self, page: Page) -> None:
        self._history.append(page)
        self.show_page(page)

    def _back(self) -> None:
        """To the page before; what is being done ends, and can be done again at any time."""
        if self._work is not None:
            self._work.cancel()
            self._work = None
        if len(self._history) > 1:
            self._history.pop()
        elif self.page is self.working:  # it began here
            self._history = [self.choose]
        self.show_page(self.page)

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
        self.show_page(target)

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
        self.show_page(page)

    async def _keep(self, page: Code) -> None:
        try:
            opened = await self._arrival.kept()
        except errors.KingfisherError as error:
            page.fail(error)
            return
        if not self._hosts:
            self.end(opened)
            return
        self._opened = opened
        handing = Handing(self._theme, self._hosting, self._address, self._tasks)
        handing.done.connect(lambda: self.end(opened))
        self._add(handing)
        self._history = [handing]
        self.show_page(handing)
        handing.ask()

    def closed(self) -> Opened | None:
        return self._opened
