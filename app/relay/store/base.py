"""What the relay asks of a store: mail, directory, prekeys, ephemerals and its own state, as Protocols.

Accounts and devices are named by numbers here, which the directory hands out once and never again. Reading calls answer
at once and see everything written before; writing calls answer, by callback or awaitable, when it is on the disk.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from app.relay.store.addresses import AddressStore
from app.relay.store.lifetime import Lifetime
from app.relay.store.texts import TextStore

IN_SESSION: Final = 2**62  # ``seen`` of an account while a device of it is connected: later than any entry


class Outcome(IntEnum):
    """What became of a submit."""

    ACCEPTED = 1
    WITHDRAWN = 2


class Record:
    """One submit id of one device (0: the relay itself): where its entries are, when accepted, what became of it.

    ``durable`` turns true with the commit; ``waiting`` is whoever is told then.
    """

    __slots__ = ("at", "count", "durable", "entry", "outcome", "sender", "submit", "to", "waiting", "writes")

    def __init__(self, sender: int, submit: bytes, to: int, entry: int, count: int, at: int, outcome: Outcome) -> None:
        self.sender = sender
        self.submit = submit
        self.to = to
        self.entry = entry
        self.count = count
        self.at = at
        self.outcome = outcome
        self.durable = False
        self.writes = 0  # how often it is queued for the disk; the store's own
        self.waiting: Callable[[Record], None] | None = None

    def when_durable(self, call: Callable[["Record"], None]) -> None:
        """Call at once if it is durable, else then, behind whoever waits already."""
        earlier = self.waiting

        def both(record: "Record") -> None:
            if earlier is not None:
                earlier(record)
            call(record)

        if self.durable:
            call(self)
        else:
            self.waiting = both if earlier is not None else call


class Row(NamedTuple):
    """One entry of a mailbox; ``sender`` is an account, ``at`` milliseconds, ``body`` an encoded Deliver frame."""

    entry: int
    device: int
    sender: int
    at: int
    size: int
    body: bytes


class Share(NamedTuple):
    """What one sender account has lying in one mailbox."""

    sender: int
    entries: int
    size: int


class MailStore(Protocol):
    """Mailboxes in the order of their entries, and a record of every submit without its body.

    A submit id is put once; what becomes of it later is marked.
    """

    async def prepare(self) -> None:
        """Once, while it is used already: whatever makes `known` cheap for ids that are new."""
        ...

    def put(self, rows: Sequence[Row], record: Record) -> None:
        """Keep the rows and the record in one step; later the record is durable and its ``waiting`` is called."""
        ...

    def mark(self, record: Record, forget: Sequence[int]) -> None:
        """Write the record over what was there and forget these entries, in one step; answered like `put`."""
        ...

    def forget(self, entries: Sequence[int]) -> None:
        """Acknowledged: never read again from now on, erased from the disk a little later."""
        ...

    def known(self, sender: int, submit: bytes) -> Record | None:
        """The record of this submit, also one that is not on the disk yet."""
        ...

    def read(self, device: int, after: int, limit: int, size: int) -> list[Row]:
        """The next rows behind ``after``, oldest first, at most ``limit`` and about ``size`` bytes but at least one.

        Also what was put and is not on the disk yet; an empty list is the end of the mailbox.
        """
        ...

    def shares(self, device: int) -> list[Share]:
        """What lies in a mailbox, by sender."""
        ...

    def rows(self, device: int, first: int, count: int) -> list[Row]:
        """Which of the entries ``first`` to ``first + count - 1`` are still there for this device."""
        ...

    def sweep_mail(self, before: int, limit: int) -> Awaitable[list[Row]]:
        """Erase up to ``limit`` rows accepted before this time, oldest first, and answer with them."""
        ...

    def sweep_records(self, before: int) -> Awaitable[int]:
        """Erase the records older than this; answers how many."""
        ...

    def add_expired(self, sender: int, submit: bytes, at: int) -> None:
        """Remember that this submit was never fetched, so that its sender can be told."""
        ...

    def expired(self, sender: int) -> list[bytes]:
        """The submits of this device that were never fetched."""
        ...


@dataclass(frozen=True, slots=True)
class StoredDevice:
    """A listed device and the last start it logged in with."""

    number: int
    device: bytes
    counter: int
    start: bytes


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account as it is on the disk; ``head`` is the newest list with its signature, packed.

    ``seen`` is the highest entry that may have been handed to one of its devices. ``gone``: somebody else than a device
    took its last address away, and none of its devices has come since. ``hidden``: only whom it has accepted finds it
    by an address.
    """

    number: int
    account: bytes
    root_public: bytes
    head: bytes
    seen: int
    devices: tuple[StoredDevice, ...]
    gone: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """What a lookup answers with: the lists from the root's on and the newest freshness, all packed.

    ``standing`` is the address's, or of an account asked for by its id: ``gone``, or empty.
    """

    account: bytes
    lists: tuple[bytes, ...]
    freshness: bytes
    standing: str


@dataclass(frozen=True, slots=True)
class Registration:
    """Everything that is written when an account is made, in one step."""

    account: bytes
    root_public: bytes
    address: str
    address_hash: bytes
    standing: str
    invite_hash: bytes
    first_list: bytes
    list_digest: bytes
    version: int
    freshness: bytes
    devices: tuple[bytes, ...]
    now: int


