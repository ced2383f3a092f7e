"""What every test has: its guards, people with few keys, and as many examples as this run is to try."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from app.client import account, upkeep
from app.protocol import limits
from tests.parts.examples import PHASES, examples
from tests.parts.guards import no_blocking as no_blocking
from tests.parts.guards import profile as profile
from tests.parts.guards import quiet_log as quiet_log

LONG_TIMEOUT = 3600  # seconds one long test may take

settings.register_profile("kingfisher", deadline=None, max_examples=examples(100), phases=PHASES)
settings.load_profile("kingfisher")


@pytest.fixture(scope="session", autouse=True)
def few_keys() -> Iterator[None]:
    """Somebody who joins makes as many one-time keys as the relay asks for, and not three times as many."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (account, upkeep):
            patch.setattr(module, "KEYS", limits.LOW_KEYS + 2)
            patch.setattr(module, "PQ_KEYS", limits.LOW_PQ_KEYS + 2)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests get the long time limit, unless they name their own."""
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_TIMEOUT))
