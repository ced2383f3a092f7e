"""What is decided about a stranger, or about somebody blocked, in place of the composer."""

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.client.facing import Facing
from app.common import errors
from app.ui.conversation import asking
from app.ui.conversation.request_bar import RequestBar
from app.ui.desk import Desk


class Deciding(QObject):
    """The bar, for the page to lay out, and what its buttons do; ``deleted``: the request of this person is gone."""

    deleted = Signal(bytes)

    def __init__(self, desk: Desk, page: QWidget) -> None:
        super().__init__(page)
        self._desk, self._page = desk, page
        self._facing: Facing | None = None
        self.bar = RequestBar(desk.theme)
        self.bar.accepted.connect(lambda: self._decide("accept"))
        self.bar.unblocked.connect(lambda: self._decide("unblock"))
        self.bar.blocked.connect(lambda: self._ask(self._block, "block"))
        self.bar.deleted.connect(lambda: self._ask(self._delete, "delete request"))

    def show_facing(self, facing: Facing) -> bool:
        """Say what is to be decided about that person; False when there is nothing."""
        self._facing = facing
        return self.bar.show_facing(facing)

    def _decide(self, what: str) -> None:
        if self._facing is None:
            return
        talk, person = self._desk.messenger.conversations, self._facing.person
        work = talk.accept(person) if what == "accept" else talk.unblock(person)
        self._desk.bridge.spawn(self, self._try(work), name=what)

    def _ask(self, work: Any, name: str) -> None:
        if self._facing is not None:
            self._desk.bridge.spawn(self, work(self._facing), name=name)

    async def _block(self, found: Facing) -> None:
        if await asking.block(self._desk.theme, self._page, found.name.name):
            await self._try(self._desk.messenger.conversations.block(found.person))

    async def _delete(self, found: Facing) -> None:
        """Away with what a stranger wrote; whoever was accepted meanwhile stays."""
        if not await asking.delete(self._desk.theme, self._page, found.name.name):
            return
        if await self._desk.messenger.conversations.delete_request(found.person):
            self.deleted.emit(found.person)

    async def _try(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except errors.KingfisherError as error:
            self._desk.fail(error)
