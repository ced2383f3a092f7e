"""General: how it looks, how it starts, and what it tells; all of it declared."""

from app.ui.desk import Desk
from app.ui.settings.page import Page


class GeneralPage(Page):
    """Nothing but declared fields."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "General")
        self.title.setText(self.tr("General"))
        self.put_declared("general")
