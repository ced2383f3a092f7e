"""Ephemerals inside one relay process: nothing but a table of who is connected."""

from collections.abc import Callable


class LocalEphemeral:
    """The Ephemeral of a relay that is one process."""

    def __init__(self) -> None:
        self._takers: dict[int, Callable[[bytes], None]] = {}

    def subscribe(self, device: int, take: Callable[[bytes], None]) -> None:
        self._takers[device] = take

    def unsubscribe(self, device: int, take: Callable[[bytes], None]) -> None:
        if self._takers.get(device) == take:
            del self._takers[device]

    def publish(self, device: int, frame: bytes) -> bool:
        take = self._takers.get(device)
        if take is None:
            return False
        take(frame)
        return True