@dataclass(frozen=True, slots=True)
class ListChange:
    """A new head of a chain, in one step with what it brings about.

    ``restart`` drops the lists before it (the root signed it); ``removed`` are the numbers of devices that are gone:
    their mailboxes and prekeys go with them.
    """

    account: int
    version: int
    item: bytes
    digest: bytes
    freshness: bytes
    restart: bool
    added: tuple[bytes, ...]
    removed: tuple[int, ...]
    now: int


class Relation(IntEnum):
    """What an account is to another, as its owner said."""

    NONE = 0
    ACCEPTED = 1
    BLOCKED = 2


class Directory(Protocol):
    """Accounts, their addresses, their chains, and what they are to each other."""

    def account(self, account: bytes) -> StoredAccount | None:
        """By account id."""
        ...

    def owner_of(self, device: bytes) -> bytes | None:
        """The account id this device is, or was, listed in: a device id never goes to another account."""
        ...

    def find(self, address_hash: bytes) -> Chain | None:
        """By the keyed hash of an address."""
        ...

    def chain(self, account: bytes) -> Chain | None:
        """By account id; also after its addresses and devices are gone."""
        ...

    def relations(self, owner: int) -> dict[int, int]:
        """Everyone this account accepted or blocked, by number."""
        ...

    def joined_by(self, inviter: bytes, since: int) -> list[tuple[bytes, str]]:
        """The accounts that came by an invite of this one, as long as such an invite was good at that time.

        Each with an address of its, or nothing.
        """
        ...

    def address_of(self, account: bytes) -> str:
        """The first address of an account; empty when it has none."""
        ...

    def proved_numbers(self, account: bytes) -> list[str]:
        """The phone numbers that are proved to be this account's."""
        ...

    def everyone(self) -> Iterator[tuple[bytes, list[str]]]:
        """All accounts with their addresses: for the relay's owner."""
        ...

    def looked_up(self, account: int, since: int) -> dict[bytes, int]:
        """The address hashes this account asked for since then, and when."""
        ...

    def register(self, wish: Registration) -> Awaitable[tuple[bytes, bytes]]:
        """Make account and address; answers the inviter's account id (or empty) and the account's first list, packed.

        The same account and address again succeed. Raises GiveUp ``taken``, ``invite_used``, ``bad_invite``,
        ``invite_expired``, ``device_twice``.
        """
        ...

    def put_list(self, change: ListChange) -> Awaitable[tuple[StoredDevice, ...]]:
        """Append the list; answers the devices of the account afterwards. GiveUp ``device_twice``."""
        ...

    def put_freshness(self, account: int, item: bytes) -> Awaitable[None]: ...

    def begin_session(self, account: int, device: int, counter: int, start: bytes) -> Awaitable[None]:
        """Keep the device's start, and that the account is in session, before anything is handed to it."""
        ...

    def end_session(self, account: int, seen: int) -> None:
        """Nobody of this account is connected any more; losing this does no harm."""
        ...

    def relate(self, owner: int, other: int, state: int) -> None:
        """Written with the next commit."""
        ...

    def sweep_lookups(self, before: int) -> None:
        """Forget who asked for which address before that time; losing this does no harm."""
        ...

    def sweep_invites(self, before: int) -> None:
        """Forget the invites that expired before that time, and who came by them; losing this does no harm."""
        ...

    def add_lookup(self, account: int, address_hash: bytes, now: int) -> None:
        """Written with the next commit."""
        ...

    def add_invite(self, invite_hash: bytes, inviter: bytes, expires: int) -> Awaitable[None]: ...


class KeyCount(NamedTuple):
    """One-time keys left."""

    one_time: int
    pq: int


class PrekeyRow(NamedTuple):
    """One prekey; ``item`` is the signed object, packed."""

    kind: str
    key_id: bytes
    expires: int
    item: bytes


class Prekeys(Protocol):
    """One-time keys that are handed out exactly once, and the keys that take over when there are none."""

    def count(self, device: int) -> KeyCount: ...

    def add(self, device: int, rows: Sequence[PrekeyRow]) -> Awaitable[KeyCount]:
        """Add one-time keys, replace the others; a key id that was here before is never added again."""
        ...

    def pop(self, devices: Sequence[int], now: int) -> Awaitable[list[tuple[bytes | None, bytes | None]]]:
        """For each device a key for Olm and one for X-Wing; one-time keys first, each of them once ever."""
        ...

    def pop_pq(self, devices: Sequence[int], now: int) -> Awaitable[list[bytes | None]]:
        """The same, but a key for X-Wing alone."""
        ...

    def sweep_prekeys(self, now: int) -> Awaitable[int]:
        """Erase what has expired, the names of used keys too."""
        ...


class Ephemeral(Protocol):
    """Messages to connected devices that nobody keeps."""

    def subscribe(self, device: int, take: Callable[[bytes], None]) -> None: ...

    def unsubscribe(self, device: int, take: Callable[[bytes], None]) -> None: ...

    def publish(self, device: int, frame: bytes) -> bool:
        """Hand an encoded frame to the device if it is connected anywhere."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """All of it; what an engine makes."""

    mail: MailStore
    directory: Directory
    prekeys: Prekeys
    lifetime: Lifetime
    ephemeral: Ephemeral
    texts: TextStore
    addresses: AddressStore
