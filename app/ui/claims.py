"""What the window says by itself of the own addresses: somebody else claims one, or a new one can be checked."""

from PySide6.QtWidgets import QWidget

from app.client import changes
from app.ui.desk import Desk


class Claims:
    """Each claim is said once while the program runs; until it is answered, the settings show it too."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        self._desk, self._window = desk, window
        self._told: set[tuple[str, bytes, int]] = set()
        self._asking = False
        desk.bridge.bind(window, changes.AddressesChanged, lambda _: self.look())

    def look(self) -> None:
        """Ask how they stand, unless a question about them is open."""
        if not self._asking and self._window.isVisible():
            self._asking = True
            self._desk.bridge.spawn(self._window, self._look(), name="claims")

    async def _look(self) -> None:
        from app.ui.settings import moving

        held = self._desk.messenger.addresses
        try:
            while True:
                claims = {(each.address, each.other, each.until): each for each in await held.held() if each.until}
                new = [key for key in claims if key not in self._told and claims[key].why == "moving"]
                if not new:
                    break
                self._told.add(new[0])
                await moving.ask(self._desk, self._window, claims[new[0]])
            address = await held.offer()
            if address:
                await moving.offer(self._desk, self._window, address)
        finally:
            self._asking = False
