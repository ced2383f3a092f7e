"""What is said aloud wherever its user is in the window: the connection goes or is back, a message did not arrive."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.client import changes, connectivity, unsent
from app.ui.content import clean
from app.ui.conversation import banners
from app.ui.desk import Desk
from app.ui.widgets import aloud

WORDS = 200  # characters of a message


class Announcing:
    """Each thing is said once, by the window; the screen says it as long as it is so."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        self._desk, self._window = desk, window
        self._trouble = ""  # with the connection, as it was said last
        self._failed: frozenset[bytes] = frozenset()
        desk.bridge.bind(window, changes.ConnectionChanged, self._connection)
        desk.bridge.bind(window, changes.DeliveryChanged, self._delivery)

    def _connection(self, _: object) -> None:
        state = connectivity.of(self._desk.messenger)
        found = banners.notice(state, self._desk.now())
        if state.connected and self._trouble:
            self._trouble = ""
            aloud.say(self._window, _tr("Connected again."))
        elif found is not None:
            trouble = state.code if state.phase == "refused" else "away"  # each new try is no news
            if trouble != self._trouble:
                aloud.say(self._window, found.words)
            self._trouble = trouble

    def _delivery(self, change: object) -> None:
        if isinstance(change, changes.DeliveryChanged) and aloud.listened():
            self._desk.bridge.spawn(self._window, self._look(change.messages), name="failed")

    async def _look(self, messages: frozenset[bytes]) -> None:
        failed = await unsent.failed(self._desk.messenger.database, messages)
        new = [each for each in failed if each.message not in self._failed]
        self._failed = (self._failed - messages) | {each.message for each in failed}
        if len(new) > 1:
            aloud.say(self._window, _tr("{count} messages were not delivered.").format(count=len(new)))
        elif new:
            said = _tr("Not delivered to {name}: {words}")
            name = clean.name(new[0].name.name) or _tr("Someone")
            aloud.say(self._window, said.format(name=name, words=clean.name(new[0].words, WORDS)))


def _tr(text: str) -> str:
    return QCoreApplication.translate("announcing", text)
