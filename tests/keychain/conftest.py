"""One registration for all tests here; each gets a copy of what it left behind."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keychain import world
from tests.keychain.world import World


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a profile that was registered with --vault keychain, its keyring and its recovery code."""
    kept = tmp_path_factory.mktemp("registered")
    asyncio.run(_register(kept))
    return kept


async def _register(kept: Path) -> None:
    with world.fresh() as made:
        made.service.start()
        async with world.a_relay(made.folder) as relay:
            answer = (await world.register(made, relay.url)).line
        made.service.stop()
        made.profile.rename(kept / "alice")
        (made.folder / "data").rename(kept / "data")
        (kept / "code").write_text(answer["recovery_code"])


@pytest.fixture
def home(registered: Path) -> Iterator[World]:
    """Alice's profile and keyring; the service is not started."""
    with world.fresh(registered) as made:
        yield made
