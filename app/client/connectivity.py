"""Where the connection to the relay stands, in the words of the client, for the screen that may not ask the network."""

from typing import Final, Literal

import msgspec

from app.client.messenger import Messenger
from app.net.connection import Phase

State = Literal["connected", "connecting", "offline", "refused"]

_STATES: Final[dict[Phase, State]] = {
    Phase.CONNECTED: "connected",
    Phase.CONNECTING: "connecting",
    Phase.OFFLINE: "offline",
    Phase.REFUSED: "refused",
}


class Connectivity(msgspec.Struct, frozen=True):
    """One moment; each ``changes.ConnectionChanged`` is a reason to ask again.

    ``code`` says why there is none and is kept while the next try is under way; ``retry_at`` is when that begins
    (milliseconds since 1970 by the messenger's clock; None while it is tried, or when nothing but the user changes it);
    ``final``: trying again changes nothing.
    """

    phase: State
    code: str = ""
    retry_at: int | None = None
    final: bool = False

    @property
    def connected(self) -> bool:
        return self.phase == "connected"


def of(messenger: Messenger) -> Connectivity:
    """As it is now."""
    connection = messenger.connection
    state = connection.state
    return Connectivity(_STATES[state.phase], state.code, connection.next_try or None, state.final)


def retry_now(messenger: Messenger) -> None:
    """Try at once, also after a refusal; the first call of a messenger opened offline connects it."""
    messenger.connect()
    messenger.connection.retry_now()
