"""XMPP over plain TCP: password login, stream management with resumption (XEP-0198), delivery receipts (XEP-0184).

Accounts are made in-band (XEP-0077). Ciphertext travels as base64, as OMEMO has it.
"""

import asyncio
import base64
import re
from collections import deque
from collections.abc import Sequence

from tests.bench.adapters import base

_BODY = base64.b64encode(base.opaque(base.PAYLOAD))
_AT_ONCE = 8
_STANZA = re.compile(
    rb"<message\b.*?</message>|<presence\b[^>]*?/>|<presence\b.*?</presence>"
    rb"|<iq\b[^>]*?/>|<iq\b.*?</iq>|<r [^>]*?/>|<a [^>]*?/>|<r/>",
    re.DOTALL,
)
_ID = re.compile(rb"\bid=['\"]m(\d+)['\"]")
_FROM = re.compile(rb"\bfrom=['\"]([^'\"]+)['\"]")
_RECEIPT = re.compile(rb"<received [^>]*?id=['\"]m(\d+)['\"]")
_HANDLED = re.compile(rb"\bh=['\"](\d+)['\"]")
_ERROR = re.compile(rb"type=['\"]error['\"]")
_STREAM = (
    b"<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)


class _Client(base.Connection):
    def __init__(self) -> None:
        super().__init__()
        self._unacknowledged: deque[int] = deque()  # of each stanza sent, in order: its message, 0 for others
        self._acknowledged = 0
        self._handled = 0
        self._asks = False
        self._to = b""

    async def begin(self) -> None:
        self.transport.write(_STREAM)
        await self.expect(b"</stream:features>")

    async def register(self, name: str) -> None:
        await self.begin()
        fields = f"<username>{name}</username><password>pw</password>"
        self.transport.write(f"<iq type='set' id='g'><query xmlns='jabber:iq:register'>{fields}</query></iq>".encode())
        answer = await self.expect(b"</iq>", b"/>")
        if b"error" in answer:
            raise ConnectionError(answer)

    async def log_in(self, name: str) -> None:
        await self.begin()
        secret = base64.b64encode(f"\0{name}\0pw".encode())
        self.transport.write(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + secret + b"</auth>")
        if b"failure" in await self.expect(b"<success", b"</failure>"):
            raise ConnectionError("the password was refused")
        await self.expect(b">")
        self.buffer = b""
        await self.begin()
        self.transport.write(
            b"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>one</resource></bind></iq>"
            b"<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"
            b"<enable xmlns='urn:xmpp:sm:3' resume='true'/>"
        )
        await self.expect(b"<enabled")
        await self.expect(b">")

    def start(self) -> None:
        self._stanza(b"<presence/>", 0)
        super().start()

    def aim(self, recipient: str) -> None:
        self._to = recipient.encode()

    def send(self, number: int) -> None:
        head = b"<message type='chat' to='%s@localhost' id='m%d'>" % (self._to, number)
        self._stanza(head + b"<body>" + _BODY + b"</body><request xmlns='urn:xmpp:receipts'/></message>", number)

    def _stanza(self, data: bytes, number: int) -> None:
        self._unacknowledged.append(number)
        self._asks = True
        self.write(data)

    def flush(self) -> None:
        if self._asks:  # one request for a burst, as clients do
            self._asks = False
            self._out.append(b"<r xmlns='urn:xmpp:sm:3'/>")
        super().flush()

    def feed(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        end = 0
        for match in _STANZA.finditer(buffer):
            end = match.end()
            stanza = match.group()
            if stanza.startswith(b"<r"):
                self.write(b"<a xmlns='urn:xmpp:sm:3' h='%d'/>" % self._handled)
            elif stanza.startswith(b"<a"):
                self._settle(_HANDLED.search(stanza))
            else:
                self._handled += 1
                if stanza.startswith(b"<message"):
                    self._message(stanza)
        self.buffer = buffer[end:]

    def _settle(self, handled: "re.Match[bytes] | None") -> None:
        upto = int(handled[1]) if handled else 0
        while self._acknowledged < upto and self._unacknowledged:
            self._acknowledged += 1
            number = self._unacknowledged.popleft()
            if number:
                self.on_sent(number)

    def _message(self, stanza: bytes) -> None:
        if len(stanza) < 700 and _RECEIPT.search(stanza):
            return
        named, sender = _ID.search(stanza, 0, 400), _FROM.search(stanza, 0, 400)
        if named is None or sender is None or b"<body>" not in stanza or _ERROR.search(stanza, 0, 300):
            return
        head = b"<message type='chat' to='%s' id='r%s'>" % (sender[1], named[1])
        self._stanza(head + b"<received xmlns='urn:xmpp:receipts' id='m%s'/></message>" % named[1], 0)
        self.on_message(int(named[1]))

    async def close(self) -> None:
        self.write(b"<a xmlns='urn:xmpp:sm:3' h='%d'/></stream:stream>" % self._handled)
        await super().close()


class Ejabberd:
    """``ack_delay`` is not used: nothing is written for recipients who are online, so that it would change nothing."""

    def __init__(self, port: int, ack_delay: float) -> None:
        self._port = port

    async def _dial(self) -> _Client:
        _, client = await asyncio.get_running_loop().create_connection(_Client, "127.0.0.1", self._port)
        return client

    async def provision(self, names: Sequence[str]) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def register(name: str) -> None:
            async with gate:
                client = await self._dial()
                await client.register(name)
                await client.close()

        await asyncio.gather(*map(register, names))

    async def introduce(self, pairs: Sequence[tuple[str, str]]) -> None:
        return

    async def connect(self, name: str) -> base.Client:
        client = await self._dial()
        await client.log_in(name)
        return client
