"""Who is blocked, each with a way back."""

from collections.abc import Callable

from app.client import changes
from app.ui.desk import Desk
from app.ui.settings.page import Page
from app.ui.settings.rows import Card, Row
from app.ui.widgets.avatars import Avatar
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label


class BlockedPage(Page):
    """A row for each blocked person; it follows what happens elsewhere."""

    def __init__(self, desk: Desk, back: Callable[[], None]) -> None:
        super().__init__(desk, "", back=back)
        self.title.setText(self.tr("Blocked people"))
        self._card = self.put_card(Card(desk.theme))
        self._nobody = Label(desk.theme, self.tr("No blocked people."), "body", "text_secondary")
        self.put(self._nobody)
        self._card.hide()
        self._nobody.hide()
        desk.bridge.bind(self, changes.ContactsChanged, lambda _: self.entered())

    def entered(self) -> None:
        self.desk.bridge.spawn(self, self._load(), name="blocked people")

    async def _load(self) -> None:
        found = await self.desk.messenger.conversations.blocked()
        held = any(each.hasFocus() for each in self._card.findChildren(Button))
        self._card.clear()
        for person, name, address in found:
            shown = name.name or address
            button = Button(self.desk.theme, self.tr("Unblock"))
            button.setAccessibleName(self.tr("Unblock {name}").format(name=shown))
            button.clicked.connect(lambda _=False, person=person, shown=shown: self._unblock(person, shown))
            avatar = Avatar(self.desk.theme, 28, person, shown)
            self._card.add(Row(self.desk.theme, shown, address if address != shown else "", button, lead=avatar))
        self._card.setVisible(bool(found))
        self._nobody.setVisible(not found)
        if held:
            self.focus_first()

    def _unblock(self, person: bytes, shown: str) -> None:
        async def work() -> None:
            await self.desk.messenger.conversations.unblock(person)
            self.desk.say(self.tr("{name} is no longer blocked").format(name=shown))

        self.desk.bridge.spawn(self, work(), name="unblock")
