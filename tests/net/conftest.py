"""A device and connections that end with the test."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from app.common import clock, ids
from app.net import connection, handshake, transport
from app.protocol import signed
from tests.parts.scripted_relay import ScriptedRelay

DEVICE = ids.DeviceId(b"d" * 16)
DEVICE_SEED = b"s" * 32


def credentials(counter: int = 1, start: bytes = b"n" * 16) -> handshake.Credentials:
    """The test device."""
    return handshake.Credentials(DEVICE, lambda text: signed.sign_bytes(DEVICE_SEED, text), counter, start)


async def nobody(relay: bytes) -> Sequence[str]:
    """A local network without a relay."""
    return ()


Connect = Callable[..., connection.Connection]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Make and start connections to a scripted relay, or to ``urls``."""
    made: list[connection.Connection] = []

    def start(relay: ScriptedRelay, *, urls: Sequence[str] | None = None, **options: Any) -> connection.Connection:
        options.setdefault("discover", nobody)
        options.setdefault("backoff", clock.Backoff(0.01, 0.05))
        time = options.pop("time", clock.SystemClock())
        one = connection.Connection(
            transport.WebSocketTransport(),
            [relay.url] if urls is None else urls,
            relay.relay,
            credentials(),
            time,
            **options,
        )
        one.start()
        made.append(one)
        return one

    yield start
    for one in made:
        await one.close()
