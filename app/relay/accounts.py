"""Accounts in memory: their devices, relations and mailboxes, loaded when first named; and who may log in."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from app.common import errors
from app.protocol import devices as lists
from app.protocol import frames, login, signed
from app.relay.limits import Bucket, Limits, refuse
from app.relay.mailbox import Author, Box, Mailbox, Post
from app.relay.store.base import Relation, Row, Store, StoredAccount, StoredDevice

KEPT: Final = 10_000  # accounts in memory before idle ones are let go
IDLE: Final = 120_000  # milliseconds


class Connection(Protocol):
    """The logged-in connection of a device."""

    def notice(self, code: str) -> None:
        """Tell the device something about itself; the connection stays."""
        ...

    def tell(self, frame: frames.Frame) -> None:
        """Send the device a frame that answers none of its own."""
        ...

    def joined(self, account: bytes) -> None:
        """Tell the device that somebody came by an invite of its account."""
        ...

    def end(self, code: str) -> None:
        """Say why, and close."""
        ...


class Device:
    """A listed device; ``session`` is its one connection."""

    __slots__ = ("account", "author", "box", "counter", "id", "number", "public", "session", "start")

    def __init__(self, account: "Account", stored: StoredDevice, public: bytes, box: Box) -> None:
        self.account = account
        self.id = stored.device
        self.number = stored.number
        self.public = public
        self.counter = stored.counter
        self.start = stored.start
        self.box = box
        self.session: Connection | None = None
        self.author = Author(account.number, stored.number, account.id, stored.device)


class Account:
    """An account and its newest list."""

    __slots__ = (
        "asked",
        "bucket",
        "changing",
        "devices",
        "ephemerals",
        "gone",
        "head",
        "hidden",
        "id",
        "mailbox",
        "names",
        "number",
        "relations",
        "requests",
        "used",
    )

    def __init__(self, stored: StoredAccount, head: lists.DeviceList, post: Post, relations: dict[int, int]) -> None:
        self.id = stored.account
        self.number = stored.number
        self.gone = stored.gone  # to all that one can see here; it lives again once a device comes
        self.hidden = stored.hidden  # found by an address only by those it has accepted
        self.relations = relations
        self.mailbox = Mailbox(post, stored.number, stored.seen)
        limits = post.limits
        self.bucket = Bucket(limits.submits_a_second, limits.submits_burst)
        self.ephemerals = Bucket(limits.ephemerals_a_second, limits.ephemerals_a_second)
        self.requests = Bucket(limits.requests_a_second, 5 * limits.requests_a_second)
        self.asked: dict[bytes, int] | None = None  # addresses looked up and when; None: not loaded
        self.used = 0
        self.changing = False
        self.head = head
        self.devices: dict[bytes, Device] = {}
        self.names: frozenset[bytes] = frozenset()
        self.set_list(head, stored.devices)

    def set_list(self, head: lists.DeviceList, stored: Iterable[StoredDevice]) -> None:
        """Take over a new head; the boxes of devices that stay are kept."""
        before = self.devices
        self.head = head
        self.devices = {}
        for item in stored:
            record = head.find(item.device)
            if record is None:
                continue
            device = before.get(item.device)
            if device is None:
                box = self.mailbox.open_box(item.device, item.number, self.relations)
                device = Device(self, item, record.ed25519, box)
            device.public = record.ed25519
            self.devices[item.device] = device
        for gone in before.keys() - self.devices.keys():
            del self.mailbox.boxes[gone]
        self.names = frozenset(self.devices)

    def charge(self, now: int) -> None:
        """Count one thing that is written to the disk for it; AgainLater ``rate_limited`` when these are too many."""
        wait = self.bucket.take(now)
        if wait:
            raise refuse("submits_a_second", wait)

    def fits(self, frame: frames.Submit, sender: Device) -> bool:
        """Whether envelopes and skipped are exactly the devices but the sender's; Broken ``device_repeated``."""
        expected = self.names if sender.account is not self else self.names - {sender.id}
        if len(frame.envelopes) == 1 and not frame.skipped:
            return len(expected) == 1 and frame.envelopes[0].device in expected
        names = {item.device for item in frame.envelopes}
        names.update(frame.skipped)
        named = len(frame.envelopes) + len(frame.skipped)
        if len(names) != named:
            raise errors.Broken("device_repeated")
        return len(expected) == named and names <= expected

    def relation(self, other: int) -> int:
        """What its owner said the other account is to them."""
        return self.relations.get(other, Relation.NONE)


