"""For a profile that does not open by itself, with the keychain still being asked or having said no."""

from app.client import arrival
from app.client.arrival import Door, Opened
from app.common import errors
from app.ui.onboarding.frame import Frame
from app.ui.onboarding.trouble import Trouble
from app.ui.theme import Theme


class Unlock(Frame):
    """Ends when the profile is open; closing it leaves everything as it was.

    ``error`` is what opening it by the keychain raised, or reading it with the key that came from there; None: the
    keychain has not answered yet. Asking it again waits for the same answer and raises no second prompt.
    """

    def __init__(self, theme: Theme, door: Door, error: errors.KingfisherError | None = None) -> None:
        super().__init__(theme, 0)
        self._door, self._error = door, error
        self.trouble = Trouble(theme, door, self._tasks)
        self.trouble.opened_with.connect(self._had)
        self.add_page(self.trouble)
        self.show_page(self.trouble)

    async def run(self) -> bytes | None:
        """The profile's key, with which its store has been read; None when the window was closed."""
        self.trouble.offer(await _ways(self._door))
        opened = await self.outcome()
        return opened.key if opened is not None else None

    def started(self) -> None:
        super().started()
        if self._error is None:
            self.trouble.enter()
        elif self._error.code == "no_keychain_slot":
            self.trouble.choose("passphrase")
        else:
            self.trouble.fail(_told(self._error))

    def _had(self, key: bytes) -> None:
        self._tasks.spawn(self._check(key), name="check")

    async def _check(self, key: bytes) -> None:
        try:
            await arrival.standing(self._door, key)
        except errors.KingfisherError as error:
            self.trouble.fail(_told(error))
        else:
            self.end(Opened(self._door.home, key))


def _told(error: errors.KingfisherError) -> errors.KingfisherError:
    """A store that the profile's own key does not open is damaged: nobody has typed that key."""
    return errors.Broken("damaged", "the store") if error.code == "wrong_key" else error


async def _ways(door: Door) -> frozenset[str]:
    """What opens the profile beside the recovery code; nothing where its file cannot be read."""
    try:
        return frozenset(await door.unlocking.ways())
    except errors.KingfisherError:
        return frozenset()
