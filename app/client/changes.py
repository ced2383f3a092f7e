"""What can change, by id and never by object, and the hub that merges and publishes it after the commit."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

log = logging.getLogger(__name__)


class MessagesChanged(msgspec.Struct, frozen=True):
    """Rows of one conversation were added or changed; ``added`` are new ones, ``removed`` are gone."""

    conversation: bytes
    rows: frozenset[int] = frozenset()
    added: frozenset[int] = frozenset()
    removed: frozenset[int] = frozenset()


class ConversationsChanged(msgspec.Struct, frozen=True):
    """Title, draft, read position, mute or pin of these conversations changed, or they are new."""

    conversations: frozenset[bytes]


class ContactsChanged(msgspec.Struct, frozen=True):
    """These people's relation, name, verification or device list changed."""

    people: frozenset[bytes]


class DeliveryChanged(msgspec.Struct, frozen=True):
    """The delivery status of these messages (by message id) changed."""

    messages: frozenset[bytes]


class OutboxChanged(msgspec.Struct, frozen=True):
    """There is something new to send, or something no longer to send, in these lanes."""

    lanes: frozenset[bytes]


class ReceiptsDue(msgspec.Struct, frozen=True):
    """Receipts wait to be sent to these accounts."""

    accounts: frozenset[bytes]


class TypingChanged(msgspec.Struct, frozen=True):
    """Who is typing in one conversation changed; never stored."""

    conversation: bytes


class ConnectionChanged(msgspec.Struct, frozen=True):
    """The connection's state changed; ask the messenger for it."""


class SettingsChanged(msgspec.Struct, frozen=True):
    """These settings have new values."""

    fields: frozenset[str]


class DevicesChanged(msgspec.Struct, frozen=True):
    """The own device list changed, or raised an alarm."""


class OwnNameChanged(msgspec.Struct, frozen=True):
    """The name that messages say of their sender changed."""


class TextsChanged(msgspec.Struct, frozen=True):
    """The plan, its ledger or the relay's terms for texts changed, or the rich switch: ask again what a text costs."""


class AddressesChanged(msgspec.Struct, frozen=True):
    """The account's own addresses, how one of them stands, or which of them starts conversations."""


Change = (
    MessagesChanged
    | ConversationsChanged
    | ContactsChanged
    | DeliveryChanged
    | OutboxChanged
    | ReceiptsDue
    | TypingChanged
    | ConnectionChanged
    | SettingsChanged
    | DevicesChanged
    | OwnNameChanged
    | TextsChanged
    | AddressesChanged
)
Listener = Callable[[Change], None]


def known(notes: Sequence[object]) -> list[Change]:
    """What a transaction noted, as changes; anything else is a mistake and raises TypeError."""
    found: list[Change] = []
    for note in notes:
        if not isinstance(note, Change):
            raise TypeError(type(note).__name__)
        found.append(note)
    return found


def merge(changes: Sequence[Change]) -> list[Change]:
    """Join changes of one kind (and conversation) into one, in the order in which the first of each came."""
    merged: dict[object, Change] = {}
    for change in dict.fromkeys(changes):  # most of a batch says the same of its people again and again
        key: object = type(change)
        if isinstance(change, MessagesChanged | TypingChanged):
            key = (type(change), change.conversation)
        before = merged.get(key)
        merged[key] = change if before is None else _join(before, change)
    return list(merged.values())


def _join(one: Change, two: Change) -> Change:
    match one, two:
        case MessagesChanged(), MessagesChanged():
            return MessagesChanged(
                one.conversation, one.rows | two.rows, one.added | two.added, one.removed | two.removed
            )
        case ConversationsChanged(), ConversationsChanged():
            return ConversationsChanged(one.conversations | two.conversations)
        case ContactsChanged(), ContactsChanged():
            return ContactsChanged(one.people | two.people)
        case DeliveryChanged(), DeliveryChanged():
            return DeliveryChanged(one.messages | two.messages)
        case OutboxChanged(), OutboxChanged():
            return OutboxChanged(one.lanes | two.lanes)
        case ReceiptsDue(), ReceiptsDue():
            return ReceiptsDue(one.accounts | two.accounts)
        case SettingsChanged(), SettingsChanged():
            return SettingsChanged(one.fields | two.fields)
        case _:
            return two


@dataclass(slots=True)
class Hub:
    """Publishes changes on the event loop: merged once per turn, in commit order, each listener on its own."""

    _listeners: list[Listener] = field(default_factory=list[Listener])
    _pending: list[Change] = field(default_factory=list[Change])
    _scheduled: bool = False

    def publish(self, changes: Sequence[Change]) -> None:
        """Take changes; they are told at the end of this turn of the loop. Call it on the loop's thread."""
        self._pending.extend(changes)
        if self._pending and not self._scheduled:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                # Under Qt something may still end after the loop did; who is left to hear it hears it with the next.
                return
            self._scheduled = True
            loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._scheduled = False
        pending, self._pending = self._pending, []
        self._tell_on((change, listener) for change in merge(pending) for listener in tuple(self._listeners))

    def _tell_on(self, left: Iterator[tuple[Change, Listener]]) -> None:
        """One that raises is the loop's to report; all others hear of it all the same, in a turn of their own."""
        for change, listener in left:
            heard = False
            try:
                listener(change)
                heard = True
            finally:
                if not heard:
                    asyncio.get_running_loop().call_soon(self._tell_on, left)

    @contextlib.contextmanager
    def listening(self, listener: Listener) -> Generator[None]:
        """Hear every change within the block."""
        self.subscribe(listener)
        try:
            yield
        finally:
            self.unsubscribe(listener)

    def subscribe(self, listener: Listener) -> None:
        """Hear every change until unsubscribed; a listener must be quick and must not raise."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Stop hearing; doing it twice is no error."""
        with contextlib.suppress(ValueError):
            self._listeners.remove(listener)
