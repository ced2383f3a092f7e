"""General: how it looks, how it starts, and what it tells; all of it declared."""

from app.client import autostart
from app.common import errors
from app.ui.desk import Desk
from app.ui.settings import controls
from app.ui.settings.page import Page


class GeneralPage(Page):
    """Nothing but declared fields."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "")
        self.title.setText(self.tr("General"))
        self.put_declared("general")

    def entered(self) -> None:
        """What starts at log-in can be changed in the system's own settings too: what is there counts."""
        try:
            there = autostart.enabled(self.desk.messenger.home.root)
        except errors.KingfisherError:
            return
        if there != self.desk.messenger.settings.values.start_at_login:
            controls.change(self.desk, "start_at_login", there)
