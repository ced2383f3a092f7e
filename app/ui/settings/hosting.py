"""Host here: the relay on this computer, its state, its people, its space, and the link that invites somebody."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.client.hosting.bundled import Hosting, State
from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings.inviting import InviteCard
from app.ui.settings.page import Page
from app.ui.settings.rows import Card, Dot, Picture, Row, Value, Way
from app.ui.widgets import dialog
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from app.ui.widgets.switch import Switch


class HostingPage(Page):
    """Starts, shows and ends the relay; asks it anew whenever the page is shown."""

    def __init__(self, desk: Desk, hosting: Hosting, back: Callable[[], None], show: Callable[[str], None]) -> None:
        super().__init__(desk, "", back=back)
        self.title.setText(self.tr("Host here"))
        theme = desk.theme
        self._hosting, self._state, self._address = hosting, State(False, False, 0, (), 0, 0, False), ""
        self._dot = Dot(theme)
        self._start = Button(theme, self.tr("Start Hosting"), "primary")
        self._stop = Button(theme, self.tr("Stop Hosting…"), "danger")
        lead = Picture(theme, "server", "blue_text", tile="blue_tint")
        self._head = Row(theme, " ", " ", self._start, self._stop, lead=lead, dot=self._dot, weight=600)
        self.put_card(Card(theme, self._head))
        copy = Button(theme, self.tr("Copy"), "link", icon="copy")
        copy.setAccessibleName(self.tr("Copy address"))
        self._where = Value(theme, "text")
        self._people = Way(theme, self.tr("People"), lambda: show("people"))
        self._space = Value(theme)
        self._with_computer = Switch(theme, self.tr("Start with this computer"))
        self._starts = Row(theme, self.tr("Start with this computer"), " ", self._with_computer)
        self._facts = self.put_card(
            Card(
                theme,
                Row(theme, self.tr("Address on the local network"), "", self._where, copy, margin=6),
                self._people,
                Row(theme, self.tr("Space used"), "", self._space),
                self._starts,
            )
        )
        self._invite = InviteCard(desk)
        self._invite_heading = Label(theme, self.tr("Invite link"), "caption", "text_secondary", weight=600)
        self._invite_heading.setIndent(2)
        self.put(self._invite_heading, 18)
        self.put(self._invite, 8)
        self._start.clicked.connect(lambda: self._do(self._begin()))
        self._stop.clicked.connect(lambda: self._do(self._ask_stop()))
        copy.clicked.connect(self._copy_address)
        self._with_computer.clicked.connect(self._switch_with_computer)
        self._invite.renew.clicked.connect(lambda: self._do(self._new_link()))
        self._show(self._state)
        self._head.say(self.tr("Asking…"))

    def entered(self) -> None:
        self._do(self._load())

    def came_back(self, inner: str) -> None:
        self._people.button.setFocus()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """One thing after the other: what is pressed meanwhile waits for its turn by being disabled."""

        async def guarded() -> None:
            controls = (self._start, self._stop, self._with_computer, self._invite.renew)
            held = QGuiApplication.focusObject()
            for each in controls:
                each.setEnabled(False)
            try:
                await work
            except errors.KingfisherError as error:
                self.desk.fail(error)
                self._show(self._state)
            finally:
                for each in controls:
                    each.setEnabled(True)
                if isinstance(held, QWidget) and held in controls and self.isVisible():
                    (held if held.isVisible() else self._start if self._start.isVisible() else self._stop).setFocus()

        self.desk.bridge.spawn(self, guarded(), name="hosting")

    async def _load(self) -> None:
        self._show(await self._hosting.state())
        if self._state.running and not self._invite.link:
            await self._new_link()

    async def _begin(self) -> None:
        self._head.say(self.tr("Starting…"))
        self._show(await self._hosting.start())
        await self._new_link()

    async def _ask_stop(self) -> None:
        told = self.tr(
            "People on this relay can’t reach each other until you start it again. "
            "What it keeps stays on this computer."
        )
        answers: list[tuple[object, str, Any]] = [
            (False, self.tr("Cancel"), "secondary"),
            (True, self.tr("Stop Hosting"), "danger"),
        ]
        if await dialog.ask(self.desk.theme, self, self.tr("Stop hosting?"), told, answers):
            await self._hosting.stop()
            self._invite.show_link("")
            self._show(await self._hosting.state())

    async def _new_link(self) -> None:
        self._invite.show_link(await self._hosting.invite(self.desk.messenger.me.address))

    def _show(self, found: State) -> None:
        self._state = found
        self._address = found.address
        running, stopped = self.tr("Relay running"), self.tr("Relay stopped")
        self._head.label.setText(running if found.running else stopped if found.there else self.tr("No relay here yet"))
        since = self.tr("On this computer since {time}").format(time=self._since(found.since))
        idle = self.tr("For your family or team, on the local network; it runs without this window")
        self._head.say(since if found.running else idle)
        self._dot.paint_with("green_text" if found.running else "text_tertiary")
        self._dot.setVisible(found.running)
        self._start.setVisible(not found.running)
        self._stop.setVisible(found.running)
        for each in (self._facts, self._invite, self._invite_heading):
            each.setVisible(found.running)
        self._where.setText(found.address)
        self._people.show_value(self.tr("%n people", "", found.people) if found.people != 1 else self.tr("1 person"))
        self._space.setText(formats.size(found.space))
        self._with_computer.setChecked(found.starts_with_computer)
        waits = self.tr("While it’s off or asleep, messages wait")
        login = self.tr("It starts when you log in; until then, messages wait")
        self._starts.say(login if found.at_log_in else waits)
        self._with_computer.setAccessibleDescription(self._starts.help.text())

    def _since(self, since: int) -> str:
        """The time alone today, the day with it otherwise."""
        desk = self.desk
        day, clock = formats.day_line(since, desk.now(), desk.zone)
        return clock if day == formats.day_line(desk.now(), desk.now(), desk.zone)[0] else f"{day} {clock}"

    def _switch_with_computer(self, on: bool) -> None:
        async def work() -> None:
            await self._hosting.set_start_with_computer(on)
            self._show(await self._hosting.state())

        self._do(work())

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._address)
        self.desk.say(self.tr("Address copied"))


class HostedPeoplePage(Page):
    """The addresses of everybody with an account on the relay here."""

    def __init__(self, desk: Desk, hosting: Hosting, back: Callable[[], None]) -> None:
        super().__init__(desk, "", back=back)
        self.title.setText(self.tr("People"))
        self._hosting = hosting
        self._card = self.put_card(Card(desk.theme))
        self._card.hide()

    def entered(self) -> None:
        self.desk.bridge.spawn(self, self._load(), name="hosted people")

    async def _load(self) -> None:
        try:
            found = await self._hosting.people()
        except errors.KingfisherError as error:
            self.desk.fail(error)
            return
        self._card.clear()
        for address in found:
            icon = "phone" if address.startswith("+") else "at"
            self._card.add(Row(self.desk.theme, address, lead=Picture(self.desk.theme, icon)))
        self._card.setVisible(bool(found))
