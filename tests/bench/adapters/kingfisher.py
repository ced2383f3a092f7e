"""Speaks to Kingfisher's own relay as its clients do: real accounts, signed lists, logins, Submit, Deliver and Ack.

What a Submit to one recipient looks like never changes but for its submit id: it is encoded once.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from app.common import ids
from app.protocol import devices, frames, limits, login, requests, signed
from tests.bench.adapters import base

ENVELOPE = 768  # bytes of a device's envelope once two devices have met; the rest of the payload is content
_AT_ONCE = 8
_SUBMIT = ids.ID_SIZE
_NUMBER = 8
_SALT = base.opaque(_SUBMIT - _NUMBER)
_decode = msgspec.msgpack.Decoder(list[Any]).decode
_hello = msgspec.msgpack.Decoder(list[frames.RelayFrame]).decode


@dataclass(frozen=True, slots=True)
class _Person:
    """An account with one device, as it was registered."""

    account: bytes
    device: bytes
    seed: bytes
    first: signed.Signed


def _person(name: str, relay: bytes) -> tuple[_Person, requests.Register]:
    """A person with keys of their own, and what registers them at this relay."""
    root, seed = (hashlib.sha256(part + name.encode()).digest() for part in (b"root ", b"device "))
    account = signed.account_id(signed.public_of(root))
    device = hashlib.sha256(b"id " + name.encode()).digest()[:16]
    now = _now()
    record = devices.make_record(relay, account, device, hashlib.sha256(seed).digest(), seed, now)
    first = devices.first_list(relay, root, [record], now)
    fresh = devices.make_freshness(devices.verify_first(relay, account, first), seed, now)
    address = f"{name}@example.com"
    proof = signed.sign_bytes(root, login.register_bytes(relay, account, address, b"", first.digest))
    return _Person(account, device, seed, first), requests.Register(address, first, fresh, proof)


def _now() -> int:
    return time.time_ns() // 1_000_000


class _Client(base.WebSocket):
    def __init__(self, peer: "Kingfisher", person: _Person) -> None:
        super().__init__()
        self._peer = peer
        self._person = person
        self._delay = peer.ack_delay
        self._frames: list[bytes] = []
        self._acks: list[int] = []
        self._late: list[int] = []
        self._before = self._after = b""

    async def log_in(self) -> None:
        """Hello, Login, Welcome; then those who may write are accepted."""
        await self.upgrade("127.0.0.1", limits.SOCKET_PATH)
        (hello,) = _hello(await self.hear())
        if not isinstance(hello, frames.Hello):
            raise ConnectionError(f"no Hello but {hello}")
        person, start = self._person, bytes(16)
        message = login.login_bytes(self._peer.relay, login.PLAIN_LEAF, hello.nonce, person.device, 1, start)
        wish = frames.Login(person.device, 1, start, signed.sign_bytes(person.seed, message))
        accepted = [frames.Relation(account, 1) for account in self._peer.accepted.get(person.account, [])]
        self.say(frames.encode([wish, *accepted]))
        welcome = _hello(await self.hear())[0]
        if not isinstance(welcome, frames.Welcome):
            raise ConnectionError(f"no Welcome but {welcome}")

    def aim(self, recipient: str) -> None:
        to = self._peer.people[recipient]
        mark = b"\x01" * _SUBMIT
        envelope = frames.Addressed(to.device, base.opaque(ENVELOPE))
        submit = frames.Submit(mark, to.account, _now(), True, base.opaque(base.PAYLOAD - ENVELOPE), (envelope,))
        self._before, _, self._after = frames.encode_one(submit).partition(mark)

    def send(self, number: int) -> None:
        self._soon()
        self._frames.append(b"".join((self._before, number.to_bytes(_NUMBER, "big"), _SALT, self._after)))

    def _soon(self) -> None:
        if not self._frames and not self._acks:
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        out, self._frames = self._frames, []
        acks, self._acks = self._acks, []
        if acks:
            out.append(frames.encode_one(frames.Ack(tuple(acks))))
        if out:
            self.say(frames.join(out))

    def _flush_late(self) -> None:
        late, self._late = self._late, []
        self._acks += late
        self.flush()

    def heard(self, body: bytes) -> None:
        for frame in _decode(body):
            match frame[0]:
                case 70:  # Deliver: entry, account, device, submit id, ...
                    self._acknowledge(frame[1])
                    self.on_message(int.from_bytes(frame[4][:_NUMBER], "big"))
                case 67:  # Accepted
                    for submit, _ in frame[1]:
                        self.on_sent(int.from_bytes(submit[:_NUMBER], "big"))
                case 68 | 69:  # StaleDevices, Refused
                    self._peer.refused.append(str(frame[1] if frame[0] == 69 else "stale_devices"))
                case _:
                    pass

    def _acknowledge(self, entry: int) -> None:
        if self._delay:
            if not self._late:
                self._loop.call_later(self._delay, self._flush_late)
            self._late.append(entry)
        else:
            self._soon()
            self._acks.append(entry)


class Kingfisher:
    """A relay with open registration on loopback."""

    def __init__(self, port: int, ack_delay: float) -> None:
        self._port = port
        self.ack_delay = ack_delay
        self.relay = b""
        self.people: dict[str, _Person] = {}
        self.accepted: dict[bytes, list[bytes]] = {}
        self.refused: list[str] = []  # codes of what the relay did not take

    async def provision(self, names: Sequence[str]) -> None:
        self.relay = await self._meet()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def register(name: str) -> None:
            async with gate:
                person, wish = _person(name, self.relay)
                url = f"http://127.0.0.1:{self._port}{limits.ACCOUNTS_PATH}"
                kind = {"Content-Type": requests.CONTENT_TYPE}
                async with session.post(url, data=requests.encode(wish), headers=kind) as answer:
                    body = await answer.read()
                    if answer.status >= 300:
                        raise ConnectionError(f"not registered: {requests.decode(body, requests.Failure)}")
                self.people[name] = person

        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*map(register, names))

    async def _meet(self) -> bytes:
        """The relay id, from its Hello."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(base.WebSocket, "127.0.0.1", self._port)
        await client.upgrade("127.0.0.1", limits.SOCKET_PATH)
        (hello,) = _hello(await client.hear())
        await client.close()
        if not isinstance(hello, frames.Hello):
            raise ConnectionError(f"no Hello but {hello}")
        relay, _ = login.verify_hello(hello.statement, login.PLAIN_LEAF, _now(), None)
        return relay

    async def introduce(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Recipients accept their senders when they log in: strangers have a narrow mailbox."""
        for sender, recipient in pairs:
            self.accepted.setdefault(self.people[recipient].account, []).append(self.people[sender].account)

    async def connect(self, name: str) -> base.Client:
        loop = asyncio.get_running_loop()
        person = self.people[name]
        _, client = await loop.create_connection(lambda: _Client(self, person), "127.0.0.1", self._port)
        await client.log_in()
        return client
