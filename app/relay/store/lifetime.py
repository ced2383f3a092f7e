"""What the relay keeps of its own life: boot ids, the counter of entries, the end of the store."""

from asyncio import Future
from collections.abc import Awaitable, Sequence
from typing import NamedTuple, Protocol


class Boot(NamedTuple):
    """A boot id: when it began, its first entry, and its run. A run ends when the relay ends without a drain."""

    boot: bytes
    began: int
    first: int
    run: int


class State(NamedTuple):
    """What a start of the relay finds: the boot ids of the last month, and the first entry it may use."""

    boots: tuple[Boot, ...]
    next_entry: int
    secret: bytes


class Lifetime(Protocol):
    """The relay's own state, and the end of the store."""

    def begin(self, now: int, oldest: int) -> Awaitable[State]:
        """Once, at start. Without a clean end before it a new run begins, with a boot id of its own.

        Boot ids from before ``oldest`` are dropped; entries never repeat.
        """
        ...

    def secret(self) -> Awaitable[bytes]:
        """The key under which addresses are hashed."""
        ...

    def add_boot(self, boot: Boot, oldest: int) -> Awaitable[None]:
        """A new boot id while running; those from before ``oldest`` are dropped."""
        ...

    def remember_urls(self, urls: Sequence[str]) -> Awaitable[None]: ...

    def urls(self) -> tuple[str, ...]: ...

    def check(self) -> list[str]:
        """What is damaged; empty when all is well. Slow."""
        ...

    def flush(self) -> Future[None]:
        """When everything queued so far is on the disk."""
        ...

    def close(self, seen: int | None) -> Awaitable[None]:
        """Finish what is queued. With ``seen`` (the highest entry) this is a clean end, and the run goes on."""
        ...
