"""What is known of the network: online, metered, behind a portal, through a proxy; unknown where no desktop tells."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Conditions:
    """Each is None where nobody can tell, and unknown is never treated as bad."""

    online: bool | None = None
    metered: bool | None = None
    captive: bool | None = None
    proxy: bool | None = None


UNKNOWN: Final = Conditions()


class ConditionsSource(Protocol):
    """Whoever can see the network's state."""

    def current(self) -> Conditions:
        """As it is now."""
        ...

    def subscribe(self, changed: Callable[[Conditions], None]) -> Callable[[], None]:
        """Call ``changed`` on the loop with each new state; the returned function ends that."""
        ...


class NoDesktop:
    """The source of a program without a desktop: nothing is known and nothing changes."""

    def current(self) -> Conditions:
        return UNKNOWN

    def subscribe(self, changed: Callable[[Conditions], None]) -> Callable[[], None]:
        return lambda: None
