"""What the relay asks of a store about addresses: codes on their way, who has which address, and what moves."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from app.relay.moving import State

Rule = Callable[[State], State]


class Sent(NamedTuple):
    """How many codes were asked for since a time, and when the last one to this address was (0: never)."""

    to_address: int
    last: int
    to_prefix: int
    from_network: int
    from_account: int
    in_all: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody asks for a code. Address, prefix and network are keyed hashes; an empty one is not counted.

    ``asker`` is the public key of the device, or empty for the page; ``digest`` a keyed hash of the code.
    """

    address: bytes
    prefix: bytes
    network: bytes
    account: int
    asker: bytes
    purpose: str
    digest: bytes
    at: int
    expires: int


@dataclass(frozen=True, slots=True)
class Try:
    """The digits that came, as the same keyed hash."""

    address: bytes
    asker: bytes
    purpose: str
    digest: bytes
    now: int


class Change(NamedTuple):
    """What became of an address: ``outcome`` is the rule's, or ``wrong`` or ``expired`` for the code.

    ``tries`` are those left; ``told`` the ids of the accounts for which something is different now; ``gone`` of those
    that lost their last address while no device of theirs was there.
    """

    outcome: str
    state: State
    told: tuple[bytes, ...] = ()
    tries: int = 0
    gone: tuple[bytes, ...] = ()


class Line(NamedTuple):
    """One address of an account, or one that was; ``other`` is an account id, or empty for nobody."""

    address: str
    standing: str
    since: int
    until: int
    other: bytes
    refusable: bool


class AddressStore(Protocol):
    """Codes and addresses. A change is one transaction: code, holding, move and notes together."""

    def lines(self, account: int, now: int) -> list[Line]:
        """How this account's addresses stand: what it has, what it is to have, what it lost; each oldest first."""
        ...

    def state(self, address: bytes) -> State:
        """By the keyed hash."""
        ...

    def number_of(self, account: bytes) -> int | None:
        """The number of an account id."""
        ...

    def ask(self, asked: Ask, since: int, check: Callable[[Sent], None]) -> Awaitable[None]:
        """Count it and keep its code in place of an earlier one of the same asker, unless ``check`` raises."""
        ...

    def drop_code(self, address: bytes, asker: bytes, purpose: str) -> Awaitable[None]:
        """It never arrived."""
        ...

    def change(self, address: bytes, text: str, rule: Rule, code: Try | None = None) -> Awaitable[Change]:
        """Apply a rule to one address; with ``code`` only if that is right, which uses it up, and else costs a try.

        Raises what the rule raises, and then nothing is written.
        """
        ...

    def put_hidden(self, account: int, hidden: bool) -> Awaitable[None]:
        """Whether this account is found by its addresses only by those it has accepted."""
        ...

    def due(self, now: int, proved_before: int) -> list[tuple[bytes, str]]:
        """Addresses, hash and text, whose 72 hours are over or whose proof is that old."""
        ...

    def sweep(self, codes_before: int, asked_before: int, notes_before: int) -> None:
        """Forget codes that ended, what was counted, and old notes; losing this does no harm."""
        ...
