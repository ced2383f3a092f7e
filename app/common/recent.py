"""A table of bounded size: what was not used for longest goes first."""

from collections.abc import Iterator, MutableMapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(MutableMapping[K, V]):
    """A mapping of at most ``size`` entries; reading or writing one makes it the newest, and iteration is oldest first.

    For one thread, since reading moves entries about; ``peek`` and ``in`` do not, and any thread may use them.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError("a table holds one entry at least")
        self._size = size
        self._entries: dict[K, V] = {}

    def __getitem__(self, key: K) -> V:
        value = self._entries.pop(key)
        self._entries[key] = value
        return value

    def __setitem__(self, key: K, value: V) -> None:
        self._entries.pop(key, None)
        self._entries[key] = value
        while len(self._entries) > self._size:
            del self._entries[next(iter(self._entries))]

    def __delitem__(self, key: K) -> None:
        del self._entries[key]

    def peek(self, key: K) -> V | None:
        """What is there, without making it the newest."""
        return self._entries.get(key)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
