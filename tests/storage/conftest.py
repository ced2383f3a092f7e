"""A real database in a real file for each test of a table."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.common.clock import ManualClock
from app.storage.database import Database

KEY = bytes(range(32))


@pytest.fixture
def time() -> ManualClock:
    return ManualClock()


@pytest.fixture
def notes() -> list[object]:
    """What was published, in order."""
    return []


@pytest.fixture
async def database(profile: Path, time: ManualClock, notes: list[object]) -> AsyncIterator[Database]:
    opened = await Database.open(profile / "store", KEY, time, notes.extend)
    yield opened
    await opened.close()
