"""Which way what is written in the open conversation would go: asked when it is opened, and again for other words."""

from typing import Final

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal

from app.client import changes
from app.client.facing import Facing
from app.client.routing import Forecast, Wanted
from app.common import errors
from app.common.recent import Recent
from app.content import base
from app.domain.bearer import Bearer, Choice
from app.ui.desk import Desk

MOMENT: Final = 120  # milliseconds of rest between what is typed and its forecast
STALE: Final = 5 * 60_000  # an answer of the directory this old is asked for again by whoever begins to write
SHORT: Final = "?"  # words of one segment, for where nothing is written yet
KEPT: Final = 64  # conversations of which the last forecast is remembered


class Outlook(QObject):
    """Of one conversation at a time. ``changed`` tells that what was forecast so far no longer holds.

    The directory is asked once, and again after a connection while it was silent; what is typed is cut into segments
    and held against the plan by the store's thread.
    """

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._facing: Facing | None = None
        self._found: Forecast | None = None
        self._words = self._held = ""  # as typed last, and as forecast last
        self._piece: base.Piece | None = None
        self._turn = 0
        self._asking = False
        self._last: Recent[bytes, Forecast] = Recent(KEPT)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MOMENT)
        self._timer.timeout.connect(self._revise)
        desk.bridge.bind(self, changes.TextsChanged, self._texts_changed)
        desk.bridge.bind(self, changes.ConnectionChanged, self._connection)

    @property
    def found(self) -> Forecast | None:
        """None until the first answer."""
        return self._found

    @property
    def choice(self) -> Choice | None:
        """As forecast, and before that as the store knows it; None while no conversation is open."""
        if self._found is not None:
            return self._found.choice
        return self._facing.way if self._facing is not None else None

    def follow(self, facing: Facing) -> None:
        """Another conversation, or something else about whom this one is with."""
        if self._facing is None or facing.conversation != self._facing.conversation:
            self._words, self._piece = "", None
            self._found = self._last.get(facing.conversation)
        self._facing = facing
        self._turn += 1
        self._timer.stop()
        self.ask()

    def ask(self) -> None:
        """Have the directory asked."""
        if self._facing is not None:
            self._asking = True
            self._desk.bridge.spawn(self, self._ask(self._facing, self._turn), name="way")

    def carry(self, piece: base.Piece | None) -> None:
        """A picture goes with the words, or none any more."""
        if piece != self._piece:
            self._piece = piece
            self._timer.start()

    def _wanted(self, words: str) -> Wanted:
        if self._piece is not None:
            return Wanted(words, piece=replace(self._piece, words=words))
        return Wanted(words or SHORT)

    def write(self, words: str) -> None:
        """Something else is written: forecast in a moment."""
        words = words.strip()
        if words == self._words:
            return
        begins, self._words = not self._words, words
        self._timer.start()
        found = self._found
        if begins and found is not None and found.asked_at and self._desk.now() - found.asked_at > STALE:
            self.ask()

    async def settle(self, words: str) -> Forecast | None:
        """For exactly these words, now; None while nobody has answered. Raises GiveUp as Routing.revise."""
        found, turn, words = self._found, self._turn, words.strip()
        if found is None:
            return None
        fresh = await self._desk.messenger.routing.revise(found, self._wanted(words))
        if turn == self._turn and words == self._words:  # else there is another one on its way
            self._timer.stop()
            self._take(fresh, words)
        return fresh

    async def _ask(self, facing: Facing, turn: int) -> None:
        routing, words = self._desk.messenger.routing, self._words
        try:
            # Whoever looks at somebody known by a number alone finds out who that is.
            found = await routing.forecast(facing.person, self._wanted(words), meet=True)
            if turn == self._turn and words != self._words:
                words = self._words
                found = await routing.revise(found, self._wanted(words))
        except errors.KingfisherError:
            return  # blocked, or a list that does not hold: the page says so, and nothing leaves
        finally:
            if turn == self._turn:
                self._asking = False
        if turn == self._turn:
            self._take(found, words)

    def _take(self, found: Forecast, words: str) -> None:
        self._held = words
        if self._facing is not None:
            self._last[self._facing.conversation] = found
        if found != self._found:
            self._found = found
            self.changed.emit()

    def _revise(self) -> None:
        self._desk.bridge.spawn(self, self._again(self._words), name="forecast")

    async def _again(self, words: str) -> None:
        try:
            await self.settle(words)
        except errors.GiveUp:
            return

    def _texts_changed(self, _: object) -> None:
        """Other terms or another plan; the moment between a login and the relay's terms says nothing."""
        if self._desk.messenger.routing.told.is_set():
            self._revise()

    def _connection(self, _: object) -> None:
        choice = self.choice
        if choice is not None and choice.bearer is Bearer.UNDECIDED and not self._asking:
            self.ask()
