"""Messages: the rich switch, what others learn, and text messages with their plan."""

from collections.abc import Callable

from PySide6.QtGui import QResizeEvent

from app.ui.desk import Desk
from app.ui.settings.page import Page
from app.ui.settings.rows import Card, Picture
from app.ui.settings.switching import RichRow
from app.ui.settings.texting import PlanRows


class MessagesPage(Page):
    """Follows the directory, the plan and the ledger; ``show`` goes to another page by its key."""

    def __init__(self, desk: Desk, show: Callable[[str], None]) -> None:
        super().__init__(desk, "")
        self.title.setText(self.tr("Messages"))
        theme = desk.theme
        self._rich = RichRow(desk)
        rows = (self._rich, self.declared("send_read_receipts"), self.declared("send_typing"))
        self.put_card(Card(theme, *rows))
        texts = self.declared("send_as_text", lead=Picture(theme, "sms", "green_text", tile="green_tint"))
        card = self.put_card(Card(theme, texts), self.tr("Text messages"))
        self._plan = PlanRows(desk, card, texts, show)

    def entered(self) -> None:
        self._rich.load()
        self._plan.load()

    def came_back(self, inner: str) -> None:
        self._plan.came_back(inner)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._plan.fit(self.viewport().width())
