"""General: how it looks, how it starts, and what it tells; all of it declared."""

from PySide6.QtWidgets import QWidget

from app.client import autostart, settings
from app.common import errors
from app.ui.desk import Desk
from app.ui.settings import controls
from app.ui.settings.page import Page
from app.ui.settings.rows import Row
from app.ui.widgets.switch import Switch


class GeneralPage(Page):
    """Nothing but declared fields; those of a tray are out of reach where there is none."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "")
        self.title.setText(self.tr("General"))
        self._rows: dict[str, Row] = {}
        self.put_declared("general")

    def declared(self, name: str, *, lead: QWidget | None = None) -> Row:
        row = self._rows[name] = super().declared(name, lead=lead)
        return row

    def entered(self) -> None:
        """The page is shown: what only the system knows may have changed since."""
        opens = self.tr("This desktop has no tray, so the window always opens")
        quits = self.tr("This desktop has no tray, so closing the window quits Kingfisher")
        there = self.desk.in_tray()
        for name, without in (("start_hidden", opens), ("keep_running", quits)):
            words = controls.words(settings.shown(name).help) if there else without
            self._rows[name].say(words)
            for switch in self._rows[name].findChildren(Switch):
                switch.setEnabled(there)
                switch.setAccessibleDescription(words)
        self._start_at_login()

    def _start_at_login(self) -> None:
        """It can be changed in the system's own settings too: what is there counts."""
        try:
            there = autostart.enabled(self.desk.messenger.home.root)
        except errors.KingfisherError:
            return
        if there != self.desk.messenger.settings.values.start_at_login:
            controls.change(self.desk, "start_at_login", there)
