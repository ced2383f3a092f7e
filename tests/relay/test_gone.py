"""Clients who go before they are answered."""

import asyncio
import socket

from app.protocol import limits
from tests.parts.relay import Inside
from tests.parts.wire_client import Wire

UPGRADE = (
    f"GET {limits.SOCKET_PATH} HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_gone_in_the_middle_of_the_handshake(inside: Inside, wire: Wire) -> None:
    """Somebody who knocks and runs leaves nothing in the log, which every test of a relay keeps quiet."""
    host, _, port = inside.url.removeprefix("http://").partition(":")
    for _ in range(5):
        with socket.create_connection((host, int(port))) as knocking:
            knocking.sendall(UPGRADE.encode())
        for _ in range(30):
            await asyncio.sleep(0)
    alice = await wire.join("alice@example.com")
    async with wire.online(alice.gadgets[0]) as a:
        await a.settle()
    assert len(inside.relay.hub.links) <= 1
