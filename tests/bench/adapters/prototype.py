"""Speaks the yardstick's own little protocol, see tests/bench/prototype.py."""

import asyncio
import struct
from collections.abc import Sequence

import msgspec

from tests.bench.adapters import base

_NUMBER = struct.Struct("!Q")
_TAIL = base.opaque(base.PAYLOAD - _NUMBER.size)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class _Client(base.WebSocket):
    def __init__(self, peer: "Prototype") -> None:
        super().__init__()
        self._delay = peer.ack_delay
        self._operations: list[list[object]] = []
        self._acks: list[int] = []
        self._late: list[int] = []
        self._to = ""

    def aim(self, recipient: str) -> None:
        self._to = recipient

    def send(self, number: int) -> None:
        self._soon()
        self._operations.append([1, number, self._to, _NUMBER.pack(number) + _TAIL])

    def _soon(self) -> None:
        if not self._operations and not self._acks:
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        operations, self._operations = self._operations, []
        acks, self._acks = self._acks, []
        if acks:
            operations.append([2, *acks])
        if operations:
            self.say(_encode(operations))

    def _flush_late(self) -> None:
        late, self._late = self._late, []
        self._acks += late
        self.flush()

    def heard(self, body: bytes) -> None:
        for operation in _decode(body):
            match operation[0]:
                case 4:
                    self._acknowledge(operation[1])
                    self.on_message(_NUMBER.unpack_from(operation[4])[0])
                case 3:
                    for number in operation[1:]:
                        self.on_sent(number)
                case _:
                    pass  # delivery receipts: their cost is the server's

    def _acknowledge(self, entry: int) -> None:
        if self._delay:
            if not self._late:
                self._loop.call_later(self._delay, self._flush_late)
            self._late.append(entry)
        else:
            self._soon()
            self._acks.append(entry)


class Prototype:
    """Needs no accounts: a name in the query is all its login."""

    def __init__(self, port: int, ack_delay: float) -> None:
        self._port = port
        self.ack_delay = ack_delay

    async def provision(self, names: Sequence[str]) -> None:
        return

    async def introduce(self, pairs: Sequence[tuple[str, str]]) -> None:
        return

    async def connect(self, name: str) -> base.Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: _Client(self), "127.0.0.1", self._port)
        await client.upgrade("127.0.0.1", f"/ws?d={name}")
        return client