class Accounts:
    """All accounts, as far as somebody named them lately."""

    def __init__(self, store: Store, post: Post, relay: bytes, limits: Limits) -> None:
        self._store = store
        self._post = post
        self._limits = limits
        self.relay = relay
        self._accounts: dict[bytes, Account] = {}

    def get(self, account: bytes, now: int) -> Account | None:
        """The account with this id, from memory or from the store."""
        found = self._accounts.get(account)
        if found is None:
            found = self._load(account)
            if found is None:
                return None
        found.used = now
        return found

    def _load(self, account: bytes) -> Account | None:
        stored = self._store.directory.account(account)
        if stored is None:
            return None
        head = lists.read_list(stored.root_public, signed.unpack(stored.head))
        loaded = Account(stored, head, self._post, self._store.directory.relations(stored.number))
        self._accounts[account] = loaded
        return loaded

    def device(self, device: bytes, now: int) -> Device | None:
        """The listed device with this id."""
        owner = self._store.directory.owner_of(device)
        account = self.get(owner, now) if owner is not None else None
        return account.devices.get(device) if account is not None else None

    def check_login(self, wish: frames.Login, leaves: Sequence[bytes], nonce: bytes, now: int) -> Device:
        """Whether this device may come in; its start is remembered by whoever lets it in.

        GiveUp ``not_a_device`` and ``copied`` (a lower start counter, or the same with other random bytes),
        Untrusted ``bad_signature``.
        """
        device = self.device(wish.device, now)
        if device is None:
            raise errors.GiveUp("not_a_device")
        _check_signature(self.relay, device.public, wish, leaves, nonce)
        back = wish.counter < device.counter or (wish.counter == device.counter and wish.start != device.start)
        if back and device.start:  # a device that never logged in has no start yet
            if device.session is not None:
                device.session.notice("copied_elsewhere")
            raise errors.GiveUp("copied")
        return device

    def relate(self, owner: Account, other: Account, state: int) -> None:
        """Keep what an account is to its owner; AgainLater ``rate_limited`` when there are too many of them."""
        if owner is other or owner.relation(other.number) == state:
            return
        if len(owner.relations) >= self._limits.relations and other.number not in owner.relations:
            raise errors.GiveUp("too_many", "relations")
        if state == Relation.NONE:
            del owner.relations[other.number]
        else:
            owner.relations[other.number] = state
        for box in owner.mailbox.boxes.values():
            box.judge(other.number, state != Relation.ACCEPTED)
        self._store.directory.relate(owner.number, other.number, state)

    def joined(self, account: bytes, inviter: bytes) -> None:
        """An invite has made these two accepted to each other in the store: say so in memory."""
        first, second = self._accounts.get(account), self._accounts.get(inviter)
        for owner, other in ((first, inviter), (second, account)):
            stored = self._store.directory.account(other) if owner is not None else None
            if owner is not None and stored is not None:
                owner.relations[stored.number] = Relation.ACCEPTED
                for box in owner.mailbox.boxes.values():
                    box.judge(stored.number, stranger=False)
        for device in second.devices.values() if second is not None else ():
            if device.session is not None:
                device.session.joined(account)

    def expire(self, rows: Iterable[Row]) -> None:
        """These entries are gone from the store: they do not count any more."""
        boxes = {box.number: box for account in self._accounts.values() for box in account.mailbox.boxes.values()}
        for row in rows:
            box = boxes.get(row.device)
            if box is not None:
                box.drop(row.sender, row.size)

    def forget_idle(self, now: int) -> None:
        """Let go of accounts nobody has named for a while, when there are many."""
        if len(self._accounts) <= KEPT:
            return
        for name, account in list(self._accounts.items()):
            if account.used < now - IDLE and not account.changing and not account.mailbox.sessions:
                del self._accounts[name]

    def __len__(self) -> int:
        return len(self._accounts)


def _check_signature(relay: bytes, public: bytes, wish: frames.Login, leaves: Sequence[bytes], nonce: bytes) -> None:
    """The device signs the certificate it saw; more than one may be in use while they change."""
    for leaf in leaves[:-1]:
        try:
            message = login.login_bytes(relay, leaf, nonce, wish.device, wish.counter, wish.start)
            signed.check(public, message, wish.signature)
        except errors.Untrusted:
            continue
        return
    message = login.login_bytes(relay, leaves[-1], nonce, wish.device, wish.counter, wish.start)
    signed.check(public, message, wish.signature)
