"""How bytes reach a relay: the Transport protocol, and the one that is a WebSocket over TLS."""

from typing import Protocol

from app.net import later


class Channel(Protocol):
    """One open connection that carries whole binary messages."""

    @property
    def leaf(self) -> bytes:
        """SHA-256 of the certificate seen (DER), 32 zero bytes on plain loopback."""
        ...

    async def receive(self) -> bytes:
        """The next message; raises errors.AgainLater (``connection_lost``)."""
        ...

    async def send(self, data: bytes) -> None:
        """Hand one message to the system; raises errors.AgainLater (``connection_lost``)."""
        ...

    async def close(self) -> None:
        """End it; may be called twice."""
        ...


class Transport(Protocol):
    """Opens channels."""

    async def open(self, url: str, *, pinned: bool) -> Channel:
        """Connect to a relay's address (scheme, host, port).

        With ``pinned`` the certificate is not judged here, the signed Hello vouches for it; without, a certificate
        authority must. Raises errors.AgainLater (``unreachable``) or errors.GiveUp (``needs_invite``,
        ``not_encrypted``, ``proxy_unsupported``).
        """
        ...


class WebSocketTransport:
    """The real one: a WebSocket without compression, each channel on a connection of its own."""

    async def open(self, url: str, *, pinned: bool) -> Channel:
        await later.read("app.net.websocket")
        from app.net import websocket

        return await websocket.open_channel(url, pinned=pinned)
