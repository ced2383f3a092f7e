"""Which message of how many: a coarse index of a long conversation, for a scroll bar that spans all of it."""

from bisect import bisect_left

from app.storage import messages
from app.storage.database import Database
from app.storage.messages import Position

STEP = 256  # messages between two marks
BATCH = 24  # marks read at once: some milliseconds in which nobody else reads


class Ordinals:
    """Numbers of messages in a conversation, exact at every STEP-th and estimated by time between."""

    def __init__(self, database: Database, conversation: bytes) -> None:
        self._database = database
        self._conversation = conversation
        self._marks: list[Position] = []  # of the messages number STEP - 1, 2 * STEP - 1, ...
        self._begin = 0
        self._stopped = False
        self._last: Position | None = None
        self.total = 0

    @property
    def ready(self) -> bool:
        """Whether all of it was counted."""
        return self._last is not None

    async def build(self) -> None:
        """Count the conversation, a piece at a time, so that nobody else waits long for the store."""
        after: Position | None = None
        while not self._stopped:
            found = await self._database.read(
                lambda view, after=after: messages.every(view, self._conversation, after, STEP, BATCH)
            )
            self._marks += found
            if len(found) < BATCH:
                break
            after = found[-1]
        if self._stopped:
            return
        after = self._marks[-1] if self._marks else None
        rest = await self._database.read(lambda view: messages.places(view, self._conversation, after, STEP))
        self.total = len(self._marks) * STEP + len(rest)
        first = await self._database.read(lambda view: messages.places(view, self._conversation, None, 1))
        self._begin = first[0].ord if first else 0
        self._last = rest[-1] if rest else after

    def stop(self) -> None:
        """Nobody wants to know any more: counting ends after the piece it is at."""
        self._stopped = True

    def add(self, count: int) -> None:
        """So many came at the end (or went)."""
        self.total = max(0, self.total + count)

    def of(self, position: Position) -> int:
        """About how many messages stand before this one."""
        block = bisect_left(self._marks, position)
        low = self._marks[block - 1].ord if block else self._begin
        high = self._marks[block].ord if block < len(self._marks) else self._end
        share = (position.ord - low) / (high - low) if high > low else 0.0
        size = STEP if block < len(self._marks) else self.total - block * STEP
        return min(max(0, self.total - 1), block * STEP + int(max(0.0, min(1.0, share)) * size))

    def at(self, ordinal: int) -> int:
        """About the order of the message with that number, for ``timeline.AtOrder``."""
        block = min(max(0, ordinal) // STEP, len(self._marks))
        high = self._marks[block].ord if block < len(self._marks) else self._end
        low = self._marks[block - 1].ord if block else self._begin
        size = STEP if block < len(self._marks) else max(1, self.total - block * STEP)
        share = (ordinal - block * STEP) / size
        return int(low + (high - low) * max(0.0, min(1.0, share)))

    @property
    def _end(self) -> int:
        return self._last.ord if self._last is not None else 0
