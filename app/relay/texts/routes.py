"""By which gateway a text goes, and from which of our numbers: one for each account and person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.protocol import limits
from app.protocol.segments import Alphabet
from app.relay.store.texts import TextNumbers
from app.relay.texts import numbers
from app.relay.texts.base import Gateway, Kind, LinkState


@dataclass(frozen=True, slots=True)
class Route:
    """A gateway, and one of its numbers."""

    gateway: Gateway
    source: str


class Routes:
    """The gateways that carry texts, in the order the operator wrote them, and how their links stand."""

    def __init__(self, gateways: Sequence[Gateway], known: TextNumbers) -> None:
        self._gateways = [
            gateway for gateway in gateways if gateway.capabilities.sources and Kind.SMS in gateway.capabilities.kinds
        ]
        self._known = known
        self._down: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._gateways)

    @property
    def ours(self) -> frozenset[str]:
        """All our numbers."""
        return frozenset(source for gateway in self._gateways for source in gateway.capabilities.sources)

    @property
    def regions(self) -> frozenset[str]:
        """Where our own numbers are."""
        return frozenset(numbers.region_of(source) for source in self.ours) - {"", "ZZ"}

    @property
    def down(self) -> frozenset[str]:
        """The gateways whose link is known to be down."""
        return frozenset(self._down)

    @property
    def all_down(self) -> bool:
        """Whether no gateway takes anything now."""
        return all(gateway.name in self._down for gateway in self._gateways)

    @property
    def alphabet(self) -> Alphabet:
        """What is shown before sending: which gateway it will be depends on the person, and none may cost more."""
        poorer = any(gateway.capabilities.alphabet is Alphabet.LATIN_1 for gateway in self._gateways)
        return Alphabet.LATIN_1 if poorer else Alphabet.GSM

    @property
    def most_segments(self) -> int:
        """What every gateway takes."""
        return min((gateway.capabilities.most_segments for gateway in self._gateways), default=0)

    @property
    def mms(self) -> tuple[int, tuple[str, ...]]:
        """Octets and content types of an MMS that every gateway takes which carries any; 0 where none does."""
        able = [gateway.capabilities for gateway in self._gateways if Kind.MMS in gateway.capabilities.kinds]
        if not able:
            return 0, ()
        types = frozenset[str].intersection(*(one.mms_types for one in able))
        return min(limits.MMS, *(one.mms_octets for one in able)), tuple(sorted(types)[: limits.MMS_TYPES])

    def set_state(self, gateway: str, state: LinkState) -> None:
        if state is LinkState.BOUND:
            self._down.discard(gateway)
        else:
            self._down.add(gateway)

    def choose(self, account: bytes, own: Collection[str], peer: str, kind: Kind = Kind.SMS) -> Route | None:
        """How this account reaches ``peer`` (empty: somebody new); ``own`` are its own proved numbers.

        The number it wrote to that person from before, while we have it, whatever its gateway carries: from another
        one it would be a second conversation there. Else its own; else one that nobody else writes to that person
        from, of a gateway that is there; else the first, and a reply goes to who wrote last.
        """
        routes = [
            Route(gateway, source)
            for gateway in sorted(self._gateways, key=lambda gateway: gateway.name in self._down)
            for source in gateway.capabilities.sources
        ]
        before = self._known.source_of(account, peer) if peer and account else ""
        kept = next((route for route in routes if route.source == before), None)
        if kept is not None:
            return kept
        routes = [route for route in routes if kind in route.gateway.capabilities.kinds]
        for wanted in own:
            found = next((route for route in routes if route.source == wanted), None)
            if found is not None:
                return found
        if peer:
            free = (route for route in routes if not set(self._known.holders(route.source, peer)) - {account})
            found = next(free, None)
            if found is not None:
                return found
        return next(iter(routes), None)

    def keep(self, gateway: str, source: str) -> Route | None:
        """That gateway, if it is still there and still has that number."""
        for found in self._gateways:
            if found.name == gateway and source in found.capabilities.sources:
                return Route(found, source)
        return None
