"""Devices that write to each other: real keys, real signatures, no relay."""

from dataclasses import dataclass, field

import msgspec

from app.common.errors import Untrusted
from app.common.ids import new_id
from app.crypto import envelope, identity, own, pairs, parties
from app.crypto.parties import Bundle, Kind, ListHead, Lists, Party, PublicKey

START = 1_800_000_000_000
DAY = 86_400_000


@dataclass
class Time:
    """The clock all devices of one test share."""

    at: int = START

    def now(self) -> int:
        self.at += 1
        return self.at


@dataclass(frozen=True)
class Wire:
    """What travels: an envelope and the content beside it."""

    envelope: bytes
    content: bytes
    message_id: bytes
    payload: bytes


@dataclass
class Device:
    """One device with its keys and its pairs, as a program would hold them."""

    name: str
    time: Time = field(default_factory=Time)
    account: str = ""

    def __post_init__(self) -> None:
        account = parties.primitives.sha256((self.account or self.name).encode())
        self.party = Party(account, parties.primitives.sha256(b"device " + self.name.encode())[:16])
        self.seed = identity.new_seed()
        self.keys = own.new(self.party, self.time.at).add_one_time(self.time.at, classical=10, post_quantum=10)
        self.list = ListHead(0, 1, account)
        self.pairs: dict[Party, pairs.Pair] = {}
        self.directory = list(self.keys.publishable())
        self.keys = self.keys.published({key.key_id for key in self.directory})

    def pair(self, peer: "Device") -> pairs.Pair:
        return self.pairs.get(peer.party) or pairs.new(peer.party, peer.keys.curve25519)

    def bundle(self, *, one_time: bool = True) -> Bundle:
        """What the directory hands out: each one-time key once."""
        found: list[PublicKey] = []
        for once, always in ((Kind.OLM_ONE_TIME, Kind.OLM_FALLBACK), (Kind.PQ_ONE_TIME, Kind.PQ_LAST_RESORT)):
            key = next((key for key in self.directory if one_time and key.kind is once), None)
            if key is None:
                key = [key for key in self.directory if key.kind is always][-1]
            else:
                self.directory.remove(key)
            found.append(key)
        return Bundle(*found)

    def sign(self, key: PublicKey) -> bytes:
        body = msgspec.msgpack.encode(key)
        return msgspec.msgpack.encode((body, identity.sign(self.seed, body)))

    def check(self, blob: bytes) -> PublicKey:
        """What others do with a key this device has signed."""
        body, signature = msgspec.msgpack.decode(blob, type=tuple[bytes, bytes])
        identity.verify(identity.public_of(self.seed), body, signature)
        key = msgspec.msgpack.decode(body, type=PublicKey)
        if not key.valid(self.time.at):
            raise Untrusted("prekey_expired")
        return key

    def seal(
        self,
        peer: "Device",
        payload: bytes = b"hello",
        *,
        bundle: Bundle | None = None,
        reset: bool = False,
        content: envelope.SealedContent | None = None,
    ) -> Wire:
        now = self.time.now()
        pair = self.pair(peer)
        content = content or envelope.seal_content(payload, self.party, new_id(self.time))
        if bundle is None and (reset or pair.need(now) is pairs.Need.REQUIRED):
            bundle = peer.bundle()
        lists = Lists(self.list, peer.list)
        sealed = envelope.seal(pair, self.keys, content, lists, now=now, sign=self.sign, bundle=bundle, reset=reset)
        self.pairs[peer.party] = sealed.pair
        return Wire(sealed.envelope, content.ciphertext, content.message_id, payload)

    def peek(self, peer: "Device", wire: Wire) -> envelope.Opened:
        """Open without keeping what changes."""
        now = self.time.now()
        return envelope.open(self.pair(peer), self.keys, wire.envelope, wire.content, now=now, check=peer.check)

    def open(self, peer: "Device", wire: Wire) -> envelope.Opened:
        opened = self.peek(peer, wire)
        self.pairs[peer.party], self.keys = opened.pair, opened.own
        return opened

    def reload(self) -> None:
        """Everything through its stored form, as after a restart."""
        self.keys = own.load(self.keys.dump())
        self.pairs = {party: pairs.load(pair.dump()) for party, pair in self.pairs.items()}


def meet() -> tuple[Device, Device]:
    """Alice and Bob after one message each way: both epochs confirmed."""
    time = Time()
    alice, bob = Device("alice", time), Device("bob", time)
    bob.open(alice, alice.seal(bob))
    alice.open(bob, bob.seal(alice))
    bob.open(alice, alice.seal(bob))
    return alice, bob


def state(device: Device) -> tuple[bytes, list[bytes]]:
    """Everything a device holds, comparable: pickles under a zero key, so that equal states give equal bytes."""
    pickles: list[str] = []
    for pair in device.pairs.values():
        pickles += [held.session._look().pickle(bytes(32)) for held in pair.sessions]
    rest = [
        msgspec.msgpack.encode(
            (
                pair.sending,
                pair.receiving,
                pair.retired,
                pair.confirm,
                pair.offers,
                pair.peer_key,
                pair.restart,
                [(held.session.id, held.used) for held in pair.sessions],
            )
        )
        for pair in device.pairs.values()
    ]
    keys = device.keys
    account = keys.account._look().pickle(bytes(32))
    secret = msgspec.msgpack.encode((account, pickles, keys.generation, keys.rotated, keys.accepted, keys.pq_keys))
    return secret, rest
