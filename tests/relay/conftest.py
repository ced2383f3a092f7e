"""A real relay for every test that asks for one."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.parts import relay as relays
from tests.parts.relay import Inside
from tests.parts.wire_client import Wire

relay = relays.relay


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncGenerator[Inside]:
    """A relay on the test's loop."""
    async with relays.inside(tmp_path / "relay") as running:
        yield running


@pytest.fixture
async def wire(inside: Inside) -> AsyncGenerator[Wire]:
    """Clients of that relay."""
    async with Wire(inside.url) as opened:
        yield opened
